//! `/settings/tokens`.

use super::people::signed_in;
use crate::support::html::{self, Piece};
use crate::support::{Answer, Browser, TestApp};

/// The token that a page shows once.
fn shown(page: &Answer) -> String {
    let mut within = false;
    for piece in html::pieces(&page.is(200).text()) {
        match piece {
            Piece::Open(tag) => within = tag.get("id") == "token",
            Piece::Text(text) if within => return text,
            _ => within = false,
        }
    }
    panic!("{}: no token: {}", page.asked, page.text());
}

async fn create(browser: &Browser, note: &str, scopes: &[&str]) -> String {
    let page = browser.open("/settings/tokens/new").await;
    let mut form = browser.fill(&page, "/settings/tokens").set("note", note);
    for scope in scopes {
        form = form.set("scope", scope);
    }
    shown(&form.submit().await)
}

#[tokio::test]
async fn a_token_is_made_shown_once_used_listed_and_deleted() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let browser = signed_in(&t, &octocat).await;
    let page = browser.open("/settings/tokens").await;
    assert!(
        page.is(200)
            .text()
            .contains("You have no personal access tokens.")
    );
    let token = create(&browser, "laptop & <co>", &["repo", "gist"]).await;
    let user = t.anyone().with_token(&token).get("/user").await;
    assert_eq!(user.is(200).header("x-oauth-scopes"), Some("gist, repo"));
    let page = browser.open("/settings/tokens").await;
    let text = page.is(200).text();
    assert!(text.contains("laptop &#38; &#60;co&#62;") && !text.contains(&token));
    assert!(text.contains(&token[token.len() - 8..]));
    assert!(text.contains("30 October 2018"), "in thirty days");
    let ask = browser.open("/settings/tokens/1/delete").await;
    assert!(
        ask.is(200)
            .text()
            .contains("Delete laptop &#38; &#60;co&#62;?")
    );
    t.anyone().with_token(&token).get("/user").await.is(200);
    let done = browser
        .fill(&ask, "/settings/tokens/1/delete")
        .submit()
        .await;
    assert!(done.is(200).text().contains("The token was deleted."));
    t.anyone().with_token(&token).get("/user").await.is(401);
}

#[tokio::test]
async fn what_is_wrong_with_a_new_token_is_said_beside_its_field_and_the_rest_is_kept() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let browser = signed_in(&t, &octocat).await;
    create(&browser, "taken", &[]).await;
    let page = browser.open("/settings/tokens/new").await;
    let form = browser
        .fill(&page, "/settings/tokens")
        .set("scope", "repo:status")
        .set("expires", "90");
    for (note, expires, day, said) in [
        (" ", "90", "", "Say what the token is for."),
        (
            "taken",
            "90",
            "",
            "You have a token with this note already.",
        ),
        ("new", "day", "", "Choose a day in the future."),
        ("new", "day", "2018-09-01", "Choose a day in the future."),
        ("new", "nonsense", "", "Choose a day in the future."),
    ] {
        let form = form.clone().set("note", note).set("day", day);
        let text = form.set("expires", expires).submit().await.is(422).text();
        assert!(text.contains(said), "{said}: {text}");
        assert_eq!(
            text.matches(" checked").count(),
            1,
            "the ticked scope stays"
        );
        if expires == "90" {
            assert!(text.contains("<option value=\"90\" selected>"));
        }
    }
    let unknown = form
        .set("note", "new")
        .set("scope", "made:up")
        .submit()
        .await;
    assert!(
        unknown
            .is(422)
            .text()
            .contains("Choose scopes from the list.")
    );
}

