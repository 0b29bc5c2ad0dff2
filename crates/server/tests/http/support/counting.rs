//! A store that counts what it is asked, for tests that say how much work a request may cause.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use grantd_core::app::{App, AppCounts, AppCredentials, AppEdit, ClientId, NewApp};
use grantd_core::audit::{Action, AuditRow, Stamp};
use grantd_core::authority::BrowserIdentity;
use grantd_core::authorization::{Authorization, AuthorizationEdit, NewAuthorization, NewToken};
use grantd_core::clock::Timestamp;
use grantd_core::grant::Grant;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, PasskeyId, SessionId, UserId};
use grantd_core::last_used::LastUse;
use grantd_core::login::Address;
use grantd_core::login::throttle::{Admission, Limit, MeterKey};
use grantd_core::logo::Logo;
use grantd_core::passkey::{NewPasskey, Passkey, PasskeyUse};
use grantd_core::secret::{Sealed, SecretHash};
use grantd_core::store::{
    About, Access, AccountStore, AdminStore, AppAdministration, AppCheck, AppStore,
    AuthorizationStore, CodeRecord, CodeRedemption, ConsentCheck, Consented, Count, CounterStore,
    DeviceDecision, DeviceRedemption, DeviceRequest, EventFilter, Expiring, FlowStore,
    GotOrCreated, Impersonation, Leaked, LifeStore, LiveRefreshToken, LiveSession, Lived,
    MintLimits, NewCode, NewDeviceCode, NewImpersonation, NewSession, NewTicket, NotCreated,
    NotJoined, NoticeKey, OtpUse, OwnedApp, OwnedAuthorization, OwnedPasskey, Page, PageRequest,
    PasskeyNotAdded, PasskeyStore, Poll, Reaped, Rotated, Rotation, RotationLimits, SearchStore,
    SessionRecord, SessionStore, Settlement, SharedStore, Sighting, SignInCheck, Stock, StoreLoad,
    Stored, Taken, TicketStore, TokenFilter, TokenVerdict, Upkeep, UseStore, UsedAuthorization,
    UsedGrant, UserStore, WatchStore,
};
use grantd_core::ticket::TicketKind;
use grantd_core::token::TokenHash;
use grantd_core::user::{
    Email, Language, Login, LoginKey, NewUser, PasswordHash, SecondFactor, User, UserCredentials,
};

/// Counts, and passes everything on.
pub(crate) struct Counting {
    inner: SharedStore,
    asked: Mutex<BTreeMap<&'static str, usize>>,
}

impl Counting {
    pub(crate) fn new(inner: SharedStore) -> Self {
        Self {
            inner,
            asked: Mutex::default(),
        }
    }

    fn count(&self, what: &'static str) -> &SharedStore {
        *self
            .asked
            .lock()
            .expect("no panic in here")
            .entry(what)
            .or_default() += 1;
        &self.inner
    }

    /// What was asked, and how often, since this was last called.
    pub(crate) fn take(&self) -> BTreeMap<&'static str, usize> {
        std::mem::take(&mut *self.asked.lock().expect("no panic in here"))
    }
}

/// Each method counts itself and asks the store behind.
macro_rules! pass_on {
    ($kind:ident { $($method:ident($($name:ident: $type:ty),*) -> $result:ty;)* }) => {
        #[async_trait]
        impl $kind for Counting {
            $(async fn $method(&self, $($name: $type),*) -> $result {
                self.count(stringify!($method)).$method($($name),*).await
            })*
        }
    };
}

