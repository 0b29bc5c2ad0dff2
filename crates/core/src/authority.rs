//! soon
/// soon
pub struct Authority;
