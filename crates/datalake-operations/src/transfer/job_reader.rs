//! Named places turned into jobs.

use std::collections::BTreeSet;
use std::path::Path;

use datalake_core::s3::{BucketName, S3Address};
use datalake_engine::AnyKey;
use datalake_engine::transfer::{NamedKind, NamedPaths, SourceFile, SourceObject};

use super::job::{describe_path, folder_of};
use super::job_names::{
    as_folder, behind_folder, ends_with_slash, file_name, folder_error, require_storable,
};
use super::streamed::refuse_pipes;
use super::{JobDestination, JobSource, TransferJob, TransferSide};
use crate::lake::BucketClient;
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// How named sources are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct SourceReading {
    /// Whether a source is a folder.
    pub recursive: bool,
    /// Whether wildcards are none.
    pub no_glob: bool,
}

/// Sources that a person names, and where they are to be brought.
#[derive(Debug, Clone, Copy)]
pub struct NamedPlaces<'a> {
    /// The sources.
    pub sources: &'a [TransferSide],
    /// The destination.
    pub dest: &'a TransferSide,
    /// How the sources are read.
    pub reading: SourceReading,
}

/// Turns named places into jobs.
#[derive(Clone, Copy)]
pub struct JobReader<'a> {
    /// The service, and the bucket that is meant where none is named.
    pub client: BucketClient<'a>,
    /// The file system of this machine.
    pub paths: &'a dyn NamedPaths,
}

/// Sources sorted by what they are.
#[derive(Default)]
struct SortedSources {
    folders: Vec<JobSource>,
    files: Vec<SourceFile>,
    /// Bucket by bucket.
    objects: Vec<(BucketName, Vec<SourceObject>)>,
}

/// Something that gets a name at the destination.
trait Renamed {
    fn name_mut(&mut self) -> &mut String;
}

impl Renamed for SourceFile {
    fn name_mut(&mut self) -> &mut String {
        &mut self.name
    }
}

impl Renamed for SourceObject {
    fn name_mut(&mut self) -> &mut String {
        &mut self.name
    }
}

impl SortedSources {
    fn add_object(&mut self, bucket: BucketName, object: SourceObject) {
        match self.objects.iter_mut().find(|(known, _)| *known == bucket) {
            Some((_, objects)) => objects.push(object),
            None => self.objects.push((bucket, vec![object])),
        }
    }

    /// Whether it is one file or object and nothing else, which may get a name of its own.
    fn is_single(&self) -> bool {
        let objects = self.objects.iter().map(|(_, objects)| objects.len()).sum::<usize>();
        self.folders.is_empty() && self.files.len() + objects == 1
    }
}