pass_on!(UserStore {
    create_user(new: NewUser, stamp: Stamp) -> Stored<Result<User, Taken>>;
    find_user(login: &LoginKey) -> Stored<Option<User>>;
    find_user_by_id(id: UserId) -> Stored<Option<User>>;
    list_users(page: PageRequest) -> Stored<Page<User>>;
    find_credentials(login_or_email: &LoginKey, from: Address, meters: [MeterKey; 2]) -> Stored<SignInCheck>;
    set_password(id: UserId, hash: PasswordHash, stamp: Stamp) -> Stored<bool>;
    rehash_password(id: UserId, old: PasswordHash, new: PasswordHash, stamp: Stamp) -> Stored<bool>;
    set_user_suspended(id: UserId, suspended: bool, stamp: Stamp) -> Stored<bool>;
    set_second_factor(id: UserId, factor: Option<SecondFactor>, stamp: Stamp) -> Stored<bool>;
    delete_user(id: UserId, stamp: Stamp) -> Stored<bool>;
    spend_otp_step(id: UserId, step: i64, address: Address, how: OtpUse) -> Stored<bool>;
    burn_recovery_code(id: UserId, code: [u8; 32], stamp: Stamp) -> Stored<bool>;
    remember_address(id: UserId, address: Address, at: Timestamp) -> Stored<()>;
    note_sign_in(id: UserId, address: Address, stamp: Stamp) -> Stored<()>;
});

pass_on!(AppStore {
    create_app(new: NewApp, stamp: Stamp) -> Stored<Result<App, Taken>>;
    find_app(client_id: &ClientId) -> Stored<Option<AppCredentials>>;
    list_apps(page: PageRequest) -> Stored<Page<App>>;
    set_app_owner(id: AppId, owner: UserId, stamp: Stamp) -> Stored<bool>;
    rotate_app_secret(id: AppId, secret: SecretHash, previous_until: Option<Timestamp>, stamp: Stamp) -> Stored<bool>;
    end_previous_secret(id: AppId, stamp: Stamp) -> Stored<bool>;
    edit_app(id: AppId, edit: AppEdit, stamp: Stamp) -> Stored<Option<App>>;
    list_apps_of_owner(owner: UserId, page: PageRequest) -> Stored<Page<App>>;
    count_app(id: AppId) -> Stored<AppCounts>;
    set_app_logo(id: AppId, logo: Option<Logo>, stamp: Stamp) -> Stored<bool>;
    find_app_logo(id: AppId) -> Stored<Option<Logo>>;
    set_app_suspended(id: AppId, suspended: bool, stamp: Stamp) -> Stored<bool>;
    delete_app(id: AppId, stamp: Stamp) -> Stored<bool>;
});

pass_on!(AuthorizationStore {
    create_authorization(new: NewAuthorization, limits: MintLimits, stamp: Stamp) -> Stored<Result<Authorization, NotCreated>>;
    get_or_create_authorization(new: NewAuthorization, limits: MintLimits, stamp: Stamp) -> Stored<Result<GotOrCreated, NotCreated>>;
    find_authorization(user: UserId, id: AuthorizationId) -> Stored<Option<OwnedAuthorization>>;
    list_authorizations(user: UserId, client_id: Option<&str>, page: PageRequest) -> Stored<Page<Authorization>>;
    edit_authorization(user: UserId, id: AuthorizationId, edit: AuthorizationEdit, stamp: Stamp) -> Stored<Option<Result<Authorization, Taken>>>;
    delete_authorization(user: UserId, id: AuthorizationId, stamp: Stamp) -> Stored<bool>;
    find_token(hash: TokenHash, now: Timestamp) -> Stored<TokenVerdict>;
    check_token(client_id: &ClientId, hash: Option<TokenHash>, now: Timestamp) -> Stored<Option<AppCheck>>;
    reset_token(app: AppId, old: TokenHash, new: NewToken, stamp: Stamp) -> Stored<Option<OwnedAuthorization>>;
    revoke_token(app: AppId, hash: TokenHash, stamp: Stamp) -> Stored<bool>;
    revoke_grant_by_token(app: AppId, hash: TokenHash, stamp: Stamp) -> Stored<bool>;
    list_grants(user: UserId, client_id: Option<&str>, page: PageRequest) -> Stored<Page<Grant>>;
    find_grant(user: UserId, id: GrantId) -> Stored<Option<Grant>>;
    delete_grant(user: UserId, id: GrantId, stamp: Stamp) -> Stored<bool>;
    list_tokens(filter: TokenFilter, page: PageRequest) -> Stored<Page<OwnedAuthorization>>;
    delete_token(id: AuthorizationId, stamp: Stamp) -> Stored<bool>;
});

