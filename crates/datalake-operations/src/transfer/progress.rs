//! How far a transfer is, in one line.

use std::time::Duration;

use datalake_core::migration::FileTotal;
use datalake_core::size::ByteSize;
use datalake_core::text::{count_things, group_digits};
use datalake_core::transfer::{TransferAmount, TransferPace};

use super::{ItemSum, TransferState};

/// How far a transfer is, how fast, and how long its rest takes.
///
/// The whole is known once every run has been planned to its end, or where it was counted before. Until
/// then it is "at least" what was found, and no time is named.
#[derive(Debug, Clone, Default)]
pub struct TransferProgress {
    pace: TransferPace,
    /// Runs that are not planned to their end; `None` where nobody knows how many there are.
    unplanned: Option<usize>,
    /// What was counted before the first run.
    counted: Option<TransferAmount>,
    settled: ItemSum,
    checked: u64,
}

impl TransferProgress {
    /// So many runs of the engine come one after the other.
    pub fn expect_runs(&mut self, number: usize) {
        self.unplanned = Some(number);
    }

    /// So much was found to be moved before the first run.
    pub fn expect_total(&mut self, total: FileTotal) {
        self.counted = Some(TransferAmount { items: total.items, bytes: total.bytes });
    }

    /// A run has found all that it will move.
    pub fn end_planning(&mut self) {
        self.unplanned = self.unplanned.map(|number| number.saturating_sub(1));
    }

    /// An item that was to be moved has come to its end.
    pub fn add_settled(&mut self, size: ByteSize) {
        self.settled.add(size.0);
    }

    /// A file was compared with what is known of it.
    pub fn add_checked(&mut self) {
        self.checked += 1;
    }

    /// Takes in how the transfer stands so long after its start.
    pub fn add_sample(&mut self, elapsed: Duration, state: &TransferState) {
        self.pace.add_sample(elapsed, self.count_done(state));
    }

    /// How far it is, in one line.
    #[must_use]
    pub fn describe_progress(&self, state: &TransferState) -> String {
        let retries = match state.retries {
            0 => String::new(),
            number => format!(" · {} repeated", group_digits(number)),
        };
        let rate = self.pace.find_rate();
        if state.planned.items == 0 && state.bytes_moved > 0 {
            // A stream has no length before its end.
            return format!(
                "{} · {}/s{retries}",
                format_amount(state.bytes_moved),
                format_amount(rate)
            );
        }
        let (whole, done) = (self.count_whole(state), self.count_done(state));
        if whole.items == 0 {
            let looked_at = self.checked.max(state.equal.items);
            return format!("{} checked{retries}", count_things(looked_at, "file"));
        }
        let of = if self.is_whole_known() { "of" } else { "of at least" };
        format!(
            "{} {of} {} files · {} {of} {}{} · {}/s{retries}",
            group_digits(done.items),
            group_digits(whole.items),
            format_amount(done.bytes.min(whole.bytes)),
            format_amount(whole.bytes),
            self.describe_left(whole, done),
            format_amount(rate)
        )
    }

    fn describe_left(&self, whole: TransferAmount, done: TransferAmount) -> String {
        let left = TransferAmount {
            items: whole.items.saturating_sub(done.items),
            bytes: whole.bytes.saturating_sub(done.bytes),
        };
        let left = self.is_whole_known().then(|| self.pace.estimate_left(left)).flatten();
        left.map(|left| format!(" · {} left", format_clock(left))).unwrap_or_default()
    }

    fn is_whole_known(&self) -> bool {
        self.unplanned == Some(0) || self.counted.is_some()
    }

    fn count_whole(&self, state: &TransferState) -> TransferAmount {
        let counted = self.counted.unwrap_or_default();
        TransferAmount {
            items: state.planned.items.max(counted.items),
            bytes: state.planned.bytes.max(counted.bytes),
        }
    }

    /// What turned out to be equal is done as well, though none of it was moved.
    fn count_done(&self, state: &TransferState) -> TransferAmount {
        let bytes = state.bytes_moved.max(self.settled.bytes);
        TransferAmount { items: self.settled.items, bytes }
    }
}

/// The line that tells how far one stream of known length is, so long after its start.
#[must_use]
pub fn describe_stream(done: u64, total: u64, since: Duration) -> String {
    let mut pace = TransferPace::default();
    for (elapsed, bytes) in [(Duration::ZERO, 0), (since, done)] {
        pace.add_sample(elapsed, TransferAmount { items: 0, bytes });
    }
    let rate = u128::from(done) * 1000;
    let rate = rate.checked_div(since.as_millis()).and_then(|rate| u64::try_from(rate).ok());
    let left = TransferAmount { items: 0, bytes: total.saturating_sub(done) };
    let left = pace.estimate_left(left).map(|left| format!(" · {} left", format_clock(left)));
    let (left, rate) = (left.unwrap_or_default(), format_amount(rate.unwrap_or(0)));
    format!("{} of {} · {rate}/s{left}", format_amount(done), format_amount(total))
}

