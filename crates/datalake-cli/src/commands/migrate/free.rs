//! `migrate free`: local files that the bucket surely has, removed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use datalake_core::{Comparison, Fault, FileFacts, SkipReason, TreePath};
use datalake_engine::transfer::{
    Finding, Item, Limits, LocalTree as _, Reason, TransferWatch, VerifyWatch,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::name_typed;
use super::super::transfer::{held, limits};
use super::lines::Lines;
use super::look::MIGRATION_STATUS;
use super::look::counted_parts;
use super::open::OpenPart;
use super::part::{Migration, Part, PartKind};
use super::run::connected;
use super::tree::Facts;
use crate::args::Cli;
use crate::args::migrate::Free;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{self, DocumentKind, Printer, Sum, count, counted, size};

pub(super) const MIGRATION_FREED: DocumentKind = DocumentKind::of::<Vec<Freed>>("migration-freed");

/// What became of a part's files.
#[derive(Serialize, JsonSchema)]
struct Freed {
    /// The part of Dagster's files.
    part: PartKind,
    /// What was removed here.
    removed: Sum,
    /// How many files stay: the bucket has not the same.
    kept: u64,
}

/// Notes what became of each name, and which are surely the same.
#[derive(Default)]
struct Sure {
    same: Mutex<BTreeSet<String>>,
    /// Why others stay.
    others: Mutex<BTreeMap<String, String>>,
}

impl TransferWatch for Sure {
    fn item(&self, item: &Item<'_>) {
        if item.reason == Reason::Equal(SkipReason::SameContent) {
            held(&self.same).insert(item.name.to_owned());
        } else {
            held(&self.others).insert(item.name.to_owned(), item.reason.to_string());
        }
    }
}

impl VerifyWatch for Sure {
    fn found(&self, name: &str, finding: &Finding) {
        if *finding == Finding::Right {
            held(&self.same).insert(name.to_owned());
        }
    }
}

pub(super) async fn free(cli: &Cli, flags: &Free, printer: Printer) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let limits = limits(&remote, &flags.within)?;
    let remote = connected(remote, &limits);
    let migration = Migration::of(&remote, &flags.what).await?;
    if migration.home.is_none() {
        return Err(Failure::new(Exit::Usage, "objects of another place are removed with `rm`"));
    }
    let (parts, _) = counted_parts(&remote, &migration, (&limits, &mut None)).await?;
    let moved: u64 = parts.iter().map(|part| part.moved.items).sum();
    let bytes: u64 = parts.iter().map(|part| part.moved.bytes).sum();
    if flags.dry_run || moved == 0 {
        let text = render::parts(&parts) + "\nNothing was removed.\n";
        printer.result(MIGRATION_STATUS, &parts, &text);
        return Ok(if moved == 0 { Exit::Done } else { Exit::Drift });
    }
    printer.talk(&render::parts(&parts));
    let what = format!("{} ({})", counted(moved, "local file"), size(bytes));
    printer.talk(&format!("{what} would go, each after a look at the store."));
    name_typed(&migration.bucket, flags.confirm.as_deref(), remote.site.may_ask())?;
    let mut lines = flags.report.as_deref().map(Lines::create).transpose()?;
    let mut freed = Vec::new();
    for part in &migration.parts {
        let how = (flags.deep, &limits);
        freed.push(one(&remote, (&migration, part), how, &mut lines).await?);
    }
    if let Some(lines) = lines {
        lines.finish(&super::tree::LeftOut::default())?;
    }
    tell(printer, &freed)
}

fn tell(printer: Printer, freed: &[Freed]) -> Result<Exit, Failure> {
    let line = |part: &Freed| {
        format!(
            "{:<12}{} removed ({}), {} kept\n",
            part.part.word(),
            counted(part.removed.items, "file"),
            size(part.removed.bytes),
            count(part.kept)
        )
    };
    printer.result(MIGRATION_FREED, freed, &freed.iter().map(line).collect::<String>());
    let kept: u64 = freed.iter().map(|part| part.kept).sum();
    if kept == 0 {
        return Ok(Exit::Done);
    }
    Err(Failure::new(Exit::Partly, format!("{} kept", counted(kept, "file")))
        .hint("the bucket has not the same: `migrate report` tells of each why"))
}

/// Removes the files of a part whose content the store has now; all others are kept and told.
async fn one(
    remote: &Remote,
    (migration, part): (&Migration<'_>, &Part),
    (deep, limits): (bool, &Limits),
    lines: &mut Option<Lines>,
) -> Result<Freed, Failure> {
    let facts: Arc<Facts> = Arc::default();
    let _lock = migration.lock(remote, part)?;
    let open = migration.open(remote, part, true)?.remembering(&facts);
    let sure = sure(remote, &open, (deep, limits)).await?;
    let (tree, _) = open.tree()?;
    let facts = std::mem::take(&mut *held(&facts));
    let mut freed = Freed { part: part.kind, removed: Sum::default(), kept: 0 };
    let others = sure.others.into_inner().unwrap_or_default();
    let same = sure.same.into_inner().unwrap_or_default();
    for (name, facts) in &facts {
        let outcome = match (same.contains(name), others.get(name)) {
            (true, _) => removed(tree, name, facts).await.map_err(|fault| fault.to_string()),
            (false, Some(why)) => Err(format!("the bucket has not the same: {why}")),
            (false, None) => Err("the bucket's content was not proved".to_owned()),
        };
        match &outcome {
            Ok(()) => freed.removed.add(facts.size.0),
            Err(_) => freed.kept += 1,
        }
        if let Some(lines) = lines {
            let (mark, reason) = match &outcome {
                Ok(()) => ('-', "the bucket has the same"),
                Err(why) => ('!', why.as_str()),
            };
            lines.write(mark, name, reason);
        }
    }
    Ok(freed)
}

/// Compares every file with its object by hash; with `deep` the object is read, too.
async fn sure(
    remote: &Remote,
    open: &OpenPart<'_>,
    (deep, limits): (bool, &Limits),
) -> Result<Sure, Failure> {
    let sure = Sure::default();
    let looked = open.look(limits, Comparison::Checksum, &sure).await;
    looked.map_err(|stopped| open.failure(remote, stopped))?;
    if !deep {
        return Ok(sure);
    }
    let read = Sure::default();
    let found = open.verify(limits, true, &read).await;
    found.map_err(|stopped| open.failure(remote, stopped))?;
    let read = read.same.into_inner().unwrap_or_default();
    held(&sure.same).retain(|name| read.contains(name));
    Ok(sure)
}

async fn removed(tree: &super::tree::PartTree, name: &str, facts: &FileFacts) -> Result<(), Fault> {
    let refused = |error: datalake_core::UnfitName| {
        Fault::new(datalake_core::FaultKind::Refused, error.to_string())
    };
    tree.remove(&TreePath::try_from(name).map_err(refused)?, facts).await
}
