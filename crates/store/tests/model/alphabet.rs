//! Which operations are tried, and how often. Everything comes from tiny
//! alphabets, so that what can collide does.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::operations::*;

pub(crate) const LOGINS: &[&str] = &["ann", "Ann", "bob", "BOB", "cat", "dee"];
/// One of them is spelled as a login.
const EMAILS: &[&str] = &["ann@a", "ANN@A", "bob@b", "cat"];
pub(crate) const CLIENT_IDS: &[&str] = &["alpha", "ALPHA", "beta", "gamma"];
const PASSWORDS: &[&str] = &["$1", "$2"];
const CODES: &[&[u8]] = &[&[1, 2], &[2, 3], &[], &[1, 1]];
/// The second meter alone and with the first: a refusal by one that must leave no place on the other.
const METERS: &[&[u8]] = &[&[1], &[2], &[2], &[2], &[1, 2], &[1, 2], &[3, 1]];
const NOTES: &[&str] = &["a", "a", "A", "b"];
const SCOPES: &[&str] = &[
    "repo",
    "repo",
    "repo",
    "repo user",
    "user repo",
    "user",
    "",
    "gist repo user",
    "public_repo",
];
const FINGERPRINTS: &[&str] = &["", "", "x", "X", "y"];

/// Every case begins with two people and two apps.
pub(crate) fn opening() -> Vec<Operation> {
    let user = |login, email| What::CreateUser {
        login,
        email,
        verified: true,
        codes: Some(CODES[0]),
    };
    let app = |client_id, owner| What::CreateApp {
        client_id,
        owner: Nth::Oldest(owner),
        public: false,
    };
    let all = [
        user("ann", Some("ann@a")),
        user("bob", None),
        app("alpha", 0),
        app("beta", 1),
    ];
    all.map(|what| Operation {
        by: By::Operator,
        what,
    })
    .to_vec()
}

/// Some operations, in some order.
pub(crate) fn sequences(longest: usize) -> impl Strategy<Value = Vec<Operation>> {
    let operation = (by().boxed(), what().boxed());
    let operation = operation.prop_map(|(by, what)| Operation { by, what });
    proptest::collection::vec(operation, 1..=longest)
}

fn by() -> impl Strategy<Value = By> {
    let generation = || {
        prop_oneof![
            4 => Just(Generation::Present),
            1 => Just(Generation::Past),
        ]
    };
    prop_oneof![
        9 => Just(By::Operator),
        1 => Just(By::System),
        2 => (one_of_few(), generation()).prop_map(|(user, at)| By::User(user, at)),
        2 => (one_of_few(), generation()).prop_map(|(app, at)| By::App(app, at)),
    ]
}

/// Users and apps: mostly the first two, or the newest.
fn one_of_few() -> impl Strategy<Value = Nth> {
    prop_oneof![
        6 => Just(Nth::Oldest(0)),
        3 => Just(Nth::Oldest(1)),
        3 => (0..2usize).prop_map(Nth::Newest),
        1 => (0..8usize).prop_map(Nth::Oldest),
    ]
}

/// Authorizations, tokens, grants: mostly a new one.
fn one_of_many() -> impl Strategy<Value = Nth> {
    prop_oneof![
        6 => (0..4usize).prop_map(Nth::Newest),
        3 => (0..12usize).prop_map(Nth::Newest),
        1 => (0..40usize).prop_map(Nth::Oldest),
    ]
}

fn of() -> impl Strategy<Value = Of> {
    prop_oneof![
        5 => Just(Of::Its),
        1 => one_of_few().prop_map(Of::Another),
    ]
}

/// Boxed: as one value, all these choices within choices do not fit a thread's stack.
fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        10 => seconds().prop_map(What::Advance).boxed(),
        8 => people().boxed(),
        8 => signing_in().boxed(),
        8 => counters().boxed(),
        8 => apps().boxed(),
        40 => minting().boxed(),
        30 => tokens().boxed(),
        12 => looks().boxed(),
    ]
}

fn seconds() -> impl Strategy<Value = i64> {
    prop_oneof![
        5 => select(&[1i64, 9, 10, 30][..]),
        1 => select(&[3_599i64, 3_600][..]),
    ]
}

