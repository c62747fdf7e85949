//! `verify` and `scrub`: whether two sides are equal, and how that is known.

use std::path::Path;

use datalake_core::transfer::Subset;
use datalake_engine::Clock as _;
use datalake_engine::transfer::{Depth, Findings, Verification};
use datalake_operations::transfer::{
    JobPlaces, PairVerification, TransferProof, VerificationEnd, choose_filter, choose_scrub_subset,
};

use super::run::until_stopped;
use super::teller::Teller;
use super::wishes::choose_transfer_limits;
use crate::args::Cli;
use crate::args::transfer::{PairFlags, Scrub, VerifyFlags, Which};
use crate::commands::usage::note_download;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer, Rows, TransferState};

pub(super) const VERIFICATION: DocumentKind = DocumentKind::of::<TransferProof>("verification");

/// What is to be verified, and how.
struct VerifyOrder<'a> {
    pair: &'a PairFlags,
    which: &'a Which,
    report: Option<&'a Path>,
    how: Verification,
}

pub(in crate::commands) async fn verify(
    cli: &Cli,
    flags: &VerifyFlags,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let how = Verification {
        depth: if flags.deep { Depth::Content } else { Depth::Listed },
        subset: Subset::ALL,
        filter: choose_filter(&flags.which.include, &flags.which.exclude)?,
        limits: choose_transfer_limits(&remote, &flags.within)?,
    };
    let report = flags.report.as_deref();
    compare_pair(remote, VerifyOrder { pair: &flags.pair, which: &flags.which, report, how }).await
}

pub(in crate::commands) async fn scrub(
    cli: &Cli,
    flags: &Scrub,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let how = Verification {
        depth: Depth::Content,
        subset: choose_scrub_subset(flags.subset, flags.round, remote.site.clock.now())?,
        filter: choose_filter(&flags.which.include, &flags.which.exclude)?,
        limits: choose_transfer_limits(&remote, &flags.within)?,
    };
    let report = flags.report.as_deref();
    compare_pair(remote, VerifyOrder { pair: &flags.pair, which: &flags.which, report, how }).await
}

async fn compare_pair(remote: Remote, order: VerifyOrder<'_>) -> Result<Exit, Failure> {
    let VerifyOrder { pair, which, report, how } = &order;
    let (printer, records) = (remote.site.printer, remote.site.record_folders());
    let remote = remote.within(&how.limits);
    let context = remote.transfers(&records);
    let verification = PairVerification {
        source: &pair.source,
        dest: &pair.dest,
        links: which.links.into(),
        bucket_only: which.bucket_only,
        has_patterns: !which.include.is_empty() || !which.exclude.is_empty(),
        how,
    };
    let job = verification.read_job(&context)?;
    let JobPlaces { source, destination } = job.describe();
    let state = TransferState { source, destination, ..TransferState::default() };
    let teller = Teller::new(printer, *report, state)?;
    let work = async { Ok(verification.compare(&context, &job, &teller).await?) };
    let found = until_stopped(Box::pin(work), &teller).await.unwrap_or_else(|| {
        let message = "stopped by the operator before all was looked at";
        Err(Failure::new(Exit::Interrupted, message).hint("the same command starts over"))
    });
    let state = teller.finish()?;
    if let Some(bucket) = job.find_read_bucket() {
        note_download(&remote, bucket, state.bytes_moved, "verify");
    }
    let findings = found?;
    let proof = order.make_proof(&state, &findings);
    Rows::new(printer).row(VERIFICATION, &proof, || proof.to_string());
    let judged = verification.judge(&findings);
    Ok(match judged.map_err(|error| teller.failures().advise_on_archived(error))? {
        VerificationEnd::Equal => Exit::Done,
        VerificationEnd::Pending => Exit::Drift,
    })
}

impl VerifyOrder<'_> {
    fn make_proof(&self, state: &TransferState, findings: &Findings) -> TransferProof {
        TransferProof {
            source: state.source.clone(),
            destination: state.destination.clone(),
            deep: self.how.depth == Depth::Content,
            bucket_only: self.which.bucket_only,
            right: findings.right.into(),
            assumed: findings.assumed.into(),
            unsent: findings.unsent.into(),
            edited: findings.edited.into(),
            missing: findings.missing.into(),
            changed: findings.changed.into(),
            damaged: findings.damaged.into(),
            unreadable: findings.unreadable.into(),
            not_ours: findings.foreign,
            bytes_read: state.bytes_moved,
            seconds: state.seconds,
        }
    }
}
