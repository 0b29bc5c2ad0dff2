//! Traces that go on over several programs: the W3C header `traceparent`. Owns
//! whose is believed and what it may look like; spans and where they go are
//! whoever made the subscriber's.

use std::net::IpAddr;

use tracing::Span;

use crate::request::Asked;
use crate::settings::Network;

/// The span of another program in which a request was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace.
    pub trace: u128,
    /// The span.
    pub span: u64,
    /// Whether the trace is kept.
    pub sampled: bool,
}

impl TraceParent {
    /// Reads `00-TRACE-SPAN-FLAGS` in lower-case hex digits; anything else begins a trace of its own.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace, span, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_hex = |text: &str, length| {
            text.len() == length
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        };
        // Later versions may add parts, and keep these.
        let fits =
            is_hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
        if !fits || !is_hex(trace, 32) || !is_hex(span, 16) || !is_hex(flags, 2) {
            return None;
        }
        let parent = Self {
            trace: u128::from_str_radix(trace, 16).ok()?,
            span: u64::from_str_radix(span, 16).ok()?,
            sampled: u8::from_str_radix(flags, 16).ok()? & 1 == 1,
        };
        (parent.trace != 0 && parent.span != 0).then_some(parent)
    }
}

/// Who knows where spans go.
pub trait Tracer: Send + Sync {
    /// Makes `span`, which has not begun, part of another program's trace.
    fn adopt(&self, span: &Span, parent: TraceParent);
}

/// What a trusted proxy says of the trace; anybody else would fill ours with theirs.
pub(crate) fn parent(asked: &Asked, peer: IpAddr, trusted: &[Network]) -> Option<TraceParent> {
    if !trusted.iter().any(|network| network.contains(peer)) {
        return None;
    }
    let mut sent = asked.headers.get_all("traceparent").iter();
    let (first, more) = (sent.next()?, sent.next());
    more.is_none()
        .then(|| TraceParent::parse(first.to_str().ok()?))?
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_trace_parent_is_exactly_that() {
        let parent = TraceParent::parse(GOOD).unwrap();
        assert_eq!(parent.trace, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!(parent.span, 0x00f0_67aa_0ba9_02b7);
        assert!(parent.sampled);
        assert!(TraceParent::parse(&GOOD.replace("00-4", "01-4")).is_some());
        for wrong in [
            "",
            "00",
            &GOOD.to_uppercase(),
            &format!("{GOOD}-more"),
            &GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &GOOD.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &GOOD.replace("00-4", "ff-4"),
            &GOOD.replace("-01", "-1"),
            &GOOD.replace("4bf9", "+bf9"),
        ] {
            assert_eq!(TraceParent::parse(wrong), None, "{wrong}");
        }
    }
}
