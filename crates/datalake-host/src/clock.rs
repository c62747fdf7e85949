//! Time and randomness of this machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use datalake_core::time::Timestamp;
use datalake_engine::Clock;
use datalake_engine::transfer::Stopwatch;
use rustix::rand::{GetRandomFlags, getrandom};
use rustix::time::{ClockId, clock_gettime};

/// The operating system's clock and random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let seconds = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            Err(before) => 0_i64.saturating_sub_unsigned(before.duration().as_secs()),
        };
        Timestamp::from_unix(seconds).expect("Linux counts to the year 2262 and no further")
    }

    async fn sleep(&self, length: Duration) {
        tokio::time::sleep(length).await;
    }

    fn random(&self) -> u64 {
        let mut bytes = [0; 8];
        loop {
            // Eight bytes come at once or not at all; only a signal during boot interrupts.
            if getrandom(&mut bytes, GetRandomFlags::empty()) == Ok(bytes.len()) {
                return u64::from_ne_bytes(bytes);
            }
        }
    }
}

impl Stopwatch for SystemClock {
    fn elapsed(&self) -> Duration {
        let time = clock_gettime(ClockId::Monotonic);
        let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
        Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_is_after_this_was_written() {
        assert!(SystemClock.now() > "2024-01-01T00:00:00Z".parse().unwrap());
    }

    #[test]
    fn random_numbers_differ() {
        assert_ne!(SystemClock.random(), SystemClock.random());
    }
}
