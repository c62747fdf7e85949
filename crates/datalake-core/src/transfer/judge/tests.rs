use super::super::{FileFacts, FileStamp, FileTime, ObjectFacts};
use super::*;
use crate::size::ByteSize;
use crate::time::Timestamp;

const MD5: &str = "0cc175b9c0f1b6a831c399e269772661";
const OTHER: &str = "92eb5ffee6ae2fec3ad71c777531578f";

fn file(size: u64, seconds: i64, nanos: u32) -> Side {
    let modified = FileTime::new(seconds, nanos).unwrap();
    Side::File(FileFacts::new(ByteSize(size), modified))
}

/// The same file with another time of its last change.
fn touched(file: &Side) -> Side {
    let Side::File(facts) = file else { unreachable!() };
    let stamp = FileStamp { changed: FileTime::new(99, 0).unwrap(), ..facts.stamp };
    Side::File(FileFacts { stamp, ..*facts })
}

fn object(size: u64, seconds: i64, etag: &str) -> Side {
    let modified = Timestamp::from_unix(seconds).unwrap();
    Side::Object(ObjectFacts { size: ByteSize(size), modified, etag: etag.parse().unwrap() })
}

fn known(size: u64, seconds: i64, etag: &str) -> Known {
    Known {
        size: ByteSize(size),
        modified: FileTime::new(seconds, 0).unwrap(),
        stamp: Some(FileStamp::default()),
        etag: etag.parse().unwrap(),
        version: None,
        source_etag: None,
        digest: None,
        settled: true,
        evidence: Evidence::Moved,
    }
}

#[track_caller]
fn check_judgement(
    sides: (&Side, Option<&Side>),
    known: Option<&Known>,
    by: Comparison,
    is: NameVerdict,
) {
    assert_eq!(judge(sides.0, sides.1, known, by), is, "{sides:?} {known:?} {by:?}");
}

use Comparison::{Checksum, Quick, SizeOnly};
use SendReason as Send;
use SkipReason as Skip;

#[test]
fn a_change_on_either_side_is_compared_and_moved_only_if_the_contents_differ() {
    let (local, remote, last) = (file(3, 10, 0), object(3, 5, MD5), known(3, 10, MD5));
    let skip = NameVerdict::Skip(Skip::Unchanged);

    check_judgement((&local, Some(&remote)), Some(&last), Quick, skip);
    check_judgement((&remote, Some(&local)), Some(&last), Quick, skip);
    let changed = NameVerdict::Compare(Send::SourceChanged);
    check_judgement((&file(3, 10, 1), Some(&remote)), Some(&last), Quick, changed);
    // Older, as a restored file is; and of the same time, as a tool that keeps times writes it.
    check_judgement((&file(3, 9, 0), Some(&remote)), Some(&last), Quick, changed);
    check_judgement((&touched(&local), Some(&remote)), Some(&last), Quick, changed);
    let foreign = object(3, 5, OTHER);
    let overwritten = NameVerdict::Compare(Send::DestinationChanged);
    check_judgement((&local, Some(&foreign)), Some(&last), Quick, overwritten);
    check_judgement((&local, None), Some(&last), Quick, NameVerdict::Send(Send::New));
    check_judgement(
        (&file(4, 10, 0), Some(&remote)),
        Some(&last),
        Quick,
        NameVerdict::Send(Send::Size),
    );
    let unsettled = Known { settled: false, ..last.clone() };
    let again = NameVerdict::Compare(Send::Unsettled);
    check_judgement((&local, Some(&remote)), Some(&unsettled), Quick, again);
    // A record of 0.1.0 knows no stamp.
    let old = Known { stamp: None, ..last };
    check_judgement((&local, Some(&remote)), Some(&old), Quick, changed);
}

#[test]
fn what_was_only_assumed_stays_so_and_what_may_be_wrong_is_sent_again() {
    let (local, remote, last) = (file(3, 10, 0), object(3, 5, MD5), known(3, 10, MD5));
    let assumed = Known { evidence: Evidence::Assumed, ..last.clone() };
    let suspect = Known { evidence: Evidence::Suspect, ..last };

    let still = NameVerdict::Skip(Skip::StillAssumed);
    check_judgement((&local, Some(&remote)), Some(&assumed), Quick, still);
    check_judgement(
        (&local, Some(&remote)),
        Some(&suspect),
        Quick,
        NameVerdict::Send(Send::Content),
    );
    assert_eq!(Skip::StillAssumed.evidence(), Some(Evidence::Assumed));
    assert_eq!(Skip::SameSize.evidence(), Some(Evidence::Assumed));
    assert_eq!(Skip::SameContent.evidence(), Some(Evidence::Compared));
}

