//! `migrate verify`: whether the bucket still has what was brought there.

use datalake_operations::migration::{
    Migration, PartProof, ProofDepth, find_proof, find_unfit_names, require_right,
};

use super::super::transfer::{Teller, watched};
use super::place::MigrationPlace;
use crate::args::Cli;
use crate::args::migrate::MigrateVerify;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{self, DocumentKind, Printer, Rows, TransferState, counted, size};

pub(super) const MIGRATION_PROOF: DocumentKind =
    DocumentKind::of::<Vec<PartProof>>("migration-proof");

pub(super) async fn verify(
    cli: &Cli,
    flags: &MigrateVerify,
    printer: Printer,
) -> Result<Exit, Failure> {
    let place = MigrationPlace::open(cli, &flags.what, &flags.within, printer).await?.bounded();
    let context = place.context()?;
    let migration = Migration::find(&context, &place.choice(&flags.what)?).await?;
    let teller = Teller::new(printer, flags.report.as_deref(), TransferState::default())?;
    let depth = ProofDepth { deep: flags.deep, limits: &place.limits };
    let mut proofs = Vec::new();
    for part in &migration.parts {
        let work = async { Ok(find_proof(&migration, part, &depth, &teller).await?) };
        proofs.push((part.kind, watched(Box::pin(work), &teller).await?));
    }
    teller.finish()?;
    let mut shown: Vec<_> =
        proofs.iter().map(|(part, found)| PartProof::of(*part, flags.deep, found)).collect();
    for (proof, part) in shown.iter_mut().zip(&migration.parts) {
        proof.left_out = find_unfit_names(&migration, part).await?;
    }
    let text: String = shown.iter().map(proof_text).collect();
    Rows::new(printer).row(MIGRATION_PROOF, &shown, || text.trim_end().to_owned());
    if proofs.iter().all(|(_, found)| found.looked_at() == 0) {
        return Err(Failure::new(Exit::Absent, "nothing is known to have been moved there")
            .hint("name the same places as the run had, with the same --state"));
    }
    proofs.iter().try_for_each(|(_, found)| require_right(found))?;
    Ok(Exit::Done)
}

fn proof_text(proof: &PartProof) -> String {
    let how = if proof.deep { "read again" } else { "by size and tag" };
    let mut text = format!(
        "{:<12}{} right ({}), {how}",
        proof.part.word(),
        counted(proof.right.items, "object"),
        size(proof.right.bytes)
    );
    for (sum, what) in [
        (proof.missing, "missing"),
        (proof.changed, "stored again since"),
        (proof.damaged, "DAMAGED"),
        (proof.unproved, "not proved"),
    ] {
        if sum.items > 0 {
            text.push_str(&format!(", {} {what}", render::count(sum.items)));
        }
    }
    text.push('\n');
    for row in &proof.left_out {
        text.push_str(&format!("{:<12}{}\n", "", render::left_row(row)));
    }
    text
}
