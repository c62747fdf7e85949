use std::collections::BTreeMap;

use super::*;
use crate::migration::LeftOutRow;
use crate::size::ByteSize;
use crate::time::Timestamp;
use crate::transfer::{Evidence, FileFacts, FileTime, ObjectFacts, SendReason};

const MD5: &str = "\"0123456789abcdef0123456789abcdef\"";
const OTHER: &str = "\"fedcba9876543210fedcba9876543210\"";

fn file(size: u64, second: i64) -> FileFacts {
    FileFacts::new(ByteSize(size), FileTime::new(second, 0).unwrap())
}

fn object(size: u64, second: i64, etag: &str) -> ObjectFacts {
    let modified = Timestamp::from_unix(second).unwrap();
    ObjectFacts { size: ByteSize(size), modified, etag: etag.parse().unwrap() }
}

fn known(file: FileFacts, object: &ObjectFacts) -> Known {
    let (here, there) = (Side::File(file), Side::Object(object.clone()));
    Known::of(&here, &there, Evidence::Compared).unwrap()
}

/// One file, what lies at its name in the bucket, what the last run left of it, and whether somebody
/// has compared the two.
struct Pair {
    here: Side,
    there: Option<ObjectFacts>,
    known: Option<Known>,
    is_there: Option<bool>,
}

impl Pair {
    fn of(here: FileFacts, there: Option<ObjectFacts>) -> Self {
        Self { here: Side::File(here), there, known: None, is_there: None }
    }

    fn compared(self, is_there: bool) -> Self {
        Self { is_there: Some(is_there), ..self }
    }

    fn known(self, known: Known) -> Self {
        Self { known: Some(known), ..self }
    }

    fn plan(self) -> MigrationItem {
        let Self { here, there, known, is_there } = self;
        let name = || "a".to_owned();
        let content = FileContent::Whole { side: here, is_there };
        let scene = PartScene {
            files: vec![MigrationFile { name: name(), content }],
            objects: there.map(|object| (name(), object)).into_iter().collect(),
            known: known.map(|known| (name(), known)).into_iter().collect(),
            ..PartScene::new(PartKind::Assets)
        };
        plan_migration(&[scene], &AssetKeys::new()).items.pop().unwrap()
    }
}

#[track_caller]
fn check(pair: Pair, expected: &MigrationReason) {
    assert_eq!(pair.plan().reason, *expected);
}

#[test]
fn a_file_of_which_the_bucket_has_nothing_is_left_to_be_moved() {
    let item = Pair::of(file(5, 100), None).plan();

    assert_eq!(item.reason, MigrationReason::Sent(SendReason::New));
    assert_eq!((item.verdict, item.bytes), (MigrationVerdict::Left, 5));
}

#[test]
fn the_same_content_is_moved_however_old_the_object_is() {
    for second in [50, 100, 150] {
        let pair = Pair::of(file(5, 100), Some(object(5, second, MD5))).compared(true);

        check(pair, &MigrationReason::Equal(SkipReason::SameContent));
    }
}

#[test]
fn another_content_replaces_an_older_object_and_never_a_newer_one() {
    let pair = |second| Pair::of(file(5, 100), Some(object(6, second, MD5))).compared(false);

    check(pair(50), &MigrationReason::Sent(SendReason::Content));
    check(pair(150), &MigrationReason::Equal(SkipReason::NewerThere));
}

#[test]
fn what_nobody_has_compared_would_be_moved_over_an_older_object() {
    let pair = |second| Pair::of(file(5, 100), Some(object(5, second, MD5)));

    check(pair(50), &MigrationReason::Sent(SendReason::Content));
    check(pair(150), &MigrationReason::Equal(SkipReason::NewerThere));
}

#[test]
fn what_the_last_run_left_is_moved_as_long_as_nobody_changes_it() {
    let there = object(5, 200, MD5);
    let left = || known(file(5, 100), &there);

    let same = Pair::of(file(5, 100), Some(there.clone())).known(left());
    check(same, &MigrationReason::Equal(SkipReason::Unchanged));
    // The object was stored after the file was changed, by the run itself.
    let changed = Pair::of(file(7, 150), Some(there.clone())).known(left());
    assert_eq!(changed.plan().verdict, MigrationVerdict::Changed);
    let anew = Pair::of(file(5, 100), Some(object(5, 300, OTHER))).known(left()).compared(false);
    check(anew, &MigrationReason::Equal(SkipReason::NewerThere));
}