impl JobReader<'_> {
    /// The jobs that bring the sources to the destination.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for sources that make no sense together, and a pattern or key that is none.
    pub fn read_jobs(&self, named: &NamedPlaces<'_>) -> Result<Vec<TransferJob>, OperationError> {
        let NamedPlaces { sources, dest, reading } = *named;
        if reading.recursive && sources.len() > 1 {
            let message = "--recursive takes one folder at a time";
            return Err(OperationError::new(ErrorKind::Usage, message));
        }
        let sorted = self.sort_sources(sources, reading)?;
        let is_single = sorted.is_single();
        let mut jobs = Vec::new();
        for source in sorted.folders {
            jobs.push(TransferJob { source, dest: self.read_folder(dest)? });
        }
        if !sorted.files.is_empty() {
            let mut files = sorted.files;
            let dest = self.settle_names(dest, &mut files, is_single)?;
            jobs.push(TransferJob { source: JobSource::Files(files), dest });
        }
        for (bucket, mut objects) in sorted.objects {
            let dest = self.settle_names(dest, &mut objects, is_single)?;
            jobs.push(TransferJob { source: JobSource::Objects(bucket, objects), dest });
        }
        jobs.iter().try_for_each(TransferJob::check)?;
        Ok(jobs)
    }

    /// The job between two folders.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where neither is in a bucket.
    pub fn read_pair(
        &self,
        source: &TransferSide,
        dest: &TransferSide,
    ) -> Result<TransferJob, OperationError> {
        refuse_pipes([source, dest])?;
        let source = match source {
            TransferSide::Local(path) => {
                let command =
                    AdvisedCommand::PutFile { file: describe_path(path), dest: dest.describe() };
                self.refuse_file(path, Advice::naming("for one file: {}", [command]))?;
                JobSource::Folder(path.clone())
            }
            TransferSide::Bucket(address) => {
                let bucket = self.client.choose_bucket(address.bucket.as_ref())?;
                JobSource::Prefix(bucket, as_folder(&address.key))
            }
        };
        let job = TransferJob { source, dest: self.read_folder(dest)? };
        job.check()?;
        Ok(job)
    }

    fn sort_sources(
        &self,
        sources: &[TransferSide],
        reading: SourceReading,
    ) -> Result<SortedSources, OperationError> {
        let mut sorted = SortedSources::default();
        for source in sources {
            match source {
                TransferSide::Local(path) if reading.recursive => {
                    self.refuse_file(path, "leave out --recursive to bring one file".into())?;
                    sorted.folders.push(JobSource::Folder(path.clone()));
                }
                TransferSide::Local(path) if self.paths.is_folder(path) => {
                    return Err(folder_error(path));
                }
                TransferSide::Local(path) => {
                    sorted.files.push(SourceFile { name: file_name(path)?, path: path.clone() });
                }
                TransferSide::Bucket(address) => {
                    self.sort_keys(address, reading, &mut sorted)?;
                }
            }
        }
        Ok(sorted)
    }

    /// Sorts what an address means as a source.
    fn sort_keys(
        &self,
        address: &S3Address,
        reading: SourceReading,
        sorted: &mut SortedSources,
    ) -> Result<(), OperationError> {
        if address.bucket.is_none() && address.key.is_empty() {
            // Most often a variable that is not set.
            return Err(OperationError::new(ErrorKind::Usage, "an empty text names nothing")
                .advise("a whole bucket is `s3://BUCKET/`"));
        }
        if reading.recursive || address.key.is_empty() || address.key.ends_with('/') {
            let bucket = self.client.choose_bucket(address.bucket.as_ref())?;
            sorted.folders.push(JobSource::Prefix(bucket, as_folder(&address.key)));
            return Ok(());
        }
        let (bucket, pattern) = self.client.parse_pattern(address, reading.no_glob)?;
        if pattern.has_wildcards() {
            sorted.folders.push(JobSource::Matching(bucket, pattern));
            return Ok(());
        }
        let key = AnyKey::try_from(pattern.literal());
        let key = key.map_err(|error| OperationError::of(ErrorKind::Usage, &error))?;
        let name = behind_folder(key.as_str()).to_owned();
        sorted.add_object(bucket, SourceObject { name, key });
        Ok(())
    }

    /// The destination as a folder.
    fn read_folder(&self, dest: &TransferSide) -> Result<JobDestination, OperationError> {
        Ok(match dest {
            TransferSide::Local(path) => JobDestination::Folder(path.clone()),
            TransferSide::Bucket(address) => {
                require_storable(&address.key)?;
                let bucket = self.client.choose_bucket(address.bucket.as_ref())?;
                JobDestination::Prefix(bucket, as_folder(&address.key))
            }
        })
    }

    /// The destination of picked names: a folder, or for a single one the very name that it gets.
    fn settle_names<T: Renamed>(
        &self,
        dest: &TransferSide,
        picked: &mut [T],
        is_single: bool,
    ) -> Result<JobDestination, OperationError> {
        let mut names = BTreeSet::new();
        if !picked.iter_mut().all(|one| names.insert(one.name_mut().clone())) {
            let message = "two of the sources have the same name";
            return Err(OperationError::new(ErrorKind::Usage, message)
                .advise("bring them one by one, or the folder that holds them with --recursive"));
        }
        let is_folder = !is_single
            || match dest {
                TransferSide::Local(path) => self.paths.is_folder(path) || ends_with_slash(path),
                TransferSide::Bucket(address) => {
                    address.key.is_empty() || address.key.ends_with('/')
                }
            };
        if is_folder {
            return self.read_folder(dest);
        }
        let (dest, name) = match dest {
            TransferSide::Local(path) => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                let folder = folder.unwrap_or(Path::new(".")).to_owned();
                (JobDestination::Folder(folder), file_name(path)?)
            }
            TransferSide::Bucket(address) => {
                require_storable(&address.key)?;
                let bucket = self.client.choose_bucket(address.bucket.as_ref())?;
                let folder = folder_of(&address.key).to_owned();
                let name = behind_folder(&address.key).to_owned();
                (JobDestination::Prefix(bucket, folder), name)
            }
        };
        for one in picked {
            one.name_mut().clone_from(&name);
        }
        Ok(dest)
    }

    /// Refuses a file where a folder is meant.
    fn refuse_file(&self, path: &Path, advice: Advice) -> Result<(), OperationError> {
        if self.paths.find_kind(path) != NamedKind::File {
            return Ok(());
        }
        let message = format!("`{}` is a file, not a folder", describe_path(path));
        Err(OperationError::new(ErrorKind::Absent, message).advise(advice))
    }
}
