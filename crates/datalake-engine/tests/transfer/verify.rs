//! What is left of what was brought, found out.

use std::collections::BTreeMap;
use std::sync::Mutex;

use datalake_core::Subset;
use datalake_engine::transfer::{
    Finding, Findings, Item, TransferPorts, TransferWatch, Verification, VerifyWatch, verify,
};
use datalake_engine::{AnyKey, Objects as _};

use super::flaky::{Flaky, Plan, Trouble};
use super::support::{Bed, MIB, NOON, PausedClock, bucket, content, options};

#[derive(Default)]
struct Found(Mutex<Vec<String>>);

impl TransferWatch for Found {
    fn item(&self, _: &Item<'_>) {}
}

impl VerifyWatch for Found {
    fn found(&self, name: &str, finding: &Finding) {
        if *finding != Finding::Right {
            self.0.lock().unwrap().push(format!("{name}: {finding:?}"));
        }
    }
}

async fn verified(bed: &Bed, deep: bool, subset: Subset) -> (Findings, Vec<String>) {
    let (clock, found) = (PausedClock::new(), Found::default());
    let ports = TransferPorts { clock: &clock, files: &bed.files, manifest: "transfers/a" };
    let how = Verification { deep, subset, limits: options().limits };
    let findings = verify(&bed.folder(&bed.store), &how, &ports, &found).await.unwrap();
    let mut notes = found.0.into_inner().unwrap();
    notes.sort();
    (findings, notes)
}

#[tokio::test(start_paused = true)]
async fn what_was_acknowledged_and_lost_is_found() {
    let bed = Bed::new().await;
    for number in 0..1000 {
        bed.tree.file(&number.to_string(), content(number, 1), NOON - 1);
    }
    let percent = BTreeMap::from([(Trouble::Lost, 1)]);
    let store = Flaky::new(&bed.store, Plan { seed: 4, percent, ..Plan::default() });
    bed.up_through(&store, &options()).await.unwrap();
    let there = bed.objects().await;
    let lost: Vec<_> =
        bed.tree.files().into_keys().filter(|name| !there.contains_key(name)).collect();
    assert!(!lost.is_empty());

    let (findings, notes) = verified(&bed, false, Subset::ALL).await;

    assert_eq!(notes, lost.iter().map(|name| format!("{name}: Missing")).collect::<Vec<_>>());
    assert_eq!(findings.missing.items, lost.len() as u64);
    assert!(!findings.proved());
}

#[tokio::test(start_paused = true)]
async fn contents_are_read_again_when_asked() {
    let bed = Bed::new().await;
    bed.tree.file("a", "one", NOON - 1);
    bed.tree.file("large", content(11 * MIB, 1), NOON - 1);
    bed.up(&options()).await.unwrap();
    bed.put("raw/foreign", "x").await;

    let (right, _) = verified(&bed, true, Subset::ALL).await;
    assert!(right.proved());
    assert_eq!((right.right.items, right.foreign), (2, 1));

    bed.put("raw/a", "two").await;
    let large = AnyKey::try_from("raw/large").unwrap();
    bed.store.delete(&bucket(), &large, None).await.unwrap();
    let (_, notes) = verified(&bed, true, Subset::ALL).await;
    assert_eq!(notes, ["a: Changed", "large: Missing"]);
}

#[tokio::test(start_paused = true)]
async fn rounds_of_a_tenth_look_at_all() {
    let bed = Bed::new().await;
    for number in 0..200 {
        bed.tree.file(&number.to_string(), "x", NOON - 1);
    }
    bed.up(&options()).await.unwrap();

    let mut looked_at = 0;
    for round in 0..10 {
        let (findings, _) = verified(&bed, false, Subset::of(10, round).unwrap()).await;
        assert!(findings.looked_at() < 60);
        looked_at += findings.looked_at();
    }

    assert_eq!(looked_at, 200);
}

#[tokio::test(start_paused = true)]
async fn nothing_to_look_at_proves_nothing() {
    let bed = Bed::new().await;

    let (findings, _) = verified(&bed, true, Subset::ALL).await;

    assert!(!findings.proved());
    assert_eq!(findings.looked_at(), 0);
}