#[test]
fn objects_of_another_place_are_told_apart_by_their_tags() {
    let pair = |second, etag| {
        let here = Side::Object(object(5, 100, MD5));
        Pair { here, ..Pair::of(file(0, 0), Some(object(5, second, etag))) }
    };

    check(pair(50, MD5), &MigrationReason::Equal(SkipReason::SameTag));
    check(pair(50, OTHER), &MigrationReason::Sent(SendReason::Content));
    check(pair(150, OTHER), &MigrationReason::Equal(SkipReason::NewerThere));
}

fn scene() -> PartScene {
    let refused = FileContent::Refused { bytes: 4, why: "half a pickle".to_owned() };
    let link = FileContent::NotPlain("a symbolic link".to_owned());
    let named = |name: &str, content| MigrationFile { name: name.to_owned(), content };
    PartScene {
        source: "/srv/storage".to_owned(),
        destination: "s3://lake/assets/".to_owned(),
        prefix: "assets/".to_owned(),
        files: vec![
            MigrationFile::plain("raw/by_day/02", file(2, 100)),
            named("raw/by_day/01", refused),
            named("raw/link", link),
        ],
        objects: BTreeMap::from([("old".to_owned(), object(9, 1, MD5))]),
        left_out: vec![LeftOutRow {
            kind: "parquet".to_owned(),
            name: "t".to_owned(),
            items: 2,
            bytes: 8,
            why: "no pickle".to_owned(),
            words: "Parquet files",
        }],
        ..PartScene::new(PartKind::Assets)
    }
}

fn keys() -> AssetKeys {
    ["raw/by_day", "gone"].map(|key| key.split('/').map(str::to_owned).collect()).into()
}

#[test]
fn items_come_by_name_with_their_keys() {
    let plan = plan_migration(&[scene()], &keys());

    let items: Vec<_> = plan.items.iter().map(|item| (item.key.as_str(), item.verdict)).collect();
    assert_eq!(
        items,
        [
            ("assets/raw/by_day/01", MigrationVerdict::Failed),
            ("assets/raw/by_day/02", MigrationVerdict::Left),
            ("assets/raw/link", MigrationVerdict::NoFile),
        ]
    );
}

#[test]
fn totals_count_what_goes_what_fails_and_what_only_the_bucket_has() {
    let plan = plan_migration(&[scene()], &keys());

    let [part] = plan.parts.as_slice() else { panic!("{:?}", plan.parts) };
    assert_eq!(
        (part.source.as_str(), part.destination.as_str()),
        ("/srv/storage", "s3://lake/assets/")
    );
    assert_eq!(part.failed, FileTotal { items: 1, bytes: 4 });
    assert_eq!((part.no_files, part.there_alone), (1, FileTotal { items: 1, bytes: 9 }));
    assert_eq!(plan.total_to_move(), FileTotal { items: 1, bytes: 2 });
    assert_eq!(
        plan.items_to_move().map(|item| item.name.as_str()).collect::<Vec<_>>(),
        ["raw/by_day/02"]
    );
    assert_eq!(part.left_out.len(), 1);
    assert!(!plan.is_done());
}

#[test]
fn the_assets_of_a_plan_are_reported_by_their_known_keys() {
    let plan = plan_migration(&[scene()], &keys());

    let names: Vec<_> =
        plan.assets.iter().map(|one| (one.asset.as_str(), one.partitions.len())).collect();
    assert_eq!(names, [("raw/by_day", 2), ("raw/link", 1)]);
    assert_eq!(plan.without_file, ["gone"]);
}

#[test]
fn logs_and_op_outputs_name_no_assets() {
    let logs = PartScene { part: PartKind::Logs, ..scene() };

    let plan = plan_migration(&[logs], &keys());

    assert_eq!((plan.items.len(), plan.assets.len()), (3, 0));
}

#[test]
fn a_plan_is_done_where_all_is_there_or_newer_there() {
    let there = object(5, 150, MD5);
    let done = Pair::of(file(5, 100), Some(there)).plan();
    let plan = MigrationPlan { items: vec![done], ..MigrationPlan::default() };

    assert!(plan.is_done());
    assert!(plan_migration(&[], &AssetKeys::new()).is_done());
}
