//! Passkeys, last uses and searches, which the reference leaves out: no operation of the alphabet
//! needs them, and their promises are the conformance suite's.

use async_trait::async_trait;
use grantd_core::audit::{AuditRow, Stamp};
use grantd_core::authority::BrowserIdentity;
use grantd_core::authorization::{Authorization, NewToken};
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AuthorizationId, GrantId, PasskeyId, UserId};
use grantd_core::last_used::LastUse;
use grantd_core::passkey::{NewPasskey, Passkey, PasskeyUse};
use grantd_core::store::{
    EventFilter, OwnedPasskey, Page, PageRequest, PasskeyNotAdded, PasskeyStore, SearchStore,
    Stock, StoreLoad, Stored, UseStore, UsedAuthorization, UsedGrant, WatchStore,
};
use grantd_core::user::{LoginKey, User};

use super::{Reference, unavailable};

macro_rules! refuse {
    ($trait:ident { $($method:ident($($type:ty),*) -> $result:ty;)* }) => {
        #[async_trait]
        impl $trait for Reference {
            $(async fn $method(&self, $(_: $type),*) -> Stored<$result> {
                Err(unavailable("the reference keeps nothing for pages"))
            })*
        }
    };
}

refuse! {
    PasskeyStore {
        add_passkey(BrowserIdentity, NewPasskey, Stamp) -> Result<Passkey, PasskeyNotAdded>;
        rename_passkey(UserId, PasskeyId, String, Stamp) -> bool;
        remove_passkey(BrowserIdentity, PasskeyId, Stamp) -> bool;
        list_passkeys(UserId) -> Vec<Passkey>;
        find_passkey(Vec<u8>) -> Option<OwnedPasskey>;
        use_passkey(PasskeyUse) -> bool;
        reset_factors(UserId, Stamp) -> bool;
    }
}

refuse! {
    UseStore {
        note_uses(Vec<(AuthorizationId, LastUse)>) -> Vec<AuthorizationId>;
        list_personal_tokens(UserId, PageRequest) -> Page<UsedAuthorization>;
        find_personal_token(UserId, AuthorizationId) -> Option<UsedAuthorization>;
        regenerate_token(UserId, AuthorizationId, NewToken, Option<Timestamp>, Stamp) -> Option<Authorization>;
        delete_personal_token(UserId, AuthorizationId, Stamp) -> bool;
        list_used_grants(UserId, PageRequest) -> Page<UsedGrant>;
        find_used_grant(UserId, GrantId) -> Option<UsedGrant>;
        delete_grants(UserId, Stamp) -> usize;
    }
}

refuse! {
    SearchStore {
        list_events(EventFilter, Option<i64>, u32) -> Vec<AuditRow>;
        search_users(&LoginKey, PageRequest) -> Page<User>;
        set_site_admin(UserId, bool, Stamp) -> bool;
    }
}

#[async_trait]
impl WatchStore for Reference {
    fn load(&self) -> StoreLoad {
        StoreLoad::default()
    }

    async fn take_stock(&self, _: Timestamp, _: u32) -> Stored<Stock> {
        Err(unavailable("nobody watches it"))
    }
}
