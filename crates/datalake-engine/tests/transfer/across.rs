//! From bucket to bucket.

use datalake_engine::Attributes;
use datalake_engine::transfer::{BucketFolder, Mark, Options, Route, Unwatched};

use super::flaky::{Flaky, Plan};
use super::support::{Bed, MIB, NOON, bucket, content, counts, options, other_bucket};

#[tokio::test(start_paused = true)]
async fn objects_are_copied_inside_the_service() {
    let bed = Bed::new().await;
    bed.tree.file("a", "one", NOON);
    bed.tree.file("large", content(11 * MIB, 1), NOON);
    bed.up(&options()).await.unwrap();
    let store = Flaky::new(&bed.store, Plan::default());
    let from = bed.folder(&store);
    let to = BucketFolder { bucket: other_bucket(), ..bed.folder(&store) };
    let route = Route::Across(&from, &to);
    bed.files.damage("transfers/a.manifest", Vec::clear);
    let files = bed.files.clone();
    datalake_engine::transfer::LongFiles::remove(&files, "transfers/a.manifest").unwrap();

    let first = bed.run(&route, &options(), &Unwatched).await.unwrap();
    let second = bed.run(&route, &options(), &Unwatched).await.unwrap();

    assert_eq!(counts(&first), [(Mark::New, 2)]);
    assert_eq!(counts(&second), [(Mark::Skipped, 2)]);
    assert_eq!(store.sent(), 0);
    assert_eq!(bed.objects_in(&other_bucket()).await, bed.objects_in(&bucket()).await);
}

#[tokio::test(start_paused = true)]
async fn where_the_service_will_not_copy_the_content_goes_through_here() {
    let bed = Bed::new().await;
    bed.put("raw/a", "one").await;
    bed.put("raw/large", content(11 * MIB, 1)).await;
    let store = Flaky::new(&bed.store, Plan { no_copy: true, ..Plan::default() });
    let from = bed.folder(&store);
    let to = BucketFolder { bucket: other_bucket(), ..bed.folder(&store) };

    let run = bed.run(&Route::Across(&from, &to), &options(), &Unwatched).await.unwrap();

    assert_eq!(counts(&run), [(Mark::New, 2)]);
    assert_eq!(store.sent(), 11 * MIB as u64 + 3);
    assert_eq!(bed.objects_in(&other_bucket()).await, bed.objects_in(&bucket()).await);
}

#[tokio::test(start_paused = true)]
async fn what_an_object_carries_goes_along() {
    for no_copy in [false, true] {
        let bed = Bed::new().await;
        let cache_control = Some("no-store".to_owned());
        let user = [("team".to_owned(), "money".to_owned())].into();
        let attributes = Attributes { cache_control, user, ..Attributes::NONE };
        bed.tree.file("a.csv", "one", NOON);
        bed.tree.file("large.csv", content(11 * MIB, 1), NOON);
        bed.up(&Options { attributes, ..options() }).await.unwrap();
        let store = Flaky::new(&bed.store, Plan { no_copy, ..Plan::default() });
        let from = bed.folder(&store);
        let to = BucketFolder { prefix: "other/".to_owned(), ..bed.folder(&store) };

        bed.run(&Route::Across(&from, &to), &options(), &Unwatched).await.unwrap();

        for name in ["a.csv", "large.csv"] {
            let (old, new) = (
                bed.carried(&format!("raw/{name}")).await,
                bed.carried(&format!("other/{name}")).await,
            );
            assert_eq!(old.content_type.as_deref(), Some("text/csv"));
            assert_eq!(old.user["team"], "money");
            assert_eq!(new, old, "{name}, relayed: {no_copy}");
        }
    }
}
