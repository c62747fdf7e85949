//! `cost whatif`: what would change.

use datalake_core::price::Bill;
use datalake_core::size::ByteSize;
use datalake_core::usage::Usage;
use datalake_engine::{Clock as _, UsagePlace};
use datalake_operations::costs::{
    CostBasis, ExpiredStays, ONE, WhatIf, WhatIfBills, WhatIfPlace, WhatIfUsage,
    find_uncounted_tables,
};
use datalake_operations::lake::{at_bucket, require_something};
use schemars::JsonSchema;
use serde::Serialize;

use super::basis::{as_log, choose_basis, open_log};
use crate::args::Cli;
use crate::args::cost::Whatif;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{
    BillTold, DocumentKind, Printer, Ticker, counted, paid_words, size, usage_words,
};

pub(super) const COST_WHATIF: DocumentKind = DocumentKind::of::<Told>("cost-whatif");

/// A month as it is, and as it would be.
#[derive(Serialize, JsonSchema)]
struct Told {
    /// The bucket.
    bucket: String,
    /// What the keys begin with.
    prefix: String,
    /// The bill as things are.
    before: BillTold,
    /// The bill as they would be.
    after: BillTold,
    /// What is billed as things are, in bytes.
    before_billed_bytes: u64,
    /// What would be billed, in bytes.
    after_billed_bytes: u64,
    /// How many objects would expire.
    expired_count: u64,
    /// Their size in bytes.
    expired_bytes: u64,
}

pub(super) async fn whatif(cli: &Cli, flags: &Whatif, printer: Printer) -> Result<Exit, Failure> {
    let asked =
        WhatIf { expire: flags.expire.clone(), compress: flags.compress, egress: flags.egress };
    asked.check()?;
    let remote = Remote::open(cli, printer).await?;
    let basis = choose_basis(&remote.site, &flags.terms)?;
    let (bucket, pattern) = remote.client().parse_pattern(&flags.keys, true)?;
    let prefix = pattern.literal();
    let mut ticker = Ticker::new(printer);
    let mut progress = |before: &Usage| ticker.tell(|| usage_words(before));
    let now = remote.site.clock.now();
    let usage = asked
        .survey(&remote.lake(), &WhatIfPlace { bucket: &bucket, prefix, now }, &mut progress)
        .await;
    let usage = usage.map_err(at_bucket(&bucket))?;
    ticker.clear();
    require_something(&usage.before, &bucket, prefix)?;

    let place = UsagePlace { endpoint: remote.spec.endpoint.clone(), bucket };
    let noted = basis.read_egress(as_log(open_log(&remote.site)?.as_ref()), &place)?;
    let more = asked.egress.unwrap_or_default();
    let bills = usage.make_bills(&basis, ByteSize(noted.counted), more)?;
    let mut text = render_whatif(&basis, &asked, &usage, &bills);
    if let Some(tables) = find_uncounted_tables(&remote.spec, &place.bucket) {
        text.push_str(&format!(
            "Without s3://{tables}, the bucket for tables: `{} cost report` has both.\n",
            remote.site.name
        ));
    }
    let told = Told {
        bucket: place.bucket.to_string(),
        prefix: prefix.to_owned(),
        before: BillTold::new(&basis.plan, &bills.before, basis.vat),
        after: BillTold::new(&basis.plan, &bills.after, basis.vat),
        before_billed_bytes: basis.billed(&usage.before).0,
        after_billed_bytes: basis.billed(&usage.after).0,
        expired_count: usage.expired.total().count,
        expired_bytes: usage.expired.total().bytes,
    };
    printer.result(COST_WHATIF, told, &text);
    Ok(Exit::Done)
}

fn render_whatif(
    basis: &CostBasis,
    asked: &WhatIf,
    seen: &WhatIfUsage,
    bills: &WhatIfBills,
) -> String {
    let line = |name: &str, usage: &Usage, bill: &Bill| {
        let (stored, sum) = (size(basis.billed(usage).0), paid_words(bill.net(), basis.vat));
        let egress = size(bill.egressed.0);
        format!("{name:<6} {stored:>10} billed  {egress:>10} egress  {sum}\n")
    };
    let mut text = line("now", &seen.before, &bills.before);
    text.push_str(&line("then", &seen.after, &bills.after));
    let expired = seen.expired.total();
    if !asked.expire.is_empty() {
        let what = counted(expired.count, "object");
        text.push_str(&format!("{what} of {} would have expired", size(expired.bytes)));
        text.push_str(match seen.stays {
            ExpiredStays::NotAtAll => ".\n",
            ExpiredStays::For(_) => ", and their old versions would have gone, too.\n",
            ExpiredStays::ForEver => {
                "; no rule deletes old versions, so all of it would still be billed: `datalake \
                 bucket lifecycle set`\n"
            }
        });
    }
    if asked.ratio() > ONE {
        text.push_str("No object is billed below its smallest size, however small it gets.\n");
    }
    if asked.egress.unwrap_or_default().0 > 0 {
        text.push_str(
            "Reads by Hetzner servers in eu-central are not egress; Modal's reads are.\n",
        );
    }
    text
}
