//! How fast requests and bytes may go.
//!
//! Nothing here waits: each answer is the point in time when something may begin, on a clock that
//! starts anywhere.

use std::time::Duration;

use datalake_core::size::ByteSize;

/// How many requests may begin at once after a pause. The service counts in windows of a second,
/// so rate and burst together stay below its limit.
const BURST: f64 = 8.0;
/// Of a small limit, such as the share of one of many workers, so large a part is the burst: below one
/// request it makes up for waits that end late.
const BURST_PART: f64 = 1.0 / 90.0;
/// The share of the limit that is used, in percent.
const SHARE: u32 = 97;
/// The longest time between two requests.
const SLOWEST: Duration = Duration::from_secs(5);
/// How long it takes to get back from a standstill to full speed.
const RECOVERY: f64 = 3.0;
/// What a complaint leaves of the rate. A service that fails now and then must not bring a run to a
/// standstill; one that is overrun complains again.
const LEFT: f64 = 0.7;

/// The rate of requests: up to a limit, less after each complaint, slowly up again.
#[derive(Debug)]
pub(crate) struct RequestRate {
    /// Requests per second; 0 for no limit.
    limit: f64,
    /// As it is now; infinite without a limit and complaints.
    now: f64,
    /// Up to where the rate recovers.
    full: f64,
    /// How many requests may begin at once.
    burst: f64,
    next: Duration,
    slowed: Duration,
    raised: Duration,
    window: (Duration, u32),
}

impl RequestRate {
    pub(crate) fn new(limit: Option<u32>) -> Self {
        let limit = limit.map_or(f64::INFINITY, |limit| f64::from(limit.max(1)));
        let burst = BURST.min(limit * BURST_PART);
        let limit = (limit - burst) * f64::from(SHARE) / 100.0;
        let (next, slowed, raised) = Default::default();
        Self { limit, now: limit, full: limit, burst, next, slowed, raised, window: (next, 0) }
    }

    /// Takes a place in the row: when the request may begin.
    pub(crate) fn reserve(&mut self, now: Duration) -> Duration {
        self.count(now);
        if self.now.is_infinite() {
            return self.next.max(now);
        }
        let interval = Duration::from_secs_f64(1.0 / self.now).min(SLOWEST);
        let earliest = now.saturating_sub(interval.mul_f64(self.burst));
        let place = self.next.max(earliest);
        self.next = place + interval;
        place.max(now)
    }

    /// The service complained about a request that began at `began`. Those that were under way
    /// together count as one complaint.
    pub(crate) fn slow_down(&mut self, began: Duration, now: Duration, wait: Option<Duration>) {
        self.next = self.next.max(now + wait.unwrap_or_default());
        if began < self.slowed {
            return;
        }
        if self.now.is_infinite() {
            self.now = self.seen(now);
            self.full = self.now * 2.0;
        }
        self.now = (self.now * LEFT).max(1.0 / SLOWEST.as_secs_f64());
        (self.slowed, self.raised) = (now, now);
    }

    /// A request went well.
    pub(crate) fn went_well(&mut self, now: Duration) {
        if self.now >= self.limit {
            return;
        }
        let since = now.saturating_sub(self.raised).as_secs_f64();
        self.now += self.full * since / RECOVERY;
        self.raised = self.raised.max(now);
        if self.now >= self.full {
            self.now = self.limit;
        }
    }

    fn count(&mut self, now: Duration) {
        if now >= self.window.0 + Duration::from_secs(1) {
            self.window = (now, 0);
        }
        self.window.1 += 1;
    }

    fn seen(&self, now: Duration) -> f64 {
        let length = now.saturating_sub(self.window.0).max(Duration::from_millis(100));
        f64::from(self.window.1.max(1)) / length.as_secs_f64()
    }
}

/// Bytes on their way: each batch waits for those before it to have had their time.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    next: Duration,
}

