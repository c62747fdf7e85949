//! `migrate verify`: whether the bucket still has what was brought there.

use datalake_engine::transfer::{Findings, Tally};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::transfer::{Teller, limits, watched};
use super::part::{Migration, PartKind};
use super::run::{connected, proved};
use crate::args::Cli;
use crate::args::migrate::Verify;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{self, DocumentKind, Printer, Rows, Sum, TransferState, counted, size};

pub(super) const MIGRATION_PROOF: DocumentKind = DocumentKind::of::<Vec<Proof>>("migration-proof");

/// What a verification has found.
#[derive(Serialize, JsonSchema)]
struct Proof {
    /// The part of Dagster's files.
    part: PartKind,
    /// Whether content was read, not only what the store tells of it.
    deep: bool,
    /// What the bucket has as it was moved.
    right: Sum,
    /// What it has not.
    missing: Sum,
    /// What has other content, written later.
    changed: Sum,
    /// What has other content, and nobody wrote it.
    damaged: Sum,
    /// What could not be told.
    unproved: Sum,
}

pub(super) async fn verify(cli: &Cli, flags: &Verify, printer: Printer) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let limits = limits(&remote, &flags.within)?;
    let remote = connected(remote, &limits);
    let migration = Migration::of(&remote, &flags.what).await?;
    let teller = Teller::new(printer, flags.report.as_deref(), TransferState::default())?;
    let mut proofs = Vec::new();
    for part in &migration.parts {
        let open = migration.open(&remote, part, true)?;
        let work = proved(&remote, &open, (&limits, flags.deep), &teller);
        proofs.push((part.kind, watched(Box::pin(work), &teller).await?));
    }
    teller.finish()?;
    let shown: Vec<_> =
        proofs.iter().map(|(part, found)| proof(*part, flags.deep, found)).collect();
    let text: String = shown.iter().map(text_of).collect();
    Rows::new(printer).row(MIGRATION_PROOF, &shown, || text.trim_end().to_owned());
    if proofs.iter().all(|(_, found)| found.looked_at() == 0) {
        return Err(Failure::new(Exit::Absent, "nothing is known to have been moved there")
            .hint("name the same places as the run had, with the same --state"));
    }
    proofs.iter().try_for_each(|(_, found)| require_right(found))?;
    Ok(Exit::Done)
}

/// Fails unless the store has all that was moved.
pub(super) fn require_right(findings: &Findings) -> Result<(), Failure> {
    let wrong = |tallies: &[Tally]| tallies.iter().map(|tally| tally.items).sum::<u64>();
    let missed = wrong(&[findings.missing, findings.damaged]);
    if missed > 0 {
        let message = format!("{} not as it was moved", counted(missed, "object"));
        return Err(Failure::new(Exit::Mismatch, message)
            .hint("the same `migrate run` moves them again, where their files are still here"));
    }
    let unsure = wrong(&[findings.unreadable, findings.unproved]);
    if unsure > 0 {
        let message = format!("{} could not be proved", counted(unsure, "object"));
        return Err(Failure::new(Exit::Partly, message));
    }
    Ok(())
}

fn proof(part: PartKind, deep: bool, found: &Findings) -> Proof {
    Proof {
        part,
        deep,
        right: found.right.into(),
        missing: found.missing.into(),
        changed: found.changed.into(),
        damaged: found.damaged.into(),
        unproved: Tally {
            items: found.unproved.items + found.unreadable.items,
            bytes: found.unproved.bytes + found.unreadable.bytes,
        }
        .into(),
    }
}

fn text_of(proof: &Proof) -> String {
    let how = if proof.deep { "read again" } else { "by size and tag" };
    let mut text = format!(
        "{:<12}{} right ({}), {how}",
        proof.part.word(),
        counted(proof.right.items, "object"),
        size(proof.right.bytes)
    );
    for (sum, what) in [
        (proof.missing, "missing"),
        (proof.changed, "stored anew since"),
        (proof.damaged, "DAMAGED"),
        (proof.unproved, "not proved"),
    ] {
        if sum.items > 0 {
            text.push_str(&format!(", {} {what}", render::count(sum.items)));
        }
    }
    text + "\n"
}