#[tokio::test]
async fn a_tokens_note_is_changed_and_names_one_token() {
    let t = TestApp::new().await;
    let (octocat, hubot) = (t.user("octocat").await, t.user("hubot").await);
    let browser = signed_in(&t, &octocat).await;
    let token = create(&browser, "laptop", &["repo"]).await;
    create(&browser, "taken", &[]).await;
    let path = "/settings/tokens/1";
    let list = browser.get("/settings/tokens").await;
    assert!(list.is(200).text().contains(&format!("href=\"{path}\"")));
    let page = browser.get(path).await;
    assert!(page.is(200).text().contains("value=\"laptop\""));
    let rename = |note: &str| browser.fill(&page, path).set("note", note);
    let long = "x".repeat(7_000);
    for (note, said) in [
        (" ", "Say what the token is for."),
        ("taken", "You have a token with this note already."),
        (&long, "This is too long."),
    ] {
        let refused = rename(note).submit().await;
        let text = refused.is(422).text();
        let field = text
            .split_once("id=\"note-error\"")
            .expect("beside the field")
            .1;
        assert!(field.starts_with(&format!(">{said}")), "{said}: {field}");
    }
    let done = rename("desktop & <co>").submit().await;
    let text = done.is(200).text();
    assert!(text.contains("The note was saved.") && text.contains("desktop &#38; &#60;co&#62;"));
    let user = t.anyone().with_token(&token).get("/user").await;
    assert_eq!(
        user.is(200).header("x-oauth-scopes"),
        Some("repo"),
        "all else stays"
    );
    rename("desktop & <co>").submit().await.is(200);
    // Another's, and an app's.
    let stranger = signed_in(&t, &hubot).await;
    stranger.get(path).await.is(404);
    let own = stranger.get("/settings").await;
    let (_, csrf) = stranger.fill(&own, "/logout").form.fields.remove(0);
    let stolen = [("csrf", csrf.as_str()), ("note", "stolen")];
    stranger.post(path, &stolen).await.is(404);
    let of_app = octocat.token_of(&t.app("ci").await).await.id();
    browser
        .get(&format!("/settings/tokens/{of_app}"))
        .await
        .is(404);
}

#[tokio::test]
async fn a_token_ends_on_the_chosen_day_or_never() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let browser = signed_in(&t, &octocat).await;
    let page = browser.open("/settings/tokens/new").await;
    let form = browser.fill(&page, "/settings/tokens");
    let never = form.clone().set("note", "a").set("expires", "never");
    let never = shown(&never.submit().await);
    let day = form.set("note", "b").set("expires", "day");
    let day = shown(&day.set("day", "2018-10-02").submit().await);
    t.clock.advance(86_400 + 4 * 3_600);
    t.anyone().with_token(&day).get("/user").await.is(200);
    t.clock.advance(3_600);
    t.anyone().with_token(&day).get("/user").await.is(401);
    t.anyone().with_token(&never).get("/user").await.is(200);
    let text = signed_in(&t, &octocat)
        .await
        .open("/settings/tokens")
        .await
        .text();
    assert!(text.contains(">expired<") && text.contains("2 October 2018"));
}

#[tokio::test]
async fn regenerating_ends_the_old_token_at_once() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let browser = signed_in(&t, &octocat).await;
    let old = create(&browser, "laptop", &["repo"]).await;
    let page = browser.open("/settings/tokens/1/regenerate").await;
    let form = browser.fill(&page, "/settings/tokens/1/regenerate");
    let bad = form.clone().set("expires", "day").submit().await;
    assert!(bad.is(422).text().contains("Choose a day in the future."));
    let new = shown(&form.set("expires", "never").submit().await);
    assert_ne!(old, new);
    t.anyone().with_token(&old).get("/user").await.is(401);
    let user = t.anyone().with_token(&new).get("/user").await;
    assert_eq!(user.is(200).header("x-oauth-scopes"), Some("repo"));
}

#[tokio::test]
async fn sec_s24_nobody_reaches_anothers_token_nor_an_apps_by_these_pages() {
    let t = TestApp::new().await;
    let (octocat, monalisa, app) = (
        t.user("octocat").await,
        t.user("monalisa").await,
        t.app("ci").await,
    );
    let hers = monalisa.personal_token("hers").await;
    let apps = octocat.token_of(&app).await;
    let browser = signed_in(&t, &octocat).await;
    let page = browser.open("/settings/tokens").await;
    let csrf = browser.fill(&page, "/logout").form.fields[0].1.clone();
    for id in [hers.id(), apps.id(), 99] {
        for what in ["delete", "regenerate"] {
            let path = format!("/settings/tokens/{id}/{what}");
            browser.get(&path).await.is(404);
            let fields = [("csrf", csrf.as_str()), ("expires", "never")];
            browser.post(&path, &fields).await.is(404);
        }
    }
    t.anyone()
        .with_token(&hers.token())
        .get("/user")
        .await
        .is(200);
    t.anyone()
        .with_token(&apps.token())
        .get("/user")
        .await
        .is(200);
}

