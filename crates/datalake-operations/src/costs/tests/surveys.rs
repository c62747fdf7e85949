//! What a bucket holds, and what would change.

use datalake_core::s3::{Expire, KeyPrefix, Lifecycle, ObjectKey, Versioning};
use datalake_core::time::Days;
use datalake_engine::ObjectStore;
use datalake_engine::memory::MemoryStore;

use super::*;

async fn lake(keys: &[(&str, usize)]) -> MemoryStore {
    let store = MemoryStore::default();
    store.set_now(at("2026-11-01T00:00:00Z"));
    store.create_bucket(&bucket()).await.unwrap();
    for (key, size) in keys {
        let key: ObjectKey = key.parse().unwrap();
        store.put_object(&bucket(), &key, vec![0; *size]).await.unwrap();
    }
    store
}

#[tokio::test]
async fn holdings_are_told_by_folder_asset_and_partition() {
    let store = lake(&[
        ("assets/a", 1),
        ("assets/b/2026-11-01", 2),
        ("assets/b/2026-11-02", 3),
        ("assets/storage/run/step", 4),
        ("other", 5),
    ])
    .await;
    let (bucket, prefix) = (bucket(), "assets".parse::<KeyPrefix>().unwrap());
    let question = HoldingsQuestion {
        bucket: &bucket,
        prefix: "",
        assets_below: &prefix,
        partitioned: &[],
        top: 5,
        now: now(),
    };
    let mut pages = 0;

    let holdings = Holdings::survey(&store, &question, &mut |_| pages += 1).await.unwrap();

    assert_eq!((holdings.total.current.bytes, holdings.direct.current.bytes), (15, 5));
    let names = |groups: &[(String, Usage)]| -> Vec<_> {
        let mut names: Vec<_> =
            groups.iter().map(|(name, usage)| (name.clone(), usage.current.bytes)).collect();
        names.sort();
        names
    };
    let owned = |list: &[(&str, u64)]| -> Vec<_> {
        list.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect()
    };
    assert_eq!(names(&holdings.folders.groups), owned(&[("assets/", 10)]));
    let partitions = owned(&[("b/2026-11-01", 2), ("b/2026-11-02", 3)]);
    assert_eq!(names(&holdings.partitions.groups), partitions);
    assert!(names(&holdings.assets.groups).contains(&("b".to_owned(), 5)));
    assert_eq!(holdings.outside.current.bytes, 5);
    assert!(pages > 0 && holdings.due.unwrap().is_empty());
    assert_eq!((holdings.asset_tree.names, holdings.asset_tree.sum.bytes), (3, 10));
    let [assets] = &holdings.folder_tree.parts[..] else { panic!("{:?}", holdings.folder_tree) };
    assert_eq!((assets.name.as_str(), assets.sum.bytes), ("assets/", 10));
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_a_fault() {
    let (bucket, prefix) = (bucket(), KeyPrefix::default());
    let question = HoldingsQuestion {
        bucket: &bucket,
        prefix: "",
        assets_below: &prefix,
        partitioned: &[],
        top: 0,
        now: now(),
    };

    let fault = Holdings::survey(&MemoryStore::default(), &question, &mut |_| ()).await;

    assert_eq!(fault.unwrap_err().kind, FaultKind::Absent);
}

fn expire(text: &str) -> WhatIf {
    WhatIf { expire: vec![text.parse::<Expire>().unwrap()], ..WhatIf::default() }
}

async fn survey(asked: &WhatIf, store: &MemoryStore) -> WhatIfUsage {
    asked
        .survey(store, &WhatIfPlace { bucket: &bucket(), prefix: "", now: now() }, &mut |_| ())
        .await
        .unwrap()
}

#[tokio::test]
async fn what_would_have_expired_is_gone_where_there_are_no_versions() {
    let store = lake(&[("tmp/a", 10), ("keep", 5)]).await;

    let seen = survey(&expire("tmp/:7d"), &store).await;

    assert_eq!(seen.stays, ExpiredStays::NotAtAll);
    assert_eq!((seen.before.current.bytes, seen.after.current.bytes), (15, 5));
    assert_eq!(seen.expired.current.bytes, 10);
    let young = survey(&expire("tmp/:30d"), &store).await;
    assert_eq!(young.after.current.bytes, 15);
}

#[tokio::test]
async fn what_would_have_expired_lies_there_still_where_old_versions_stay() {
    let store = lake(&[("tmp/a", 10)]).await;
    store.set_versioning(&bucket(), Versioning::Enabled).await.unwrap();

    let seen = survey(&expire("tmp/:7d"), &store).await;

    assert_eq!((seen.stays, seen.after.current.bytes), (ExpiredStays::ForEver, 10));
    assert_eq!(seen.expired.current.bytes, 10);
}

#[tokio::test]
async fn contents_are_smaller_by_the_ratio_and_rounded_up() {
    let store = lake(&[("a", 10), ("b", 1)]).await;
    let asked = WhatIf { compress: Some("3".parse().unwrap()), ..WhatIf::default() };

    let seen = survey(&asked, &store).await;

    assert_eq!(seen.after.current.bytes, 4 + 1);
}

#[test]
fn the_shortest_rule_for_all_old_versions_counts() {
    assert_eq!(ExpiredStays::of(Versioning::Enabled, &Lifecycle::default()), ExpiredStays::ForEver);
    let never = ExpiredStays::of(Versioning::Never, &Lifecycle::default());
    assert_eq!(never, ExpiredStays::NotAtAll);
    assert_ne!(ExpiredStays::For(Days::new(1).unwrap()), never);
}

#[test]
fn a_question_that_asks_nothing_or_makes_contents_larger_is_refused() {
    assert_eq!(WhatIf::default().check().unwrap_err().to_string(), "nothing is asked");
    let larger = WhatIf { compress: Some("0.5".parse().unwrap()), ..WhatIf::default() };
    assert!(larger.check().unwrap_err().to_string().starts_with("contents do not get larger"));
    let more = WhatIf { egress: Some(ByteSize(1)), ..WhatIf::default() };
    more.check().unwrap();
}
