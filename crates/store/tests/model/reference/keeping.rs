//! Passkeys, last uses and searches, which the reference leaves out: no operation of the alphabet
//! needs them, and their promises are the conformance suite's.

use std::sync::Arc;

use async_trait::async_trait;
use grantd_core::app::App;
use grantd_core::audit::{AuditRow, Stamp};
use grantd_core::authority::BrowserIdentity;
use grantd_core::authorization::{Authorization, NewToken};
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, PasskeyId, UserId};
use grantd_core::import::{Ended, ImportedApp, ImportedToken, Outcome};
use grantd_core::last_used::LastUse;
use grantd_core::passkey::{NewPasskey, Passkey, PasskeyUse};
use grantd_core::store::{
    About, AdminStore, AppAdministration, EventFilter, Expiring, Impersonation, ImportStore,
    LifeStore, Lived, NewImpersonation, NotCreated, NoticeKey, OwnedApp, OwnedPasskey, Page,
    PageRequest, PasskeyNotAdded, PasskeyStore, Rotated, SearchStore, Stock, StoreLoad, Stored,
    Taken, UseStore, UsedAuthorization, UsedGrant, WatchStore,
};
use grantd_core::token::{SaltedHash, TokenHash, TokenLastEight};
use grantd_core::user::{Login, LoginKey, User};

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
    ImportStore {
        import_tokens(Vec<ImportedToken>, Arc<Ended>, bool, Stamp) -> Vec<Outcome>;
        import_app(ImportedApp, bool, Stamp) -> Outcome;
        list_salted(&TokenLastEight, u32) -> Vec<(AuthorizationId, SaltedHash)>;
        find_salted(AuthorizationId) -> Option<SaltedHash>;
        upgrade_hash(TokenHash, TokenHash, Stamp) -> bool;
    }
}

refuse! {
    LifeStore {
        list_lives(AuthorizationId, u32) -> Vec<Lived>;
        shorten_lives(Vec<(AuthorizationId, Timestamp)>, Stamp) -> usize;
        delete_idle(Vec<AuthorizationId>, Timestamp, Stamp) -> usize;
        list_expiring(Expiring, Timestamp, u32) -> Vec<Lived>;
        claim_notice(NoticeKey, Timestamp, bool, Timestamp) -> bool;
        settle_notice(NoticeKey, bool, Timestamp) -> ();
        rotate_token(UserId, AuthorizationId, NewToken, Option<Timestamp>, Timestamp, Stamp) -> Option<Rotated>;
    }
}

refuse! {
    SearchStore {
        list_events(EventFilter, Option<i64>, u32) -> Vec<AuditRow>;
        list_about(About, i64, u32) -> Vec<AuditRow>;
        search_users(&LoginKey, PageRequest) -> Page<User>;
        search_apps(&str, PageRequest) -> Page<App>;
        set_site_admin(UserId, bool, Stamp) -> bool;
    }
}

refuse! {
    AdminStore {
        rename_user(UserId, Login, Stamp) -> Option<Result<User, Taken>>;
        impersonate(NewImpersonation, Stamp) -> Option<Result<Impersonation, NotCreated>>;
        end_impersonation(UserId, Stamp) -> bool;
        list_owned_apps(PageRequest) -> Page<OwnedApp>;
        find_owned_app(AppId) -> Option<OwnedApp>;
        administer_app(AppId, AppAdministration, Stamp) -> Option<OwnedApp>;
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
