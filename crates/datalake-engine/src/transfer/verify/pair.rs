//! Two sides beside each other.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::transfer::{ContentDigest, Evidence, Known, Side};

use super::recorded::RecordedObject;
use super::{Depth, VerificationRun, VerifyFinding};
use crate::transfer::compare::{ByTags, FilePair, FileReaders, ReadObject, read_objects};
use crate::transfer::feed::FoundName;
use crate::transfer::manifest::ManifestRecord;
use crate::transfer::merge::NamePair;
use crate::transfer::reading::FolderReader;
use crate::transfer::{ItemFault, Oddity, Route};

/// What lies on both sides under one name, and what the runs have left of it.
#[derive(Clone, Copy)]
struct BothSides<'s> {
    name: &'s str,
    source: &'s Side,
    there: &'s Side,
    known: Option<&'s Known>,
}

/// A destination that a run has brought, whose source is gone.
#[derive(Clone, Copy)]
struct LeftSide<'s> {
    name: &'s str,
    there: &'s Side,
    known: &'s Known,
}

/// What the two sides of a pair have to do with each other.
#[derive(PartialEq)]
enum PairRelation {
    /// The contents are the same.
    Same,
    /// They differ.
    Differ,
    /// Nothing but reading both would tell.
    Untold,
}

impl VerificationRun<'_> {
    /// What is so with a name; the outer `None` for one that is none of this verification, the inner
    /// one for one that no run has brought.
    pub(super) async fn judge_pair(
        &self,
        route: &Route<'_>,
        pair: NamePair,
    ) -> Option<Option<VerifyFinding>> {
        let NamePair { name, source, destination, known } = pair;
        let source = match source {
            Some(FoundName::Odd(Oddity::Unreadable(fault))) => {
                return Some(Some(VerifyFinding::Unreadable(fault)));
            }
            Some(FoundName::Side(side)) => Some(side),
            // A link or a pipe is nothing that could have been sent.
            Some(FoundName::Odd(_)) | None => None,
        };
        let is_odd = matches!(destination, Some(FoundName::Odd(_)));
        let destination = match destination {
            Some(FoundName::Odd(Oddity::Unreadable(fault))) => {
                return Some(Some(VerifyFinding::Unreadable(fault)));
            }
            Some(FoundName::Side(side)) => Some(side),
            Some(FoundName::Odd(_)) | None => None,
        };
        Some(match (source, destination, known) {
            (None, None, None) => return None,
            (None, Some(_), None) => None,
            (Some(_), None, None) if is_odd => Some(VerifyFinding::Changed),
            (Some(_), None, None) => Some(VerifyFinding::Unsent),
            (_, None, Some(_)) => Some(VerifyFinding::Missing),
            (None, Some(there), Some(known)) => Some(
                self.judge_without_source(
                    route,
                    LeftSide { name: &name, there: &there, known: &known },
                )
                .await,
            ),
            (Some(source), Some(there), known) => {
                let (source, there, known) = (&source, &there, known.as_ref());
                let sides = BothSides { name: &name, source, there, known };
                Some(self.judge_both_sides(route, sides).await)
            }
        })
    }

    /// A destination whose source is gone.
    async fn judge_without_source(&self, route: &Route<'_>, left: LeftSide<'_>) -> VerifyFinding {
        let LeftSide { name, there, known } = left;
        if known.evidence == Evidence::Suspect || !known.is_destination(there) {
            return VerifyFinding::Changed;
        }
        match (route, there) {
            (Route::Up(_, folder) | Route::Across(_, folder), Side::Object(object)) => {
                let reader = FolderReader { courier: &self.courier, folder };
                self.judge_content(reader, name, RecordedObject { object, known }).await
            }
            // A file that was not touched since it came.
            _ if known.evidence == Evidence::Assumed => VerifyFinding::Assumed,
            _ => VerifyFinding::Right,
        }
    }

    async fn judge_both_sides(&self, route: &Route<'_>, sides: BothSides<'_>) -> VerifyFinding {
        let BothSides { source, there, known, .. } = sides;
        let known = known.filter(|known| known.evidence != Evidence::Suspect);
        let here_as_known = known.is_some_and(|known| known.is_source(source));
        let there_as_known = known.is_some_and(|known| known.is_destination(there));
        let is_settled = known.is_some_and(|known| known.settled);
        // What it is where the contents differ.
        let other = match (here_as_known && is_settled, there_as_known) {
            (true, true) => VerifyFinding::Damaged,
            (false, true) => VerifyFinding::Edited,
            (_, false) => VerifyFinding::Changed,
        };
        if source.size() != there.size() {
            return other;
        }
        if let Some(known) = known.filter(|_| other == VerifyFinding::Damaged) {
            return self.judge_unchanged(route, sides, known).await;
        }
        match self.compare_tags(route, BothSides { known, ..sides }).await {
            Ok(PairRelation::Same) if self.how.depth != Depth::Content => VerifyFinding::Right,
            Ok(PairRelation::Differ) => other,
            // The object is not the one of the record.
            Ok(PairRelation::Untold) if self.how.depth == Depth::Listed && known.is_some() => other,
            Ok(PairRelation::Untold) if self.how.depth == Depth::Listed => VerifyFinding::Assumed,
            Ok(relation) => match self.read_both_sides(route, sides).await {
                Ok(Some(_)) => VerifyFinding::Right,
                // The object is no longer what its own tag says.
                Ok(None) if relation == PairRelation::Same => VerifyFinding::Damaged,
                Ok(None) => other,
                Err(fault) => finding_of(fault),
            },
            Err(fault) => finding_of(fault),
        }
    }

    /// A pair of which neither side has changed since a run.
    async fn judge_unchanged(
        &self,
        route: &Route<'_>,
        sides: BothSides<'_>,
        known: &Known,
    ) -> VerifyFinding {
        let by_record = known.digest.is_some() && known.evidence >= Evidence::Moved;
        let reads = match self.how.depth {
            Depth::Listed => false,
            Depth::Doubtful => known.evidence != Evidence::Compared,
            Depth::Content => true,
        };
        match (route, sides.there) {
            _ if !reads && known.evidence == Evidence::Assumed => VerifyFinding::Assumed,
            _ if !reads => VerifyFinding::Right,
            (Route::Up(_, folder), Side::Object(object)) if by_record => {
                let reader = FolderReader { courier: &self.courier, folder };
                let recorded = RecordedObject { object, known };
                let finding = self.judge_content(reader, sides.name, recorded).await;
                if finding == VerifyFinding::Right {
                    self.record_compared(sides.name, known, known.digest);
                }
                finding
            }
            _ => match self.read_both_sides(route, sides).await {
                Ok(Some(digest)) => {
                    self.record_compared(sides.name, known, Some(digest));
                    VerifyFinding::Right
                }
                Ok(None) => VerifyFinding::Damaged,
                Err(fault) => finding_of(fault),
            },
        }
    }

    /// Keeps that the contents of a pair were compared.
    fn record_compared(&self, name: &str, known: &Known, digest: Option<ContentDigest>) {
        if known.evidence == Evidence::Compared {
            return;
        }
        let known = Known { evidence: Evidence::Compared, digest, ..known.clone() };
        if let Err(cause) = self.ledger.add(&ManifestRecord::Known(name.to_owned(), known)) {
            self.courier.stop(cause);
        }
    }

    /// Compares without reading an object.
    async fn compare_tags(
        &self,
        route: &Route<'_>,
        sides: BothSides<'_>,
    ) -> Result<PairRelation, ItemFault> {
        let Some(pair) = self.find_file_pair(route, sides) else {
            let (Side::Object(from), Side::Object(to)) = (sides.source, sides.there) else {
                return Ok(PairRelation::Untold);
            };
            return Ok(match from.etag.agrees_with(&to.etag) {
                Some(true) => PairRelation::Same,
                Some(false) => PairRelation::Differ,
                None => PairRelation::Untold,
            });
        };
        let known = sides.known.filter(|known| known.evidence >= Evidence::Moved);
        Ok(match pair.compare_tags(known).await? {
            ByTags::Same(_) => PairRelation::Same,
            ByTags::Differs => PairRelation::Differ,
            ByTags::Unlike | ByTags::Untold(_) => PairRelation::Untold,
        })
    }

    /// Reads both sides; the hash of a content that is the same.
    async fn read_both_sides(
        &self,
        route: &Route<'_>,
        sides: BothSides<'_>,
    ) -> Result<Option<ContentDigest>, ItemFault> {
        if let Some(pair) = self.find_file_pair(route, sides) {
            return Ok(pair.read_both().await?.map(|(digest, _)| digest));
        }
        let (Route::Across(from, to), Side::Object(source), Side::Object(there)) =
            (route, sides.source, sides.there)
        else {
            return Ok(None);
        };
        let read = |folder, facts| ReadObject {
            reader: FolderReader { courier: &self.courier, folder },
            facts,
        };
        read_objects(read(*from, source), read(*to, there), sides.name).await
    }

    fn find_file_pair<'p>(
        &'p self,
        route: &'p Route<'p>,
        sides: BothSides<'p>,
    ) -> Option<FilePair<'p>> {
        let (Route::Up(tree, folder) | Route::Down(folder, tree)) = route else { return None };
        let reader = FolderReader { courier: &self.courier, folder };
        FilePair::of(FileReaders { tree: *tree, reader }, sides.name, (sides.source, sides.there))
    }
}

/// What could not be read of a pair.
fn finding_of(fault: ItemFault) -> VerifyFinding {
    match fault {
        ItemFault::Source(fault) | ItemFault::Destination(fault) => {
            VerifyFinding::Unreadable(fault)
        }
        other => VerifyFinding::Unreadable(Fault::new(FaultKind::Refused, other.to_string())),
    }
}
