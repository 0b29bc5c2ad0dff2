//! Links: forgotten passwords, the first user, invitations, and where one came from.

use std::sync::Arc;

use grantd_core::onboarding::{FirstUser, Invitation};
use grantd_core::session::SignInStep;
use grantd_core::ticket::{ReturnTo, TicketKind};
use grantd_core::user::{Email, Login};

use crate::place::*;

const NEW: &str = "seven boats behind the mill";

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_set_anew_by_a_mailed_link() {
    let place = Place::new();
    let (_, enrolment) = place.user_with_factor("octocat").await;
    let ticket = place.half_way("octocat", 1).await;
    let code = place.code(&enrolment.totp_secret);
    let a = &place.authority;
    let signed_in = a
        .finish_sign_in(&ticket, code, AGENT, from(1))
        .await
        .unwrap();
    let outgoing = a
        .forgot_password("octocat@example.com", &letter, from(2))
        .await
        .unwrap();
    outgoing.unwrap().send().await.unwrap();
    let (to, link) = place.mailed();
    assert_eq!(to, "octocat@example.com");
    assert_eq!(
        a.reset_target(&link).await.unwrap().unwrap().login.as_str(),
        "octocat"
    );
    let reset = async |new: &str| refusal(a.reset_password(&link, held(new), from(2)).await);
    assert_eq!(reset("short").await, "Password(TooShort(8))");
    assert_eq!(reset(NEW).await, "done");
    assert_eq!(reset(NEW).await, "Spent");
    assert!(
        place.session(&signed_in.secret).await.is_none(),
        "all sessions end"
    );
    let next = place.start("octocat", NEW, 1).await;
    assert!(matches!(next, Ok(SignInStep::NeedsSecondFactor(_))));
    let trail = place.actions(2).await;
    assert_eq!(
        trail,
        ["user.forgot_password", "user.reset_password", "user.logout"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_a_link_does_not_hear_who_is_there() {
    let place = Place::new();
    place.user("octocat").await;
    let a = &place.authority;
    let ask = async |login: &str| {
        let asked = a.forgot_password(login, &letter, from(2)).await.unwrap();
        asked.is_some()
    };
    assert!(ask("octocat").await);
    assert!(!ask("nobody").await);
    // Both have left a row and a ticket.
    assert_eq!(place.actions(1).await, ["user.forgot_password"; 2]);
    for _ in 0..4 {
        assert!(ask("octocat").await);
    }
    assert!(!ask("octocat").await, "five mails in an hour");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_link_ends_with_an_hour_and_with_a_change() {
    let place = Place::new();
    let octocat = place.user("octocat").await;
    let a = &place.authority;
    let mail = async || {
        let outgoing = a
            .forgot_password("octocat", &letter, from(2))
            .await
            .unwrap();
        outgoing.unwrap().send().await.unwrap();
        place.mailed().1
    };
    let link = mail().await;
    place.clock.advance(3_600);
    assert_eq!(
        refusal(a.reset_password(&link, held(NEW), from(2)).await),
        "Spent"
    );
    let link = mail().await;
    place
        .operator()
        .set_password(octocat.id, held(NEW))
        .await
        .unwrap();
    assert!(a.reset_target(&link).await.unwrap().is_none());
    assert_eq!(
        refusal(a.reset_password(&link, held(NEW), from(2)).await),
        "Spent"
    );
}

fn first(login: &str) -> FirstUser {
    FirstUser {
        login: Login::parse(login).unwrap(),
        email: Email::parse("first@example.com").ok(),
        password: secret(PASSWORD),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_user_is_made_once_on_any_node() {
    let place = Place::new();
    let other = place.beside();
    let link = place.authority.setup_link().await.unwrap().unwrap();
    let same = other.authority.setup_link().await.unwrap().unwrap();
    assert_eq!(link.expose(), same.expose(), "one link on all nodes");
    assert!(other.authority.setup_is_open(&link).await.unwrap());
    let nodes = [place.authority.clone(), other.authority.clone()];
    let link = Arc::new(link);
    let mut running = Vec::new();
    for number in 0..10 {
        let (node, link) = (nodes[number % 2].clone(), link.clone());
        running.push(tokio::spawn(async move {
            let login = format!("admin{number}");
            node.set_up(&link, first(&login), AGENT, from(1)).await.ok()
        }));
    }
    let mut made = Vec::new();
    for one in running {
        made.extend(one.await.unwrap());
    }
    assert_eq!(made.len(), 1);
    let session = place.session(&made[0].secret).await.unwrap();
    assert!(session.user().site_admin && !session.user().email_verified);
    assert!(place.authority.setup_link().await.unwrap().is_none());
    assert!(!place.authority.setup_is_open(&link).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setup_link_is_of_no_use_once_there_is_a_user() {
    let place = Place::new();
    let link = place.authority.setup_link().await.unwrap().unwrap();
    place.user("octocat").await;
    let late = place
        .authority
        .set_up(&link, first("admin"), AGENT, from(1));
    assert_eq!(refusal(late.await), "Spent");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_makes_the_account_that_it_is_for() {
    let place = Place::new();
    let invitation = Invitation {
        login: Login::parse("mona").unwrap(),
        email: Email::parse("mona@example.com").ok(),
        site_admin: true,
    };
    let link = place
        .operator()
        .invite(invitation.clone(), &place.key)
        .await
        .unwrap();
    let a = &place.authority;
    assert_eq!(a.invitation(&link).await.unwrap(), Some(invitation.clone()));
    let weak = a.accept_invitation(&link, held("monamonamonamona"), AGENT, from(1));
    assert_eq!(refusal(weak.await), "Password(Common)");
    let signed_in = a
        .accept_invitation(&link, held(PASSWORD), AGENT, from(1))
        .await
        .unwrap();
    let mona = place.session(&signed_in.secret).await.unwrap();
    assert!(mona.user().site_admin && mona.user().email_verified);
    let again = a.accept_invitation(&link, held(PASSWORD), AGENT, from(1));
    assert_eq!(refusal(again.await), "Spent");
    let taken = place.operator().invite(invitation, &place.key).await;
    assert!(taken.is_err());
    let trail = place.actions(0).await;
    assert_eq!(
        trail,
        [
            "user.invite",
            "user.create",
            "user.accept_invitation",
            "user.login"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_ends_after_a_week() {
    let place = Place::new();
    let invitation = Invitation {
        login: Login::parse("mona").unwrap(),
        email: None,
        site_admin: false,
    };
    let link = place
        .operator()
        .invite(invitation, &place.key)
        .await
        .unwrap();
    place.clock.advance(7 * 86_400);
    assert!(place.authority.invitation(&link).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s44_where_one_came_from_is_the_servers_to_know() {
    let place = Place::new();
    let a = &place.authority;
    let target = ReturnTo::parse("/login/oauth/authorize?client_id=abc").unwrap();
    let id = a.remember_return(&target, from(1)).await.unwrap();
    for _ in 0..2 {
        assert_eq!(a.return_target(&id).await.unwrap().as_ref(), Some(&target));
    }
    assert_eq!(a.take_return_target(&id).await.unwrap(), Some(target));
    assert_eq!(a.take_return_target(&id).await.unwrap(), None);
    let hostile = secret("//evil.example");
    assert_eq!(a.return_target(&hostile).await.unwrap(), None);
    // A ticket of another kind leads nowhere.
    let kind = TicketKind::PasskeySignIn;
    let other = a
        .issue_ticket(kind, None, b"/somewhere", from(1))
        .await
        .unwrap();
    assert_eq!(a.return_target(&other).await.unwrap(), None);
    let said = a.take_ticket(kind, &other).await.unwrap().unwrap();
    assert_eq!(&said[..], b"/somewhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_fills_no_table() {
    let place = Place::new();
    let a = &place.authority;
    let target = ReturnTo::parse("/").unwrap();
    for _ in 0..a.policy.tickets_per_hour {
        a.remember_return(&target, from(1)).await.unwrap();
    }
    assert!(a.remember_return(&target, from(1)).await.is_err());
    assert!(a.remember_return(&target, from(2)).await.is_ok());
    place.clock.advance(3_600);
    assert!(a.remember_return(&target, from(1)).await.is_ok());
}
