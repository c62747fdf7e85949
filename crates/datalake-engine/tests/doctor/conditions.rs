//! Puts that ask for nothing to be there, by services that make different things of it.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, ConditionalPuts, KeyPrefix, Versioning};
use datalake_engine::memory::{MemoryConditions, MemoryStore};
use datalake_engine::{ConditionProbe, ObjectStore as _, probe_conditional_put};

async fn probe(store: &MemoryStore) -> Result<ConditionalPuts, Fault> {
    let (bucket, prefix) = (bucket(), "assets".parse::<KeyPrefix>().unwrap());
    let place =
        ConditionProbe { bucket: &bucket, prefix: &prefix, random: 7, writers: 8, rounds: 3 };
    probe_conditional_put(store, &place).await
}

fn bucket() -> BucketName {
    "acme-assets".parse().unwrap()
}

async fn store(conditions: MemoryConditions, versioning: &[Versioning]) -> MemoryStore {
    let store = MemoryStore::default().with_conditions(conditions);
    store.create_bucket(&bucket()).await.unwrap();
    for state in versioning {
        store.set_versioning(&bucket(), *state).await.unwrap();
    }
    store
}

#[tokio::test]
async fn what_writers_can_rely_on_is_told_and_nothing_stays() {
    let held = ConditionalPuts::Held;
    let raced = ConditionalPuts::Raced(5);
    let (ignores, races) =
        (MemoryConditions::IgnoredWithVersions, MemoryConditions::RacingWithVersions(5));
    let (on, off) = (Versioning::Enabled, Versioning::Suspended);
    for (conditions, versioning, expected) in [
        (MemoryConditions::Obeyed, vec![], held),
        (MemoryConditions::Obeyed, vec![on], held),
        (ignores, vec![], held),
        (ignores, vec![on], ConditionalPuts::Ignored),
        (ignores, vec![on, off], held),
        (races, vec![], held),
        (races, vec![on], raced),
    ] {
        let store = store(conditions, &versioning).await;

        let told = probe(&store).await.unwrap();

        assert_eq!(told, expected, "{conditions:?} {versioning:?}");
        assert_eq!(store.version_count(), 0, "{conditions:?} {versioning:?}");
    }
}

#[tokio::test]
async fn a_service_that_fails_on_the_way_is_no_answer() {
    let versioned = [Versioning::Enabled];
    let mut faults = 0;
    for number in 1.. {
        let store = store(MemoryConditions::Obeyed, &versioned).await;
        store.fail_call(number, Fault::new(FaultKind::Unreachable, "gone"));

        let told = probe(&store).await;

        if store.is_failure_ahead() {
            assert!(told.is_ok());
            break;
        }
        faults += 1;
        assert_eq!(told.unwrap_err().kind, FaultKind::Unreachable, "call {number}");
    }
    assert!(faults > 30, "{faults}");
    let absent = probe(&MemoryStore::default()).await;
    assert_eq!(absent.unwrap_err().kind, FaultKind::Absent);
}