fn people() -> impl Strategy<Value = What> {
    let codes = || option::of(select(CODES));
    let created = (select(LOGINS), maybe(EMAILS), any::<bool>(), codes()).prop_map(
        |(login, email, verified, codes)| What::CreateUser {
            login,
            email,
            verified,
            codes,
        },
    );
    let rehash = (one_of_few(), select(PASSWORDS), select(PASSWORDS));
    prop_oneof![
        5 => created,
        2 => (one_of_few(), select(PASSWORDS)).prop_map(|(user, hash)| What::SetPassword(user, hash)),
        1 => rehash.prop_map(|(user, old, new)| What::Rehash(user, old, new)),
        1 => one_of_few().prop_map(|user| What::SuspendUser(user, true)),
        4 => one_of_few().prop_map(|user| What::SuspendUser(user, false)),
        2 => (one_of_few(), codes()).prop_map(|(user, codes)| What::SetFactor(user, codes)),
        1 => one_of_few().prop_map(What::DeleteUser),
    ]
}

fn signing_in() -> impl Strategy<Value = What> {
    let address = || 0..3u8;
    let step = (one_of_few(), -1..=1i64, address(), any::<bool>());
    let seen = (one_of_few(), address(), 0..20i64);
    prop_oneof![
        4 => step.prop_map(|(user, ahead, address, once)| What::SpendStep { user, ahead, address, once }),
        2 => (one_of_few(), 1..4u8).prop_map(|(user, code)| What::BurnCode(user, code)),
        1 => seen.prop_map(|(user, address, ago)| What::RememberAddress { user, address, ago }),
        1 => one_of_few().prop_map(What::Record),
    ]
}

fn counters() -> impl Strategy<Value = What> {
    let ended = select(&[
        Ended::Failed,
        Ended::Failed,
        Ended::Returned,
        Ended::Cleared,
    ]);
    let reserved = option::of(select(&[0i64, 1, 9, 10]));
    let settled = (select(METERS), reserved, ended, one_of_few());
    let added = (select(METERS), select(&[1i64, 2, -1]), select(&[10i64, 40]));
    prop_oneof![
        3 => select(METERS).prop_map(What::Reserve),
        4 => settled.prop_map(|(meters, reserved, ended, user)| What::Settle { meters, reserved, ended, user }),
        2 => added.prop_map(|(counts, used, seconds)| What::AddCounts(counts, used, seconds)),
        2 => (select(&[0i64, 1, 30]), 1..4u32).prop_map(|(ago, limit)| What::Reap(ago, limit)),
    ]
}

fn apps() -> impl Strategy<Value = What> {
    let created = (
        select(CLIENT_IDS),
        one_of_few(),
        proptest::bool::weighted(0.2),
    )
        .prop_map(|(client_id, owner, public)| What::CreateApp {
            client_id,
            owner,
            public,
        });
    prop_oneof![
        5 => created,
        1 => (one_of_few(), one_of_few()).prop_map(|(app, owner)| What::SetOwner(app, owner)),
        2 => (one_of_few(), 1..3u8).prop_map(|(app, secret)| What::RotateSecret(app, secret)),
        1 => one_of_few().prop_map(|app| What::SuspendApp(app, true)),
        4 => one_of_few().prop_map(|app| What::SuspendApp(app, false)),
        1 => one_of_few().prop_map(What::DeleteApp),
    ]
}

fn minting() -> impl Strategy<Value = What> {
    let personal = (one_of_few(), wanted()).prop_map(|(user, mut wanted)| {
        // A personal access token always has a note.
        wanted.note.get_or_insert("a");
        What::CreatePersonal(user, wanted)
    });
    let for_app = (one_of_few(), one_of_few(), wanted());
    let got = (one_of_few(), one_of_few(), wanted());
    prop_oneof![
        2 => personal,
        3 => for_app.prop_map(|(user, app, wanted)| What::CreateForApp(user, app, wanted)),
        2 => got.prop_map(|(user, app, wanted)| What::GetOrCreate(user, app, wanted)),
    ]
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let limits = (
        select(&[2u32, 2, 1, 1, 3][..]),
        prop_oneof![2 => Just(None), 1 => Just(Some(3))],
    )
        .prop_map(|(per_scope_set, per_hour)| Limits {
            per_scope_set,
            per_hour,
        });
    let lives = prop_oneof![
        2 => Just(None),
        1 => select(&[10i64, 40]).prop_map(Some),
    ];
    let note_url = maybe(&["", "https://a"]);
    (
        maybe(NOTES),
        note_url,
        select(SCOPES),
        select(FINGERPRINTS),
        lives,
        limits,
    )
        .prop_map(
            |(note, note_url, scopes, fingerprint, lives, limits)| Wanted {
                note,
                note_url,
                scopes,
                fingerprint,
                lives,
                limits,
            },
        )
}