impl Meter {
    /// Takes a place in the row for so many bytes: when they may begin.
    pub(crate) fn reserve(
        &mut self,
        now: Duration,
        bytes: u64,
        limit: Option<ByteSize>,
    ) -> Duration {
        let place = self.next.max(now);
        match limit {
            None => self.next = now,
            Some(limit) => self.next = place + time_of(bytes, limit.0),
        }
        if limit.is_none() { now } else { place }
    }
}

fn time_of(bytes: u64, per_second: u64) -> Duration {
    let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(per_second.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// The requests that begin within each of the first seconds, when always one is waiting.
    fn in_seconds(rate: &mut RequestRate, seconds: u64) -> Vec<usize> {
        let mut counts = vec![0; usize::try_from(seconds).unwrap()];
        let mut now = Duration::ZERO;
        loop {
            now = rate.reserve(now);
            match counts.get_mut(usize::try_from(now.as_secs()).unwrap()) {
                Some(count) => *count += 1,
                None => return counts,
            }
        }
    }

    #[test]
    fn a_limit_holds_in_every_second_and_is_used() {
        let counts = in_seconds(&mut RequestRate::new(Some(750)), 5);

        assert!(counts.iter().all(|count| (700..=750).contains(count)), "{counts:?}");
    }

    #[test]
    fn twenty_shares_hold_the_limit_together_and_use_it() {
        let shares = || (0..20).map(|_| in_seconds(&mut RequestRate::new(Some(750 / 20)), 5));
        for second in 0..5 {
            let sum: usize = shares().map(|counts| counts[second]).sum();

            assert!((700..=750).contains(&sum), "{second}: {sum}");
        }
    }

    #[test]
    fn after_a_pause_there_is_no_flood() {
        let mut rate = RequestRate::new(Some(100));
        rate.reserve(Duration::ZERO);

        let later = 60 * SECOND;
        let at_once = (0..100).take_while(|_| rate.reserve(later) == later).count();

        assert!(at_once <= 10, "{at_once}");
    }

    #[test]
    fn without_a_limit_nothing_waits() {
        let mut rate = RequestRate::new(None);

        assert!((0..1000).all(|_| rate.reserve(SECOND) == SECOND));
    }

    #[test]
    fn complaints_of_one_moment_lower_the_rate_once() {
        let mut rate = RequestRate::new(Some(750));
        let full = rate.now;

        for _ in 0..32 {
            rate.slow_down(SECOND, 2 * SECOND, None);
        }
        assert!((rate.now - full * LEFT).abs() < 1e-6);
        rate.slow_down(2 * SECOND, 3 * SECOND, None);
        assert!((rate.now - full * LEFT * LEFT).abs() < 1e-6);
    }

    #[test]
    fn the_rate_recovers_bit_by_bit() {
        for limit in [Some(750), None] {
            let mut rate = RequestRate::new(limit);
            for _ in 0..500 {
                rate.reserve(Duration::ZERO);
            }
            rate.slow_down(Duration::ZERO, SECOND, None);
            let slow = rate.now;

            rate.went_well(2 * SECOND);
            assert!(rate.now > slow && rate.now < slow * 2.0, "{limit:?}");
            (2..12).for_each(|second| rate.went_well(second * SECOND));

            assert!(rate.now >= rate.limit, "{limit:?}");
        }
    }

    #[test]
    fn all_wait_as_long_as_the_service_asks() {
        let mut rate = RequestRate::new(None);

        rate.slow_down(Duration::ZERO, SECOND, Some(7 * SECOND));

        assert_eq!(rate.reserve(SECOND), 8 * SECOND);
    }

    #[test]
    fn bytes_take_their_time() {
        let mut meter = Meter::default();
        let limit = Some(ByteSize(1000));

        assert_eq!(meter.reserve(SECOND, 500, limit), SECOND);
        assert_eq!(meter.reserve(SECOND, 2000, limit), SECOND + SECOND / 2);
        assert_eq!(meter.reserve(SECOND, 1, limit), 3 * SECOND + SECOND / 2);
        assert_eq!(meter.reserve(SECOND, 9000, None), SECOND);
    }
}
