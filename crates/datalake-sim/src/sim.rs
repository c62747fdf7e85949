//! What all parts of one running simulator share.

use std::collections::BTreeSet;
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
    keys: Vec<SimKey>,
    /// Keys that were deleted since the start.
    forgotten: Mutex<BTreeSet<String>>,
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
            keys: config.keys.clone(),
            forgotten: Mutex::default(),
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

    pub(crate) fn key(&self, access_key_id: &str) -> Option<&SimKey> {
        let forgotten = self.forgotten.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = !forgotten.contains(access_key_id);
        self.keys.iter().find(|key| is_known && key.access_key_id == access_key_id)
    }

    /// Knows a key no more, as after its deletion in a provider's console.
    pub(crate) fn forget_key(&self, access_key_id: &str) {
        let mut forgotten = self.forgotten.lock().unwrap_or_else(PoisonError::into_inner);
        forgotten.insert(access_key_id.to_owned());
    }
}

/// The owner of what belongs to a project.
pub(crate) fn name_owner(project: u64) -> Owner {
    let id = format!("p{project}");
    Owner { display_name: Some(id.clone()), id: Some(id) }
}