fn edit() -> impl Strategy<Value = Edit> {
    let scopes = prop_oneof![
        2 => Just(EditScopes::Keep),
        1 => select(SCOPES).prop_map(EditScopes::Replace),
        1 => (select(SCOPES), select(SCOPES)).prop_map(|(add, remove)| EditScopes::AddRemove(add, remove)),
    ];
    let note = prop_oneof![8 => select(NOTES).prop_map(Some), 1 => Just(Some("")), 1 => Just(None)];
    (
        option::of(note),
        option::of(maybe(&["", "https://a"])),
        scopes,
        maybe(FINGERPRINTS),
    )
        .prop_map(|(note, note_url, scopes, fingerprint)| Edit {
            note,
            note_url,
            scopes,
            fingerprint,
        })
}

fn tokens() -> impl Strategy<Value = What> {
    let nth = || (of(), one_of_many());
    prop_oneof![
        8 => (of(), one_of_many(), edit()).prop_map(|(of, nth, edit)| What::Edit(of, nth, edit)),
        2 => nth().prop_map(|(of, nth)| What::DeleteAuthorization(of, nth)),
        6 => nth().prop_map(|(of, nth)| What::ResetToken(of, nth)),
        2 => nth().prop_map(|(of, nth)| What::RevokeToken(of, nth)),
        1 => nth().prop_map(|(of, nth)| What::RevokeGrantByToken(of, nth)),
        1 => nth().prop_map(|(of, nth)| What::DeleteGrant(of, nth)),
        2 => one_of_many().prop_map(What::DeleteToken),
    ]
}

fn looks() -> impl Strategy<Value = What> {
    let list = || (one_of_few(), filter(), slice());
    prop_oneof![
        select(LOGINS).prop_map(What::FindUser),
        one_of_few().prop_map(What::FindUserById),
        (select(EMAILS), 0..3u8).prop_map(|(of, from)| What::FindCredentials(of, from)),
        slice().prop_map(What::ListUsers),
        select(CLIENT_IDS).prop_map(What::FindApp),
        slice().prop_map(What::ListApps),
        (of(), one_of_many()).prop_map(|(of, nth)| What::FindAuthorization(of, nth)),
        list().prop_map(|(user, filter, slice)| What::ListAuthorizations(user, filter, slice)),
        (of(), one_of_many()).prop_map(|(of, nth)| What::FindGrant(of, nth)),
        list().prop_map(|(user, filter, slice)| What::ListGrants(user, filter, slice)),
        (which_tokens(), slice()).prop_map(|(which, slice)| What::ListTokens(which, slice)),
    ]
}

fn filter() -> impl Strategy<Value = Filter> {
    prop_oneof![
        Just(Filter::All),
        Just(Filter::Personal),
        one_of_few().prop_map(Filter::App),
        Just(Filter::Unknown),
    ]
}

fn which_tokens() -> impl Strategy<Value = Tokens> {
    prop_oneof![
        Just(Tokens::All),
        one_of_few().prop_map(Tokens::User),
        one_of_few().prop_map(Tokens::App),
        one_of_many().prop_map(Tokens::Id),
        one_of_many().prop_map(Tokens::LastEight),
        one_of_many().prop_map(Tokens::Hash),
    ]
}

fn slice() -> impl Strategy<Value = Slice> {
    (1..4u32, select(&[1u32, 2, 3, 100][..])).prop_map(|(page, per_page)| Slice { page, per_page })
}

fn maybe(all: &'static [&'static str]) -> impl Strategy<Value = Option<&'static str>> {
    option::of(select(all))
}
