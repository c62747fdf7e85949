//! `dagster gaps`: assets that are deleted and were not written again.
//!
//! The I/O manager deletes an object before it writes it anew. Between the two there is nothing,
//! and a run that dies there leaves it so.

mod walk;

use datalake_core::{BucketName, Fault, InvalidKey, KeyPrefix, Timestamp, Versioning};
use datalake_engine::{Clock, Lake, ObjectSource};
use schemars::JsonSchema;
use serde::Serialize;

use self::walk::{Gap, GapWalk};
use super::agreed;
use crate::args::{Cli, project::Gaps};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{Remote, at_bucket};
use crate::render::{DocumentKind, Printer, Rows, Ticker, age, counted, key_text, size};

pub(super) const GAP: DocumentKind = DocumentKind::of::<Row<'static>>("gap");
pub(super) const GAPS_END: DocumentKind = DocumentKind::of::<Sum>("gaps-end");

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[GAP, GAPS_END];

/// What was deleted so short ago may just be written: an upload takes its time.
const YOUNG: i64 = 600;

/// An asset whose object is deleted and was not written again.
#[derive(Serialize, JsonSchema)]
struct Row<'a> {
    /// The key.
    key: &'a str,
    /// When it was deleted.
    deleted: Timestamp,
    /// Whether that is so short ago that it may just be being written.
    young: bool,
    /// The version that was there last.
    version: &'a str,
    /// Its size in bytes.
    size: u64,
    /// When that version was stored.
    stored: Timestamp,
}

/// All gaps together.
#[derive(Serialize, JsonSchema, Default)]
struct Sum {
    /// How many gaps there are, young ones only with `--young`.
    gaps: u64,
    /// The size of what was there last, in bytes.
    bytes: u64,
    /// How many more there are that are young.
    young: u64,
    /// How many are no longer gaps.
    restored: u64,
    /// How many could not be restored.
    failed: u64,
}

/// Where gaps are looked for.
struct Search<'a> {
    lake: &'a dyn Lake,
    bucket: &'a BucketName,
    prefix: String,
    now: Timestamp,
    /// Whether young ones count.
    takes_young: bool,
    printer: Printer,
}

pub(super) async fn gaps(cli: &Cli, flags: &Gaps, printer: Printer) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let bucket = remote.bucket(None)?;
    let lake = remote.lake();
    let search = Search {
        lake: &lake,
        bucket: &bucket,
        prefix: prefix(&remote)?,
        now: remote.site.clock.now(),
        takes_young: flags.young,
        printer,
    };
    search.require_versions().await?;
    let mut sum = search.list().await?;
    if sum.gaps == 0 || !flags.restore {
        let next = format!("Next: {} dagster gaps --restore", remote.site.name);
        return Ok(search.told(&sum, &next));
    }
    let question = format!("Restore {}?", counted(sum.gaps, "asset"));
    if !agreed(&question, flags.yes, remote.site.may_ask())? {
        printer.talk("nothing was changed");
        return Ok(Exit::Drift);
    }
    search.restore(&mut sum).await?;
    Ok(search.told(&sum, ""))
}

/// What the keys of assets begin with.
fn prefix(remote: &Remote) -> Result<String, Failure> {
    let invalid = |error: &InvalidKey| Failure::of(Exit::Config, error).within("`prefix`");
    let text = remote.site.settings.document().prefix.clone().unwrap_or_default();
    let prefix: KeyPrefix = text.parse().map_err(|error| invalid(&error))?;
    // The key of a nameless thing below it, without the name.
    let key = prefix.key("x").map_err(|error| invalid(&error))?;
    Ok(key.as_str().strip_suffix('x').unwrap_or_default().to_owned())
}

