//! `migrate free`: local files that the bucket surely has, removed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use datalake_core::Comparison;
use datalake_engine::transfer::{
    FreeWatch, FreeableFile, Freeing, Item, KeptFile, Limits, TransferWatch, free_files,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::name_typed;
use super::super::transfer::{held, limits};
use super::kinds::LeftRow;
use super::lines::Lines;
use super::look::MIGRATION_STATUS;
use super::look::counted_parts;
use super::part::{Migration, Part, PartKind};
use super::run::connected;
use super::standing::Standing;
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
    /// What else lies there: files of other kinds, which are never removed.
    left_out: Vec<LeftRow>,
}

/// Notes which files the bucket seems to have, and why others stay.
#[derive(Default)]
struct Looked {
    same: Mutex<BTreeSet<String>>,
    others: Mutex<BTreeMap<String, String>>,
}

impl TransferWatch for Looked {
    fn item(&self, item: &Item<'_>) {
        if Standing::of(item) == Standing::Moved {
            held(&self.same).insert(item.name.to_owned());
        } else {
            held(&self.others).insert(item.name.to_owned(), item.reason.to_string());
        }
    }
}

/// Counts what goes and what stays, and writes a line for each.
struct Freeings<'a> {
    freed: Mutex<Freed>,
    lines: Mutex<&'a mut Option<Lines>>,
}

impl TransferWatch for Freeings<'_> {
    fn item(&self, _: &Item<'_>) {}
}

impl FreeWatch for Freeings<'_> {
    fn freed(&self, file: &FreeableFile, outcome: &Result<(), KeptFile>) {
        match outcome {
            Ok(()) => {
                held(&self.freed).removed.add(file.facts.size.0);
                self.write('-', &file.name, "the bucket has the same");
            }
            Err(why) => self.keep(&file.name, &why.to_string()),
        }
    }
}

impl Freeings<'_> {
    fn keep(&self, name: &str, why: &str) {
        held(&self.freed).kept += 1;
        self.write('!', name, why);
    }

    fn write(&self, mark: char, name: &str, why: &str) {
        if let Some(lines) = held(&self.lines).as_mut() {
            lines.write(mark, name, why);
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
    let parts = counted_parts(&remote, &migration, (&limits, &mut None)).await?;
    let pickles = || parts.iter().filter(|part| part.part.is_pickled());
    let moved: u64 = pickles().map(|part| part.moved.items).sum();
    let bytes: u64 = pickles().map(|part| part.moved.bytes).sum();
    if flags.dry_run || moved == 0 {
        let text = render::parts(&parts) + &render::left_out(&parts) + "\nNothing was removed.\n";
        printer.result(MIGRATION_STATUS, &parts, &text);
        return Ok(if moved == 0 { Exit::Done } else { Exit::Drift });
    }
    printer.talk(&(render::parts(&parts) + &render::left_out(&parts)));
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
        lines.finish()?;
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
    let mut text = freed.iter().map(line).collect::<String>();
    for row in freed.iter().flat_map(|part| &part.left_out) {
        text.push_str(&format!("{:<12}{}\n", "", render::left_row(row)));
    }
    printer.result(MIGRATION_FREED, freed, &text);
    let kept: u64 = freed.iter().map(|part| part.kept).sum();
    if kept == 0 {
        return Ok(Exit::Done);
    }
    Err(Failure::new(Exit::Partly, format!("{} kept", counted(kept, "file")))
        .hint("the bucket has not the same: `migrate report` tells of each why"))
}

/// Removes the pickles of a part whose content the store has now; all else is kept and told.
async fn one(
    remote: &Remote,
    (migration, part): (&Migration<'_>, &Part),
    (deep, limits): (bool, &Limits),
    lines: &mut Option<Lines>,
) -> Result<Freed, Failure> {
    let none = Freed { part: part.kind, removed: Sum::default(), kept: 0, left_out: Vec::new() };
    if part.is_yet_to_come() {
        return Ok(none);
    }
    let facts: Arc<Facts> = Arc::default();
    let _lock = migration.lock(remote, part)?;
    let open = migration.open(remote, part, true)?.naming().remembering(&facts);
    let looked = Looked::default();
    let seen = open.look(limits, Comparison::KeepNewer, &looked).await;
    seen.map_err(|stopped| open.failure(remote, stopped))?;
    let (tree, _) = open.tree()?;
    let met = std::mem::take(&mut *held(&facts));
    let left_out = open.left_out();
    if let Some(lines) = lines.as_mut() {
        lines.leave(&left_out);
    }
    let watch = Freeings { freed: Mutex::new(none), lines: Mutex::new(lines) };
    let others = looked.others.into_inner().unwrap_or_default();
    let same = looked.same.into_inner().unwrap_or_default();
    let mut files = Vec::new();
    for (name, facts) in met {
        match (part.kind.is_pickled(), same.contains(&name)) {
            (true, true) => files.push(FreeableFile { name, facts }),
            (false, true) => watch.keep(&name, "a log: only pickles are removed"),
            (_, false) if left_out.is_late(&name) => (),
            (_, false) => {
                let why = others.get(&name).map_or("nothing is known of it", String::as_str);
                watch.keep(&name, &format!("the bucket has not the same: {why}"));
            }
        }
    }
    let how = Freeing { deep, limits: limits.clone() };
    let freed = free_files((tree, &open.folder), &files, &how, (open.clock, &watch)).await;
    freed.map_err(|stopped| open.failure(remote, stopped))?;
    let freed = watch.freed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok(Freed { left_out: left_out.rows(), ..freed })
}
