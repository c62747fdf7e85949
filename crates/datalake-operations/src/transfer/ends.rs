//! The two ends of a job, opened.

use std::path::Path;
use std::sync::Arc;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::BucketName;
use datalake_engine::transfer::{
    BucketFolder, BucketView, KeyAliases, KeySelection, Links, NamedKind, NamedPaths, Route,
    SourceNotes, TreeView, UnopenedFile,
};
use datalake_engine::{AnyKey, Lake};

use super::job::{describe_path, folder_of};
use super::{JobDestination, JobSource, TransferContext, TransferJob};
use crate::{ErrorKind, OperationError};

/// Both ends of one job.
pub(super) struct OpenJob<'a> {
    pub(super) from: OpenEnd<'a>,
    pub(super) to: OpenEnd<'a>,
    pub(super) notes: Arc<SourceNotes>,
}

/// One end.
pub(super) enum OpenEnd<'a> {
    Local(TreeView),
    Bucket(BucketEnd<'a>),
}

/// An end in a bucket.
pub(super) struct BucketEnd<'a> {
    pub(super) view: Box<BucketView<'a, dyn Lake + 'a>>,
    pub(super) bucket: BucketName,
    pub(super) prefix: String,
}

/// Both ends as folders of buckets, where they are such.
pub(super) struct JobFolders<'r> {
    from: Option<BucketFolder<'r>>,
    to: Option<BucketFolder<'r>>,
}

/// How ends are opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    pub(super) links: Links,
    /// Whether nothing is to be changed: a folder that does not exist yet stays so.
    pub(super) dry_run: bool,
    /// Whether the source is to be removed afterwards.
    pub(super) moves: bool,
}

impl<'a> OpenJob<'a> {
    /// Opens both ends; makes the folder that is the destination.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for a folder or file that cannot be opened.
    pub(super) fn open(
        job: &TransferJob,
        context: &TransferContext<'a>,
        opening: Opening,
    ) -> Result<Self, OperationError> {
        let notes =
            Arc::new(if opening.moves { SourceNotes::for_move() } else { SourceNotes::for_copy() });
        let aliases = Arc::new(match &job.source {
            JobSource::Objects(_, objects) => KeyAliases::for_objects(objects),
            _ => KeyAliases::default(),
        });
        let from = match &job.source {
            JobSource::Folder(path) => {
                OpenEnd::Local(open_folder(context.paths, path, opening.links)?.noting(&notes))
            }
            JobSource::Files(files) => {
                let unopened = |UnopenedFile { path, fault }| error_at(&path, &fault);
                let files = TreeView::of_files(context.paths, files).map_err(unopened)?;
                OpenEnd::Local(files.noting(&notes))
            }
            JobSource::Prefix(bucket, _)
            | JobSource::Matching(bucket, _)
            | JobSource::Objects(bucket, _) => {
                let (selection, prefix) = select_source_keys(&job.source, &aliases);
                let view = view_bucket(context, selection).with_aliases(&aliases).noting(&notes);
                OpenEnd::Bucket(BucketEnd { view: Box::new(view), bucket: bucket.clone(), prefix })
            }
        };
        let to = match &job.dest {
            JobDestination::Folder(path) => {
                let folder = open_destination(context.paths, path, opening.dry_run)?;
                OpenEnd::Local(match job.source.list_names() {
                    None => folder,
                    Some(names) => folder.with_names(&names),
                })
            }
            JobDestination::Prefix(bucket, prefix) => {
                let view = view_bucket(context, select_destination_keys(job, prefix));
                let view = Box::new(view.with_aliases(&aliases));
                let (bucket, prefix) = (bucket.clone(), prefix.clone());
                OpenEnd::Bucket(BucketEnd { view, bucket, prefix })
            }
        };
        Ok(Self { from, to, notes })
    }

