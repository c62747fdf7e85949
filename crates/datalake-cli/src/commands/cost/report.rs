//! `cost report`: what a bucket costs, and which part of it how much.

use datalake_core::price::Bill;
use datalake_core::size::ByteSize;
use datalake_core::spec::LOGS_PREFIX;
use datalake_core::usage::Usage;
use datalake_engine::{Clock as _, UsagePlace};
use datalake_operations::costs::{
    CostBasis, DueReport, Holdings, HoldingsQuestion, NotedEgress, TablesUsage, TablesUsageReport,
};
use datalake_operations::lake::{UsageReport, at_bucket, require_something};
use datalake_report::{describe_saving, format_share};
use schemars::JsonSchema;
use serde::Serialize;

use super::basis::{as_log, choose_basis, egress_words, open_log};
use crate::args::Cli;
use crate::args::cost::{CostReport, ReportScope};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{
    BillTold, DocumentKind, Part, Parts, Printer, Sharing, Ticker, bill_text, counted, due_text,
    heading_line, key_text, paid_words, part_line, parts_text, size, usage_words,
};
use crate::site::own_name;

pub(super) const COST_REPORT: DocumentKind = DocumentKind::of::<CostTold>("cost-report");

/// What a bucket costs as it is, for programs.
#[derive(Serialize, JsonSchema)]
pub(in crate::commands) struct CostTold {
    /// The bucket.
    bucket: String,
    /// What the keys begin with.
    prefix: String,
    /// What it costs, if it lies there all month as it is.
    bill: BillTold,
    /// What is known of egress.
    egress: NotedEgress,
    /// What lies there.
    usage: UsageReport,
    /// By the first folder below the prefix.
    prefixes: Parts,
    /// What is in no folder.
    direct: Part,
    /// By asset.
    assets: Parts,
    /// A guess: what looks like a date begins a partition.
    partitions: Parts,
    /// What runs have left: outputs and logs.
    runs: Part,
    /// What is no asset.
    outside_of_assets: Part,
    /// What cannot be read and is billed: old versions, delete markers, unfinished uploads.
    hidden: Vec<Part>,
    /// What lifecycle rules delete next; `null` where they could not be read.
    rules: Option<Vec<DueReport>>,
    /// What steps have printed, where no rule lets it go; `null` where one does, or nothing is there.
    lasting_logs: Option<Part>,
    /// The spec's bucket for tables, where all of that of the assets was looked at and it is there.
    tables: Option<TablesTold>,
}

/// What a bucket for tables adds, for programs.
#[derive(Serialize, JsonSchema)]
struct TablesTold {
    /// What it holds.
    #[serde(flatten)]
    tables: TablesUsageReport,
    /// What both buckets cost together, if all lies there all month as it is.
    together: BillTold,
}

/// A bucket that was looked at, and what it costs as it is.
pub(in crate::commands) struct Costed {
    /// Where it is.
    pub(in crate::commands) place: UsagePlace,
    /// What the keys begin with.
    pub(in crate::commands) prefix: String,
    /// What it holds.
    pub(in crate::commands) holdings: Holdings,
    /// The bill, if it lay there all month.
    pub(in crate::commands) bill: Bill,
    /// What left it.
    pub(in crate::commands) noted: NotedEgress,
}

/// Looks at everything below a prefix; a terminal shows how far it is.
///
/// # Errors
///
/// [`Failure`] where the listing is not whole.
pub(in crate::commands) async fn survey_holdings(
    remote: &Remote,
    question: &HoldingsQuestion<'_>,
) -> Result<Holdings, Failure> {
    let mut ticker = Ticker::new(remote.site.printer);
    let mut progress = |total: &Usage| ticker.tell(|| usage_words(total));
    let holdings = Holdings::survey(&remote.lake(), question, &mut progress).await;
    Ok(holdings.map_err(at_bucket(question.bucket))?)
}

impl Costed {
    /// Looks at a bucket and makes its bill.
    ///
    /// # Errors
    ///
    /// [`Failure`] where the listing is not whole, or the history cannot be read.
    pub(in crate::commands) async fn look(
        remote: &Remote,
        basis: &CostBasis,
        what: &ReportScope,
    ) -> Result<Self, Failure> {
        let (bucket, pattern) = remote.client().parse_pattern(&what.keys, true)?;
        let prefix = pattern.literal().to_owned();
        let question = HoldingsQuestion {
            bucket: &bucket,
            prefix: &prefix,
            assets_below: &remote.spec.prefix,
            partitioned: &what.partitioned,
            top: what.top,
            now: remote.site.clock.now(),
        };
        let holdings = survey_holdings(remote, &question).await?;
        require_something(&holdings.total, &bucket, &prefix)?;
        let place = UsagePlace { endpoint: remote.spec.endpoint.clone(), bucket };
        let noted = basis.read_egress(as_log(open_log(&remote.site)?.as_ref()), &place)?;
        let stored = basis.billed(&holdings.total);
        let bill = basis.bill_steady(stored, ByteSize(noted.counted))?;
        Ok(Self { place, prefix, holdings, bill, noted })
    }

    /// The bill's sum, shared out by what is billed.
    pub(in crate::commands) fn sharing(&self) -> Sharing {
        Sharing::of_bill(&self.bill, self.holdings.total.total().billed)
    }

