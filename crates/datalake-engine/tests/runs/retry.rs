//! Asking again: how often, after which pause, and for which faults.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::plan::Service;
use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_core::s3::{
    BucketName, ConditionalPuts, Lifecycle, ObjectKey, PublicAccessBlock, TableSearch,
    VersionTraces, Versioning,
};
use datalake_core::time::Timestamp;
use datalake_engine::memory::{MemoryClock, MemoryStore};
use datalake_engine::*;
use futures::FutureExt as _;
use mockall::automock;
use mockall::predicate::eq;
use proptest::prelude::*;

use crate::support::bucket;

#[automock]
trait Script: Send + Sync {
    /// Whether the call of this name works this time.
    fn next(&self, call: &str) -> Result<(), Fault>;
}

/// A store whose every call asks the script first.
#[derive(Default)]
struct Scripted(MockScript, MemoryStore);

#[async_trait]
impl ObjectStore for Scripted {
    async fn reach(&self) -> Result<Service, Fault> {
        self.0.next("reach")?;
        self.1.reach().await
    }

    async fn buckets(&self) -> Result<Vec<BucketName>, Fault> {
        self.0.next("buckets")?;
        self.1.buckets().await
    }

    async fn head_bucket(&self, _: &BucketName) -> Result<(), Fault> {
        self.0.next("head_bucket")
    }

    async fn create_bucket(&self, _: &BucketName) -> Result<(), Fault> {
        self.0.next("create_bucket")
    }

    async fn versioning(&self, bucket: &BucketName) -> Result<Versioning, Fault> {
        self.0.next("versioning")?;
        self.1.versioning(bucket).await
    }

    async fn set_versioning(&self, _: &BucketName, _: Versioning) -> Result<(), Fault> {
        self.0.next("set_versioning")
    }

    async fn tables(&self, bucket: &BucketName) -> Result<TableSearch, Fault> {
        self.0.next("tables")?;
        self.1.tables(bucket).await
    }

    async fn version_traces(&self, bucket: &BucketName) -> Result<VersionTraces, Fault> {
        self.0.next("version_traces")?;
        self.1.version_traces(bucket).await
    }

    async fn conditional_puts(&self, trial: &PutTrial<'_>) -> Result<ConditionalPuts, Fault> {
        self.0.next("conditional_puts")?;
        self.1.conditional_puts(trial).await
    }

    async fn lifecycle(&self, bucket: &BucketName) -> Result<Lifecycle, Fault> {
        self.0.next("lifecycle")?;
        self.1.lifecycle(bucket).await
    }

    async fn set_lifecycle(&self, _: &BucketName, _: &Lifecycle) -> Result<(), Fault> {
        self.0.next("set_lifecycle")
    }

    async fn policy(&self, bucket: &BucketName) -> Result<Option<PolicyText>, Fault> {
        self.0.next("policy")?;
        self.1.policy(bucket).await
    }

    async fn set_policy(
        &self,
        bucket: &BucketName,
        policy: Option<&NewPolicy>,
    ) -> Result<(), Fault> {
        self.0.next("set_policy")?;
        self.1.set_policy(bucket, policy).await
    }

    async fn public_access(&self, bucket: &BucketName) -> Result<PublicAccessBlock, Fault> {
        self.0.next("public_access")?;
        self.1.public_access(bucket).await
    }

    async fn set_public_access(
        &self,
        bucket: &BucketName,
        block: PublicAccessBlock,
    ) -> Result<(), Fault> {
        self.0.next("set_public_access")?;
        self.1.set_public_access(bucket, block).await
    }

    async fn put_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        content: Vec<u8>,
    ) -> Result<Stored, Fault> {
        self.0.next("put_object")?;
        self.1.put_object(bucket, key, content).await
    }

    async fn get_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<Vec<u8>, Fault> {
        self.0.next("get_object")?;
        self.1.get_object(bucket, key).await
    }

    async fn head_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<ObjectHead, Fault> {
        self.0.next("head_object")?;
        self.1.head_object(bucket, key).await
    }

    async fn delete_object(
        &self,
        _: &BucketName,
        _: &ObjectKey,
        _: Option<&VersionId>,
    ) -> Result<(), Fault> {
        self.0.next("delete_object")
    }
}

