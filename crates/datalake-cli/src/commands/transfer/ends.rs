//! The two ends of a transfer, opened.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use datalake_core::BucketName;
use datalake_engine::AnyKey;
use datalake_engine::transfer::{BucketFolder, Route};
use datalake_host::Links;
use tempfile::TempDir;

use super::job::{Dest, Job, Source, folder_of};
use super::local::LocalSide;
use super::notes::Notes;
use super::view::{ALIAS, Shown, View};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path::{self, NamedKind};
use crate::remote::Remote;
use crate::render::printable;

/// Both ends of one run.
pub(super) struct Ends<'a> {
    pub(super) from: End<'a>,
    pub(super) to: End<'a>,
    pub(super) notes: Arc<Notes>,
    /// Stands in for a folder that is not there yet, where nothing is to be changed.
    _stand_in: Option<TempDir>,
}

/// One end.
pub(super) enum End<'a> {
    Local(LocalSide),
    Bucket(Box<View<'a>>, BucketName, String),
}

/// How ends are opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    pub(super) links: Links,
    pub(super) dry_run: bool,
    /// Whether the source is to be removed afterwards.
    pub(super) moves: bool,
}

impl<'a> Ends<'a> {
    /// Opens both ends; makes the folder that is the destination.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a folder or file that cannot be opened.
    pub(super) fn open(job: &Job, remote: &'a Remote, opening: Opening) -> Result<Self, Failure> {
        let notes = Arc::new(Notes::new(opening.moves));
        let aliases = Arc::new(aliases(&job.source));
        let view = |shown, notes| {
            let (asked, aliases) = (remote.lake(), Arc::clone(&aliases));
            Box::new(View { store: &remote.store, asked, shown, aliases, notes })
        };
        let noted = || Some(Arc::clone(&notes));
        let from = match &job.source {
            Source::Folder(path) => {
                let tree = LocalSide::whole(path, opening.links);
                End::Local(tree.map_err(|fault| at(path, &fault))?.noting(&notes))
            }
            Source::Files(files) => {
                let files = LocalSide::files(files);
                End::Local(files.map_err(|(path, fault)| at(&path, &fault))?.noting(&notes))
            }
            Source::Prefix(bucket, prefix) => {
                End::Bucket(view(Shown::All, noted()), bucket.clone(), prefix.clone())
            }
            Source::Fitting(bucket, pattern) => {
                let prefix = folder_of(pattern.literal()).to_owned();
                let shown = Shown::Fitting(pattern.clone());
                End::Bucket(view(shown, noted()), bucket.clone(), prefix)
            }
            Source::Objects(bucket, _) => {
                let shown = Shown::Only(aliases.keys().cloned().collect());
                End::Bucket(view(shown, noted()), bucket.clone(), ALIAS.to_owned())
            }
        };
        let (to, stand_in) = match &job.dest {
            Dest::Prefix(bucket, prefix) => {
                let shown = shown_of(job, prefix);
                (End::Bucket(view(shown, None), bucket.clone(), prefix.clone()), None)
            }
            Dest::Folder(path) => {
                local_dest(path, picked(&job.source).as_deref(), opening.dry_run)?
            }
        };
        Ok(Self { from, to, notes, _stand_in: stand_in })
    }
}

/// The destination alone, where it is a bucket.
pub(super) fn bucket_end<'a>(job: &Job, remote: &'a Remote) -> Option<End<'a>> {
    let Dest::Prefix(bucket, prefix) = &job.dest else { return None };
    let view = View {
        store: &remote.store,
        asked: remote.lake(),
        shown: shown_of(job, prefix),
        aliases: Arc::default(),
        notes: None,
    };
    Some(End::Bucket(Box::new(view), bucket.clone(), prefix.clone()))
}

fn shown_of(job: &Job, prefix: &str) -> Shown {
    match picked(&job.source) {
        None => Shown::All,
        Some(names) => Shown::Only(keys(prefix, &names)),
    }
}

impl End<'_> {
    /// The end as a folder of a bucket, where it is one.
    pub(super) fn folder(&self) -> Option<BucketFolder<'_>> {
        match self {
            Self::Local(_) => None,
            Self::Bucket(view, bucket, prefix) => Some(BucketFolder {
                objects: view.as_ref(),
                uploads: view.as_ref(),
                bucket: bucket.clone(),
                prefix: prefix.clone(),
            }),
        }
    }
}

/// The way between the ends, whose folders in buckets are given.
///
/// # Errors
///
/// [`Failure`] where neither end is in a bucket; jobs are checked against that before.
pub(super) fn route<'r>(
    ends: &'r Ends<'_>,
    folders: (Option<&'r BucketFolder<'r>>, Option<&'r BucketFolder<'r>>),
) -> Result<Route<'r>, Failure> {
    match (&ends.from, &ends.to, folders) {
        (End::Local(tree), _, (_, Some(folder))) => Ok(Route::Up(tree, folder)),
        (_, End::Local(tree), (Some(folder), _)) => Ok(Route::Down(folder, tree)),
        (_, _, (Some(from), Some(to))) => Ok(Route::Across(from, to)),
        _ => Err(Failure::new(Exit::Bug, "a transfer without a bucket")),
    }
}

type Opened<'a> = (End<'a>, Option<TempDir>);

fn local_dest<'a>(
    path: &Path,
    names: Option<&[&str]>,
    dry_run: bool,
) -> Result<Opened<'a>, Failure> {
    let stand_in = match named_path::find_kind(path) {
        NamedKind::Folder => None,
        NamedKind::Absent if dry_run => {
            Some(TempDir::new().map_err(|error| Failure::io(path, &error))?)
        }
        NamedKind::Absent | NamedKind::File | NamedKind::Other => {
            named_path::make_folder(path)?;
            None
        }
    };
    let path = stand_in.as_ref().map_or(path, TempDir::path);
    let side = match names {
        // Nothing is ever written through a link.
        None => LocalSide::whole(path, Links::Skip),
        Some(names) => LocalSide::places(path, names),
    };
    Ok((End::Local(side.map_err(|fault| at(path, &fault))?), stand_in))
}

/// The names of picked files or objects.
fn picked(source: &Source) -> Option<Vec<&str>> {
    match source {
        Source::Files(files) => Some(files.iter().map(|(name, _)| name.as_str()).collect()),
        Source::Objects(_, objects) => {
            Some(objects.iter().map(|(name, _)| name.as_str()).collect())
        }
        Source::Folder(_) | Source::Prefix(..) | Source::Fitting(..) => None,
    }
}

fn aliases(source: &Source) -> BTreeMap<AnyKey, AnyKey> {
    let Source::Objects(_, objects) = source else { return BTreeMap::new() };
    let alias = |(name, key): &(String, AnyKey)| {
        Some((AnyKey::try_from(format!("{ALIAS}{name}")).ok()?, key.clone()))
    };
    objects.iter().filter_map(alias).collect()
}

fn keys(prefix: &str, names: &[&str]) -> Vec<AnyKey> {
    // A name that makes no key is refused when its source is met.
    let mut keys: Vec<_> =
        names.iter().filter_map(|name| format!("{prefix}{name}").try_into().ok()).collect();
    keys.sort();
    keys
}

fn at(path: &Path, fault: &datalake_core::Fault) -> Failure {
    Failure::about(format!("`{}`", printable(&path.display().to_string())), fault)
}
