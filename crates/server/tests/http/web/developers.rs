//! The pages of people who run apps.

use http::Method;

use super::every_page::is_well_made;
use super::people::signed_in;
use crate::support::{Answer, Browser, TestApp, User};

const HOME: &str = "/settings/developers";
const NEW: &str = "/settings/developers/new";

struct Stage {
    t: TestApp,
    octocat: User,
    browser: Browser,
}

/// An app that was registered by the page.
struct Registered {
    client_id: String,
    secret: String,
}

impl Registered {
    fn path(&self, more: &str) -> String {
        format!("{HOME}/apps/{}{more}", self.client_id)
    }
}

impl Stage {
    async fn new() -> Self {
        let t = TestApp::new().await;
        let octocat = t.user("octocat").await;
        let browser = signed_in(&t, &octocat).await;
        Self {
            t,
            octocat,
            browser,
        }
    }

    async fn register(&self) -> Registered {
        let page = self.browser.get(NEW).await;
        let form = self.browser.fill(page.is(200), NEW);
        let form = form
            .set("name", "Builder")
            .set("url", "https://builder.example")
            .set("description", "Builds <b>things</b>")
            .set(
                "callbacks",
                "https://builder.example/cb\r\nhttp://127.0.0.1/cb",
            );
        let shown = form.send().await;
        is_well_made(&shown);
        let text = shown.is(200).text();
        let secret = between(&text, "<code id=\"secret\" translate=\"no\">");
        let client_id = between(&text, "<code translate=\"no\">");
        assert_eq!((client_id.len(), secret.len()), (20, 40));
        Registered { client_id, secret }
    }

    /// What the check of a nonsense token says of the app's secret.
    async fn proves(&self, app: &Registered, secret: &str) -> bool {
        let path = format!("/applications/{}/token", app.client_id);
        let client = self.t.anyone().with_basic(&app.client_id, secret);
        let answer = client
            .post(&path, serde_json::json!({ "access_token": "x" }))
            .await;
        match answer.status {
            404 | 422 => true,
            401 => false,
            other => panic!("{other}: {}", answer.text()),
        }
    }

    async fn upload(&self, app: &Registered, picture: &str) -> Answer {
        let page = self.browser.get(&app.path("")).await;
        let form = self.browser.fill(page.is(200), &app.path("/logo"));
        let (_, csrf) = form.form.fields.first().expect("a token");
        let body = format!(
            "--x\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n\
             --x\r\ncontent-disposition: form-data; name=\"logo\"; filename=\"a.png\"\r\n\
             content-type: image/png\r\n\r\n{picture}\r\n--x--\r\n"
        );
        let browser = self
            .browser
            .with("content-type", "multipart/form-data; boundary=x");
        browser.send(Method::POST, &app.path("/logo"), &body).await
    }
}

/// What stands between `start` and the next tag.
fn between(text: &str, start: &str) -> String {
    let (_, rest) = text.split_once(start).expect("the start");
    rest.split('<').next().expect("a part").to_owned()
}

#[tokio::test]
async fn an_app_is_limited_to_the_scopes_that_are_ticked() {
    let s = Stage::new().await;
    let app = s.register().await;
    let edit = app.path("/edit");
    let ticked = async || {
        let page = s.browser.get(&edit).await;
        let text = page.is(200).text();
        is_well_made(&page);
        let boxes = text.split("<input type=\"checkbox\" ").skip(1);
        let checked = boxes.filter(|one| one.split('>').next().unwrap().contains(" checked"));
        let named = checked.filter(|one| one.starts_with("name=\"scope\""));
        let named: Vec<String> = named
            .map(|one| one.split('"').nth(3).unwrap().to_owned())
            .collect();
        (text.contains("name=\"limited\" checked"), named)
    };
    assert_eq!(ticked().await, (false, vec![]));
    let create = async |scope: &str| {
        let body = serde_json::json!({
            "client_id": app.client_id, "client_secret": app.secret, "scopes": [scope],
        });
        s.octocat.post("/authorizations", body).await.status
    };
    assert_eq!(create("gist").await, 201);
    let form = async || {
        let page = s.browser.get(&edit).await;
        s.browser.fill(page.is(200), &edit)
    };
    let saved = form()
        .await
        .set("limited", "on")
        .set("scope", "repo")
        .submit()
        .await;
    assert!(saved.is(200).text().contains("The app was saved."));
    assert_eq!(ticked().await, (true, vec!["repo".to_owned()]));
    assert_eq!(
        (create("gist").await, create("repo:status").await),
        (422, 201)
    );
    let odd = form().await.set("scope", "made:up").submit().await;
    assert!(odd.is(422).text().contains("Choose scopes from the list."));
    assert!(odd.text().contains("name=\"limited\" checked"));
    // Limited to nothing at all is limited, too; without the tick everything is allowed again.
    let mut none = form().await;
    none.form.fields.retain(|(name, _)| name != "scope");
    none.submit().await.is(200);
    assert_eq!(ticked().await, (true, vec![]));
    assert_eq!(create("repo:status").await, 422);
    let mut all = form().await;
    all.form.fields.retain(|(name, _)| name != "limited");
    all.submit().await.is(200);
    assert_eq!(create("gist").await, 201);
}

