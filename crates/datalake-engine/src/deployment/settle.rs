//! Changes services and watches until they stand.
//!
//! systemd calls a service started as soon as its first process runs: one that dies after a second
//! has been started, too. So each is watched for some time, by its state, its count of restarts
//! and the id of its life.

mod track;

use std::fmt;
use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::UnitName;

use self::track::{Elapsed, ServiceStanding, Track};
use super::pods::{EmptiedPods, find_emptied_pods};
use super::{AccessProof, LoadState, ServiceName, Services, UnitStatus, Verb};
use crate::ports::Clock;

/// How long a change may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long a service must run without an event to count as settled.
    pub settling: Duration,
    /// The time between two looks.
    pub pause: Duration,
    /// The end of all waiting. A host that is never "online" alone makes podman wait for 92 s.
    pub limit: Duration,
    /// After so long it is told what is waited for.
    pub quiet: Duration,
}

/// By which clock a change is watched, how long it may take, and who is told of it.
#[derive(Clone, Copy)]
pub struct ChangeWatch<'a> {
    /// The clock.
    pub clock: &'a dyn Clock,
    /// How long it may take.
    pub patience: Patience,
    /// Who is told.
    pub tell: &'a (dyn Fn(ServiceNews<'_>) + Sync),
}

/// What is told on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceNews<'a> {
    /// systemd has been asked for the change.
    Ordered,
    /// A unit takes its time.
    Waiting(&'a UnitStatus),
    /// The host does not count as online, so podman waits for up to 90 s.
    NotOnline,
    /// A unit has settled, or stopped.
    Settled(&'a UnitStatus),
    /// A unit's container can use the bucket.
    Proved(&'a UnitName, &'a AccessProof),
}

/// How each unit stands after a change that went well.
pub type Settled = Vec<UnitStatus>;

/// Why a change did not come to a good end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// systemd could not be asked, or refused.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// Some units do not stand as they should.
    #[error("{}", list_unsettled(.0))]
    Unsettled(Vec<Unsettled>),
}

/// A unit that does not stand as it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    /// What its state is.
    pub status: UnitStatus,
    /// What is wrong with that.
    pub failing: Failing,
}

/// What is wrong with a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// systemd has no such unit, or cannot use it.
    NotLoaded,
    /// What was asked for was given up before it began; a unit that it needs may have failed.
    NotBegun,
    /// It has failed.
    Failed,
    /// It exits and restarts by itself.
    Restarts,
    /// It has ended.
    Ended,
    /// It takes longer than the limit.
    TooSlow,
}

/// Changes `units` in one call and watches until all of them stand, at most as long as `patience`
/// has it. A pod in which nothing else runs is restarted with them.
///
/// # Errors
///
/// [`ChangeError`]; units that are not named in it have settled or were still on their way.
pub async fn change_services(
    verb: Verb,
    units: &[ServiceName],
    services: &dyn Services,
    watch: &ChangeWatch<'_>,
) -> Result<Settled, ChangeError> {
    let tell = watch.tell;
    let tracks: Vec<_> = services.show(units).await?.into_iter().map(Track::new).collect();
    let unusable = |track: &Track| track.last.load != LoadState::Loaded;
    if tracks.iter().any(unusable) {
        let unusable = tracks.into_iter().filter(unusable);
        let not_loaded =
            |track: Track| Unsettled { status: track.last, failing: Failing::NotLoaded };
        return Err(ChangeError::Unsettled(unusable.map(not_loaded).collect()));
    }
    let emptied = match verb {
        Verb::Restart => find_emptied_pods(units, services).await?,
        Verb::Start | Verb::Stop => EmptiedPods::default(),
    };
    services.order(verb, &[units, &emptied.pods].concat()).await?;
    tell(ServiceNews::Ordered);
    let ended = watch_change(verb, tracks, services, watch).await;
    if !emptied.idle.is_empty() {
        services.order(Verb::Stop, &emptied.idle).await?;
    }
    ended
}

