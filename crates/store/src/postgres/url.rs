//! What a database URL means. Owns the few words of it that the driver does
//! not know, and what is assumed when it says nothing; must not connect.

use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use super::ConnectError;

/// The server ends what takes longer. Each is below the two seconds after which we would hang up.
const SESSION: &str =
    "-c statement_timeout=1500 -c lock_timeout=1000 -c idle_in_transaction_session_timeout=2000";

/// Where to connect, and how.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) config: Config,
    pub(super) tls: Option<Tls>,
}

/// The server's certificate is always verified.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tls {
    /// A file of certificates to trust; none: those of the system.
    pub(super) roots: Option<PathBuf>,
}

/// Reads a URL.
///
/// `sslmode` is `disable` or `require` (`verify-full` means the same: what is required is also
/// verified). Without it, TLS is required of every host that is not this machine.
pub(super) fn parse(url: &str, patience: Duration) -> Result<Target, ConnectError> {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value),
            Some(("sslrootcert", path)) => roots = Some(PathBuf::from(path)),
            _ => rest.push(pair),
        }
    }
    let known = format!("{address}?{}", rest.join("&"));
    let unusable = |error: tokio_postgres::Error| {
        // The driver's words name the parameter, never the password.
        let source = std::error::Error::source(&error).map(ToString::to_string);
        ConnectError::Url(source.unwrap_or_else(|| error.to_string()))
    };
    let mut config: Config = known.parse().map_err(unusable)?;
    let tls = match mode {
        None => !config.get_hosts().iter().all(is_this_machine),
        Some("disable") => false,
        Some("require" | "verify-full") => true,
        Some(other) => {
            let say = "sslmode is disable, require or verify-full, not";
            return Err(ConnectError::Url(format!("{say} {other}")));
        }
    };
    complete(&mut config, tls, patience);
    Ok(Target {
        config,
        tls: tls.then_some(Tls { roots }),
    })
}

fn complete(config: &mut Config, tls: bool, patience: Duration) {
    config.ssl_mode(if tls {
        SslMode::Require
    } else {
        SslMode::Disable
    });
    let theirs = config.get_options().unwrap_or_default();
    let options = format!("{SESSION} {theirs}");
    config.options(options.trim_end());
    if config.get_application_name().is_none() {
        config.application_name("grantd");
    }
    // Of several hosts, and of one that was demoted, only the primary: a standby may
    // still call a token valid that was revoked.
    config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(patience / 2);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(2));
    }
    config.keepalives_idle(Duration::from_secs(5));
    config.keepalives_interval(Duration::from_secs(1));
    config.keepalives_retries(3);
}

/// The same with one host each, in order.
pub(super) fn hosts(config: &Config) -> Vec<Config> {
    let (names, addresses) = (config.get_hosts(), config.get_hostaddrs());
    let ports = config.get_ports();
    let count = names.len().max(addresses.len());
    let fits = |length: usize| length == 0 || length == count;
    if !fits(names.len()) || !fits(addresses.len()) || !(fits(ports.len()) || ports.len() == 1) {
        // What is wrong with it, if anything, the driver says best.
        return vec![config.clone()];
    }
    let one = |at: usize| {
        let mut one = without_hosts(config);
        match names.get(at) {
            Some(Host::Tcp(name)) => drop(one.host(name)),
            #[cfg(unix)]
            Some(Host::Unix(path)) => drop(one.host_path(path)),
            None => {}
        }
        if let Some(address) = addresses.get(at) {
            one.hostaddr(*address);
        }
        if let Some(port) = ports.get(at).or(ports.first()) {
            one.port(*port);
        }
        one
    };
    (0..count.max(1)).map(one).collect()
}

