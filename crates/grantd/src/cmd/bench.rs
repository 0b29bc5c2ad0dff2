//! `grantd bench`: what measuring needs. Owns what is printed and written down of
//! a store that was made up; what is in it is the store's.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, Subcommand};
use grantd_core::entropy::SeededEntropy;
use grantd_core::token::Token;
use grantd_store::{BulkStep, Load, load};
use serde_json::{Value, json};

use crate::config::Config;
use crate::failure::Failure;
use crate::instance::{self, Instance};
use crate::output;
use crate::progress::{Count, Wait};
use crate::secret_input;

/// What measuring needs.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Fill an empty database with users, apps and tokens that follow from a seed; for measuring only,
    /// since whoever knows the seed knows every token. Stop every server that uses the database first
    Load(Shape),
}

/// How much, and of which shape.
#[derive(Args)]
pub(crate) struct Shape {
    /// So many users: `user-1` and so on
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    users: u64,
    /// So many apps, which belong to `user-1`
    #[arg(long, value_name = "N", default_value_t = 10)]
    apps: u64,
    /// So many tokens, of all users and apps in turn; one in twenty is personal
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    tokens: u64,
    /// So many of these are personal tokens of `user-1`
    #[arg(long, value_name = "N", default_value_t = 0)]
    first_user_tokens: u64,
    /// What every secret follows from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Read everybody's password from standard input; without it, nobody has one
    #[arg(long)]
    password_stdin: bool,
    /// Write the tokens of apps to a new file, readable by its owner only: in each line a client id
    /// and a token
    #[arg(long, value_name = "FILE")]
    samples: Option<PathBuf>,
}

/// Carries a command out.
pub(crate) async fn run(command: Bench, config: Config) -> Result<(), Failure> {
    let Bench::Load(shape) = command;
    let plan = plan(&shape, &config)?;
    let url = config.database();
    // The folder, the key and the schema, as any command makes them.
    Instance::open(config).await?.store.close().await;
    let mut samples = shape.samples.as_ref().map(Samples::begin).transpose()?;
    let clients: Vec<String> = (0..plan.apps)
        .map(|app| plan.client_id(app).as_str().to_owned())
        .collect();
    let mut sample = |app: u64, token: &Token| match &mut samples {
        None => Ok(()),
        Some(samples) => samples.add(&clients[app as usize], token),
    };
    let (began, mut progress) = (Instant::now(), Progress::default());
    let mut tell = |step: BulkStep<'_>| progress.tell(step);
    load(&url, &plan, &mut sample, &mut tell)
        .await
        .map_err(|why| {
            Failure::new(format!(
                "cannot load {url}: {}",
                crate::failure::whole(&why)
            ))
        })?;
    let seconds = began.elapsed().as_secs_f64();
    let written = samples.map(Samples::end).transpose()?;
    output::json(&report(&plan, seconds, written))?;
    output::note("this store is for measuring only: its tokens follow from the seed");
    Ok(())
}

fn plan(shape: &Shape, config: &Config) -> Result<Load, Failure> {
    let (cost, salt) = (config.password_cost(), SeededEntropy::new(shape.seed));
    let password = if shape.password_stdin {
        cost.hash(&secret_input::from_stdin("password")?, &salt)
    } else {
        cost.decoy(&salt)
    };
    Ok(Load {
        users: shape.users,
        apps: shape.apps,
        tokens: shape.tokens,
        of_first_user: shape.first_user_tokens,
        seed: shape.seed,
        password,
        format: config
            .token_format()
            .map_err(|why| Failure::new(why.to_string()))?,
    })
}

fn report(plan: &Load, seconds: f64, samples: Option<(PathBuf, u64)>) -> Value {
    let apps = (0..plan.apps).map(|app| {
        json!({
            "client_id": plan.client_id(app).as_str(),
            "client_secret": plan.client_secret(app).expose(),
        })
    });
    let (file, lines) = samples.map_or((None, 0), |(file, lines)| (Some(file), lines));
    json!({
        "users": plan.users,
        "tokens": plan.tokens,
        "seconds": seconds,
        "tokens_per_second": (plan.tokens as f64 / seconds).round(),
        "apps": apps.collect::<Vec<_>>(),
        "samples": file.map(|file| file.display().to_string()),
        "sampled_tokens": lines,
    })
}

/// A file of tokens, in its place when it is whole.
struct Samples {
    draft: BufWriter<tempfile::NamedTempFile>,
    file: PathBuf,
    lines: u64,
}

impl Samples {
    fn begin(file: &PathBuf) -> Result<Self, Failure> {
        if fs::exists(file).unwrap_or(true) {
            return Err(Failure::new(format!(
                "{} is there already; name another file, or remove it",
                file.display()
            )));
        }
        // A temporary file is readable by its owner only.
        let draft = tempfile::NamedTempFile::new_in(instance::folder_of(file));
        Ok(Self {
            draft: BufWriter::new(draft.map_err(|why| cannot(file, &why))?),
            file: file.clone(),
            lines: 0,
        })
    }

    fn add(&mut self, client_id: &str, token: &Token) -> std::io::Result<()> {
        self.lines += 1;
        writeln!(self.draft, "{client_id} {}", token.expose())
    }

    fn end(self) -> Result<(PathBuf, u64), Failure> {
        let Self { draft, file, lines } = self;
        let draft = draft
            .into_inner()
            .map_err(|why| cannot(&file, why.error()))?;
        instance::publish(draft, &file).map_err(|why| cannot(&file, &why))?;
        Ok((file, lines))
    }
}

fn cannot(file: &std::path::Path, why: &std::io::Error) -> Failure {
    Failure::new(format!("cannot write {}: {why}", file.display()))
}

/// What is seen of it.
#[derive(Default)]
struct Progress {
    rows: Option<Count>,
    index: Option<Wait>,
}

impl Progress {
    fn tell(&mut self, step: BulkStep<'_>) {
        match step {
            BulkStep::Adds(table, of) => self.rows = Some(Count::begin(table, 0, of)),
            BulkStep::At(done) => {
                if let Some(rows) = &mut self.rows {
                    rows.at(done);
                }
            }
            BulkStep::Added(done) => {
                if let Some(rows) = self.rows.take() {
                    rows.end(done);
                }
            }
            BulkStep::Indexes(index) => {
                self.index = Some(Wait::begin(format!("index {index}"), None));
            }
            BulkStep::Indexed => {
                if let Some(index) = self.index.take() {
                    index.end();
                }
            }
        }
    }
}
