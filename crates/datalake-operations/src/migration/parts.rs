//! What a migration is made of: parts that each go from one place to another.

use std::path::PathBuf;
use std::sync::Arc;

use datalake_core::migration::{AssetKeys, PartCounts, PartKind};
use datalake_core::text::printable;
use datalake_dagster::StoredKind;
use datalake_engine::transfer::BucketFolder;
use datalake_engine::{Lake, Lock, Objects, RetryingStore, Uploads};

use super::asset_keys::read_database_keys;
use super::foreign::ForeignDestination;
use super::log_destination::LogDestination;
use super::open_part::{OpenPart, OpenSource};
use super::part::{
    ObjectsOrigin, PartOrigin, end_with_slash, find_logs, list_stored_kinds, list_tabular_parts,
};
use super::tree::PartTree;
use super::{MigrationChoice, MigrationContext, MigrationPart, ObjectsChoice};
use crate::lake::require_folder;
use crate::{
    ErrorKind, FolderPlace, HomePlaces, OperationError, PairOfPlaces, PairRecords, identify_pair,
    require_named_home,
};

/// Calls that may be repeated while objects of another place are looked for.
const REPETITIONS: u32 = 20;

/// A migration: from where to where.
pub struct Migration<'a> {
    /// Dagster's home, where files are migrated.
    pub home: Option<HomePlaces>,
    /// The parts, in the order in which they go.
    pub parts: Vec<MigrationPart>,
    pub(crate) context: &'a MigrationContext<'a>,
    /// The service of the objects that are migrated, where it is another one.
    foreign: Option<&'a dyn Lake>,
    /// The destination, as it is for objects of another service.
    dest: ForeignDestination<'a>,
    /// The destination, as it is for logs of tables.
    pub(crate) logs: LogDestination<'a>,
    /// The keys of the assets that the instance's own database knows.
    known: Arc<AssetKeys>,
}

/// Source and destination of a part in words, fit for a terminal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartPlaces {
    /// Where from.
    pub source: String,
    /// Where to.
    pub destination: String,
}

impl<'a> Migration<'a> {
    /// What the operator, the units, `dagster.yaml` and the spec make of it.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where a place is not known.
    pub async fn find(
        context: &'a MigrationContext<'a>,
        choice: &MigrationChoice<'a>,
    ) -> Result<Self, OperationError> {
        context.await_bucket().await?;
        if let Some(objects) = &choice.objects {
            return Self::find_objects(context, objects);
        }
        require_named_home(context.home.named, &choice.home).await?;
        let home = HomePlaces::find(&context.home, &choice.home)?;
        let pickles = home.pickles.clone().map_err(|why| {
            let message = format!("the folder of the pickles is unknown: {why}");
            OperationError::new(ErrorKind::Config, message).advise("name the folder: --pickles DIR")
        })?;
        let prefix = end_with_slash(context.prefix.clone());
        let part = |kind, from: &FolderPlace, prefix| MigrationPart {
            kind,
            bucket: context.bucket.clone(),
            prefix,
            origin: PartOrigin::Folder(from.clone()),
        };
        let mut parts = vec![part(PartKind::Assets, &pickles, prefix.clone())];
        if choice.op_outputs {
            parts.push(part(PartKind::OpOutputs, &pickles, format!("{prefix}storage/")));
        }
        if choice.logs {
            let logs = find_logs(&home, choice.logs_prefix.clone())?;
            let prefix = format!("{}storage/", logs.prefix);
            parts.push(part(PartKind::Logs, &logs.folder, prefix));
        }
        if choice.tables {
            parts.extend(list_tabular_parts(&pickles, context.tables.as_ref())?);
        }
        // Where it cannot be asked, a key that begins like a run's id counts as one.
        let known = Arc::new(read_database_keys(&home).ok().flatten().unwrap_or_default());
        let dest = ForeignDestination(context.lake);
        let logs = LogDestination::new(context.lake);
        Ok(Self { home: Some(home), parts, context, foreign: None, dest, logs, known })
    }

    fn find_objects(
        context: &'a MigrationContext<'a>,
        objects: &ObjectsChoice<'a>,
    ) -> Result<Self, OperationError> {
        let own = || context.endpoint.to_string();
        let service = objects.service.as_ref();
        let endpoint = service.map_or_else(own, |service| service.endpoint.clone());
        let source = end_with_slash(objects.prefix.clone());
        let dest = end_with_slash(context.prefix.clone());
        let nested = dest.starts_with(&source) || source.starts_with(&dest);
        if service.is_none() && objects.bucket == context.bucket && nested {
            let message = "one of the two places is inside the other";
            return Err(OperationError::new(ErrorKind::Usage, message));
        }
        let bucket = objects.bucket.clone();
        let origin = PartOrigin::Bucket(ObjectsOrigin { endpoint, bucket, prefix: source });
        Ok(Self {
            home: None,
            parts: vec![MigrationPart {
                kind: PartKind::Objects,
                bucket: context.bucket.clone(),
                prefix: dest,
                origin,
            }],
            context,
            foreign: service.map(|service| service.lake),
            dest: ForeignDestination(context.lake),
            logs: LogDestination::new(context.lake),
            known: Arc::default(),
        })
    }