/// A clock that stands still and draws one number again and again.
struct Loaded(u64, MemoryClock);

#[async_trait]
impl Clock for Loaded {
    fn now(&self) -> Timestamp {
        self.1.now()
    }

    async fn sleep(&self, length: Duration) {
        self.1.sleep(length).await;
    }

    fn random(&self) -> u64 {
        self.0
    }
}

/// A store whose first `times` calls answer `fault`.
fn failing(fault: &Fault, times: usize) -> Scripted {
    let mut store = Scripted::default();
    let (fault, asked) = (fault.clone(), AtomicUsize::new(0));
    store.0.expect_next().returning(move |_| {
        if asked.fetch_add(1, Ordering::Relaxed) < times { Err(fault.clone()) } else { Ok(()) }
    });
    store
}

fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, "injected")
}

/// Checks that a fault of this kind is mended by the `tries`-th try, and not by the one after it.
async fn check(kind: FaultKind, tries: usize) {
    let clock = MemoryClock::new(0);
    for (times, expected) in [(tries - 1, Ok(())), (tries, Err(fault(kind)))] {
        let inner = failing(&fault(kind), times);
        let store = RetryingStore::new(&inner, &clock, 100);
        assert_eq!(store.head_bucket(&bucket()).await, expected, "{kind:?} {times} times");
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    check(FaultKind::Throttled, 5).await;
    check(FaultKind::Unavailable, 5).await;
    check(FaultKind::Unreachable, 5).await;
    check(FaultKind::Denied, 3).await;
}

#[tokio::test]
async fn what_will_not_pass_is_never_tried_again() {
    for kind in [
        FaultKind::UnknownAccessKey,
        FaultKind::WrongSecret,
        FaultKind::ClockSkew,
        FaultKind::WrongRegion,
        FaultKind::TakenBucket,
        FaultKind::Absent,
        FaultKind::Unsupported,
        FaultKind::Unreadable,
        FaultKind::Refused,
    ] {
        check(kind, 1).await;
    }
}

/// A store none of whose calls is answered, each after so many seconds on the clock.
fn unanswered(clock: &Arc<MemoryClock>, seconds: u64) -> (Scripted, Arc<AtomicUsize>) {
    let (mut store, asked) = (Scripted::default(), Arc::new(AtomicUsize::new(0)));
    let (clock, count) = (Arc::clone(clock), Arc::clone(&asked));
    store.0.expect_next().returning(move |_| {
        let _ = clock.sleep(Duration::from_secs(seconds)).now_or_never();
        count.fetch_add(1, Ordering::Relaxed);
        Err(fault(FaultKind::Unreachable))
    });
    (store, asked)
}

#[tokio::test]
async fn a_service_that_never_answers_is_given_up_within_a_quarter_of_a_minute() {
    for (seconds, tries) in [(0, 5), (3, 4), (6, 2), (10, 1), (30, 1)] {
        let clock = Arc::new(MemoryClock::new(0));
        let (inner, asked) = unanswered(&clock, seconds);
        let store = RetryingStore::new(&inner, &*clock, 100);

        store.head_bucket(&bucket()).await.unwrap_err();

        assert_eq!(asked.load(Ordering::Relaxed), tries, "{seconds} s a call");
        let most = Duration::from_secs(seconds.max(15));
        assert!(clock.slept() <= most, "{seconds} s a call: {:?}", clock.slept());
        store.head_bucket(&bucket()).await.unwrap_err();
        assert_eq!(asked.load(Ordering::Relaxed), tries + 1, "the next call is tried once");
    }
}

#[tokio::test]
async fn a_service_that_has_answered_is_asked_again_after_a_silence() {
    let clock = Arc::new(MemoryClock::new(0));
    let asked = Arc::new(AtomicUsize::new(0));
    let (mut inner, count, time) = (Scripted::default(), Arc::clone(&asked), Arc::clone(&clock));
    inner.0.expect_next().returning(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        1 => {
            let _ = time.sleep(Duration::from_secs(30)).now_or_never();
            Err(fault(FaultKind::Unreachable))
        }
        _ => Ok(()),
    });
    let store = RetryingStore::new(&inner, &*clock, 100);

    store.head_bucket(&bucket()).await.unwrap();
    store.head_bucket(&bucket()).await.unwrap();

    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn all_calls_draw_on_one_budget() {
    let clock = MemoryClock::new(0);
    let inner = failing(&fault(FaultKind::Throttled), usize::MAX);
    let store = RetryingStore::new(&inner, &clock, 6);
    let mut slept = Vec::new();

    for _ in 0..4 {
        store.head_bucket(&bucket()).await.unwrap_err();
        slept.push(clock.slept());
    }

    assert!(slept[0] < slept[1], "the second call still had two tries: {slept:?}");
    assert_eq!(slept[1], slept[3], "nothing was left for the others: {slept:?}");
}

#[tokio::test]
async fn an_hour_of_throttling_ends_with_the_budget() {
    let clock = MemoryClock::new(0);
    let slow_down = Fault { wait: Some(Duration::from_hours(1)), ..fault(FaultKind::Throttled) };
    let inner = failing(&slow_down, usize::MAX);
    let store = RetryingStore::new(&inner, &clock, 60);

    while clock.slept() < Duration::from_hours(1) {
        assert_eq!(store.head_bucket(&bucket()).await, Err(slow_down.clone()));
    }
    store.head_bucket(&bucket()).await.unwrap_err();

    assert_eq!(clock.slept(), Duration::from_hours(1), "60 tries, a minute for each");
}

#[tokio::test]
async fn a_pause_is_as_long_as_the_service_asks_for() {
    let clock = MemoryClock::new(0);
    let wait = Some(Duration::from_secs(17));
    let inner = failing(&Fault { wait, ..fault(FaultKind::Throttled) }, 1);

    RetryingStore::new(&inner, &clock, 9).head_bucket(&bucket()).await.unwrap();

    assert_eq!(clock.slept(), Duration::from_secs(17));
}

#[tokio::test]
async fn every_call_is_tried_again() {
    let clock = MemoryClock::new(0);
    let mut inner = Scripted::default();
    let calls = [
        "reach",
        "buckets",
        "head_bucket",
        "create_bucket",
        "versioning",
        "set_versioning",
        "lifecycle",
        "set_lifecycle",
        "put_object",
        "get_object",
        "head_object",
        "delete_object",
    ];
    for call in calls {
        let unavailable = |_: &str| Err(fault(FaultKind::Unavailable));
        inner.0.expect_next().with(eq(call)).times(5).returning(unavailable);
    }
    let store = RetryingStore::new(&inner, &clock, 1000);
    let (bucket, key) = (bucket(), "k".parse().unwrap());
    store.head_bucket(&bucket).await.unwrap_err();

    store.reach().await.unwrap_err();
    store.buckets().await.unwrap_err();
    store.create_bucket(&bucket).await.unwrap_err();
    store.versioning(&bucket).await.unwrap_err();
    store.set_versioning(&bucket, Versioning::Enabled).await.unwrap_err();
    store.lifecycle(&bucket).await.unwrap_err();
    store.set_lifecycle(&bucket, &Lifecycle::default()).await.unwrap_err();
    store.put_object(&bucket, &key, vec![1]).await.unwrap_err();
    store.get_object(&bucket, &key).await.unwrap_err();
    store.head_object(&bucket, &key).await.unwrap_err();
    store.delete_object(&bucket, &key, None).await.unwrap_err();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pauses_double_and_half_of_each_is_random(random: u64, tries in 1_u32..5) {
        let clock = Loaded(random, MemoryClock::new(0));
        let inner = failing(&fault(FaultKind::Unreachable), tries as usize);
        let store = RetryingStore::new(&inner, &clock, 9);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();

        let _ = runtime.block_on(store.head_bucket(&bucket()));

        let full = Duration::from_millis(250) * ((1 << tries) - 1);
        let slept = clock.1.slept();
        prop_assert!(slept >= full / 2 && slept < full, "{slept:?} of {full:?}");
    }
}
