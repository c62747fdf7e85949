//! What the looks for a diagnosis bring, by ports in memory.

#![cfg(test)]

mod conditions;

use datalake_core::doctor::{
    HeadAnswer, KeyEvidence, Look, MoneyEvidence, NetworkEvidence, Proxy, StoreEvidence, Tagging,
    TrialEvidence,
};
use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_core::s3::{BucketName, Endpoint, Lifecycle, Versioning};
use datalake_core::usage::Usage;
use datalake_engine::memory::{MemoryHost, MemoryNetwork, MemoryStore};
use datalake_engine::{
    AnyKey, Attributes, BucketQuestion, LocationAddress, NewObject, ObjectStore, Objects, Payload,
    Precondition, TrialPlace, Uploads, look_at_bucket, look_at_costs, look_at_key, look_at_network,
    try_out,
};

const OWN: &str = "https://fsn1.your-objectstorage.com";

fn endpoint(text: &str) -> Endpoint {
    text.parse().unwrap()
}

fn bucket(name: &str) -> BucketName {
    name.parse().unwrap()
}

async fn network(change: impl FnOnce(&mut MemoryNetwork)) -> NetworkEvidence {
    let names = ["fsn1.your-objectstorage.com", "hel1.your-objectstorage.com"];
    let hosts = names.map(|name| (name.to_owned(), MemoryHost::default())).into();
    let mut network = MemoryNetwork { proxy: None, hosts };
    change(&mut network);
    let location = |name: &str, is_own| LocationAddress {
        name: name.to_owned(),
        endpoint: endpoint(&format!("https://{name}.your-objectstorage.com")),
        is_own,
        usual: None,
    };
    let locations = [location("fsn1", true), location("hel1", false)];
    look_at_network(&endpoint(OWN), &locations, &network).await
}

fn failures(seen: &NetworkEvidence) -> Vec<u32> {
    let Look::Saw(all) = &seen.locations else { panic!() };
    all.iter().map(|trial| trial.failures).collect()
}

#[tokio::test]
async fn each_step_is_taken_only_where_the_one_before_went_well() {
    let seen = network(|_| ()).await;
    assert!(matches!(seen.greeting, Look::Saw(_)), "{seen:?}");
    assert_eq!(failures(&seen), [0, 0]);

    let seen = network(|it| drop(it.hosts.remove("fsn1.your-objectstorage.com"))).await;
    assert_eq!(seen.addresses, Look::Saw(vec![]));
    assert!(matches!(seen.connection, Look::Unknown(_)));
    assert_eq!(failures(&seen), [3, 0]);

    let seen = network(|it| it.hosts.values_mut().for_each(|host| host.is_open = false)).await;
    assert!(matches!((&seen.connection, &seen.tls), (Look::Unknown(_), Look::Unknown(_))));
    assert_eq!(failures(&seen), [3, 3]);
}

#[tokio::test]
async fn behind_a_proxy_names_and_connections_are_not_this_machines() {
    let address = "http://192.0.2.9:3128".to_owned();
    let seen = network(|it| it.proxy = Some(Proxy { address, is_usable: true })).await;
    assert!(matches!((&seen.addresses, &seen.greeting), (Look::NotHere(_), Look::Saw(_))));

    let address = "socks5://192.0.2.9:1080".to_owned();
    let seen = network(|it| it.proxy = Some(Proxy { address, is_usable: false })).await;
    assert!(matches!(seen.greeting, Look::Unknown(_)));
}

async fn store() -> MemoryStore {
    let store = MemoryStore::default();
    store.create_bucket(&bucket("acme-assets")).await.unwrap();
    store
}

async fn put(store: &MemoryStore, key: &str) {
    let (bucket, key) = (bucket("acme-assets"), AnyKey::try_from(key).unwrap());
    let (payload, attributes) = (Payload::of("x"), &Attributes::NONE);
    let when = &Precondition::None;
    let object = NewObject { bucket: &bucket, key: &key, payload: &payload, attributes, when };
    store.put(&object).await.unwrap();
}

