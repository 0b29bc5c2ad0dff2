//! Sessions, tickets and own accounts, which the reference leaves out: no operation of the alphabet
//! needs them, and their promises are the conformance suite's.

use async_trait::async_trait;
use grantd_core::audit::{Action, Stamp};
use grantd_core::authority::BrowserIdentity;
use grantd_core::clock::Timestamp;
use grantd_core::ids::{SessionId, UserId};
use grantd_core::secret::{Sealed, SecretHash};
use grantd_core::store::{
    AccountStore, LiveSession, NewSession, NewTicket, NotJoined, SessionRecord, SessionStore,
    Sighting, Stored, Taken, TicketStore,
};
use grantd_core::ticket::TicketKind;
use grantd_core::user::{
    Email, Language, NewUser, PasswordHash, SecondFactor, User, UserCredentials,
};

use super::{Reference, unavailable};

macro_rules! refuse {
    ($trait:ident { $($method:ident($($type:ty),*) -> $result:ty;)* }) => {
        #[async_trait]
        impl $trait for Reference {
            $(async fn $method(&self, $(_: $type),*) -> Stored<$result> {
                Err(unavailable("the reference knows no browsers"))
            })*
        }
    };
}

refuse! {
    SessionStore {
        create_session(NewSession, Stamp) -> SessionId;
        find_session(SecretHash, Timestamp) -> Option<LiveSession>;
        see_session(Sighting) -> ();
        renew_session(SessionId, SecretHash, SecretHash, Timestamp, Stamp) -> bool;
        list_sessions(UserId, Timestamp) -> Vec<SessionRecord>;
        end_session(UserId, SessionId, Stamp) -> bool;
        end_sessions(UserId, Option<SessionId>, Stamp) -> usize;
    }
}

refuse! {
    TicketStore {
        add_ticket(NewTicket, Option<Action>, Stamp) -> ();
        claim_ticket(NewTicket, Stamp) -> Sealed;
        find_ticket(TicketKind, SecretHash, Timestamp) -> Option<Sealed>;
        take_ticket(TicketKind, SecretHash, Timestamp) -> Option<Sealed>;
    }
}

refuse! {
    AccountStore {
        find_account(UserId) -> Option<UserCredentials>;
        set_own_password(BrowserIdentity, PasswordHash, Stamp) -> bool;
        set_own_factor(BrowserIdentity, Option<SecondFactor>, Stamp) -> bool;
        replace_recovery_codes(UserId, Vec<[u8; 32]>, Stamp) -> bool;
        set_verified_email(UserId, Email, Stamp) -> Result<bool, Taken>;
        set_language(UserId, Option<Language>, Stamp) -> bool;
        reset_password(SecretHash, UserId, PasswordHash, Stamp) -> bool;
        join(TicketKind, SecretHash, NewUser, Stamp) -> Result<User, NotJoined>;
        has_users() -> bool;
    }
}
