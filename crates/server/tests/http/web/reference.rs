//! `/docs`: every operation has a page that says what the document says.

use grantd_server::reference::REFERENCE;
use grantd_server::routes::ROUTES;

use super::every_page::is_well_made;
use crate::support::{Browser, TestApp};

#[tokio::test]
async fn every_operation_has_a_page_and_the_index_leads_to_it() {
    let t = TestApp::new().await;
    let browser = Browser::new(&t);
    let index = browser.get("/docs").await;
    is_well_made(index.is(200));
    let list = index.text();
    for route in ROUTES {
        let path = format!("/docs/{}", route.operation);
        assert!(list.contains(&format!("href=\"{path}\"")), "{path}");
        let page = browser.get(&path).await;
        is_well_made(page.is(200));
        let text = page.text();
        let operation = REFERENCE.find(route.operation).unwrap();
        assert!(text.contains(route.path), "{path}");
        assert!(text.contains("<pre"), "{path}: no command");
        for field in operation
            .parameters
            .iter()
            .chain(&operation.fields)
            .chain(&operation.answer_fields)
        {
            assert!(
                text.contains(&format!(">{}</code>", field.name)),
                "{path}: {}",
                field.name
            );
        }
        for answer in &operation.answers {
            assert!(
                text.contains(&format!("<code>{}</code>", answer.status)),
                "{path}: {}",
                answer.status
            );
        }
    }
}

#[tokio::test]
async fn what_is_no_operation_is_a_page_that_is_not_there() {
    let t = TestApp::new().await;
    let browser = Browser::new(&t);
    browser.get("/docs/users/nobody").await.is(404);
    browser.get("/docs/nothing/get-authenticated").await.is(404);
    browser.get("/docs/users").await.is(404);
}

#[tokio::test]
async fn commands_name_this_server_and_no_secret() {
    let t = TestApp::with(|setup| {
        setup.settings.public_url = "https://tokens.example/below".parse().unwrap();
    })
    .await;
    let browser = Browser::new(&t);
    let text = browser.get("/docs/apps/check-token").await.text();
    assert!(
        text.contains("https://tokens.example/below/api/v3/applications/$CLIENT_ID/token"),
        "{text}"
    );
    let text = browser.get("/docs/grantd/health").await.text();
    assert!(
        text.contains("https://tokens.example/below/healthz"),
        "{text}"
    );
}
