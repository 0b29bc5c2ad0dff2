//! Faults on demand: which request meets which, how often. Owns what a fault
//! is and when it is used up; must not know how an answer is spoiled.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// More at a time are a mistake of the test.
const MOST: usize = 1_000;
/// Longer than any test waits.
const LONGEST_DELAY: u64 = 600_000;

/// A fault as a test asks for it.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Fault {
    /// Requests by this method; any, if none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    /// Requests for this path, `*` standing for anything; with or without `/api/v3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// So many fitting requests pass first.
    after: u64,
    /// So many meet it then; 0 for all.
    times: u64,
    /// Milliseconds of real time before anything else happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delay_ms: Option<u64>,
    /// This status instead of an answer: the request is not carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    /// Headers of that answer.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) headers: Map<String, Value>,
    /// Its body: text as it is, anything else as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Value>,
    /// The connection ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cut: Option<Cut>,
    /// As if this hour's requests were spent, of so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rate_limit_spent: Option<u32>,
    /// As in a brown-out of the OAuth Authorizations API.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) brownout: bool,
}

/// Where a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Cut {
    /// Before the request is carried out.
    Before,
    /// After it was carried out, before the answer.
    After,
    /// In the middle of the answer's body.
    Half,
}

impl Fault {
    /// Reads what a test sent; once, unless it says how often.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn read(json: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(json).map_err(|why| why.to_string())?;
        let says_how_often = value.get("times").is_some();
        let mut fault: Self = serde_json::from_value(value).map_err(|why| why.to_string())?;
        if !says_how_often {
            fault.times = 1;
        }
        fault.check()?;
        Ok(fault)
    }

    fn check(&self) -> Result<(), String> {
        let instead = [
            self.status.is_some(),
            self.cut.is_some(),
            self.rate_limit_spent.is_some(),
            self.brownout,
        ];
        match instead.iter().filter(|chosen| **chosen).count() {
            0 if self.delay_ms.is_none() => {
                return Err("name one of delay_ms, status, cut, rate_limit_spent, brownout".into());
            }
            0 | 1 => {}
            _ => {
                return Err(
                    "status, cut, rate_limit_spent and brownout exclude one another".into(),
                );
            }
        }
        if self.status.is_none() && (self.body.is_some() || !self.headers.is_empty()) {
            return Err("headers and body go with status".into());
        }
        if self
            .status
            .is_some_and(|status| !(200..600).contains(&status))
        {
            return Err("status lies between 200 and 599".into());
        }
        if self.delay_ms.is_some_and(|delay| delay > LONGEST_DELAY) {
            return Err(format!("delay_ms is at most {LONGEST_DELAY}"));
        }
        match self.headers.values().all(Value::is_string) {
            true => Ok(()),
            false => Err("the value of a header is a text".into()),
        }
    }

    fn fits(&self, method: &str, path: &str) -> bool {
        self.method
            .as_ref()
            .is_none_or(|own| own.eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(|own| is_like(own, path))
    }
}

