//! The limit on requests per second.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Counts requests in windows of one second of real time.
#[derive(Debug)]
pub(super) struct Throttle {
    most: Option<u32>,
    window: Mutex<(Instant, u32)>,
}

impl Throttle {
    pub(super) fn new(most: Option<u32>) -> Self {
        Self { most, window: Mutex::new((Instant::now(), 0)) }
    }

    /// Counts one request and says whether it is one too many.
    pub(super) fn is_over(&self) -> bool {
        let Some(most) = self.most else { return false };
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.0.elapsed() >= Duration::from_secs(1) {
            *window = (Instant::now(), 0);
        }
        window.1 = window.1.saturating_add(1);
        window.1 > most
    }
}