#[test]
fn without_a_last_run_neither_age_proves_anything() {
    let compare = NameVerdict::Compare(Send::Content);

    for seconds in [9, 10, 11] {
        check_judgement((&file(3, seconds, 0), Some(&object(3, 10, MD5))), None, Quick, compare);
        check_judgement((&object(3, 10, MD5), Some(&file(3, seconds, 0))), None, Quick, compare);
    }
    check_judgement(
        (&file(4, 9, 0), Some(&object(3, 10, MD5))),
        None,
        Quick,
        NameVerdict::Send(Send::Size),
    );
    check_judgement(
        (&object(3, 10, MD5), Some(&file(4, 9, 0))),
        None,
        Quick,
        NameVerdict::Send(Send::Size),
    );
}

#[test]
fn two_objects_are_told_apart_by_their_tags() {
    let (one, two) = (object(3, 10, MD5), object(3, 20, OTHER));
    let parts = object(3, 20, &format!("{OTHER}-2"));

    check_judgement(
        (&one, Some(&object(3, 1, MD5))),
        None,
        Quick,
        NameVerdict::Skip(Skip::SameTag),
    );
    check_judgement((&one, Some(&two)), None, Quick, NameVerdict::Send(Send::Content));
    check_judgement((&one, Some(&parts)), None, Quick, NameVerdict::Send(Send::Content));
    check_judgement((&parts, Some(&one)), None, Quick, NameVerdict::Send(Send::Content));
    check_judgement((&one, Some(&parts)), None, Checksum, NameVerdict::Compare(Send::Content));
    check_judgement((&one, Some(&two)), None, Checksum, NameVerdict::Send(Send::Content));
    let last = Known {
        source_etag: Some(MD5.parse().unwrap()),
        stamp: None,
        ..known(3, 10, &format!("{OTHER}-2"))
    };
    check_judgement((&one, Some(&parts)), Some(&last), Quick, NameVerdict::Skip(Skip::Unchanged));
    check_judgement(
        (&two, Some(&parts)),
        Some(&last),
        Quick,
        NameVerdict::Send(Send::SourceChanged),
    );
}

#[test]
fn a_newer_object_of_someone_else_is_never_replaced() {
    let check = |local: &Side, remote: Option<&Side>, last: Option<&Known>, is| {
        assert_eq!(judge(local, remote, last, Comparison::KeepNewer), is, "{local:?} {remote:?}");
    };
    let (local, last) = (file(3, 10, 0), known(3, 10, MD5));
    let (ours, newer) = (object(3, 20, MD5), object(4, 20, OTHER));

    check(&local, None, None, NameVerdict::Send(Send::New));
    check(&local, Some(&ours), Some(&last), NameVerdict::Skip(Skip::Unchanged));
    check(&file(5, 30, 0), Some(&ours), Some(&last), NameVerdict::Send(Send::Size));
    // The last run left another one there, or there was none.
    check(&local, Some(&newer), Some(&last), NameVerdict::Compare(Send::Content));
    check(&local, Some(&newer), None, NameVerdict::Compare(Send::Content));
    // The way back: a file that was written since is not lost.
    check(&newer, Some(&local), Some(&last), NameVerdict::Send(Send::Size));
    check(
        &object(4, 20, OTHER),
        Some(&file(3, 30, 0)),
        Some(&last),
        NameVerdict::Compare(Send::Content),
    );
    let unsettled = Known { settled: false, ..last.clone() };
    check(&ours, Some(&local), Some(&unsettled), NameVerdict::Compare(Send::Unsettled));
    // Only the content tells; a look at the age comes behind it.
    check(&local, Some(&object(3, 20, OTHER)), None, NameVerdict::Compare(Send::Content));
    let from = object(3, 10, MD5);
    check(&from, Some(&object(3, 20, MD5)), None, NameVerdict::Skip(Skip::SameTag));
    check(&from, Some(&object(3, 20, OTHER)), None, NameVerdict::Skip(Skip::NewerThere));
    check(&from, Some(&object(3, 5, OTHER)), None, NameVerdict::Send(Send::Content));
}

#[test]
fn other_comparisons_do_not_ask_the_last_run() {
    let (local, remote, last) = (file(3, 99, 0), object(3, 5, MD5), known(3, 10, OTHER));

    check_judgement(
        (&local, Some(&remote)),
        Some(&last),
        SizeOnly,
        NameVerdict::Skip(Skip::SameSize),
    );
    check_judgement(
        (&local, Some(&remote)),
        Some(&last),
        Checksum,
        NameVerdict::Compare(Send::Content),
    );
    check_judgement(
        (&file(4, 99, 0), Some(&remote)),
        None,
        SizeOnly,
        NameVerdict::Send(Send::Size),
    );
}
