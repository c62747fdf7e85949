//! The run's next item, found by going through both sides.

use datalake_core::{
    ByteSize, Comparison, Known, Side, SkipReason, TreePath, UnfitName, Verdict, judge,
};

use super::feed::Found;
use super::haul::{Haul, Task};
use super::manifest::Record;
use super::merge::{Merge, Pair};
use super::{Deletion, ItemFault, Mark, Oddity, Reason, Route, StopCause};
use crate::memory::held;

/// Goes through both sides and gives out what is to be moved; all else it settles itself.
pub(crate) struct Planner<'h, 'a> {
    haul: &'h Haul<'a>,
    merge: Merge,
    /// Files of this run that a later name may have as its folder.
    files: Vec<String>,
}

impl<'h, 'a> Planner<'h, 'a> {
    pub(crate) fn new(haul: &'h Haul<'a>, merge: Merge) -> Self {
        Self { haul, merge, files: Vec::new() }
    }

    /// The next item that is to be moved; `None` at the end, or when the run was stopped.
    pub(crate) async fn next(&mut self) -> Option<Task> {
        loop {
            if self.haul.courier.stopped().is_some() {
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

    async fn settle(&mut self, pair: Pair) -> Option<Task> {
        if !self.haul.options.filter.takes(&pair.name) {
            return None;
        }
        match (pair.source, pair.destination) {
            (Some(Found::Odd(oddity)), _) => {
                self.tell_odd(&pair.name, oddity);
                None
            }
            (Some(Found::Side(source)), destination) => {
                self.haul.count_source();
                self.weigh(pair.name, (source, destination), pair.known)
            }
            (None, Some(Found::Side(side))) => {
                self.doom(pair.name, side);
                None
            }
            (None, Some(Found::Odd(oddity))) => {
                self.tidy(&pair.name, oddity).await;
                None
            }
            (None, None) => {
                self.haul.record(&Record::Gone(pair.name));
                None
            }
        }
    }

    /// Decides about a name that the source has.
    fn weigh(
        &mut self,
        name: String,
        (source, destination): (Side, Option<Found>),
        known: Option<Known>,
    ) -> Option<Task> {
        if let Some(told) = self.unfit(&name, &source) {
            match told {
                Ok(oddity) => self.tell_odd(&name, oddity),
                Err(fault) => self.haul.tell_failed(&name, source.size(), fault),
            }
            return None;
        }
        // Something odd in the place of the destination is seen again when it is to be replaced.
        let destination = match destination {
            Some(Found::Side(side)) => Some(side),
            Some(Found::Odd(_)) | None => None,
        };
        let by = self.haul.options.comparison;
        match judge(&source, destination.as_ref(), known.as_ref(), by) {
            Verdict::Skip(reason) => {
                let sides = (&source, destination.as_ref());
                self.skip(&name, sides, (known.is_some(), reason));
                None
            }
            Verdict::Send(why) => Some(Task { name, source, destination, known, why: Some(why) }),
            Verdict::Compare => Some(Task { name, source, destination, known, why: None }),
        }
    }

    fn skip(
        &self,
        name: &str,
        (source, destination): (&Side, Option<&Side>),
        (is_known, reason): (bool, SkipReason),
    ) {
        let learnt = destination.filter(|_| !is_known).and_then(|destination| {
            // By size alone nothing is learnt about the contents, and a newer one is another one.
            let tells = match self.haul.options.comparison {
                Comparison::Quick => true,
                Comparison::KeepNewer => reason != SkipReason::NewerThere,
                Comparison::Checksum | Comparison::SizeOnly => false,
            };
            tells.then(|| equal(source, destination))?
        });
        if let Some(known) = learnt {
            self.haul.record(&Record::Known(name.to_owned(), known));
        }
        self.haul.tell(Mark::Skipped, (name, source.size()), Reason::Equal(reason));
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
        self.haul.tell(Mark::Skipped, (name, ByteSize(0)), Reason::Odd(oddity));
    }

    /// Notes a name that the source has not.
    fn doom(&self, name: String, side: Side) {
        let size = side.size();
        self.haul.change_summary(|summary| summary.surplus.add(size));
        let Deletion::AtMost(most) = self.haul.options.delete else { return };
        let mut doomed = held(&self.haul.doomed);
        // One more than permitted tells that there are too many; more need not be kept.
        if doomed.len() as u64 <= most {
            doomed.push((name, side));
        }
    }

    async fn tidy(&self, name: &str, oddity: Oddity) {
        let (Route::Down(_, tree), Oddity::Leftover) = (self.haul.route, oddity) else { return };
        if !self.haul.options.dry_run {
            // What cannot be removed now is met again by the next run.
            let _ = tree.sweep(name).await;
        }
    }
}

/// What is known of two sides that count as equal.
pub(crate) fn equal(source: &Side, destination: &Side) -> Option<Known> {
    let (modified, etag, source_etag) = match (source, destination) {
        (Side::File(file), Side::Object(object)) | (Side::Object(object), Side::File(file)) => {
            (file.modified, object.etag.clone(), None)
        }
        (Side::Object(from), Side::Object(to)) => {
            (from.modified.into(), to.etag.clone(), Some(from.etag.clone()))
        }
        (Side::File(_), Side::File(_)) => return None,
    };
    let size = source.size();
    Some(Known { size, modified, etag, source_etag, digest: None, settled: true })
}
