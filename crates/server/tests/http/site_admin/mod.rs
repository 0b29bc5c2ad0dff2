//! `/admin/…`, and what only a site admin does below `/users/…`.

mod apps;
mod power;
mod users;

use serde_json::{Value, json};

use crate::support::{Client, TestApp, User};

struct Stage {
    t: TestApp,
    root: User,
    octocat: User,
}

impl Stage {
    async fn new() -> Self {
        Self::on(TestApp::new().await).await
    }

    async fn on(t: TestApp) -> Self {
        let (root, octocat) = (t.site_admin("root").await, t.user("octocat").await);
        Self { t, root, octocat }
    }

    /// The admin by a token with the scope.
    async fn by_token(&self) -> Client {
        let token = self.root.scoped_token("admin", &["site_admin"]).await;
        self.t.anyone().with_token(&token.token())
    }

    /// The newest row of the trail: who, what, whom, why.
    async fn newest(&self) -> (Option<i64>, String, Option<i64>, Option<String>) {
        let rows = self.t.authority.store.list_audit(0, 10_000).await;
        let row = rows.unwrap().pop().unwrap();
        let user = row.user_id.map(|id| id.0);
        (row.actor_id, row.action, user, row.details)
    }
}

fn registration() -> Value {
    json!({
        "name": "my app", "url": "https://app.example", "callback_urls": ["https://app.example/cb"],
        "owner": "octocat",
    })
}