pass_on!(FlowStore {
    find_consent(client_id: &ClientId, user: Option<UserId>) -> Stored<Option<ConsentCheck>>;
    create_code(new: NewCode, consented: Consented, stamp: Stamp) -> Stored<bool>;
    find_code(hash: [u8; 32]) -> Stored<Option<CodeRecord>>;
    redeem_code(hash: [u8; 32], access: Access, stamp: Stamp) -> Stored<CodeRedemption>;
    end_codes_of_session(session: SessionId, stamp: Stamp) -> Stored<()>;
    create_device_code(new: NewDeviceCode, stamp: Stamp) -> Stored<bool>;
    find_device_request(user_code: [u8; 32], user: UserId, now: Timestamp) -> Stored<Option<DeviceRequest>>;
    decide_device_code(user_code: [u8; 32], decision: DeviceDecision, stamp: Stamp) -> Stored<bool>;
    poll_device_code(app: AppId, device_code: SecretHash, now: Timestamp) -> Stored<Option<Poll>>;
    redeem_device_code(app: AppId, device_code: SecretHash, access: Access, stamp: Stamp) -> Stored<DeviceRedemption>;
    rotate_refresh_token(app: AppId, hash: TokenHash, access: Access, limits: RotationLimits, stamp: Stamp) -> Stored<Rotation>;
    revoke_refresh_token(app: AppId, hash: TokenHash, stamp: Stamp) -> Stored<bool>;
    revoke_leaked(hash: TokenHash, action: Action, stamp: Stamp) -> Stored<Option<Leaked>>;
    find_refresh_token(hash: TokenHash, now: Timestamp) -> Stored<Option<LiveRefreshToken>>;
    end_token(app: AppId, hash: TokenHash, stamp: Stamp) -> Stored<bool>;
});

pass_on!(SessionStore {
    create_session(new: NewSession, stamp: Stamp) -> Stored<SessionId>;
    find_session(hash: SecretHash, now: Timestamp) -> Stored<Option<LiveSession>>;
    see_session(sighting: Sighting) -> Stored<()>;
    renew_session(id: SessionId, old: SecretHash, new: SecretHash, sudo_until: Timestamp, stamp: Stamp) -> Stored<bool>;
    list_sessions(user: UserId, now: Timestamp) -> Stored<Vec<SessionRecord>>;
    end_session(user: UserId, id: SessionId, stamp: Stamp) -> Stored<bool>;
    end_sessions(user: UserId, except: Option<SessionId>, stamp: Stamp) -> Stored<usize>;
});

pass_on!(TicketStore {
    add_ticket(new: NewTicket, announced: Option<Action>, stamp: Stamp) -> Stored<()>;
    claim_ticket(new: NewTicket, stamp: Stamp) -> Stored<Sealed>;
    find_ticket(kind: TicketKind, hash: SecretHash, now: Timestamp) -> Stored<Option<Sealed>>;
    take_ticket(kind: TicketKind, hash: SecretHash, now: Timestamp) -> Stored<Option<Sealed>>;
});

