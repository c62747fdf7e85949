//! A store that is asked again when asking again can help.

mod lake;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::plan::Service;
use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_core::s3::{
    BucketName, ConditionalPuts, Lifecycle, ObjectKey, PublicAccessBlock, TableSearch,
    VersionTraces, Versioning,
};

use crate::hold_mutex;
use crate::ports::{Clock, ObjectHead, ObjectStore, PutTrial, Stored, VersionId};

/// Tries of one call at most.
const TRIES: u32 = 5;
/// Tries of one call that was denied: Hetzner's gateways now and then deny what they granted a
/// moment before (seen in 2026-08 and 2026-09).
const TRIES_DENIED: u32 = 3;
/// The first pause; it doubles from try to try.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause that is not asked for by the service.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// The longest pause that a service can ask for.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// A service that has not answered once is given up when another try would end later than this.
const UNANSWERED: Duration = Duration::from_secs(15);
/// The same of one that has answered before.
const FELL_SILENT: Duration = Duration::from_secs(75);

/// Repeats calls that failed for a passing reason: with growing pauses, a random share in each,
/// the service's own `Retry-After`, and one budget for all calls together.
///
/// "Absent" is final, with one exception: a bucket that was seen five times in a row is there, so a
/// gateway that knows nothing of it lags behind (Hetzner, minutes after a creation; 2026-09-08).
/// A key that is unknown or a signature that does not fit is never tried again.
/// A service that cannot be reached at all is given up within 15 seconds, or with its first try
/// where that takes longer; what is asked of it afterwards is tried once.
///
/// It wraps a whole [`Lake`](crate::Lake) as well. Of a download only its beginning is asked for again; a new
/// upload that was begun twice leaves one behind that only a listing knows of. The engine that
/// moves files in bulk does not use it: there, one throttled call slows down all of them.
pub struct RetryingStore<'a, S: ?Sized = dyn ObjectStore + 'a> {
    inner: &'a S,
    clock: &'a dyn Clock,
    budget: AtomicU32,
    seen: Mutex<BTreeMap<BucketName, u32>>,
    /// Whether the service has answered anything.
    answered: AtomicBool,
    /// Whether it was given up.
    given_up: AtomicBool,
}

/// Looks in a row that make a bucket one that is surely there.
pub(crate) const STEADY: u32 = 5;

impl<'a, S: ?Sized> RetryingStore<'a, S> {
    /// Wraps `inner`; all its calls together are repeated at most `budget` times.
    pub fn new(inner: &'a S, clock: &'a dyn Clock, budget: u32) -> Self {
        let (seen, answered, given_up) = Default::default();
        Self { inner, clock, budget: AtomicU32::new(budget), seen, answered, given_up }
    }

