//! What becomes of one name that is on both sides.

use std::fmt;

use super::{FileTime, TagForm};
use crate::{ByteSize, ETag, Timestamp};

/// What is known of a file without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFacts {
    /// Its length.
    pub size: ByteSize,
    /// When it was changed.
    pub modified: FileTime,
}

/// What a listing tells of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectFacts {
    /// Its length.
    pub size: ByteSize,
    /// When it was stored; a fraction of a second is cut off.
    pub modified: Timestamp,
    /// The tag of its content.
    pub etag: ETag,
}

/// A file or an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// A file.
    File(FileFacts),
    /// An object.
    Object(ObjectFacts),
}

/// The SHA-256 of a content, or of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentDigest {
    /// The hash of the content; with parts, of the hashes of the parts one behind the other.
    pub sha256: [u8; 32],
    /// The size of the parts that were hashed; `None` for the content as a whole.
    pub part: Option<ByteSize>,
}

/// What the last run left of a name: both sides had the same content then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The length of the content.
    pub size: ByteSize,
    /// The file's time; between two buckets, that of the source.
    pub modified: FileTime,
    /// The object's tag; between two buckets, that of the destination.
    pub etag: ETag,
    /// Between two buckets, the tag of the source.
    pub source_etag: Option<ETag>,
    /// The content, where it was hashed.
    pub digest: Option<ContentDigest>,
    /// Whether the file's time was so old when it was read that a later change must show in it.
    pub settled: bool,
}

/// How it is found out whether two sides are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Comparison {
    /// By size, time and tag against what the last run left; where it left nothing, by size and by
    /// which one is newer.
    #[default]
    Quick,
    /// By content.
    Checksum,
    /// By size alone.
    SizeOnly,
}

/// What becomes of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: the sides are equal.
    Skip(SkipReason),
    /// The source is moved.
    Send(SendReason),
    /// Only the content of the file tells.
    Compare,
}

/// Why two sides count as equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SkipReason {
    /// Neither has changed since the last run.
    Unchanged,
    /// Same size, and the object is not older than the file.
    NotOlder,
    /// Same size and same tag.
    SameTag,
    /// Same size.
    SameSize,
    /// Same content.
    SameContent,
}

/// Why a source is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SendReason {
    /// The destination has nothing of that name.
    New,
    /// The sizes differ.
    Size,
    /// The source has changed since the last run.
    SourceChanged,
    /// The destination has changed since the last run.
    DestinationChanged,
    /// The source is newer.
    Newer,
    /// The contents differ, or nothing tells that they do not.
    Content,
    /// The file was changed just when it was read in the last run.
    Unsettled,
}

/// Decides about one name of the source.
///
/// `known` is what the last run left of it. Without it, a file that replaces a newer object of the
/// same size is taken for equal; a download never is without a look at the content.
#[must_use]
pub fn judge(
    source: &Side,
    destination: Option<&Side>,
    known: Option<&Known>,
    by: Comparison,
) -> Verdict {
    let Some(destination) = destination else {
        return Verdict::Send(SendReason::New);
    };
    if source.size() != destination.size() {
        return Verdict::Send(SendReason::Size);
    }
    match (by, known) {
        (Comparison::SizeOnly, _) => Verdict::Skip(SkipReason::SameSize),
        (Comparison::Checksum, _) => by_content(source, destination),
        (Comparison::Quick, Some(known)) => against_known(source, destination, known),
        (Comparison::Quick, None) => by_age(source, destination),
    }
}

impl Side {
    /// The length of the content.
    #[must_use]
    pub fn size(&self) -> ByteSize {
        match self {
            Self::File(file) => file.size,
            Self::Object(object) => object.size,
        }
    }

    /// When it was changed or stored.
    #[must_use]
    pub fn modified(&self) -> FileTime {
        match self {
            Self::File(file) => file.modified,
            Self::Object(object) => object.modified.into(),
        }
    }

    fn is(&self, known: &Known, etag: Option<&ETag>) -> bool {
        let same = match self {
            Self::File(file) => file.modified == known.modified,
            Self::Object(object) => etag == Some(&object.etag),
        };
        same && self.size() == known.size
    }
}

fn against_known(source: &Side, destination: &Side, known: &Known) -> Verdict {
    let source_etag = known.source_etag.as_ref().or(Some(&known.etag));
    if !source.is(known, source_etag) {
        return Verdict::Send(SendReason::SourceChanged);
    }
    if !destination.is(known, Some(&known.etag)) {
        return Verdict::Send(SendReason::DestinationChanged);
    }
    if known.settled {
        Verdict::Skip(SkipReason::Unchanged)
    } else {
        Verdict::Send(SendReason::Unsettled)
    }
}

fn by_content(source: &Side, destination: &Side) -> Verdict {
    match (source, destination) {
        (Side::Object(source), Side::Object(destination)) if source.etag == destination.etag => {
            Verdict::Skip(SkipReason::SameTag)
        }
        (Side::Object(_), Side::Object(_)) => Verdict::Send(SendReason::Content),
        _ => Verdict::Compare,
    }
}

fn by_age(source: &Side, destination: &Side) -> Verdict {
    match (source, destination) {
        (Side::Object(from), Side::Object(to)) => {
            let plain = |etag: &ETag| matches!(etag.form(), TagForm::Md5(_));
            if from.etag == to.etag {
                return Verdict::Skip(SkipReason::SameTag);
            }
            if plain(&from.etag) && plain(&to.etag) {
                return Verdict::Send(SendReason::Content);
            }
        }
        (Side::File(_), _) => (),
        // A file has the time that its object was made from: being older says nothing of it.
        (Side::Object(_), Side::File(_)) => return Verdict::Compare,
    }
    if destination.modified() >= source.modified() {
        Verdict::Skip(SkipReason::NotOlder)
    } else {
        Verdict::Send(SendReason::Newer)
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unchanged => "unchanged since the last run",
            Self::NotOlder => "same size, not older",
            Self::SameTag => "same tag",
            Self::SameSize => "same size",
            Self::SameContent => "same content",
        })
    }
}

impl fmt::Display for SendReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Size => "another size",
            Self::SourceChanged => "changed since the last run",
            Self::DestinationChanged => "the destination was changed by someone else",
            Self::Newer => "newer than the destination",
            Self::Content => "another content",
            Self::Unsettled => "was just being changed in the last run",
        })
    }
}

#[cfg(test)]
mod tests {
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
        let last = Known {
            source_etag: Some(MD5.parse().unwrap()),
            ..known(3, 10, &format!("{OTHER}-2"))
        };
        check((&one, Some(&parts)), Some(&last), Quick, Verdict::Skip(Skip::Unchanged));
    }

    #[test]
    fn other_comparisons_do_not_ask_the_last_run() {
        let (local, remote, last) = (file(3, 99, 0), object(3, 5, MD5), known(3, 10, OTHER));

        check((&local, Some(&remote)), Some(&last), SizeOnly, Verdict::Skip(Skip::SameSize));
        check((&local, Some(&remote)), Some(&last), Checksum, Verdict::Compare);
        check((&file(4, 99, 0), Some(&remote)), None, SizeOnly, Verdict::Send(Send::Size));
    }
}