    /// All of it for programs.
    pub(in crate::commands) fn told(&self, basis: &CostBasis, top: usize) -> CostTold {
        let (sharing, holdings) = (self.sharing(), &self.holdings);
        CostTold {
            bucket: self.place.bucket.to_string(),
            prefix: self.prefix.clone(),
            bill: BillTold::new(&basis.plan, &self.bill, basis.vat),
            egress: self.noted,
            usage: (&holdings.total).into(),
            prefixes: sharing.share_parts(&holdings.folders, top),
            direct: sharing.share_part("", &holdings.direct.total()),
            assets: sharing.share_parts(&holdings.assets, top),
            partitions: sharing.share_parts(&holdings.partitions, top),
            runs: sharing.share_part("", &holdings.runs.total()),
            outside_of_assets: sharing.share_part("", &holdings.outside.total()),
            hidden: sharing.share_hidden(&holdings.total),
            lasting_logs: find_lasting_logs(holdings, sharing),
            tables: None,
            rules: holdings.due.as_ref().ok().map(|due| due.iter().map(DueReport::new).collect()),
        }
    }
}

pub(super) async fn report(
    cli: &Cli,
    flags: &CostReport,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let basis = choose_basis(&remote.site, &flags.terms)?;
    let costed = Costed::look(&remote, &basis, &flags.what).await?;
    let mut text = render_report(&costed, &basis, flags.what.top, &own_name(cli));
    let tables = look_at_tables(&remote, &basis, &costed, &mut text).await?;
    printer.result(COST_REPORT, CostTold { tables, ..costed.told(&basis, flags.what.top) }, &text);
    Ok(Exit::Done)
}

/// The bucket for tables, where the whole bucket of the assets was looked at; as text, too.
async fn look_at_tables(
    remote: &Remote,
    basis: &CostBasis,
    costed: &Costed,
    text: &mut String,
) -> Result<Option<TablesTold>, Failure> {
    let bucket = &costed.place.bucket;
    if !costed.prefix.is_empty() || remote.spec.bucket.as_ref() != Some(bucket) {
        return Ok(None);
    }
    let Some(tables) = TablesUsage::survey(&remote.client(), bucket).await? else {
        return Ok(None);
    };
    let egress = ByteSize(costed.noted.counted);
    let together = tables.bill_with(&costed.holdings.total, egress, basis)?;
    text.push_str(&format!(
        "\ns3://{}, for tables, holds {} ({} billed); both buckets cost {}.\n",
        tables.bucket,
        size(tables.usage.total().bytes),
        size(basis.billed(&tables.usage).0),
        paid_words(together.net(), basis.vat),
    ));
    let together = BillTold::new(&basis.plan, &together, basis.vat);
    Ok(Some(TablesTold { tables: (&tables).into(), together }))
}

fn render_report(costed: &Costed, basis: &CostBasis, top: usize, name: &str) -> String {
    let (holdings, sharing) = (&costed.holdings, costed.sharing());
    let bucket = &costed.place.bucket;
    let mut text = format!(
        "s3://{bucket}/{} holds {} ({} billed) and costs, if it stays all month, {}.\n\n",
        key_text(&costed.prefix),
        size(holdings.total.total().bytes),
        size(holdings.total.total().billed),
        paid_words(costed.bill.net(), basis.vat),
    );
    text.push_str(&bill_text(&basis.plan, &costed.bill, basis.vat));
    text.push_str(&format!(
        "  {}\n\n{}\n\n",
        egress_words(&costed.noted),
        describe_saving(sharing)
    ));
    text.push_str(&parts_text("PREFIX", &sharing.share_parts(&holdings.folders, top), sharing));
    text.push_str(&other_line(sharing, "(directly in it)", &holdings.direct));
    text.push('\n');
    let assets = sharing.share_parts(&holdings.assets, top);
    if assets.largest.is_empty() {
        text.push_str(&heading_line("ASSET", sharing));
    }
    text.push_str(&parts_text("ASSET", &assets, sharing));
    text.push_str(&other_line(sharing, "(outputs and logs of runs)", &holdings.runs));
    text.push_str(&other_line(sharing, "(outside of the assets)", &holdings.outside));
    text.push('\n');
    let partitions = sharing.share_parts(&holdings.partitions, top);
    text.push_str(&parts_text("PARTITION, a guess", &partitions, sharing));
    text.push_str(
        "Keys do not show where an asset ends and its partition begins: what looks like a date begins \
         one;\n--partitioned ASSET names others.\n\n",
    );
    text.push_str(&heading_line("HIDDEN, and billed", sharing));
    sharing
        .share_hidden(&holdings.total)
        .iter()
        .for_each(|part| text.push_str(&part_line(part, sharing)));
    text.push('\n');
    text.push_str(&due_text(&holdings.due));
    if let Some(logs) = find_lasting_logs(holdings, sharing) {
        text.push_str(&format!(
            "{} of steps ({} billed, at least 64 KB each) stay for good: {} of all that is billed, and \
             more each\nday. `protect: {{ logs-expire: 90d }}` in the spec lets them go.\n",
            counted(logs.count, "log"),
            size(logs.billed_bytes),
            format_share(logs.billed_bytes, sharing.billed),
        ));
    }
    text.push_str(&format!(
        "\nNext: {name} usage record (keeps this for forecasts), {name} report --html FILE\n"
    ));
    text
}

fn find_lasting_logs(holdings: &Holdings, sharing: Sharing) -> Option<Part> {
    holdings.lasting_logs.as_ref().map(|logs| sharing.share_part(LOGS_PREFIX, &logs.total()))
}

fn other_line(sharing: Sharing, name: &str, usage: &Usage) -> String {
    if usage.is_empty() {
        return String::new();
    }
    part_line(&sharing.share_part(name, &usage.total()), sharing)
}
