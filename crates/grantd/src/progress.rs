//! How far a long command is, on stderr. Owns the drawing: one line that is
//! drawn over on a terminal, a plain line now and then elsewhere; must not know
//! what is counted.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::output;

/// Between two drawings on a terminal.
const DRAWN_EVERY: Duration = Duration::from_millis(100);
/// Between two lines where nothing can be drawn over.
const SAID_EVERY: Duration = Duration::from_secs(10);
const WIDTH: u64 = 24;

/// Something that is counted.
pub(crate) struct Count {
    what: String,
    /// Where it began: less than that took no time.
    from: u64,
    of: u64,
    began: Instant,
    shown: Instant,
    terminal: bool,
}

impl Count {
    /// From `from` to `of`.
    pub(crate) fn begin(what: &str, from: u64, of: u64) -> Self {
        let now = Instant::now();
        Self {
            what: what.to_owned(),
            from,
            of,
            began: now,
            shown: now,
            terminal: io::stderr().is_terminal(),
        }
    }

    /// So many are done.
    pub(crate) fn at(&mut self, done: u64) {
        let pause = if self.terminal {
            DRAWN_EVERY
        } else {
            SAID_EVERY
        };
        if self.shown.elapsed() < pause {
            return;
        }
        self.shown = Instant::now();
        let line = self.line(done, self.began.elapsed());
        if self.terminal {
            draw(&line);
        } else {
            output::note(line);
        }
    }

    /// All are done.
    pub(crate) fn end(self, done: u64) {
        if self.terminal {
            draw("");
        }
        let took = self.began.elapsed();
        let (moved, pace) = (done - self.from, pace(done - self.from, took));
        output::note(format!(
            "{}: {} rows in {}, {} rows/s",
            self.what,
            grouped(moved),
            seconds(took),
            grouped(pace)
        ));
    }

    fn line(&self, done: u64, took: Duration) -> String {
        let pace = pace(done - self.from, took);
        let left = Duration::from_secs(self.of.saturating_sub(done).div_ceil(pace.max(1)));
        format!(
            "{} {} {} of {} rows, {} rows/s, {} left",
            self.what,
            bar(done, self.of),
            grouped(done),
            grouped(self.of),
            grouped(pace),
            seconds(left)
        )
    }
}

/// Something that takes about a known time, and of which nothing is heard meanwhile.
pub(crate) struct Wait {
    what: String,
    began: Instant,
    ended: Sender<()>,
    drawing: Option<JoinHandle<()>>,
}

impl Wait {
    /// It begins; `None`: nobody knows how long it takes.
    pub(crate) fn begin(what: String, about: Option<Duration>) -> Self {
        let (ended, end) = channel();
        let drawing = if io::stderr().is_terminal() {
            let what = what.clone();
            Some(std::thread::spawn(move || draw_until(&end, &what, about)))
        } else {
            let estimate = about.map(|about| format!(", about {}", seconds(about)));
            output::note(format!("{what}{}", estimate.unwrap_or_default()));
            None
        };
        Self {
            what,
            began: Instant::now(),
            ended,
            drawing,
        }
    }

    /// It is done.
    pub(crate) fn end(self) {
        drop(self.ended);
        if let Some(drawing) = self.drawing {
            // It only draws.
            let _ = drawing.join();
        }
        let took = seconds(self.began.elapsed());
        output::note(format!("{}: done in {took}", self.what));
    }
}

fn draw_until(end: &Receiver<()>, what: &str, about: Option<Duration>) {
    let began = Instant::now();
    while end.recv_timeout(DRAWN_EVERY) == Err(RecvTimeoutError::Timeout) {
        let took = began.elapsed();
        draw(&match about {
            None => format!("{what}: {}", seconds(took)),
            Some(about) => {
                let (done, of) = (took.as_millis() as u64, about.as_millis() as u64);
                let bar = bar(done.min(of.saturating_sub(1)), of);
                format!("{what} {bar} {} of about {}", seconds(took), seconds(about))
            }
        });
    }
    draw("");
}

/// Over what was drawn before.
fn draw(line: &str) {
    let _ = write!(io::stderr().lock(), "\r\x1b[K{line}");
}

fn pace(count: u64, took: Duration) -> u64 {
    (count as f64 / took.as_secs_f64().max(0.001)) as u64
}

fn bar(done: u64, of: u64) -> String {
    let done = done.min(of);
    let percent = (done * 100).checked_div(of).unwrap_or(100);
    let full = (done * WIDTH).checked_div(of).unwrap_or(WIDTH) as usize;
    let (full, empty) = ("#".repeat(full), "-".repeat(WIDTH as usize - full));
    format!("[{full}{empty}] {percent:3}%")
}

fn seconds(time: Duration) -> String {
    let whole = time.as_secs();
    match whole {
        0..=9 => format!("{:.1} s", time.as_secs_f64()),
        10..=119 => format!("{whole} s"),
        _ => format!("{} min {} s", whole / 60, whole % 60),
    }
}

/// 1234567 as 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_how_fast_and_how_long() {
        let count = Count::begin("users", 500, 2_500);
        let line = count.line(1_500, Duration::from_secs(2));
        let expected =
            "users [##############----------]  60% 1,500 of 2,500 rows, 500 rows/s, 2.0 s left";
        assert_eq!(line, expected);
        assert_eq!(bar(0, 0), format!("[{}] 100%", "#".repeat(24)));
    }

    #[test]
    fn numbers_are_grouped_and_times_short() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(seconds(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(119)), "119 s");
        assert_eq!(seconds(Duration::from_secs(3_700)), "61 min 40 s");
    }
}