async fn tried(store: &MemoryStore) -> (TrialEvidence, StoreEvidence) {
    let mut seen = StoreEvidence::default();
    let prefix = "assets".parse().unwrap();
    let bucket = bucket("acme-assets");
    let place = TrialPlace { bucket: &bucket, prefix: &prefix, random: 7 };
    let trials = try_out(&place, store, store, &mut seen).await;
    (trials, seen)
}

#[tokio::test]
async fn a_bucket_that_was_tried_out_is_as_before() {
    for versioning in [Versioning::Never, Versioning::Enabled] {
        let store = store().await;
        if versioning == Versioning::Enabled {
            store.set_versioning(&bucket("acme-assets"), versioning).await.unwrap();
        }

        let (trials, seen) = tried(&store).await;

        assert!(matches!(trials.probe, Look::Saw(_)), "{trials:?}");
        assert_eq!(trials.multipart, Look::Saw(()));
        assert_eq!(trials.damage_is_refused, Look::Saw(true));
        assert_eq!(trials.tagging, Look::Saw(Tagging::NotOffered));
        assert_eq!(seen.open_to_all, Look::Saw(vec![]));
        assert_eq!(store.version_count(), 0, "{versioning:?}");
    }
}

#[tokio::test]
async fn nothing_can_be_tried_out_in_no_bucket() {
    let (trials, _) = tried(&MemoryStore::default()).await;

    let Look::Unknown(fault) = trials.probe else { panic!() };
    assert!(fault.detail.starts_with("put: "), "{fault}");
    assert!(matches!(trials.multipart, Look::Unknown(_)));
}

#[tokio::test]
async fn a_key_and_the_buckets_that_it_opens() {
    let store = store().await;
    store.create_bucket(&bucket("payroll")).await.unwrap();
    let mut seen = KeyEvidence::default();

    look_at_key(&[bucket("acme-assets")], &store, &mut seen).await;

    assert!(matches!(seen.service, Look::Saw(_)));
    assert_eq!(seen.opens, Look::Saw(vec![bucket("payroll")]));
}

#[tokio::test]
async fn a_bucket_is_asked_for_five_times() {
    let store = store().await;
    put(&store, "migrated/plain").await;
    let policy = NewPolicy { text: PolicyText::new("{}"), binds_owner: false };
    store.set_policy(&bucket("acme-assets"), Some(&policy)).await.unwrap();
    let question = |name: &str| BucketQuestion {
        bucket: bucket(name),
        prefix: "assets".parse().unwrap(),
        wants_versioning: true,
        wanted_lifecycle: Lifecycle::default(),
    };

    let seen = look_at_bucket(&question("acme-assets"), &store, &store).await;
    assert_eq!(seen.heads, Look::Saw(vec![HeadAnswer::Here; 5]));
    assert_eq!((seen.versioning, seen.migrated), (Look::Saw(Versioning::Never), Look::Saw(1)));
    assert!(matches!(seen.policy, Look::Saw(Some(policy)) if !policy.is_readable));

    let seen = look_at_bucket(&question("nowhere"), &store, &store).await;
    assert_eq!(seen.heads, Look::Saw(vec![HeadAnswer::Absent; 5]));
    assert!(matches!(seen.versioning, Look::Unknown(_)));
}

#[tokio::test]
async fn what_lies_in_a_bucket_is_counted() {
    let store = store().await;
    store.set_versioning(&bucket("acme-assets"), Versioning::Enabled).await.unwrap();
    put(&store, "a").await;
    put(&store, "a").await;
    let key = AnyKey::try_from("b").unwrap();
    store.begin_upload(&bucket("acme-assets"), &key, &Attributes::NONE).await.unwrap();
    let mut seen = MoneyEvidence::default();

    look_at_costs(&bucket("acme-assets"), &store, &mut seen).await;

    let Look::Saw(Usage { current, noncurrent, .. }) = seen.usage else { panic!() };
    assert_eq!((current.count, noncurrent.count), (1, 1));
    assert!(matches!(seen.uploads, Look::Saw(uploads) if uploads.len() == 1));
}
