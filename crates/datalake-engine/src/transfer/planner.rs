//! The run's next item, found by going through both sides.

use datalake_core::size::ByteSize;
use datalake_core::transfer::{Known, NameVerdict, Side, SkipReason, TreePath, UnfitName, judge};

use super::feed::FoundName;
use super::haul::{Haul, Task};
use super::manifest::{ManifestRecord, Others};
use super::merge::{Merge, NamePair};
use super::{Deletion, Item, ItemFault, Mark, Oddity, Reason, Route, StopCause};
use crate::hold_mutex;

/// Goes through both sides and gives out what is to be moved; all else it settles itself.
pub(crate) struct Planner<'h, 'a> {
    haul: &'h Haul<'a>,
    merge: Merge,
    /// Files of this run that a later name may have as its folder.
    files: Vec<String>,
    others: Others<'a>,
}

/// A name that the source has.
struct SourceName {
    name: String,
    source: Side,
    destination: Option<FoundName>,
    known: Option<Known>,
}

/// What has one name.
#[derive(Clone, Copy)]
struct BothSides<'s> {
    source: &'s Side,
    destination: Option<&'s Side>,
}

impl<'h, 'a> Planner<'h, 'a> {
    pub(crate) fn new(haul: &'h Haul<'a>, merge: Merge) -> Self {
        Self { haul, merge, files: Vec::new(), others: Others::new(haul.others) }
    }

    /// The next item that is to be moved; `None` at the end, or when the run was stopped.
    pub(crate) async fn next(&mut self) -> Option<Task> {
        loop {
            if self.haul.courier.find_stop().is_some() {
                return None;
            }
            let pair = match self.merge.next().await {
                Ok(Some(pair)) => pair,
                Ok(None) => return None,
                Err(cause) => return self.stop(cause),
            };
            if let Some(task) = self.settle(pair).await {
                self.haul.tell_planned(task.source.size());
                return Some(task);
            }
        }
    }

    fn stop(&self, cause: StopCause) -> Option<Task> {
        self.haul.courier.stop(cause);
        None
    }

    async fn settle(&mut self, pair: NamePair) -> Option<Task> {
        if !self.haul.options.filter.takes(&pair.name) {
            return None;
        }
        match (pair.source, pair.destination) {
            (Some(FoundName::Odd(oddity)), _) => {
                self.tell_odd(&pair.name, oddity);
                None
            }
            (Some(FoundName::Side(source)), destination) => {
                self.haul.count_source();
                let (name, known) = (pair.name, pair.known);
                self.weigh(SourceName { name, source, destination, known })
            }
            (None, Some(FoundName::Side(side))) => {
                if self.haul.options.delete != Deletion::Off
                    && self.is_edited(&pair.name, &side, pair.known.as_ref()).await?
                {
                    let failed = Reason::Failed(ItemFault::ChangedHere);
                    self.haul.tell(&Item {
                        mark: Mark::Failed,
                        name: &pair.name,
                        size: side.size(),
                        reason: failed,
                    });
                    return None;
                }
                self.disown(&pair.name, &side, pair.known.as_ref());
                self.doom(pair.name, side);
                None
            }
            (None, Some(FoundName::Odd(oddity))) => {
                self.tidy(&pair.name, oddity).await;
                None
            }
            (None, None) => {
                self.haul.record(&ManifestRecord::Gone(pair.name));
                None
            }
        }
    }

    /// Decides about a name that the source has.
    fn weigh(&mut self, met: SourceName) -> Option<Task> {
        let SourceName { name, source, destination, known } = met;
        if let Some(told) = self.unfit(&name, &source) {
            match told {
                Ok(oddity) => self.tell_odd(&name, oddity),
                Err(fault) => self.haul.tell_failed(&name, source.size(), fault),
            }
            return None;
        }
        // Something odd in the place of the destination is seen again when it is to be replaced.
        let destination = match destination {
            Some(FoundName::Side(side)) => Some(side),
            Some(FoundName::Odd(_)) | None => None,
        };
        let by = self.haul.options.comparison;
        let (why, compare) = match judge(&source, destination.as_ref(), known.as_ref(), by) {
            NameVerdict::Send(why) => (why, false),
            NameVerdict::Compare(why) => (why, true),
            NameVerdict::Skip(reason) => {
                let sides = BothSides { source: &source, destination: destination.as_ref() };
                self.skip(&name, sides, reason);
                return None;
            }
        };
        let others = self.find_others(&name, destination.as_ref(), known.as_ref())?;
        Some(Task { name, source, destination, known, others, why, compare })
    }

    /// Whether something surplus is a file that was changed here; `None` where the run has to end.
    async fn is_edited(&mut self, name: &str, side: &Side, known: Option<&Known>) -> Option<bool> {
        let Side::File(file) = side else { return Some(false) };
        let others = self.find_others(name, Some(side), known)?;
        let records = known.into_iter().chain(&others);
        Some(self.haul.is_edited_here(name, file, records).await)
    }

