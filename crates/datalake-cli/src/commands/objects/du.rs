//! `du`: how much lies where, and how much of it is billed.

use datalake_core::usage::Usage;
use datalake_engine::{CountedFolder, Scope};
use datalake_operations::lake::{PrefixUsage, measure_usage};

use crate::args::{Cli, objects::Du};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{
    self, DocumentKind, Printer, Rows, Ticker, count, key_text, size, usage_words,
};

pub(super) const USAGE: DocumentKind = DocumentKind::of::<PrefixUsage<'static>>("usage");
pub(super) const USAGE_TOTAL: DocumentKind =
    DocumentKind::of::<PrefixUsage<'static>>("usage-total");

pub(in crate::commands) async fn du(
    cli: &Cli,
    flags: &Du,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let (bucket, pattern) = remote.client().parse_pattern(&flags.keys, true)?;
    let prefix = pattern.literal();
    let mut rows = Rows::new(printer);
    let mut ticker = Ticker::new(printer);
    let mut heading = !printer.is_json() && flags.depth > 0;
    let mut told = |counted: CountedFolder<'_>| match counted {
        // The first page is there: so is the bucket.
        CountedFolder::Page(sum) => {
            ticker.clear();
            let may_be_nowhere = sum.is_empty() && !prefix.is_empty();
            if !may_be_nowhere && std::mem::take(&mut heading) {
                rows.raw(HEADING.as_bytes());
            }
            rows.flush();
            ticker.tell(|| usage_words(sum));
        }
        CountedFolder::Folder(folder, usage) => {
            ticker.clear();
            if std::mem::take(&mut heading) {
                rows.raw(HEADING.as_bytes());
            }
            let below = PrefixUsage::new(&bucket, folder, usage);
            rows.row(USAGE, below, || render_line(folder, usage));
        }
    };
    let scope = Scope { bucket: &bucket, prefix, depth: flags.depth };
    let all = measure_usage(&remote.lake(), &scope, &mut told).await?;
    drop(ticker);
    let below = PrefixUsage::new(&bucket, prefix, &all);
    rows.row(USAGE_TOTAL, below, || render_sum(bucket.as_str(), prefix, &all));
    Ok(Exit::Done)
}

const HEADING: &str =
    "      REAL      BILLED       OBJECTS           OLD       MARKERS   UPLOADS  PREFIX\n";

fn render_line(folder: &str, usage: &Usage) -> String {
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

fn render_sum(bucket: &str, prefix: &str, usage: &Usage) -> String {
    let text = format!("s3://{bucket}/{}\n{}", key_text(prefix), render::usage(usage));
    text.trim_end().to_owned()
}