    pub(crate) async fn patiently<T, F>(&self, call: impl FnMut() -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>> + Send,
    {
        self.repeated(call, count_tries).await
    }

    /// As `patiently`, for a call about something in `bucket`.
    pub(crate) async fn inside<T, F>(
        &self,
        bucket: &BucketName,
        call: impl FnMut() -> F,
    ) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>> + Send,
    {
        let sure = hold_mutex(&self.seen).get(bucket).is_some_and(|times| *times >= STEADY);
        let lagging = |kind| sure && kind == FaultKind::Absent;
        self.repeated(call, |kind| if lagging(kind) { TRIES } else { count_tries(kind) }).await
    }

    async fn repeated<T, F>(
        &self,
        mut call: impl FnMut() -> F,
        tries: impl Fn(FaultKind) -> u32,
    ) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>> + Send,
    {
        let (mut tried, first) = (1, self.elapsed_now());
        loop {
            let began = self.elapsed_now();
            let outcome = call().await;
            if outcome.as_ref().err().is_none_or(|fault| fault.kind != FaultKind::Unreachable) {
                self.answered.store(true, Ordering::Relaxed);
            }
            let fault = match outcome {
                Ok(value) => return Ok(value),
                Err(fault) => fault,
            };
            let pause = choose_pause(FIRST_PAUSE, tried, &fault, self.clock.random());
            let next = pause + self.elapsed_now().saturating_sub(began);
            let silence = Silence { answered: self.answered.load(Ordering::Relaxed), next };
            let is_over = fault.kind == FaultKind::Unreachable
                && (self.given_up.load(Ordering::Relaxed)
                    || silence.is_over(self.elapsed_now().saturating_sub(first)));
            if is_over || tried >= tries(fault.kind) || !self.draw() {
                let gave_up = fault.kind == FaultKind::Unreachable && !silence.answered;
                self.given_up.fetch_or(gave_up, Ordering::Relaxed);
                return Err(fault);
            }
            self.clock.sleep(pause).await;
            tried += 1;
        }
    }

    /// Whole seconds on the clock.
    fn elapsed_now(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.clock.now().unix()).unwrap_or_default())
    }

    fn draw(&self) -> bool {
        let less = |left: u32| left.checked_sub(1);
        self.budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

/// A service from which nothing comes.
pub(crate) struct Silence {
    /// Whether it has answered before.
    pub(crate) answered: bool,
    /// How long the pause and another try will take: as long as the last one.
    pub(crate) next: Duration,
}

impl Silence {
    /// Whether nothing has come for so long that it is of no use to ask again.
    pub(crate) fn is_over(&self, length: Duration) -> bool {
        length + self.next > if self.answered { FELL_SILENT } else { UNANSWERED }
    }

    /// Whether another try would be a quick one: an address that refuses, no long upload.
    pub(crate) fn is_quick(&self) -> bool {
        self.next < UNANSWERED
    }
}

fn count_tries(kind: FaultKind) -> u32 {
    match kind {
        FaultKind::Throttled
        | FaultKind::Unavailable
        | FaultKind::Unreachable
        | FaultKind::Damaged => TRIES,
        FaultKind::Denied => TRIES_DENIED,
        _ => 1,
    }
}

/// The pause before the next try: it begins with `first` and doubles; half of it is fixed, half
/// random, and it is never less than asked for.
pub(crate) fn choose_pause(first: Duration, tried: u32, fault: &Fault, random: u64) -> Duration {
    let full = first.saturating_mul(1 << (tried - 1).min(10)).min(LONGEST_PAUSE);
    let half = full / 2;
    let share = u32::try_from(random % 1024).unwrap_or_default();
    let asked = fault.wait.unwrap_or_default().min(LONGEST_WAIT);
    (half + half * share / 1024).max(asked)
}

#[async_trait]
impl<S: ObjectStore + ?Sized> ObjectStore for RetryingStore<'_, S> {
    async fn reach(&self) -> Result<Service, Fault> {
        self.patiently(|| self.inner.reach()).await
    }

    async fn buckets(&self) -> Result<Vec<BucketName>, Fault> {
        self.patiently(|| self.inner.buckets()).await
    }

    async fn head_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        let answer = self.inside(bucket, || self.inner.head_bucket(bucket)).await;
        let mut seen = hold_mutex(&self.seen);
        match &answer {
            Ok(()) => *seen.entry(bucket.clone()).or_default() += 1,
            Err(_) => drop(seen.remove(bucket)),
        }
        answer
    }

    async fn create_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.patiently(|| self.inner.create_bucket(bucket)).await
    }

    async fn versioning(&self, bucket: &BucketName) -> Result<Versioning, Fault> {
        self.inside(bucket, || self.inner.versioning(bucket)).await
    }

    async fn set_versioning(&self, bucket: &BucketName, to: Versioning) -> Result<(), Fault> {
        self.inside(bucket, || self.inner.set_versioning(bucket, to)).await
    }

    async fn tables(&self, bucket: &BucketName) -> Result<TableSearch, Fault> {
        self.inside(bucket, || self.inner.tables(bucket)).await
    }

    async fn version_traces(&self, bucket: &BucketName) -> Result<VersionTraces, Fault> {
        self.inside(bucket, || self.inner.version_traces(bucket)).await
    }

    async fn conditional_puts(&self, trial: &PutTrial<'_>) -> Result<ConditionalPuts, Fault> {
        // Its writers must not be repeated: who comes again is one more of them.
        self.inner.conditional_puts(trial).await
    }

    async fn lifecycle(&self, bucket: &BucketName) -> Result<Lifecycle, Fault> {
        self.inside(bucket, || self.inner.lifecycle(bucket)).await
    }

    async fn set_lifecycle(&self, bucket: &BucketName, rules: &Lifecycle) -> Result<(), Fault> {
        self.inside(bucket, || self.inner.set_lifecycle(bucket, rules)).await
    }

    async fn policy(&self, bucket: &BucketName) -> Result<Option<PolicyText>, Fault> {
        self.inside(bucket, || self.inner.policy(bucket)).await
    }

    async fn set_policy(
        &self,
        bucket: &BucketName,
        policy: Option<&NewPolicy>,
    ) -> Result<(), Fault> {
        self.inside(bucket, || self.inner.set_policy(bucket, policy)).await
    }

    async fn public_access(&self, bucket: &BucketName) -> Result<PublicAccessBlock, Fault> {
        self.inside(bucket, || self.inner.public_access(bucket)).await
    }

    async fn set_public_access(
        &self,
        bucket: &BucketName,
        block: PublicAccessBlock,
    ) -> Result<(), Fault> {
        self.inside(bucket, || self.inner.set_public_access(bucket, block)).await
    }

    async fn put_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        content: Vec<u8>,
    ) -> Result<Stored, Fault> {
        self.inside(bucket, || self.inner.put_object(bucket, key, content.clone())).await
    }

    async fn get_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<Vec<u8>, Fault> {
        self.inside(bucket, || self.inner.get_object(bucket, key)).await
    }

    async fn head_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<ObjectHead, Fault> {
        self.inside(bucket, || self.inner.head_object(bucket, key)).await
    }

    async fn delete_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<(), Fault> {
        self.inside(bucket, || self.inner.delete_object(bucket, key, version)).await
    }
}
