//! What becomes of one name that is on both sides.

use std::fmt;

use super::{Evidence, Known, Side};

/// How it is found out whether two sides are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Comparison {
    /// By size, time, stamp and tag against what the last run left; what that does not vouch for is
    /// compared by tags, as far as they tell, else by size and by which one is newer.
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
pub enum NameVerdict {
    /// Nothing: the sides are equal.
    Skip(SkipReason),
    /// The source is moved.
    Send(SendReason),
    /// Only the contents tell; the source is moved, for this reason, where they differ.
    Compare(SendReason),
}

/// Why two sides count as equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SkipReason {
    /// Neither has changed since the last run.
    Unchanged,
    /// Same size and time; the contents were never compared.
    LooksEqual,
    /// Neither has changed since a run that took them for equal by size and time.
    StillAssumed,
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
    /// It was renamed or moved in the source: the service copies what it has.
    Renamed,
    /// The contents differ, or nothing tells that they do not.
    Content,
    /// The file was changed just when it was read in the last run.
    Unsettled,
}

/// Decides about one name of the source.
///
/// `known` is what the last run left of it. A pair with a file of which it left nothing, or that is
/// not any more what it left, is compared; being older or newer proves nothing.
#[must_use]
pub fn judge(
    source: &Side,
    destination: Option<&Side>,
    known: Option<&Known>,
    by: Comparison,
) -> NameVerdict {
    let Some(destination) = destination else {
        return NameVerdict::Send(SendReason::New);
    };
    if by == Comparison::KeepNewer {
        return keeping_newer(source, destination, known);
    }
    if source.size() != destination.size() {
        return NameVerdict::Send(SendReason::Size);
    }
    match (by, known) {
        (Comparison::SizeOnly, _) => NameVerdict::Skip(SkipReason::SameSize),
        (Comparison::Checksum, _) => by_content(source, destination),
        (Comparison::Quick | Comparison::KeepNewer, Some(known)) => {
            against_known(source, destination, known)
        }
        (Comparison::Quick | Comparison::KeepNewer, None) => judge_unknown(source, destination),
    }
}

impl SkipReason {
    /// How the sides are known to be equal; `None` where they are not said to be, or as before.
    #[must_use]
    pub fn evidence(self) -> Option<Evidence> {
        match self {
            Self::LooksEqual | Self::StillAssumed | Self::SameSize => Some(Evidence::Assumed),
            Self::SameTag | Self::SameContent => Some(Evidence::Compared),
            Self::Unchanged | Self::NewerThere => None,
        }
    }
}

fn keeping_newer(source: &Side, there: &Side, known: Option<&Known>) -> NameVerdict {
    let has_file = is_file(source) || is_file(there);
    if known.is_some_and(|known| known.is_destination(there)) {
        return judge(source, Some(there), known, Comparison::Quick);
    }
    match (source, there) {
        (Side::Object(from), Side::Object(to)) if from.etag.agrees_with(&to.etag) == Some(true) => {
            NameVerdict::Skip(SkipReason::SameTag)
        }
        // When an object was stored tells less than what it was made of: that is looked up.
        _ if has_file => NameVerdict::Compare(SendReason::Content),
        _ if there.is_newer_than(source) => NameVerdict::Skip(SkipReason::NewerThere),
        _ if source.size() != there.size() => NameVerdict::Send(SendReason::Size),
        _ => NameVerdict::Send(SendReason::Content),
    }
}

fn against_known(source: &Side, destination: &Side, known: &Known) -> NameVerdict {
    let why = match (known.is_source(source), known.is_destination(destination)) {
        _ if known.evidence == Evidence::Suspect => return NameVerdict::Send(SendReason::Content),
        (true, true) if !known.settled => SendReason::Unsettled,
        (true, true) if known.evidence == Evidence::Assumed => {
            return NameVerdict::Skip(SkipReason::StillAssumed);
        }
        (true, true) => return NameVerdict::Skip(SkipReason::Unchanged),
        (true, false) => SendReason::DestinationChanged,
        (false, _) => SendReason::SourceChanged,
    };
    match (source, destination) {
        (Side::Object(from), Side::Object(to)) => match from.etag.agrees_with(&to.etag) {
            Some(true) => NameVerdict::Skip(SkipReason::SameTag),
            Some(false) | None => NameVerdict::Send(why),
        },
        _ => NameVerdict::Compare(why),
    }
}

fn by_content(source: &Side, destination: &Side) -> NameVerdict {
    match (source, destination) {
        (Side::Object(from), Side::Object(to)) => match from.etag.agrees_with(&to.etag) {
            Some(true) => NameVerdict::Skip(SkipReason::SameTag),
            Some(false) => NameVerdict::Send(SendReason::Content),
            None => NameVerdict::Compare(SendReason::Content),
        },
        _ => NameVerdict::Compare(SendReason::Content),
    }
}

/// A pair of which nothing is known.
fn judge_unknown(source: &Side, destination: &Side) -> NameVerdict {
    let (Side::Object(from), Side::Object(to)) = (source, destination) else {
        return NameVerdict::Compare(SendReason::Content);
    };
    match from.etag.agrees_with(&to.etag) {
        Some(true) => NameVerdict::Skip(SkipReason::SameTag),
        // The service copies it; being newer or older proves nothing.
        Some(false) | None => NameVerdict::Send(SendReason::Content),
    }
}

fn is_file(side: &Side) -> bool {
    matches!(side, Side::File(_))
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unchanged => "unchanged since the last run",
            Self::LooksEqual => "same size and time; contents never compared",
            Self::StillAssumed => "unchanged since the last run; contents never compared",
            Self::SameTag => "same tag",
            Self::SameSize => "same size; contents never compared",
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
            Self::Renamed => "moved in the source, copied inside the service",
            Self::Content => "another content",
            Self::Unsettled => "was just being changed in the last run",
        })
    }
}

#[cfg(test)]
mod tests;
