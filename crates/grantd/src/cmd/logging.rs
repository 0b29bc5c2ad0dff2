//! Where log lines and spans go: lines to stderr, as text or JSON, spans to a
//! collector if there is one. Owns the subscriber and the form of the lines that
//! requests leave; what is worth a line, and that no secret is in it, is for whoever logs.

use std::io::{self, IsTerminal, Write as _};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use grantd_core::clock::Timestamp;
use grantd_server::access::{AccessLine, AccessLog};
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::config::Config;
use crate::config::values::LogFormat;
use crate::failure::Failure;
use crate::lines::{Lines, Writing};
use crate::traces::Traces;

/// What was started.
pub(super) struct Logging {
    pub(super) traces: Option<Traces>,
    /// Takes the line of each request; none on a terminal, where the library's own lines have colours.
    pub(super) access: Option<Arc<dyn AccessLog>>,
    /// Dropped last: what is logged at the end is written, too.
    _writing: Writing,
}

impl Logging {
    /// Sends and writes what is left. Not to be called on a thread of the runtime.
    pub(super) fn end(self) {
        if let Some(traces) = self.traces {
            traces.end();
        }
    }
}

/// Starts logging for the rest of the process. Needs a runtime when there is a collector.
pub(super) fn start(config: &Config) -> Result<Logging, Failure> {
    let collector = config.values.otlp_endpoint.as_ref();
    let traces = collector.map(|url| Traces::start(&url.0)).transpose()?;
    let (lines, writing) =
        Lines::to(io::stderr()).map_err(|why| Failure::new(format!("cannot log: {why}")))?;
    let format = config.values.log_format;
    let coloured = io::stderr().is_terminal() && matches!(format, LogFormat::Text);
    let access = RequestLines {
        format,
        lines: lines.clone(),
    };
    let layer = fmt::layer().with_writer(lines);
    let layer = match format {
        LogFormat::Text => layer.with_ansi(coloured).boxed(),
        LogFormat::Json => layer.json().boxed(),
    };
    // A line says by itself what it is about: spans are for collectors.
    let filter = EnvFilter::new(&config.values.log.0).and(filter_fn(|about| about.is_event()));
    let lines = tracing_subscriber::registry().with(layer.with_filter(filter));
    // The first subscriber of a process stays; there is no other here. Without a collector no layer
    // asks for spans, and none is made.
    let _ = match &traces {
        Some(traces) => lines.with(traces.layer()).try_init(),
        None => lines.try_init(),
    };
    Ok(Logging {
        traces,
        access: (!coloured).then(|| Arc::new(access) as Arc<dyn AccessLog>),
        _writing: writing,
    })
}

/// Writes the line of a request as the library would, field by field and without its spans.
struct RequestLines {
    format: LogFormat,
    lines: Lines,
}

impl AccessLog for RequestLines {
    #[expect(
        clippy::disallowed_methods,
        reason = "a line carries the machine's time, as the library's lines do"
    )]
    fn tell(&self, line: &AccessLine<'_>) {
        let now = SystemTime::now();
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let second = Timestamp(since.as_secs().cast_signed());
        self.lines.add(|out| {
            // Writing to memory does not fail.
            let _ = match self.format {
                LogFormat::Json => json(out, second, since.subsec_micros(), line),
                LogFormat::Text => text(out, second, since.subsec_micros(), line),
            };
        });
    }
}

/// `2020-11-13T16:00:00.000000Z`
fn time(out: &mut Vec<u8>, second: Timestamp, micros: u32) -> io::Result<()> {
    write!(out, "{second}")?;
    out.pop();
    write!(out, ".{micros:06}Z")
}

fn json(
    out: &mut Vec<u8>,
    second: Timestamp,
    micros: u32,
    line: &AccessLine<'_>,
) -> io::Result<()> {
    out.extend_from_slice(b"{\"timestamp\":\"");
    time(out, second, micros)?;
    let AccessLine {
        method,
        operation,
        route,
        status,
        caller,
        address,
        request_id,
        micros,
        database_micros,
        statements,
    } = line;
    write!(
        out,
        "\",\"level\":\"INFO\",\"fields\":{{\"method\":\"{method}\",\"operation\":\"{operation}\",\
         \"route\":\"{route}\",\"status\":{status},\"caller\":"
    )?;
    serde_json::to_writer(&mut *out, caller)?;
    writeln!(
        out,
        ",\"address\":\"{address}\",\"request_id\":\"{request_id}\",\"micros\":{micros},\
         \"database_micros\":{database_micros},\"statements\":{statements}}},\
         \"target\":\"grantd::access\"}}"
    )
}

fn text(
    out: &mut Vec<u8>,
    second: Timestamp,
    micros: u32,
    line: &AccessLine<'_>,
) -> io::Result<()> {
    time(out, second, micros)?;
    let AccessLine {
        method,
        operation,
        route,
        status,
        caller,
        address,
        request_id,
        micros,
        database_micros,
        statements,
    } = line;
    writeln!(
        out,
        "  INFO grantd::access: method=\"{method}\" operation=\"{operation}\" route=\"{route}\" \
         status={status} caller={caller} address={address} request_id={request_id} micros={micros} \
         database_micros={database_micros} statements={statements}"
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    const LINE: AccessLine<'static> = AccessLine {
        method: "GET",
        operation: "users/get-authenticated",
        route: "/user",
        status: 200,
        caller: "token:1",
        address: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        request_id: "0-1",
        micros: 17,
        database_micros: 0,
        statements: 0,
    };

    /// What the library makes of the same event.
    fn by_the_library(format: LogFormat) -> String {
        let kept = Kept::default();
        let (lines, writing) = Lines::to(kept.clone()).unwrap();
        let layer = fmt::layer().with_writer(lines);
        let layer = match format {
            LogFormat::Text => layer.with_ansi(false).boxed(),
            LogFormat::Json => layer.json().boxed(),
        };
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || LINE.tell_the_library());
        drop(writing);
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn the_lines_of_requests_look_like_all_others() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let mut own = Vec::new();
            match format {
                LogFormat::Json => json(&mut own, Timestamp(1_605_283_200), 42, &LINE).unwrap(),
                LogFormat::Text => text(&mut own, Timestamp(1_605_283_200), 42, &LINE).unwrap(),
            }
            let own = String::from_utf8(own).unwrap();
            assert!(own.contains("2020-11-13T16:00:00.000042Z"), "{own}");
            let library = by_the_library(format);
            // All but the time, which has one length.
            let at = own.find("2020").unwrap();
            let end = at + "2020-11-13T16:00:00.000042Z".len();
            assert_eq!(own[..at], library[..at]);
            assert_eq!(own[end..], library[end..]);
        }
    }
}
