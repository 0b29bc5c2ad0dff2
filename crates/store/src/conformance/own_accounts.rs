//! Promises about what people change of their own accounts, and about links
//! by which accounts begin.

use grantd_core::audit::{Action, Actor, Stamp};
use grantd_core::authority::BrowserIdentity;
use grantd_core::secret::SecretHash;
use grantd_core::store::{NewTicket, NotJoined, StoreError, Stored, Taken};
use grantd_core::ticket::TicketKind::{Invitation, PasswordReset, Setup, SignUp};
use grantd_core::user::{Language, NewUser, PasswordHash, User};

use super::sessions::{find, fresh_hash, sign_in};
use super::tickets::{add, new_ticket};
use super::world::*;

fn second() -> PasswordHash {
    PasswordHash("$second".to_owned())
}

fn is_stale<T>(result: Stored<T>) -> bool {
    matches!(result, Err(StoreError::StaleActor))
}

/// Of three sessions only the first is left, under the present generation.
async fn first_goes_on(w: &World, hashes: &[SecretHash; 3]) -> BrowserIdentity {
    let [first, others @ ..] = hashes;
    for other in others {
        assert!(find(w, *other).await.is_none());
    }
    let found = find(w, *first).await.unwrap();
    let present = w.credentials("octocat").await.auth_generation;
    assert_eq!(found.auth_generation, present);
    BrowserIdentity {
        user: found.user,
        auth_generation: present,
        session: found.record.id,
    }
}

async fn three_sessions(w: &World, user: &User) -> (BrowserIdentity, [SecretHash; 3]) {
    let (who, first) = sign_in(w, user).await;
    let ((_, second), (_, third)) = (sign_in(w, user).await, sign_in(w, user).await);
    (who, [first, second, third])
}

pub(super) async fn an_account_is_found_by_id(w: World) {
    let octocat = w.user("octocat").await;
    let found = w.store.find_account(octocat.id).await.unwrap().unwrap();
    assert_eq!(found.user, octocat);
    assert_eq!(
        found.password_hash,
        w.credentials("octocat").await.password_hash
    );
    w.store.delete_user(octocat.id, operator()).await.unwrap();
    assert!(w.store.find_account(octocat.id).await.unwrap().is_none());
}

pub(super) async fn after_a_new_password_the_own_session_goes_on(w: World) {
    let octocat = w.user("octocat").await;
    let (who, hashes) = three_sessions(&w, &octocat).await;
    let rows = w.trail().await.len();
    let set = w.store.set_own_password(who.clone(), second(), operator());
    assert!(set.await.unwrap());
    let now = first_goes_on(&w, &hashes).await;
    assert_eq!(now.auth_generation, who.auth_generation + 1);
    assert_eq!(w.credentials("octocat").await.password_hash, second());
    let trail = w.actions(rows).await;
    assert_eq!(
        trail,
        ["user.change_password", "user.logout", "user.logout"]
    );
    let row = &w.trail().await[rows];
    assert_eq!(
        (row.actor_kind.as_str(), row.actor_id),
        ("user", Some(octocat.id.0))
    );
    // As it was, it writes nothing more.
    let again = w.store.set_own_password(who, second(), operator());
    assert!(is_stale(again.await));
    w.store
        .end_sessions(octocat.id, None, operator())
        .await
        .unwrap();
    let ended = w.store.set_own_password(now, second(), operator());
    assert!(is_stale(ended.await), "the session is over");
}

pub(super) async fn after_another_factor_the_own_session_goes_on(w: World) {
    let octocat = w.user("octocat").await;
    let (who, hashes) = three_sessions(&w, &octocat).await;
    let none = w.store.set_own_factor(who.clone(), None, operator());
    assert!(!none.await.unwrap(), "there is none to remove");
    assert!(find(&w, hashes[2]).await.is_some(), "and nothing happens");
    let new = Some(factor(&[[1; 32], [2; 32]]));
    assert!(w.store.set_own_factor(who, new, operator()).await.unwrap());
    let who = first_goes_on(&w, &hashes).await;
    assert!(who.user.two_factor);
    let burnt = w
        .store
        .burn_recovery_code(octocat.id, [1; 32], by(who.actor()));
    assert!(burnt.await.unwrap());
    let (_, other) = sign_in(&w, &octocat).await;
    assert!(w.store.set_own_factor(who, None, operator()).await.unwrap());
    first_goes_on(&w, &[hashes[0], other, hashes[1]]).await;
    let burnt = w.store.burn_recovery_code(octocat.id, [2; 32], operator());
    assert!(!burnt.await.unwrap());
}

