//! The way of log lines to standard error. Owns a bounded memory and the one
//! thread that writes: nobody who logs waits for whoever reads. Must not know what a line says.
//!
//! Lines that wait are written together, every few milliseconds. When nobody reads them and too many
//! wait, further ones are lost; how many is said as soon as somebody reads again.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// So much may wait.
const MOST_WAITING: usize = 4 << 20;
/// Between two writes: so lines under load share them.
const PAUSE: Duration = Duration::from_millis(5);

/// Where lines are put; clones share it.
#[derive(Clone)]
pub(crate) struct Lines(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    lost: u64,
    /// The thread sleeps; only then is waking it worth a system call.
    idle: bool,
    ended: bool,
}

/// The thread, until it is told to end.
pub(crate) struct Writing {
    lines: Lines,
    thread: Option<JoinHandle<()>>,
}

impl Lines {
    /// Starts writing to `output`.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub(crate) fn to(output: impl Write + Send + 'static) -> io::Result<(Self, Writing)> {
        let lines = Self(Arc::new(Shared {
            state: Mutex::default(),
            arrived: Condvar::new(),
        }));
        let own = lines.clone();
        let writes = move || own.write_to(output);
        let thread = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(writes)?;
        let writing = Writing {
            lines: lines.clone(),
            thread: Some(thread),
        };
        Ok((lines, writing))
    }

    /// Adds a line, which `write` ends with a newline.
    pub(crate) fn add(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.lock();
        if state.waiting.len() >= MOST_WAITING {
            state.lost += 1;
            return;
        }
        write(&mut state.waiting);
        let wake = std::mem::take(&mut state.idle);
        drop(state);
        if wake {
            self.0.arrived.notify_one();
        }
    }

    fn write_to(&self, mut output: impl Write) {
        let mut taken = Vec::new();
        loop {
            let (lost, ended) = self.take(&mut taken);
            // There is nobody left to tell of an error here.
            let _ = output.write_all(&taken);
            if lost > 0 {
                let _ = writeln!(
                    output,
                    "{lost} log lines were lost: nobody read them in time"
                );
            }
            if ended && taken.is_empty() {
                let _ = output.flush();
                return;
            }
            taken.clear();
            if !ended {
                std::thread::sleep(PAUSE);
            }
        }
    }

    /// Waits for lines, and takes all; how many were lost since, and whether there is an end.
    fn take(&self, into: &mut Vec<u8>) -> (u64, bool) {
        let mut state = self.lock();
        while state.waiting.is_empty() && !state.ended {
            state.idle = true;
            let waited = self.0.arrived.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(&mut state.waiting, into);
        (std::mem::take(&mut state.lost), state.ended)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Writing {
    /// Waits until all is written.
    fn drop(&mut self) {
        self.lines.lock().ended = true;
        self.lines.0.arrived.notify_one();
        if let Some(thread) = self.thread.take() {
            // If it panicked, it has said so.
            let _ = thread.join();
        }
    }
}

/// One line, as whoever formats it hands it over: in one piece.
impl Write for &Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.add(|waiting| waiting.extend_from_slice(line));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = &'a Lines;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn all_lines_are_written_in_order_before_the_end() {
        let kept = Kept::default();
        let (lines, writing) = Lines::to(kept.clone()).unwrap();
        for number in 0..1_000 {
            let line = format!("{number}\n");
            (&lines).write_all(line.as_bytes()).unwrap();
        }
        drop(writing);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let expected: Vec<String> = (0..1_000).map(|number| number.to_string()).collect();
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }

    /// Takes nothing until it is told to.
    struct Stuck(mpsc::Receiver<()>, Kept);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // The sender is gone: no more waiting.
            let _ = self.0.recv();
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_a_reader_who_does_not_read_and_the_loss_is_told() {
        let (go_on, stuck) = mpsc::channel();
        let kept = Kept::default();
        let (lines, writing) = Lines::to(Stuck(stuck, kept.clone())).unwrap();
        let line = [b'x'; 1_023].iter().copied().chain([b'\n']);
        let line: Vec<u8> = line.collect();
        for _ in 0..MOST_WAITING / 1_024 * 3 {
            (&lines).write_all(&line).unwrap();
        }
        assert!(lines.lock().waiting.len() <= MOST_WAITING + 1_024);
        drop(go_on);
        drop(writing);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("log lines were lost"));
        assert!(text.len() >= MOST_WAITING, "{}", text.len());
    }
}
