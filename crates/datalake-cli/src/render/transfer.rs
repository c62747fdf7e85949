//! What transfers tell: plans, progress, summaries, reports.

use datalake_core::text::printable;
use std::time::Duration;

use datalake_engine::transfer::Mark;
pub(crate) use datalake_operations::transfer::{ItemSum as Sum, TransferState};

use super::{count, counted, escaped, size};

/// A rest that would take longer than so many seconds is not told.
const FORESEEN: u64 = 100 * 60 * 60;

/// A line of a plan or a report.
#[must_use]
pub(crate) fn item_line(mark: char, name: &str, reason: &str) -> String {
    format!("{mark} {}\t{}", escaped(name), printable(reason))
}

/// The mark of an item in a report: what is nothing that can be moved was not moved either.
#[must_use]
pub(crate) fn mark_of(mark: Mark, is_odd: bool) -> char {
    if is_odd { Mark::Failed.character() } else { mark.character() }
}

/// The one line at the end.
#[must_use]
pub(crate) fn summary_line(state: &TransferState) -> String {
    let moved = Sum {
        items: state.new.items + state.replaced.items,
        bytes: state.new.bytes + state.replaced.bytes,
    };
    let verb = if state.dry_run { "to move" } else { "moved" };
    let mut parts = vec![format!(
        "{verb} {} ({}): {} new, {} replaced",
        counted(moved.items, "file"),
        size(moved.bytes),
        count(state.new.items),
        count(state.replaced.items)
    )];
    let assumed = match state.assumed.items {
        0 => String::new(),
        number => format!(" ({} assumed equal, never compared)", count(number)),
    };
    parts.push(format!("{} equal{assumed}", count(state.equal.items)));
    let mut more = |number: u64, text: &str| {
        if number > 0 {
            parts.push(format!("{} {text}", count(number)));
        }
    };
    more(state.deleted.items, if state.dry_run { "to delete" } else { "deleted" });
    more(state.sources_removed.unwrap_or_default(), "removed from the source");
    more(state.not_moved, "nothing to move");
    more(state.failed.items, "FAILED");
    let kept = state.surplus.items.saturating_sub(state.deleted.items);
    more(kept, "in the destination alone");
    format!("{}; {}", parts.join(", "), describe_effort(state))
}

fn describe_effort(state: &TransferState) -> String {
    // A run that was stopped has not told how many.
    let requests = match state.requests {
        0 => String::new(),
        number => format!(", {}", counted(number, "request")),
    };
    let (bytes, retries) = (size(state.bytes_moved), count(state.retries));
    format!("{:.1} s, {bytes} moved{requests}, {retries} repeated", state.seconds)
}

/// The line that tells on a terminal how far a transfer is.
#[must_use]
pub(crate) fn progress_line(state: &TransferState, rate: u64) -> String {
    let done = state.new.items + state.replaced.items + state.failed.items;
    let left = state.planned.bytes.saturating_sub(state.bytes_moved);
    // Before anything has got going, a rate tells nothing.
    let left = left.checked_div(rate).filter(|left| *left < FORESEEN);
    let left = left.map(|left| format!(" · {} left", format_clock(left))).unwrap_or_default();
    let retries = match state.retries {
        0 => String::new(),
        number => format!(" · {} repeated", count(number)),
    };
    if state.planned.items == 0 && state.bytes_moved > 0 {
        // A stream has no length before its end.
        return format!("{} · {}/s{retries}", size(state.bytes_moved), size(rate));
    }
    format!(
        "{} of {} files · {} of {} · {}/s{left}{retries}",
        count(done),
        count(state.planned.items),
        size(state.bytes_moved),
        size(state.planned.bytes),
        size(rate)
    )
}

/// The line that tells how far an archive is.
#[must_use]
pub(crate) fn archive_line(done: u64, total: u64, since: Duration) -> String {
    let rate = rate([(Duration::ZERO, 0), (since, done)]);
    let left = total.saturating_sub(done).checked_div(rate).filter(|left| *left < FORESEEN);
    let left = left.map(|left| format!(" · {} left", format_clock(left))).unwrap_or_default();
    format!("{} of {} · {}/s{left}", size(done), size(total), size(rate))
}

/// Bytes per second between the first and the last of some samples of time and bytes.
#[must_use]
pub(crate) fn rate(samples: impl IntoIterator<Item = (Duration, u64)>) -> u64 {
    let mut samples = samples.into_iter();
    let Some((began, before)) = samples.next() else { return 0 };
    let (ended, after) = samples.last().unwrap_or((began, before));
    let millis = ended.saturating_sub(began).as_millis();
    let bytes = u128::from(after.saturating_sub(before));
    (bytes * 1000).checked_div(millis).and_then(|rate| u64::try_from(rate).ok()).unwrap_or(0)
}

fn format_clock(seconds: u64) -> String {
    match seconds {
        0..3600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_report_cannot_move_a_cursor_and_reads_back() {
        assert_eq!(item_line('+', "a\nb\\n\u{1b}[2J\tc", "new"), "+ a\\nb\\\\n\\u{1b}[2J\\tc\tnew");
        assert_eq!(escaped("\u{202e}x \u{e9}"), "\\u{202e}x \u{e9}");
    }

    #[test]
    fn progress_tells_files_bytes_rate_rest_and_repetitions() {
        let state = TransferState {
            planned: Sum { items: 1340, bytes: 34_000_000 },
            new: Sum { items: 12, bytes: 4_000_000 },
            bytes_moved: 4_000_000,
            retries: 2,
            ..TransferState::default()
        };

        let line = progress_line(&state, 1_000_000);

        assert_eq!(
            line,
            "12 of 1,340 files · 4.0 MB of 34.0 MB · 1.0 MB/s · 0:30 left · 2 repeated"
        );
        assert!(!progress_line(&state, 0).contains("left"));
        assert!(!progress_line(&state, 10).contains("left"));
    }

    #[test]
    fn a_rate_needs_two_points_in_time() {
        let second = Duration::from_secs;

        assert_eq!(rate([]), 0);
        assert_eq!(rate([(second(1), 5)]), 0);
        assert_eq!(rate([(second(1), 5), (second(2), 9), (second(3), 25)]), 10);
        assert_eq!(format_clock(3725), "1:02:05");
    }
}
