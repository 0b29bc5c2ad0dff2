//! `grantd sql`: SQL over an API, from the command line, a file, standard
//! input or a shell. Owns where statements and credentials come from; needs no
//! store and no configuration.

use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use clap::Args;
use url::Url;

use crate::failure::Failure;
use crate::secret_input;
use crate::sql::api::{self, Api, Credentials};
use crate::sql::params::Params;
use crate::sql::print::Output;
use crate::sql::session::Session;
use crate::sql::shell;

/// `grantd sql`.
#[derive(Args)]
pub(crate) struct Sql {
    /// What to do, one statement after the other with ; between; without it, standard input or a shell
    statements: Option<String>,
    /// A file of statements
    #[arg(long, value_name = "FILE", conflicts_with = "statements")]
    file: Option<PathBuf>,
    /// The API's address
    #[arg(long, value_name = "API_URL", default_value = "http://127.0.0.1:8370/api/v3", value_parser = api::base)]
    url: Url,
    /// As this user; the password is asked for
    #[arg(long, conflicts_with_all = ["app", "token_stdin"])]
    login: Option<String>,
    /// The password is on standard input
    #[arg(long, requires = "login")]
    password_stdin: bool,
    /// The code of the second factor
    #[arg(long, value_name = "CODE", requires = "login")]
    otp: Option<String>,
    /// As the app with this client id; its secret is asked for
    #[arg(long, value_name = "CLIENT_ID", conflicts_with = "token_stdin")]
    app: Option<String>,
    /// The app's secret is on standard input
    #[arg(long, requires = "app")]
    secret_stdin: bool,
    /// With a token, on standard input
    #[arg(long)]
    token_stdin: bool,
    /// How results are printed
    #[arg(long, value_enum, default_value_t = Output::Table)]
    output: Output,
    /// A value for :NAME in the statements; it is bound and never read as SQL
    #[arg(long = "param", value_name = "NAME=VALUE")]
    params: Vec<String>,
    /// The same with the value in a file, for secrets; one newline at its end goes
    #[arg(long = "param-file", value_name = "NAME=FILE")]
    param_files: Vec<String>,
    /// Say how far it is on stderr even where that is no terminal
    #[arg(long)]
    progress: bool,
}

/// Carries the statements out.
pub(crate) async fn run(sql: Sql) -> Result<(), Failure> {
    let script = script(&sql)?;
    let params = Params::read(&sql.params, &sql.param_files)?;
    let credentials = credentials(&sql)?;
    let api = Api::new(sql.url, credentials, sql.otp, sql.progress)?;
    let mut session = Session::new(api, params, sql.output);
    match script {
        Some(script) => session.run(&script).await,
        None => shell::run(&mut session).await,
    }
}

/// The statements; `None`: somebody will type them.
fn script(sql: &Sql) -> Result<Option<String>, Failure> {
    if let Some(statements) = &sql.statements {
        return Ok(Some(statements.clone()));
    }
    if let Some(file) = &sql.file {
        let read = std::fs::read_to_string(file);
        let cannot = |why| Failure::new(format!("cannot read {}: {why}", file.display()));
        return read.map(Some).map_err(cannot);
    }
    if io::stdin().is_terminal() {
        return Ok(None);
    }
    if sql.password_stdin || sql.secret_stdin || sql.token_stdin {
        return Err(Failure::new(
            "standard input holds the secret; give the statements as an argument or with --file",
        ));
    }
    let mut script = String::new();
    let read = io::stdin().lock().read_to_string(&mut script);
    read.map_err(|why| Failure::new(format!("cannot read standard input: {why}")))?;
    Ok(Some(script))
}

fn credentials(sql: &Sql) -> Result<Credentials, Failure> {
    if sql.token_stdin {
        return Ok(Credentials::Token(secret_input::from_stdin("token")?));
    }
    let (name, secret) = match (&sql.login, &sql.app) {
        (Some(login), _) if sql.password_stdin => (login, secret_input::from_stdin("password")?),
        (Some(login), _) => {
            let typed = secret_input::typed("Password: ", "use --password-stdin");
            (login, typed?)
        }
        (None, Some(app)) if sql.secret_stdin => (app, secret_input::from_stdin("secret")?),
        (None, Some(app)) => {
            let typed = secret_input::typed("Client secret: ", "use --secret-stdin");
            (app, typed?)
        }
        (None, None) => return Ok(Credentials::Nobody),
    };
    let name = name.clone();
    Ok(Credentials::Pair { name, secret })
}
