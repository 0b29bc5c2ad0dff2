//! How people of these tests get into their browsers.

use crate::support::{Answer, Browser, TestApp, User};

/// Signs in by the page, with a code where one is needed.
pub(super) async fn sign_in(browser: &Browser, user: &User) -> Answer {
    let page = browser.open("/login").await;
    let filled = browser
        .fill(&page, "/login")
        .set("login", &user.login)
        .set("password", &user.password);
    let answer = filled.submit().await;
    if user.seed.is_none() {
        return answer;
    }
    let code = browser.fill(&answer, "/login/two-factor");
    code.set("code", &user.code()).submit().await
}

/// A browser in which the user is signed in.
pub(super) async fn signed_in(t: &TestApp, user: &User) -> Browser {
    let browser = Browser::new(t);
    let page = sign_in(&browser, user).await;
    assert!(page.is(200).text().contains(&user.login), "{}", page.asked);
    browser
}
