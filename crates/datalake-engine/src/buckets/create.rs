//! New buckets, which come slowly.

use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::BucketName;

use crate::objects::Lake;
use crate::ports::{Clock, ObjectStore};
use crate::retry::STEADY;

/// Looks at a new bucket before giving up, one a second: three minutes.
const LOOKS: u32 = 180;

/// What became of a creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewBucket {
    /// It is there now, and was not before.
    Made,
    /// It was there, and the key may use it.
    WasThere,
}

/// Creates a bucket, on demand one whose versions can be locked, and waits until it is there for
/// good. `TakenBucket`: it is somebody else's.
pub async fn create_bucket(
    lake: &dyn Lake,
    clock: &dyn Clock,
    bucket: &BucketName,
    lock: bool,
) -> Result<NewBucket, Fault> {
    let answer = match lake.head_bucket(bucket).await {
        // Some services call it made when they are asked to make it again.
        Ok(()) => Err(Fault::new(FaultKind::TakenBucket, "it was there")),
        Err(_) if lock => lake.create_locked_bucket(bucket).await,
        Err(_) => lake.create_bucket(bucket).await,
    };
    await_settled(lake.store(), clock, bucket, answer).await
}

/// Waits until a bucket is stably there after this answer to its creation: Hetzner's gateways
/// disagree about a new one for seconds to minutes (measured in hel1, 2026-09-08).
pub(crate) async fn await_settled(
    store: &dyn ObjectStore,
    clock: &dyn Clock,
    bucket: &BucketName,
    answer: Result<(), Fault>,
) -> Result<NewBucket, Fault> {
    let new = match answer {
        Ok(()) => NewBucket::Made,
        // Ours by an answer that was lost, or someone else's: the looks below tell.
        Err(fault) if fault.kind == FaultKind::TakenBucket => NewBucket::WasThere,
        Err(fault) => return Err(fault),
    };
    let mut steady = 0;
    let mut last = Fault::new(FaultKind::Absent, "the new bucket does not show up");
    for _ in 0..LOOKS {
        match store.head_bucket(bucket).await {
            Ok(()) => steady += 1,
            Err(fault) if fault.kind == FaultKind::Denied && new == NewBucket::WasThere => {
                return Err(Fault::new(FaultKind::TakenBucket, fault.detail));
            }
            Err(fault) if fault.kind == FaultKind::Absent => (steady, last) = (0, fault),
            Err(fault) => return Err(fault),
        }
        if steady == STEADY {
            return Ok(new);
        }
        let pause = if steady > 0 { Duration::from_millis(100) } else { Duration::from_secs(1) };
        clock.sleep(pause).await;
    }
    Err(last)
}
