//! One key changed, with an eye on who else writes it.

use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::BucketName;
use datalake_core::size::ByteSize;
use datalake_engine::{AnyKey, Clock, Lake, ListAsk, VersionEntry, VersionId, VersionPages};

use super::copying::{VersionCopy, may_be_done};
use super::record::{ChangeOutcome, PlannedChange};

/// Tries of one change at most.
const TRIES: u32 = 5;

/// The first pause; it doubles from try to try.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// So many of the newest versions of a key are looked at.
const NEWEST: u16 = 8;

/// Changes keys of a bucket, and takes the changes back.
#[derive(Clone, Copy)]
pub(super) struct KeyWriter<'a> {
    /// The service, asked once: a change that was made twice would be told apart no more.
    pub(super) once: &'a dyn Lake,
    /// The service, asked again where that can help.
    pub(super) lake: &'a dyn Lake,
    pub(super) clock: &'a dyn Clock,
    pub(super) bucket: &'a BucketName,
    pub(super) largest_copy: ByteSize,
}

/// How a key stands, compared with a change.
#[derive(Debug, PartialEq, Eq)]
enum KeyStanding {
    /// What was current when it was planned is current.
    Untouched,
    /// What the change makes is current, directly before that.
    Made(VersionId),
    /// Something else is current; of the versions since, these are what the change makes.
    Changed(Vec<VersionId>),
}

/// What became of a key whose change is taken back.
#[derive(Debug)]
pub(super) enum TakenBack {
    Undone,
    AsBefore,
    Left,
    Failed(Fault),
}

