//! `verify` and `scrub`: whether a bucket still has what was brought there.

use datalake_core::Subset;
use datalake_engine::Clock as _;
use datalake_engine::transfer::{
    Findings, Tally, TransferPorts, Verification, verify as engine_verify,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::ends::{End, bucket_end};
use super::job::{Dest, Job, Reading, jobs, pair};
use super::ledger::{MANIFEST, PairRecords};
use super::run::{failure, watched};
use super::teller::Teller;
use super::wishes::limits;
use crate::args::Cli;
use crate::args::transfer::{Pair, Scrub, Side, Verify};
use crate::commands::usage::note_download;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path::{NamedKind, find_kind};
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer, Rows, Sum, TransferState, count, counted, size};

pub(super) const VERIFICATION: DocumentKind = DocumentKind::of::<Proof>("verification");

/// Seconds of a day: the number of a round that daily runs count up.
const DAY: i64 = 24 * 60 * 60;

/// What a verification has found, for programs.
#[derive(Serialize, JsonSchema)]
struct Proof {
    /// Where it came from.
    source: String,
    /// Where it was brought to.
    destination: String,
    /// Whether content was read, not only what the store tells of it.
    deep: bool,
    /// What is there as it was brought.
    right: Sum,
    /// What is not there.
    missing: Sum,
    /// What has other content, written later.
    changed: Sum,
    /// What has other content, and nobody wrote it.
    damaged: Sum,
    /// What could not be read.
    unreadable: Sum,
    /// What could not be told.
    unproved: Sum,
    /// How many more are there that no run has brought.
    not_ours: u64,
    /// What was read, in bytes.
    bytes_read: u64,
    /// How long it took, in seconds.
    seconds: f64,
}

pub(in crate::commands) async fn verify(
    cli: &Cli,
    flags: &Verify,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let how = Verification {
        deep: flags.deep,
        subset: Subset::ALL,
        limits: limits(&remote, &flags.within)?,
    };
    let asked = Asked { pair: &flags.pair, report: flags.report.as_deref(), how };
    asked.answer(remote).await
}

pub(in crate::commands) async fn scrub(
    cli: &Cli,
    flags: &Scrub,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let today = u64::try_from(remote.site.clock.now().unix() / DAY).unwrap_or_default();
    let subset = Subset::of(flags.subset, flags.round.unwrap_or(today));
    let subset = subset.ok_or_else(|| Failure::new(Exit::Usage, "a share is 1% to 100%"))?;
    let how = Verification { deep: true, subset, limits: limits(&remote, &flags.within)? };
    let asked = Asked { pair: &flags.pair, report: flags.report.as_deref(), how };
    asked.answer(remote).await
}

/// What is to be verified, and how.
struct Asked<'a> {
    pair: &'a Pair,
    report: Option<&'a std::path::Path>,
    how: Verification,
}

impl Asked<'_> {
    async fn answer(&self, remote: Remote) -> Result<Exit, Failure> {
        let printer = remote.site.printer;
        let Remote { site, spec, store } = remote;
        let store = store.with_connections(self.how.limits.connections);
        let remote = Remote { site, spec, store };
        let job = self.job(&remote)?;
        let (source, destination) = job.words();
        let state = TransferState { source, destination, ..TransferState::default() };
        let teller = Teller::new(printer, self.report, state)?;
        let found = watched(Box::pin(self.findings(&remote, &job, &teller)), &teller).await;
        let state = teller.finish()?;
        if let Dest::Prefix(bucket, _) = &job.dest {
            note_download(&remote, bucket, (state.bytes_moved, "verify"));
        }
        let findings = found?;
        let proof = self.proof(&state, &findings);
        Rows::new(printer).row(VERIFICATION, &proof, || text(&proof));
        self.verdict(&findings)
    }

    /// The pair as the transfer had it: a file that is named is one, a key without `/` too.
    fn job(&self, remote: &Remote) -> Result<Job, Failure> {
        let Pair { source, dest } = self.pair;
        let is_file = matches!(source, Side::Local(path) if find_kind(path) == NamedKind::File);
        if !is_file {
            return pair(remote, source, dest);
        }
        let reading = Reading { recursive: false, no_glob: true };
        let jobs = jobs(remote, std::slice::from_ref(source), dest, reading)?;
        jobs.into_iter().next().ok_or_else(|| Failure::new(Exit::Bug, "no job for one file"))
    }

    async fn findings(
        &self,
        remote: &Remote,
        job: &Job,
        teller: &Teller,
    ) -> Result<Findings, Failure> {
        let dest = bucket_end(job, remote);
        let Some(folder) = dest.as_ref().and_then(End::folder) else {
            return Err(Failure::new(Exit::Usage, "what is verified is a bucket")
                .hint("for a folder: `datalake sync --checksum --dry-run s3://… FOLDER`"));
        };
        let records = PairRecords::open(remote, job, true)?;
        let ports =
            TransferPorts { clock: &remote.site.clock, files: records.files(), manifest: MANIFEST };
        let found = engine_verify(&folder, &self.how, &ports, teller).await;
        found.map_err(|stopped| failure(remote, job, stopped.cause))
    }

    fn proof(&self, state: &TransferState, findings: &Findings) -> Proof {
        let Findings { right, missing, changed, damaged, unreadable, unproved, foreign } =
            *findings;
        Proof {
            source: state.source.clone(),
            destination: state.destination.clone(),
            deep: self.how.deep,
            right: right.into(),
            missing: missing.into(),
            changed: changed.into(),
            damaged: damaged.into(),
            unreadable: unreadable.into(),
            unproved: unproved.into(),
            not_ours: foreign,
            bytes_read: state.bytes_moved,
            seconds: state.seconds,
        }
    }

    fn verdict(&self, findings: &Findings) -> Result<Exit, Failure> {
        let wrong = |tallies: &[Tally]| tallies.iter().map(|tally| tally.items).sum::<u64>();
        let mismatches = wrong(&[findings.missing, findings.changed, findings.damaged]);
        if mismatches > 0 {
            let message = format!("{} not as it was brought", counted(mismatches, "object"));
            return Err(Failure::new(Exit::Mismatch, message)
                .hint("the same `sync` with --checksum brings them again"));
        }
        let unsure = wrong(&[findings.unreadable, findings.unproved]);
        if unsure > 0 {
            let message = format!("{} could not be proved", counted(unsure, "object"));
            return Err(Failure::new(Exit::Partly, message));
        }
        if findings.looked_at() == 0 && self.how.subset == Subset::ALL {
            return Err(Failure::new(Exit::Absent, "nothing is known to have been brought there")
                .hint("name the two places as the transfer had them, with the same --state"));
        }
        Ok(Exit::Done)
    }
}

fn text(proof: &Proof) -> String {
    let mut text = format!(
        "{} right ({}){}",
        counted(proof.right.items, "object"),
        size(proof.right.bytes),
        if proof.deep { ", read again" } else { ", by size and tag" }
    );
    for (sum, what) in [
        (proof.missing, "missing"),
        (proof.changed, "changed"),
        (proof.damaged, "DAMAGED"),
        (proof.unreadable, "unreadable"),
        (proof.unproved, "unproved"),
    ] {
        if sum.items > 0 {
            text += &format!(", {} {what}", count(sum.items));
        }
    }
    if proof.not_ours > 0 {
        text += &format!(", {} brought by others", count(proof.not_ours));
    }
    format!("{text}; {:.1} s", proof.seconds)
}
