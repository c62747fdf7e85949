//! Calls to the service: paced, counted, repeated.

use std::sync::Mutex;
use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use tokio::sync::Semaphore;

use super::pace::{Meter, RequestRate};
use super::{StopCause, Stopwatch, TransferLimits, TransferWatch};
use crate::hold_mutex;
use crate::retry::{LONGEST_WAIT, Silence, choose_pause};

/// Tries of one call, at most: with a quarter of all calls failing, one of 100,000 may still run out
/// of eight.
const TRIES: u32 = 12;
/// Tries of one call that was denied: gateways now and then deny what they granted a moment before.
const TRIES_DENIED: u32 = 3;
/// Tries of one call whose content was damaged on its way, or whose answer made no sense.
const TRIES_DAMAGED: u32 = 5;
/// The first pause; with many calls under way a short one is enough.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// So many calls in a row that fail for good end the run.
const HOPELESS: u32 = 64;

/// The one way to the service for all that a run does: calls are made as fast as the limits permit,
/// slower after a complaint, and again where that can help.
pub struct Courier<'a> {
    clock: &'a dyn Stopwatch,
    watch: &'a dyn TransferWatch,
    limits: &'a TransferLimits,
    connections: Semaphore,
    /// Whoever is next waits for its time, and all others for it: a time given out while the service
    /// complained is gone with the one request that has it.
    row: Semaphore,
    state: Mutex<CourierState>,
}

struct CourierState {
    rate: RequestRate,
    meter: Meter,
    requests: u64,
    retries: u64,
    moved: u64,
    /// Repetitions that may still be made, in halves.
    budget: u64,
    hopeless: u32,
    /// Whether the service has answered anything in this run.
    answered: bool,
    /// When the first call began that was not answered since the last answer.
    silent_since: Option<Duration>,
    /// How long the last call took that was not answered.
    waited: Duration,
    stopped: Option<StopCause>,
}

/// How often a call was tried.
#[derive(Debug, Default)]
pub struct Tries(u32);

/// Requests, repetitions and bytes so far.
pub(crate) struct RequestCounts {
    pub(crate) requests: u64,
    pub(crate) retries: u64,
    pub(crate) moved: u64,
}

impl<'a> Courier<'a> {
    /// The way to a service within these limits, which all calls share.
    pub fn new(
        clock: &'a dyn Stopwatch,
        watch: &'a dyn TransferWatch,
        limits: &'a TransferLimits,
    ) -> Self {
        let state = CourierState {
            rate: RequestRate::new(limits.requests_per_second),
            meter: Meter::default(),
            requests: 0,
            retries: 0,
            moved: 0,
            budget: u64::from(limits.retries) * 2,
            hopeless: 0,
            answered: false,
            silent_since: None,
            waited: Duration::ZERO,
            stopped: None,
        };
        let connections = Semaphore::new(limits.connections.max(1));
        let row = Semaphore::new(1);
        Self { clock, watch, limits, connections, row, state: Mutex::new(state) }
    }