pass_on!(AccountStore {
    find_account(id: UserId) -> Stored<Option<UserCredentials>>;
    set_own_password(who: BrowserIdentity, hash: PasswordHash, stamp: Stamp) -> Stored<bool>;
    set_own_factor(who: BrowserIdentity, factor: Option<SecondFactor>, stamp: Stamp) -> Stored<bool>;
    replace_recovery_codes(user: UserId, codes: Vec<[u8; 32]>, stamp: Stamp) -> Stored<bool>;
    set_verified_email(user: UserId, email: Email, stamp: Stamp) -> Stored<Result<bool, Taken>>;
    set_language(user: UserId, language: Option<Language>, stamp: Stamp) -> Stored<bool>;
    reset_password(ticket: SecretHash, user: UserId, hash: PasswordHash, stamp: Stamp) -> Stored<bool>;
    join(kind: TicketKind, ticket: SecretHash, new: NewUser, stamp: Stamp) -> Stored<Result<User, NotJoined>>;
    has_users() -> Stored<bool>;
});

pass_on!(PasskeyStore {
    add_passkey(who: BrowserIdentity, new: NewPasskey, stamp: Stamp) -> Stored<Result<Passkey, PasskeyNotAdded>>;
    rename_passkey(user: UserId, id: PasskeyId, name: String, stamp: Stamp) -> Stored<bool>;
    remove_passkey(who: BrowserIdentity, id: PasskeyId, stamp: Stamp) -> Stored<bool>;
    list_passkeys(user: UserId) -> Stored<Vec<Passkey>>;
    find_passkey(credential_id: Vec<u8>) -> Stored<Option<OwnedPasskey>>;
    use_passkey(used: PasskeyUse) -> Stored<bool>;
    reset_factors(user: UserId, stamp: Stamp) -> Stored<bool>;
});

pass_on!(UseStore {
    note_uses(uses: Vec<(AuthorizationId, LastUse)>) -> Stored<Vec<AuthorizationId>>;
    list_personal_tokens(user: UserId, page: PageRequest) -> Stored<Page<UsedAuthorization>>;
    find_personal_token(user: UserId, id: AuthorizationId) -> Stored<Option<UsedAuthorization>>;
    regenerate_token(user: UserId, id: AuthorizationId, new: NewToken, expires_at: Option<Timestamp>, stamp: Stamp) -> Stored<Option<Authorization>>;
    delete_personal_token(user: UserId, id: AuthorizationId, stamp: Stamp) -> Stored<bool>;
    list_used_grants(user: UserId, page: PageRequest) -> Stored<Page<UsedGrant>>;
    find_used_grant(user: UserId, id: GrantId) -> Stored<Option<UsedGrant>>;
    delete_grants(user: UserId, stamp: Stamp) -> Stored<usize>;
});

use std::sync::Arc;

use grantd_core::import::{Ended, ImportedApp, ImportedToken, Outcome};
use grantd_core::store::ImportStore;
use grantd_core::token::{SaltedHash, TokenLastEight};

pass_on!(ImportStore {
    import_tokens(tokens: Vec<ImportedToken>, ended: Arc<Ended>, rehearse: bool, stamp: Stamp) -> Stored<Vec<Outcome>>;
    import_app(app: ImportedApp, rehearse: bool, stamp: Stamp) -> Stored<Outcome>;
    list_salted(last_eight: &TokenLastEight, limit: u32) -> Stored<Vec<(AuthorizationId, SaltedHash)>>;
    find_salted(id: AuthorizationId) -> Stored<Option<SaltedHash>>;
    upgrade_hash(stand_in: TokenHash, hash: TokenHash, stamp: Stamp) -> Stored<bool>;
});

pass_on!(LifeStore {
    list_lives(after: AuthorizationId, limit: u32) -> Stored<Vec<Lived>>;
    shorten_lives(ends: Vec<(AuthorizationId, Timestamp)>, stamp: Stamp) -> Stored<usize>;
    delete_idle(ids: Vec<AuthorizationId>, since: Timestamp, stamp: Stamp) -> Stored<usize>;
    list_expiring(which: Expiring, now: Timestamp, limit: u32) -> Stored<Vec<Lived>>;
    claim_notice(notice: NoticeKey, lease_until: Timestamp, told: bool, now: Timestamp) -> Stored<bool>;
    settle_notice(notice: NoticeKey, told: bool, now: Timestamp) -> Stored<()>;
    rotate_token(user: UserId, id: AuthorizationId, new: NewToken, expires_at: Option<Timestamp>, old_until: Timestamp, stamp: Stamp) -> Stored<Option<Rotated>>;
});

