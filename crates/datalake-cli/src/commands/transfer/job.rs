//! What is moved from where to where: the command line's words turned into places.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use datalake_core::{BucketName, KeyPattern};
use datalake_engine::AnyKey;

use crate::args::{Address, transfer::Side};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path::is_folder as is_folder_at;
use crate::remote::Remote;
use crate::render::printable;

/// One run of the engine.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) source: Source,
    pub(super) dest: Dest,
}

/// Where from.
#[derive(Debug)]
pub(super) enum Source {
    /// All that is in a folder.
    Folder(PathBuf),
    /// Files under new names.
    Files(Vec<(String, PathBuf)>),
    /// All keys below a folder of a bucket; empty, or with `/` at its end.
    Prefix(BucketName, String),
    /// Keys that fit, under their names below the folder that the pattern begins with.
    Fitting(BucketName, KeyPattern),
    /// Objects under new names.
    Objects(BucketName, Vec<(String, AnyKey)>),
}

/// Where to.
#[derive(Debug)]
pub(super) enum Dest {
    /// A folder.
    Folder(PathBuf),
    /// A folder of a bucket; empty, or with `/` at its end.
    Prefix(BucketName, String),
}

/// How sources on the command line are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// Whether a source is a folder.
    pub(super) recursive: bool,
    /// Whether wildcards are none.
    pub(super) no_glob: bool,
}

/// The runs that bring the sources to the destination.
///
/// # Errors
///
/// [`Failure`] for sources that make no sense together, and a pattern or key that is none.
pub(super) fn jobs(
    remote: &Remote,
    sources: &[Side],
    dest: &Side,
    reading: Reading,
) -> Result<Vec<Job>, Failure> {
    if reading.recursive && sources.len() > 1 {
        return Err(Failure::new(Exit::Usage, "--recursive takes one folder at a time"));
    }
    let (mut files, mut folders, mut objects) = (Vec::new(), Vec::new(), Vec::new());
    for source in sources {
        match source {
            Side::Local(path) if reading.recursive => folders.push(Source::Folder(path.clone())),
            Side::Local(path) if is_folder_at(path) => return Err(is_folder(path)),
            Side::Local(path) => files.push((file_name(path)?, path.clone())),
            Side::Bucket(address) => match keys(remote, address, reading)? {
                Source::Objects(bucket, picked) => objects.push((bucket, picked)),
                folder => folders.push(folder),
            },
        }
    }
    let alone = folders.is_empty() && files.len() + objects.len() == 1;
    let mut jobs = Vec::new();
    for source in folders {
        jobs.push(Job { source, dest: folder(remote, dest)? });
    }
    if !files.is_empty() {
        let (dest, files) = settled(remote, dest, files, alone)?;
        jobs.push(Job { source: Source::Files(files), dest });
    }
    for (bucket, picked) in by_bucket(objects) {
        let (dest, picked) = settled(remote, dest, picked, alone)?;
        jobs.push(Job { source: Source::Objects(bucket, picked), dest });
    }
    jobs.iter().try_for_each(Job::check)?;
    Ok(jobs)
}

/// The run between two folders.
///
/// # Errors
///
/// [`Failure`] where neither is in a bucket.
pub(super) fn pair(remote: &Remote, source: &Side, dest: &Side) -> Result<Job, Failure> {
    let source = match source {
        Side::Local(path) => Source::Folder(path.clone()),
        Side::Bucket(address) => {
            Source::Prefix(remote.bucket(address.bucket.as_ref())?, as_folder(&address.key))
        }
    };
    let job = Job { source, dest: folder(remote, dest)? };
    job.check()?;
    Ok(job)
}

