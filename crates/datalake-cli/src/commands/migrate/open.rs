//! A part whose two ends are open: moved, looked at, verified.

use std::sync::Arc;

use datalake_core::{Comparison, Subset};
use datalake_engine::transfer::{
    BucketFolder, Findings, Limits, Options, Route, Stopped, Summary, TransferPorts, TransferWatch,
    Verification, VerifyWatch, sync, verify,
};
use datalake_host::HostTree;

use super::super::transfer::{MANIFEST, PairRecords};
use super::kinds::LeftOut;
use super::tree::{Facts, PartTree};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{Remote, at_bucket};

/// A part whose two ends are open.
pub(super) struct OpenPart<'a> {
    pub(super) source: Source<'a>,
    /// The folder of the bucket.
    pub(super) folder: BucketFolder<'a>,
    pub(super) records: PairRecords,
    pub(super) clock: &'a datalake_host::SystemClock,
}

/// Where a part comes from.
pub(super) enum Source<'a> {
    Tree(PartTree, Arc<HostTree>),
    Folder(BucketFolder<'a>),
}

impl OpenPart<'_> {
    /// The same; the name of everything that stays is kept.
    pub(super) fn naming(self) -> Self {
        let source = match self.source {
            Source::Tree(part, tree) => Source::Tree(part.naming(), tree),
            folder @ Source::Folder(_) => folder,
        };
        Self { source, ..self }
    }

    /// What lies among its files and is none of them, as far as it was gone through.
    pub(super) fn left_out(&self) -> Arc<LeftOut> {
        match &self.source {
            Source::Tree(part, _) => part.left_out(),
            Source::Folder(_) => Arc::default(),
        }
    }

    fn route(&self) -> Route<'_> {
        match &self.source {
            Source::Tree(part, _) => Route::Up(part, &self.folder),
            Source::Folder(from) => Route::Across(from, &self.folder),
        }
    }

    pub(super) fn ports(&self) -> TransferPorts<'_> {
        TransferPorts { clock: self.clock, files: self.records.files(), manifest: MANIFEST }
    }

    /// Moves what is new or changed. What is newer in the bucket stays.
    ///
    /// # Errors
    ///
    /// [`Stopped`] as [`sync`].
    pub(super) async fn pass(
        &self,
        limits: &Limits,
        watch: &dyn TransferWatch,
    ) -> Result<Summary, Stopped> {
        let options = options(limits, Comparison::KeepNewer, false);
        sync(&self.route(), &options, &self.ports(), watch).await
    }

    /// Tells what a pass would do, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`OpenPart::pass`].
    pub(super) async fn look(
        &self,
        limits: &Limits,
        comparison: Comparison,
        watch: &dyn TransferWatch,
    ) -> Result<Summary, Stopped> {
        let options = options(limits, comparison, true);
        sync(&self.route(), &options, &self.ports(), watch).await
    }

    /// Asks the store for what the passes have brought there.
    ///
    /// # Errors
    ///
    /// [`Stopped`] as [`verify`].
    pub(super) async fn verify(
        &self,
        limits: &Limits,
        deep: bool,
        watch: &dyn VerifyWatch,
    ) -> Result<Findings, Stopped> {
        let how = Verification { deep, subset: Subset::ALL, limits: limits.clone() };
        verify(&self.folder, &how, &self.ports(), watch).await
    }

    /// Its files, where it comes from this host.
    ///
    /// # Errors
    ///
    /// [`Failure`] for objects of another place.
    pub(super) fn tree(&self) -> Result<(&PartTree, &Arc<HostTree>), Failure> {
        match &self.source {
            Source::Tree(part, tree) => Ok((part, tree)),
            Source::Folder(_) => {
                Err(Failure::new(Exit::Usage, "objects of another place have no files here"))
            }
        }
    }

    /// The same; what its files are is kept.
    pub(super) fn remembering(self, facts: &Arc<Facts>) -> Self {
        let source = match self.source {
            Source::Tree(part, tree) => Source::Tree(part.remembering(facts), tree),
            folder @ Source::Folder(_) => folder,
        };
        Self { source, ..self }
    }

    /// What a stopped run of it comes to.
    pub(super) fn failure(&self, remote: &Remote, stopped: Stopped) -> Failure {
        use datalake_engine::transfer::StopCause;
        let again = "what is done is done; the same command goes on from here";
        let at = at_bucket(&self.folder.bucket);
        match stopped.cause {
            StopCause::Listing(fault) => at(fault).within("the listing failed").hint(again),
            StopCause::Walk(fault) => {
                Failure::about("the folder cannot be read", &fault).hint(again)
            }
            StopCause::Fault(fault) => at(fault).hint(again),
            StopCause::Manifest(fault) => remote.site.state_failure(&fault),
            other => Failure::of(Exit::Partly, &other).hint(again),
        }
    }
}

fn options(limits: &Limits, comparison: Comparison, dry_run: bool) -> Options {
    Options { comparison, dry_run, limits: limits.clone(), ..Options::default() }
}
