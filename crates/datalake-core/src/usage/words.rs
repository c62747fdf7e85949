//! What lies somewhere, in words.

use super::{Tally, Usage};
use crate::size::format_size;
use crate::text::{count_things, group_digits};

/// What lies somewhere, kind by kind.
#[must_use]
pub fn render_usage(usage: &Usage) -> String {
    let line = |name: &str, tally: &Tally| {
        let (real, billed) = (format_size(tally.bytes), format_size(tally.billed));
        format!(
            "  {name:<18} {:>14} {real:>11} real {billed:>11} billed\n",
            group_digits(tally.count)
        )
    };
    [
        line("objects", &usage.current),
        line("old versions", &usage.noncurrent),
        line("delete markers", &usage.markers),
        line("unfinished uploads", &usage.uploads),
        line("all", &usage.total()),
    ]
    .concat()
}

/// What lies somewhere, in a few words.
#[must_use]
pub fn describe_usage(usage: &Usage) -> String {
    let mut words = vec![count_things(usage.current.count, "object")];
    for (number, what) in [
        (usage.noncurrent.count, "old version"),
        (usage.markers.count, "delete marker"),
        (usage.uploads.count, "unfinished upload"),
    ] {
        if number > 0 {
            words.push(count_things(number, what));
        }
    }
    format!("{}; {}", words.join(", "), format_size(usage.total().bytes))
}
