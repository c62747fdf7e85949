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
    /// As [`Comparison::Quick`], but a newer destination is never lost: what the last run has not
    /// left there is compared by content, and what differs is replaced only where it is the older
    /// one. The age of an object that was made of a file is that of the file.
    KeepNewer,
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
    /// The destination was stored later, by someone else than the last run.
    NewerThere,
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
    if by == Comparison::KeepNewer {
        return keeping_newer(source, destination, known);
    }
    if source.size() != destination.size() {
        return Verdict::Send(SendReason::Size);
    }
    match (by, known) {
        (Comparison::SizeOnly, _) => Verdict::Skip(SkipReason::SameSize),
        (Comparison::Checksum, _) => by_content(source, destination),
        (Comparison::Quick | Comparison::KeepNewer, Some(known)) => {
            against_known(source, destination, known)
        }
        (Comparison::Quick | Comparison::KeepNewer, None) => by_age(source, destination),
    }
}

impl Side {
    /// Whether it was changed or stored later. The time of an object is cut to the second.
    #[must_use]
    pub fn is_newer_than(&self, other: &Self) -> bool {
        self.modified() > other.modified()
    }

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

fn keeping_newer(source: &Side, there: &Side, known: Option<&Known>) -> Verdict {
    let has_file = matches!(source, Side::File(_)) || matches!(there, Side::File(_));
    if known.is_some_and(|known| there.is(known, Some(&known.etag))) {
        return match judge(source, Some(there), known, Comparison::Quick) {
            Verdict::Send(SendReason::Unsettled) if has_file => Verdict::Compare,
            verdict => verdict,
        };
    }
    match (source, there) {
        (Side::Object(from), Side::Object(to)) if from.etag == to.etag => {
            Verdict::Skip(SkipReason::SameTag)
        }
        // When an object was stored tells less than what it was made of: that is looked up.
        _ if has_file => Verdict::Compare,
        _ if there.is_newer_than(source) => Verdict::Skip(SkipReason::NewerThere),
        _ if source.size() != there.size() => Verdict::Send(SendReason::Size),
        _ => Verdict::Send(SendReason::Content),
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
            Self::NewerThere => "the destination is newer",
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
mod tests;
