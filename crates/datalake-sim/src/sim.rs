//! What all parts of one running simulator share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use s3s::dto::Owner;

use crate::clock::{Moment, SimClock};
use crate::config::{Config, SimKey};
use crate::quirks::{Quirk, Quirks};
use crate::state::AllBuckets;
use crate::state::disk::Disk;

/// See the module.
#[derive(Debug)]
pub(crate) struct Sim {
    pub(crate) disk: Disk,
    pub(crate) clock: SimClock,
    pub(crate) quirks: Quirks,
    pub(crate) region: String,
    pub(crate) tls: bool,
    keys: Mutex<Vec<SimKey>>,
    world: Mutex<AllBuckets>,
}

impl Sim {
    pub(crate) fn new(config: &Config, disk: Disk, clock: SimClock, world: AllBuckets) -> Self {
        Self {
            disk,
            clock,
            quirks: config.quirks.clone(),
            region: config.region.clone(),
            tls: config.tls,
            keys: Mutex::new(config.keys.clone()),
            world: Mutex::new(world),
        }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, AllBuckets> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.calendar()
    }

    pub(crate) fn has(&self, quirk: Quirk) -> bool {
        self.quirks.has(quirk)
    }

    pub(crate) fn find_key(&self, access_key_id: &str) -> Option<SimKey> {
        self.lock_keys().iter().find(|key| key.access_key_id == access_key_id).cloned()
    }

    /// Knows these keys and no others, as after a visit to a provider's console.
    pub(crate) fn set_keys(&self, keys: Vec<SimKey>) {
        *self.lock_keys() = keys;
    }

    /// Knows a key no more, as after its deletion in a provider's console.
    pub(crate) fn forget_key(&self, access_key_id: &str) {
        self.lock_keys().retain(|key| key.access_key_id != access_key_id);
    }

    fn lock_keys(&self) -> MutexGuard<'_, Vec<SimKey>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The owner of what belongs to a project.
pub(crate) fn name_owner(project: u64) -> Owner {
    let id = format!("p{project}");
    Owner { display_name: Some(id.clone()), id: Some(id) }
}
