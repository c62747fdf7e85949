//! Runs over a service that fails, lies and forgets.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::transfer::{FileFacts, TreePath};
use datalake_engine::transfer::memory::MemoryTree;
use datalake_engine::transfer::{
    Deletion, Hashing, Landing, LocalTree, Mark, NewTreeFile, OpenFile, Options, ReadFile, Route,
    StopCause, TransferLimits, TreeWalk, Unwatched,
};

use super::flaky::{Flaky, Plan, Trouble};
use super::support::{Bed, MIB, NOON, Notes, content, counts, options};

fn five_percent_each() -> BTreeMap<Trouble, u64> {
    let troubles = [
        Trouble::Broken,
        Trouble::SlowDown,
        Trouble::Reset,
        Trouble::Timeout,
        Trouble::CutBody,
        Trouble::WrongTag,
    ];
    troubles.into_iter().map(|trouble| (trouble, 5)).collect()
}

#[tokio::test(start_paused = true)]
async fn with_faults_of_all_kinds_it_ends_equal() {
    for seed in 0..20 {
        let bed = Bed::new().await;
        for number in 0..200 {
            bed.tree.file(&format!("{}/{number}", number % 9), content(number, 7), NOON - 1);
        }
        bed.tree.file("large", content(11 * MIB, seed), NOON - 1);
        let plan = Plan { seed, percent: five_percent_each(), ..Plan::default() };

        let store = Flaky::new(&bed.store, plan.clone());
        let notes = Notes::default();
        let folder = bed.folder(&store);
        let up = bed.run(&Route::Up(&bed.tree, &folder), &options(), &notes).await.unwrap();
        let failed: Vec<_> =
            notes.sorted().into_iter().filter(|note| note.starts_with('!')).collect();
        assert_eq!(counts(&up), [(Mark::New, 201)], "seed {seed}: {failed:?}");
        assert_eq!(bed.objects().await, bed.tree.files(), "seed {seed}");
        assert_eq!(bed.open_uploads().await, 0, "seed {seed}");
        // A quarter of all calls fails, and 5 % of all writes are sent again for their tags.
        let ideal = 201 + 3 + 1 + 2;
        assert!(store.calls() <= ideal * 155 / 100, "seed {seed}: {} calls", store.calls());

        let back = MemoryTree::default();
        let store = Flaky::new(&bed.store, plan);
        let notes = Notes::default();
        let folder = bed.folder(&store);
        let down = bed.run(&Route::Down(&folder, &back), &options(), &notes).await.unwrap();
        let failed: Vec<_> =
            notes.sorted().into_iter().filter(|note| note.starts_with('!')).collect();
        assert_eq!(counts(&down), [(Mark::New, 201)], "seed {seed}: {failed:?}");
        assert_eq!(back.files(), bed.tree.files(), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_tag_is_a_failure_and_never_unchanged() {
    let bed = Bed::new().await;
    bed.tree.file("a", "one", NOON - 1);
    let percent = BTreeMap::from([(Trouble::WrongTag, 100)]);
    let liar = Flaky::new(&bed.store, Plan { percent, ..Plan::default() });

    let first = bed.up_through(&liar, &options()).await.unwrap();
    let second = bed.up_through(&liar, &options()).await.unwrap();

    assert_eq!(counts(&first), [(Mark::Failed, 1)]);
    // The object is there, as new as it can be, and of the same size.
    assert_eq!(bed.objects().await, bed.tree.files());
    assert_eq!(counts(&second), [(Mark::Failed, 1)]);
    let honest = bed.up(&options()).await.unwrap();
    assert_eq!(counts(&honest), [(Mark::Replaced, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_gone_stops_the_run() {
    let bed = Bed::new().await;
    for number in 0..5000 {
        bed.tree.file(&number.to_string(), "x", NOON);
    }
    let percent = BTreeMap::from([(Trouble::Reset, 100)]);
    let store = Flaky::new(&bed.store, Plan { percent, ..Plan::default() });

    let stopped = bed.up_through(&store, &options()).await.unwrap_err();

    assert!(matches!(stopped.cause, StopCause::Listing(_)), "{stopped}");
    assert!(store.calls() <= 12, "{}", store.calls());
}

#[tokio::test(start_paused = true)]
async fn retries_keep_within_their_budget() {
    let bed = Bed::new().await;
    for number in 0..200 {
        bed.tree.file(&number.to_string(), "x", NOON);
    }
    let percent = BTreeMap::from([(Trouble::Broken, 60)]);
    let store = Flaky::new(&bed.store, Plan { seed: 3, percent, ..Plan::default() });
    let limits = TransferLimits { retries: 20, ..options().limits };

    let summary = match bed.up_through(&store, &Options { limits, ..options() }).await {
        Ok(summary) => summary,
        Err(stopped) => *stopped.summary,
    };

    let went_well = summary.requests - summary.retries;
    assert!(summary.retries <= 20 + went_well / 2 + 1, "{summary:?}");
    assert!(summary.failed.items > 0, "{summary:?}");
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_is_denied_is_not_an_empty_one() {
    for kind in [FaultKind::Denied, FaultKind::Unreadable, FaultKind::Absent] {
        let bed = Bed::new().await;
        bed.tree.file("a", "one", NOON - 1);
        let back = MemoryTree::default();
        back.file("b", "two", NOON);
        let store = Flaky::new(&bed.store, Plan { no_list: Some(kind), ..Plan::default() });
        let deleting = Options { delete: Deletion::AtMost(100), ..options() };

        let objects = bed.folder(&store);
        let up = bed.run(&Route::Up(&bed.tree, &objects), &deleting, &Unwatched).await;
        let down = bed.run(&Route::Down(&objects, &back), &deleting, &Unwatched).await;

        for stopped in [up.unwrap_err(), down.unwrap_err()] {
            assert!(matches!(&stopped.cause, StopCause::Listing(fault) if fault.kind == kind));
        }
        assert!(bed.objects().await.is_empty());
        assert_eq!(back.files().len(), 1);
    }
}

/// A tree whose files are changed just when they are read.
struct Restless<'a> {
    tree: &'a MemoryTree,
    change: fn(&MemoryTree, &str),
}

#[async_trait]
impl LocalTree for Restless<'_> {
    fn walk(&self) -> Box<dyn TreeWalk> {
        self.tree.walk()
    }

    async fn read_whole(
        &self,
        path: &TreePath,
        facts: &FileFacts,
        hashing: Hashing,
    ) -> Result<ReadFile, Fault> {
        (self.change)(self.tree, path.as_str());
        self.tree.read_whole(path, facts, hashing).await
    }

    async fn open(&self, path: &TreePath, facts: &FileFacts) -> Result<Box<dyn OpenFile>, Fault> {
        let file = self.tree.open(path, facts).await?;
        file.read(0..5, Hashing::Sha256).await?;
        (self.change)(self.tree, path.as_str());
        Ok(file)
    }

    async fn write_whole(
        &self,
        path: &TreePath,
        content: Vec<Bytes>,
        landing: &Landing,
    ) -> Result<FileFacts, Fault> {
        self.tree.write_whole(path, content, landing).await
    }

    async fn create(&self, path: &TreePath) -> Result<Box<dyn NewTreeFile>, Fault> {
        self.tree.create(path).await
    }

    async fn remove(&self, path: &TreePath, facts: &FileFacts) -> Result<(), Fault> {
        self.tree.remove(path, facts).await
    }

    async fn sweep(&self, name: &str) -> Result<(), Fault> {
        self.tree.sweep(name).await
    }

    async fn flush(&self) -> Result<(), Fault> {
        self.tree.flush().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_changes_while_it_is_read_is_never_a_success() {
    let changes: [fn(&MemoryTree, &str); 3] = [
        |tree, path| drop(tree.take(path)),
        |tree, path| tree.file(path, "shorter", NOON),
        |tree, path| tree.file(path, content(11 * MIB, 9), NOON + 1),
    ];
    for change in changes {
        let bed = Bed::new().await;
        bed.tree.file("small", content(100, 1), NOON - 1);
        bed.tree.file("large", content(11 * MIB, 1), NOON - 1);
        let tree = Restless { tree: &bed.tree, change };
        let folder = bed.folder(&bed.store);

        let up = bed.run(&Route::Up(&tree, &folder), &options(), &Unwatched).await.unwrap();

        assert_eq!(counts(&up), [(Mark::Failed, 2)]);
        assert!(bed.objects().await.is_empty());
        assert_eq!(bed.open_uploads().await, 0);
    }
}
