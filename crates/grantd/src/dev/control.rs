//! What tests ask of a dev server beside the API: clock, journal, faults, mail,
//! reset. Owns the paths under [`PREFIX`], and that no page in somebody's
//! browser can ask for any of it; must not know how any of it is done.

use bytes::Bytes;
use grantd_core::clock::{Clock, Timestamp};
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::{Value, json};

use super::door::{Door, told};
use super::faults::Fault;
use super::journal::Wanted;
use crate::failure::Failure;

/// Nothing of the API, the pages or the flows begins so.
pub(super) const PREFIX: &str = "/_dev";

const LONGEST_BODY: usize = 1 << 20;
/// The last second that has four digits of a year.
const LAST: i64 = 253_402_300_799;

/// Why something was not done.
struct Refusal(StatusCode, String);

type Answer = Result<(StatusCode, Value), Refusal>;

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, failure.to_string())
    }
}

fn wrong(why: impl Into<String>) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, why.into())
}

/// Whether a path lies under [`PREFIX`].
pub(super) fn is_meant(path: &str) -> bool {
    path.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers a test.
pub(super) async fn answer(door: &Door, request: Request<Incoming>) -> Response<Bytes> {
    match dispatch(door, request).await {
        Ok((status, Value::Null)) => {
            let mut answer = Response::new(Bytes::new());
            *answer.status_mut() = status;
            answer
        }
        Ok((status, value)) => told(status, &value),
        Err(Refusal(status, message)) => told(status, &json!({"message": message})),
    }
}

async fn dispatch(door: &Door, request: Request<Incoming>) -> Answer {
    refuse_browsers(request.headers(), door)?;
    // A form of a page cannot send this type.
    let changes = matches!(*request.method(), Method::POST | Method::PUT);
    if changes && !is_json(request.headers()) {
        let message = "say Content-Type: application/json";
        return Err(Refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, message.into()));
    }
    let (parts, body) = request.into_parts();
    let read = Limited::new(body, LONGEST_BODY).collect().await;
    let body = read
        .map_err(|_| wrong("the body is too long, or the connection broke"))?
        .to_bytes();
    let path = parts.uri.path().strip_prefix(PREFIX).unwrap_or_default();
    let query = parts.uri.query().unwrap_or_default();
    let done = Ok((StatusCode::NO_CONTENT, Value::Null));
    match (&parts.method, path.trim_end_matches('/')) {
        (&Method::GET, "") => overview(door).await,
        (&Method::POST, "/reset") => {
            door.reset().await?;
            overview(door).await
        }
        (&Method::GET, "/clock") => Ok((StatusCode::OK, clock(door))),
        (&Method::PUT, "/clock") => set_clock(door, &body).await,
        (&Method::POST, "/clock") => advance_clock(door, &body).await,
        (&Method::GET, "/journal") => {
            let seen = door.journal.read(&wanted(query)?);
            Ok((StatusCode::OK, json!(seen)))
        }
        (&Method::DELETE, "/journal") => {
            door.journal.clear();
            done
        }
        (&Method::GET, "/mails") => {
            let mails = door.ground.outbox.mails();
            Ok((StatusCode::OK, json!({"mails": mails})))
        }
        (&Method::DELETE, "/mails") => {
            door.ground.outbox.clear();
            done
        }
        (&Method::GET, "/faults") => {
            let faults = door.faults.list();
            Ok((StatusCode::OK, json!({"faults": faults})))
        }
        (&Method::POST, "/faults") => {
            let fault = Fault::read(&body).map_err(wrong)?;
            let waiting = door.faults.add(fault).map_err(wrong)?;
            Ok((StatusCode::CREATED, json!(waiting)))
        }
        (&Method::DELETE, "/faults") => {
            door.faults.clear();
            done
        }
        (&Method::DELETE, path) => {
            let id = path.strip_prefix("/faults/");
            let id = id.and_then(|id| id.parse().ok());
            match id.is_some_and(|id| door.faults.remove(id)) {
                true => done,
                false => Err(nowhere()),
            }
        }
        _ => Err(nowhere()),
    }
}

fn nowhere() -> Refusal {
    let message = "there is no such thing to ask; docs/dev-mode.md lists all";
    Refusal(StatusCode::NOT_FOUND, message.into())
}

