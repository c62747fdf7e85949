//! All there is to tell of a bucket: for programs, as Markdown and as a page.

mod markdown;
mod over_time;
mod page;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use datalake_core::price::{EgressMonth, Micros, Money, Part, Parts, Sharing};
use datalake_core::usage::{SummedFolder, Tally};

use datalake_core::price::BillTold;

pub use markdown::render_lake_markdown;
pub use page::render_lake_page;

/// All there is to tell of a bucket. Sizes are bytes, times seconds after 1970 or RFC 3339.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LakeReport {
    /// The bucket.
    pub bucket: String,
    /// What the keys begin with.
    pub prefix: String,
    /// When it was looked at.
    pub at: String,
    /// The month.
    pub month: String,
    /// What the price list is called.
    pub plan_title: String,
    /// What is and what is not in the sums.
    pub terms: Vec<String>,
    /// What it costs if it stays there all month as it is.
    pub bill: BillTold,
    /// That sum.
    pub sum: String,
    /// The same without tax, as it is shared out.
    #[serde(skip)]
    pub sharing: Sharing,
    /// Whether sums are net or with which tax.
    pub tax: String,
    /// The lines of the bill: what, how much of it, the sum.
    pub bill_lines: Vec<[String; 3]>,
    /// What is known of egress.
    pub egress_words: String,
    /// What the month will have cost; or why that is unknown.
    #[serde(serialize_with = "or_unknown")]
    #[schemars(with = "OrUnknown<ForecastTold>")]
    pub forecast: Result<ForecastTold, String>,
    /// What is billed.
    pub billed_bytes: u64,
    /// What is real of it.
    pub bytes: u64,
    /// How many objects can be read.
    pub objects: u64,
    /// What a month may cost, by the spec.
    #[serde(rename = "budget")]
    pub budget_text: Option<String>,
    /// The same as a sum.
    #[serde(skip)]
    pub budget: Option<Money>,
    /// What was recorded, the oldest first.
    pub history: Vec<Point>,
    /// What left the bucket in each month in which something was noted, the oldest first.
    pub egress: Vec<EgressMonth>,
    /// By folder.
    #[serde(skip)]
    pub folder_tree: SummedFolder<Tally>,
    /// By asset, in folders.
    #[serde(skip)]
    pub asset_tree: SummedFolder<Tally>,
    /// By the first folder.
    pub prefixes: Parts,
    /// By asset.
    pub assets: Parts,
    /// By partition; a guess.
    pub partitions: Parts,
    /// What is in no folder, of no asset: with their names.
    pub others: Vec<Part>,
    /// What cannot be read and is billed.
    pub hidden: Vec<Part>,
    /// What has grown or shrunk the most.
    pub growth: Vec<Change>,
    /// Since when that is counted.
    pub growth_since: Option<String>,
    /// What rules delete next; or why that is unknown.
    #[serde(serialize_with = "or_unknown")]
    #[schemars(with = "OrUnknown<Vec<RuleTold>>")]
    pub rules: Result<Vec<RuleTold>, String>,
    /// Whether all is in sync, and how the last runs on this machine ended, in sentences.
    pub status: Vec<String>,
    /// So many parts of each kind are told in tables.
    #[serde(skip)]
    pub top: usize,
    /// The command that records what there is, once a day, as it is typed.
    #[serde(skip)]
    pub record_command: String,
}

/// What a month will have cost.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ForecastTold {
    /// The sum at the slow pace.
    pub low: String,
    /// In the middle.
    pub likely: String,
    /// At the upper end.
    pub high: String,
    /// Bytes a day at the three paces.
    pub bytes_a_day: [i64; 3],
    /// When the next TB is full.
    pub reach: String,
    /// What will be stored, at the three paces.
    pub ahead: Vec<Ahead>,
}

/// What was billed at a point in time.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Point {
    /// Seconds after 1970.
    pub at: i64,
    /// All of it.
    pub billed_bytes: u64,
    /// What cannot be read of it.
    pub hidden_bytes: u64,
    /// What a month costs with so much, as it is paid.
    pub month_sum: Micros,
}

/// What will be billed at a point in time, at the three paces.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Ahead {
    /// Seconds after 1970.
    pub at: i64,
    /// Low, likely, high.
    pub billed_bytes: [u64; 3],
    /// What a month costs with so much, as it is paid.
    pub month_sums: [Micros; 3],
}

/// How an asset has changed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Change {
    /// The asset.
    pub asset: String,
    /// What is billed.
    pub billed_bytes: u64,
    /// What is billed more or less than before.
    pub grown: i64,
}

/// What a rule deletes next: numbers and bytes within a day, seven days, thirty.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RuleTold {
    /// The rule in words, with its id.
    pub rule: String,
    /// How many.
    pub counts: [u64; 3],
    /// How much.
    pub bytes: [u64; 3],
}

/// A value, or the reason why nobody knows it.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum OrUnknown<T> {
    /// The value.
    Known(T),
    /// The reason.
    Unknown {
        /// Why it is unknown.
        unknown: String,
    },
}

fn or_unknown<T: Serialize, S: Serializer>(
    value: &Result<T, String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Ok(value) => OrUnknown::Known(value),
        Err(why) => OrUnknown::Unknown { unknown: why.clone() },
    }
    .serialize(serializer)
}

impl LakeReport {
    /// Where it is.
    #[must_use]
    pub fn name_address(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix)
    }

    /// What is to be expected at points in time; nothing where nobody knows.
    #[must_use]
    pub fn list_ahead(&self) -> &[Ahead] {
        self.forecast.as_ref().map_or(&[], |forecast| &forecast.ahead[..])
    }

    /// All that is hidden together.
    #[must_use]
    pub fn hidden_billed(&self) -> u64 {
        self.hidden.iter().map(|part| part.billed_bytes).sum()
    }
}
