//! Tokio's clock, which a test lets stand still.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::time::Timestamp;
use tokio::time::Instant;

use crate::Clock;
use crate::transfer::Stopwatch;

/// Tokio's clock, which a test lets stand still; it begins at [`PausedClock::START`].
#[derive(Debug)]
pub struct PausedClock {
    start: Instant,
    random: AtomicU64,
}

impl PausedClock {
    /// Noon of 2025-11-22, in Unix seconds.
    pub const START: i64 = 1_763_812_800;

    /// A clock that begins now.
    #[must_use]
    pub fn new() -> Self {
        Self { start: Instant::now(), random: AtomicU64::new(1) }
    }
}

impl Default for PausedClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        let seconds = i64::try_from(self.start.elapsed().as_secs()).unwrap_or_default();
        let start = Timestamp::from_unix(0).expect("1970 is a year that exists");
        Timestamp::from_unix(Self::START + seconds).unwrap_or(start)
    }

    async fn sleep(&self, length: Duration) {
        tokio::time::sleep(length).await;
    }

    fn random(&self) -> u64 {
        self.random.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

impl Stopwatch for PausedClock {
    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}
