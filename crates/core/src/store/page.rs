//! Pages of lists by number, as the wire asks for them.

/// A page of a list, by number: what the wire asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// From 1; a page beyond the end is empty.
    pub page: u32,
    /// From 1 to 100.
    pub per_page: u32,
}

impl PageRequest {
    /// The first record alone.
    pub const FIRST: Self = Self {
        page: 1,
        per_page: 1,
    };
}

/// One page, and how many records there are in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The records of this page, ids ascending.
    pub items: Vec<T>,
    /// The length of the whole list.
    pub total: u64,
}