#[tokio::test]
async fn long_lists_are_shown_page_by_page() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    for n in 0..45 {
        let _ = octocat.personal_token(&format!("note {n:02}")).await;
    }
    let browser = signed_in(&t, &octocat).await;
    let mut path = "/settings/tokens".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = browser.open(&path).await;
        let text = page.is(200).text();
        assert!(text.len() < 30_000, "{path}: {}", text.len());
        seen.extend(
            (0..45).filter(|n| text.contains(&format!("<h2 translate=\"no\">note {n:02}</h2>"))),
        );
        let next = html::pieces(&text)
            .into_iter()
            .find_map(|piece| match piece {
                Piece::Open(tag) if tag.get("rel") == "next" => Some(tag.get("href").to_owned()),
                _ => None,
            });
        let Some(next) = next else { break };
        path = next;
    }
    assert_eq!(path, "/settings/tokens?page=3");
    seen.sort_unstable();
    assert_eq!(seen, (0..45).collect::<Vec<_>>());
}

#[tokio::test]
async fn changing_the_password_can_end_all_tokens_and_apps() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let apps = octocat.token_of(&app).await.token();
    let browser = signed_in(&t, &octocat).await;
    let own = create(&browser, "laptop", &[]).await;
    let page = browser.open("/settings/password").await;
    let form = browser
        .fill(&page, "/settings/password")
        .set("present", &octocat.password)
        .set("password", "correct horse battery staple")
        .set("again", "correct horse battery staple");
    form.set("end-tokens", "yes").submit().await.is(200);
    for token in [&own, &apps] {
        t.anyone().with_token(token).get("/user").await.is(401);
    }
}

#[tokio::test]
async fn an_end_beyond_the_maximum_is_refused_with_its_number() {
    let t = TestApp::with(|setup| setup.policy.lifetimes.max_days = Some(60)).await;
    let octocat = t.user("octocat").await;
    let browser = signed_in(&t, &octocat).await;
    let page = browser.open("/settings/tokens/new").await;
    let text = page.is(200).text();
    assert!(text.contains("value=\"60\"") && !text.contains("value=\"90\""));
    assert!(!text.contains("value=\"never\""));
    let fields = |expires| {
        let csrf = browser.fill(&page, "/settings/tokens").form.fields[0]
            .1
            .clone();
        vec![
            ("csrf".to_owned(), csrf),
            ("note".to_owned(), "a".to_owned()),
            ("expires".to_owned(), String::from(expires)),
        ]
    };
    for expires in ["never", "61", "365"] {
        let fields = fields(expires);
        let fields: Vec<_> = fields
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let refused = browser.post("/settings/tokens", &fields).await;
        let said = "Tokens may live for 60 days at most here.";
        assert!(refused.is(422).text().contains(said), "{expires}");
    }
    let form = browser.fill(&page, "/settings/tokens").set("note", "a");
    shown(&form.set("expires", "60").submit().await);
    let text = browser.open("/settings/tokens").await.is(200).text();
    assert!(text.contains("29 November 2018"), "{text}");
}

#[tokio::test]
async fn a_regenerated_token_is_kept_for_the_time_that_was_chosen() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let browser = signed_in(&t, &octocat).await;
    let old = create(&browser, "laptop", &["repo"]).await;
    let page = browser.open("/settings/tokens/1/regenerate").await;
    let form = browser.fill(&page, "/settings/tokens/1/regenerate");
    let new = shown(&form.set("expires", "30").set("keep", "1h").submit().await);
    for token in [&old, &new] {
        t.anyone().with_token(token).get("/user").await.is(200);
    }
    t.clock.advance(3_599);
    t.anyone().with_token(&old).get("/user").await.is(200);
    t.clock.advance(1);
    t.anyone().with_token(&old).get("/user").await.is(401);
    t.anyone().with_token(&new).get("/user").await.is(200);
}
