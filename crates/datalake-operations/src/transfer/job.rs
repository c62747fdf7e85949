//! What one run of the engine moves from where to where.

use std::path::{Path, PathBuf};

use datalake_core::s3::{BucketName, KeyPattern};
use datalake_core::text::printable;
use datalake_engine::transfer::{SourceFile, SourceObject};

use crate::{ErrorKind, OperationError};

/// One run of the engine.
#[derive(Debug, Clone)]
pub struct TransferJob {
    /// Where from.
    pub source: JobSource,
    /// Where to.
    pub dest: JobDestination,
}

/// Where from.
#[derive(Debug, Clone)]
pub enum JobSource {
    /// All that is in a folder.
    Folder(PathBuf),
    /// Files under new names.
    Files(Vec<SourceFile>),
    /// All keys below a folder of a bucket; empty, or with `/` at its end.
    Prefix(BucketName, String),
    /// Keys that match, under their names below the folder that the pattern begins with.
    Matching(BucketName, KeyPattern),
    /// Objects under new names.
    Objects(BucketName, Vec<SourceObject>),
}

/// Where to.
#[derive(Debug, Clone)]
pub enum JobDestination {
    /// A folder.
    Folder(PathBuf),
    /// A folder of a bucket; empty, or with `/` at its end.
    Prefix(BucketName, String),
}

/// Source and destination in words, fit for a terminal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobPlaces {
    /// Where from; the first one of many.
    pub source: String,
    /// Where to.
    pub destination: String,
}

impl TransferJob {
    /// Refuses what no run could do, or what would meet its own results.
    ///
    /// # Errors
    ///
    /// [`OperationError`] of wrong use.
    pub fn check(&self) -> Result<(), OperationError> {
        let usage = |message: &str| Err(OperationError::new(ErrorKind::Usage, message));
        match (&self.source, &self.dest) {
            (JobSource::Folder(_) | JobSource::Files(_), JobDestination::Folder(_)) => {
                usage("neither side is in a bucket: write `s3://BUCKET/KEY` for one of them")
            }
            (JobSource::Prefix(from, prefix), JobDestination::Prefix(to, dest))
                if from == to && (dest.starts_with(prefix) || prefix.starts_with(dest)) =>
            {
                usage("one of the two folders is inside the other")
            }
            (JobSource::Matching(from, pattern), JobDestination::Prefix(to, dest))
                if from == to && dest.starts_with(folder_of(pattern.literal())) =>
            {
                usage("the destination is inside the folder that the keys come from")
            }
            (JobSource::Objects(from, picked), JobDestination::Prefix(to, dest)) if from == to => {
                let is_itself = |object: &SourceObject| {
                    *object.key.as_str() == format!("{dest}{}", object.name)
                };
                if picked.iter().any(is_itself) {
                    return usage("source and destination are the same object");
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Refuses what makes no objects of files.
    ///
    /// # Errors
    ///
    /// [`OperationError`] of wrong use.
    pub fn require_upload(&self) -> Result<(), OperationError> {
        match (&self.source, &self.dest) {
            (JobSource::Folder(_) | JobSource::Files(_), JobDestination::Prefix(..)) => Ok(()),
            _ => Err(OperationError::new(
                ErrorKind::Usage,
                "--content-type, --cache-control and --metadata are for what is sent from here",
            )
            .advise("what is copied inside the service keeps its own")),
        }
    }

    /// The bucket from which contents come to this machine, if they do.
    #[must_use]
    pub fn find_downloaded_bucket(&self) -> Option<&BucketName> {
        match &self.dest {
            JobDestination::Folder(_) => self.source.bucket(),
            JobDestination::Prefix(..) => None,
        }
    }

    /// The bucket whose contents a verification reads.
    #[must_use]
    pub fn find_read_bucket(&self) -> Option<&BucketName> {
        match &self.dest {
            JobDestination::Prefix(bucket, _) => Some(bucket),
            JobDestination::Folder(_) => self.source.bucket(),
        }
    }

    /// The bucket of a transfer that has one; that of two is not known.
    #[must_use]
    pub fn find_only_bucket(&self) -> Option<&BucketName> {
        match (self.source.bucket(), &self.dest) {
            (None, JobDestination::Prefix(bucket, _)) => Some(bucket),
            (bucket, JobDestination::Folder(_)) => bucket,
            (Some(_), JobDestination::Prefix(..)) => None,
        }
    }

    /// Source and destination in words.
    #[must_use]
    pub fn describe(&self) -> JobPlaces {
        let destination = match &self.dest {
            JobDestination::Folder(folder) => describe_path(folder),
            JobDestination::Prefix(bucket, prefix) => describe_key(bucket, prefix),
        };
        JobPlaces { source: self.source.describe(), destination }
    }
}

impl JobSource {
    /// Whether it is single files or objects, of which each is asked for by its name.
    #[must_use]
    pub fn is_picked(&self) -> bool {
        matches!(self, Self::Files(_) | Self::Objects(..))
    }

    /// The names of single files or objects.
    #[must_use]
    pub fn list_names(&self) -> Option<Vec<&str>> {
        match self {
            Self::Files(files) => Some(files.iter().map(|file| file.name.as_str()).collect()),
            Self::Objects(_, objects) => {
                Some(objects.iter().map(|object| object.name.as_str()).collect())
            }
            Self::Folder(_) | Self::Prefix(..) | Self::Matching(..) => None,
        }
    }

    /// The bucket, where it is one.
    #[must_use]
    pub fn bucket(&self) -> Option<&BucketName> {
        match self {
            Self::Folder(_) | Self::Files(_) => None,
            Self::Prefix(bucket, _) | Self::Matching(bucket, _) | Self::Objects(bucket, _) => {
                Some(bucket)
            }
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Folder(folder) => describe_path(folder),
            Self::Files(files) => {
                let first = files.first().map(|file| describe_path(&file.path));
                describe_many(first, files.len())
            }
            Self::Prefix(bucket, prefix) => describe_key(bucket, prefix),
            Self::Matching(bucket, pattern) => {
                format!("{}…", describe_key(bucket, pattern.literal()))
            }
            Self::Objects(bucket, picked) => {
                let first = picked.first().map(|first| describe_key(bucket, first.key.as_str()));
                describe_many(first, picked.len())
            }
        }
    }
}

/// A path in words, fit for a terminal.
pub(super) fn describe_path(path: &Path) -> String {
    printable(&path.display().to_string())
}

fn describe_key(bucket: &BucketName, key: &str) -> String {
    format!("s3://{bucket}/{}", printable(key))
}

fn describe_many(first: Option<String>, count: usize) -> String {
    let first = first.unwrap_or_default();
    match count {
        0 | 1 => first,
        count => format!("{first} and {} more", count - 1),
    }
}

/// A key up to its last `/`, with it.
pub(super) fn folder_of(key: &str) -> &str {
    key.rfind('/').map_or("", |slash| key.get(..=slash).unwrap_or_default())
}
