//! Contents of unknown length.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::size::ByteSize;
use datalake_engine::memory::{MemoryStore, PausedClock};
use datalake_engine::transfer::{
    ByteStream, Mark, Options, StreamCheck, StreamEnded, StreamFault, StreamUpload, Summary,
    TagCheck, TransferLimits, Unwatched, upload_stream,
};
use datalake_engine::{
    AnyKey, Attributes, ObjectSource, ObjectStore as _, Objects as _, StoredObject,
};
use futures::{StreamExt as _, stream};

use super::flaky::{Flaky, Plan, Trouble};
use super::support::{Bed, MIB, bucket, content, counts, options};

const PART: usize = 5 * MIB;

/// Makes a stream an object `raw/a.csv`; `stop` may end it.
async fn upload(
    (bed, store): (&Bed, &Flaky<'_>),
    options: &Options,
    (content, stop): (ByteStream<'_>, impl Future<Output = ()>),
) -> Result<Summary, StreamEnded> {
    let (folder, key, clock) = (bed.folder(store), key(), PausedClock::new());
    let cache_control = Some("no-store".to_owned());
    let attributes = Attributes { cache_control, ..Attributes::NONE };
    let options = &Options { attributes, ..options.clone() };
    let upload =
        StreamUpload { folder: &folder, key: &key, options, clock: &clock, watch: &Unwatched };
    upload_stream(&upload, content, stop).await
}

/// The same to the end.
async fn whole(
    bed: &Bed,
    store: &Flaky<'_>,
    (options, content): (&Options, ByteStream<'_>),
) -> Result<Summary, StreamEnded> {
    upload((bed, store), options, (content, std::future::pending())).await
}

fn key() -> AnyKey {
    "raw/a.csv".try_into().unwrap()
}

async fn stored(bed: &Bed) -> StoredObject {
    bed.store.head(&ObjectSource::current(&bucket(), &key())).await.unwrap()
}

/// A content in buffers of an odd size.
fn stream_of(content: &Bytes) -> ByteStream<'static> {
    let buffers: Vec<_> = content.chunks(300_007).map(Bytes::copy_from_slice).map(Ok).collect();
    stream::iter(buffers).boxed()
}

fn honest(store: &MemoryStore) -> Flaky<'_> {
    Flaky::new(store, Plan::default())
}

#[tokio::test(start_paused = true)]
async fn what_ends_within_one_part_is_stored_in_one_go() {
    for (length, calls) in [(0, 2), (1, 2), (PART, 2), (PART + 1, 5), (4 * PART, 7)] {
        let bed = Bed::new().await;
        let (store, content) = (honest(&bed.store), content(length, 1));

        let up = whole(&bed, &store, (&options(), stream_of(&content))).await.unwrap();

        let object = stored(&bed).await;
        let mut check = StreamCheck::of(&object);
        check.update(&content);
        assert_eq!(counts(&up), [(Mark::New, 1)]);
        assert_eq!((up.new.bytes, up.moved), (length as u64, length as u64));
        assert_eq!(
            bed.objects().await,
            BTreeMap::from([("a.csv".to_owned(), content)]),
            "{length}"
        );
        assert_eq!(check.is_right(), Some(true), "its tag tells how it was cut");
        assert_eq!(object.attributes.content_type.as_deref(), Some("text/csv"));
        assert_eq!(object.attributes.cache_control.as_deref(), Some("no-store"));
        assert_eq!(store.calls(), calls, "{length}");
        assert_eq!(bed.open_uploads().await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn what_lies_there_is_replaced_and_said_to_be() {
    let bed = Bed::new().await;
    bed.put("raw/a.csv", "old").await;
    let content = content(2 * PART, 1);
    let dry = Options { dry_run: true, ..options() };

    let plan = whole(&bed, &honest(&bed.store), (&dry, stream_of(&content))).await.unwrap();
    assert_eq!(bed.objects().await["a.csv"], "old");
    let up = whole(&bed, &honest(&bed.store), (&options(), stream_of(&content))).await.unwrap();

    assert_eq!(counts(&plan), [(Mark::Replaced, 1)]);
    assert_eq!(counts(&up), [(Mark::Replaced, 1)]);
    assert_eq!(bed.objects().await["a.csv"], content);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_is_refused_ends_the_upload() {
    for refused in [1, 2, 5] {
        let bed = Bed::new().await;
        bed.put("raw/a.csv", "old").await;
        let store = Flaky::new(&bed.store, Plan { no_part: Some(refused), ..Plan::default() });

        let content = stream_of(&content(5 * PART, 1));
        let ended = whole(&bed, &store, (&options(), content)).await.unwrap_err();

        assert!(matches!(&ended.fault, StreamFault::Service(fault) if fault.detail == "no part"));
        assert!(!ended.leaves_parts);
        assert_eq!(bed.objects().await["a.csv"], "old");
        assert_eq!(bed.open_uploads().await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_makes_no_object() {
    for length in [0, 100, PART, PART + 100, 3 * PART] {
        let bed = Bed::new().await;
        let broken = Err(Fault::new(FaultKind::Io, "input/output error"));
        let content = stream_of(&content(length, 1)).chain(stream::iter([broken])).boxed();

        let ended = whole(&bed, &honest(&bed.store), (&options(), content)).await.unwrap_err();

        assert!(matches!(&ended.fault, StreamFault::Input(fault) if fault.kind == FaultKind::Io));
        assert!(!ended.leaves_parts);
        assert!(bed.objects().await.is_empty(), "{length}");
        assert_eq!(bed.open_uploads().await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn who_stops_it_finds_nothing_left() {
    // Each call takes ten seconds: the look, the begin, parts on their way, the completion.
    for second in [5, 15, 25, 45, 55] {
        let bed = Bed::new().await;
        let silent_for = Duration::from_secs(10);
        let store = Flaky::new(&bed.store, Plan { silent_for, ..Plan::default() });
        let stop = tokio::time::sleep(Duration::from_secs(second));

        let content = stream_of(&content(9 * PART, 1));
        let ended = upload((&bed, &store), &options(), (content, stop)).await.unwrap_err();

        assert_eq!((ended.fault, ended.leaves_parts), (StreamFault::Stopped, false), "{second}");
        assert!(bed.objects().await.is_empty(), "{second}");
        assert_eq!(bed.open_uploads().await, 0, "{second}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_parts_are_in_memory_than_was_permitted() {
    let usual = options().limits;
    let little = TransferLimits { buffers: ByteSize(2 * PART as u64 + 1), ..usual.clone() };
    let least = TransferLimits { buffers: ByteSize(1), ..usual.clone() };
    for (limits, most) in [(usual, 4), (little, 2), (least, 1)] {
        let bed = Bed::new().await;
        let silent_for = Duration::from_secs(1);
        let store = Flaky::new(&bed.store, Plan { silent_for, ..Plan::default() });
        let (drawn, content) = (AtomicU64::new(0), content(12 * PART, 1));
        let ahead = AtomicU64::new(0);
        let counted = stream_of(&content).inspect(|buffer| {
            let length = buffer.as_ref().unwrap().len() as u64;
            let drawn = drawn.fetch_add(length, Ordering::Relaxed) + length;
            ahead.fetch_max(drawn - store.sent(), Ordering::Relaxed);
        });

        whole(&bed, &store, (&Options { limits, ..options() }, counted.boxed())).await.unwrap();

        assert_eq!(store.most_parts(), most);
        // The first one waits until a further buffer says that it is not the last.
        let (ahead, permitted) = (ahead.load(Ordering::Relaxed), most * PART as u64 + 300_007);
        assert!(ahead <= permitted, "{ahead} bytes read and not yet on their way");
        assert_eq!(bed.objects().await["a.csv"], content);
    }
}

#[tokio::test(start_paused = true)]
async fn with_faults_of_all_kinds_it_ends_equal() {
    let troubles = [Trouble::Broken, Trouble::SlowDown, Trouble::Reset, Trouble::Timeout];
    for seed in 0..10 {
        let bed = Bed::new().await;
        let percent = troubles.into_iter().chain([Trouble::WrongTag]).map(|one| (one, 6)).collect();
        let store = Flaky::new(&bed.store, Plan { seed, percent, ..Plan::default() });
        let content = content(6 * PART + 7, seed);
        let options = Options { tags: TagCheck::All, ..options() };

        let up = whole(&bed, &store, (&options, stream_of(&content))).await.unwrap();

        assert_eq!(up.new.items + up.replaced.items, 1);
        assert_eq!(bed.objects().await["a.csv"], content, "seed {seed}");
        assert_eq!(bed.open_uploads().await, 0, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn whichever_answer_is_lost_there_is_one_object_and_no_upload() {
    // The look, the begin, three parts, the completion.
    for unanswered in 0..6 {
        let bed = Bed::new().await;
        let plan = Plan { unanswered: Some(unanswered), ..Plan::default() };
        let (store, content) = (Flaky::new(&bed.store, plan), content(3 * PART, 1));

        let up = whole(&bed, &store, (&options(), stream_of(&content))).await.unwrap();

        assert_eq!(up.retries, 1, "call {unanswered}");
        assert_eq!(bed.objects().await["a.csv"], content, "call {unanswered}");
        assert_eq!(bed.open_uploads().await, 0, "call {unanswered}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_tag_that_stays_wrong_is_a_failure() {
    for length in [100, 3 * PART] {
        let bed = Bed::new().await;
        let percent = BTreeMap::from([(Trouble::WrongTag, 100)]);
        let store = Flaky::new(&bed.store, Plan { percent, ..Plan::default() });
        let options = Options { tags: TagCheck::All, ..options() };

        let content = stream_of(&content(length, 1));
        let ended = whole(&bed, &store, (&options, content)).await.unwrap_err();

        assert!(matches!(ended.fault, StreamFault::WrongTag(_)), "{}", ended.fault);
        assert_eq!(bed.open_uploads().await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn no_object_has_more_parts_than_there_can_be() {
    let part_size = ByteSize(10);
    for (length, fits) in [(100_000, true), (100_001, false)] {
        let store = MemoryStore::default().taking_parts_of(ByteSize(1));
        store.create_bucket(&bucket()).await.unwrap();
        let bed = Bed { store, ..Bed::new().await };
        let limits = TransferLimits { part_size, ..options().limits };
        let options = Options { limits, ..options() };

        let content = stream_of(&content(length, 1));
        let up = whole(&bed, &honest(&bed.store), (&options, content)).await;

        match up {
            Ok(up) => assert!(fits && up.new.bytes == length as u64),
            Err(ended) => assert!(!fits && ended.fault == StreamFault::TooLong(part_size)),
        }
        assert_eq!(bed.open_uploads().await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn where_its_requests_are_used_up_nothing_is_left() {
    let bed = Bed::new().await;
    let limits = TransferLimits { requests: Some(4), ..options().limits };
    let options = Options { limits, ..options() };

    let content = stream_of(&content(5 * PART, 1));
    let ended = whole(&bed, &honest(&bed.store), (&options, content)).await.unwrap_err();

    let StreamFault::Service(fault) = &ended.fault else { panic!("{}", ended.fault) };
    assert_eq!(fault.kind, FaultKind::RequestsSpent);
    assert!(!ended.leaves_parts);
    assert_eq!(bed.open_uploads().await, 0);
}
