//! `migrate run`: moves what is new, until nothing is left, and has it proved.

use std::sync::atomic::{AtomicU64, Ordering};

use datalake_core::{ByteSize, Fault};
use datalake_engine::StateFolder as _;
use datalake_engine::transfer::{Findings, Item, Limits, TransferWatch};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::agreed;
use super::super::transfer::{Teller, limits, watched};
use super::kinds::{LeftOut, LeftRow};
use super::look::counted_parts;
use super::open::OpenPart;
use super::part::{Migration, Part, PartKind};
use super::pause::Paused;
use super::proof::require_right;
use super::standing::{Counts, Standing};
use crate::args::Cli;
use crate::args::migrate::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{
    self, DocumentKind, Printer, Rows, Sum, TransferState, counted, printable, size,
};
use crate::site::Site;

pub(super) const MIGRATION: DocumentKind = DocumentKind::of::<Migrated>("migration");

/// Passes over a part, at most: each moves what has changed during the one before.
const PASSES: u32 = 4;

/// What the last run was told, for the way back of a switch.
const LAST: &str = "migration/last";

/// The flags of the last migration of this host's files; `None` where there was none.
pub(in crate::commands) fn last_flags(site: &Site) -> Option<String> {
    let words = site.state.read(LAST).ok()?;
    Some(printable(&String::from_utf8_lossy(&words)))
}

/// How a migration ended.
#[derive(Serialize, JsonSchema)]
struct Migrated {
    /// The parts of Dagster's files.
    parts: Vec<Done>,
    /// The size of what was sent, in bytes.
    bytes_moved: u64,
    /// How long it took, in seconds.
    seconds: f64,
    /// What to do next.
    next: String,
}

/// How a part ended.
#[derive(Serialize, JsonSchema)]
struct Done {
    /// The part of Dagster's files.
    part: PartKind,
    /// Where it was.
    source: String,
    /// Where it is now.
    destination: String,
    /// What was moved.
    moved: Sum,
    /// How often it was gone through: files that are written meanwhile take another pass.
    passes: u32,
    /// How many objects were left, since they are newer than the file.
    newer_there: u64,
    /// What was confirmed by the store or read back.
    proved: Sum,
    /// How many files could not be moved.
    failed: u64,
    /// What else lies there: files of other kinds, which stay.
    left_out: Vec<LeftRow>,
}

pub(super) async fn run(cli: &Cli, flags: &Run, printer: Printer) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let limits = limits(&remote, &flags.within)?;
    let remote = connected(remote, &limits);
    let migration = Migration::of(&remote, &flags.what).await?;
    if !begun(&remote, &migration, (flags, &limits)).await? {
        printer.talk("nothing was changed");
        return Ok(Exit::Drift);
    }
    let paused = Paused::begin(&remote.site, &flags.pause).await?;
    let (source, destination) =
        migration.parts.first().map(|part| migration.words(part)).unwrap_or_default();
    let state = TransferState { source, destination, ..TransferState::default() };
    let teller = Teller::new(printer, flags.report.as_deref(), state)?;
    let work = async {
        paused.settle(migration.home.as_ref(), &flags.pause).await?;
        all(&remote, &migration, (&limits, &teller)).await
    };
    let ended = watched(Box::pin(work), &teller).await;
    let state = teller.finish()?;
    // Whatever came of it: Dagster goes on.
    paused.end().await?;
    let words = flags.what.words();
    if migration.home.is_some() {
        let kept = remote.site.state.write(LAST, words.as_bytes());
        kept.map_err(|fault| remote.site.state_failure(&fault))?;
    }
    tell(&remote, ended?, (&state, &words))
}

/// Shows what is to be moved and asks, where somebody is there to answer.
async fn begun(
    remote: &Remote,
    migration: &Migration<'_>,
    (flags, limits): (&Run, &Limits),
) -> Result<bool, Failure> {
    if flags.yes {
        return Ok(true);
    }
    let parts = counted_parts(remote, migration, (limits, &mut None)).await?;
    remote.site.printer.text(&(render::parts(&parts) + &render::left_out(&parts)));
    let to_move = |part: &Counts| part.to_move();
    let items: u64 = parts.iter().map(|part| to_move(part).items).sum();
    let bytes: u64 = parts.iter().map(|part| to_move(part).bytes).sum();
    let question = format!("Copy {} ({})?", counted(items, "file"), size(bytes));
    agreed(&question, false, remote.site.may_ask())
}

async fn all(
    remote: &Remote,
    migration: &Migration<'_>,
    (limits, teller): (&Limits, &Teller),
) -> Result<Vec<Done>, Failure> {
    let mut done = Vec::new();
    for part in &migration.parts {
        done.push(one(remote, migration, part, (limits, teller)).await?);
    }
    Ok(done)
}