impl KeyWriter<'_> {
    /// Makes a change, if the key is as it was when that was planned.
    ///
    /// No service keeps others from writing the key at the same time where versions are kept. So the
    /// key is looked at again afterwards: what covers the version of somebody else is removed.
    pub(super) async fn make(&self, change: &PlannedChange) -> Result<ChangeOutcome, Fault> {
        let key = parse_key(change)?;
        for tried in 1.. {
            match self.look(&key, change).await? {
                KeyStanding::Untouched => (),
                // The answer to the try before got lost.
                KeyStanding::Made(version) if tried > 1 => {
                    return Ok(ChangeOutcome::Made(version.0));
                }
                KeyStanding::Made(_) | KeyStanding::Changed(_) => return Ok(ChangeOutcome::Left),
            }
            let fault = match self.write(&key, change).await {
                Ok(version) => return self.confirm(&key, change, version).await,
                Err(fault) => fault,
            };
            if tried < TRIES && (may_be_done(fault.kind) || fault.kind == FaultKind::Throttled) {
                self.pause(tried, fault.wait).await;
            } else {
                return match self.look(&key, change).await? {
                    KeyStanding::Made(version) => Ok(ChangeOutcome::Made(version.0)),
                    KeyStanding::Untouched | KeyStanding::Changed(_) => Err(fault),
                };
            }
        }
        Ok(ChangeOutcome::Left)
    }

    /// Takes a change back; `outcome` is what was recorded of it, if anything was.
    pub(super) async fn take_back(
        &self,
        change: &PlannedChange,
        outcome: Option<&ChangeOutcome>,
    ) -> TakenBack {
        if outcome == Some(&ChangeOutcome::Left) {
            return TakenBack::AsBefore;
        }
        self.try_to_take_back(change, outcome).await.unwrap_or_else(TakenBack::Failed)
    }

    async fn try_to_take_back(
        &self,
        change: &PlannedChange,
        outcome: Option<&ChangeOutcome>,
    ) -> Result<TakenBack, Fault> {
        let key = parse_key(change)?;
        let ours = match outcome {
            Some(ChangeOutcome::Made(version)) => Some(version),
            Some(ChangeOutcome::Left | ChangeOutcome::Failed(_)) | None => None,
        };
        Ok(match self.look(&key, change).await? {
            KeyStanding::Untouched => TakenBack::AsBefore,
            KeyStanding::Made(version) if ours.is_none_or(|ours| *ours == version.0) => {
                // Where somebody writes now, it is covered already, and its end changes nothing.
                self.lake.delete(self.bucket, &key, Some(&version)).await?;
                TakenBack::Undone
            }
            // Nothing of the run is there.
            KeyStanding::Changed(fitting) if ours.is_none() && fitting.is_empty() => {
                TakenBack::AsBefore
            }
            KeyStanding::Made(_) | KeyStanding::Changed(_) => TakenBack::Left,
        })
    }

    async fn write(
        &self,
        key: &AnyKey,
        change: &PlannedChange,
    ) -> Result<Option<VersionId>, Fault> {
        let Some(content) = &change.source else {
            return Ok(self.once.delete(self.bucket, key, None).await?.version);
        };
        let (bucket, largest_copy) = (self.bucket, self.largest_copy);
        let copy = VersionCopy { bucket, key, content, largest_copy };
        Ok(copy.carry_out(self.once).await?.version)
    }

    /// Looks whether what was written is directly before what was current. Ceph does not tell the
    /// version of a copy.
    async fn confirm(
        &self,
        key: &AnyKey,
        change: &PlannedChange,
        written: Option<VersionId>,
    ) -> Result<ChangeOutcome, Fault> {
        for tried in 1..TRIES {
            let mut fitting = match self.look(key, change).await? {
                KeyStanding::Made(version) if written.as_ref().is_none_or(|id| *id == version) => {
                    return Ok(ChangeOutcome::Made(version.0));
                }
                // A gateway that lags behind.
                KeyStanding::Untouched => {
                    self.pause(tried, None).await;
                    continue;
                }
                KeyStanding::Made(version) => vec![version],
                KeyStanding::Changed(fitting) => fitting,
            };
            let only = if fitting.len() == 1 { fitting.pop() } else { None };
            if let Some(ours) = written.or(only) {
                self.lake.delete(self.bucket, key, Some(&ours)).await?;
            }
            return Ok(ChangeOutcome::Left);
        }
        written.map(|version| ChangeOutcome::Made(version.0)).ok_or_else(|| {
            Fault::new(FaultKind::Unreadable, "the listing does not show what was written")
        })
    }

    async fn look(&self, key: &AnyKey, change: &PlannedChange) -> Result<KeyStanding, Fault> {
        let newest = self.list_newest(key).await?;
        Ok(judge_standing(&newest, change, self.largest_copy))
    }

    /// The newest versions and markers of a key, the newest first.
    async fn list_newest(&self, key: &AnyKey) -> Result<Vec<VersionEntry>, Fault> {
        let ask = ListAsk { page_size: NEWEST, ..ListAsk::below(key.as_str()) };
        let mut pages = VersionPages::new(self.lake, self.bucket, ask);
        while let Some(page) = pages.next().await? {
            if !page.versions.is_empty() {
                let own = page.versions.into_iter().filter(|entry| entry.key == *key);
                return Ok(own.collect());
            }
        }
        Ok(Vec::new())
    }

    async fn pause(&self, tried: u32, asked: Option<Duration>) {
        let pause = FIRST_PAUSE.saturating_mul(1 << (tried - 1).min(10));
        self.clock.sleep(pause.max(asked.unwrap_or_default().min(Duration::from_mins(1)))).await;
    }
}

fn parse_key(change: &PlannedChange) -> Result<AnyKey, Fault> {
    let invalid = |_| Fault::new(FaultKind::Unreadable, "the record holds no key");
    AnyKey::try_from(change.key.as_str()).map_err(invalid)
}

fn judge_standing(
    newest: &[VersionEntry],
    change: &PlannedChange,
    largest_copy: ByteSize,
) -> KeyStanding {
    let before = newest.iter().position(|entry| entry.version.0 == change.before);
    let since = newest.get(..before.unwrap_or(newest.len())).unwrap_or_default();
    let is_made = |entry: &&VersionEntry| change.is_made_by(&entry.kind, largest_copy.0);
    match (before, since) {
        (Some(_), []) => KeyStanding::Untouched,
        (Some(_), [only]) if is_made(&only) => KeyStanding::Made(only.version.clone()),
        (Some(_), since) => {
            let fitting = since.iter().filter(is_made).map(|entry| entry.version.clone());
            KeyStanding::Changed(fitting.collect())
        }
        // What is directly before what was current is not known.
        (None, _) => KeyStanding::Changed(Vec::new()),
    }
}
