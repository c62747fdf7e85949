//! Which points are left to be killed at.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use datalake_engine::Checkpoint;

/// Each checkpoint's passings, one after the other until a run survives.
pub(super) struct Points {
    left: VecDeque<Checkpoint>,
    next: u32,
    met: BTreeMap<&'static str, u32>,
}

impl Points {
    pub(super) fn of(checkpoints: impl IntoIterator<Item = Checkpoint>) -> Self {
        Self { left: checkpoints.into_iter().collect(), next: 1, met: BTreeMap::new() }
    }

    /// The next point: a checkpoint and the number of its passing, from 1.
    pub(super) fn next(&mut self) -> Option<(Checkpoint, u32)> {
        let point = (*self.left.front()?, self.next);
        self.next += 1;
        Some(point)
    }

    /// A run was killed there.
    pub(super) fn met(&mut self, checkpoint: Checkpoint) {
        *self.met.entry(checkpoint.name()).or_default() += 1;
    }

    /// A run came to its end: it does not pass the checkpoint that often.
    pub(super) fn survived(&mut self, checkpoint: Checkpoint) {
        if self.left.front() == Some(&checkpoint) {
            self.left.pop_front();
            self.next = 1;
        }
    }

    pub(super) fn kills(&self) -> u32 {
        self.met.values().sum()
    }

    pub(super) fn all_met(self) -> BTreeSet<&'static str> {
        self.met.into_keys().collect()
    }
}