/// Moves a part, asks the store for it, and moves what has changed meanwhile, until nothing has.
async fn one(
    remote: &Remote,
    migration: &Migration<'_>,
    part: &Part,
    (limits, teller): (&Limits, &Teller),
) -> Result<Done, Failure> {
    if part.is_yet_to_come() {
        return Ok(Done::nothing(part.kind, migration.words(part)));
    }
    let open = migration.open(remote, part, false)?.naming();
    let left_out = open.left_out();
    let (mut moved, mut passes) = (Sum::default(), 0);
    let (last, newer_there) = loop {
        passes += 1;
        let watch = Watch { teller, left_out: &left_out, newer_there: AtomicU64::new(0) };
        let pass = open.pass(limits, &watch).await;
        let summary = pass.map_err(|stopped| open.failure(remote, stopped))?;
        teller.ended(&summary);
        let items = summary.new.items + summary.replaced.items;
        moved.items += items;
        moved.bytes += summary.new.bytes + summary.replaced.bytes;
        if items == 0 || passes == PASSES {
            break (summary, watch.newer_there.into_inner());
        }
    };
    let findings = proved(remote, &open, (limits, false), teller).await?;
    require_right(&findings)?;
    let (source, destination) = migration.words(part);
    left_out.each(|name, why| teller.leave(name, why));
    Ok(Done {
        part: part.kind,
        source,
        destination,
        moved,
        passes,
        newer_there,
        proved: findings.right.into(),
        failed: last.failed.items.saturating_sub(left_out.late()),
        left_out: left_out.rows(),
    })
}

impl Done {
    /// There was nothing to move.
    fn nothing(part: PartKind, (source, destination): (String, String)) -> Self {
        let (moved, proved) = (Sum::default(), Sum::default());
        let (passes, newer_there, failed, left_out) = (0, 0, 0, Vec::new());
        Self { part, source, destination, moved, passes, newer_there, proved, failed, left_out }
    }
}

/// Tells of a pass, and counts what is newer in the bucket.
struct Watch<'a> {
    teller: &'a Teller,
    left_out: &'a LeftOut,
    newer_there: AtomicU64,
}

impl TransferWatch for Watch<'_> {
    fn item(&self, item: &Item<'_>) {
        match Standing::of(item) {
            Standing::NewerThere => drop(self.newer_there.fetch_add(1, Ordering::Relaxed)),
            // It is of another kind, and told with those.
            Standing::Failed if self.left_out.is_late(item.name) => return,
            _ => (),
        }
        self.teller.item(item);
    }

    fn planned(&self, size: ByteSize) {
        self.teller.planned(size);
    }

    fn moved(&self, bytes: u64) {
        self.teller.moved(bytes);
    }

    fn repeated(&self, fault: &Fault) {
        self.teller.repeated(fault);
    }
}

pub(super) async fn proved(
    remote: &Remote,
    open: &OpenPart<'_>,
    (limits, deep): (&Limits, bool),
    teller: &Teller,
) -> Result<Findings, Failure> {
    let found = open.verify(limits, deep, teller).await;
    found.map_err(|stopped| open.failure(remote, stopped))
}

fn tell(
    remote: &Remote,
    parts: Vec<Done>,
    (state, words): (&TransferState, &str),
) -> Result<Exit, Failure> {
    let failed: u64 = parts.iter().map(|part| part.failed).sum();
    let next = format!("{} migrate report{}", remote.site.name, printable(words));
    let mut text = String::new();
    for part in &parts {
        text.push_str(&format!(
            "{:<12}{} moved ({}) in {}, {} confirmed by the store ({})\n",
            part.part.word(),
            counted(part.moved.items, "file"),
            size(part.moved.bytes),
            if part.passes == 1 { "1 pass".to_owned() } else { format!("{} passes", part.passes) },
            render::count(part.proved.items),
            size(part.proved.bytes)
        ));
        if part.newer_there > 0 {
            let number = render::count(part.newer_there);
            text.push_str(&format!("{:<12}{number} newer in the bucket, and left there\n", ""));
        }
        for row in &part.left_out {
            text.push_str(&format!("{:<12}{}\n", "", render::left_row(row)));
        }
    }
    text.push_str(&format!(
        "Nothing local was deleted; {:.1} s, {} sent.\nNext: {next}\n",
        state.seconds,
        size(ByteSize(state.bytes_moved).0)
    ));
    let (bytes_moved, seconds) = (state.bytes_moved, state.seconds);
    let migrated = Migrated { parts, bytes_moved, seconds, next: next.clone() };
    Rows::new(remote.site.printer).row(MIGRATION, &migrated, || text.trim_end().to_owned());
    if failed > 0 {
        return Err(Failure::new(Exit::Partly, format!("{} not moved", counted(failed, "file")))
            .hint("all others are done; the same command tries these again")
            .hint(format!("{next} tells which assets to materialize again")));
    }
    Ok(Exit::Done)
}

/// The service with as many connections as the limits have.
pub(super) fn connected(remote: Remote, limits: &Limits) -> Remote {
    let Remote { site, spec, store } = remote;
    let store = store.with_connections(limits.connections);
    Remote { site, spec, store }
}
