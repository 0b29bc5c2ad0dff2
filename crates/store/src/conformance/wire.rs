//! A wire before a database that can be made to stop: nothing is lost, and nothing arrives.
//! Owns the two directions; must not know what they carry.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One direction.
#[derive(Clone, Default)]
pub struct Flow(Arc<AtomicBool>);

impl Flow {
    /// Holds what arrives from now on.
    pub fn freeze(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Lets it go.
    pub fn thaw(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    async fn pass(self, mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin) {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes).await {
            while self.0.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            if to.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    }
}

/// Both.
pub struct Wire {
    /// Where clients connect to instead.
    pub url: String,
    /// To the database.
    pub questions: Flow,
    /// From it.
    pub answers: Flow,
    port: Arc<AtomicU16>,
}

impl Wire {
    /// Another way to the database of `url`, on this machine.
    ///
    /// # Panics
    /// The URL names no port here, or none is free.
    pub async fn before(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (start, rest) = url.split_once("127.0.0.1:").expect("a host here");
        let (port, database) = rest.split_once('/').expect("a database");
        let port = port.parse().expect("a port");
        let port = Arc::new(AtomicU16::new(port));
        let here = listener.local_addr().expect("its address");
        let (questions, answers) = (Flow::default(), Flow::default());
        let wire = Self {
            url: format!("{start}{here}/{database}"),
            questions: questions.clone(),
            answers: answers.clone(),
            port: Arc::clone(&port),
        };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let port = port.load(Ordering::SeqCst);
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else {
                    continue;
                };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(questions.clone().pass(from_client, to_server));
                tokio::spawn(answers.clone().pass(from_server, to_client));
            }
        });
        wire
    }

    /// Nothing passes either way.
    pub fn freeze(&self) {
        self.questions.freeze();
        self.answers.freeze();
    }

    /// New connections lead to another server, and everything passes again.
    pub fn lead_to(&self, port: u16) {
        self.port.store(port, Ordering::SeqCst);
        self.questions.thaw();
        self.answers.thaw();
    }
}
