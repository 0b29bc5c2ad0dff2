//! The pages, for people in browsers. Must not decide who may do what: that is
//! core's.

pub(crate) mod front;
pub(crate) mod refusal;
