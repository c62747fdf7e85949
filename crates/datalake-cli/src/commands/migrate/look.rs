//! `migrate plan` and `migrate status`: what lies where, and what of it is moved.

use std::sync::Arc;

use datalake_core::Comparison;
use datalake_dagster::{StoredKind, stays_in_home};
use datalake_engine::transfer::{Item, Limits};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::transfer::limits;
use super::code::own_managers;
use super::home::{Home, Logs};
use super::lines::Lines;
use super::part::{Migration, Part, PartKind};
use super::standing::{Counting, Counts, Standing};
use super::tree::LeftOut;
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
    let (parts, left_out) = counted_parts(&remote, &migration, (&limits, &mut lines)).await?;
    let outlook = outlook(&migration, &flags.what, parts, &left_out)?;
    if let Some(lines) = lines {
        lines.finish(&left_out)?;
    }
    let next = next(&remote, &flags.what, &outlook.parts);
    printer.result(MIGRATION_PLAN, &outlook, &(render::outlook(&outlook) + &next));
    Ok(exit(&outlook.parts))
}

pub(super) async fn status(cli: &Cli, flags: &Status, printer: Printer) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let migration = Migration::of(&remote, &flags.what).await?;
    let limits = limits(&remote, &flags.within)?;
    let (parts, _) = counted_parts(&remote, &migration, (&limits, &mut None)).await?;
    let stopped = super::pause::stopped_daemon(&remote.site)?;
    if let Some(units) = &stopped {
        printer
            .talk(&format!("a run that was ended has stopped {units}, and not started it again"));
    }
    let text = render::parts(&parts) + &next(&remote, &flags.what, &parts);
    printer.result(MIGRATION_STATUS, &parts, &text);
    Ok(exit(&parts))
}

/// How the files of all parts stand, and what was left out among them.
pub(super) async fn counted_parts(
    remote: &Remote,
    migration: &Migration<'_>,
    (limits, lines): (&Limits, &mut Option<Lines>),
) -> Result<(Vec<Counts>, Arc<LeftOut>), Failure> {
    let left_out = if lines.is_some() { LeftOut::named() } else { LeftOut::default() };
    let left_out = Arc::new(left_out);
    let mut all = Vec::new();
    for part in &migration.parts {
        let sink = |item: &Item<'_>, standing: Standing| {
            if let Some(lines) = lines.as_mut() {
                lines.write(standing.mark(), item.name, &item.reason.to_string());
            }
        };
        all.push(look_at(remote, migration, (part, limits, &left_out), sink).await?);
    }
    Ok((all, left_out))
}

/// How the files of one part stand; what lies among them is noted with the part that comes first.
pub(super) async fn look_at(
    remote: &Remote,
    migration: &Migration<'_>,
    (part, limits, left_out): (&Part, &Limits, &Arc<LeftOut>),
    sink: impl FnMut(&Item<'_>, Standing) + Send,
) -> Result<Counts, Failure> {
    let counts = Counts::new(part.kind, migration.words(part));
    if part.is_yet_to_come() {
        return Ok(counts);
    }
    let open = migration.open(remote, part, true)?;
    let open = if part.kind == PartKind::Assets { open.noting(left_out) } else { open };
    let watch = Counting::new(counts, sink);
    let summary = open.look(limits, Comparison::KeepNewer, &watch).await;
    let summary = summary.map_err(|stopped| open.failure(remote, stopped))?;
    Ok(Counts { there_alone: summary.surplus.into(), ..watch.counts() })
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
    if parts.iter().all(|part| part.all().items + part.there_alone.items == 0) {
        return "\nNothing is stored yet, so there is nothing to move.\n".to_owned();
    }
    match exit(parts) {
        Exit::Done => format!("\nAll of it is moved. Next: {name} migrate verify{flags}\n"),
        _ => format!("\nNothing was changed. Next: {name} migrate run{flags}\n"),
    }
}

fn outlook(
    migration: &Migration<'_>,
    what: &What,
    parts: Vec<Counts>,
    left_out: &LeftOut,
) -> Result<Outlook, Failure> {
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
    let mut stays = stays_among(what, left_out);
    stays.extend(stays_beside(home)?);
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

/// What lies among the pickles and is none.
fn stays_among(what: &What, left_out: &LeftOut) -> Vec<Stays> {
    let kinds = left_out.kinds().into_iter();
    let stays = kinds.filter_map(|(kind, left)| {
        let why = match kind {
            StoredKind::OpOutput if what.op_outputs => return None,
            StoredKind::Log if what.logs => return None,
            kind => why(kind),
        };
        let name = printable(left.names.first().map(String::as_str).unwrap_or_default());
        Some(Stays { name, items: Some(left.items), why: why.to_owned() })
    });
    stays.collect()
}

/// Why files of a kind stay that were not asked for.
pub(super) fn why(kind: StoredKind) -> &'static str {
    match kind {
        StoredKind::OpOutput => {
            "outputs of ops, which only runs that are gone on with read: --op-outputs takes them"
        }
        StoredKind::Log => {
            "logs of steps, which show as before with `local_dir` at the old place: --logs takes them"
        }
        kind => kind.stays_because().unwrap_or("a pickle of an asset"),
    }
}

/// What lies in the home beside the pickles.
fn stays_beside(home: &Home) -> Result<Vec<Stays>, Failure> {
    let holds = |name: &String| {
        let path = home.folder.path_here().join(name);
        home.pickles.as_ref().is_ok_and(|pickles| pickles.path_here().starts_with(path))
    };
    let stays = home.folder.names()?.into_iter().filter(|name| !holds(name)).map(|name| {
        let why = stays_in_home(&name).unwrap_or("nothing that a migration knows");
        Stays { name: printable(&name), items: None, why: why.to_owned() }
    });
    Ok(stays.collect())
}
