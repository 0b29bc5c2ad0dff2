//! Restore drills: random histories of minting, revoking, resetting, deleting
//! grants, suspending and rotating, with a backup taken in their midst and a
//! crash after which only the backup and a file of the trail are left.
//!
//! - [`history`]: clients at work, and what was acknowledged to them
//! - [`stage`]: a store with its archive, its backup, and what comes out of them
//! - [`drills`]: the drills; [`fence`]: what the fence does; [`damage`]: what is refused
//!
//! `GRANTD_RESTORE_HISTORIES` says how many histories; the full run has 200.

mod damage;
mod drills;
mod fence;
mod history;
mod rekey;
mod stage;