    /// What other pairs know of a file that is not as the last run has left it; `None` where the run
    /// has to end.
    fn find_others(
        &mut self,
        name: &str,
        destination: Option<&Side>,
        known: Option<&Known>,
    ) -> Option<Vec<Known>> {
        let (true, Some(Side::File(file))) = (self.haul.spares_edits(), destination) else {
            return Some(Vec::new());
        };
        if known.is_some_and(|known| known.is_file(file)) {
            return Some(Vec::new());
        }
        match self.others.find(name) {
            Ok(others) => Some(others),
            Err(fault) => {
                self.haul.courier.stop(StopCause::Manifest(fault));
                None
            }
        }
    }

    fn skip(&self, name: &str, sides: BothSides<'_>, reason: SkipReason) {
        let BothSides { source, destination } = sides;
        // By size alone nothing is learnt about the contents, and a newer one is another one.
        let evidence = match reason {
            SkipReason::Unchanged
            | SkipReason::StillAssumed
            | SkipReason::SameSize
            | SkipReason::NewerThere => None,
            SkipReason::LooksEqual | SkipReason::SameTag | SkipReason::SameContent => {
                reason.evidence()
            }
        };
        let learnt = destination
            .zip(evidence)
            .and_then(|(destination, evidence)| Known::of(source, destination, evidence));
        if let Some(known) = learnt {
            self.haul.record(&ManifestRecord::Known(name.to_owned(), known));
        }
        self.haul.tell(&Item {
            mark: Mark::Skipped,
            name,
            size: source.size(),
            reason: Reason::Equal(reason),
        });
    }

    /// What cannot become a file of that name: told as odd, or as a fault.
    fn unfit(&mut self, name: &str, source: &Side) -> Option<Result<Oddity, ItemFault>> {
        if !matches!(self.haul.route, Route::Down(..)) {
            return None;
        }
        match TreePath::try_from(name) {
            Ok(_) => (),
            Err(UnfitName::FolderMarker) if source.size().0 == 0 => {
                return Some(Ok(Oddity::EmptyFolder));
            }
            Err(unfit) => return Some(Err(ItemFault::Unfit(unfit))),
        }
        while self.files.last().is_some_and(|file| !name.starts_with(file.as_str())) {
            self.files.pop();
        }
        let below = |file: &String| {
            name.strip_prefix(file.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        if self.files.iter().any(below) {
            return Some(Err(ItemFault::BelowFile));
        }
        self.files.push(name.to_owned());
        None
    }

    fn tell_odd(&self, name: &str, oddity: Oddity) {
        if let Oddity::Unreadable(fault) = oddity {
            self.haul.tell_failed(name, ByteSize(0), ItemFault::Source(fault));
            return;
        }
        self.haul.tell(&Item {
            mark: Mark::Skipped,
            name,
            size: ByteSize(0),
            reason: Reason::Odd(oddity),
        });
    }

    /// Forgets what was sent of a file that is gone, where somebody else has put another object in
    /// its place and it stays: nothing is left that the record could vouch for. The record of a file
    /// here stays, for it keeps the file from being deleted.
    fn disown(&self, name: &str, side: &Side, known: Option<&Known>) {
        let stays = matches!(side, Side::Object(_)) && self.haul.options.delete == Deletion::Off;
        if stays && known.is_some_and(|known| !known.is_destination(side)) {
            self.haul.record(&ManifestRecord::Gone(name.to_owned()));
            self.haul.tell(&Item {
                mark: Mark::Skipped,
                name,
                size: side.size(),
                reason: Reason::Odd(Oddity::Foreign),
            });
        }
    }

    /// Notes a name that the source has not.
    fn doom(&self, name: String, side: Side) {
        let size = side.size();
        self.haul.change_summary(|summary| summary.surplus.add(size));
        let Deletion::AtMost(most) = self.haul.options.delete else { return };
        let mut doomed = hold_mutex(&self.haul.doomed);
        // One more than permitted tells that there are too many; more need not be kept.
        if doomed.len() as u64 <= most {
            doomed.push((name, side));
        }
    }

    /// Something in the destination that is no file, and whose name the source has not.
    async fn tidy(&self, name: &str, oddity: Oddity) {
        match (self.haul.route, oddity) {
            // Nobody knows what is below it, so nobody knows what is surplus either.
            (_, Oddity::Unreadable(fault)) => {
                self.haul.mark_unread();
                self.haul.tell_failed(name, ByteSize(0), ItemFault::Destination(fault));
            }
            (Route::Down(_, tree), Oddity::Leftover) if !self.haul.options.dry_run => {
                // What cannot be removed now is met again by the next run.
                let _ = tree.sweep(name).await;
            }
            _ => (),
        }
    }
}