    /// Both ends as folders of buckets, where they are such.
    pub(super) fn folders(&self) -> JobFolders<'_> {
        JobFolders { from: self.from.folder(), to: self.to.folder() }
    }

    /// The way between the ends.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where neither end is in a bucket; jobs are checked against that before.
    pub(super) fn route<'r>(
        &'r self,
        folders: &'r JobFolders<'r>,
    ) -> Result<Route<'r>, OperationError> {
        match (&self.from, &self.to, &folders.from, &folders.to) {
            (OpenEnd::Local(tree), _, _, Some(folder)) => Ok(Route::Up(tree, folder)),
            (_, OpenEnd::Local(tree), Some(folder), _) => Ok(Route::Down(folder, tree)),
            (_, _, Some(from), Some(to)) => Ok(Route::Across(from, to)),
            _ => Err(OperationError::new(ErrorKind::Bug, "a transfer without a bucket")),
        }
    }
}

/// The destination of a job alone, where it is in a bucket.
pub(super) fn open_bucket_end<'a>(
    job: &TransferJob,
    context: &TransferContext<'a>,
) -> Option<BucketEnd<'a>> {
    let JobDestination::Prefix(bucket, prefix) = &job.dest else { return None };
    let view = Box::new(view_bucket(context, select_destination_keys(job, prefix)));
    Some(BucketEnd { view, bucket: bucket.clone(), prefix: prefix.clone() })
}

impl OpenEnd<'_> {
    fn folder(&self) -> Option<BucketFolder<'_>> {
        match self {
            Self::Local(_) => None,
            Self::Bucket(end) => Some(end.folder()),
        }
    }
}

impl BucketEnd<'_> {
    /// The end as a folder of a bucket.
    pub(super) fn folder(&self) -> BucketFolder<'_> {
        BucketFolder {
            objects: self.view.as_ref(),
            uploads: self.view.as_ref(),
            bucket: self.bucket.clone(),
            prefix: self.prefix.clone(),
        }
    }
}

fn view_bucket<'a>(
    context: &TransferContext<'a>,
    selection: KeySelection,
) -> BucketView<'a, dyn Lake + 'a> {
    BucketView::new(context.client.store, context.client.clock, selection)
}

/// The keys that a source in a bucket has, and the folder that their names count from.
fn select_source_keys(source: &JobSource, aliases: &KeyAliases) -> (KeySelection, String) {
    match source {
        JobSource::Matching(_, pattern) => {
            let folder = folder_of(pattern.literal()).to_owned();
            (KeySelection::Matching(pattern.clone()), folder)
        }
        JobSource::Objects(..) => {
            (KeySelection::Only(aliases.list_keys()), KeyAliases::folder().to_owned())
        }
        JobSource::Prefix(_, prefix) => (KeySelection::All, prefix.clone()),
        JobSource::Folder(_) | JobSource::Files(_) => (KeySelection::All, String::new()),
    }
}

/// The keys that are looked at in a destination.
fn select_destination_keys(job: &TransferJob, prefix: &str) -> KeySelection {
    let Some(names) = job.source.list_names() else { return KeySelection::All };
    // A name that makes no key is refused when its source is met.
    let keys = names.iter().filter_map(|name| format!("{prefix}{name}").try_into().ok());
    let mut keys: Vec<AnyKey> = keys.collect();
    keys.sort();
    KeySelection::Only(keys)
}

fn open_folder(
    paths: &dyn NamedPaths,
    path: &Path,
    links: Links,
) -> Result<TreeView, OperationError> {
    let tree = paths.open_tree(path, links).map_err(|fault| error_at(path, &fault))?;
    Ok(TreeView::of_folder(tree))
}

fn open_destination(
    paths: &dyn NamedPaths,
    path: &Path,
    dry_run: bool,
) -> Result<TreeView, OperationError> {
    match paths.find_kind(path) {
        NamedKind::Absent if dry_run => return Ok(TreeView::of_nothing()),
        NamedKind::Folder => (),
        NamedKind::Absent | NamedKind::File | NamedKind::Other => {
            paths.make_folder(path).map_err(|fault| unmade_error(path, &fault))?;
        }
    }
    // Nothing is ever written through a link.
    open_folder(paths, path, Links::Skip)
}

fn unmade_error(path: &Path, fault: &Fault) -> OperationError {
    let is_denied = fault.kind == FaultKind::Denied;
    let kind = if is_denied { ErrorKind::Denied } else { ErrorKind::Io };
    OperationError::new(kind, fault.detail.clone()).within(format!("`{}`", describe_path(path)))
}

fn error_at(path: &Path, fault: &Fault) -> OperationError {
    OperationError::about(format!("`{}`", describe_path(path)), fault)
}