#[tokio::test]
async fn an_app_is_registered_shown_and_changed() {
    let s = Stage::new().await;
    assert!(
        s.browser
            .get(HOME)
            .await
            .is(200)
            .text()
            .contains("not registered an app yet")
    );
    let app = s.register().await;
    assert!(s.proves(&app, &app.secret).await);
    let list = s.browser.get(HOME).await;
    assert!(list.is(200).text().contains(&app.client_id));
    let page = s.browser.get(&app.path("")).await;
    let text = page.is(200).text();
    for words in [
        "Builder",
        "Builds &#60;b&#62;things",
        "https://builder.example/cb",
        "http://127.0.0.1/cb",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains(&app.secret), "the secret is shown once");
    let edit = s.browser.get(&app.path("/edit")).await;
    let form = s.browser.fill(edit.is(200), &app.path("/edit"));
    let fields = &form.form.fields;
    let callbacks = fields.iter().find(|(name, _)| name == "callbacks");
    let callbacks = &callbacks.expect("a field").1;
    assert_eq!(callbacks, "https://builder.example/cb\nhttp://127.0.0.1/cb");
    assert!(fields.iter().any(|(name, _)| name == "device_flow"));
    let form = form.set("name", "Constructor").set("expiring", "on");
    let saved = form.submit().await;
    assert!(saved.is(200).text().contains("The app was saved."));
    assert!(saved.text().contains("Constructor"));
    let edit = s.browser.get(&app.path("/edit")).await;
    let form = s.browser.fill(&edit, &app.path("/edit"));
    assert!(form.form.fields.iter().any(|(name, _)| name == "expiring"));
}

