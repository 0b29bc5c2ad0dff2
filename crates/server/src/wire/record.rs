//! A record of a token and its owner as bytes: what checks and lists answer. Owns their keys and the order of
//! these; must not know how they were found.
//!
//! They are written straight into the body: of a list of thirty, making texts first and looking through each for what
//! must be escaped cost as much as reading the rows.

use grantd_core::authorization::Authorization;
use grantd_core::clock::Timestamp;
use grantd_core::note::{Note, NoteUrl};
use grantd_core::token::{Token, TokenHash};
use grantd_core::user::User;

use super::{Wire, node_id};
use crate::json::{self, Json};
use crate::settings::Profile;

/// An authorization, with its token and its owner where an answer shows them.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    pub(super) wire: &'a Wire,
    pub(super) value: &'a Authorization,
    pub(super) token: Option<&'a Token>,
    pub(super) user: Option<&'a User>,
}

/// Bases of addresses, as they stand within a text of JSON.
#[derive(Clone, Debug)]
pub(super) struct Bases {
    api: String,
    html: String,
}

impl Bases {
    pub(super) fn new(api: &str, html: &str) -> Self {
        let (api, html) = (
            json::within(api).into_owned(),
            json::within(html).into_owned(),
        );
        Self { api, html }
    }
}

/// One record with its app and owner fits.
const ONE: usize = 2_048;
/// One without its owner, about.
const IN_LIST: usize = 640;

impl Record<'_> {
    /// The record alone.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Json::with_capacity(ONE);
        self.write(&mut out);
        out.into_bytes()
    }

    /// A list of them.
    pub fn list_to_json<'a>(records: impl ExactSizeIterator<Item = Record<'a>>) -> Vec<u8> {
        let mut out = Json::with_capacity(16 + records.len() * IN_LIST);
        out.list(records, |out, record| record.write(out));
        out.into_bytes()
    }

    fn write(&self, out: &mut Json) {
        let (wire, value) = (self.wire, self.value);
        out.raw("{\"id\":").number(value.id.0).raw(",\"url\":\"");
        out.raw(&wire.bases.api)
            .raw("/authorizations/")
            .number(value.id.0);
        let app = wire.app_of(value);
        out.raw("\",\"app\":{\"name\":").text(app.name);
        out.raw(",\"url\":").text(app.url);
        out.raw(",\"client_id\":").text(app.client_id);
        out.raw("},\"token\":")
            .text(self.token.map_or("", Token::expose));
        out.raw(",\"hashed_token\":");
        hash(out, &value.token_hash);
        out.raw(",\"token_last_eight\":")
            .text(&value.token_last_eight.0);
        out.raw(",\"note\":")
            .maybe(value.note.as_ref().map(Note::as_str));
        out.raw(",\"note_url\":")
            .maybe(value.note_url.as_ref().map(NoteUrl::as_str));
        out.raw(",\"created_at\":");
        time(out, value.created_at);
        out.raw(",\"updated_at\":");
        time(out, value.updated_at);
        out.raw(",\"scopes\":");
        out.list(value.scopes.iter(), |out, scope| {
            out.text(scope.as_str());
        });
        out.raw(",\"fingerprint\":").maybe(value.fingerprint.get());
        if wire.profile == Profile::P3 {
            out.raw(",\"expires_at\":");
            match value.expires_at {
                Some(end) => time(out, end),
                None => {
                    out.raw("null");
                }
            }
        }
        if let Some(user) = self.user {
            out.raw(",\"user\":");
            wire.write_user(out, user);
        }
        out.raw("}");
    }
}

impl Wire {
    /// A user as lists and other records show one.
    pub(super) fn write_user(&self, out: &mut Json, user: &User) {
        let Bases { api, html } = &self.bases;
        let (id, login) = (user.id.0, user.login.as_str());
        let within = json::within(login);
        out.raw("{\"login\":").text(login);
        out.raw(",\"id\":").number(id);
        out.raw(",\"node_id\":").text(&node_id("User", id));
        out.raw(",\"avatar_url\":\"")
            .raw(html)
            .raw("/avatars/u/")
            .number(id);
        out.raw("\",\"gravatar_id\":\"\",\"url\":\"")
            .raw(api)
            .raw("/users/")
            .raw(&within);
        out.raw("\",\"html_url\":\"")
            .raw(html)
            .raw("/")
            .raw(&within);
        for (key, rest) in [
            ("followers_url", "/followers"),
            ("following_url", "/following{/other_user}"),
            ("gists_url", "/gists{/gist_id}"),
            ("starred_url", "/starred{/owner}{/repo}"),
            ("subscriptions_url", "/subscriptions"),
            ("organizations_url", "/orgs"),
            ("repos_url", "/repos"),
            ("events_url", "/events{/privacy}"),
            ("received_events_url", "/received_events"),
        ] {
            out.raw("\",\"").raw(key).raw("\":\"");
            out.raw(api).raw("/users/").raw(&within).raw(rest);
        }
        out.raw("\",\"type\":\"User\",\"site_admin\":");
        out.raw(if user.site_admin { "true}" } else { "false}" });
    }
}

/// The wire's form: nothing while it is not known.
fn hash(out: &mut Json, hash: &TokenHash) {
    if hash.is_stand_in() {
        out.raw("\"\"");
        return;
    }
    let mut digits = [0; 64];
    data_encoding::HEXLOWER.encode_mut(&hash.0, &mut digits);
    ascii(out, &digits);
}

fn time(out: &mut Json, at: Timestamp) {
    ascii(out, &at.digits());
}

/// Digits and the like, in quotation marks.
fn ascii(out: &mut Json, digits: &[u8]) {
    // Digits are UTF-8.
    out.raw("\"")
        .raw(str::from_utf8(digits).unwrap_or_default())
        .raw("\"");
}
