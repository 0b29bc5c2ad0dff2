//! The pages of site admins.

use grantd_core::app::AppEdit;
use grantd_core::audit::Stamp;
use grantd_core::clock::Clock as _;
use http::Method;

use super::every_page::is_well_made;
use super::people::{sign_in, signed_in};
use crate::support::{Answer, Browser, TestApp, User};

struct Stage {
    t: TestApp,
    octocat: User,
    /// Root's.
    browser: Browser,
}

impl Stage {
    async fn new() -> Self {
        let t = TestApp::new().await;
        let (root, octocat) = (t.user("root").await, t.user("octocat").await);
        let stamp = Stamp::operator(t.clock.now());
        let made = t.authority.store.set_site_admin(root.id, true, stamp).await;
        assert!(made.expect("a store"));
        let browser = signed_in(&t, &root).await;
        Self {
            t,
            octocat,
            browser,
        }
    }

    /// Presses a button on a page, with what was typed before.
    async fn act(&self, path: &str, act: &str, typed: &[(&str, &str)]) -> Answer {
        let page = self.browser.get(path).await;
        let (_, csrf) = self.browser.fill(page.is(200), path).form.fields.remove(0);
        let mut fields = vec![("csrf", csrf.as_str()), ("act", act)];
        fields.extend(typed);
        let answer = self.browser.post(path, &fields).await;
        self.browser.follow(answer).await
    }
}

const PAGES: [&str; 7] = [
    "/site-admin",
    "/site-admin/users/octocat",
    "/site-admin/users/nobody",
    "/site-admin/apps",
    "/site-admin/tokens",
    "/site-admin/audit",
    "/site-admin/invitations",
];

#[tokio::test]
async fn to_everybody_else_nothing_is_there() {
    let s = Stage::new().await;
    let app = s.t.app("ci").await;
    let octocat = signed_in(&s.t, &s.octocat).await;
    let page = octocat.get("/settings").await;
    assert!(!page.is(200).text().contains("site-admin"));
    let (_, csrf) = octocat
        .fill(&page, "/settings/language")
        .form
        .fields
        .remove(0);
    let apps = format!("/site-admin/apps/{}", app.client_id);
    let fresh = ["suspend", "delete", "promote", "x"];
    for late in [false, true] {
        for path in PAGES.iter().chain([&apps.as_str()]) {
            octocat.get(path).await.is(404);
            for act in fresh {
                let fields = [("csrf", csrf.as_str()), ("act", act), ("confirm", "ci")];
                let refused = octocat.post(path, &fields).await;
                assert!(
                    [404, 405].contains(&refused.status),
                    "{path}: {}",
                    refused.status
                );
            }
        }
        let delete = [("csrf", csrf.as_str())];
        octocat
            .post("/site-admin/tokens/1/delete", &delete)
            .await
            .is(404);
        if !late {
            s.t.clock.advance(301);
        }
    }
    for path in PAGES {
        Browser::new(&s.t).get(path).await.is(303);
    }
}

#[tokio::test]
async fn users_are_found_suspended_promoted_and_deleted() {
    let s = Stage::new().await;
    let list = s.browser.get("/site-admin?q=octo").await;
    let text = list.is(200).text();
    assert!(text.contains("/site-admin/users/octocat") && !text.contains("users/root"));
    assert!(
        s.browser
            .get("/site-admin?q=zz")
            .await
            .is(200)
            .text()
            .contains("Nobody is called so.")
    );
    let path = "/site-admin/users/octocat";
    let told = s.act(path, "suspend", &[]).await;
    assert!(told.is(200).text().contains("The account is suspended."));
    s.octocat.get("/authorizations").await.is(403);
    s.act(path, "suspend", &[]).await.is(200);
    s.act(path, "restore", &[]).await.is(200);
    s.octocat.get("/authorizations").await.is(200);
    s.act(path, "promote", &[]).await.is(200);
    let octocat = signed_in(&s.t, &s.octocat).await;
    octocat.get("/site-admin").await.is(200);
    s.act(path, "demote", &[]).await.is(200);
    octocat.get("/site-admin").await.is(303);
    s.act(path, "x", &[]).await.is(400);
    let wrong = s.act(path, "delete", &[("confirm", "root")]).await;
    assert!(wrong.is(422).text().contains("That is not the login."));
    let told = s.act(path, "delete", &[("confirm", "octocat")]).await;
    assert!(told.is(200).text().contains("The account was deleted."));
    s.browser.get(path).await.is(404);
}

