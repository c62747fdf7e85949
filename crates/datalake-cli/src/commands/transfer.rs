//! `put`, `get`, `cp`, `mv`, `sync`, `verify` and `scrub`.

mod ends;
mod job;
mod ledger;
mod local;
mod moving;
mod notes;
mod proof;
mod run;
mod teller;
mod view;
mod wishes;

use datalake_engine::transfer::Deletion;

use self::job::{Reading, jobs, pair};
use self::run::{Kind, Order, transfer};
use crate::args::Cli;
use crate::args::transfer::{Copy, Get, How, Put, Side, Sync};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer};

pub(super) use self::ledger::{MANIFEST, PairRecords, pair_id};
pub(super) use self::notes::held;
pub(super) use self::proof::{scrub, verify};
pub(super) use self::run::watched;
pub(super) use self::teller::Teller;
pub(super) use self::wishes::limits;

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[
    proof::VERIFICATION,
    run::TRANSFER,
    teller::TRANSFER_ITEM,
    teller::TRANSFER_PROGRESS,
    teller::TRANSFER_RETRY,
];

pub(super) async fn put(cli: &Cli, flags: &Put, printer: Printer) -> Result<Exit, Failure> {
    let sources: Vec<_> = flags.files.iter().cloned().map(Side::Local).collect();
    let dest = Side::Bucket(flags.dest.clone());
    let reading = Reading { recursive: flags.recursive, no_glob: true };
    brought(cli, (&sources, &dest, reading), (&flags.how, Kind::Copy), printer).await
}

pub(super) async fn get(cli: &Cli, flags: &Get, printer: Printer) -> Result<Exit, Failure> {
    let sources: Vec<_> = flags.keys.iter().cloned().map(Side::Bucket).collect();
    // What objects are got into is always a folder.
    let dest = Side::Local(flags.dir.join(""));
    let reading = Reading { recursive: flags.recursive, no_glob: flags.no_glob };
    brought(cli, (&sources, &dest, reading), (&flags.how, Kind::Copy), printer).await
}

pub(super) async fn cp(cli: &Cli, flags: &Copy, printer: Printer) -> Result<Exit, Failure> {
    copied(cli, flags, Kind::Copy, printer).await
}

pub(super) async fn mv(cli: &Cli, flags: &Copy, printer: Printer) -> Result<Exit, Failure> {
    if flags.how.size_only {
        return Err(Failure::new(Exit::Usage, "`mv` deletes: it does not take sizes for contents")
            .hint("leave out --size-only"));
    }
    copied(cli, flags, Kind::Move, printer).await
}

pub(super) async fn sync(cli: &Cli, flags: &Sync, printer: Printer) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let job = pair(&remote, &flags.pair.source, &flags.pair.dest)?;
    let delete = match flags.max_delete.filter(|_| flags.delete) {
        Some(most) => Deletion::AtMost(most),
        None => Deletion::Off,
    };
    transfer(remote, Order { jobs: vec![job], how: &flags.how, kind: Kind::Copy, delete }).await
}

async fn copied(cli: &Cli, flags: &Copy, kind: Kind, printer: Printer) -> Result<Exit, Failure> {
    let reading = Reading { recursive: flags.recursive, no_glob: flags.no_glob };
    brought(cli, (&flags.sources, &flags.dest, reading), (&flags.how, kind), printer).await
}

async fn brought(
    cli: &Cli,
    (sources, dest, reading): (&[Side], &Side, Reading),
    (how, kind): (&How, Kind),
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let jobs = jobs(&remote, sources, dest, reading)?;
    transfer(remote, Order { jobs, how, kind, delete: Deletion::Off }).await
}
