//! What a monitoring system is told, and the line in the log: which labels and
//! fields there are, and what they count.

use std::pin::pin;
use std::task::{Context, Waker};

use bytes::Bytes;
use futures_util::stream;
use grantd_core::store::EngineLoad;
use http::Method;
use http_body::Frame;
use http_body_util::StreamBody;

use crate::support::{Log, TestApp};

/// The value of the only sample with this name and these labels; 0 when there is none yet.
fn sample(text: &str, name: &str, labels: &[&str]) -> f64 {
    let fits = |line: &&str| {
        let name_ends = line.strip_prefix(name).and_then(|rest| rest.chars().next());
        matches!(name_ends, Some('{' | ' ')) && labels.iter().all(|label| line.contains(label))
    };
    let found: Vec<&str> = text.lines().filter(fits).collect();
    assert!(found.len() <= 1, "{name} {labels:?}: {found:?}");
    let value = found.first().and_then(|line| line.rsplit_once(' '));
    value.map_or(0.0, |(_, value)| value.parse().unwrap())
}

#[tokio::test]
async fn requests_are_counted_by_operation_status_and_caller() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let token = octocat.token_of(&app).await.token();
    octocat.client.get("/authorizations").await.is(200);
    app.client.get(&app.path(&token)).await.is(200);
    let revoked = octocat.token_of(&app).await.token();
    app.revoke(&revoked).await.is(204);
    app.client.get(&app.path(&revoked)).await.is(404);
    t.anyone().with_token(&token).get("/user").await.is(200);
    t.anyone().get("/nowhere").await.is(404);
    let text = t.server.metrics().open_metrics();
    let of = |name, labels: &[&str]| sample(&text, name, labels);

    let check = "operation=\"apps/check-authorization\"";
    let duration = "grantd_request_duration_seconds_count";
    assert_eq!(of(duration, &[check, "status=\"2xx\""]), 1.0);
    assert_eq!(of(duration, &[check, "status=\"4xx\""]), 1.0);
    assert_eq!(of(duration, &["operation=\"none\""]), 1.0);
    assert_eq!(of("grantd_request_statements_total", &[check]), 2.0);
    assert!(of("grantd_request_database_seconds_total", &[check]) > 0.0);
    let callers = "grantd_requests_by_caller_total";
    assert_eq!(of(callers, &["\"app\""]), 3.0);
    assert_eq!(of(callers, &["\"token\""]), 1.0);
    assert_eq!(of(callers, &["\"nobody\""]), 1.0);
    assert_eq!(of("grantd_requests_in_flight", &[]), 0.0);
    let refusals = "grantd_refusals_total";
    assert_eq!(of(refusals, &["\"not_found\""]), 2.0);
    let checks = "grantd_checks_total";
    // The revocation looked the token up, too.
    assert_eq!(of(checks, &["\"app\"", "\"valid\""]), 2.0);
    assert_eq!(of(checks, &["\"app\"", "\"unknown\""]), 1.0);
    assert_eq!(of(checks, &["\"holder\"", "\"valid\""]), 1.0);
    assert!(of("grantd_store_steps_total", &["\"change\""]) >= 1.0);
    assert!(of("grantd_store_statements_total", &[]) >= 5.0);
    assert!(text.ends_with("# EOF\n"));
}

/// Who hangs up gets no answer, and is on its way no longer.
#[tokio::test]
async fn a_request_whose_client_hung_up_is_not_in_flight() {
    let t = TestApp::new().await;
    let anyone = t.anyone();
    let in_flight = || {
        sample(
            &t.server.metrics().open_metrics(),
            "grantd_requests_in_flight",
            &[],
        )
    };
    {
        let body = StreamBody::new(stream::pending::<Result<Frame<Bytes>, std::io::Error>>());
        let mut asking = pin!(anyone.exchange(&Method::POST, "/credentials/revoke", body));
        let mut once = Context::from_waker(Waker::noop());
        assert!(asking.as_mut().poll(&mut once).is_pending());
        assert_eq!(in_flight(), 1.0);
    }
    assert_eq!(in_flight(), 0.0);
}

/// A report is carried out by a task of its own, which is still the request's.
#[tokio::test]
async fn a_report_of_leaks_pays_for_its_statements() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let token = octocat.personal_token("n").await.token();
    let body = serde_json::json!({ "credentials": [token] });
    t.anyone().post("/credentials/revoke", body).await.is(202);
    let text = t.server.metrics().open_metrics();
    let of = |name| sample(&text, name, &["operation=\"credentials/revoke\""]);
    assert!(of("grantd_request_statements_total") >= 2.0, "{text}");
    assert!(of("grantd_request_database_seconds_total") > 0.0);
}

