//! The chain of the trail and leases, which the reference leaves out: no
//! operation of the alphabet needs them.

use async_trait::async_trait;
use grantd_core::audit::Checkpoint;
use grantd_core::audit::chain::{Seal, SealedRow};
use grantd_core::clock::Timestamp;
use grantd_core::store::{ChainStore, Lease, LeaseStore, Stored, Strays, Waiting};

use super::{Reference, unavailable};

macro_rules! refuse {
    ($trait:ident { $($method:ident($($type:ty),*) -> $result:ty;)* }) => {
        #[async_trait]
        impl $trait for Reference {
            $(async fn $method(&self, $(_: $type),*) -> Stored<$result> {
                Err(unavailable("the reference keeps no chain"))
            })*
        }
    };
}

refuse! {
    ChainStore {
        waiting(u32) -> Waiting;
        seal(Lease, Timestamp, Vec<Seal>, Option<Checkpoint>) -> bool;
        list_sealed(i64, u32) -> Vec<SealedRow>;
        list_checkpoints(i64, u32) -> Vec<Checkpoint>;
        find_checkpoint(i64) -> Option<Checkpoint>;
        find_seal(i64) -> Option<Seal>;
        find_strays(i64, u32) -> Strays;
    }
}

refuse! {
    LeaseStore {
        find_lease(&'static str) -> Option<(Lease, i64)>;
        hold_lease(Lease, Timestamp) -> Option<i64>;
        advance_lease(Lease, i64) -> bool;
    }
}
