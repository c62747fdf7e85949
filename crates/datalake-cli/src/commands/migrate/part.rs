//! What a migration is made of: parts that each go from one folder to another.

use std::collections::BTreeSet;
use std::sync::Arc;

use datalake_core::BucketName;
use datalake_dagster::StoredKind;
use datalake_engine::transfer::BucketFolder;
use datalake_engine::{Lock, Objects, Uploads, await_new_bucket};
use datalake_s3::S3Store;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::transfer::{PairRecords, pair_id};
use super::folder::FolderPlace;
use super::foreign::Foreign;
use super::home::{Home, Logs};
use super::is_home::require_named_home;
use super::open::{OpenPart, Source};
use super::report::database_keys;
use super::tree::PartTree;
use crate::args::migrate::What;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{Remote, at_bucket};
use crate::render::printable;

/// What the keys of logs begin with, where nothing else is said: Dagster's own default.
const LOGS_PREFIX: &str = "dagster";

/// A migration: from where to where.
pub(super) struct Migration<'r> {
    /// Dagster's home, where files are migrated.
    pub(super) home: Option<Home>,
    /// The parts, in the order in which they go.
    pub(super) parts: Vec<Part>,
    /// The bucket.
    pub(super) bucket: BucketName,
    /// The service of the objects that are migrated, where it is another one.
    foreign: Option<S3Store>,
    /// The destination, as it is for objects of another service.
    dest: Foreign<'r>,
    /// The keys of the assets that the instance's own database knows.
    known: Arc<BTreeSet<Vec<String>>>,
}

/// What a part holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PartKind {
    /// Pickles of assets.
    Assets,
    /// Pickles of ops' outputs.
    OpOutputs,
    /// What steps have printed.
    Logs,
    /// Objects of another place.
    Objects,
}

/// A part of a migration.
pub(super) struct Part {
    pub(super) kind: PartKind,
    from: From,
    /// What stands before each name in the bucket.
    pub(super) prefix: String,
}

enum From {
    Folder(FolderPlace),
    Bucket { endpoint: String, bucket: BucketName, prefix: String },
}

impl PartKind {
    /// What a part's files are called.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Assets => "assets",
            Self::OpOutputs => "op outputs",
            Self::Logs => "logs",
            Self::Objects => "objects",
        }
    }

    /// Whether its files are pickles.
    pub(crate) fn is_pickled(self) -> bool {
        matches!(self, Self::Assets | Self::OpOutputs)
    }

    /// What one of its files is called.
    pub(crate) fn file_word(self) -> &'static str {
        match self {
            Self::Assets => "pickle",
            Self::OpOutputs => "op output",
            Self::Logs => "log",
            Self::Objects => "object",
        }
    }

    /// What several of its files are called.
    pub(crate) fn files_word(self) -> &'static str {
        match self {
            Self::Assets => "pickles",
            Self::OpOutputs => "op outputs",
            Self::Logs => "logs",
            Self::Objects => "objects",
        }
    }

    fn stored(self) -> &'static [StoredKind] {
        match self {
            Self::Assets | Self::Objects => &[StoredKind::Asset],
            Self::OpOutputs => &[StoredKind::OpOutput],
            Self::Logs => &[StoredKind::Log, StoredKind::TickLog],
        }
    }
}

