//! A relay on this machine that writes down what it is told.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::config::values::Value;

const PASSWORD: &str = "hunter2-of-the-relay";

/// A relay that answers `RCPT` with this, and says in the end what it heard.
async fn relay(recipient: &'static str) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 relay\r\n").await.unwrap();
        let (mut heard, mut in_data) = (String::new(), false);
        while let Ok(Some(line)) = lines.next_line().await {
            heard += &line;
            heard.push('\n');
            let verb = line
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            let answer = match verb.as_str() {
                _ if in_data && line != "." => continue,
                "EHLO" => "250-relay\r\n250 AUTH PLAIN",
                "AUTH" => "235 in",
                "RCPT" => recipient,
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            in_data = verb == "DATA";
            write.write_all(answer.as_bytes()).await.unwrap();
            write.write_all(b"\r\n").await.unwrap();
        }
        heard
    });
    (port, heard)
}

fn mailer(port: u16) -> SmtpMailer {
    let url = SmtpUrl::parse(&format!("smtp://grantd:{PASSWORD}@127.0.0.1:{port}")).unwrap();
    let from = Sender::parse("grantd <no-reply@example.com>").unwrap();
    SmtpMailer::new(&url, &from).unwrap()
}

#[tokio::test]
async fn a_mail_goes_from_the_sender_to_the_address_with_its_words() {
    let (port, heard) = relay("250 ok").await;
    let to = Email::parse("octocat@example.com").unwrap();
    let sent = mailer(port)
        .send(&to, "Paßwort", "Guten Tag\n.\nZeile ☂\n")
        .await;
    sent.unwrap();
    let heard = heard.await.unwrap();
    for part in [
        "MAIL FROM:<no-reply@example.com>",
        "RCPT TO:<octocat@example.com>",
        "From: grantd <no-reply@example.com>",
        "To: octocat@example.com",
        "Subject: =?utf-8?b?",
        "Content-Type: text/plain; charset=utf-8",
        "Message-ID: <",
        "Date: ",
    ] {
        assert!(heard.contains(part), "{part}: {heard}");
    }
    let credentials = STANDARD.encode(format!("\0grantd\0{PASSWORD}"));
    assert!(heard.contains(&credentials), "{heard}");
}

#[tokio::test]
async fn a_refusal_repeats_neither_the_address_nor_the_password() {
    let (port, _heard) =
        relay("550 octocat@example.com is nobody; you are hunter2-of-the-relay").await;
    let to = Email::parse("octocat@example.com").unwrap();
    let refused = mailer(port).send(&to, "Subject", "Text").await.unwrap_err();
    let words = refused.to_string();
    assert!(words.contains("550"), "{words}");
    assert!(
        !words.contains("octocat") && !words.contains(PASSWORD),
        "{words}"
    );
}

#[tokio::test]
async fn a_relay_that_is_away_is_an_error_and_a_greeting_is_none() {
    let (port, _heard) = relay("250 ok").await;
    mailer(port).greet().await.unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    assert!(mailer(port).greet().await.is_err());
}

#[tokio::test]
async fn an_address_that_would_add_lines_is_refused_before_the_relay_hears_it() {
    let to = Email::from_stored("a@example.com>\r\nRCPT TO:<b@example.com".to_owned());
    assert!(mailer(1).send(&to, "Subject", "Text").await.is_err());
    let (port, heard) = relay("250 ok").await;
    let to = Email::parse("octocat@example.com").unwrap();
    let subject = "Subject\r\nBcc: b@example.com";
    // Refused, or written so that it is one line.
    let _ = mailer(port).send(&to, subject, "Text").await;
    let heard = heard.await.unwrap();
    assert!(!heard.contains("\nBcc:"), "{heard}");
}