/// A page that somebody looks at may reach this machine, by its address or by a name that was made to
/// mean it, but not with these headers.
fn refuse_browsers(headers: &HeaderMap, door: &Door) -> Result<(), Refusal> {
    let text = |name| {
        let value = headers.get(name)?;
        Some(value.to_str().unwrap_or("?"))
    };
    let host = text(header::HOST).unwrap_or_default();
    if !is_this_machine(host) && door.ground.url.host_str() != Some(bare(host)) {
        let message = format!("the host `{host}` is not this machine");
        return Err(Refusal(StatusCode::FORBIDDEN, message));
    }
    let site = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site != "none");
    if site || headers.contains_key(header::ORIGIN) {
        let message = "no page of a browser may ask for this";
        return Err(Refusal(StatusCode::FORBIDDEN, message.into()));
    }
    Ok(())
}

fn is_json(headers: &HeaderMap) -> bool {
    let said = headers.get(header::CONTENT_TYPE);
    let said = said.and_then(|said| said.to_str().ok()).unwrap_or_default();
    let media = said.split(';').next().unwrap_or_default();
    media.trim().eq_ignore_ascii_case("application/json")
}

/// A host without its port and brackets.
fn bare(host: &str) -> &str {
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host,
    };
    host.trim_start_matches('[').trim_end_matches(']')
}

fn is_this_machine(host: &str) -> bool {
    let host = bare(host);
    let name = host.to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Everything that a test may want to know at its start.
async fn overview(door: &Door) -> Answer {
    let value = door.with(async |world| Ok(describe(door, world))).await?;
    Ok((StatusCode::OK, value))
}

/// A world in one value, secrets and all.
pub(super) fn describe(door: &Door, world: &super::world::World) -> Value {
    let (site, now) = (door.ground.url.as_str(), door.ground.clock.now());
    let site = site.trim_end_matches('/');
    let mut value = json!(world.rules.planted);
    let users = world.rules.planted.users.iter();
    for (at, user) in users.enumerate() {
        value["users"][at]["otp_code"] = json!(user.code(now));
    }
    value["url"] = json!(site);
    value["api_url"] = json!(format!("{site}/api/v3"));
    value["dev_url"] = json!(format!("{site}{PREFIX}"));
    value["seed"] = json!(door.ground.number);
    value["clock"] = clock(door);
    value
}

fn clock(door: &Door) -> Value {
    let clock = &door.ground.clock;
    json!({"now": clock.now(), "running": clock.runs()})
}

/// `PUT /_dev/clock`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetClock {
    now: Option<String>,
    running: Option<bool>,
}

async fn set_clock(door: &Door, body: &[u8]) -> Answer {
    let wish: SetClock = read(body)?;
    let now = match wish.now {
        None => None,
        Some(text) => Some(within(Timestamp::parse(&text))?),
    };
    door.ground.clock.set(now, wish.running);
    settled(door).await
}

/// `POST /_dev/clock`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AdvanceClock {
    advance: i64,
}

async fn advance_clock(door: &Door, body: &[u8]) -> Answer {
    let wish: AdvanceClock = read(body)?;
    let clock = &door.ground.clock;
    within(Some(clock.now().plus(wish.advance)))?;
    clock.advance(wish.advance);
    settled(door).await
}

async fn settled(door: &Door) -> Answer {
    door.with(async |world| world.settle().await).await?;
    Ok((StatusCode::OK, clock(door)))
}

fn within(time: Option<Timestamp>) -> Result<Timestamp, Refusal> {
    time.filter(|time| (0..=LAST).contains(&time.0))
        .ok_or_else(|| wrong("a time lies between 1970-01-01T00:00:00Z and 9999-12-31T23:59:59Z"))
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|why| wrong(why.to_string()))
}

fn wanted(query: &str) -> Result<Wanted, Refusal> {
    let mut wanted = Wanted::default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "after" => {
                let number = value.parse();
                wanted.after = number.map_err(|_| wrong("after is the number of an entry"))?;
            }
            "method" => wanted.method = Some(value.into_owned()),
            "path" => wanted.path = Some(value.into_owned()),
            _ => return Err(wrong("the journal is asked by after, method and path")),
        }
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_its_own_are_meant() {
        for (path, meant) in [
            ("/_dev", true),
            ("/_dev/clock", true),
            ("/_device", false),
            ("/api/v3/_dev", false),
            ("/", false),
        ] {
            assert_eq!(is_meant(path), meant, "{path}");
        }
    }

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        for (host, own) in [
            ("127.0.0.1:8370", true),
            ("127.9.9.9", true),
            ("localhost:1", true),
            ("LOCALHOST", true),
            ("api.github.localhost:80", true),
            ("[::1]:8370", true),
            ("192.0.2.1:8370", false),
            ("example.com", false),
            ("localhost.example.com:8370", false),
            ("127.0.0.1.example.com", false),
            ("", false),
        ] {
            assert_eq!(is_this_machine(host), own, "{host}");
        }
    }
}