/// Watches until all that are tracked stand as they should, or will not.
async fn watch_change(
    verb: Verb,
    mut tracks: Vec<Track>,
    services: &dyn Services,
    watch: &ChangeWatch<'_>,
) -> Result<Settled, ChangeError> {
    let ChangeWatch { clock, patience, tell } = *watch;
    let units: Vec<_> = tracks.iter().map(|track| track.last.unit.clone()).collect();
    let begun = clock.now().unix();
    let (mut told, mut broken) = (false, None);
    loop {
        let seen = services.show(&units).await?;
        let waited = Duration::from_secs(clock.now().unix().abs_diff(begun));
        let elapsed = Elapsed { verb, waited };
        look_at_tracks(&mut tracks, seen, elapsed)?;
        for track in &mut tracks {
            track.settle(elapsed, patience, tell);
        }
        if tracks.iter().any(|track| matches!(track.standing, ServiceStanding::Broken(_))) {
            broken.get_or_insert(waited);
        }
        // What else fails does so soon: it is told together.
        let is_enough =
            broken.is_some_and(|since| waited.saturating_sub(since) >= patience.settling);
        if tracks.iter().all(Track::is_final) || is_enough || waited >= patience.limit {
            return judge_end(tracks, waited >= patience.limit);
        }
        if waited >= patience.quiet && !told {
            told = true;
            tell_waiting(&tracks, services, tell).await;
        }
        clock.sleep(patience.pause).await;
    }
}

fn look_at_tracks(
    tracks: &mut [Track],
    seen: Vec<UnitStatus>,
    elapsed: Elapsed,
) -> Result<(), Fault> {
    if seen.len() != tracks.len() {
        let detail = "systemd reported units that it was not asked about";
        return Err(Fault::new(FaultKind::Unreadable, detail));
    }
    tracks.iter_mut().zip(seen).for_each(|(track, status)| track.see(status, elapsed));
    Ok(())
}

async fn tell_waiting(
    tracks: &[Track],
    services: &dyn Services,
    tell: &(dyn Fn(ServiceNews<'_>) + Sync),
) {
    let late = |track: &&Track| matches!(track.standing, ServiceStanding::Waiting);
    let mut is_late = false;
    for track in tracks.iter().filter(late) {
        is_late = true;
        tell(ServiceNews::Waiting(&track.last));
    }
    // Only a hint: an answer that cannot be had is none.
    if is_late && matches!(services.is_online().await, Ok(false)) {
        tell(ServiceNews::NotOnline);
    }
}

fn judge_end(tracks: Vec<Track>, is_late: bool) -> Result<Settled, ChangeError> {
    let unsettled = |track: &Track| {
        let failing = match track.standing {
            ServiceStanding::Broken(failing) => failing,
            ServiceStanding::Waiting | ServiceStanding::Steady(_) if is_late => Failing::TooSlow,
            _ => return None,
        };
        Some(Unsettled { status: track.last.clone(), failing })
    };
    let unsettled: Vec<_> = tracks.iter().filter_map(unsettled).collect();
    if unsettled.is_empty() {
        Ok(tracks.into_iter().map(|track| track.last).collect())
    } else {
        Err(ChangeError::Unsettled(unsettled))
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            settling: Duration::from_secs(10),
            pause: Duration::from_secs(1),
            limit: Duration::from_mins(3),
            quiet: Duration::from_secs(15),
        }
    }
}

impl fmt::Display for Unsettled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UnitStatus { unit, load, active, sub, restarts, result, .. } = &self.status;
        match self.failing {
            Failing::NotLoaded => write!(f, "systemd has no usable `{unit}` ({load})"),
            Failing::NotBegun => {
                write!(
                    f,
                    "`{unit}` was not touched: what was asked for was given up ({active}, {sub})"
                )
            }
            Failing::Failed => write!(f, "`{unit}` has failed ({result})"),
            Failing::Restarts => {
                write!(f, "`{unit}` exits and restarts by itself ({result}, restarts: {restarts})")
            }
            Failing::Ended => write!(f, "`{unit}` has ended ({result})"),
            Failing::TooSlow => write!(f, "`{unit}` is still on its way ({active}, {sub})"),
        }
    }
}

fn list_unsettled(unsettled: &[Unsettled]) -> String {
    unsettled.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
