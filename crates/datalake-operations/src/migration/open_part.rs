//! A part whose two ends are open: moved, looked at, verified.

use std::sync::Arc;

use datalake_core::transfer::{Comparison, Filter, Subset};
use datalake_engine::transfer::{
    BucketFolder, Depth, Findings, Options, PeekTree, Route, StopCause, Summary, TagCheck,
    TransferLimits, TransferPorts, TransferStopped, TransferWatch, Verification, Verified,
    VerifyWatch, sync, verify,
};

use super::MigrationContext;
use super::left_behind::LeftBehind;
use super::tree::{Facts, PartTree};
use crate::{ErrorKind, MANIFEST, OperationError, PairRecords};

/// A part whose two ends are open.
pub(crate) struct OpenPart<'a> {
    pub(crate) source: OpenSource<'a>,
    /// The folder of the bucket.
    pub(crate) folder: BucketFolder<'a>,
    pub(crate) records: PairRecords,
    pub(crate) context: &'a MigrationContext<'a>,
}

/// Where a part comes from.
pub(crate) enum OpenSource<'a> {
    /// Files of this host.
    Tree {
        /// As the part sees them.
        files: PartTree,
        /// As they are.
        tree: Arc<dyn PeekTree>,
    },
    /// Objects.
    Folder(BucketFolder<'a>),
}

/// The files of a part, as the part sees them and as they are.
#[derive(Clone, Copy)]
pub(crate) struct FilesOfPart<'o> {
    pub(crate) files: &'o PartTree,
    pub(crate) tree: &'o Arc<dyn PeekTree>,
}

impl OpenPart<'_> {
    /// The same; the name of everything that stays is kept.
    pub(crate) fn naming(self) -> Self {
        let source = match self.source {
            OpenSource::Tree { files, tree } => OpenSource::Tree { files: files.naming(), tree },
            folder @ OpenSource::Folder(_) => folder,
        };
        Self { source, ..self }
    }

    /// What lies among its files and is none of them, as far as it was gone through.
    pub(crate) fn left_out(&self) -> Arc<LeftBehind> {
        match &self.source {
            OpenSource::Tree { files, .. } => files.left_out(),
            OpenSource::Folder(_) => Arc::default(),
        }
    }

    fn route(&self) -> Route<'_> {
        match &self.source {
            OpenSource::Tree { files, .. } => Route::Up(files, &self.folder),
            OpenSource::Folder(from) => Route::Across(from, &self.folder),
        }
    }

    pub(crate) fn ports(&self) -> TransferPorts<'_> {
        TransferPorts {
            clock: self.context.clock,
            files: self.records.files(),
            manifest: MANIFEST,
            others: &[],
        }
    }

    /// Moves what is new or changed. What is newer in the bucket stays.
    ///
    /// # Errors
    ///
    /// [`TransferStopped`] as [`sync`].
    pub(crate) async fn move_changed(
        &self,
        limits: &TransferLimits,
        watch: &dyn TransferWatch,
    ) -> Result<Summary, TransferStopped> {
        let options = choose_options(limits, Comparison::KeepNewer, false);
        sync(&self.route(), &options, &self.ports(), watch).await
    }

    /// Tells what a pass would do, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`OpenPart::move_changed`].
    pub(crate) async fn look_at_changes(
        &self,
        limits: &TransferLimits,
        comparison: Comparison,
        watch: &dyn TransferWatch,
    ) -> Result<Summary, TransferStopped> {
        let options = choose_options(limits, comparison, true);
        sync(&self.route(), &options, &self.ports(), watch).await
    }

    /// Asks the store for what the passes have brought there.
    ///
    /// # Errors
    ///
    /// [`TransferStopped`] as [`verify`].
    pub(crate) async fn verify(
        &self,
        limits: &TransferLimits,
        deep: bool,
        watch: &dyn VerifyWatch,
    ) -> Result<Findings, TransferStopped> {
        let depth = if deep { Depth::Content } else { Depth::Listed };
        let (subset, filter) = (Subset::ALL, Filter::default());
        let how = Verification { depth, subset, filter, limits: limits.clone() };
        verify(&Verified::Bucket(&self.folder), &how, &self.ports(), watch).await
    }

    /// Its files, where it comes from this host.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for objects of another place.
    pub(crate) fn files(&self) -> Result<FilesOfPart<'_>, OperationError> {
        match &self.source {
            OpenSource::Tree { files, tree } => Ok(FilesOfPart { files, tree }),
            OpenSource::Folder(_) => Err(OperationError::new(
                ErrorKind::Usage,
                "objects of another place have no files here",
            )),
        }
    }

    /// The same; what its files are is kept.
    pub(crate) fn remembering(self, facts: &Arc<Facts>) -> Self {
        let source = match self.source {
            OpenSource::Tree { files, tree } => {
                OpenSource::Tree { files: files.remembering(facts), tree }
            }
            folder @ OpenSource::Folder(_) => folder,
        };
        Self { source, ..self }
    }

    /// What a stopped run of it comes to.
    pub(crate) fn explain_stop(&self, stopped: TransferStopped) -> OperationError {
        let again = "what is done is done; the same command continues from here";
        let at = |fault| OperationError::at_bucket(&self.folder.bucket, &fault);
        match stopped.cause {
            StopCause::Listing(fault) => at(fault).within("the listing failed").advise(again),
            StopCause::Walk(fault) => {
                OperationError::about("the folder cannot be read", &fault).advise(again)
            }
            StopCause::Fault(fault) => at(fault).advise(again),
            StopCause::Manifest(fault) => self.context.home.context.state_error(fault),
            other => OperationError::of(ErrorKind::Partly, &other).advise(again),
        }
    }
}

fn choose_options(limits: &TransferLimits, comparison: Comparison, dry_run: bool) -> Options {
    let tags = TagCheck::All;
    Options { comparison, dry_run, tags, limits: limits.clone(), ..Options::default() }
}
