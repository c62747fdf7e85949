//! What would change, as text.

use datalake_core::price::{Bill, describe_paid};
use datalake_core::size::format_size;
use datalake_core::text::count_things;
use datalake_core::usage::Usage;

use super::{CostBasis, ExpiredStays, ONE, WhatIf, WhatIfBills, WhatIfUsage};

/// A month as it is, and as it would be.
#[must_use]
pub fn render_whatif(
    basis: &CostBasis,
    asked: &WhatIf,
    seen: &WhatIfUsage,
    bills: &WhatIfBills,
) -> String {
    let line = |name: &str, usage: &Usage, bill: &Bill| {
        let (stored, sum) =
            (format_size(basis.billed(usage).0), describe_paid(bill.net(), basis.vat));
        let egress = format_size(bill.egressed.0);
        format!("{name:<6} {stored:>10} billed  {egress:>10} egress  {sum}\n")
    };
    let mut text = line("now", &seen.before, &bills.before);
    text.push_str(&line("then", &seen.after, &bills.after));
    let expired = seen.expired.total();
    if !asked.expire.is_empty() {
        let what = count_things(expired.count, "object");
        text.push_str(&format!("{what} of {} would have expired", format_size(expired.bytes)));
        text.push_str(match seen.stays {
            ExpiredStays::NotAtAll => ".\n",
            ExpiredStays::For(_) => ", and their old versions would have gone, too.\n",
            ExpiredStays::ForEver => {
                "; no rule deletes old versions, so all of it would still be billed.\n"
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