pass_on!(SearchStore {
    list_events(filter: EventFilter, before: Option<i64>, limit: u32) -> Stored<Vec<AuditRow>>;
    list_about(about: About, after: i64, limit: u32) -> Stored<Vec<AuditRow>>;
    search_users(prefix: &LoginKey, page: PageRequest) -> Stored<Page<User>>;
    search_apps(what: &str, page: PageRequest) -> Stored<Page<App>>;
    set_site_admin(user: UserId, site_admin: bool, stamp: Stamp) -> Stored<bool>;
});

pass_on!(AdminStore {
    rename_user(id: UserId, login: Login, stamp: Stamp) -> Stored<Option<Result<User, Taken>>>;
    impersonate(new: NewImpersonation, stamp: Stamp) -> Stored<Option<Result<Impersonation, NotCreated>>>;
    end_impersonation(user: UserId, stamp: Stamp) -> Stored<bool>;
    list_owned_apps(page: PageRequest) -> Stored<Page<OwnedApp>>;
    find_owned_app(id: AppId) -> Stored<Option<OwnedApp>>;
    administer_app(id: AppId, change: AppAdministration, stamp: Stamp) -> Stored<Option<OwnedApp>>;
});

pass_on!(CounterStore {
    reserve(places: Vec<(MeterKey, Limit)>, at: Timestamp) -> Stored<Admission>;
    settle(settlements: Vec<Settlement>, user: Option<UserId>, stamp: Stamp) -> Stored<()>;
    add_counts(counts: Vec<Count>, now: Timestamp) -> Stored<Vec<Count>>;
});

use grantd_core::audit::{Checkpoint, chain};
use grantd_core::store::{ChainStore, Lease, LeaseStore, Strays, Waiting};

pass_on!(ChainStore {
    waiting(limit: u32) -> Stored<Waiting>;
    seal(lease: Lease, now: Timestamp, seals: Vec<chain::Seal>, checkpoint: Option<Checkpoint>) -> Stored<bool>;
    list_sealed(after: i64, limit: u32) -> Stored<Vec<chain::SealedRow>>;
    list_checkpoints(after: i64, limit: u32) -> Stored<Vec<Checkpoint>>;
    find_checkpoint(seq: i64) -> Stored<Option<Checkpoint>>;
    find_seal(audit_id: i64) -> Stored<Option<chain::Seal>>;
    find_strays(after: i64, limit: u32) -> Stored<Strays>;
});

pass_on!(LeaseStore {
    find_lease(name: &'static str) -> Stored<Option<(Lease, i64)>>;
    hold_lease(lease: Lease, now: Timestamp) -> Stored<Option<i64>>;
    advance_lease(lease: Lease, position: i64) -> Stored<bool>;
});

pass_on!(Upkeep {
    record(action: Action, user: Option<UserId>, stamp: Stamp) -> Stored<()>;
    record_refusals(refused: Vec<grantd_core::hourly::Bucket>, stamp: Stamp) -> Stored<()>;
    list_audit(after: i64, limit: u32) -> Stored<Vec<AuditRow>>;
    reap(tokens_before: Timestamp, limit: u32, stamp: Stamp) -> Stored<Reaped>;
    claim_instance_key(fingerprint: &str) -> Stored<String>;
    ping() -> Stored<()>;
    close() -> ();
});

#[async_trait]
impl WatchStore for Counting {
    fn load(&self) -> StoreLoad {
        self.inner.load()
    }

    async fn take_stock(&self, now: Timestamp, most: u32) -> Stored<Stock> {
        self.count("take_stock").take_stock(now, most).await
    }
}
