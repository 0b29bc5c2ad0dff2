//! Lists by number, as the wire asks for them: `page`, `per_page`, `Link`.
//! Owns the forgiving reading of both and the order of relations; must not
//! know what is listed.

use grantd_core::store::PageRequest;

const DEFAULT_PER_PAGE: u32 = 30;
const MOST_PER_PAGE: u32 = 100;

/// A query string, keys and values decoded, order kept.
#[derive(Debug, Default)]
pub struct Query<'a> {
    raw: &'a str,
}

impl<'a> Query<'a> {
    /// The part of a URL after `?`.
    pub fn new(raw: &'a str) -> Self {
        Self { raw }
    }

    fn pairs(&self) -> impl Iterator<Item = (String, String)> + 'a {
        url::form_urlencoded::parse(self.raw.as_bytes())
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
    }

    /// The last value of `key`: where a key comes twice, the later one counts.
    pub fn get(&self, key: &str) -> Option<String> {
        self.pairs()
            .filter(|(found, _)| found == key)
            .map(|(_, value)| value)
            .last()
    }

    /// Which page is asked for. Never an error: what is no positive number
    /// falls back to page 1 and 30 per page, and more than 100 are 100.
    pub fn page(&self) -> PageRequest {
        let number = |key: &str| -> Option<u32> {
            let text = self.get(key)?;
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            // Only digits are left, so what does not parse is too large a number.
            digits
                .then(|| text.parse().unwrap_or(u32::MAX))
                .filter(|number| *number > 0)
        };
        PageRequest {
            page: number("page").unwrap_or(1),
            per_page: number("per_page")
                .unwrap_or(DEFAULT_PER_PAGE)
                .min(MOST_PER_PAGE),
        }
    }

    /// The query with `page` replaced in place, or appended.
    fn with_page(&self, page: u64) -> String {
        // Decoded, as `get` reads it: a `p%61ge` left behind would overrule ours.
        let is_page =
            |pair: &str| url::form_urlencoded::parse(pair.as_bytes()).any(|(key, _)| key == "page");
        let kept: Vec<&str> = self
            .raw
            .split('&')
            .filter(|pair| !pair.is_empty())
            .collect();
        let mut written = false;
        let mut pairs: Vec<String> = Vec::new();
        for pair in &kept {
            if !is_page(pair) {
                pairs.push((*pair).to_owned());
            } else if !written {
                written = true;
                pairs.push(format!("page={page}"));
            }
        }
        if !written {
            pairs.push(format!("page={page}"));
        }
        pairs.join("&")
    }

    /// The `Link` header of a list at `url` with `total` records; none when one page holds all.
    pub fn link(&self, url: &str, total: u64) -> Option<String> {
        let PageRequest { page, per_page } = self.page();
        let page = u64::from(page);
        let last = total.div_ceil(u64::from(per_page)).max(1);
        let mut relations = Vec::new();
        if page > 1 {
            relations.push(("prev", (page - 1).min(last)));
        }
        if page < last {
            relations.push(("next", page + 1));
            relations.push(("last", last));
        }
        if page > 1 {
            relations.push(("first", 1));
        }
        if page >= last {
            relations.reverse();
        }
        let items: Vec<String> = relations
            .iter()
            .map(|(rel, page)| format!("<{url}?{}>; rel=\"{rel}\"", self.with_page(*page)))
            .collect();
        (!items.is_empty()).then(|| items.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://api.github.com/authorizations";

    #[test]
    fn unusable_numbers_fall_back_and_large_ones_are_clamped() {
        let page = |query: &'static str| {
            let PageRequest { page, per_page } = Query::new(query).page();
            (page, per_page)
        };
        assert_eq!(page(""), (1, 30));
        assert_eq!(page("page=2&per_page=100"), (2, 100));
        assert_eq!(page("per_page=101"), (1, 100));
        for bad in [
            "page=0&per_page=0",
            "page=-1&per_page=-5",
            "page=x&per_page=",
            "page=1.5&per_page=%00",
            "page=%F0%90",
        ] {
            assert_eq!(page(bad), (1, 30), "{bad}");
        }
        assert_eq!(
            page("page=99999999999999999999&per_page=99999999999999"),
            (u32::MAX, 100)
        );
    }

    #[test]
    fn links_lead_on_however_the_page_was_spelled() {
        let link = Query::new("p%61ge=2&per_page=10&page").link(URL, 100);
        assert!(
            Query::new("p%61ge=1")
                .link(URL, 31)
                .unwrap()
                .contains("?page=2>")
        );
        assert!(link.unwrap().contains("?page=2&per_page=10>; rel=\"next\""));
    }

    #[test]
    fn the_first_page_names_next_and_last_as_recorded() {
        assert_eq!(
            Query::new("").link(URL, 31).unwrap(),
            "<https://api.github.com/authorizations?page=2>; rel=\"next\", <https://api.github.com/authorizations?page=2>; rel=\"last\""
        );
    }

    #[test]
    fn the_last_page_names_first_and_prev_as_recorded() {
        let expected = "<https://api.github.com/authorizations?page=1>; rel=\"first\", <https://api.github.com/authorizations?page=1>; rel=\"prev\"";
        assert_eq!(Query::new("page=2").link(URL, 31).unwrap(), expected);
        assert_eq!(
            Query::new("page=2").link(URL, 30).unwrap(),
            expected,
            "beyond the end"
        );
    }

    #[test]
    fn a_middle_page_names_all_four_and_keeps_the_other_keys() {
        let link = Query::new("per_page=10&page=2&client_id=a%20b")
            .link(URL, 35)
            .unwrap();
        let rels: Vec<&str> = link
            .split("rel=")
            .skip(1)
            .map(|rel| rel.split('"').nth(1).unwrap())
            .collect();
        assert_eq!(rels, ["prev", "next", "last", "first"]);
        assert!(
            link.contains("?per_page=10&page=3&client_id=a%20b>; rel=\"next\""),
            "{link}"
        );
        assert!(
            Query::new("per_page=10")
                .link(URL, 35)
                .unwrap()
                .contains("?per_page=10&page=4>; rel=\"last\"")
        );
    }

    #[test]
    fn one_page_has_no_link() {
        assert_eq!(Query::new("").link(URL, 30), None);
        assert_eq!(Query::new("").link(URL, 0), None);
    }
}
