//! `rm`: objects removed, after a look at what goes.

use datalake_core::s3::{BucketName, Versioning};
use datalake_core::usage::Usage;
use datalake_engine::{Cleared, Extent, Lake};
use datalake_operations::lake::{
    DeletionEnd, DeletionReach, DeletionTarget, Finality, UsageReport,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{Cli, objects::Rm};
use crate::commands::{agreed, name_typed};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer, Ticker, count, counted, size, usage_words};

pub(super) const RM: DocumentKind = DocumentKind::of::<Report>("rm");
pub(super) const RM_PLAN: DocumentKind = DocumentKind::of::<Report>("rm-plan");

/// What goes.
#[derive(Serialize, JsonSchema)]
struct Report {
    /// The bucket.
    bucket: String,
    /// What was found.
    found: UsageReport,
    /// How many were removed.
    removed: u64,
    /// Their size in bytes.
    removed_bytes: u64,
    /// How many could not be removed.
    failed: u64,
}

pub(in crate::commands) async fn rm(
    cli: &Cli,
    flags: &Rm,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let reach = DeletionReach { recursive: flags.recursive, versions: flags.versions };
    let (bucket, pattern) = remote.client().parse_pattern(&flags.keys, flags.no_glob)?;
    let target = DeletionTarget::choose(bucket, pattern, reach)?;
    let lake = remote.lake();
    let found = count_found(&target, &lake, printer).await?;
    printer.talk(&format!("{}: {}", target.describe(), usage_words(&found)));
    if found.is_empty() {
        return Err(Failure::new(Exit::Absent, format!("{}: there is nothing", target.describe())));
    }
    if flags.dry_run {
        printer.result(RM_PLAN, build_report(target.bucket(), &found, &Cleared::default()), "");
        return Ok(Exit::Drift);
    }
    tell_finality(target.find_finality(&lake).await, printer);
    if target.is_whole_bucket() {
        name_typed(target.bucket(), flags.confirm.as_deref(), remote.site.may_ask())?;
    } else if !agreed("Remove this?", flags.yes, remote.site.may_ask())? {
        return Ok(Exit::Done);
    }
    delete_target(&target, &lake, &found, printer).await
}

async fn count_found(
    target: &DeletionTarget,
    lake: &dyn Lake,
    printer: Printer,
) -> Result<Usage, Failure> {
    let mut ticker = Ticker::new(printer);
    let mut tell = |usage: &Usage| ticker.tell(|| usage_words(usage));
    Ok(target.count(lake, &mut tell).await?)
}

async fn delete_target(
    target: &DeletionTarget,
    lake: &dyn Lake,
    found: &Usage,
    printer: Printer,
) -> Result<Exit, Failure> {
    let mut ticker = Ticker::new(printer);
    let mut tell = |cleared: &Cleared| {
        ticker.tell(|| format!("removed {}", count(cleared.gone.count)));
    };
    let DeletionEnd { cleared, error } = target.delete(lake, found, &mut tell).await;
    drop(ticker);
    let what = if target.extent() == Extent::Current { "object" } else { "version" };
    let (gone, bytes) = (counted(cleared.gone.count, what), size(cleared.gone.bytes));
    let done = format!("Removed {gone}, {bytes}.");
    if let Some(error) = error {
        printer.talk(&done);
        return Err(error.into());
    }
    printer.result(RM, build_report(target.bucket(), found, &cleared), &format!("{done}\n"));
    Ok(Exit::Done)
}

fn build_report(bucket: &BucketName, found: &Usage, cleared: &Cleared) -> Report {
    Report {
        bucket: bucket.to_string(),
        found: found.into(),
        removed: cleared.gone.count,
        removed_bytes: cleared.gone.bytes,
        failed: cleared.failed,
    }
}

fn tell_finality(finality: Finality, printer: Printer) {
    printer.talk(match finality {
        Finality::AllVersions => "all versions go: there is no way back",
        Finality::Bucket(Versioning::Enabled) => {
            "the bucket keeps versions: old ones stay, and are billed"
        }
        Finality::Bucket(Versioning::Never) => "the bucket keeps no versions: there is no way back",
        Finality::Bucket(Versioning::Suspended) => {
            "versioning is suspended: there may be no way back"
        }
        Finality::Unknown => return,
    });
}
