//! Whether two sides are equal, and how that is known.

use datalake_core::text::count_things;
use datalake_core::time::Timestamp;
use datalake_core::transfer::Subset;
use datalake_engine::transfer::{
    Findings, ItemTally, Links, NamedKind, TransferPorts, Verification, Verified, verify,
};

use super::ends::{OpenJob, Opening, open_bucket_end};
use super::records::open_job_records;
use super::sources::require_local;
use super::stopped::explain_stopped_verification;
use super::{
    JobReader, NamedPlaces, SourceReading, TransferContext, TransferJob, TransferReporter,
    TransferSide,
};
use crate::lake::refuse_wildcard;
use crate::{Advice, AdvisedCommand, ErrorKind, MANIFEST, OperationError};

/// Seconds of a day: the number of a round that daily runs count up.
const DAY: i64 = 24 * 60 * 60;

/// Two places that are compared.
#[derive(Clone, Copy)]
pub struct PairVerification<'a> {
    /// The source, as the transfer had it.
    pub source: &'a TransferSide,
    /// The destination, as the transfer had it.
    pub dest: &'a TransferSide,
    /// What becomes of symbolic links.
    pub links: Links,
    /// Whether the bucket alone is looked at: whether it still has what was brought there.
    pub bucket_only: bool,
    /// Whether names were chosen by patterns.
    pub has_patterns: bool,
    /// How much is compared.
    pub how: &'a Verification,
}

/// What a verification came to that found nothing wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerificationEnd {
    /// All is equal, and was compared.
    Equal,
    /// Something was never compared or sent, or was changed since.
    Pending,
}

/// The share of names that is read in one round; the day's number counts the rounds where none is
/// named, so that daily runs meet all in turn.
///
/// # Errors
///
/// [`OperationError`] for no percentage.
pub fn choose_scrub_subset(
    percent: u8,
    round: Option<u64>,
    now: Timestamp,
) -> Result<Subset, OperationError> {
    let today = u64::try_from(now.unix() / DAY).unwrap_or_default();
    let subset = Subset::of(percent, round.unwrap_or(today));
    subset.ok_or_else(|| OperationError::new(ErrorKind::Usage, "a share is 1% to 100%"))
}

impl PairVerification<'_> {
    /// The pair as the transfer had it: a file that is named is one, a key without `/` too.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for places that make no sense together, and a source that does not exist.
    pub fn read_job(&self, context: &TransferContext<'_>) -> Result<TransferJob, OperationError> {
        let TransferContext { client, paths, .. } = *context;
        let reader = JobReader { client, paths };
        let (source, dest) = (self.source, self.dest);
        let is_file = matches!(source, TransferSide::Local(path)
            if paths.find_kind(path) == NamedKind::File);
        if let TransferSide::Local(path) = source
            && !self.bucket_only
        {
            require_local(paths, path, if is_file { "file" } else { "folder" })?;
        }
        if !is_file {
            return reader.read_pair(source, dest);
        }
        let reading = SourceReading { recursive: false, no_glob: true };
        let sources = std::slice::from_ref(source);
        let jobs = reader.read_jobs(&NamedPlaces { sources, dest, reading })?;
        let no_job = || OperationError::new(ErrorKind::Bug, "no job for one file");
        jobs.into_iter().next().ok_or_else(no_job)
    }

    /// Compares the two places, and what the runs have left.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where it could not begin, or ended before its time.
    pub async fn compare(
        &self,
        context: &TransferContext<'_>,
        job: &TransferJob,
        reporter: &dyn TransferReporter,
    ) -> Result<Findings, OperationError> {
        let (open, bucket_end) = if self.bucket_only {
            let Some(end) = open_bucket_end(job, context) else {
                let message = "--bucket-only needs a bucket as DEST";
                return Err(OperationError::new(ErrorKind::Usage, message)
                    .advise("without it, both sides are compared"));
            };
            (None, Some(end))
        } else {
            let opening = Opening { links: self.links, dry_run: true, moves: false };
            let open = OpenJob::open(job, context, opening).map_err(|error| {
                error.advise("--bucket-only compares the bucket with what was sent, without SOURCE")
            })?;
            (Some(open), None)
        };
        let records = open_job_records(context, job, true)?;
        let ports = TransferPorts {
            clock: context.clock,
            files: records.files(),
            manifest: MANIFEST,
            others: &[],
        };
        let (folders, folder) =
            (open.as_ref().map(OpenJob::folders), bucket_end.as_ref().map(|end| end.folder()));
        let route = match (&open, &folders) {
            (Some(open), Some(folders)) => Some(open.route(folders)?),
            _ => None,
        };
        let what = match (&route, &folder) {
            (Some(route), _) => Verified::Pair(route),
            (None, Some(folder)) => Verified::Bucket(folder),
            (None, None) => return Err(OperationError::new(ErrorKind::Bug, "nothing to compare")),
        };
        let found = verify(&what, self.how, &ports, reporter).await;
        found.map_err(|stopped| explain_stopped_verification(context, job, stopped.cause))
    }

    /// What the findings come to.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where something is not as it was brought there, or nobody can tell.
    pub fn judge(&self, findings: &Findings) -> Result<VerificationEnd, OperationError> {
        let differ = sum_items(&[findings.missing, findings.changed, findings.damaged]);
        if differ > 0 {
            let what = match findings.known {
                0 => "not the same on both sides",
                _ => "missing or not as brought there",
            };
            let message = format!("{} {what}", count_things(differ, "object"));
            return Err(OperationError::new(ErrorKind::Mismatch, message)
                .advise("the same `sync` with --checksum brings them again"));
        }
        if findings.unreadable.items > 0 {
            let unread = count_things(findings.unreadable.items, "name");
            let message = format!("{unread} could not be read");
            return Err(OperationError::new(ErrorKind::Partly, message)
                .advise("all others are in order or listed above"));
        }
        if findings.known == 0 {
            self.refuse_wildcards()?;
            let words = "{} compares them, and keeps what it has compared";
            return Err(OperationError::new(
                ErrorKind::Absent,
                "no run has brought anything there",
            )
            .advise("name the two places as the transfer had them, with the same --state")
            .advise(Advice::naming(words, [AdvisedCommand::Sync])));
        }
        if findings.looked_at() == 0 && self.has_patterns && self.how.subset.is_all() {
            let message = "no name of this pair fits the patterns";
            return Err(OperationError::new(ErrorKind::Absent, message)
                .advise("--include and --exclude are patterns of names below the two places"));
        }
        Ok(match sum_items(&[findings.assumed, findings.unsent, findings.edited]) {
            0 => VerificationEnd::Equal,
            _ => VerificationEnd::Pending,
        })
    }

    /// Refuses places that were meant as wildcards: no run can have had a folder of that name.
    fn refuse_wildcards(&self) -> Result<(), OperationError> {
        for side in [self.source, self.dest] {
            if let TransferSide::Bucket(address) = side {
                refuse_wildcard(address.key.trim_end_matches('/'))?;
            }
        }
        Ok(())
    }
}

fn sum_items(tallies: &[ItemTally]) -> u64 {
    tallies.iter().map(|tally| tally.items).sum()
}