pub(super) async fn recovery_codes_are_replaced_all_at_once(w: World) {
    let octocat = w
        .user_of(NewUser {
            second_factor: Some(factor(&[[1; 32]])),
            ..new_user("octocat")
        })
        .await;
    let hubot = w.user("hubot").await;
    let generation = w.credentials("octocat").await.auth_generation;
    let replace = async |user: &User, code| {
        let replaced = w
            .store
            .replace_recovery_codes(user.id, vec![[code; 32]], operator());
        replaced.await.unwrap()
    };
    assert!(!replace(&hubot, 2).await);
    assert!(replace(&octocat, 2).await);
    assert_eq!(w.credentials("octocat").await.auth_generation, generation);
    let burn = async |code| {
        let burnt = w
            .store
            .burn_recovery_code(octocat.id, [code; 32], operator());
        burnt.await.unwrap()
    };
    assert!(!burn(1).await);
    assert!(burn(2).await);
    assert_eq!(
        w.actions(2).await[0],
        "two_factor.recovery_codes_regenerated"
    );
}

pub(super) async fn a_verified_address_is_set_unless_it_is_taken(w: World) {
    let octocat = w.user("octocat").await;
    w.user_of(NewUser {
        email: email("hubot@example.com"),
        ..new_user("hubot")
    })
    .await;
    let generation = w.credentials("octocat").await.auth_generation;
    let set = async |text: &str| {
        let email = email(text).unwrap();
        let set = w.store.set_verified_email(octocat.id, email, operator());
        set.await.unwrap()
    };
    assert_eq!(set("HUBOT@example.com").await, Err(Taken::Email));
    assert_eq!(w.actions(2).await, [""; 0]);
    assert_eq!(set("new@example.com").await, Ok(true));
    let credentials = w.credentials("octocat").await;
    assert_eq!(credentials.user.email, email("new@example.com"));
    assert!(credentials.user.email_verified);
    assert_eq!(credentials.auth_generation, generation);
    assert_eq!(set("New@example.com").await, Ok(true));
    let trail = w.actions(2).await;
    assert_eq!(
        trail,
        [
            "user.change_email",
            "user.verify_email",
            "user.verify_email"
        ]
    );
    w.store.delete_user(octocat.id, operator()).await.unwrap();
    assert_eq!(set("new@example.com").await, Ok(false));
}

pub(super) async fn a_language_is_set_and_unset(w: World) {
    let octocat = w.user("octocat").await;
    let set = async |language| {
        let set = w.store.set_language(octocat.id, language, operator());
        set.await.unwrap()
    };
    let language = async || w.credentials("octocat").await.user.language;
    assert_eq!(language().await, None);
    for one in Language::ALL {
        assert!(set(Some(one)).await);
        assert_eq!(language().await, Some(one));
    }
    assert!(set(None).await);
    assert_eq!(language().await, None);
    w.store.delete_user(octocat.id, operator()).await.unwrap();
    assert!(!set(None).await);
}

async fn reset_ticket(w: &World, user: &User) -> SecretHash {
    let new = NewTicket {
        user: Some(user.id),
        ..new_ticket(w, PasswordReset)
    };
    add(w, new).await
}

async fn acting(w: &World, user: &User) -> Stamp {
    by(Actor::User {
        id: user.id,
        auth_generation: w.credentials(user.login.as_str()).await.auth_generation,
    })
}

pub(super) async fn a_reset_spends_its_ticket_and_ends_all_sessions(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let (_, hashes) = three_sessions(&w, &octocat).await;
    let (ticket, others) = (
        reset_ticket(&w, &octocat).await,
        reset_ticket(&w, &hubot).await,
    );
    let reset = async |ticket, stamp| {
        let reset = w.store.reset_password(ticket, octocat.id, second(), stamp);
        reset.await
    };
    let stamp = async || acting(&w, &octocat).await;
    assert!(
        !reset(others, stamp().await).await.unwrap(),
        "somebody else's"
    );
    assert!(!reset(fresh_hash(&w), stamp().await).await.unwrap());
    let ended = Stamp {
        at: NOW.plus(60),
        ..stamp().await
    };
    assert!(!reset(ticket, ended).await.unwrap(), "it has ended");
    assert!(find(&w, hashes[0]).await.is_some());
    let (before, rows) = (stamp().await, w.trail().await.len());
    assert!(reset(ticket, before.clone()).await.unwrap());
    assert_eq!(w.credentials("octocat").await.password_hash, second());
    for hash in hashes {
        assert!(find(&w, hash).await.is_none());
    }
    assert_eq!(
        w.actions(rows).await,
        [
            "user.reset_password",
            "user.logout",
            "user.logout",
            "user.logout"
        ]
    );
    assert!(!reset(ticket, stamp().await).await.unwrap(), "it is spent");
    // A ticket of before the change is of no use either: whoever holds it acts under the old generation.
    let old = reset_ticket(&w, &octocat).await;
    assert!(is_stale(reset(old, before).await));
}