#[tokio::test]
async fn nobody_does_it_to_themselves() {
    let s = Stage::new().await;
    let own = s.browser.get("/site-admin/users/root").await;
    assert!(
        own.is(200)
            .text()
            .contains("This cannot be done to oneself.")
    );
    let page = s.browser.get("/site-admin/users/octocat").await;
    let path = "/site-admin/users/octocat";
    let (_, csrf) = s.browser.fill(&page, path).form.fields.remove(0);
    for act in ["suspend", "demote", "reset", "delete"] {
        let fields = [("csrf", csrf.as_str()), ("act", act), ("confirm", "root")];
        let refused = s.browser.post("/site-admin/users/root", &fields).await;
        assert!(
            refused
                .is(422)
                .text()
                .contains("This cannot be done to oneself.")
        );
    }
}

#[tokio::test]
async fn a_lost_second_factor_is_reset() {
    let s = Stage::new().await;
    let monalisa = s.t.user_with_otp("monalisa").await;
    monalisa.get("/authorizations").await.is(401);
    let told = s.act("/site-admin/users/monalisa", "reset", &[]).await;
    assert!(
        told.is(200)
            .text()
            .contains("The password alone signs in now.")
    );
    monalisa.get("/authorizations").await.is(200);
}

#[tokio::test]
async fn apps_are_found_by_name_client_id_and_owner() {
    let s = Stage::new().await;
    s.t.app("Builder").await;
    let edit = AppEdit {
        name: Some("100%".to_owned()),
        ..AppEdit::default()
    };
    let (id, stamp) = (s.t.app("all").await.id, Stamp::operator(s.t.clock.now()));
    s.t.authority.store.edit_app(id, edit, stamp).await.unwrap();
    let mut last = String::new();
    for number in 0..21 {
        last = s.t.app(&format!("many-{number}")).await.client_id;
    }
    let names = async |query: &str| {
        let page = s.browser.get(&format!("/site-admin/apps{query}")).await;
        is_well_made(page.is(200));
        let text = page.text();
        let parts = text.split("<h2><a href=\"/site-admin/apps/").skip(1);
        let names = parts.map(|part| {
            let (_, rest) = part.split_once('>').unwrap();
            rest.split('<').next().unwrap().to_owned()
        });
        names.collect::<Vec<_>>()
    };
    assert_eq!(names("").await.len(), 20);
    assert_eq!(names("?q=UILD").await, ["Builder"]);
    assert_eq!(names("?q=0%25").await, ["100%"]);
    assert_eq!(names("?q=owner-of-b").await, ["Builder"]);
    assert_eq!(names(&format!("?q={last}")).await, ["many-20"]);
    assert_eq!(names("?q=many&page=2").await, ["many-20"]);
    let page = s.browser.get("/site-admin/apps?q=many").await;
    assert!(
        page.text()
            .contains("href=\"/site-admin/apps?q=many&#38;page=2\""),
        "{}",
        page.text()
    );
    let page = s.browser.get("/site-admin/apps?q=%3Cx%3E%00").await;
    assert!(page.is(200).text().contains("No app fits."));
    assert!(page.text().contains("value=\"&#60;x&#62;"));
}

#[tokio::test]
async fn apps_are_suspended_and_deleted() {
    let s = Stage::new().await;
    let app = s.t.app("ci").await;
    let token = s.octocat.token_of(&app).await.token();
    assert!(
        s.browser
            .get("/site-admin/apps")
            .await
            .is(200)
            .text()
            .contains(&app.client_id)
    );
    let path = format!("/site-admin/apps/{}", app.client_id);
    let page = s.browser.get(&path).await;
    assert!(
        page.is(200)
            .text()
            .contains("/site-admin/users/owner-of-ci")
    );
    s.act(&path, "suspend", &[]).await.is(200);
    s.t.anyone().with_token(&token).get("/user").await.is(401);
    s.act(&path, "restore", &[]).await.is(200);
    s.t.anyone().with_token(&token).get("/user").await.is(200);
    s.act(&path, "delete", &[("confirm", "x")]).await.is(422);
    let told = s.act(&path, "delete", &[("confirm", "ci")]).await;
    assert!(
        told.is(200)
            .text()
            .contains("The app and all of its tokens were deleted.")
    );
    s.t.anyone().with_token(&token).get("/user").await.is(401);
}

