//! What happened: who asked what of which node, from when to when, and what
//! came of it. Owns the words of a history; must not judge it.

/// A point on the one clock of all clients, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) u64);

impl Moment {
    /// Before everything, and after everything: an open write may still happen at any time.
    pub(crate) const EVER: Self = Self(0);
    pub(crate) const NEVER: Self = Self(u64::MAX);

    pub(crate) fn millis_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0) / 1_000_000
    }
}

/// Who was asked: a server, or the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Node(pub(crate) usize);

/// One clear token; what a reset makes is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Token(pub(crate) usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct User(pub(crate) usize);

/// A user and an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Grant {
    pub(crate) user: User,
    pub(crate) app: usize,
}

/// What was asked. What an unheard answer made, nobody knows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    Create { grant: Grant, made: Option<Token> },
    Check { token: Token },
    Reset { old: Token, made: Option<Token> },
    Revoke { token: Token },
    DeleteGrant { grant: Grant },
    Suspend { user: User },
    Unsuspend { user: User },
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Of a check.
    Valid,
    /// Of a check.
    Invalid,
    /// A write was acknowledged.
    Done,
    /// A write was refused, and has done nothing.
    Refused,
    /// A 5xx, a timeout, a cut: a write stays open for ever, a check says nothing.
    Unknown,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) node: Node,
    pub(crate) what: What,
    /// Before the first byte was sent.
    pub(crate) invoked: Moment,
    /// After the last byte was read, or when the client gave up.
    pub(crate) completed: Moment,
    pub(crate) outcome: Outcome,
}

impl Event {
    /// Until when it may have taken effect.
    pub(crate) fn closed(&self) -> Moment {
        match self.outcome {
            Outcome::Unknown => Moment::NEVER,
            _ => self.completed,
        }
    }
}