/// Whether a path is like a pattern in which `*` stands for anything; `/api/v3` counts in neither.
pub(super) fn is_like(pattern: &str, path: &str) -> bool {
    fn without_base(path: &str) -> &str {
        path.strip_prefix("/api/v3")
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
            .unwrap_or(path)
    }
    let (pattern, mut rest) = (without_base(pattern), without_base(path));
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else {
        return false;
    };
    rest = after;
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// A fault that waits, and how often it was met.
#[derive(Clone, Serialize)]
pub(super) struct Waiting {
    /// Counts from 1.
    pub(super) id: u64,
    /// Fitting requests so far, also those that passed.
    seen: u64,
    /// What is waited for.
    #[serde(flatten)]
    pub(super) fault: Fault,
}

impl Waiting {
    fn meets(&mut self) -> bool {
        self.seen += 1;
        let met = self.seen.saturating_sub(self.fault.after);
        met > 0 && (self.fault.times == 0 || met <= self.fault.times)
    }
}

/// All that wait.
#[derive(Default)]
pub(super) struct Faults(Mutex<State>);

#[derive(Default)]
struct State {
    last_id: u64,
    waiting: Vec<Waiting>,
}

impl Faults {
    /// Waits for requests from now on.
    ///
    /// # Errors
    /// There are too many.
    pub(super) fn add(&self, fault: Fault) -> Result<Waiting, String> {
        let mut state = self.lock();
        if state.waiting.len() >= MOST {
            return Err(format!("{MOST} faults wait already"));
        }
        state.last_id += 1;
        let waiting = Waiting {
            id: state.last_id,
            seen: 0,
            fault,
        };
        state.waiting.push(waiting.clone());
        Ok(waiting)
    }

    /// The fault that a request meets: the first of those that fit and are not used up. Only that one
    /// and those before it have seen the request.
    pub(super) fn meet(&self, method: &str, path: &str) -> Option<Waiting> {
        let mut state = self.lock();
        let fitting = state
            .waiting
            .iter_mut()
            .filter(|waiting| waiting.fault.fits(method, path));
        for waiting in fitting {
            if waiting.meets() {
                return Some(waiting.clone());
            }
        }
        None
    }

    /// All, also those that are used up.
    pub(super) fn list(&self) -> Vec<Waiting> {
        self.lock().waiting.clone()
    }

    /// Takes one back; false when there is none of this id.
    pub(super) fn remove(&self, id: u64) -> bool {
        let mut state = self.lock();
        let before = state.waiting.len();
        state.waiting.retain(|waiting| waiting.id != id);
        state.waiting.len() < before
    }

    /// Takes all back, and counts from 1 again.
    pub(super) fn clear(&self) {
        *self.lock() = State::default();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock can panic halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(json: &str) -> Fault {
        Fault::read(json.as_bytes()).unwrap_or_else(|why| panic!("{why}"))
    }

    #[test]
    fn a_pattern_fits_with_and_without_the_base() {
        for (pattern, path, fits) in [
            ("/authorizations", "/api/v3/authorizations", true),
            ("/api/v3/authorizations", "/authorizations", true),
            ("/authorizations", "/authorizations/1", false),
            ("/authorizations*", "/authorizations/1", true),
            ("/applications/*/token", "/applications/abc/token", true),
            ("/applications/*/token", "/applications/abc/grant", false),
            ("*/token", "/api/v3/applications/abc/token", true),
            ("/a*b*c", "/aXbYbc", true),
            ("/ab*b", "/ab", false),
            ("*", "/", true),
            ("/api/v3x", "/x", false),
        ] {
            assert_eq!(is_like(pattern, path), fits, "{pattern} {path}");
        }
    }

    #[test]
    fn a_fault_is_met_after_so_many_and_so_often() {
        let faults = Faults::default();
        let late = fault(r#"{"method":"get","path":"/user","after":1,"times":2,"status":500}"#);
        faults.add(late).unwrap();
        let met: Vec<bool> = (0..5)
            .map(|_| faults.meet("GET", "/user").is_some())
            .collect();
        assert_eq!(met, [false, true, true, false, false]);
        assert!(faults.meet("POST", "/user").is_none());
        assert!(faults.meet("GET", "/users").is_none());
    }

    #[test]
    fn once_unless_it_says_how_often_and_the_first_that_fits() {
        let faults = Faults::default();
        faults.add(fault(r#"{"status":500}"#)).unwrap();
        let second = faults.add(fault(r#"{"cut":"after","times":0}"#)).unwrap();
        let ids: Vec<u64> = (0..4)
            .map(|_| faults.meet("GET", "/").map_or(0, |met| met.id))
            .collect();
        assert_eq!(ids, [1, 2, 2, 2]);
        assert!(faults.remove(second.id) && !faults.remove(second.id));
        assert!(faults.meet("GET", "/").is_none());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for json in [
            "{}",
            "[]",
            r#"{"status":500,"cut":"after"}"#,
            r#"{"status":101}"#,
            r#"{"cut":"now"}"#,
            r#"{"delay_ms":600001}"#,
            r#"{"cut":"half","body":"x"}"#,
            r#"{"status":500,"headers":{"a":1}}"#,
            r#"{"statsu":500}"#,
        ] {
            assert!(Fault::read(json.as_bytes()).is_err(), "{json}");
        }
    }
}
