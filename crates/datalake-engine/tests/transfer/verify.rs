//! What is left of what was brought, found out.

use std::collections::BTreeMap;
use std::sync::Mutex;

use datalake_core::transfer::{Filter, Subset};
use datalake_engine::memory::PausedClock;
use datalake_engine::transfer::memory::MemoryTree;
use datalake_engine::transfer::{
    Deletion, Depth, Findings, Item, Options, Route, TransferPorts, TransferWatch, Verification,
    Verified, VerifyFinding, VerifyWatch, verify,
};
use datalake_engine::{AnyKey, Objects, Uploads};

use super::flaky::{Flaky, Plan, Trouble};
use super::support::{Bed, Cut, MIB, NOON, bucket, content, dated, options};

#[derive(Default)]
struct Found(Mutex<Vec<String>>);

impl TransferWatch for Found {
    fn item(&self, _: &Item<'_>) {}
}

impl VerifyWatch for Found {
    fn found(&self, name: &str, finding: &VerifyFinding) {
        if *finding != VerifyFinding::Right {
            self.0.lock().unwrap().push(format!("{name}: {finding:?}"));
        }
    }
}

async fn verified(bed: &Bed, deep: bool, subset: Subset) -> (Findings, Vec<String>) {
    let (clock, found) = (PausedClock::new(), Found::default());
    let ports =
        TransferPorts { clock: &clock, files: &bed.files, manifest: "transfers/a", others: &[] };
    let depth = if deep { Depth::Content } else { Depth::Listed };
    let filter = Filter::default();
    let how = Verification { depth, subset, filter, limits: options().limits };
    let folder = bed.folder(&bed.store);
    let findings = verify(&Verified::Bucket(&folder), &how, &ports, &found).await.unwrap();
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

/// What is found of both sides.
async fn compared(bed: &Bed, depth: Depth) -> (Findings, Vec<String>) {
    compared_through(bed, &bed.store, depth).await
}

async fn compared_through<S: Objects + Uploads>(
    bed: &Bed,
    store: &S,
    depth: Depth,
) -> (Findings, Vec<String>) {
    let (clock, found) = (PausedClock::new(), Found::default());
    let ports =
        TransferPorts { clock: &clock, files: &bed.files, manifest: "transfers/a", others: &[] };
    let (subset, filter) = (Subset::ALL, Filter::default());
    let how = Verification { depth, subset, filter, limits: options().limits };
    let folder = bed.folder(store);
    let route = Route::Up(&bed.tree, &folder);
    let findings = verify(&Verified::Pair(&route), &how, &ports, &found).await.unwrap();
    let mut notes = found.0.into_inner().unwrap();
    notes.sort();
    (findings, notes)
}

#[tokio::test(start_paused = true)]
async fn both_sides_are_compared_with_each_other_and_with_what_was_sent() {
    for depth in [Depth::Listed, Depth::Content] {
        let bed = Bed::new().await;
        for name in ["edited", "gone", "lost", "replaced", "right", "touched"] {
            bed.tree.file(name, name.to_owned(), NOON - 10);
        }
        bed.tree.file("large", content(11 * MIB, 1), NOON - 10);
        bed.up(&options()).await.unwrap();
        assert_eq!(compared(&bed, depth).await.0.right.items, 7);

        // As long as before, and older: as a restored file is.
        bed.tree.file("edited", "EDITED", NOON - 99);
        bed.tree.file("touched", "touched", NOON);
        bed.tree.take("gone");
        bed.tree.file("never", "never sent", NOON - 10);
        bed.put("raw/replaced", "REPLACED").await;
        bed.put("raw/foreign", "x").await;
        let lost = AnyKey::try_from("raw/lost").unwrap();
        bed.store.delete(&bucket(), &lost, None).await.unwrap();
        let (findings, notes) = compared(&bed, depth).await;

        let expected = ["edited: Edited", "lost: Missing", "never: Unsent", "replaced: Changed"];
        assert_eq!(notes, expected, "{depth:?}");
        assert_eq!((findings.right.items, findings.foreign, findings.known), (4, 1, 7));
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_not_what_its_tag_says_is_damaged_whatever_is_known() {
    let bed = Bed::new().await;
    bed.tree.file("a", "one", NOON - 10);
    bed.put("raw/a", "one").await;
    let rotten = Flaky::new(&bed.store, Plan { rots: true, ..Plan::default() });

    assert_eq!(compared_through(&bed, &rotten, Depth::Listed).await.1, [""; 0]);
    assert_eq!(compared_through(&bed, &rotten, Depth::Content).await.1, ["a: Damaged"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_only_assumed_is_told_and_known_once_it_was_read() {
    let bed = Bed::new().await;
    bed.tree.file("a", content(42 * MIB, 1), NOON - 10);
    // Cut as no tool does it, so that the tag tells nothing.
    let cut = Cut { content: &content(42 * MIB, 1), part: 6 * MIB };
    bed.put_in_parts_with("raw/a", cut, &dated(NOON - 10)).await;
    let up = bed.up(&options()).await.unwrap();
    assert_eq!((up.skipped.items, up.assumed.items, up.moved), (1, 1, 0));

    assert_eq!(compared(&bed, Depth::Listed).await.1, ["a: Assumed"]);
    assert_eq!(bed.up(&options()).await.unwrap().assumed.items, 1);
    assert_eq!(compared(&bed, Depth::Doubtful).await.1, [""; 0]);
    assert_eq!(compared(&bed, Depth::Listed).await.0.right.items, 1);

    // Of the same size and time, and another content.
    let bed = Bed::new().await;
    bed.tree.file("a", content(42 * MIB, 2), NOON - 10);
    let cut = Cut { content: &content(42 * MIB, 1), part: 6 * MIB };
    bed.put_in_parts_with("raw/a", cut, &dated(NOON - 10)).await;
    bed.up(&options()).await.unwrap();
    assert_eq!(compared(&bed, Depth::Listed).await.1, ["a: Assumed"]);
    assert_eq!(compared(&bed, Depth::Content).await.1, ["a: Damaged"]);
}

#[tokio::test(start_paused = true)]
async fn what_others_put_in_the_place_of_a_file_that_is_gone_counts_until_the_next_run() {
    for deletion in [Deletion::Off, Deletion::AtMost(9)] {
        let bed = Bed::new().await;
        for name in ["gone", "same", "stays"] {
            bed.tree.file(name, name.to_owned(), NOON - 10);
        }
        bed.up(&options()).await.unwrap();
        bed.tree.take("gone");
        bed.tree.take("same");
        bed.put("raw/gone", "of someone else").await;

        let before = compared(&bed, Depth::Listed).await;
        let options = Options { delete: deletion, ..options() };
        bed.up(&Options { dry_run: true, ..options.clone() }).await.unwrap();
        let pretended = compared(&bed, Depth::Listed).await;
        let up = bed.up(&options).await.unwrap();
        let (after, notes) = compared(&bed, Depth::Listed).await;

        assert_eq!((before.1, before.0.foreign), (vec!["gone: Changed".to_owned()], 0));
        assert_eq!(pretended.1, ["gone: Changed"]);
        // With deletion on, the object is not there any more.
        let stays = u64::from(deletion == Deletion::Off);
        assert_eq!((notes, up.odd, after.foreign), (Vec::<String>::new(), stays, stays));
    }
}

#[tokio::test(start_paused = true)]
async fn an_edited_file_whose_object_is_gone_keeps_its_record() {
    let bed = Bed::new().await;
    bed.put("raw/edited", "one").await;
    bed.put("raw/stays", "one").await;
    let back = MemoryTree::default();
    bed.down_through(&bed.store, &back, &options()).await.unwrap();
    back.file("edited", "mine", NOON - 5);
    bed.remove("raw/edited").await;

    bed.down_through(&bed.store, &back, &options()).await.unwrap();
    let delete = Options { delete: Deletion::AtMost(9), ..options() };
    let kept = bed.down_through(&bed.store, &back, &delete).await.unwrap();

    assert_eq!(kept.failed.items, 1);
    assert_eq!(back.files()["edited"], "mine");
}
