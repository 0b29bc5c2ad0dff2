//! What is looked for by people of their own and by site admins of everybody's;
//! and who is a site admin.

use async_trait::async_trait;
use grantd_core::app::App;
use grantd_core::app::IMPERSONATION_CLIENT_ID;
use grantd_core::audit::{Action, AuditRow, Stamp};
use grantd_core::ids::UserId;
use grantd_core::store::{About, EventFilter, Page, PageRequest, SearchStore, Stored};
use grantd_core::user::{LoginKey, User};

use super::change::{Change, Subject};
use super::list::List;
use super::{Engine, StoreOn, audit, can_be_stored, row, sessions};
use crate::db::{DbResult, Params};
use crate::sql;

/// After all characters, in the order of both engines (bytes of UTF-8).
const LAST_CHARACTER: char = '\u{10FFFF}';

#[async_trait]
impl<E: Engine> SearchStore for StoreOn<E> {
    async fn list_events(
        &self,
        filter: EventFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Stored<Vec<AuditRow>> {
        self.engine
            .read_at_once((filter, before, limit), |db, &(filter, before, limit)| {
                Box::pin(audit::events(db, filter, before, limit))
            })
            .await
    }

    async fn list_about(&self, about: About, after: i64, limit: u32) -> Stored<Vec<AuditRow>> {
        self.engine
            .read_at_once((about, after, limit), |db, &(about, after, limit)| {
                Box::pin(audit::about(db, about, after, limit))
            })
            .await
    }

    async fn search_users(&self, prefix: &LoginKey, page: PageRequest) -> Stored<Page<User>> {
        if !can_be_stored(prefix.as_str()) {
            return Ok(Page {
                items: Vec::new(),
                total: 0,
            });
        }
        let from = prefix.as_str().to_owned();
        let to = format!("{from}{LAST_CHARACTER}");
        self.engine
            .read_at_once((from, to, page), |db, (from, to, page)| {
                Box::pin(async move {
                    let list = List {
                        count: sql::users::COUNT_IN_RANGE,
                        page: sql::users::LIST_IN_RANGE,
                        keys: &[from, to],
                    };
                    list.read(db, *page, |r| row::user(r, 0)).await
                })
            })
            .await
    }

    async fn search_apps(&self, what: &str, page: PageRequest) -> Stored<Page<App>> {
        if !can_be_stored(what) {
            return Ok(Page {
                items: Vec::new(),
                total: 0,
            });
        }
        let literal = literally(what);
        let small = literal.to_ascii_lowercase();
        let owner = literally(LoginKey::of(what).as_str());
        let patterns = [
            format!("%{small}%"),
            format!("%{literal}%"),
            format!("{small}%"),
            format!("{owner}%"),
        ];
        self.engine
            .read_at_once((patterns, page), |db, (patterns, page)| {
                Box::pin(async move {
                    let [small, literal, client_id, owner] = patterns;
                    let list = List {
                        count: sql::apps::COUNT_FOUND,
                        page: sql::apps::LIST_FOUND,
                        keys: &[small, literal, client_id, owner, &IMPERSONATION_CLIENT_ID],
                    };
                    list.read(db, *page, |r| Ok(row::app_credentials(r)?.app))
                        .await
                })
            })
            .await
    }

    async fn set_site_admin(&self, user: UserId, site_admin: bool, stamp: Stamp) -> Stored<bool> {
        let of = (user, site_admin);
        self.engine
            .change_of(Some(user), stamp, of, |tx, &(user, site_admin)| {
                Box::pin(async move { Ok(set_site_admin(tx, user, site_admin).await?) })
            })
            .await
    }
}

/// What `LIKE … ESCAPE '!'` takes for the text itself.
fn literally(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if "!%_".contains(character) {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern
}

pub(super) async fn set_site_admin(
    tx: &Change<'_>,
    user: UserId,
    site_admin: bool,
) -> DbResult<bool> {
    let values: Params<'_> = &[&site_admin, &tx.at().0, &user.0];
    if !tx.any(sql::users::SET_SITE_ADMIN, values).await? {
        return Ok(false);
    }
    let action = match site_admin {
        true => Action::SiteAdminGiven,
        false => Action::SiteAdminTaken,
    };
    tx.audit(action, &Subject::user(user)).await?;
    sessions::end_all_but(tx, user, None).await?;
    Ok(true)
}