    /// Where Dagster's home lies, where files are migrated.
    #[must_use]
    pub fn find_home_folder(&self) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.folder.real_path())
    }

    /// Refuses objects of another place where there are none.
    ///
    /// # Errors
    ///
    /// [`OperationError`], as of [`require_folder`].
    pub async fn require_objects(&self) -> Result<(), OperationError> {
        for part in &self.parts {
            if let PartOrigin::Bucket(ObjectsOrigin { bucket, prefix, .. }) = &part.origin {
                let clock = self.context.home.context.clock;
                let lake = RetryingStore::new(self.source_lake(), clock, REPETITIONS);
                require_folder(&lake, bucket, prefix).await?;
            }
        }
        Ok(())
    }

    /// Opens a part.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where its folder cannot be opened, or another run is at work on it.
    pub(crate) fn open_part(
        &'a self,
        part: &MigrationPart,
        dry_run: bool,
    ) -> Result<OpenPart<'a>, OperationError> {
        let PartPlaces { source, destination } = self.describe_places(part);
        let pair = PairOfPlaces { id: self.identify_part(part), source, destination };
        let context = &self.context.home.context;
        let records = PairRecords::open(context, self.context.records, &pair, dry_run)?;
        let (objects, uploads): (&dyn Objects, &dyn Uploads) = match self.foreign {
            None if part.kind == PartKind::TableLogs => (&self.logs, self.context.lake),
            None => (self.context.lake, self.context.lake),
            // A service knows no objects of another one: they go through this machine.
            Some(_) => (&self.dest, &self.dest),
        };
        let (bucket, prefix) = (part.bucket.clone(), part.prefix.clone());
        Ok(OpenPart {
            source: self.open_source(part)?,
            folder: BucketFolder { objects, uploads, bucket, prefix },
            records,
            context: self.context,
        })
    }

    /// Takes the lock of a part for an operation that changes its files and keeps no records of its
    /// own.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where another run is at work on it.
    pub(crate) fn lock_part(&self, part: &MigrationPart) -> Result<Box<dyn Lock>, OperationError> {
        Ok(self.context.records.lock_pair(&self.identify_part(part))?)
    }

    fn open_source(&'a self, part: &MigrationPart) -> Result<OpenSource<'a>, OperationError> {
        Ok(match &part.origin {
            PartOrigin::Folder(folder) if part.is_yet_to_come() => {
                return Err(refuse_absent_folder(part.kind, folder));
            }
            PartOrigin::Folder(folder) => {
                let tree = folder.open_tree()?;
                let files = PartTree::new(&tree, list_stored_kinds(part.kind), &self.known);
                let files = files.noting(&Arc::default(), self.list_kinds_of_others(part));
                OpenSource::Tree { files, tree }
            }
            PartOrigin::Bucket(ObjectsOrigin { bucket, prefix, .. }) => {
                let store = self.source_lake();
                OpenSource::Folder(BucketFolder {
                    objects: store,
                    uploads: store,
                    bucket: bucket.clone(),
                    prefix: prefix.clone(),
                })
            }
        })
    }

    fn source_lake(&self) -> &'a dyn Lake {
        self.foreign.unwrap_or(self.context.lake)
    }

    /// The kinds that other parts take from the folder of a part, if it is the part that tells what
    /// else lies there: the first of that folder.
    fn list_kinds_of_others(&self, part: &MigrationPart) -> Option<Vec<StoredKind>> {
        let here = |part: &MigrationPart| part.folder().map(FolderPlace::path_here);
        let mut parts = self.parts.iter().filter(|other| here(other) == here(part));
        let first = parts.next().is_some_and(|first| first.kind == part.kind);
        first.then(|| parts.flat_map(|other| list_stored_kinds(other.kind)).copied().collect())
    }

    pub(crate) fn identify_part(&self, part: &MigrationPart) -> String {
        let kind = format!("migration of {}", part.kind.word());
        let mut id = vec![kind.into_bytes(), self.context.endpoint.to_string().into_bytes()];
        match &part.origin {
            PartOrigin::Folder(folder) => {
                id.push(folder.real_path().into_os_string().into_encoded_bytes());
            }
            PartOrigin::Bucket(ObjectsOrigin { endpoint, bucket, prefix }) => {
                let place = [endpoint.as_str(), bucket.as_str(), prefix];
                id.extend(place.map(|text| text.as_bytes().to_vec()));
            }
        }
        let dest = [part.bucket.as_str(), &part.prefix];
        id.extend(dest.map(|text| text.as_bytes().to_vec()));
        identify_pair(&id)
    }

    /// Source and destination of a part in words.
    #[must_use]
    pub fn describe_places(&self, part: &MigrationPart) -> PartPlaces {
        let source = match &part.origin {
            PartOrigin::Folder(folder) => folder.shown(),
            PartOrigin::Bucket(ObjectsOrigin { bucket, prefix, .. }) => {
                format!("s3://{bucket}/{}", printable(prefix))
            }
        };
        let destination = format!("s3://{}/{}", part.bucket, printable(&part.prefix));
        PartPlaces { source, destination }
    }

    /// The counts of a part of which nothing was seen yet.
    pub(crate) fn begin_counts(&self, part: &MigrationPart) -> PartCounts {
        let PartPlaces { source, destination } = self.describe_places(part);
        PartCounts::none(part.kind, source, destination)
    }
}

fn refuse_absent_folder(part: PartKind, folder: &FolderPlace) -> OperationError {
    let flag = if part == PartKind::Logs { "--log-dir" } else { "--pickles" };
    OperationError::new(ErrorKind::Config, format!("there is no folder `{}`", folder.shown()))
        .advise(format!("make it, or name the folder on this host: {flag} DIR"))
}

#[cfg(test)]
mod tests;