    /// Makes a call until it goes well, or asking again cannot help.
    ///
    /// # Errors
    ///
    /// The fault of its last try.
    pub async fn make_call<T, F>(&self, mut call: impl FnMut() -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>> + Send,
    {
        self.carry(0, &mut call).await
    }

    /// The same for a call that moves so many bytes.
    pub(crate) async fn carry<T, F>(
        &self,
        bytes: u64,
        mut call: impl FnMut() -> F,
    ) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>> + Send,
    {
        let mut tries = Tries::default();
        loop {
            match self.once(bytes, call()).await {
                Ok(value) => return Ok(value),
                Err(fault) => self.try_again(&mut tries, fault).await?,
            }
        }
    }

    /// Makes a call once, when its time has come.
    pub(crate) async fn once<T>(
        &self,
        bytes: u64,
        call: impl Future<Output = Result<T, Fault>> + Send,
    ) -> Result<T, Fault> {
        self.spend(bytes).await;
        let _connection = self.connections.acquire().await;
        let began = self.turn().await?;
        let outcome = call.await;
        self.judge(began, outcome.as_ref().err());
        if outcome.is_ok() && bytes > 0 {
            self.note(bytes);
        }
        outcome
    }

    /// Waits for another try; the fault comes back where there is none.
    ///
    /// # Errors
    ///
    /// The fault itself.
    pub async fn try_again(&self, tries: &mut Tries, fault: Fault) -> Result<(), Fault> {
        tries.0 += 1;
        if self.find_stop().is_some() {
            return Err(fault);
        }
        let pause = choose_pause(FIRST_PAUSE, tries.0, &fault, self.clock.random());
        if fault.kind == FaultKind::Unreachable && self.is_silence_over(pause, &fault) {
            return Err(fault);
        }
        if tries.0 >= most_tries(fault.kind) || !self.draw() {
            self.gave_up(&fault);
            return Err(fault);
        }
        self.watch.repeated(&fault);
        self.clock.sleep(pause).await;
        Ok(())
    }

    /// Whether the service has said nothing for so long that no call is made again; the run ends
    /// then, unless what has failed is its first call, which tells of it in better words.
    fn is_silence_over(&self, pause: Duration, fault: &Fault) -> bool {
        let now = self.clock.elapsed();
        let mut state = hold_mutex(&self.state);
        let silence = Silence { answered: state.answered, next: pause + state.waited };
        let length = state.silent_since.map(|since| now.saturating_sub(since)).unwrap_or_default();
        let is_over = silence.is_over(length) && (!silence.answered || silence.is_quick());
        if is_over && silence.answered {
            state.stopped.get_or_insert(StopCause::Fault(fault.clone()));
        }
        is_over
    }

    /// Takes one repetition of something larger than a call from the same budget.
    pub(crate) fn draw(&self) -> bool {
        let mut state = hold_mutex(&self.state);
        let Some(budget) = state.budget.checked_sub(2) else { return false };
        state.budget = budget;
        state.retries += 1;
        true
    }

    /// Waits until so many bytes may go.
    pub(crate) async fn spend(&self, bytes: u64) {
        let Some(bandwidth) = self.limits.bandwidth.as_ref().filter(|_| bytes > 0) else { return };
        let local = self.clock.now().unix() + i64::from(self.limits.utc_offset);
        let second = u32::try_from(local.rem_euclid(24 * 60 * 60)).unwrap_or_default();
        let now = self.clock.elapsed();
        let place = hold_mutex(&self.state).meter.reserve(now, bytes, bandwidth.at(second));
        self.wait(now, place).await;
    }

    /// Counts bytes that have been moved.
    pub(crate) fn note(&self, bytes: u64) {
        hold_mutex(&self.state).moved += bytes;
        self.watch.moved(bytes);
    }

    /// Ends the run: nothing new begins.
    pub(crate) fn stop(&self, cause: StopCause) {
        hold_mutex(&self.state).stopped.get_or_insert(cause);
    }

    /// Why nothing new begins, if so: no other call has a better chance.
    #[must_use]
    pub fn find_stop(&self) -> Option<StopCause> {
        hold_mutex(&self.state).stopped.clone()
    }

    pub(crate) fn counts(&self) -> RequestCounts {
        let state = hold_mutex(&self.state);
        RequestCounts { requests: state.requests, retries: state.retries, moved: state.moved }
    }

    /// Takes a place in the row of requests and waits for it.
    async fn turn(&self) -> Result<Duration, Fault> {
        let _first = self.row.acquire().await;
        let now = self.clock.elapsed();
        let place = {
            let mut state = hold_mutex(&self.state);
            if self.limits.requests.is_some_and(|most| state.requests >= most) {
                state.stopped.get_or_insert(StopCause::Requests);
                return Err(Fault::new(FaultKind::RequestsSpent, ""));
            }
            state.requests += 1;
            state.silent_since.get_or_insert(now);
            state.rate.reserve(now)
        };
        self.wait(now, place).await;
        Ok(self.clock.elapsed())
    }

    async fn wait(&self, now: Duration, until: Duration) {
        if let Some(left) = until.checked_sub(now).filter(|left| !left.is_zero()) {
            self.clock.sleep(left).await;
        }
    }

    fn judge(&self, began: Duration, fault: Option<&Fault>) {
        let now = self.clock.elapsed();
        let mut state = hold_mutex(&self.state);
        if fault.is_some_and(|fault| fault.kind == FaultKind::Unreachable) {
            state.waited = now.saturating_sub(began);
        } else {
            (state.answered, state.silent_since) = (true, None);
        }
        match fault {
            None => {
                state.rate.went_well(now);
                state.hopeless = 0;
                let most = u64::from(self.limits.retries) * 2;
                state.budget = (state.budget + 1).min(most);
            }
            Some(fault) if fault.kind == FaultKind::Throttled => {
                let wait = fault.wait.map(|wait| wait.min(LONGEST_WAIT));
                state.rate.slow_down(began, now, wait);
            }
            Some(_) => (),
        }
    }

    fn gave_up(&self, fault: &Fault) {
        let mut state = hold_mutex(&self.state);
        if is_passing(fault.kind) {
            state.hopeless += 1;
        }
        if concerns_all(fault.kind) || state.hopeless >= HOPELESS {
            state.stopped.get_or_insert(StopCause::Fault(fault.clone()));
        }
    }
}

fn is_passing(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::Throttled | FaultKind::Unavailable | FaultKind::Unreachable)
}

fn concerns_all(kind: FaultKind) -> bool {
    kind.concerns_signature() || kind == FaultKind::TakenBucket
}

fn most_tries(kind: FaultKind) -> u32 {
    match kind {
        kind if is_passing(kind) => TRIES,
        FaultKind::Denied => TRIES_DENIED,
        FaultKind::Damaged | FaultKind::Unreadable => TRIES_DAMAGED,
        _ => 1,
    }
}
