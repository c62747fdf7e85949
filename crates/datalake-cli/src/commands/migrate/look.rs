//! `migrate plan` and `migrate status`: what lies where, and what of it is moved.

use std::sync::Arc;

use datalake_core::Comparison;
use datalake_engine::transfer::{Item, Limits};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::transfer::limits;
use super::code::own_managers;
use super::home::Logs;
use super::kinds::{LeftOut, LeftRow};
use super::lines::Lines;
use super::part::{Migration, Part};
use super::standing::{Counting, Counts, Standing};
use crate::args::Cli;
use crate::args::migrate::{Plan, Status, What};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{self, DocumentKind, Printer, printable};

pub(super) const MIGRATION_PLAN: DocumentKind = DocumentKind::of::<Outlook>("migration-plan");
pub(super) const MIGRATION_STATUS: DocumentKind =
    DocumentKind::of::<Vec<Counts>>("migration-status");

/// What a migration finds and would do.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Outlook {
    /// Dagster's home on this host.
    pub home: Option<String>,
    /// The same as its processes see it.
    pub home_inside: Option<String>,
    /// Where the logs go.
    pub logs: Option<String>,
    /// The parts.
    pub parts: Vec<Counts>,
    /// What stays, and why.
    pub stays: Vec<Stays>,
    /// What nobody can tell.
    pub unknown: Vec<String>,
}

/// Something that stays.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Stays {
    /// Its name, or that of the first.
    pub name: String,
    /// How many files, where they are counted.
    pub items: Option<u64>,
    /// Why.
    pub why: String,
}

pub(super) async fn plan(cli: &Cli, flags: &Plan, printer: Printer) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let migration = Migration::of(&remote, &flags.what).await?;
    let limits = limits(&remote, &flags.within)?;
    let mut lines = flags.report.as_deref().map(Lines::create).transpose()?;
    let parts = counted_parts(&remote, &migration, (&limits, &mut lines)).await?;
    let outlook = outlook(&migration, &flags.what, parts)?;
    if let Some(mut lines) = lines {
        if let Some(home) = &migration.home {
            super::beside::write_lines(home, &migration, &mut lines)?;
        }
        lines.finish()?;
    }
    let next = next(&remote, &flags.what, &outlook.parts);
    printer.result(MIGRATION_PLAN, &outlook, &(render::outlook(&outlook) + &next));
    Ok(exit(&outlook.parts))
}

pub(super) async fn status(cli: &Cli, flags: &Status, printer: Printer) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let migration = Migration::of(&remote, &flags.what).await?;
    let limits = limits(&remote, &flags.within)?;
    let parts = counted_parts(&remote, &migration, (&limits, &mut None)).await?;
    let stopped = super::pause::stopped_daemon(&remote.site)?;
    if let Some(units) = &stopped {
        printer
            .talk(&format!("a run that was ended has stopped {units}, and not started it again"));
    }
    let text =
        render::parts(&parts) + &render::left_out(&parts) + &next(&remote, &flags.what, &parts);
    printer.result(MIGRATION_STATUS, &parts, &text);
    Ok(exit(&parts))
}

/// How the files of all parts stand, and what else lies among them.
pub(super) async fn counted_parts(
    remote: &Remote,
    migration: &Migration<'_>,
    (limits, lines): (&Limits, &mut Option<Lines>),
) -> Result<Vec<Counts>, Failure> {
    let mut all = Vec::new();
    for part in &migration.parts {
        let is_named = lines.is_some();
        let sink = |item: &Item<'_>, standing: Standing| {
            if let Some(lines) = lines.as_mut() {
                lines.write(standing.mark(), item.name, &item.reason.to_string());
            }
        };
        let (counts, left_out) = look_at(remote, migration, (part, limits, is_named), sink).await?;
        if let Some(lines) = lines.as_mut() {
            lines.leave(&left_out);
        }
        all.push(counts);
    }
    Ok(all)
}

/// How the files of one part stand, and what else lies among them; every name of that, if
/// `is_named`.
pub(super) async fn look_at(
    remote: &Remote,
    migration: &Migration<'_>,
    (part, limits, is_named): (&Part, &Limits, bool),
    sink: impl FnMut(&Item<'_>, Standing) + Send,
) -> Result<(Counts, Arc<LeftOut>), Failure> {
    let counts = Counts::new(part.kind, migration.words(part));
    if part.is_yet_to_come() {
        return Ok((counts, Arc::default()));
    }
    let open = migration.open(remote, part, true)?;
    let open = if is_named { open.naming() } else { open };
    let left_out = open.left_out();
    let watch = Counting::new(counts, &left_out, sink);
    let summary = open.look(limits, Comparison::KeepNewer, &watch).await;
    let summary = summary.map_err(|stopped| open.failure(remote, stopped))?;
    let there_alone = summary.surplus.into();
    Ok((Counts { there_alone, ..watch.counts() }, left_out))
}

/// The exit code of how parts stand.
fn exit(parts: &[Counts]) -> Exit {
    if parts.iter().any(|part| part.failed.items > 0) {
        return Exit::Partly;
    }
    let left = parts.iter().any(|part| part.to_move().items > 0);
    if left { Exit::Drift } else { Exit::Done }
}

fn next(remote: &Remote, what: &What, parts: &[Counts]) -> String {
    let (name, flags) = (&remote.site.name, printable(&what.words()));
    let is_empty =
        |part: &Counts| part.all().items + part.there_alone.items == 0 && part.left_out.is_empty();
    if parts.iter().all(is_empty) {
        return "\nNothing is stored yet, so there is nothing to move.\n".to_owned();
    }
    match exit(parts) {
        Exit::Done if parts.iter().all(Counts::is_all_moved) => {
            format!("\nAll of it is moved. Next: {name} migrate verify{flags}\n")
        }
        Exit::Done => {
            format!("\n{} Next: {name} migrate verify{flags}\n", render::what_is_moved(parts))
        }
        _ => format!("\nNothing was changed. Next: {name} migrate run{flags}\n"),
    }
}

fn outlook(migration: &Migration<'_>, what: &What, parts: Vec<Counts>) -> Result<Outlook, Failure> {
    let Some(home) = &migration.home else {
        return Ok(Outlook {
            home: None,
            home_inside: None,
            logs: None,
            parts,
            stays: Vec::new(),
            unknown: Vec::new(),
        });
    };
    let rows = parts.iter().flat_map(|part| &part.left_out);
    let among = |row: &LeftRow| Stays {
        name: row.name.clone(),
        items: Some(row.items),
        why: row.why.clone(),
    };
    let mut stays: Vec<_> = rows.map(among).collect();
    stays.extend(super::beside::stays_beside(home)?);
    Ok(Outlook {
        home: Some(home.folder.shown()),
        home_inside: Some(printable(&home.inside)),
        logs: Some(match &home.logs {
            Logs::Here(folder) => folder.shown(),
            Logs::Bucket(_) => "in a bucket already".to_owned(),
            Logs::Unknown(why) => format!("unknown: {}", printable(why)),
        }),
        parts,
        stays,
        unknown: own_managers(&what.code)?,
    })
}
