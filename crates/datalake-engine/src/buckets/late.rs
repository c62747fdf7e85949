//! Buckets that were made a moment ago, and that not every gateway knows yet.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::plan::{Action, Step};
use datalake_core::receipt::Outcome;
use datalake_core::s3::BucketName;

use super::create::await_settled;
use crate::ports::{Clock, ObjectStore, Ports};
use crate::records::Records;

/// How long after its creation a bucket may still be missing in an answer, in seconds: minutes at
/// Hetzner.
const UNSTEADY: i64 = 600;

/// Waits until the bucket is stably there, though an answer has just denied it.
///
/// # Errors
///
/// The service's fault; `Unavailable` where the bucket does not show up in three minutes.
pub(crate) async fn await_bucket(
    bucket: &BucketName,
    store: &dyn ObjectStore,
    clock: &dyn Clock,
) -> Result<(), Fault> {
    match await_settled(store, clock, bucket, Ok(())).await {
        Err(fault) if fault.kind == FaultKind::Absent => Err(Fault::new(
            FaultKind::Unavailable,
            format!("the service says both that the bucket exists and that it does not: {fault}"),
        )),
        answer => answer.map(drop),
    }
}

/// Waits for a bucket that a run of this state folder began to make a few minutes ago. One that is
/// not there at all stays so: whoever needs it asks the service, which says so.
///
/// # Errors
///
/// As `await_bucket`, and a fault of the records.
pub async fn await_new_bucket(
    bucket: &BucketName,
    records: Records<'_>,
    store: &dyn ObjectStore,
    clock: &dyn Clock,
) -> Result<(), Fault> {
    let since = clock.now().unix() - UNSTEADY;
    if !is_new(bucket, records, since)? || is_surely_absent(bucket, store).await {
        return Ok(());
    }
    await_bucket(bucket, store, clock).await
}

/// A step that has nothing to do has not waited for its bucket either: an earlier run may have been
/// killed while it did.
pub(crate) async fn await_result(step: &Step, ports: &Ports<'_>) -> Result<(), Fault> {
    match &step.action {
        Action::CreateBucket(bucket) => await_bucket(bucket, ports.store, ports.clock).await,
        Action::ProveAccess(..)
        | Action::SetVersioning(..)
        | Action::SetLifecycle(..)
        | Action::SetPolicy(..)
        | Action::SetPublicAccess(..)
        | Action::CreateFolder { .. }
        | Action::RemoveFolder(_)
        | Action::WriteFile { .. }
        | Action::RestoreFile { .. }
        | Action::RemoveFile(_)
        | Action::StoreSecret { .. }
        | Action::RestoreSecret { .. }
        | Action::RemoveSecret(_)
        | Action::SettleServices(_)
        | Action::SettleTimers(_)
        | Action::ProveContainers { .. }
        | Action::StoreVault { .. }
        | Action::RestoreVault { .. }
        | Action::RemoveVault(_)
        | Action::ClearVault(..)
        | Action::RollOver(_) => Ok(()),
    }
}

/// Whether the account's own list has a bucket that an answer has just denied. A key that may not
/// list learns nothing here.
pub(crate) async fn is_listed(bucket: &BucketName, store: &dyn ObjectStore) -> bool {
    store.buckets().await.is_ok_and(|buckets| buckets.contains(bucket))
}

async fn is_surely_absent(bucket: &BucketName, store: &dyn ObjectStore) -> bool {
    match store.head_bucket(bucket).await {
        Err(fault) if fault.kind == FaultKind::Absent => !is_listed(bucket, store).await,
        Ok(()) | Err(_) => false,
    }
}

/// Whether a run has begun to make this bucket since then.
fn is_new(bucket: &BucketName, records: Records<'_>, since: i64) -> Result<bool, Fault> {
    let creates =
        |step: &Step| matches!(&step.action, Action::CreateBucket(made) if made == bucket);
    let history = records.history()?;
    for receipt in history.iter().filter(|receipt| receipt.ended.unix() >= since) {
        let begun = receipt.steps.iter().filter(|taken| taken.outcome != Outcome::NotBegun);
        if begun.map(|taken| &taken.step).any(creates) {
            return Ok(true);
        }
    }
    // One that goes on now, or was killed and is judged by the next run.
    for run in records.open_runs()? {
        if records.journal(&run)?.begin.plan.steps.iter().any(creates) {
            return Ok(true);
        }
    }
    Ok(false)
}
