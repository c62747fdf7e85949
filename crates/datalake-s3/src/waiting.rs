//! What is waited for: for people who sit before a service that says nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long nothing has come from a service that was asked for something.
#[derive(Debug, Clone, Default)]
pub struct SilenceClock(Arc<Mutex<Calls>>);

#[derive(Debug, Default)]
struct Calls {
    open: u32,
    /// When something came last, or the first of the open calls began.
    moved: Option<Instant>,
    /// Since when calls have failed without an answer: between two tries somebody waits, too.
    failing: Option<Instant>,
    /// How often a call has failed and was made again since something came.
    failed_tries: u32,
}

/// A call that is not answered yet.
pub(crate) struct OpenCall<'a> {
    clock: &'a SilenceClock,
    failed_tries: u32,
}

impl SilenceClock {
    /// The length of the silence; `None` while nothing is asked for and the last call was answered.
    #[must_use]
    pub fn silence(&self) -> Option<Duration> {
        let calls = self.lock_calls();
        let since = calls.failing.or(calls.moved.filter(|_| calls.open > 0));
        since.map(|since| since.elapsed())
    }

    /// Which try the calls of this silence are: calls that were made at one time and failed are one try.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.lock_calls().failed_tries + 1
    }

    pub(crate) fn begin(&self) -> OpenCall<'_> {
        let mut calls = self.lock_calls();
        if calls.open == 0 {
            calls.moved = Some(Instant::now());
        }
        calls.open += 1;
        OpenCall { clock: self, failed_tries: calls.failed_tries }
    }

    fn lock_calls(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenCall<'_> {
    /// Notes that something moves.
    pub(crate) fn note_move(&self) {
        let mut calls = self.clock.lock_calls();
        (calls.moved, calls.failing, calls.failed_tries) = (Some(Instant::now()), None, 0);
    }

    /// Notes that there will be no answer.
    pub(crate) fn note_failure(&self) {
        let mut calls = self.clock.lock_calls();
        let since = calls.moved;
        calls.failing = calls.failing.or(since);
        calls.failed_tries = calls.failed_tries.max(self.failed_tries + 1);
    }
}

impl Drop for OpenCall<'_> {
    fn drop(&mut self) {
        let mut calls = self.clock.lock_calls();
        calls.open = calls.open.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn silence_counts_from_what_came_last() {
        let waiting = SilenceClock::default();
        assert_eq!(waiting.silence(), None);

        let call = waiting.begin();
        advance(3 * SECOND).await;
        assert_eq!(waiting.silence(), Some(3 * SECOND));
        call.note_move();
        advance(SECOND).await;
        let other = waiting.begin();
        assert_eq!(waiting.silence(), Some(SECOND), "another call breaks no silence");

        call.note_move();
        drop(call);
        assert_eq!(waiting.silence(), Some(Duration::ZERO), "an answer does");
        drop(other);
        assert_eq!(waiting.silence(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn tries_that_fail_at_once_are_one_silence() {
        let waiting = SilenceClock::default();
        for _ in 0..3 {
            let call = waiting.begin();
            call.note_failure();
            drop(call);
            advance(SECOND).await;
        }
        assert_eq!(waiting.silence(), Some(3 * SECOND));

        let call = waiting.begin();
        call.note_move();
        drop(call);
        assert_eq!(waiting.silence(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_at_one_time_are_one_try() {
        let waiting = SilenceClock::default();
        for attempt in 1..4 {
            assert_eq!(waiting.attempt(), attempt);
            let calls: Vec<_> = (0..8).map(|_| waiting.begin()).collect();
            calls.iter().for_each(OpenCall::note_failure);
        }

        waiting.begin().note_move();

        assert_eq!(waiting.attempt(), 1, "an answer ends the silence");
    }
}
