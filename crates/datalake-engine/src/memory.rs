//! Ports that live in memory: they behave like the real ones and touch nothing.

mod archives;
mod dagster;
mod deployment;
mod files;
mod folders;
mod images;
mod machine;
mod network;
mod paused_clock;
mod pings;
mod records;
mod secrets;
mod state;
mod store;
mod timers;
mod usage_log;
mod vault;
mod webservers;

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::time::Timestamp;

pub use archives::MemoryArchives;
pub use dagster::MemoryDagster;
pub use deployment::{MemoryContainers, MemoryServices};
pub use files::{Everything, MemoryEntry, MemoryFiles};
pub use folders::{MemoryFolder, MemoryFolders};
pub use images::{MemoryImages, MemoryPrograms};
pub use machine::MemoryMachine;
pub use network::{MemoryHost, MemoryNetwork, NewMemoryStores};
pub use paused_clock::PausedClock;
pub use pings::MemoryPings;
pub use records::MemoryRecords;
pub use secrets::MemorySecrets;
pub use state::MemoryState;
pub use store::{MemoryConditions, MemoryStore};
pub use timers::MemoryTimers;
pub use usage_log::MemoryUsageLog;
pub use vault::MemoryVault;
pub use webservers::MemoryWebservers;

use crate::hold_mutex;
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
        *hold_mutex(&self.slept)
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
        *hold_mutex(&self.slept) += length;
    }

    fn random(&self) -> u64 {
        let odd = 0x9e37_79b9_7f4a_7c15;
        self.random.fetch_add(1, Ordering::Relaxed).wrapping_mul(odd)
    }
}
