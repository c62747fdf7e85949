//! One unit on its way through a change.

use std::time::Duration;

use super::{Failing, Patience, ServiceNews};
use crate::deployment::{ActiveState, InvocationId, LoadState, UnitStatus, Verb};

/// What was asked for, and how long ago.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elapsed {
    pub(super) verb: Verb,
    pub(super) waited: Duration,
}

/// One unit on its way.
pub(super) struct Track {
    before: UnitStatus,
    /// The life that was asked for, and its count of restarts, once it has begun.
    life: Option<(Option<InvocationId>, u32)>,
    pub(super) last: UnitStatus,
    pub(super) standing: ServiceStanding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServiceStanding {
    Waiting,
    /// It stands, and has done so since this time after the order.
    Steady(Duration),
    Settled,
    Broken(Failing),
}

impl Track {
    pub(super) fn new(before: UnitStatus) -> Self {
        Self { last: before.clone(), before, life: None, standing: ServiceStanding::Waiting }
    }

    pub(super) fn is_final(&self) -> bool {
        matches!(self.standing, ServiceStanding::Settled | ServiceStanding::Broken(_))
    }

    /// Takes in one look; what is broken stays so.
    pub(super) fn see(&mut self, status: UnitStatus, elapsed: Elapsed) {
        let Elapsed { verb, waited } = elapsed;
        self.last = status;
        if matches!(self.standing, ServiceStanding::Broken(_)) {
            return;
        }
        let seen = match verb {
            Verb::Stop => judge_stopping(&self.last, waited),
            Verb::Start if self.before.active == ActiveState::Active => self.running(waited),
            Verb::Start | Verb::Restart if self.last.invocation == self.before.invocation => {
                not_begun(&self.last)
            }
            Verb::Start | Verb::Restart => self.running(waited),
        };
        self.standing = match (self.standing, seen) {
            // It stands on: the time that it has stood counts.
            (
                before @ (ServiceStanding::Steady(_) | ServiceStanding::Settled),
                ServiceStanding::Steady(_),
            ) => before,
            (_, seen) => seen,
        };
    }

    fn running(&mut self, waited: Duration) -> ServiceStanding {
        let status = &self.last;
        let life = self.life.get_or_insert_with(|| (status.invocation.clone(), status.restarts));
        if life.0 != status.invocation || status.restarts > life.1 {
            return ServiceStanding::Broken(Failing::Restarts);
        }
        match status.active {
            _ if status.load != LoadState::Loaded => ServiceStanding::Broken(Failing::NotLoaded),
            ActiveState::Active => ServiceStanding::Steady(waited),
            ActiveState::Activating if status.sub.starts_with("auto-restart") => {
                ServiceStanding::Broken(Failing::Restarts)
            }
            ActiveState::Activating | ActiveState::Reloading | ActiveState::Deactivating => {
                ServiceStanding::Waiting
            }
            ActiveState::Failed => ServiceStanding::Broken(Failing::Failed),
            ActiveState::Inactive => ServiceStanding::Broken(Failing::Ended),
        }
    }

    pub(super) fn settle(
        &mut self,
        elapsed: Elapsed,
        patience: Patience,
        tell: &(dyn Fn(ServiceNews<'_>) + Sync),
    ) {
        let Elapsed { verb, waited } = elapsed;
        if let ServiceStanding::Steady(since) = self.standing
            && (verb == Verb::Stop || waited.saturating_sub(since) >= patience.settling)
        {
            self.standing = ServiceStanding::Settled;
            tell(ServiceNews::Settled(&self.last));
        }
    }
}

/// The old life, or none, although a new one was asked for.
fn not_begun(status: &UnitStatus) -> ServiceStanding {
    match status.active {
        _ if status.is_queued => ServiceStanding::Waiting,
        ActiveState::Deactivating => ServiceStanding::Waiting,
        _ => ServiceStanding::Broken(Failing::NotBegun),
    }
}

fn judge_stopping(status: &UnitStatus, waited: Duration) -> ServiceStanding {
    match status.active {
        _ if status.is_queued => ServiceStanding::Waiting,
        // A program that has to be killed ends in failure, and has ended.
        ActiveState::Inactive | ActiveState::Failed => ServiceStanding::Steady(waited),
        ActiveState::Deactivating => ServiceStanding::Waiting,
        _ => ServiceStanding::Broken(Failing::NotBegun),
    }
}
