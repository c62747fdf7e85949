//! One unit on its way through a change.

use std::time::Duration;

use super::{Failing, News, Patience};
use crate::deployment::{ActiveState, InvocationId, LoadState, UnitStatus, Verb};

/// One unit on its way.
pub(super) struct Track {
    before: UnitStatus,
    /// The life that was asked for, and its count of restarts, once it has begun.
    life: Option<(Option<InvocationId>, u32)>,
    pub(super) last: UnitStatus,
    pub(super) standing: Standing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Waiting,
    /// It stands, and has done so since this time after the order.
    Steady(Duration),
    Settled,
    Broken(Failing),
}

impl Track {
    pub(super) fn new(before: UnitStatus) -> Self {
        Self { last: before.clone(), before, life: None, standing: Standing::Waiting }
    }

    pub(super) fn is_final(&self) -> bool {
        matches!(self.standing, Standing::Settled | Standing::Broken(_))
    }

    /// Takes in one look; what is broken stays so.
    pub(super) fn see(&mut self, status: UnitStatus, (verb, waited): (Verb, Duration)) {
        self.last = status;
        if matches!(self.standing, Standing::Broken(_)) {
            return;
        }
        let seen = match verb {
            Verb::Stop => stopping(&self.last, waited),
            Verb::Start if self.before.active == ActiveState::Active => self.running(waited),
            Verb::Start | Verb::Restart if self.last.invocation == self.before.invocation => {
                not_begun(&self.last)
            }
            Verb::Start | Verb::Restart => self.running(waited),
        };
        self.standing = match (self.standing, seen) {
            // It stands on: the time that it has stood counts.
            (before @ (Standing::Steady(_) | Standing::Settled), Standing::Steady(_)) => before,
            (_, seen) => seen,
        };
    }

    fn running(&mut self, waited: Duration) -> Standing {
        let status = &self.last;
        let life = self.life.get_or_insert_with(|| (status.invocation.clone(), status.restarts));
        if life.0 != status.invocation || status.restarts > life.1 {
            return Standing::Broken(Failing::Restarts);
        }
        match status.active {
            _ if status.load != LoadState::Loaded => Standing::Broken(Failing::NotLoaded),
            ActiveState::Active => Standing::Steady(waited),
            ActiveState::Activating if status.sub.starts_with("auto-restart") => {
                Standing::Broken(Failing::Restarts)
            }
            ActiveState::Activating | ActiveState::Reloading | ActiveState::Deactivating => {
                Standing::Waiting
            }
            ActiveState::Failed => Standing::Broken(Failing::Failed),
            ActiveState::Inactive => Standing::Broken(Failing::Ended),
        }
    }

    pub(super) fn settle(
        &mut self,
        (verb, waited): (Verb, Duration),
        patience: Patience,
        tell: &(dyn Fn(News<'_>) + Sync),
    ) {
        if let Standing::Steady(since) = self.standing
            && (verb == Verb::Stop || waited.saturating_sub(since) >= patience.settling)
        {
            self.standing = Standing::Settled;
            tell(News::Settled(&self.last));
        }
    }
}

/// The old life, or none, although a new one was asked for.
fn not_begun(status: &UnitStatus) -> Standing {
    match status.active {
        _ if status.is_queued => Standing::Waiting,
        ActiveState::Deactivating => Standing::Waiting,
        _ => Standing::Broken(Failing::NotBegun),
    }
}

fn stopping(status: &UnitStatus, waited: Duration) -> Standing {
    match status.active {
        _ if status.is_queued => Standing::Waiting,
        // A program that has to be killed ends in failure, and has ended.
        ActiveState::Inactive | ActiveState::Failed => Standing::Steady(waited),
        ActiveState::Deactivating => Standing::Waiting,
        _ => Standing::Broken(Failing::NotBegun),
    }
}
