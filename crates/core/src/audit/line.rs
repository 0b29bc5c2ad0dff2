//! A row of the trail as one line of JSON: what is hashed, exported, archived
//! and streamed. Owns that a row has exactly one line, byte for byte, and that
//! a line says all of its row; must not know where lines go.
//!
//! Keys stand in a fixed order, without white space, and what a row does not
//! have is left out. So a column that is added later changes no line of a row
//! that does not have it, and old chains go on to verify. What changes a line
//! all the same changes [`VERSION`], and old rows keep their old line.

use serde::{Deserialize, Serialize};

use super::AuditRow;
use crate::clock::Timestamp;
use crate::ids::{AppId, AuthorizationId, GrantId, UserId};
use crate::token::{TokenHash, TokenLastEight};

/// Of the form of lines.
pub const VERSION: u32 = 1;

/// A line that is no row's.
#[derive(Debug, thiserror::Error)]
pub enum NotALine {
    /// It is not the JSON of a row.
    #[error("it is no line of the audit trail: {0}")]
    Json(#[from] serde_json::Error),
    /// It was written by a newer grantd.
    #[error("it is of version {0}, and this grantd knows {VERSION}")]
    Version(u32),
    /// A value cannot be what it is said to be.
    #[error("`{0}` cannot be read")]
    Value(&'static str),
    /// It says a row, and not in the words of [`AuditRow::line`].
    #[error("it is not written as lines of the audit trail are")]
    Form,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    v: u32,
    id: i64,
    at: At,
    action: String,
    actor: Actor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    app: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authorization: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grant: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_hash: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_last_eight: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    details: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Actor {
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
}

/// RFC 3339; seconds where a year has more than four digits, so that no two moments look alike.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum At {
    Text(String),
    Seconds(i64),
}

impl At {
    fn of(at: Timestamp) -> Self {
        let text = at.to_string();
        match Timestamp::parse(&text) {
            Some(same) if same == at => Self::Text(text),
            _ => Self::Seconds(at.0),
        }
    }

    fn read(&self) -> Option<Timestamp> {
        match self {
            Self::Text(text) => Timestamp::parse(text),
            Self::Seconds(seconds) => Some(Timestamp(*seconds)),
        }
    }
}

impl AuditRow {
    /// The one line of this row.
    pub fn line(&self) -> String {
        let line = Line {
            v: VERSION,
            id: self.id,
            at: At::of(self.at),
            action: self.action.clone(),
            actor: Actor {
                kind: self.actor_kind.clone(),
                id: self.actor_id,
            },
            user: self.user_id.map(|id| id.0),
            app: self.app_id.map(|id| id.0),
            authorization: self.authorization_id.map(|id| id.0),
            grant: self.grant_id.map(|id| id.0),
            token_hash: self.token_hash.map(|hash| hash.to_string()),
            token_last_eight: self.token_last_eight.as_ref().map(|text| text.0.clone()),
            address: self.address.clone(),
            request_id: self.request_id.clone(),
            details: self.details.clone(),
        };
        serde_json::to_string(&line).expect("numbers and text are JSON")
    }

    /// The row of a line.
    ///
    /// # Errors
    /// It is no line, or not to the byte what [`AuditRow::line`] makes of the row.
    pub fn from_line(text: &str) -> Result<Self, NotALine> {
        let line: Line = serde_json::from_str(text)?;
        if line.v != VERSION {
            return Err(NotALine::Version(line.v));
        }
        let hash = line.token_hash.as_deref();
        let hash = hash.map(|hash| TokenHash::parse(hash).ok_or(NotALine::Value("token_hash")));
        let row = Self {
            id: line.id,
            at: line.at.read().ok_or(NotALine::Value("at"))?,
            action: line.action,
            actor_kind: line.actor.kind,
            actor_id: line.actor.id,
            user_id: line.user.map(UserId),
            app_id: line.app.map(AppId),
            authorization_id: line.authorization.map(AuthorizationId),
            grant_id: line.grant.map(GrantId),
            token_hash: hash.transpose()?,
            token_last_eight: line.token_last_eight.map(TokenLastEight),
            address: line.address,
            request_id: line.request_id,
            details: line.details,
        };
        if row.line() == text {
            Ok(row)
        } else {
            Err(NotALine::Form)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> AuditRow {
        AuditRow {
            id: 17,
            at: Timestamp(1_605_283_200),
            action: "oauth_access.create".to_owned(),
            actor_kind: "user".to_owned(),
            actor_id: Some(3),
            user_id: Some(UserId(3)),
            app_id: Some(AppId(2)),
            authorization_id: Some(AuthorizationId(9)),
            grant_id: Some(GrantId(4)),
            token_hash: Some(TokenHash([0xab; 32])),
            token_last_eight: Some(TokenLastEight("abcd1234".to_owned())),
            address: Some("192.0.2.1".to_owned()),
            request_id: Some("AB:\"1\"".to_owned()),
            details: Some("née".to_owned()),
        }
    }

    #[test]
    fn a_line_is_this_and_nothing_else() {
        let hash = "ab".repeat(32);
        assert_eq!(
            full().line(),
            format!(
                r#"{{"v":1,"id":17,"at":"2020-11-13T16:00:00Z","action":"oauth_access.create","actor":{{"kind":"user","id":3}},"user":3,"app":2,"authorization":9,"grant":4,"token_hash":"{hash}","token_last_eight":"abcd1234","address":"192.0.2.1","request_id":"AB:\"1\"","details":"née"}}"#
            )
        );
        let bare = AuditRow {
            id: 1,
            at: Timestamp(0),
            action: "site.setup".to_owned(),
            actor_kind: "system".to_owned(),
            actor_id: None,
            user_id: None,
            app_id: None,
            authorization_id: None,
            grant_id: None,
            token_hash: None,
            token_last_eight: None,
            address: None,
            request_id: None,
            details: None,
        };
        assert_eq!(
            bare.line(),
            r#"{"v":1,"id":1,"at":"1970-01-01T00:00:00Z","action":"site.setup","actor":{"kind":"system"}}"#
        );
    }

    #[test]
    fn a_row_comes_back_from_its_line() {
        for at in [
            0,
            -1,
            253_402_300_799,
            253_402_300_800,
            i64::MAX,
            i64::MIN,
            1_605_283_200,
        ] {
            let row = AuditRow {
                at: Timestamp(at),
                ..full()
            };
            assert_eq!(AuditRow::from_line(&row.line()).unwrap(), row);
        }
    }

    #[test]
    fn what_is_not_written_as_lines_are_is_refused() {
        let line = full().line();
        for other in [
            line.replace("\"v\":1", "\"v\":2"),
            line.replace("\"v\":1,", "\"v\": 1,"),
            line.replace("abab", "ABAB"),
            line.replace("16:00:00Z", "16:00:00.5Z"),
            line.replace("\"user\":3,", "\"more\":3,"),
            line.replace("\"user\":3,", "\"user\":null,"),
            line.replace("\"ab", "\"xx"),
            format!("{line} "),
            String::new(),
        ] {
            assert!(AuditRow::from_line(&other).is_err(), "{other}");
        }
    }
}