fn without_hosts(config: &Config) -> Config {
    let mut one = Config::new();
    if let Some(user) = config.get_user() {
        one.user(user);
    }
    if let Some(password) = config.get_password() {
        one.password(password);
    }
    if let Some(name) = config.get_dbname() {
        one.dbname(name);
    }
    if let Some(options) = config.get_options() {
        one.options(options);
    }
    if let Some(name) = config.get_application_name() {
        one.application_name(name);
    }
    if let Some(timeout) = config.get_connect_timeout() {
        one.connect_timeout(*timeout);
    }
    if let Some(timeout) = config.get_tcp_user_timeout() {
        one.tcp_user_timeout(*timeout);
    }
    if let Some(interval) = config.get_keepalives_interval() {
        one.keepalives_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        one.keepalives_retries(retries);
    }
    one.keepalives(config.get_keepalives());
    one.keepalives_idle(config.get_keepalives_idle());
    one.target_session_attrs(config.get_target_session_attrs());
    one.ssl_mode(config.get_ssl_mode());
    one.ssl_negotiation(config.get_ssl_negotiation());
    one.channel_binding(config.get_channel_binding());
    one.load_balance_hosts(config.get_load_balance_hosts());
    one
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Tcp(name) if name == "localhost" => true,
        Host::Tcp(name) => name
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::{PathBuf, Target, Tls, hosts, parse};
    use std::time::Duration;

    fn target(url: &str) -> Target {
        parse(url, Duration::from_secs(1)).unwrap()
    }

    #[test]
    fn tls_is_required_of_other_machines_unless_told_otherwise() {
        for local in ["localhost", "127.0.0.1", "[::1]", "%2Frun%2Fpostgresql"] {
            let url = format!("postgres://grantd@{local}/grantd");
            assert_eq!(target(&url).tls, None, "{url}");
        }
        let far = "postgres://grantd@db.example/grantd";
        assert_eq!(target(far).tls, Some(Tls::default()));
        assert_eq!(target(&format!("{far}?sslmode=disable")).tls, None);
        let one_of_two = "postgres://grantd@localhost,db.example/grantd";
        assert!(target(one_of_two).tls.is_some());
        let roots = Some(PathBuf::from("/ca.pem"));
        let url = "postgres://grantd@localhost/grantd?sslmode=verify-full&sslrootcert=/ca.pem";
        assert_eq!(target(url).tls, Some(Tls { roots }));
    }

    #[test]
    fn the_rest_of_the_url_is_the_drivers() {
        let url =
            "postgres://a:secret@h1:5433,h2/d?application_name=x&sslmode=disable&connect_timeout=3";
        let config = target(url).config;
        assert_eq!(config.get_hosts().len(), 2);
        assert_eq!(config.get_application_name(), Some("x"));
        assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(3)));
        assert!(config.get_options().unwrap().contains("statement_timeout"));
    }

    #[test]
    fn each_host_alone_is_as_if_there_were_no_other() {
        let rest = "d?options=-c%20a%3Db&connect_timeout=3&tcp_user_timeout=4&keepalives=0&\
                    channel_binding=require&sslmode=require&load_balance_hosts=random";
        let of = |hosts: &str| target(&format!("postgres://a:secret@{hosts}/{rest}")).config;
        let alone = [of("h1:5433"), of("h2")];
        assert_eq!(hosts(&of("h1:5433,h2")), alone);
        assert_eq!(hosts(&alone[0]), &alone[..1]);
        let by_number = |numbers: &str| {
            let url = format!("postgres://a@h/d?hostaddr={numbers}&port=5433");
            target(&url.replace("@h", "@")).config
        };
        let alone = ["10.0.0.1", "10.0.0.2"].map(by_number);
        assert_eq!(hosts(&by_number("10.0.0.1,10.0.0.2")), alone);
        // What makes no sense is for the driver to say.
        let wrong = target("postgres://a@h1,h2/d?hostaddr=10.0.0.1&sslmode=disable").config;
        assert_eq!(hosts(&wrong), [wrong]);
    }

    #[test]
    fn a_url_that_cannot_be_used_is_refused_without_its_password() {
        for wrong in [
            "postgres://a:secret@h/d?sslmode=prefer",
            "postgres://a:secret@h/d?nonsense=1",
            "postgres://a:secret@h:port/d",
        ] {
            let error = parse(wrong, Duration::from_secs(1)).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