/// What a transfer came to, in one line.
#[must_use]
pub fn describe_transfer_end(state: &TransferState) -> String {
    let moved = ItemSum {
        items: state.new.items + state.replaced.items,
        bytes: state.new.bytes + state.replaced.bytes,
    };
    let verb = if state.dry_run { "to move" } else { "moved" };
    let mut parts = vec![format!(
        "{verb} {} ({}): {} new, {} replaced",
        count_things(moved.items, "file"),
        format_amount(moved.bytes),
        group_digits(state.new.items),
        group_digits(state.replaced.items)
    )];
    let assumed = match state.assumed.items {
        0 => String::new(),
        number => format!(" ({} assumed equal, never compared)", group_digits(number)),
    };
    parts.push(format!("{} equal{assumed}", group_digits(state.equal.items)));
    let mut more = |number: u64, text: &str| {
        if number > 0 {
            parts.push(format!("{} {text}", group_digits(number)));
        }
    };
    more(state.deleted.items, if state.dry_run { "to delete" } else { "deleted" });
    more(state.sources_removed.unwrap_or_default(), "removed from the source");
    more(state.not_moved, "nothing to move");
    more(state.failed.items, "FAILED");
    let kept = state.surplus.items.saturating_sub(state.deleted.items);
    more(kept, "only in the destination");
    format!("{}; {}", parts.join(", "), describe_effort(state))
}

fn describe_effort(state: &TransferState) -> String {
    // A run that was stopped has not told how many.
    let requests = match state.requests {
        0 => String::new(),
        number => format!(", {}", count_things(number, "request")),
    };
    let (bytes, retries) = (format_amount(state.bytes_moved), group_digits(state.retries));
    format!("{:.1} s, {bytes} moved{requests}, {retries} repeated", state.seconds)
}

fn format_amount(bytes: u64) -> String {
    ByteSize(bytes).display().si().to_string()
}

fn format_clock(left: Duration) -> String {
    let seconds = left.as_secs();
    match seconds {
        0..3600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A transfer of 1,340 files that has sent a megabyte and four files in each of four seconds.
    fn make_progress() -> (TransferProgress, TransferState) {
        let mut progress = TransferProgress::default();
        progress.expect_runs(1);
        let planned = ItemSum { items: 1340, bytes: 34_000_000 };
        let mut state = TransferState { planned, retries: 2, ..TransferState::default() };
        for second in 0..=4 {
            state.bytes_moved = second * 1_000_000;
            progress.settled = ItemSum { items: second * 4, bytes: second * 900_000 };
            progress.add_sample(Duration::from_secs(second), &state);
        }
        (progress, state)
    }

    #[test]
    fn no_time_is_told_before_the_listing_has_ended() {
        let (mut progress, state) = make_progress();

        assert_eq!(
            progress.describe_progress(&state),
            "16 of at least 1,340 files · 4.0 MB of at least 34.0 MB · 1.0 MB/s · 2 repeated"
        );

        progress.end_planning();
        assert_eq!(
            progress.describe_progress(&state),
            "16 of 1,340 files · 4.0 MB of 34.0 MB · 3:01 left · 1.0 MB/s · 2 repeated"
        );
    }

    #[test]
    fn what_was_counted_before_is_the_whole_though_runs_are_not_planned() {
        let (mut progress, state) = make_progress();

        progress.expect_total(FileTotal { items: 2_000, bytes: 50_000_000 });

        let line = progress.describe_progress(&state);
        assert!(line.starts_with("16 of 2,000 files · 4.0 MB of 50.0 MB"), "{line}");
        assert!(line.contains(" left"), "{line}");
    }

    #[test]
    fn a_stream_has_no_length_and_a_comparison_tells_what_it_has_checked() {
        let mut progress = TransferProgress::default();
        let mut state = TransferState { bytes_moved: 5_000, ..TransferState::default() };
        assert_eq!(progress.describe_progress(&state), "5.0 kB · 0 B/s");

        state.bytes_moved = 0;
        progress.add_checked();
        assert_eq!(progress.describe_progress(&state), "1 file checked");
        assert_eq!(
            describe_stream(5_000, 20_000, Duration::from_secs(5)),
            "5.0 kB of 20.0 kB · 1.0 kB/s · 0:15 left"
        );
    }

    #[test]
    fn a_clock_has_hours_only_where_there_are_some() {
        assert_eq!(format_clock(Duration::from_secs(75)), "1:15");
        assert_eq!(format_clock(Duration::from_secs(3725)), "1:02:05");
    }
}
