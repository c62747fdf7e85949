//! Whole transfers between a folder of this machine and a bucket in memory.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use datalake_engine::memory::MemoryStore;
use datalake_engine::transfer::{
    BucketFolder, Deletion, Options, Route, Summary, TransferPorts, Unwatched, sync,
};
use datalake_engine::{NoCheckpoints, ObjectStore as _};
use datalake_host::{HostTree, Links, StateDir, SystemClock};
use tempfile::TempDir;

struct Bed {
    state: StateDir,
    store: MemoryStore,
    _folder: TempDir,
}

impl Bed {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let state = StateDir::open(folder.path(), Arc::new(NoCheckpoints)).unwrap();
        let store = MemoryStore::default();
        store.create_bucket(&"acme-lake".parse().unwrap()).await.unwrap();
        Self { state, store, _folder: folder }
    }

    fn folder(&self) -> BucketFolder<'_> {
        let (bucket, prefix) = ("acme-lake".parse().unwrap(), "raw/".to_owned());
        BucketFolder { objects: &self.store, uploads: &self.store, bucket, prefix }
    }

    async fn run(&self, route: &Route<'_>, manifest: &str) -> Summary {
        let ports =
            TransferPorts { clock: &SystemClock, files: &self.state, manifest, others: &[] };
        let options = Options { delete: Deletion::AtMost(10), ..Options::default() };
        sync(route, &options, &ports, &Unwatched).await.unwrap()
    }

    async fn up(&self, root: &Path) -> Summary {
        let tree = HostTree::open(root, Links::Skip).unwrap();
        self.run(&Route::Up(&tree, &self.folder()), "transfers/up").await
    }

    async fn down(&self, root: &Path) -> Summary {
        let tree = HostTree::open(root, Links::Skip).unwrap();
        self.run(&Route::Down(&self.folder(), &tree), "transfers/down").await
    }
}

fn same(one: &Path, other: &Path) {
    let done = std::process::Command::new("diff").arg("-r").args([one, other]).status().unwrap();
    assert!(done.success());
}

#[tokio::test]
async fn a_folder_goes_up_and_comes_down_again() {
    let (bed, root, back) = (Bed::new().await, TempDir::new().unwrap(), TempDir::new().unwrap());
    let names = ["a b", "x/y/z", "x!", "x\ny", "\u{e9}", "deep/1/2/3/4", "C:\\x", "%2F"];
    for name in names {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
    fs::write(root.path().join("large"), vec![7; 33 << 20]).unwrap();
    fs::write(root.path().join("empty"), "").unwrap();
    // Times that have settled, so that nothing is compared twice.
    for name in names.iter().chain(&["large", "empty"]) {
        let file = fs::File::options().write(true).open(root.path().join(name)).unwrap();
        let time = std::time::UNIX_EPOCH + std::time::Duration::new(1_700_000_000, 123_456_789);
        file.set_modified(time).unwrap();
    }

    let up = bed.up(root.path()).await;
    let down = bed.down(back.path()).await;
    same(root.path(), back.path());
    let (again_up, again_down) = (bed.up(root.path()).await, bed.down(back.path()).await);

    assert_eq!((up.new.items, up.failed.items), (10, 0));
    assert_eq!((down.new.items, down.failed.items), (10, 0));
    assert_eq!((again_up.skipped.items, again_up.moved), (10, 0));
    assert_eq!((again_down.skipped.items, again_down.moved), (10, 0));
    let times = ["large", "a b"]
        .map(|name| fs::metadata(back.path().join(name)).unwrap().modified().unwrap());
    let expected = fs::metadata(root.path().join("large")).unwrap().modified().unwrap();
    assert_eq!(times, [expected, expected]);

    fs::remove_file(root.path().join("x/y/z")).unwrap();
    fs::write(root.path().join("a b"), "other").unwrap();
    let (up, down) = (bed.up(root.path()).await, bed.down(back.path()).await);

    assert_eq!((up.replaced.items, up.deleted.items), (1, 1));
    assert_eq!((down.replaced.items, down.deleted.items), (1, 1));
    fs::remove_dir_all(root.path().join("x")).unwrap();
    fs::remove_dir_all(back.path().join("x")).unwrap();
    same(root.path(), back.path());
}