pub(super) async fn one_of_a_hundred_resets_a_password(w: World) {
    let octocat = w.user("octocat").await;
    let ticket = reset_ticket(&w, &octocat).await;
    let stamp = acting(&w, &octocat).await;
    let reset = w.race(100, |w| {
        let stamp = stamp.clone();
        async move {
            let reset = w.store.reset_password(ticket, octocat.id, second(), stamp);
            reset.await.unwrap_or(false)
        }
    });
    assert_eq!(reset.await.into_iter().filter(|done| *done).count(), 1);
}

pub(super) async fn a_ticket_makes_one_user(w: World) {
    let ticket = add(&w, new_ticket(&w, Invitation)).await;
    let join = async |ticket, login: &str| {
        let joined = w
            .store
            .join(Invitation, ticket, new_user(login), operator());
        joined.await.unwrap()
    };
    w.user("octocat").await;
    assert_eq!(
        join(ticket, "OctoCat").await,
        Err(NotJoined::Taken(Taken::Login))
    );
    let joined = join(ticket, "hubot").await.unwrap();
    assert_eq!(joined.login.as_str(), "hubot");
    assert_eq!(join(ticket, "mona").await, Err(NotJoined::Spent));
    assert_eq!(join(fresh_hash(&w), "mona").await, Err(NotJoined::Spent));
    let wrong_kind = add(&w, new_ticket(&w, PasswordReset)).await;
    assert_eq!(join(wrong_kind, "mona").await, Err(NotJoined::Spent));
    let trail = w.actions(1).await;
    assert_eq!(trail, ["user.create", "user.accept_invitation"]);
    let ticket = add(&w, new_ticket(&w, SignUp)).await;
    let joined = w.store.join(SignUp, ticket, new_user("mona"), operator());
    assert!(joined.await.unwrap().is_ok());
    assert_eq!(w.actions(3).await, ["user.create", "user.sign_up"]);
}

pub(super) async fn a_setup_ticket_makes_the_first_user_only(w: World) {
    assert!(!w.store.has_users().await.unwrap());
    let ticket = add(&w, new_ticket(&w, Setup)).await;
    let joined = w.race(20, |w| async move {
        let login = format!("user{}", w.token().last_eight.0);
        let joined = w.store.join(Setup, ticket, new_user(&login), operator());
        joined.await.unwrap()
    });
    let joined: Vec<_> = joined.await.into_iter().flatten().collect();
    assert_eq!(joined.len(), 1);
    assert!(w.store.has_users().await.unwrap());
    assert_eq!(w.actions(0).await, ["user.create", "site.setup"]);
    let late = add(&w, new_ticket(&w, Setup)).await;
    let refused = async || {
        let joined = w.store.join(Setup, late, new_user("hubot"), operator());
        joined.await.unwrap()
    };
    assert_eq!(refused().await, Err(NotJoined::NotFirst));
    w.store.delete_user(joined[0].id, operator()).await.unwrap();
    assert!(refused().await.is_ok(), "the ticket has stayed");
}

pub(super) async fn no_step_of_a_browser_is_done_for_a_stale_actor(w: World) {
    let octocat = w
        .user_of(NewUser {
            second_factor: Some(factor(&[[1; 32]])),
            ..new_user("octocat")
        })
        .await;
    let (who, hash) = sign_in(&w, &octocat).await;
    let (ticket, rows) = (reset_ticket(&w, &octocat).await, w.trail().await.len());
    let stale = || {
        by(Actor::User {
            id: octocat.id,
            auth_generation: -1,
        })
    };
    let old = BrowserIdentity {
        auth_generation: -1,
        ..who.clone()
    };
    let (s, user, id) = (&w.store, octocat.id, who.session);
    let new = fresh_hash(&w);
    let announced = Some(Action::InvitationMade);
    let address = email("new@example.com").unwrap();
    let joining = add(&w, new_ticket(&w, Invitation)).await;
    let all = [
        is_stale(s.renew_session(id, hash, new, NOW, stale()).await),
        is_stale(s.end_session(user, id, stale()).await),
        is_stale(s.end_sessions(user, None, stale()).await),
        is_stale(
            s.add_ticket(new_ticket(&w, Invitation), announced, stale())
                .await,
        ),
        is_stale(s.claim_ticket(new_ticket(&w, Setup), stale()).await),
        is_stale(s.set_own_password(old.clone(), second(), operator()).await),
        is_stale(s.set_own_factor(old, None, operator()).await),
        is_stale(s.replace_recovery_codes(user, vec![], stale()).await),
        is_stale(s.set_verified_email(user, address, stale()).await),
        is_stale(s.set_language(user, None, stale()).await),
        is_stale(s.reset_password(ticket, user, second(), stale()).await),
        is_stale(
            s.join(Invitation, joining, new_user("hubot"), stale())
                .await,
        ),
    ];
    assert_eq!(all, [true; 12]);
    assert_eq!(w.trail().await.len(), rows);
    assert!(find(&w, hash).await.is_some());
}
