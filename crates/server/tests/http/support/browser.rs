//! A browser: it keeps cookies, sends what browsers send, and fills in the
//! forms of the pages that it was given.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use http::Method;
use http_body_util::Full;

use super::html::{self, Form};
use super::{Answer, Client, TestApp};

/// A browser without script.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) client: Client,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
    /// The scheme, host and port that it believes to be at.
    origin: String,
}

impl Browser {
    pub(crate) fn new(t: &TestApp) -> Self {
        let client = t
            .anyone()
            .with("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
            .with(
                "user-agent",
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0",
            );
        Self {
            client,
            cookies: Arc::default(),
            origin: t.origin.clone(),
        }
    }

    /// The same browser with a header more, or another value; the empty value takes it away.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        Self {
            client: self.client.with(name, value),
            ..self.clone()
        }
    }

    /// The same browser, believing to be elsewhere.
    pub(crate) fn of_origin(&self, origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            ..self.clone()
        }
    }

    /// The value of a cookie, by the end of its name.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.cookies.lock().expect("no panic in here");
        let found = cookies.iter().find(|(found, _)| found.ends_with(name));
        found.map(|(_, value)| value.clone())
    }

    /// Sets a cookie, as whoever can plant one does.
    pub(crate) fn plant(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().expect("no panic in here");
        cookies.insert(name.to_owned(), value.to_owned());
    }

    /// Asks for a page, and goes nowhere by itself.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await
    }

    /// Asks for a page, and goes on to wherever it is sent within this site.
    pub(crate) async fn open(&self, path: &str) -> Answer {
        let answer = self.get(path).await;
        self.follow(answer).await
    }

    /// Goes on to wherever an answer sends.
    pub(crate) async fn follow(&self, mut answer: Answer) -> Answer {
        for _ in 0..10 {
            let Some(location) = answer.header("location").map(str::to_owned) else {
                return answer;
            };
            assert!(location.starts_with('/'), "{}: {location}", answer.asked);
            answer = self.get(&location).await;
        }
        panic!("{}: sent around in circles", answer.asked);
    }

    /// Fills in the form of `page` that goes to `action`, and sends it.
    #[track_caller]
    pub(crate) fn fill(&self, page: &Answer, action: &str) -> Filled {
        let forms = html::forms(&page.text());
        let actions: Vec<&str> = forms.iter().map(|form| form.tag.get("action")).collect();
        let found = forms.iter().find(|form| form.tag.get("action") == action);
        let form = found.unwrap_or_else(|| panic!("{}: no form {action}: {actions:?}", page.asked));
        assert_eq!(form.tag.get("method"), "post");
        Filled {
            browser: self.clone(),
            form: form.clone(),
        }
    }

    /// Sends a form that no page had.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        self.with("content-type", "application/x-www-form-urlencoded")
            .send(Method::POST, path, &body.finish())
            .await
    }

    /// Sends anything.
    pub(crate) async fn send(&self, method: Method, path: &str, body: &str) -> Answer {
        let cookies: Vec<String> = {
            let cookies = self.cookies.lock().expect("no panic in here");
            let pairs = cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            pairs.collect()
        };
        let mut client = self.client.with("cookie", &cookies.join("; "));
        if !method.is_safe() && !self.origin.is_empty() {
            client = client.with("origin", &self.origin);
        }
        let body = Full::new(body.to_owned().into());
        let answer = client.exchange(&method, path, body).await;
        answer.judge(&method, path);
        self.take_cookies(&answer);
        answer
    }

    fn take_cookies(&self, answer: &Answer) {
        let mut cookies = self.cookies.lock().expect("no panic in here");
        for set in answer.headers.get_all("set-cookie") {
            let set = set.to_str().expect("ASCII");
            let (pair, attributes) = set.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a value");
            if attributes.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// A form, being filled in.
#[derive(Clone)]
pub(crate) struct Filled {
    browser: Browser,
    pub(crate) form: Form,
}

impl Filled {
    /// Types into a field, ticks a box, or chooses.
    #[track_caller]
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        let names = &self.form.names;
        assert!(
            names.iter().any(|found| found == name),
            "no field {name} among {names:?}"
        );
        if name != "scope" {
            self.form.fields.retain(|(found, _)| found != name);
        }
        self.form.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends it, and goes nowhere by itself.
    pub(crate) async fn send(&self) -> Answer {
        let fields: Vec<(&str, &str)> = self
            .form
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.browser
            .post(self.form.tag.get("action"), &fields)
            .await
    }

    /// Sends it, and goes on to wherever the answer sends.
    pub(crate) async fn submit(&self) -> Answer {
        let answer = self.send().await;
        self.browser.follow(answer).await
    }
}
