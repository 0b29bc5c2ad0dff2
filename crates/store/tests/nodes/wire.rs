//! A wire before a database that can be made to stop: nothing is lost, and nothing arrives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One direction.
#[derive(Clone, Default)]
pub(crate) struct Flow(Arc<AtomicBool>);

impl Flow {
    pub(crate) fn freeze(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub(crate) fn thaw(&self) {
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
pub(crate) struct Wire {
    pub(crate) url: String,
    pub(crate) questions: Flow,
    pub(crate) answers: Flow,
}

impl Wire {
    /// Another way to the database of `url`.
    pub(crate) async fn before(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (start, rest) = url.split_once("127.0.0.1:").unwrap();
        let (port, database) = rest.split_once('/').unwrap();
        let server = format!("127.0.0.1:{port}");
        let here = listener.local_addr().unwrap();
        let (questions, answers) = (Flow::default(), Flow::default());
        let wire = Self {
            url: format!("{start}{here}/{database}"),
            questions: questions.clone(),
            answers: answers.clone(),
        };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else {
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
}
