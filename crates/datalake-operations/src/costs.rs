//! What a bucket holds, costs and will cost, and what would change.

mod basis;
mod comparison;
mod costed;
mod due_report;
mod entered_egress;
mod growth;
mod history;
mod history_text;
mod holdings;
mod outlook;
mod tables;
mod usage_history;
mod whatif;
mod whatif_text;

pub use self::basis::{CostBasis, CostTerms, NotedEgress};
pub use self::comparison::{PriceComparison, compare_prices, describe_comparisons};
pub use self::costed::{
    CostScope, CostTold, CostedBucket, CostedTables, TablesTold, render_costs, survey_holdings,
};
pub use self::due_report::DueReport;
pub use self::entered_egress::remove_entered_egress;
pub use self::growth::{AssetGrowth, compare_assets, compare_with_kept};
pub use self::history::RecordedUsage;
pub use self::history_text::render_history;
pub use self::holdings::{Holdings, HoldingsQuestion};
pub use self::outlook::{CostOutlook, CountedSum, ExpectedCost, bill_sample, choose_budget};
pub use self::tables::{
    TablesUsage, TablesUsageReport, find_assets_place, find_uncounted_tables, list_places,
    name_places,
};
pub use self::usage_history::{EgressTold, SampleTold, UsageHistory, egress_word};
pub use self::whatif::{ExpiredStays, ONE, WhatIf, WhatIfBills, WhatIfPlace, WhatIfUsage};
pub use self::whatif_text::render_whatif;

#[cfg(test)]
mod tests;
