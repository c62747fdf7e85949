//! The end of a move: sources of what has surely arrived are removed, and nothing else.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Mutex;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::size::ByteSize;
use datalake_core::transfer::{FileFacts, Subset, TreePath};
use datalake_engine::transfer::{
    Depth, Item, LocalTree as _, Mark, Options, Reason, Route, SourceFact, TagCheck, TransferPorts,
    TransferStopped, TransferWatch, TreeView, Verification, Verified, VerifyFinding, VerifyWatch,
    verify,
};
use datalake_engine::{AnyKey, Lake, ObjectSource, hold_mutex};
use futures::{StreamExt as _, stream};

use super::TransferReporter;
use super::ends::{BucketEnd, OpenEnd, OpenJob};

/// Objects that are removed at once: each takes two requests, and the service has its limits.
const AT_ONCE: usize = 8;

/// Tells a reporter of a run, and keeps the names that have arrived or were there.
pub(super) struct ArrivalWatch<'r> {
    reporter: &'r dyn TransferReporter,
    arrived: Mutex<BTreeSet<String>>,
}

impl<'r> ArrivalWatch<'r> {
    pub(super) fn new(reporter: &'r dyn TransferReporter) -> Self {
        Self { reporter, arrived: Mutex::default() }
    }

    /// The names that have arrived, or were there.
    pub(super) fn into_arrived(self) -> BTreeSet<String> {
        self.arrived.into_inner().unwrap_or_default()
    }
}

impl TransferWatch for ArrivalWatch<'_> {
    fn item(&self, item: &Item<'_>) {
        let arrives = matches!(item.mark, Mark::Skipped | Mark::New | Mark::Replaced);
        if arrives && !matches!(item.reason, Reason::Odd(_)) {
            hold_mutex(&self.arrived).insert(item.name.to_owned());
        }
        self.reporter.item(item);
    }

    fn planned(&self, size: ByteSize) {
        self.reporter.planned(size);
    }

    fn planning_ended(&self) {
        self.reporter.planning_ended();
    }

    fn item_settled(&self, size: ByteSize) {
        self.reporter.item_settled(size);
    }

    fn moved(&self, bytes: u64) {
        self.reporter.moved(bytes);
    }

    fn uploads_open(&self, number: usize) {
        self.reporter.uploads_open(number);
    }

    fn repeated(&self, fault: &Fault) {
        self.reporter.repeated(fault);
    }
}

/// What the store confirms.
#[derive(Default)]
struct ConfirmedNames(Mutex<BTreeSet<String>>);

impl TransferWatch for ConfirmedNames {
    fn item(&self, _: &Item<'_>) {}
}

impl VerifyWatch for ConfirmedNames {
    fn found(&self, name: &str, finding: &VerifyFinding) {
        if *finding == VerifyFinding::Right {
            hold_mutex(&self.0).insert(name.to_owned());
        }
    }
}

/// A move whose names have arrived.
#[derive(Clone, Copy)]
pub(super) struct MoveEnd<'m> {
    pub(super) route: &'m Route<'m>,
    pub(super) options: &'m Options,
    pub(super) ports: &'m TransferPorts<'m>,
    pub(super) reporter: &'m dyn TransferReporter,
}

impl MoveEnd<'_> {
    /// Which of the names that have arrived are there with the content that they had: whatever was
    /// not compared on its way is read. The others are told, and their sources stay.
    ///
    /// # Errors
    ///
    /// [`TransferStopped`] where one of the sides cannot be listed.
    pub(super) async fn confirm_names(
        &self,
        arrived: BTreeSet<String>,
    ) -> Result<BTreeSet<String>, TransferStopped> {
        let trusts = self.options.tags == TagCheck::Single;
        let how = Verification {
            depth: if trusts { Depth::Listed } else { Depth::Doubtful },
            subset: Subset::ALL,
            filter: self.options.filter.clone(),
            limits: self.options.limits.clone(),
        };
        let watch = ConfirmedNames::default();
        let findings = verify(&Verified::Pair(self.route), &how, self.ports, &watch).await?;
        self.reporter.add_requests(findings.requests);
        let sure = watch.0.into_inner().unwrap_or_default();
        for name in arrived.difference(&sure) {
            self.reporter.tell_trouble(name, "its copy is not confirmed; the source stays");
        }
        Ok(arrived.intersection(&sure).cloned().collect())
    }

    /// Removes the sources of these names, if they still are what was moved.
    pub(super) async fn remove_sources(
        &self,
        names: &BTreeSet<String>,
        job: &OpenJob<'_>,
        lake: &dyn Lake,
    ) {
        let removals = job.notes.take_facts(names).into_iter().map(|(name, fact)| async move {
            let outcome = match (&job.from, fact) {
                (OpenEnd::Local(tree), SourceFact::File(facts)) => {
                    remove_file(tree, &name, &facts).await
                }
                (OpenEnd::Bucket(end), SourceFact::Object(etag)) => match find_source(end, &name) {
                    Ok(source) => self.remove_object(lake, &source.if_match(etag)).await,
                    Err(fault) => Err(fault),
                },
                _ => Err(Fault::new(FaultKind::Disturbed, "it is of another kind now")),
            };
            (name, outcome)
        });
        let mut removals = pin!(stream::iter(removals).buffer_unordered(AT_ONCE));
        while let Some((name, outcome)) = removals.next().await {
            match outcome {
                Ok(()) => self.reporter.source_removed(),
                Err(fault) => {
                    let reason = format!("moved, and the source stays: {fault}");
                    self.reporter.tell_trouble(&name, &reason);
                }
            }
        }
    }

    /// Deletes an object that still has the tag of `source`. Services do not delete on a condition,
    /// so it is looked at just before.
    async fn remove_object(&self, lake: &dyn Lake, source: &ObjectSource) -> Result<(), Fault> {
        self.reporter.add_requests(1);
        match lake.head(source).await {
            Ok(object) if Some(&object.etag) == source.if_match.as_ref() => {
                self.reporter.add_requests(1);
                lake.delete(&source.bucket, &source.key, None).await.map(drop)
            }
            Ok(_) => Err(Fault::new(FaultKind::Disturbed, "its tag is another one")),
            Err(fault) if fault.kind == FaultKind::Absent => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

/// The object that a name stands for.
fn find_source(end: &BucketEnd<'_>, name: &str) -> Result<ObjectSource, Fault> {
    let key = AnyKey::try_from(format!("{}{name}", end.prefix));
    let key = key.map_err(|error| Fault::new(FaultKind::Refused, error.to_string()))?;
    Ok(ObjectSource::current(&end.bucket, end.view.resolve_key(&key)))
}

async fn remove_file(tree: &TreeView, name: &str, facts: &FileFacts) -> Result<(), Fault> {
    match TreePath::try_from(name) {
        Ok(path) => tree.remove(&path, facts).await,
        Err(error) => Err(Fault::new(FaultKind::Refused, error.to_string())),
    }
}
