//! When a token is to end: after some days, on a day, or never. Owns how that
//! is chosen and read.

use grantd_core::clock::Timestamp;
use grantd_core::life::Lifetimes;

use super::super::super::form::Form;
use super::super::super::page::{Field, Page};

/// What is chosen unless somebody chooses otherwise.
const USUAL: u32 = 30;
/// What can be chosen by days, as far as the policy allows.
const OFFERED: [u32; 5] = [7, 30, 60, 90, 365];
const DAY: i64 = 86_400;
/// The field of a day of one's own.
pub(super) const FIELD: &str = "day";

/// What can be chosen.
pub(super) struct Choice {
    /// The choice as it was made, for the page that is shown again.
    pub(super) chosen: String,
    /// So many days, ascending.
    pub(super) days: Vec<u32>,
    /// No end at all.
    pub(super) never: bool,
}

impl Choice {
    pub(super) fn of(form: &Form, lifetimes: Lifetimes) -> Self {
        let most = lifetimes.max_days.unwrap_or(u32::MAX);
        let mut days: Vec<u32> = OFFERED.into_iter().filter(|days| *days <= most).collect();
        // A short maximum is an offer of its own, and so is what is chosen for whoever does not choose.
        days.extend(lifetimes.max_days.filter(|most| *most < OFFERED[0]));
        let usual = lifetimes.default_days.unwrap_or(USUAL).min(most);
        days.push(usual);
        days.sort_unstable();
        days.dedup();
        Self {
            chosen: match form.text("expires") {
                "" => usual.to_string(),
                chosen => chosen.chars().take(10).collect(),
            },
            days,
            never: lifetimes.max_days.is_none(),
        }
    }
}

/// The field of a day of one's own.
pub(super) fn field(page: &Page, form: &Form) -> Field {
    page.field(FIELD, &page.t("token-field-day"))
        .hint(page.t("token-hint-day"))
        .value(form.trimmed(FIELD))
        .day()
        .optional()
}

/// When the token ends, if it does.
///
/// # Errors
/// No day in the future was chosen.
pub(super) fn read(form: &Form, now: Timestamp) -> Result<Option<Timestamp>, NoDay> {
    match form.text("expires") {
        "never" => Ok(None),
        "day" => {
            let day = form.trimmed(FIELD);
            let midnight = Timestamp::parse(&format!("{day}T00:00:00Z"));
            let well_formed = day.len() == 10;
            midnight
                .filter(|end| well_formed && *end > now)
                .map(Some)
                .ok_or(NoDay)
        }
        days => {
            let days = days.parse().ok().filter(|days| (1..=3_650).contains(days));
            let days: i64 = days.ok_or(NoDay)?;
            Ok(Some(now.plus(days * DAY)))
        }
    }
}

/// No day in the future was chosen.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoDay;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_allowed_is_not_offered() {
        let offered = |default_days, max_days| {
            let lifetimes = Lifetimes {
                default_days,
                max_days,
            };
            let choice = Choice::of(&Form::of_pairs(b""), lifetimes);
            (choice.chosen, choice.days, choice.never)
        };
        let text = |days: u32| days.to_string();
        assert_eq!(offered(None, None), (text(30), OFFERED.to_vec(), true));
        assert_eq!(offered(None, Some(60)), (text(30), vec![7, 30, 60], false));
        assert_eq!(offered(None, Some(3)), (text(3), vec![3], false));
        assert_eq!(offered(None, Some(14)), (text(14), vec![7, 14], false));
        for most in 1..=400 {
            for default in [None, Some(1), Some(45), Some(500)] {
                let (chosen, days, _) = offered(default, Some(most));
                let chosen = chosen.parse().unwrap();
                assert!(days.contains(&chosen), "{default:?} {most}");
                assert!(days.iter().all(|days| *days <= most), "{most}");
            }
        }
        let usual = offered(Some(45), Some(60));
        assert_eq!(usual, (text(45), vec![7, 30, 45, 60], false));
    }

    #[test]
    fn an_end_is_days_ahead_or_a_day_or_none() {
        let now = Timestamp::parse("2018-09-30T19:47:18Z").unwrap();
        let read = |text: &str| {
            let end = read(&Form::of_pairs(text.as_bytes()), now);
            end.map(|end| end.map(|end| end.to_string()))
        };
        let at = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(read("expires=7"), at("2018-10-07T19:47:18Z"));
        assert_eq!(read("expires=never&day=2018-12-24"), Ok(None));
        assert_eq!(
            read("expires=day&day=2018-12-24"),
            at("2018-12-24T00:00:00Z")
        );
        for bad in [
            "",
            "expires=0",
            "expires=-1",
            "expires=99999999999999999999",
            "expires=x",
            "expires=day",
            "expires=day&day=2018-09-30",
            "expires=day&day=2018-02-30",
            "expires=day&day=2999-1-1",
        ] {
            assert_eq!(read(bad), Err(NoDay), "{bad}");
        }
    }
}
