//! How long the rest of a transfer takes, from what was done so far.
//!
//! A file costs time twice: for its requests, however short it is, and for its bytes. Both costs are found
//! from what the seconds so far have brought, so a folder of small files and one long file in it do not
//! make the time left jump.

use std::collections::VecDeque;
use std::time::Duration;

/// Progress is weighed in steps of at least this length.
const STEP: Duration = Duration::from_secs(1);

/// Before so much time has passed nothing is foreseen.
const FIRST: Duration = Duration::from_secs(2);

/// After so many seconds, progress counts half as much.
const HALF_LIFE: f64 = 600.0;

/// The rate is that of so many seconds, at most.
const RECENT: Duration = Duration::from_secs(10);

/// A rest that would take longer than this is not foreseen.
const FORESEEN: Duration = Duration::from_hours(100);

/// Below this share of independence, files and bytes are taken to grow together.
const INDEPENDENT: f64 = 0.02;

/// An amount of work: how many files, and how many bytes they have together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TransferAmount {
    /// How many files.
    pub items: u64,
    /// How many bytes.
    pub bytes: u64,
}

/// How fast a transfer is, as far as it has shown.
///
/// ```
/// use std::time::Duration;
/// use datalake_core::transfer::{TransferAmount, TransferPace};
///
/// let mut pace = TransferPace::default();
/// for second in 0..=30 {
///     let done = TransferAmount { items: second * 10, bytes: second * 1_000_000 };
///     pace.add_sample(Duration::from_secs(second), done);
/// }
///
/// assert_eq!(pace.find_rate(), 1_000_000);
/// let left = TransferAmount { items: 600, bytes: 60_000_000 };
/// assert_eq!(pace.estimate_left(left), Some(Duration::from_secs(60)));
/// ```
#[derive(Debug, Clone, Default)]
pub struct TransferPace {
    recent: VecDeque<PaceSample>,
    weighed: Option<PaceSample>,
    sums: PaceSums,
}

/// What was done at some time after the start.
#[derive(Debug, Clone, Copy)]
struct PaceSample {
    elapsed: Duration,
    done: TransferAmount,
}

/// Sums over steps of time, files and bytes, of which older ones count less.
#[derive(Debug, Clone, Copy, Default)]
struct PaceSums {
    seconds: f64,
    items: f64,
    bytes: f64,
    items_squared: f64,
    bytes_squared: f64,
    items_bytes: f64,
    items_seconds: f64,
    bytes_seconds: f64,
}

/// What a file and a byte cost, in seconds.
#[derive(Debug, Clone, Copy)]
struct WorkCost {
    item: f64,
    byte: f64,
}

impl TransferPace {
    /// Takes in what was done when so much time had passed since the start.
    pub fn add_sample(&mut self, elapsed: Duration, done: TransferAmount) {
        let sample = PaceSample { elapsed, done };
        self.recent.push_back(sample);
        while self.recent.front().is_some_and(|first| first.elapsed + RECENT < elapsed) {
            self.recent.pop_front();
        }
        match self.weighed {
            None => self.weighed = Some(sample),
            Some(before) if elapsed >= before.elapsed + STEP => {
                self.sums.add_step(before, sample);
                self.weighed = Some(sample);
            }
            Some(_) => (),
        }
    }

    /// Bytes per second in the last seconds; nothing where there was no time.
    #[must_use]
    pub fn find_rate(&self) -> u64 {
        let (Some(first), Some(last)) = (self.recent.front(), self.recent.back()) else { return 0 };
        let millis = last.elapsed.saturating_sub(first.elapsed).as_millis();
        let bytes = u128::from(last.done.bytes.saturating_sub(first.done.bytes));
        (bytes * 1000).checked_div(millis).and_then(|rate| u64::try_from(rate).ok()).unwrap_or(0)
    }

    /// How long the rest takes, in whole seconds; `None` as long as nothing tells.
    #[must_use]
    pub fn estimate_left(&self, left: TransferAmount) -> Option<Duration> {
        if self.sums.seconds < FIRST.as_secs_f64() {
            return None;
        }
        let cost = self.sums.find_cost()?;
        let seconds = cost.item * to_float(left.items) + cost.byte * to_float(left.bytes);
        let left = Duration::try_from_secs_f64(seconds.round()).ok()?;
        (left < FORESEEN).then_some(left)
    }
}

impl PaceSums {
    fn add_step(&mut self, before: PaceSample, after: PaceSample) {
        let seconds = after.elapsed.saturating_sub(before.elapsed).as_secs_f64();
        let items = to_float(after.done.items.saturating_sub(before.done.items));
        let bytes = to_float(after.done.bytes.saturating_sub(before.done.bytes));
        let kept = 0.5_f64.powf(seconds / HALF_LIFE);
        let add = |sum: &mut f64, more: f64| *sum = *sum * kept + more;
        add(&mut self.seconds, seconds);
        add(&mut self.items, items);
        add(&mut self.bytes, bytes);
        add(&mut self.items_squared, items * items);
        add(&mut self.bytes_squared, bytes * bytes);
        add(&mut self.items_bytes, items * bytes);
        add(&mut self.items_seconds, items * seconds);
        add(&mut self.bytes_seconds, bytes * seconds);
    }

    /// Least squares, then scaled so that the whole time comes out right: a step in which nothing
    /// moves costs time as well.
    fn find_cost(&self) -> Option<WorkCost> {
        let squares = self.items_squared * self.bytes_squared;
        let rest = squares - self.items_bytes * self.items_bytes;
        let cost = if rest > INDEPENDENT * squares {
            let item =
                self.items_seconds * self.bytes_squared - self.bytes_seconds * self.items_bytes;
            let byte =
                self.bytes_seconds * self.items_squared - self.items_seconds * self.items_bytes;
            WorkCost { item: item.max(0.0), byte: byte.max(0.0) }
        } else {
            self.share_evenly()
        };
        let explained = cost.item * self.items + cost.byte * self.bytes;
        let scale = self.seconds / explained;
        let cost = WorkCost { item: cost.item * scale, byte: cost.byte * scale };
        (cost.item.is_finite() && cost.byte.is_finite()).then_some(cost)
    }

    /// Half of the time to the files, half to the bytes, where there are both.
    fn share_evenly(&self) -> WorkCost {
        let share = |sum: f64| if sum > 0.0 { 1.0 / sum } else { 0.0 };
        WorkCost { item: share(self.items), byte: share(self.bytes) }
    }
}

/// A count as a number with a fraction: what is foreseen is no exact figure.
#[expect(clippy::cast_precision_loss, reason = "2^53 bytes are nine petabytes")]
fn to_float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a simulated line has fractions, and no large numbers"
)]
mod tests;
