//! Threads that work through one queue.
//!
//! To wake a thread costs more than to read a small file. So a thread goes on with what waits
//! already, and another one is only called where more waits than those at work can soon do.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datalake_core::fault::{Fault, FaultKind};
use tokio::sync::oneshot;

/// The most threads at work.
const MOST: usize = 16;

type Call = Box<dyn FnOnce() + Send>;

/// The queue and those at work on it.
#[derive(Default)]
pub(super) struct Crew(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    calls: VecDeque<Call>,
    at_work: usize,
}

impl Crew {
    /// Runs a call that may wait for a disk.
    pub(super) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        call: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let (tell, told) = oneshot::channel();
        // Where nobody waits for the outcome any more, nobody needs it.
        self.hand_over(Box::new(move || drop(tell.send(call()))));
        told.await.unwrap_or_else(|_| Err(Fault::new(FaultKind::Io, "a thread has broken off")))
    }

    fn hand_over(self: &Arc<Self>, call: Call) {
        let mut queue = self.queue();
        queue.calls.push_back(call);
        if queue.at_work < MOST && queue.calls.len() > queue.at_work {
            queue.at_work += 1;
            drop(queue);
            let crew = Arc::clone(self);
            tokio::task::spawn_blocking(move || crew.work());
        }
    }

    fn work(&self) {
        while let Some(call) = self.next() {
            // It has told nothing then, and the one who waits finds out.
            let _ = catch_unwind(AssertUnwindSafe(call));
        }
    }

    /// The next call; where there is none, the thread is not at work any more.
    fn next(&self) -> Option<Call> {
        let mut queue = self.queue();
        let call = queue.calls.pop_front();
        if call.is_none() {
            queue.at_work -= 1;
        }
        call
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test]
    async fn every_call_is_answered_also_behind_one_that_panics() {
        let crew = Arc::new(Crew::default());

        let broken = crew.run(|| -> Result<(), Fault> { panic!("on purpose") }).await;
        let mut calls = JoinSet::new();
        for number in 0..200 {
            let crew = Arc::clone(&crew);
            calls.spawn(async move { crew.run(move || Ok(number)).await.unwrap() });
        }
        let mut numbers = calls.join_all().await;

        assert_eq!(broken.unwrap_err().kind, FaultKind::Io);
        numbers.sort_unstable();
        assert_eq!(numbers, (0..200).collect::<Vec<_>>());
    }
}