#[tokio::test]
async fn tokens_are_found_by_their_end_hash_or_whole_and_deleted() {
    let s = Stage::new().await;
    let token = s.octocat.personal_token("laptop").await;
    let (whole, json) = (token.token(), token.json());
    let path = "/site-admin/tokens";
    for what in [
        whole.as_str(),
        json["token_last_eight"].as_str().expect("text"),
        json["hashed_token"].as_str().expect("text"),
    ] {
        let page = s.browser.get(path).await;
        let form = s.browser.fill(page.is(200), path).set("what", what);
        let found = form.send().await;
        is_well_made(&found);
        let text = found.is(200).text();
        assert!(
            text.contains("laptop") && text.contains("octocat"),
            "{what}: {text}"
        );
        assert!(!text.contains(&whole), "the token is not shown");
    }
    let page = s.browser.get(path).await;
    let form = s.browser.fill(&page, path);
    let none = form.clone().set("what", "ffffffff").send().await;
    assert!(none.is(200).text().contains("No token that is alive fits."));
    let found = form.set("what", &whole).send().await;
    let delete = format!("{path}/{}/delete", token.id());
    let told = s.browser.fill(&found, &delete).submit().await;
    told.is(200);
    s.t.anyone().with_token(&whole).get("/user").await.is(401);
}

#[tokio::test]
async fn the_trail_is_filtered_by_user_and_event() {
    let s = Stage::new().await;
    s.octocat.personal_token("laptop").await.is(201);
    let all = s.browser.get("/site-admin/audit").await;
    assert!(all.is(200).text().contains("Token created"));
    let mine = s.browser.get("/site-admin/audit?user=root&action=").await;
    let text = mine.is(200).text();
    let (_, rows) = text.split_once("<tbody>").expect("rows");
    assert!(!rows.contains("octocat"), "{rows}");
    let signed_in = s
        .browser
        .get("/site-admin/audit?user=root&action=user.login")
        .await;
    let text = signed_in.is(200).text();
    let (_, rows) = text.split_once("<tbody>").expect("rows");
    assert_eq!(rows.matches("<tr").count(), 1, "{rows}");
    let nobody = s.browser.get("/site-admin/audit?user=nobody").await;
    assert!(nobody.is(200).text().contains("Nobody has this login."));
}

#[tokio::test]
async fn an_invitation_makes_an_account() {
    let s = Stage::new().await;
    let path = "/site-admin/invitations";
    let page = s.browser.get(path).await;
    let form = s.browser.fill(page.is(200), path);
    let bad = form.clone().set("login", "-").send().await;
    assert!(bad.is(422).text().contains("A login has 1 to 39 letters"));
    let bad = form
        .clone()
        .set("login", "new")
        .set("email", "x")
        .send()
        .await;
    assert!(bad.is(422).text().contains("This is no e-mail address."));
    form.clone().set("login", "octocat").send().await.is(422);
    let shown = form.clone().set("login", "newcomer").send().await;
    let text = shown.is(200).text();
    let (_, link) = text
        .split_once("http://127.0.0.1:8370/invitations/")
        .expect("a link");
    let link = link.split('<').next().expect("a secret");
    let browser = Browser::new(&s.t);
    let page = browser.get(&format!("/invitations/{link}")).await;
    assert!(page.is(200).text().contains("newcomer"));
    s.t.clock.advance(301);
    let late = form.set("login", "another").send().await;
    assert!(
        late.is(303)
            .header("location")
            .expect("one")
            .starts_with("/sudo?")
    );
    assert!(
        s.browser
            .get(path)
            .await
            .is(303)
            .header("location")
            .expect("one")
            .starts_with("/sudo?")
    );
}

#[tokio::test]
async fn an_act_needs_a_fresh_proof_and_a_form_of_this_site() {
    let s = Stage::new().await;
    let path = "/site-admin/users/octocat";
    let page = s.browser.get(path).await;
    let (_, csrf) = s.browser.fill(&page, path).form.fields.remove(0);
    let fields = [("csrf", csrf.as_str()), ("act", "suspend")];
    s.browser.post(path, &[("act", "suspend")]).await.is(403);
    let evil = s.browser.of_origin("https://evil.example");
    evil.post(path, &fields).await.is(403);
    let get = s
        .browser
        .send(Method::GET, &format!("{path}?act=suspend"), "")
        .await;
    get.is(200);
    s.t.clock.advance(301);
    let late = s.browser.post(path, &fields).await;
    assert!(
        late.is(303)
            .header("location")
            .expect("one")
            .starts_with("/sudo?")
    );
    s.octocat.get("/authorizations").await.is(200);
    let again = Browser::new(&s.t);
    sign_in(&again, &s.octocat).await.is(200);
}