impl Job {
    /// Refuses what no run could do, or what would meet its own results.
    fn check(&self) -> Result<(), Failure> {
        let usage = |message: &str| Err(Failure::new(Exit::Usage, message));
        match (&self.source, &self.dest) {
            (Source::Folder(_) | Source::Files(_), Dest::Folder(_)) => {
                usage("neither side is in a bucket: write `s3://BUCKET/KEY` for one of them")
            }
            (Source::Prefix(from, prefix), Dest::Prefix(to, dest))
                if from == to && (dest.starts_with(prefix) || prefix.starts_with(dest)) =>
            {
                usage("one of the two folders lies in the other one")
            }
            (Source::Fitting(from, pattern), Dest::Prefix(to, dest))
                if from == to && dest.starts_with(folder_of(pattern.literal())) =>
            {
                usage("the destination lies in the folder that the keys come from")
            }
            (Source::Objects(from, picked), Dest::Prefix(to, dest)) if from == to => {
                let same =
                    |(name, key): &(String, AnyKey)| *key.as_str() == format!("{dest}{name}");
                if picked.iter().any(same) {
                    return usage("source and destination are the same object");
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The bucket from which contents come to this machine, if they do.
    pub(super) fn downloads_from(&self) -> Option<&BucketName> {
        match (&self.source, &self.dest) {
            (
                Source::Prefix(bucket, _) | Source::Fitting(bucket, _) | Source::Objects(bucket, _),
                Dest::Folder(_),
            ) => Some(bucket),
            (_, Dest::Prefix(..)) | (Source::Folder(_) | Source::Files(_), Dest::Folder(_)) => None,
        }
    }

    /// Source and destination in words, fit for a terminal.
    pub(super) fn words(&self) -> (String, String) {
        let path = |path: &Path| printable(&path.display().to_string());
        let key = |bucket: &BucketName, key: &str| format!("s3://{bucket}/{}", printable(key));
        let many = |first: String, count: usize| match count {
            1 => first,
            count => format!("{first} and {} more", count - 1),
        };
        let source = match &self.source {
            Source::Folder(folder) => path(folder),
            Source::Files(files) => {
                many(files.first().map(|(_, file)| path(file)).unwrap_or_default(), files.len())
            }
            Source::Prefix(bucket, prefix) => key(bucket, prefix),
            Source::Fitting(bucket, pattern) => format!("{}…", key(bucket, pattern.literal())),
            Source::Objects(bucket, picked) => {
                let first = picked.first().map(|(_, first)| key(bucket, first.as_str()));
                many(first.unwrap_or_default(), picked.len())
            }
        };
        let dest = match &self.dest {
            Dest::Folder(folder) => path(folder),
            Dest::Prefix(bucket, prefix) => key(bucket, prefix),
        };
        (source, dest)
    }
}

/// What an address means as a source.
fn keys(remote: &Remote, address: &Address, reading: Reading) -> Result<Source, Failure> {
    if reading.recursive || address.key.is_empty() || address.key.ends_with('/') {
        let bucket = remote.bucket(address.bucket.as_ref())?;
        return Ok(Source::Prefix(bucket, as_folder(&address.key)));
    }
    let (bucket, pattern) = remote.keys(address, reading.no_glob)?;
    if pattern.has_wildcards() {
        return Ok(Source::Fitting(bucket, pattern));
    }
    let key = AnyKey::try_from(pattern.literal());
    let key = key.map_err(|error| Failure::of(Exit::Usage, &error))?;
    let name = behind_folder(key.as_str()).to_owned();
    Ok(Source::Objects(bucket, vec![(name, key)]))
}

fn by_bucket(
    objects: Vec<(BucketName, Vec<(String, AnyKey)>)>,
) -> Vec<(BucketName, Vec<(String, AnyKey)>)> {
    let mut buckets: Vec<(BucketName, Vec<(String, AnyKey)>)> = Vec::new();
    for (bucket, picked) in objects {
        match buckets.iter_mut().find(|(known, _)| *known == bucket) {
            Some((_, all)) => all.extend(picked),
            None => buckets.push((bucket, picked)),
        }
    }
    buckets
}

/// The destination as a folder.
fn folder(remote: &Remote, dest: &Side) -> Result<Dest, Failure> {
    Ok(match dest {
        Side::Local(path) => Dest::Folder(path.clone()),
        Side::Bucket(address) => {
            Dest::Prefix(remote.bucket(address.bucket.as_ref())?, as_folder(&address.key))
        }
    })
}

/// The destination of picked names: a folder, or for one alone the very name that it gets.
fn settled<T>(
    remote: &Remote,
    dest: &Side,
    mut picked: Vec<(String, T)>,
    alone: bool,
) -> Result<(Dest, Vec<(String, T)>), Failure> {
    let names: BTreeSet<_> = picked.iter().map(|(name, _)| name.as_str()).collect();
    if names.len() < picked.len() {
        return Err(Failure::new(Exit::Usage, "two of the sources have the same name")
            .hint("bring them one by one, or the folder that holds them with --recursive"));
    }
    let is_folder = !alone
        || match dest {
            Side::Local(path) => is_folder_at(path) || ends_with_slash(path),
            Side::Bucket(address) => address.key.is_empty() || address.key.ends_with('/'),
        };
    if is_folder {
        return Ok((folder(remote, dest)?, picked));
    }
    let (dest, name) = match dest {
        Side::Local(path) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            (Dest::Folder(folder.unwrap_or(Path::new(".")).to_owned()), file_name(path)?)
        }
        Side::Bucket(address) => {
            let bucket = remote.bucket(address.bucket.as_ref())?;
            let name = behind_folder(&address.key).to_owned();
            (Dest::Prefix(bucket, folder_of(&address.key).to_owned()), name)
        }
    };
    for (own, _) in &mut picked {
        own.clone_from(&name);
    }
    Ok((dest, picked))
}

fn is_folder(path: &Path) -> Failure {
    let shown = printable(&path.display().to_string());
    Failure::new(Exit::Usage, format!("`{shown}` is a folder"))
        .hint("--recursive takes all that is in it")
}

fn file_name(path: &Path) -> Result<String, Failure> {
    let shown = printable(&path.display().to_string());
    let unfit = |why: &str| Failure::new(Exit::Usage, format!("`{shown}` {why}"));
    let name = path.file_name().ok_or_else(|| unfit("names no file"))?;
    let name = name.to_str().ok_or_else(|| unfit("is no UTF-8, which keys have to be"))?;
    Ok(name.to_owned())
}

fn ends_with_slash(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

fn as_folder(key: &str) -> String {
    if key.is_empty() || key.ends_with('/') { key.to_owned() } else { format!("{key}/") }
}

/// A key up to its last `/`, with it.
pub(super) fn folder_of(key: &str) -> &str {
    key.rfind('/').map_or("", |slash| key.get(..=slash).unwrap_or_default())
}

fn behind_folder(key: &str) -> &str {
    key.get(folder_of(key).len()..).unwrap_or_default()
}