#[tokio::test]
async fn refusals_and_sign_ins_are_counted_by_cause() {
    let t = TestApp::new().await;
    let (octocat, monalisa) = (t.user("octocat").await, t.user_with_otp("monalisa").await);
    octocat.client.get("/authorizations").await.is(200);
    monalisa.client.get("/authorizations").await.is(401);
    let wrong = octocat.with_basic("octocat", "a wrong password");
    for _ in 0..10 {
        wrong.get("/authorizations").await.is(401);
    }
    wrong.get("/authorizations").await.is(403);
    t.anyone().get("/authorizations").await.is(401);
    let text = t.server.metrics().open_metrics();
    let refused = |cause: &str| sample(&text, "grantd_refusals_total", &[cause]);
    assert_eq!(refused("\"code_wanted\""), 1.0);
    assert_eq!(refused("\"bad_credentials\""), 10.0);
    assert_eq!(refused("\"locked\""), 1.0);
    assert_eq!(refused("\"no_credentials\""), 1.0);
    let signed_in = |how: &str| sample(&text, "grantd_sign_ins_total", &["by=\"api\"", how]);
    assert_eq!(signed_in("\"right\""), 1.0);
    assert_eq!(signed_in("\"wrong\""), 10.0);
    assert_eq!(signed_in("\"code_wanted\""), 1.0);
    assert_eq!(signed_in("\"locked\""), 1.0);
    assert_eq!(sample(&text, "grantd_hash_pool_threads", &[]), 2.0);
    assert_eq!(sample(&text, "grantd_hash_pool_refused_total", &[]), 0.0);
}

#[tokio::test]
async fn sec_s33_each_app_with_tokens_in_paths_is_counted() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let token = octocat.token_of(&app).await.token();
    for _ in 0..3 {
        app.client.get(&app.path(&token)).await.is(200);
    }
    let text = t.server.metrics().open_metrics();
    let client_id = format!("client_id=\"{}\"", app.client_id);
    assert_eq!(
        sample(&text, "grantd_path_token_calls_total", &[&client_id]),
        3.0
    );
}

/// What anybody can make up is no label: the number of series does not grow with it.
#[tokio::test]
async fn nobody_makes_up_labels() {
    let t = TestApp::new().await;
    let anyone = t.anyone();
    let mut lines = Vec::new();
    for round in 0..3 {
        for number in 0..20 {
            let made_up = format!("x{round}y{number}");
            let _ = anyone.get(&format!("/{made_up}")).await;
            let _ = anyone.get(&format!("/users/{made_up}")).await;
            let _ = anyone
                .with_basic(&made_up, &made_up)
                .get(&format!("/applications/{made_up}/tokens/{made_up}"))
                .await;
            let method = Method::from_bytes(made_up.as_bytes()).unwrap();
            let _ = anyone.send(method, "/user", "").await;
        }
        let text = t.server.metrics().open_metrics();
        assert!(!text.contains("x0y"), "{text}");
        lines.push(text.lines().count());
    }
    assert_eq!(lines[1], lines[2]);
}

#[tokio::test]
async fn a_line_says_what_a_request_cost() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(log.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let token = octocat.token_of(&app).await.token();
    app.client.get(&app.path(&token)).await.is(200);
    app.client.get(&app.path(&token)).await.is(200);
    let mut lines = log.lines_with("grantd::access");
    lines.retain(|line| line.contains("apps/check-authorization"));
    let [looked_up, known] = lines.as_slice() else {
        panic!("{lines:?}");
    };
    let known: serde_json::Value = serde_json::from_str(known).unwrap();
    // A file's server remembers what it has looked up; a node does not.
    let remembers = matches!(t.authority.store.load().engine, EngineLoad::Sqlite { .. });
    assert_eq!(known["fields"]["statements"], u64::from(!remembers));
    let line: serde_json::Value = serde_json::from_str(looked_up).unwrap();
    let fields = &line["fields"];
    assert_eq!(line["target"], "grantd::access");
    assert_eq!(fields["method"], "GET");
    assert_eq!(
        fields["route"],
        "/applications/{client_id}/tokens/{access_token}"
    );
    assert_eq!(fields["status"], 200);
    assert_eq!(fields["caller"], format!("app:{}", app.client_id));
    assert_eq!(fields["address"], "192.0.2.1");
    assert_eq!(fields["statements"], 1);
    let micros = |name: &str| fields[name].as_u64().unwrap();
    assert!(micros("database_micros") > 0 && micros("database_micros") <= micros("micros"));
    assert_eq!(fields["request_id"].as_str().unwrap().len(), 36);

    let quiet = TestApp::with(|setup| setup.settings.log_requests = false).await;
    let before = log.lines_with("grantd::access").len();
    quiet.anyone().get("/meta").await.is(200);
    assert_eq!(log.lines_with("grantd::access").len(), before);
}

/// Refusals of flows are 200 to HTTP, and count all the same.
#[tokio::test]
async fn refusals_in_flows_are_counted_by_their_code() {
    let t = TestApp::new().await;
    let (_, app) = (t.user("octocat").await, t.app("ci").await);
    let form = t
        .anyone()
        .with("content-type", "application/x-www-form-urlencoded");
    let wrong = format!("client_id={}&client_secret=wrong&code=x", app.client_id);
    let proved = format!("client_id={}&client_secret={}", app.client_id, app.secret);
    for (path, body) in [
        ("/login/oauth/access_token", wrong.as_str()),
        ("/login/oauth/access_token", &format!("{proved}&code=x")),
        ("/login/oauth/access_token", "grant_type=password"),
        ("/login/device/code", "client_id=nobody"),
        ("/login/oauth/introspect", &format!("{wrong}&token=x")),
        ("/login/oauth/revoke", &proved),
    ] {
        let _ = form.post(path, body).await;
    }
    let text = t.server.metrics().open_metrics();
    for code in [
        "incorrect_client_credentials",
        "bad_verification_code",
        "unsupported_grant_type",
        "unknown_app",
        "invalid_client",
        "invalid_request",
    ] {
        let code = format!("\"{code}\"");
        let counted = sample(&text, "grantd_flow_refusals_total", &[&code]);
        assert_eq!(counted, 1.0, "{code}");
    }
}
