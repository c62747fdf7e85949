//! Prices, bills and forecasts, in exact integers.
//!
//! A [`PriceList`] is a price list with dates. A [`UsageHistory`] tells what was stored from when on, and
//! what left the service. [`bill`] puts the two together for one [`Month`]; [`estimate`] does so for
//! a bucket that is not there yet, [`Trend`] and [`forecast`] for one that grows.
//!
//! Money is counted in millionths ([`Micros`]), storage in byte-seconds ([`TbHours`]). Each line of
//! a bill is an exact fraction, rounded half up to a millionth once. Sizes are decimal: a TB is
//! 10^12 bytes. A month is a calendar month in UTC, so no clock change makes it longer or shorter.

mod bill;
mod bill_words;
mod competitors;
mod egress_month;
mod estimate;
mod forecast;
mod hetzner;
mod history;
mod money;
mod month;
mod parts;
mod plan;
mod self_hosted;
mod trend;

pub use bill::{Bill, Unpriced, bill};
pub use bill_words::{
    BillTold, PACES, compute_paid, describe_paid, describe_reach, describe_saving, describe_tax,
    format_cents, format_change, format_pace, list_bill_lines, render_bill, render_terms,
};
pub use egress_month::EgressMonth;
pub use estimate::{Intended, estimate};
pub use forecast::{Forecast, RecordedMonth, forecast};
pub use history::{Level, Span, UsageHistory, Used};
pub use money::{Currency, Gross, InvalidMoney, Micros, Money, Net, Vat};
pub use month::{InvalidMonth, Month};
pub use parts::{Part, Parts, Sharing};
pub use plan::{
    Account, Base, Egress, FreeEgress, Per, PriceList, Prices, Rate, Storage, TbHours, UnknownPlan,
};
pub use trend::{Pace, Reach, StoredSample, Trend};