impl Search<'_> {
    /// Without versions nothing tells a gap from what never was.
    async fn require_versions(&self) -> Result<(), Failure> {
        match self.lake.versioning(self.bucket).await.map_err(at_bucket(self.bucket))? {
            Versioning::Enabled | Versioning::Suspended => Ok(()),
            Versioning::Never => {
                let message = format!(
                    "bucket `{}` keeps no versions: nothing tells what was there",
                    self.bucket
                );
                Err(Failure::new(Exit::Config, message)
                    .hint("from now on: `datalake bucket versioning enable`"))
            }
        }
    }

    async fn list(&self) -> Result<Sum, Failure> {
        let (mut rows, mut sum) = (Rows::new(self.printer), Sum::default());
        let mut gaps = GapWalk::new(self).await.map_err(at_bucket(self.bucket))?;
        loop {
            match gaps.next().await {
                Ok(Some(page)) => page.iter().for_each(|gap| self.show(gap, &mut rows, &mut sum)),
                Ok(None) => return Ok(sum),
                Err(fault) => {
                    rows.flush();
                    return Err(at_bucket(self.bucket)(fault));
                }
            }
            rows.flush();
        }
    }

    fn is_young(&self, gap: &Gap) -> bool {
        self.now.unix() - gap.deleted.unix() < YOUNG
    }

    fn takes(&self, gap: &Gap) -> bool {
        self.takes_young || !self.is_young(gap)
    }

    fn show(&self, gap: &Gap, rows: &mut Rows, sum: &mut Sum) {
        let young = self.is_young(gap);
        if self.takes(gap) {
            sum.gaps += 1;
            sum.bytes += gap.size;
        } else {
            sum.young += 1;
        }
        let Gap { key, deleted, version, size: bytes, stored, .. } = gap;
        let (key, version) = (key.as_str(), version.0.as_str());
        let row = Row { key, deleted: *deleted, young, version, size: *bytes, stored: *stored };
        rows.row(GAP, row, || {
            let note = if young { "  (young: perhaps it is just written)" } else { "" };
            let since = age(*deleted, self.now);
            format!("deleted {since}, {:>10}  {}{note}", size(*bytes), key_text(key))
        });
    }

    /// A second listing, so that memory stays flat however many there are.
    async fn restore(&self, sum: &mut Sum) -> Result<(), Failure> {
        let mut ticker = Ticker::new(self.printer);
        let partly = |fault| at_bucket(self.bucket)(fault).under(Exit::Partly);
        let mut gaps = GapWalk::new(self).await.map_err(partly)?;
        while let Some(page) = gaps.next().await.map_err(partly)? {
            for gap in page.iter().filter(|gap| self.takes(gap)) {
                match self.restore_one(gap).await {
                    Ok(()) => sum.restored += 1,
                    Err(fault) => {
                        sum.failed += 1;
                        ticker.clear();
                        self.printer.talk(&format!("{}: {fault}", key_text(gap.key.as_str())));
                    }
                }
                ticker.tell(|| format!("restored {}", sum.restored));
            }
        }
        ticker.clear();
        Ok(())
    }

    /// Takes this very marker away. Where somebody has written meanwhile, it is covered already and
    /// its end changes nothing.
    async fn restore_one(&self, gap: &Gap) -> Result<(), Fault> {
        self.lake.delete(self.bucket, &gap.key, Some(&gap.marker)).await?;
        self.lake.head(&ObjectSource::current(self.bucket, &gap.key)).await.map(drop)
    }

    fn told(&self, sum: &Sum, next: &str) -> Exit {
        if self.printer.is_json() {
            Rows::new(self.printer).row(GAPS_END, sum, String::new);
        } else {
            self.printer.text(&self.sentences(sum, next));
        }
        match sum {
            Sum { failed: 1.., .. } => Exit::Partly,
            Sum { gaps, restored, .. } if gaps > restored => Exit::Drift,
            _ => Exit::Done,
        }
    }

    fn sentences(&self, sum: &Sum, next: &str) -> String {
        let place = format!("s3://{}/{}", self.bucket, key_text(&self.prefix));
        let young = match sum.young {
            0 => String::new(),
            some => {
                format!("{} deleted within 10 minutes left out: --young\n", counted(some, "asset"))
            }
        };
        if sum.restored + sum.failed > 0 {
            return format!(
                "Restored {}, {} failed.\n{young}",
                counted(sum.restored, "asset"),
                sum.failed
            );
        }
        if sum.gaps == 0 {
            return format!(
                "No gaps: below {place} nothing is deleted that was not written again.\n{young}"
            );
        }
        let found = counted(sum.gaps, "asset");
        format!("{found} gone below {place}, {} at last.\n{young}{next}\n", size(sum.bytes))
    }
}