#[tokio::test]
async fn what_is_wrong_with_an_app_is_said_beside_its_field() {
    let s = Stage::new().await;
    let page = s.browser.get(NEW).await;
    let form = s.browser.fill(&page, NEW);
    let form = form
        .set("name", " ")
        .set("url", "builder.example")
        .set("callbacks", "javascript:alert(1)");
    let again = form.clone().send().await;
    is_well_made(&again);
    let text = again.is(422).text();
    for words in [
        "Give the app a name",
        "begins with https://",
        "“javascript:alert(1)” cannot be a callback address",
        "value=\"builder.example\"",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let none = form.set("callbacks", "\r\n \r\n").send().await;
    assert!(none.is(422).text().contains("1 to 20 callback addresses"));
}

#[tokio::test]
async fn a_public_app_has_no_secret() {
    let s = Stage::new().await;
    let page = s.browser.get(NEW).await;
    let form = s.browser.fill(&page, NEW);
    let form = form
        .set("name", "Desktop")
        .set("url", "https://desktop.example")
        .set("callbacks", "http://127.0.0.1/cb")
        .set("public", "on");
    let answer = form.send().await;
    let path = answer.is(303).header("location").expect("one").to_owned();
    let page = s.browser.get(&path).await;
    assert!(page.is(200).text().contains("This app has none"));
    s.browser.get(&format!("{path}/secret")).await.is(404);
}

#[tokio::test]
async fn a_secret_is_replaced_with_an_overlap_that_can_be_cut_short() {
    let s = Stage::new().await;
    let app = s.register().await;
    let page = s.browser.get(&app.path("/secret")).await;
    let form = s.browser.fill(page.is(200), &app.path("/secret"));
    let shown = form.clone().set("overlap", "3600").send().await;
    let second = between(
        &shown.is(200).text(),
        "<code id=\"secret\" translate=\"no\">",
    );
    assert_ne!(second, app.secret);
    assert!(shown.text().contains("The previous secret works until"));
    assert!(s.proves(&app, &app.secret).await && s.proves(&app, &second).await);
    let page = s.browser.get(&app.path("")).await;
    let end = s.browser.fill(&page, &app.path("/secret/end"));
    let told = end.submit().await;
    assert!(told.is(200).text().contains("does not work any more"));
    assert!(!s.proves(&app, &app.secret).await && s.proves(&app, &second).await);
    end.send().await.is(303);

    let shown = form.clone().set("overlap", "0").send().await;
    let third = between(
        &shown.is(200).text(),
        "<code id=\"secret\" translate=\"no\">",
    );
    assert!(!s.proves(&app, &second).await && s.proves(&app, &third).await);
    let shown = form.set("overlap", "999999999").send().await;
    shown.is(200);
    assert!(!s.proves(&app, &third).await, "no such overlap: none");
}

#[tokio::test]
async fn a_logo_is_uploaded_served_and_removed() {
    let s = Stage::new().await;
    let app = s.register().await;
    let logo = format!("/apps/{}/logo", app.client_id);
    s.t.anyone().get(&logo).await.is(404);
    for (picture, words) in [
        ("<svg onload=\"alert(1)\"/>", "no PNG, JPEG, GIF or WebP"),
        ("", "no PNG, JPEG, GIF or WebP"),
        (
            &format!("GIF89a{}", "x".repeat(49_152)),
            "larger than 48 KiB",
        ),
    ] {
        let refused = s.upload(&app, picture).await;
        assert!(refused.is(422).text().contains(words), "{}", refused.text());
    }
    s.upload(&app, &format!("GIF89a{}", "x".repeat(70_000)))
        .await
        .is(413);
    s.upload(&app, "GIF89a picture").await.is(303);
    let page = s.browser.get(&app.path("")).await;
    let address = between(&page.is(200).text().replace('"', "<"), "class=<logo< src=<");
    assert!(address.starts_with(&format!("{logo}?v=")), "{address}");
    let served = Browser::new(&s.t).get(&address).await;
    assert_eq!(served.is(200).header("content-type"), Some("image/gif"));
    assert_eq!(served.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(
        served.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
    assert!(
        served
            .header("content-security-policy")
            .expect("one")
            .starts_with("default-src 'none'")
    );
    assert_eq!(served.body, b"GIF89a picture");
    let form = s.browser.fill(&page, &app.path("/logo/remove"));
    form.submit().await.is(200);
    s.t.anyone().get(&logo).await.is(404);
}

#[tokio::test]
async fn an_app_ends_when_its_name_is_typed() {
    let s = Stage::new().await;
    let app = s.register().await;
    let page = s.browser.get(&app.path("/delete")).await;
    let form = s.browser.fill(page.is(200), &app.path("/delete"));
    let wrong = form.clone().set("confirm", "builder").send().await;
    assert!(
        wrong
            .is(422)
            .text()
            .contains("That is not the name of the app.")
    );
    assert!(s.proves(&app, &app.secret).await);
    let told = form.set("confirm", "Builder").submit().await;
    assert!(told.is(200).text().contains("were deleted"));
    s.browser.get(&app.path("")).await.is(404);
}

#[tokio::test]
async fn another_users_app_is_not_there() {
    let s = Stage::new().await;
    let app = s.register().await;
    let hubot = signed_in(&s.t, &s.t.user("hubot").await).await;
    assert!(
        !hubot
            .get(HOME)
            .await
            .is(200)
            .text()
            .contains(&app.client_id)
    );
    let page = hubot.get(NEW).await;
    let (_, csrf) = hubot.fill(&page, NEW).form.fields.remove(0);
    let fields = [
        ("csrf", csrf.as_str()),
        ("confirm", "Builder"),
        ("name", "x"),
    ];
    for more in ["", "/edit", "/secret", "/delete"] {
        hubot.get(&app.path(more)).await.is(404);
    }
    for more in [
        "/edit",
        "/secret",
        "/secret/end",
        "/logo",
        "/logo/remove",
        "/delete",
    ] {
        hubot.post(&app.path(more), &fields).await.is(404);
    }
    hubot.get(&format!("{HOME}/apps/..%2f..")).await.is(404);
    assert!(s.proves(&app, &app.secret).await);
}

#[tokio::test]
async fn sensitive_acts_ask_again_who_one_is() {
    let s = Stage::new().await;
    let app = s.register().await;
    let page = s.browser.get(&app.path("/secret")).await;
    let form = s.browser.fill(&page, &app.path("/secret"));
    s.t.clock.advance(301);
    for path in [
        NEW.to_owned(),
        app.path("/edit"),
        app.path("/secret"),
        app.path("/delete"),
    ] {
        let asked = s.browser.get(&path).await;
        let location = asked.is(303).header("location").expect("one");
        assert!(location.starts_with("/sudo?"), "{path}: {location}");
    }
    let late = form.set("overlap", "0").send().await;
    assert!(
        late.is(303)
            .header("location")
            .expect("one")
            .starts_with("/sudo?")
    );
    assert!(s.proves(&app, &app.secret).await);
    let asked = s.browser.follow(late).await;
    let proof = s.browser.fill(&asked, "/sudo");
    let back = proof.set("password", &s.octocat.password).send().await;
    assert_eq!(
        back.is(303).header("location"),
        Some(app.path("/secret").as_str())
    );
}
