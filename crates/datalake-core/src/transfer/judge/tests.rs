use super::*;

const MD5: &str = "0cc175b9c0f1b6a831c399e269772661";
const OTHER: &str = "92eb5ffee6ae2fec3ad71c777531578f";

fn file(size: u64, seconds: i64, nanos: u32) -> Side {
    let modified = FileTime::new(seconds, nanos).unwrap();
    Side::File(FileFacts { size: ByteSize(size), modified })
}

fn object(size: u64, seconds: i64, etag: &str) -> Side {
    let modified = Timestamp::from_unix(seconds).unwrap();
    Side::Object(ObjectFacts { size: ByteSize(size), modified, etag: etag.parse().unwrap() })
}

fn known(size: u64, seconds: i64, etag: &str) -> Known {
    Known {
        size: ByteSize(size),
        modified: FileTime::new(seconds, 0).unwrap(),
        etag: etag.parse().unwrap(),
        source_etag: None,
        digest: None,
        settled: true,
    }
}

#[track_caller]
fn check(sides: (&Side, Option<&Side>), known: Option<&Known>, by: Comparison, is: Verdict) {
    assert_eq!(judge(sides.0, sides.1, known, by), is, "{sides:?} {known:?} {by:?}");
}

use Comparison::{Checksum, Quick, SizeOnly};
use SendReason as Send;
use SkipReason as Skip;

#[test]
fn a_change_on_either_side_shows_against_the_last_run() {
    let (local, remote, last) = (file(3, 10, 0), object(3, 5, MD5), known(3, 10, MD5));
    let skip = Verdict::Skip(Skip::Unchanged);

    check((&local, Some(&remote)), Some(&last), Quick, skip);
    check((&remote, Some(&local)), Some(&last), Quick, skip);
    let touched = file(3, 10, 1);
    check((&touched, Some(&remote)), Some(&last), Quick, Verdict::Send(Send::SourceChanged));
    let foreign = object(3, 5, OTHER);
    let overwritten = Verdict::Send(Send::DestinationChanged);
    check((&local, Some(&foreign)), Some(&last), Quick, overwritten);
    check((&local, None), Some(&last), Quick, Verdict::Send(Send::New));
    let unsettled = Known { settled: false, ..last };
    check((&local, Some(&remote)), Some(&unsettled), Quick, Verdict::Send(Send::Unsettled));
}

#[test]
fn without_a_last_run_an_object_that_is_not_older_is_equal() {
    let remote = object(3, 10, MD5);

    check((&file(3, 10, 0), Some(&remote)), None, Quick, Verdict::Skip(Skip::NotOlder));
    // The object's time is cut to the second: the file may be younger.
    check((&file(3, 10, 1), Some(&remote)), None, Quick, Verdict::Send(Send::Newer));
    check((&file(4, 9, 0), Some(&remote)), None, Quick, Verdict::Send(Send::Size));
}

#[test]
fn without_a_last_run_a_download_looks_at_the_content() {
    check((&object(3, 10, MD5), Some(&file(3, 9, 0))), None, Quick, Verdict::Compare);
    check((&object(3, 10, MD5), Some(&file(4, 9, 0))), None, Quick, Verdict::Send(Send::Size));
}

#[test]
fn two_objects_are_told_apart_by_their_tags() {
    let (one, two) = (object(3, 10, MD5), object(3, 20, OTHER));
    let parts = object(3, 20, &format!("{OTHER}-2"));

    check((&one, Some(&object(3, 1, MD5))), None, Quick, Verdict::Skip(Skip::SameTag));
    check((&one, Some(&two)), None, Quick, Verdict::Send(Send::Content));
    check((&one, Some(&parts)), None, Quick, Verdict::Skip(Skip::NotOlder));
    check((&one, Some(&parts)), None, Checksum, Verdict::Send(Send::Content));
    let last =
        Known { source_etag: Some(MD5.parse().unwrap()), ..known(3, 10, &format!("{OTHER}-2")) };
    check((&one, Some(&parts)), Some(&last), Quick, Verdict::Skip(Skip::Unchanged));
}

#[test]
fn a_newer_object_of_someone_else_is_never_replaced() {
    let check = |local: &Side, remote: Option<&Side>, last: Option<&Known>, is| {
        assert_eq!(judge(local, remote, last, Comparison::KeepNewer), is, "{local:?} {remote:?}");
    };
    let (local, last) = (file(3, 10, 0), known(3, 10, MD5));
    let (ours, newer) = (object(3, 20, MD5), object(4, 20, OTHER));

    check(&local, None, None, Verdict::Send(Send::New));
    check(&local, Some(&ours), Some(&last), Verdict::Skip(Skip::Unchanged));
    check(&file(5, 30, 0), Some(&ours), Some(&last), Verdict::Send(Send::Size));
    // The last run left another one there, or there was none.
    check(&local, Some(&newer), Some(&last), Verdict::Compare);
    check(&local, Some(&newer), None, Verdict::Compare);
    // The way back: a file that was written since is not lost.
    check(&newer, Some(&local), Some(&last), Verdict::Send(Send::Size));
    check(&object(4, 20, OTHER), Some(&file(3, 30, 0)), Some(&last), Verdict::Compare);
    check(&ours, Some(&local), Some(&Known { settled: false, ..last.clone() }), Verdict::Compare);
    // Only the content tells; a look at the age comes behind it.
    check(&local, Some(&object(3, 20, OTHER)), None, Verdict::Compare);
    let from = object(3, 10, MD5);
    check(&from, Some(&object(3, 20, MD5)), None, Verdict::Skip(Skip::SameTag));
    check(&from, Some(&object(3, 20, OTHER)), None, Verdict::Skip(Skip::NewerThere));
    check(&from, Some(&object(3, 5, OTHER)), None, Verdict::Send(Send::Content));
}

#[test]
fn other_comparisons_do_not_ask_the_last_run() {
    let (local, remote, last) = (file(3, 99, 0), object(3, 5, MD5), known(3, 10, OTHER));

    check((&local, Some(&remote)), Some(&last), SizeOnly, Verdict::Skip(Skip::SameSize));
    check((&local, Some(&remote)), Some(&last), Checksum, Verdict::Compare);
    check((&file(4, 99, 0), Some(&remote)), None, SizeOnly, Verdict::Send(Send::Size));
}
