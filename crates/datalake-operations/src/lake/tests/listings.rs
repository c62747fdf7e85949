//! Keys listed, as a tree, and counted.

use datalake_core::s3::KeyPattern;
use datalake_engine::{CountedFolder, Scope};

use crate::lake::test_service::TestService;
use crate::lake::{
    ListedFolder, ListedObject, ListedVersion, ListingReach, ListingReporter, ListingTotals,
    ObjectListing, ObjectTree, TreeFolder, TreeObject, TreeReporter, TreeTotals, measure_usage,
};
use crate::{ErrorKind, OperationError};

/// Keeps what it is told.
#[derive(Default)]
struct Told(Vec<String>);

impl ListingReporter for Told {
    fn object(&mut self, object: &ListedObject<'_>) {
        self.0.push(object.key.to_owned());
    }

    fn folder(&mut self, folder: &ListedFolder<'_>) {
        self.0.push(folder.prefix.to_owned());
    }

    fn version(&mut self, version: &ListedVersion<'_>) {
        let state = if version.facts.marker { "marker" } else { "content" };
        self.0.push(format!("{} {state} {}", version.key, version.facts.latest));
    }
}

impl TreeReporter for Told {
    fn folder(&mut self, name: &str, folder: &TreeFolder<'_>) {
        self.0.push(format!("{}{name}", " ".repeat(folder.depth)));
    }

    fn object(&mut self, name: &str, object: &TreeObject<'_>) {
        self.0.push(format!("{}{name}", " ".repeat(object.depth)));
    }
}

async fn start_listing_service() -> TestService {
    TestService::with_keys(&["a", "raw/", "raw/1.csv", "raw/2.txt", "raw/deep/3.csv"]).await
}

const FOLDER: ListingReach = ListingReach { recursive: false, versions: false };
const ALL: ListingReach = ListingReach { recursive: true, versions: false };

async fn list_keys(
    service: &TestService,
    named: &str,
    reach: ListingReach,
) -> Result<(Vec<String>, ListingTotals), OperationError> {
    let pattern = KeyPattern::new(named).unwrap();
    let (bucket, mut told) = (&service.bucket, Told::default());
    let listing = ObjectListing { bucket, pattern: &pattern, named, reach };
    let totals = listing.list(&service.store, &mut told).await?;
    Ok((told.0, totals))
}

#[tokio::test]
async fn a_listing_stays_in_its_folder_unless_the_pattern_or_the_reach_goes_deeper() {
    let service = start_listing_service().await;
    let table: [(&str, ListingReach, &[&str]); 6] = [
        ("", FOLDER, &["a", "raw/"]),
        ("raw/", FOLDER, &["raw/", "raw/1.csv", "raw/2.txt", "raw/deep/"]),
        ("raw/*.csv", FOLDER, &["raw/1.csv"]),
        ("raw/**.csv", FOLDER, &["raw/1.csv", "raw/deep/3.csv"]),
        ("raw/d", ALL, &["raw/deep/3.csv"]),
        ("raw/d*", FOLDER, &["raw/deep/"]),
    ];
    for (named, reach, expected) in table {
        let (told, totals) = list_keys(&service, named, reach).await.unwrap();
        assert_eq!(told, expected, "{named}");
        assert_eq!(totals.objects + totals.folders, expected.len() as u64, "{named}");
    }
}

#[tokio::test]
async fn versions_and_markers_are_listed_the_newest_first() {
    let service = TestService::with_keys(&[]).await.keeping_versions().await;
    service.put("a", "1").await;
    service.put("a", "2").await;
    service.delete("a").await;

    let reach = ListingReach { recursive: false, versions: true };
    let (told, totals) = list_keys(&service, "", reach).await.unwrap();

    assert_eq!(told, ["a marker true", "a content false", "a content false"]);
    assert_eq!(totals, ListingTotals { versions: 3, ..ListingTotals::default() });
}

#[tokio::test]
async fn nothing_where_something_was_named_is_an_error_and_an_empty_bucket_is_none() {
    let service = start_listing_service().await;
    for (named, message) in [
        ("none", "bucket `acme-lake`: no key begins with `none`"),
        ("none*", "bucket `acme-lake`: no key fits `none*`"),
    ] {
        let error = list_keys(&service, named, FOLDER).await.unwrap_err();
        assert_eq!((error.kind, error.messages), (ErrorKind::Absent, vec![message.to_owned()]));
    }
    let empty = TestService::with_keys(&[]).await;
    assert_eq!(list_keys(&empty, "", FOLDER).await, Ok((vec![], ListingTotals::default())));
}

#[tokio::test]
async fn a_tree_tells_each_folder_once_before_what_lies_in_it() {
    let service = start_listing_service().await;
    let tree = async |prefix, depth| {
        let (bucket, mut told) = (&service.bucket, Told::default());
        let tree = ObjectTree { bucket, prefix, depth };
        tree.list(&service.store, &mut told).await.map(|totals| (told.0, totals))
    };

    let whole = ["a", "raw/", " .", " 1.csv", " 2.txt", " deep/", "  3.csv"].map(str::to_owned);
    let totals = TreeTotals { folders: 2, objects: 5 };
    assert_eq!(tree("", None).await, Ok((whole.to_vec(), totals)));
    assert_eq!(tree("", Some(9)).await, Ok((whole.to_vec(), totals)));
    assert_eq!(tree("", Some(1)).await.unwrap().0, ["a", "raw/"]);
    assert_eq!(tree("raw/deep/", None).await.unwrap().0, ["3.csv"]);
    assert_eq!(tree("none/", None).await.unwrap_err().kind, ErrorKind::Absent);
    assert_eq!(tree("raw/*", None).await.unwrap_err().kind, ErrorKind::Usage);
}

#[tokio::test]
async fn what_lies_below_a_prefix_is_counted_and_nothing_is_an_error() {
    let service = start_listing_service().await;
    let measure = async |prefix| {
        let mut folders = Vec::new();
        let scope = Scope { bucket: &service.bucket, prefix, depth: 1 };
        let mut told = |counted: CountedFolder<'_>| {
            if let CountedFolder::Folder(folder, usage) = counted {
                folders.push((folder.to_owned(), usage.current.count));
            }
        };
        let all = measure_usage(&service.store, &scope, &mut told).await;
        all.map(|all| (folders, all.current.count))
    };

    assert_eq!(measure("").await, Ok((vec![("raw/".to_owned(), 4)], 5)));
    assert_eq!(measure("none").await.unwrap_err().kind, ErrorKind::Absent);
    assert_eq!(measure("raw/*").await.unwrap_err().kind, ErrorKind::Usage);
}
