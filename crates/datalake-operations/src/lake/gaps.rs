//! Assets that are deleted and were not written again, found and restored.
//!
//! Dagster's I/O manager deletes an object before it writes it anew. Between the two there is
//! nothing, and a run that dies there leaves it so.

use datalake_core::fault::Fault;
use datalake_core::s3::{BucketName, InvalidKey, KeyPrefix, Versioning};
use datalake_core::time::Timestamp;
use datalake_engine::{Lake, ObjectSource};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Gap, GapWalk};
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError, Quiet};

/// What was deleted so short ago may just be written: an upload takes its time.
const YOUNG: i64 = 600;

/// Where gaps are looked for.
#[derive(Clone, Copy)]
pub struct GapSearch<'a> {
    /// The service.
    pub lake: &'a dyn Lake,
    /// The bucket.
    pub bucket: &'a BucketName,
    /// What the keys of assets begin with.
    pub prefix: &'a str,
    /// The present time.
    pub now: Timestamp,
    /// Whether gaps count that were made so short ago that they may just be written.
    pub takes_young: bool,
}

/// An asset whose object is deleted and was not written again.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[schemars(rename = "Row")]
pub struct PrintedGap<'a> {
    /// The key.
    pub key: &'a str,
    /// When it was deleted.
    pub deleted: Timestamp,
    /// Whether that is so short ago that it may just be being written.
    pub young: bool,
    /// The version that was there last.
    pub version: &'a str,
    /// Its size in bytes.
    pub size: u64,
    /// When that version was stored.
    pub stored: Timestamp,
}

/// All gaps together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GapTotals {
    /// How many there are, young ones only where they count.
    pub gaps: u64,
    /// The size of what was there last, in bytes.
    pub bytes: u64,
    /// How many more there are that are young.
    pub young: u64,
    /// How many are no longer gaps.
    pub restored: u64,
    /// How many could not be restored.
    pub failed: u64,
}

/// Is told of gaps as they are found and restored.
pub trait GapReporter: Send {
    /// The gaps of one page.
    fn found(&mut self, gaps: &[Gap]);

    /// What became of one gap, and how it stands with all of them.
    fn restored(&mut self, gap: &Gap, outcome: Result<(), Fault>, totals: &GapTotals);
}

impl GapReporter for Quiet {
    fn found(&mut self, _: &[Gap]) {}

    fn restored(&mut self, _: &Gap, _: Result<(), Fault>, _: &GapTotals) {}
}

impl GapSearch<'_> {
    /// Refuses a bucket that keeps no versions: without them nothing tells a gap from what never
    /// was.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for such a bucket, and for one that cannot be asked.
    pub async fn require_versions(&self) -> Result<(), OperationError> {
        match self.lake.versioning(self.bucket).await.map_err(|fault| self.error_at(&fault))? {
            Versioning::Enabled | Versioning::Suspended => Ok(()),
            Versioning::Never => {
                let message = format!(
                    "bucket `{}` keeps no versions: nothing tells what was there",
                    self.bucket
                );
                Err(OperationError::new(ErrorKind::Config, message)
                    .advise(Advice::naming("from now on: {}", [AdvisedCommand::EnableVersioning])))
            }
        }
    }

    /// Finds all gaps.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the listing fails.
    pub async fn find_gaps(
        &self,
        reporter: &mut dyn GapReporter,
    ) -> Result<GapTotals, OperationError> {
        let failed = |fault| self.error_at(&fault);
        let mut totals = GapTotals::default();
        let mut gaps = self.walk().await.map_err(failed)?;
        while let Some(page) = gaps.next().await.map_err(failed)? {
            for gap in &page {
                if self.takes(gap) {
                    totals.gaps += 1;
                    totals.bytes += gap.size;
                } else {
                    totals.young += 1;
                }
            }
            reporter.found(&page);
        }
        Ok(totals)
    }

    /// Restores all gaps that count. It lists them a second time, so that memory stays flat however
    /// many there are.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the listing fails; a gap that stays one is counted and told.
    pub async fn restore_gaps(
        &self,
        totals: &mut GapTotals,
        reporter: &mut dyn GapReporter,
    ) -> Result<(), OperationError> {
        let partly = |fault| self.error_at(&fault).under(ErrorKind::Partly);
        let mut gaps = self.walk().await.map_err(partly)?;
        while let Some(page) = gaps.next().await.map_err(partly)? {
            for gap in page.iter().filter(|gap| self.takes(gap)) {
                let outcome = self.restore_gap(gap).await;
                match &outcome {
                    Ok(()) => totals.restored += 1,
                    Err(_) => totals.failed += 1,
                }
                reporter.restored(gap, outcome, totals);
            }
        }
        Ok(())
    }

    /// Whether a gap was made so short ago that it may just be written.
    #[must_use]
    pub fn is_young(&self, gap: &Gap) -> bool {
        self.now.unix() - gap.deleted.unix() < YOUNG
    }

    fn takes(&self, gap: &Gap) -> bool {
        self.takes_young || !self.is_young(gap)
    }

    async fn walk(&self) -> Result<GapWalk<'_>, Fault> {
        GapWalk::begin(self.lake, self.bucket, self.prefix).await
    }

    /// Takes this very marker away. Where somebody has written meanwhile, it is covered already and
    /// its end changes nothing.
    async fn restore_gap(&self, gap: &Gap) -> Result<(), Fault> {
        self.lake.delete(self.bucket, &gap.key, Some(&gap.marker)).await?;
        self.lake.head(&ObjectSource::current(self.bucket, &gap.key)).await.map(drop)
    }

    fn error_at(&self, fault: &Fault) -> OperationError {
        OperationError::at_bucket(self.bucket, fault)
    }
}

/// What the keys of assets begin with, where the spec has this prefix.
///
/// # Errors
///
/// [`OperationError`] for a prefix that is none.
pub fn choose_asset_prefix(prefix: Option<&str>) -> Result<String, OperationError> {
    let invalid =
        |error: &InvalidKey| OperationError::of(ErrorKind::Config, error).within("`prefix`");
    let prefix =
        prefix.unwrap_or_default().parse::<KeyPrefix>().map_err(|error| invalid(&error))?;
    // The key of a nameless thing below it, without the name.
    let key = prefix.key("x").map_err(|error| invalid(&error))?;
    Ok(key.as_str().strip_suffix('x').unwrap_or_default().to_owned())
}
