//! `du`: how much lies where, and how much of it is billed.

use datalake_core::{Tally, Usage};
use datalake_engine::{Counted, Scope, measure};
use schemars::JsonSchema;
use serde::Serialize;

use super::nothing;
use crate::args::{Cli, objects::Du};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{Remote, at_bucket};
use crate::render::{
    self, DocumentKind, Printer, Rows, Ticker, count, key_text, size, usage_words,
};

pub(super) const USAGE: DocumentKind = DocumentKind::of::<Below<'static>>("usage");
pub(super) const USAGE_TOTAL: DocumentKind = DocumentKind::of::<Below<'static>>("usage-total");

/// What lies below a prefix, for programs.
#[derive(Serialize, JsonSchema)]
struct Below<'a> {
    /// The bucket.
    bucket: &'a str,
    /// The folder, or what all keys begin with.
    prefix: &'a str,
    #[serde(flatten)]
    usage: Sums,
}

/// Usage for programs: exact bytes.
#[derive(Serialize, JsonSchema)]
pub(in crate::commands) struct Sums {
    /// Objects that can be read.
    current: Amount,
    /// Old versions.
    noncurrent: Amount,
    /// Delete markers.
    delete_markers: Amount,
    /// Parts of uploads that were not finished.
    unfinished_uploads: Amount,
    /// All together.
    total: Amount,
}

/// A number of things, and their size.
#[derive(Serialize, JsonSchema)]
struct Amount {
    /// How many.
    count: u64,
    /// Their size in bytes.
    bytes: u64,
    /// What is billed, in bytes: a small object counts as 64 kB.
    billed_bytes: u64,
}

pub(in crate::commands) async fn du(
    cli: &Cli,
    flags: &Du,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let (bucket, pattern) = remote.keys(&flags.keys, true)?;
    let (lake, prefix) = (remote.lake(), pattern.literal());
    let mut rows = Rows::new(printer);
    let mut ticker = Ticker::new(printer);
    let mut heading = !printer.is_json() && flags.depth > 0;
    let mut told = |counted: Counted<'_>| match counted {
        // The first page is there: so is the bucket.
        Counted::Page(sum) => {
            ticker.clear();
            let may_be_nowhere = sum.is_empty() && !prefix.is_empty();
            if !may_be_nowhere && std::mem::take(&mut heading) {
                rows.raw(HEADING.as_bytes());
            }
            rows.flush();
            ticker.tell(|| usage_words(sum));
        }
        Counted::Folder(folder, usage) => {
            ticker.clear();
            if std::mem::take(&mut heading) {
                rows.raw(HEADING.as_bytes());
            }
            let below = Below { bucket: bucket.as_str(), prefix: folder, usage: usage.into() };
            rows.row(USAGE, below, || line(folder, usage));
        }
    };
    let scope = Scope { bucket: &bucket, prefix, depth: flags.depth };
    let all = measure(&lake, &scope, &mut told).await.map_err(at_bucket(&bucket))?;
    drop(ticker);
    if all.is_empty() && !prefix.is_empty() {
        return Err(nothing(&bucket, &flags.keys.key, &pattern));
    }
    let below = Below { bucket: bucket.as_str(), prefix, usage: (&all).into() };
    rows.row(USAGE_TOTAL, below, || sum(bucket.as_str(), prefix, &all));
    Ok(Exit::Done)
}

const HEADING: &str =
    "      REAL      BILLED       OBJECTS           OLD       MARKERS   UPLOADS  PREFIX\n";

fn line(folder: &str, usage: &Usage) -> String {
    let total = usage.total();
    format!(
        "{:>10}  {:>10}  {:>12}  {:>12}  {:>12}  {:>8}  {}",
        size(total.bytes),
        size(total.billed),
        count(usage.current.count),
        count(usage.noncurrent.count),
        count(usage.markers.count),
        count(usage.uploads.count),
        key_text(folder),
    )
}

fn sum(bucket: &str, prefix: &str, usage: &Usage) -> String {
    let text = format!("s3://{bucket}/{}\n{}", key_text(prefix), render::usage(usage));
    text.trim_end().to_owned()
}

impl From<&Usage> for Sums {
    fn from(usage: &Usage) -> Self {
        Self {
            current: usage.current.into(),
            noncurrent: usage.noncurrent.into(),
            delete_markers: usage.markers.into(),
            unfinished_uploads: usage.uploads.into(),
            total: usage.total().into(),
        }
    }
}

impl From<Tally> for Amount {
    fn from(Tally { count, bytes, billed }: Tally) -> Self {
        Self { count, bytes, billed_bytes: billed }
    }
}
