//! `put`, `get`, `cp`, `mv`, `sync`, `verify` and `scrub`.

mod piped;
mod proof;
mod report_file;
mod run;
mod teller;
mod wishes;

use std::path::Path;

use datalake_engine::transfer::Deletion;
use datalake_host::MachinePaths;
use datalake_operations::transfer::{
    JobReader, NamedPlaces, PipedTransfer, SourceFate, SourceReading, TransferChoices,
};

use self::piped::{print_objects, store_input};
use self::run::{TransferOrder, transfer};
use self::wishes::read_choices;
use crate::args::Cli;
use crate::args::transfer::{Carried, CopyFlags, Down, Get, Put, Side, Sync};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer};

pub(super) use self::proof::{scrub, verify};
pub(super) use self::run::watched;
pub(super) use self::teller::Teller;
pub(super) use self::wishes::{choose_transfer_limits, read_limits};

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[
    proof::VERIFICATION,
    run::TRANSFER,
    teller::TRANSFER_ITEM,
    teller::TRANSFER_PROGRESS,
    teller::TRANSFER_RETRY,
];

/// What a command is to bring where.
struct Bringing<'a> {
    named: NamedPlaces<'a>,
    choices: &'a TransferChoices,
    /// The file that the report goes into.
    report: Option<&'a Path>,
}

pub(super) async fn put(cli: &Cli, flags: &Put, printer: Printer) -> Result<Exit, Failure> {
    let sources: Vec<_> = flags.files.iter().cloned().map(Side::Local).collect();
    let dest = Side::Bucket(flags.dest.clone());
    let reading = SourceReading { recursive: flags.recursive, no_glob: true };
    let choices = read_choices(&flags.how, &Down::default(), &flags.carried)?;
    let report = flags.how.report.as_deref();
    let named = NamedPlaces { sources: &sources, dest: &dest, reading };
    bring_sources(cli, Bringing { named, choices: &choices, report }, printer).await
}

pub(super) async fn get(cli: &Cli, flags: &Get, printer: Printer) -> Result<Exit, Failure> {
    let sources: Vec<_> = flags.keys.iter().cloned().map(Side::Bucket).collect();
    // What objects are got into is always a folder.
    let dest = Side::Local(flags.dir.join(""));
    let reading = SourceReading { recursive: flags.recursive, no_glob: flags.no_glob };
    let choices = read_choices(&flags.how, &flags.down, &Carried::default())?;
    let report = flags.how.report.as_deref();
    let named = NamedPlaces { sources: &sources, dest: &dest, reading };
    bring_sources(cli, Bringing { named, choices: &choices, report }, printer).await
}

pub(super) async fn cp(cli: &Cli, flags: &CopyFlags, printer: Printer) -> Result<Exit, Failure> {
    copy_sources(cli, flags, SourceFate::Stays, printer).await
}

pub(super) async fn mv(cli: &Cli, flags: &CopyFlags, printer: Printer) -> Result<Exit, Failure> {
    if flags.how.size_only {
        return Err(Failure::new(Exit::Usage, "`mv` deletes: it does not take sizes for contents")
            .hint("leave out --size-only"));
    }
    copy_sources(cli, flags, SourceFate::Removed, printer).await
}

pub(super) async fn sync(cli: &Cli, flags: &Sync, printer: Printer) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let reader = JobReader { client: remote.client(), paths: &MachinePaths };
    let jobs = vec![reader.read_pair(&flags.pair.source, &flags.pair.dest)?];
    let delete = match flags.max_delete.filter(|_| flags.delete) {
        Some(most) => Deletion::AtMost(most),
        None => Deletion::Off,
    };
    let choices = read_choices(&flags.how, &flags.down, &flags.carried)?;
    let choices = TransferChoices { delete, ..choices };
    let report = flags.how.report.as_deref();
    transfer(remote, TransferOrder { jobs, choices: &choices, report }).await
}

async fn copy_sources(
    cli: &Cli,
    flags: &CopyFlags,
    fate: SourceFate,
    printer: Printer,
) -> Result<Exit, Failure> {
    let CopyFlags { how, down, carried, sources, dest, .. } = flags;
    let reading = SourceReading { recursive: flags.recursive, no_glob: flags.no_glob };
    let choices = TransferChoices { fate, ..read_choices(how, down, carried)? };
    let report = how.report.as_deref();
    let named = NamedPlaces { sources, dest, reading };
    bring_sources(cli, Bringing { named, choices: &choices, report }, printer).await
}

async fn bring_sources(cli: &Cli, what: Bringing<'_>, printer: Printer) -> Result<Exit, Failure> {
    let Bringing { named, choices, report } = what;
    match PipedTransfer::find(&named, choices, report.is_some())? {
        Some(PipedTransfer::FromObjects(keys)) => print_objects(cli, keys, printer).await,
        Some(PipedTransfer::IntoObject(dest)) => {
            store_input(Remote::open(cli, printer).await?, &dest, choices, report).await
        }
        None => {
            let remote = Remote::open(cli, printer).await?;
            let reader = JobReader { client: remote.client(), paths: &MachinePaths };
            let jobs = reader.read_jobs(&named)?;
            transfer(remote, TransferOrder { jobs, choices, report }).await
        }
    }
}
