//! `grantd doctor`: what could go wrong, found before it does. Owns the
//! checks; changes nothing, so it makes no folder, key or database.

mod database;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;

use grantd_core::clock::{Clock, SystemClock, Timestamp};
use serde::Serialize;

use crate::args::Typed;
use crate::config::Config;
use crate::failure::Failure;
use crate::instance;
use crate::output;

/// No clock that is right shows an earlier time than that of this version.
const BUILT_AFTER: Timestamp = Timestamp(1_767_225_600);

/// One finding.
#[derive(Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    detail: String,
}

/// What a check says: all is well and why, or what is amiss and what to do.
type Verdict = Result<String, String>;

/// Runs every check; exit code 1 if anything is amiss.
pub(crate) fn run(typed: &Typed) -> Result<ExitCode, Failure> {
    let findings: Vec<Finding> = match Config::load(typed) {
        Ok(config) => examine(&config)?,
        Err(failure) => vec![finding("config", Err(failure.to_string()))],
    };
    output::json(&findings)?;
    let well = findings.iter().all(|finding| finding.ok);
    Ok(if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn finding(check: &'static str, verdict: Verdict) -> Finding {
    let ok = verdict.is_ok();
    let (Ok(detail) | Err(detail)) = verdict;
    Finding { check, ok, detail }
}

fn examine(config: &Config) -> Result<Vec<Finding>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| Failure::new(format!("cannot start: {why}")))?;
    let now = SystemClock.now();
    let mut findings = vec![
        finding("config", settings(config)),
        finding("public_url", public_url(config)),
        finding("proxies", proxies(config)),
        finding("lifecycle", lifecycle(config, now)),
        finding("tls", tls(config)),
        finding("clock", clock(now)),
        finding("data_folder", private(&config.values.data, "data folder")),
        finding("instance_key", key(config)),
    ];
    findings.push(finding("mail", runtime.block_on(mail(config))));
    findings.extend(runtime.block_on(database::examine(config)));
    Ok(findings)
}

fn settings(config: &Config) -> Verdict {
    match config.warnings.as_slice() {
        [] => Ok("every setting can be read".into()),
        warnings => Err(warnings.join("; ")),
    }
}

fn public_url(config: &Config) -> Verdict {
    let url = config.public_url(config.values.listen.0);
    let loopback = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    };
    if url.scheme() == "http" && !loopback {
        return Err(format!(
            "{url} carries passwords and tokens in clear text over the network; \
             put TLS in front and set public_url to https, or set tls_cert and tls_key"
        ));
    }
    Ok(format!("clients use {url}"))
}

fn proxies(config: &Config) -> Verdict {
    let behind_proxy =
        config.tls().is_none() && config.public_url(config.values.listen.0).scheme() == "https";
    if behind_proxy && config.values.trusted_proxies.is_empty() {
        return Err("public_url is https and grantd speaks http, so a proxy stands between; set trusted_proxies \
                    to its address, or all clients share one address, and one lockout"
            .into());
    }
    Ok(format!(
        "{} trusted networks",
        config.values.trusted_proxies.len()
    ))
}

fn lifecycle(config: &Config, now: Timestamp) -> Verdict {
    match config.values.removed_at {
        Some(at) if at <= now && config.values.basic_auth_api => Err(format!(
            "the API ended at {at}, yet users may still send passwords; set basic_auth_api = false"
        )),
        Some(at) => Ok(format!("the API ends at {at}")),
        None => Ok("the API stays".into()),
    }
}

fn tls(config: &Config) -> Verdict {
    let Some(files) = config.tls() else {
        return Ok("grantd speaks http".into());
    };
    for file in [&files.certificate, &files.key] {
        fs::File::open(file).map_err(|why| format!("cannot read {}: {why}", file.display()))?;
    }
    private(&files.key, "private key")
}

fn clock(now: Timestamp) -> Verdict {
    if now < BUILT_AFTER {
        return Err(format!(
            "the clock says {now}, which has passed; set it, or no one-time code will match"
        ));
    }
    Ok(format!("the clock says {now}"))
}

async fn mail(config: &Config) -> Verdict {
    let Some(url) = &config.values.smtp_url else {
        return Ok("no mail is sent; set smtp_url and mail_from for forgotten passwords and verified addresses".into());
    };
    let mailer = config.mailer().map_err(|failure| failure.to_string())?;
    let (place, readable) = url.place();
    if readable {
        return Err(format!(
            "links that set passwords go to {place} in clear text, or do when somebody on the way wishes; \
             use smtps, or ?tls=required"
        ));
    }
    if let Some(mailer) = mailer {
        let greeted = mailer.greet().await;
        greeted.map_err(|why| format!("{place}: {why}"))?;
    }
    Ok(format!("the relay {place} greets"))
}

/// Nobody but the owner may look in.
fn private(path: &Path, what: &str) -> Verdict {
    let shown = path.display();
    let metadata = fs::metadata(path).map_err(|why| {
        format!("cannot look at the {what} {shown}: {why}; grantd makes it on first use")
    })?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(format!(
            "others may look into the {what} {shown} (mode {mode:03o}); run: chmod go= {shown}"
        ));
    }
    Ok(format!("{shown} is its owner's only (mode {mode:03o})"))
}

fn key(config: &Config) -> Verdict {
    let file = config.key_file();
    private(&file, "instance key")?;
    let key = instance::read_key(&file).map_err(|failure| failure.to_string())?;
    key.map(|key| {
        format!(
            "{} has the fingerprint {}",
            file.display(),
            key.fingerprint()
        )
    })
    .ok_or_else(|| format!("{} is gone", file.display()))
}