impl<'r> Migration<'r> {
    /// What the flags, the units, `dagster.yaml` and the spec make of it.
    ///
    /// # Errors
    ///
    /// [`Failure`] where a place is not known.
    pub(super) async fn of(remote: &'r Remote, what: &What) -> Result<Self, Failure> {
        let spec = remote.site.spec()?;
        let (bucket, prefix) = (spec.bucket, below(spec.prefix.to_string()));
        let (records, clock) = (remote.site.records(), &remote.site.clock);
        let is_there = await_new_bucket(&bucket, records, &remote.lake(), clock).await;
        is_there.map_err(at_bucket(&bucket))?;
        if what.from.is_some() {
            return Self::of_objects(remote, what, (bucket, prefix)).await;
        }
        require_named_home(what).await?;
        let home = Home::find(&remote.site, what)?;
        let pickles = home.pickles.clone().map_err(|why| {
            Failure::new(Exit::Config, format!("where the pickles lie is not known: {why}"))
                .hint("name the folder: --pickles DIR")
        })?;
        let part = |kind, from: &FolderPlace, prefix| Part {
            kind,
            from: From::Folder(from.clone()),
            prefix,
        };
        let mut parts = vec![part(PartKind::Assets, &pickles, prefix.clone())];
        if what.op_outputs {
            parts.push(part(PartKind::OpOutputs, &pickles, format!("{prefix}storage/")));
        }
        if what.logs {
            let (folder, prefix) = logs(&home, what)?;
            parts.push(part(PartKind::Logs, &folder, format!("{prefix}storage/")));
        }
        let dest = Foreign(&remote.store);
        // Where it cannot be asked, a key that begins like a run's id counts as one.
        let known = Arc::new(database_keys(&home).ok().flatten().unwrap_or_default());
        Ok(Self { home: Some(home), parts, bucket, foreign: None, dest, known })
    }

    async fn of_objects(
        remote: &'r Remote,
        what: &What,
        (bucket, prefix): (BucketName, String),
    ) -> Result<Self, Failure> {
        let usage = |message: &str| Failure::new(Exit::Usage, message);
        let place = what.from.clone().unwrap_or_default();
        let from = place.bucket.ok_or_else(|| usage("--from takes `s3://BUCKET/PREFIX`"))?;
        let foreign = super::foreign::store(remote, what).await?;
        let own = remote.spec.endpoint.to_string();
        let endpoint = what.from_endpoint.clone().unwrap_or(own);
        let (source, dest) = (below(place.key), prefix);
        let nested = dest.starts_with(&source) || source.starts_with(&dest);
        if foreign.is_none() && from == bucket && nested {
            return Err(usage("one of the two places lies in the other one"));
        }
        let from = From::Bucket { endpoint, bucket: from, prefix: source };
        let parts = vec![Part { kind: PartKind::Objects, from, prefix: dest }];
        let dest = Foreign(&remote.store);
        Ok(Self { home: None, parts, bucket, foreign, dest, known: Arc::default() })
    }

