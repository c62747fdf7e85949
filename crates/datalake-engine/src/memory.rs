//! Ports that live in memory: they behave like the real ones and touch nothing.

mod dagster;
mod deployment;
mod files;
mod images;
mod network;
mod secrets;
mod state;
mod store;
mod vault;

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::Timestamp;

pub use dagster::MemoryDagster;
pub use deployment::{MemoryContainers, MemoryServices};
pub use files::{Everything, MemoryFiles, Node};
pub use images::{MemoryImages, MemoryPrograms};
pub use network::{MemoryHost, MemoryNetwork};
pub use secrets::MemorySecrets;
pub use state::MemoryState;
pub use store::MemoryStore;
pub use vault::MemoryVault;

use crate::ports::Clock;

/// A clock that stands still but for the waiting that is done on it.
#[derive(Debug)]
pub struct MemoryClock {
    now: AtomicI64,
    random: AtomicU64,
    slept: Mutex<Duration>,
}

impl MemoryClock {
    /// A clock that shows `now` in Unix seconds.
    #[must_use]
    pub fn new(now: i64) -> Self {
        Self { now: now.into(), random: AtomicU64::new(1), slept: Mutex::default() }
    }

    /// All the waiting that was done on it.
    #[must_use]
    pub fn slept(&self) -> Duration {
        *held(&self.slept)
    }
}

#[async_trait]
impl Clock for MemoryClock {
    fn now(&self) -> Timestamp {
        let start = Timestamp::from_unix(0).expect("1970 is a year that exists");
        Timestamp::from_unix(self.now.load(Ordering::Relaxed)).unwrap_or(start)
    }

    async fn sleep(&self, length: Duration) {
        let seconds = i64::try_from(length.as_secs()).unwrap_or(i64::MAX);
        self.now.fetch_add(seconds, Ordering::Relaxed);
        *held(&self.slept) += length;
    }

    fn random(&self) -> u64 {
        let odd = 0x9e37_79b9_7f4a_7c15;
        self.random.fetch_add(1, Ordering::Relaxed).wrapping_mul(odd)
    }
}

/// A mutex's content, also after a panic elsewhere: none of ours holds an invariant across calls.
pub(crate) fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
