//! All there is to tell of a bucket: for programs, as Markdown and as a page.

mod markdown;
mod page;
mod plot;
mod tiles;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

pub(crate) use markdown::markdown;
pub(crate) use page::page;

use super::cost::BillTold;
use super::{Part, Parts};

/// All there is to tell of a bucket. Sizes are bytes, times seconds after 1970 or RFC 3339.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Lake {
    /// The bucket.
    pub(crate) bucket: String,
    /// What the keys begin with.
    pub(crate) prefix: String,
    /// When it was looked at.
    pub(crate) at: String,
    /// The month.
    pub(crate) month: String,
    /// What the price list is called.
    pub(crate) plan_title: String,
    /// What is and what is not in the sums.
    pub(crate) terms: Vec<String>,
    /// What it costs, if it lies there all month as it is.
    pub(crate) bill: BillTold,
    /// That sum.
    pub(crate) sum: String,
    /// Whether sums are net or with which tax.
    pub(crate) tax: String,
    /// The lines of the bill: what, how much of it, the sum.
    pub(crate) bill_lines: Vec<[String; 3]>,
    /// What is known of egress.
    pub(crate) egress_words: String,
    /// What the month will have cost; or why nobody knows.
    #[serde(serialize_with = "or_unknown")]
    #[schemars(with = "OrUnknown<ForecastTold>")]
    pub(crate) forecast: Result<ForecastTold, String>,
    /// What is billed.
    pub(crate) billed_bytes: u64,
    /// What is real of it.
    pub(crate) bytes: u64,
    /// How many objects can be read.
    pub(crate) objects: u64,
    /// What was recorded, the oldest first.
    pub(crate) history: Vec<Point>,
    /// By the first folder.
    pub(crate) prefixes: Parts,
    /// By asset.
    pub(crate) assets: Parts,
    /// By partition; a guess.
    pub(crate) partitions: Parts,
    /// What is in no folder, of no asset: with their names.
    pub(crate) others: Vec<Part>,
    /// What cannot be read and is billed.
    pub(crate) hidden: Vec<Part>,
    /// What has grown or shrunk the most.
    pub(crate) growth: Vec<Change>,
    /// Since when that is counted.
    pub(crate) growth_since: Option<String>,
    /// What rules delete next; or why nobody knows.
    #[serde(serialize_with = "or_unknown")]
    #[schemars(with = "OrUnknown<Vec<RuleTold>>")]
    pub(crate) rules: Result<Vec<RuleTold>, String>,
    /// Whether all is in step, and how the last runs on this machine ended, in sentences.
    pub(crate) status: Vec<String>,
    /// So many parts of each kind are told in tables.
    #[serde(skip)]
    pub(crate) top: usize,
}

/// What a month will have cost.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct ForecastTold {
    /// The sum at the slow pace.
    pub(crate) low: String,
    /// In the middle.
    pub(crate) likely: String,
    /// At the upper end.
    pub(crate) high: String,
    /// Bytes a day at the three paces.
    pub(crate) bytes_a_day: [i64; 3],
    /// When the next TB is full.
    pub(crate) reach: String,
    /// What will be stored, at the three paces.
    pub(crate) ahead: Vec<Ahead>,
}

/// What was billed at a point in time.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub(crate) struct Point {
    /// Seconds after 1970.
    pub(crate) at: i64,
    /// All of it.
    pub(crate) billed_bytes: u64,
    /// What cannot be read of it.
    pub(crate) hidden_bytes: u64,
}

/// What will be billed at a point in time, at the three paces.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub(crate) struct Ahead {
    /// Seconds after 1970.
    pub(crate) at: i64,
    /// Low, likely, high.
    pub(crate) billed_bytes: [u64; 3],
}

/// How an asset has changed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Change {
    /// The asset.
    pub(crate) asset: String,
    /// What is billed.
    pub(crate) billed_bytes: u64,
    /// What is billed more or less than before.
    pub(crate) grown: i64,
}

/// What a rule deletes next: numbers and bytes within a day, seven days, thirty.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct RuleTold {
    /// The rule in words, with its id.
    pub(crate) rule: String,
    /// How many.
    pub(crate) counts: [u64; 3],
    /// How much.
    pub(crate) bytes: [u64; 3],
}

/// A value, or the reason why nobody knows it.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum OrUnknown<T> {
    /// The value.
    Known(T),
    /// The reason.
    Unknown {
        /// Why nobody knows it.
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

impl Lake {
    /// Where it lies.
    #[must_use]
    pub(crate) fn address(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix)
    }

    /// All that is hidden together.
    #[must_use]
    pub(crate) fn hidden_billed(&self) -> u64 {
        self.hidden.iter().map(|part| part.billed_bytes).sum()
    }
}
