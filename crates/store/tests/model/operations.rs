//! What can happen to a store, in words that mean the same on every engine:
//! records are named by when they were made, not by their ids.

/// A record by its place among all of its kind ever made in this case, deleted
/// ones included; beyond the end it names one that never was.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Nth {
    /// From the first, 0.
    Oldest(usize),
    /// From the last, 0.
    Newest(usize),
}

/// Whose record it is said to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Of {
    /// Rightly: its owner's, or its app's.
    Its,
    /// Somebody else's, most likely.
    Another(Nth),
}

/// Who acts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By {
    Operator,
    System,
    User(Nth, Generation),
    App(Nth, Generation),
}

/// What the actor remembers of their own credentials.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Generation {
    Present,
    Past,
}

/// A step, and who takes it.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) by: By,
    pub(crate) what: What,
}

/// Limits of a creation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) per_scope_set: u32,
    pub(crate) per_hour: Option<u32>,
}

/// A token to be.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) note: Option<&'static str>,
    pub(crate) note_url: Option<&'static str>,
    pub(crate) scopes: &'static str,
    pub(crate) fingerprint: &'static str,
    /// Seconds until it ends by itself.
    pub(crate) lives: Option<i64>,
    pub(crate) limits: Limits,
}

/// A change of a token's record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edit {
    pub(crate) note: Option<Option<&'static str>>,
    pub(crate) note_url: Option<Option<&'static str>>,
    pub(crate) scopes: EditScopes,
    pub(crate) fingerprint: Option<&'static str>,
}

/// A change of scopes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum EditScopes {
    #[default]
    Keep,
    Replace(&'static str),
    AddRemove(&'static str, &'static str),
}

/// How an attempt to sign in ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ended {
    Returned,
    Failed,
    Cleared,
}

/// Which part of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slice {
    pub(crate) page: u32,
    pub(crate) per_page: u32,
}

/// Which app's, in a list.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Filter {
    All,
    Personal,
    App(Nth),
    Unknown,
}

/// Which tokens, in an operator's list.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tokens {
    All,
    User(Nth),
    App(Nth),
    Id(Nth),
    LastEight(Nth),
    Hash(Nth),
}

/// The step. Where an authorization is meant, so is `Nth`; where a token is, so is the `Nth`
/// token ever shown, those that were replaced included.
#[derive(Clone, Debug)]
pub(crate) enum What {
    // Time.
    Advance(i64),
    // People.
    CreateUser {
        login: &'static str,
        email: Option<&'static str>,
        verified: bool,
        codes: Option<&'static [u8]>,
    },
    SetPassword(Nth, &'static str),
    Rehash(Nth, &'static str, &'static str),
    SuspendUser(Nth, bool),
    SetFactor(Nth, Option<&'static [u8]>),
    DeleteUser(Nth),
    SpendStep {
        user: Nth,
        ahead: i64,
        address: u8,
        once: bool,
    },
    BurnCode(Nth, u8),
    RememberAddress {
        user: Nth,
        address: u8,
        ago: i64,
    },
    Record(Nth),
    // Counters; meters and counts are named by small numbers.
    Reserve(&'static [u8]),
    Settle {
        meters: &'static [u8],
        /// Seconds since the place was taken, if one was.
        reserved: Option<i64>,
        ended: Ended,
        user: Nth,
    },
    /// Which counts, how many, and in how many seconds their hour ends.
    AddCounts(&'static [u8], i64, i64),
    /// What expired so many seconds ago, and how many rows at most.
    Reap(i64, u32),
    // Apps.
    CreateApp {
        client_id: &'static str,
        owner: Nth,
        public: bool,
    },
    SetOwner(Nth, Nth),
    RotateSecret(Nth, u8),
    SuspendApp(Nth, bool),
    DeleteApp(Nth),
    // Authorizations and grants.
    CreatePersonal(Nth, Wanted),
    CreateForApp(Nth, Nth, Wanted),
    GetOrCreate(Nth, Nth, Wanted),
    Edit(Of, Nth, Edit),
    DeleteAuthorization(Of, Nth),
    ResetToken(Of, Nth),
    RevokeToken(Of, Nth),
    RevokeGrantByToken(Of, Nth),
    DeleteGrant(Of, Nth),
    DeleteToken(Nth),
    // Looks.
    FindUser(&'static str),
    FindUserById(Nth),
    FindCredentials(&'static str, u8),
    ListUsers(Slice),
    FindApp(&'static str),
    ListApps(Slice),
    FindAuthorization(Of, Nth),
    ListAuthorizations(Nth, Filter, Slice),
    FindGrant(Of, Nth),
    ListGrants(Nth, Filter, Slice),
    ListTokens(Tokens, Slice),
}

impl What {
    /// Whether nothing can be otherwise afterwards.
    pub(crate) fn is_look(&self) -> bool {
        use What::*;
        matches!(
            self,
            FindUser(_)
                | FindUserById(_)
                | FindCredentials(..)
                | ListUsers(_)
                | FindApp(_)
                | ListApps(_)
                | FindAuthorization(..)
                | ListAuthorizations(..)
                | FindGrant(..)
                | ListGrants(..)
                | ListTokens(..)
        )
    }
}
