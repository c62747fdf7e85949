//! A service far away that allows so much and no more.

use std::time::{Duration, Instant};

/// What the service keeps clients within.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ServerLimits {
    /// How long each answer takes.
    pub(crate) latency: Duration,
    /// Requests in each second; what is more is refused.
    pub(crate) requests: Option<u32>,
    /// Connections at once; requests on others are refused.
    pub(crate) connections: Option<usize>,
}

/// What has been seen since the counts were taken last.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ServedCounts {
    pub(crate) requests: u64,
    pub(crate) writes: u64,
    pub(crate) refused: u64,
}

/// Counts and limits.
#[derive(Debug)]
pub(crate) struct RequestGate {
    pub(crate) limits: ServerLimits,
    pub(crate) counts: ServedCounts,
    pub(crate) open: usize,
    window: (Instant, u32),
}

impl RequestGate {
    pub(crate) fn new(limits: ServerLimits) -> Self {
        Self { limits, counts: ServedCounts::default(), open: 0, window: (Instant::now(), 0) }
    }

    /// Counts a request; tells whether it is within the limits.
    pub(crate) fn admits(&mut self, writes: bool, now: Instant) -> bool {
        self.counts.requests += 1;
        self.counts.writes += u64::from(writes);
        if now.duration_since(self.window.0) >= Duration::from_secs(1) {
            self.window = (now, 0);
        }
        self.window.1 += 1;
        let too_often = self.limits.requests.is_some_and(|most| self.window.1 > most);
        let too_many = self.limits.connections.is_some_and(|most| self.open > most);
        self.counts.refused += u64::from(too_often || too_many);
        !too_often && !too_many
    }
}
