//! Lists over several pages, by number. Owns the links to the pages around one.

use grantd_core::store::PageRequest;

use super::visit::Visit;

/// Records on one page: with more, a page would weigh more than 30 kilobytes.
pub(crate) const PER_PAGE: u32 = 20;

/// The page of a list that a visit asks for.
pub(crate) fn asked(visit: &Visit) -> PageRequest {
    let page = visit.query("page").parse().ok().filter(|page| *page > 0);
    PageRequest {
        page: page.unwrap_or(1),
        per_page: PER_PAGE,
    }
}

/// The addresses of the pages before and after one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pager {
    pub(crate) newer: Option<String>,
    pub(crate) older: Option<String>,
}

impl Pager {
    /// Around this page of a list of `total` records at `path`.
    pub(crate) fn new(path: &str, asked: PageRequest, total: u64) -> Self {
        let last = total.div_ceil(u64::from(asked.per_page)).max(1);
        let page = u64::from(asked.page);
        let mark = if path.contains('?') { '&' } else { '?' };
        let at = |page: u64| format!("{path}{mark}page={page}");
        Self {
            newer: (page > 1).then(|| at((page - 1).min(last))),
            older: (page < last).then(|| at(page + 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_leads_to_those_around_it() {
        let around = |page, total| {
            let asked = PageRequest { page, per_page: 20 };
            let pager = Pager::new("/x", asked, total);
            (pager.newer, pager.older)
        };
        let at = |page: u32| Some(format!("/x?page={page}"));
        assert_eq!(around(1, 0), (None, None));
        assert_eq!(around(1, 21), (None, at(2)));
        assert_eq!(around(2, 41), (at(1), at(3)));
        assert_eq!(around(9, 41), (at(3), None));
    }
}
