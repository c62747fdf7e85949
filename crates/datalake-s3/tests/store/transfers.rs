//! Whole transfers over the wire, with a service that fails and lies.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use datalake_engine::transfer::memory::{MemoryLongFiles, MemoryTree};
use datalake_engine::transfer::{
    BucketFolder, Options, Route, Stopwatch, Summary, TransferLimits, TransferPorts, Unwatched,
    sync,
};
use datalake_engine::{Clock, ObjectStore as _};
use datalake_s3::S3Store;
use datalake_sim::SimKey;

use crate::common::bucket;
use crate::simulator::{credentials, simulator, store};

struct RealClock(Instant);

#[async_trait]
impl Clock for RealClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(1_763_812_800).unwrap()
    }

    async fn sleep(&self, length: Duration) {
        tokio::time::sleep(length).await;
    }

    fn random(&self) -> u64 {
        u64::from(self.0.elapsed().subsec_nanos())
    }
}

impl Stopwatch for RealClock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

async fn run(route: &Route<'_>, files: &MemoryLongFiles) -> Summary {
    let clock = RealClock(Instant::now());
    let ports = TransferPorts { clock: &clock, files, manifest: "a", others: &[] };
    let limits = TransferLimits { part_size: ByteSize(5 << 20), ..TransferLimits::default() };
    let options = Options { limits, ..Options::default() };
    sync(route, &options, &ports, &Unwatched).await.unwrap()
}

fn folder(store: &S3Store) -> BucketFolder<'_> {
    let prefix = "raw/".to_owned();
    BucketFolder { objects: store, uploads: store, bucket: bucket(), prefix }
}

fn planted() -> MemoryTree {
    let tree = MemoryTree::default();
    for number in 0..300_usize {
        let content = vec![u8::try_from(number % 251).unwrap(); 40 * number];
        tree.file(&format!("{}/{number} \u{e9}+%2F", number % 7), content, 1_700_000_000);
    }
    let large: Bytes = (0..11_u32 << 18).flat_map(u32::to_le_bytes).collect::<Vec<_>>().into();
    tree.file("large", large, 1_700_000_000);
    tree
}

#[tokio::test]
async fn with_faults_on_the_wire_a_tree_goes_up_and_comes_back() {
    let plan = "seed 3, 5% 503, 5% 500, 5% reset, 5% reset-after, 5% cut-body@1000, 5% wrong-etag";
    let (_dir, sim) = simulator(|config| config.faults = plan.parse().unwrap()).await;
    let store = store(&sim, &credentials(&SimKey::sandbox()));
    while store.head_bucket(&bucket()).await.is_err() {
        let _ = store.create_bucket(&bucket()).await;
    }
    let (tree, back) = (planted(), MemoryTree::default());
    let files: BTreeMap<_, _> = tree.files();

    let up = run(&Route::Up(&tree, &folder(&store)), &MemoryLongFiles::default()).await;
    let down = run(&Route::Down(&folder(&store), &back), &MemoryLongFiles::default()).await;

    assert_eq!((up.new.items, up.failed.items), (301, 0), "{up:?}");
    assert_eq!((down.new.items, down.failed.items), (301, 0), "{down:?}");
    assert!(back.files() == files);
    assert!(up.retries > 30, "{up:?}");
}