    /// Opens a part.
    ///
    /// # Errors
    ///
    /// [`Failure`] where its folder cannot be opened, or another run is at work on it.
    pub(super) fn open<'a>(
        &'a self,
        remote: &'a Remote,
        part: &Part,
        dry_run: bool,
    ) -> Result<OpenPart<'a>, Failure> {
        let records = PairRecords::of(remote, &self.id(remote, part), self.words(part), dry_run)?;
        let (objects, uploads) = self.ends(remote);
        let (bucket, prefix) = (self.bucket.clone(), part.prefix.clone());
        Ok(OpenPart {
            source: self.source(remote, part)?,
            folder: BucketFolder { objects, uploads, bucket, prefix },
            records,
            clock: &remote.site.clock,
        })
    }

    /// Takes the lock of a part for a command that changes its files and keeps no records of its own.
    ///
    /// # Errors
    ///
    /// [`Failure`] where another run is at work on it.
    pub(super) fn lock(&self, remote: &Remote, part: &Part) -> Result<Box<dyn Lock>, Failure> {
        remote.site.lock_pair(&self.id(remote, part))
    }

    fn ends<'a>(&'a self, remote: &'a Remote) -> (&'a dyn Objects, &'a dyn Uploads) {
        match &self.foreign {
            None => (&remote.store, &remote.store),
            // A service knows no objects of another one: they go through this machine.
            Some(_) => (&self.dest, &self.dest),
        }
    }

    fn source<'a>(&'a self, remote: &'a Remote, part: &Part) -> Result<Source<'a>, Failure> {
        Ok(match &part.from {
            From::Folder(folder) if part.is_yet_to_come() => {
                let path = folder.shown();
                let flag = if part.kind == PartKind::Logs { "--log-dir" } else { "--pickles" };
                return Err(Failure::new(Exit::Config, format!("there is no folder `{path}`"))
                    .hint(format!("make it, or name the folder on this host: {flag} DIR")));
            }
            From::Folder(folder) => {
                let tree = Arc::new(folder.open_tree()?);
                let files = PartTree::of(&tree, part.kind.stored(), &self.known);
                Source::Tree(files.noting(&Arc::default(), self.taken_by_others(part)), tree)
            }
            From::Bucket { bucket, prefix, .. } => {
                let store = self.foreign.as_ref().unwrap_or(&remote.store);
                Source::Folder(BucketFolder {
                    objects: store,
                    uploads: store,
                    bucket: bucket.clone(),
                    prefix: prefix.clone(),
                })
            }
        })
    }

    /// The kinds that other parts take from the folder of a part, if it is the part that tells what
    /// else lies there: the first of that folder.
    fn taken_by_others(&self, part: &Part) -> Option<Vec<StoredKind>> {
        let here = |part: &Part| part.folder().map(FolderPlace::path_here);
        let mut parts = self.parts.iter().filter(|other| here(other) == here(part));
        let first = parts.next().is_some_and(|first| first.kind == part.kind);
        first.then(|| parts.flat_map(|other| other.kind.stored()).copied().collect())
    }

    fn id(&self, remote: &Remote, part: &Part) -> String {
        let kind = format!("migration of {}", part.kind.word());
        let mut id = vec![kind.into_bytes(), remote.spec.endpoint.to_string().into_bytes()];
        match &part.from {
            From::Folder(folder) => {
                id.push(folder.real_path().into_os_string().into_encoded_bytes());
            }
            From::Bucket { endpoint, bucket, prefix } => {
                let place = [endpoint.as_str(), bucket.as_str(), prefix];
                id.extend(place.map(|text| text.as_bytes().to_vec()));
            }
        }
        id.extend([self.bucket.as_str(), &part.prefix].map(|text| text.as_bytes().to_vec()));
        pair_id(&id)
    }

    /// Source and destination of a part in words, fit for a terminal.
    pub(super) fn words(&self, part: &Part) -> (String, String) {
        let source = match &part.from {
            From::Folder(folder) => folder.shown(),
            From::Bucket { bucket, prefix, .. } => format!("s3://{bucket}/{}", printable(prefix)),
        };
        (source, format!("s3://{}/{}", self.bucket, printable(&part.prefix)))
    }
}

impl Part {
    /// Whether Dagster has not stored anything of it yet: its folder is made with the first file.
    pub(super) fn is_yet_to_come(&self) -> bool {
        matches!(&self.from, From::Folder(folder) if folder.is_absent())
    }

    /// The folder that it comes from, where it is one of this host.
    pub(super) fn folder(&self) -> Option<&FolderPlace> {
        match &self.from {
            From::Folder(folder) => Some(folder),
            From::Bucket { .. } => None,
        }
    }
}

/// A prefix as the beginning of keys.
pub(super) fn below(prefix: String) -> String {
    if prefix.is_empty() || prefix.ends_with('/') { prefix } else { format!("{prefix}/") }
}

/// The folder of the logs, and what their keys begin with.
fn logs(home: &Home, what: &What) -> Result<(FolderPlace, String), Failure> {
    let named = what.logs_prefix.clone();
    let of_instance = match &home.logs {
        Logs::Here(folder) => {
            let prefix = named.unwrap_or_else(|| LOGS_PREFIX.to_owned());
            return Ok((folder.clone(), below(prefix)));
        }
        Logs::Bucket(prefix) => prefix.clone(),
        Logs::Unknown(why) => {
            return Err(Failure::new(
                Exit::Config,
                format!("where the logs lie is not known: {why}"),
            )
            .hint("name the folder: --log-dir DIR"));
        }
    };
    let hint = named.or(of_instance).unwrap_or_else(|| LOGS_PREFIX.to_owned());
    Err(Failure::new(Exit::Config, "`dagster.yaml` sends logs into a bucket already")
        .hint(format!("name the old folder: --log-dir DIR --logs-prefix {hint}")))
}
