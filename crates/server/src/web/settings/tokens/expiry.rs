//! When a token is to end: after some days, on a day, or never. Owns how that
//! is chosen and read.

use grantd_core::clock::Timestamp;

use super::super::super::form::Form;
use super::super::super::page::{Field, Page};

/// What is chosen unless somebody chooses otherwise.
const USUAL: &str = "30";
const DAY: i64 = 86_400;
/// The field of a day of one's own.
pub(super) const FIELD: &str = "day";

/// The choice as it was made, for the page that is shown again.
pub(super) fn chosen(form: &Form) -> String {
    match form.text("expires") {
        "" => USUAL.to_owned(),
        chosen => chosen.chars().take(10).collect(),
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
