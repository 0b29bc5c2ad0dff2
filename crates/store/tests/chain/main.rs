//! The chain of the trail in real databases: whatever somebody who may write
//! there does to sealed rows is found.

mod order;
mod place;
mod tampering;
