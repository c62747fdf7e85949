//! What is decided about a key by the versions that are kept of it.

use datalake_core::s3::{Lifecycle, LifecycleRule};
use datalake_core::size::ByteSize;
use datalake_core::time::{Days, Timestamp};
use datalake_core::transfer::FileTime;
use datalake_engine::{AnyKey, VersionEntry, VersionId, VersionKind};

use crate::restore::{ChangeKind, KeyHistory, KeyVerdict, NotKept, RestoreWish, VersionExpiry};

const DAY: i64 = 86_400;

/// `9c` is content of the second 9, `7m` a marker; the newest first. `n` behind it: the version `null`.
fn entries(text: &str) -> Vec<VersionEntry> {
    let entry = |word: &str| {
        let digits = word.find(|letter: char| !letter.is_ascii_digit()).unwrap();
        let second: i64 = word[..digits].parse().unwrap();
        let kind = match &word[digits..=digits] {
            "m" => VersionKind::Marker,
            content => VersionKind::Content {
                size: ByteSize(u64::from(content.as_bytes()[0])),
                etag: format!("\"{content}\"").parse().unwrap(),
            },
        };
        let modified = Timestamp::from_unix(second).unwrap();
        let version = if word.ends_with('n') { "null" } else { word };
        let key = AnyKey::try_from("k/a").unwrap();
        let version = VersionId(version.to_owned());
        let stored = modified.into();
        VersionEntry { key, version, latest: false, modified, stored, owner: None, kind }
    };
    text.split_whitespace().map(entry).collect()
}

fn judge(text: &str, wish: &RestoreWish) -> KeyVerdict {
    let mut entries = entries(text).into_iter();
    let mut history = KeyHistory::begin(entries.next().unwrap(), wish);
    entries.for_each(|entry| history.add(entry, wish));
    history.judge(wish)
}

fn wish(until: Option<i64>) -> RestoreWish {
    RestoreWish {
        until: until.map(|second| FileTime::new(second, 0).unwrap()),
        expiry: VersionExpiry::Rules(Lifecycle::default()),
        now: Timestamp::from_unix(100 * DAY).unwrap(),
    }
}

#[track_caller]
fn check(until: Option<i64>, text: &str, expected: &str) {
    let told = match judge(text, &wish(until)) {
        KeyVerdict::AsWanted => "as wanted".to_owned(),
        KeyVerdict::NotKept(why) => format!("{why:?}"),
        KeyVerdict::Change(change) => {
            let source = change.source.map_or("marker".to_owned(), |source| source.version);
            let kind = match change.kind {
                ChangeKind::BringBack => "back",
                ChangeKind::Replace => "replace",
                ChangeKind::Delete => "delete",
            };
            format!("{kind} {source} on {}", change.before)
        }
    };
    assert_eq!(told, expected, "{text} at {until:?}");
}

#[test]
fn a_deleted_key_comes_back_as_it_was_last() {
    check(None, "9c", "as wanted");
    check(None, "9c 8m 7a", "as wanted");
    check(None, "9m 8c 7a", "back 8c on 9m");
    check(None, "9m 8m 7a", "back 7a on 9m");
    check(None, "9m", "OnlyMarkers");
}

#[test]
fn a_key_is_again_what_it_was_at_a_time() {
    check(Some(9), "9c 7a", "as wanted");
    check(Some(8), "9c 7a", "replace 7a on 9c");
    check(Some(8), "9m 7a", "back 7a on 9m");
    check(Some(8), "9c 7m 5a", "delete marker on 9c");
    check(Some(8), "9m 7m 5a", "as wanted");
    check(Some(8), "9c", "delete marker on 9c");
    check(Some(8), "10m 9c", "as wanted");
    check(Some(5), "9c 8m 7a 5b 4c", "replace 5b on 9c");
    // The same content is not stored again.
    check(Some(8), "9a 8m 7a", "delete marker on 9a");
    check(Some(7), "9a 8m 7a", "as wanted");
}

#[test]
fn of_two_versions_in_one_second_the_newer_one_counts() {
    check(Some(9), "10c 9b 9a 8a", "replace 9b on 10c");
}

#[test]
fn what_nobody_can_know_is_told_and_left() {
    // As no rule lets old versions go, nothing was behind that marker.
    check(Some(8), "10c 9m", "delete marker on 10c");
    check(Some(8), "10m 9m", "as wanted");
    check(Some(8), "10c 9bn", "BeforeVersions");
    let days = Days::new(30).unwrap();
    let rule = LifecycleRule {
        enabled: true,
        prefix: "k/".to_owned(),
        expire_noncurrent: Some(days),
        ..LifecycleRule::default()
    };
    let with = |rule: &LifecycleRule, now: i64| RestoreWish {
        expiry: VersionExpiry::Rules(Lifecycle::new([("r".to_owned(), rule.clone())])),
        now: Timestamp::from_unix(now * DAY).unwrap(),
        ..wish(Some(8))
    };
    let is_new = |wish: &RestoreWish| matches!(judge("10c 9b", wish), KeyVerdict::Change(_));
    // A version that had been replaced at second 9 is kept for 30 days from then on.
    assert!(is_new(&with(&rule, 29)));
    let late = judge("10c 9b", &with(&rule, 31));
    assert_eq!(late, KeyVerdict::NotKept(NotKept::MayHaveExpired));
    let marked = judge("10c 9m", &with(&rule, 31));
    assert_eq!(marked, KeyVerdict::NotKept(NotKept::OnlyMarkers));
    assert!(is_new(&with(&LifecycleRule { prefix: "other/".to_owned(), ..rule.clone() }, 31)));
    assert!(is_new(&with(&LifecycleRule { enabled: false, ..rule }, 31)));
    let unread = RestoreWish { expiry: VersionExpiry::Unread, ..wish(Some(8)) };
    assert_eq!(judge("10c 9b", &unread), KeyVerdict::NotKept(NotKept::RulesUnread));
}
