//! Sizes, counts and ages as people read them.

use datalake_core::size::ByteSize;
use datalake_core::text::{count_things, group_digits, printable_key};
use datalake_core::time::Timestamp;
use datalake_core::usage::{Tally, Usage};

/// A size in decimal units, as Hetzner bills it.
#[must_use]
pub fn format_size(bytes: u64) -> String {
    ByteSize(bytes).display().si().to_string()
}

/// A part of a whole in percent: `12.4 %`, `< 0.1 %`.
#[must_use]
pub fn format_share(part: u64, whole: u64) -> String {
    let tenths = (u128::from(part) * 1_000).checked_div(u128::from(whole)).unwrap_or(0);
    match tenths {
        0 if part > 0 => "< 0.1 %".to_owned(),
        tenths => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

/// How long ago something was, in its largest whole unit.
#[must_use]
pub fn format_age(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.unix().saturating_sub(since.unix()).max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

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

/// A name on one line that can be read back: a backslash stands before what is escaped, and before
/// a backslash.
#[must_use]
pub fn escape_name(name: &str) -> String {
    printable_key(&name.replace('\\', "\\\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_decimal() {
        assert_eq!(format_size(0), "0 B");
        assert_eq!(format_size(64_000), "64.0 kB");
        assert_eq!(format_size(1_500_000_000), "1.5 GB");
    }

    #[test]
    fn shares_are_told_in_tenths_of_a_percent() {
        assert_eq!(format_share(1, 3), "33.3 %");
        assert_eq!(format_share(3, 3), "100.0 %");
        assert_eq!(format_share(1, 1_000_000), "< 0.1 %");
        assert_eq!(format_share(0, 0), "0.0 %");
    }

    #[test]
    fn ages_have_one_unit() {
        let at = |seconds| Timestamp::from_unix(seconds).unwrap();
        let since = |seconds| format_age(at(0), at(seconds));

        assert_eq!(since(59), "59 s");
        assert_eq!(since(3599), "59 min");
        assert_eq!(since(172_799), "47 h");
        assert_eq!(since(172_800), "2 days");
        assert_eq!(format_age(at(5), at(0)), "0 s");
    }
}
