//! How long tokens live.

use super::{Shape, Value};

/// A hundred years: longer is for ever.
const MOST_DAYS: u32 = 36_500;

/// Whole days, at least one.
#[derive(Clone, Copy)]
pub(crate) struct Lifetime(pub(crate) u32);

impl Value for Lifetime {
    const SHAPE: Shape = Shape::Number;
    const KIND: &'static str = "DAYS";

    fn parse(text: &str) -> Result<Self, String> {
        let days = text.parse().ok();
        days.filter(|days| (1..=MOST_DAYS).contains(days))
            .map(Self)
            .ok_or_else(|| format!("give a whole number of days from 1 to {MOST_DAYS}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_whole_days() {
        for wrong in ["0", "-1", "1.5", "36501", "a week"] {
            assert!(Lifetime::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Lifetime::parse("36500").is_ok());
    }
}
