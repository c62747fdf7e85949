//! What is kept of a pair of places from run to run: a folder of its own with its own lock.

use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;

use datalake_engine::transfer::LongFiles;
use datalake_engine::transfer::memory::MemoryLongFiles;
use datalake_engine::{Clock as _, Lock, LockFault, NoCheckpoints, Payload, StateFolder as _};
use datalake_host::StateDir;

use super::job::{Dest, Job, Source};
use crate::failure::Failure;
use crate::named_path::find_identity;
use crate::remote::Remote;

/// The name of a pair's manifest in its folder.
pub(in crate::commands) const MANIFEST: &str = "manifest";

/// The records of one pair of places, locked.
pub(in crate::commands) struct PairRecords {
    files: Box<dyn LongFiles>,
    _lock: Option<Box<dyn Lock>>,
    /// The same pair is locked for those whose records lie elsewhere.
    _pair: Option<Box<dyn Lock>>,
}

impl PairRecords {
    /// Opens the records of the pair; a dry run of a new pair makes none.
    ///
    /// # Errors
    ///
    /// [`Failure`] where another run is at work on the same pair, or the folder cannot be used.
    pub(super) fn open(remote: &Remote, job: &Job, dry_run: bool) -> Result<Self, Failure> {
        Self::of(remote, &id(remote, job), job.words(), dry_run)
    }

    /// The same by an id of [`pair_id`], and the two places in words.
    ///
    /// # Errors
    ///
    /// As [`PairRecords::open`].
    pub(in crate::commands) fn of(
        remote: &Remote,
        id: &str,
        (source, dest): (String, String),
        dry_run: bool,
    ) -> Result<Self, Failure> {
        let site = &remote.site;
        let folder = site.state_path.join("transfers").join(id);
        let unusable = |fault| site.state_failure(&fault);
        let state = StateDir::open(&folder, Arc::new(NoCheckpoints)).map_err(unusable)?;
        if dry_run && !state.is_there() {
            let files = Box::new(MemoryLongFiles::default());
            return Ok(Self { files, _lock: None, _pair: None });
        }
        let (process, now) = (std::process::id(), site.clock.now());
        let lock = state.lock(&format!("process {process}, since {now}"));
        let lock = lock.map_err(|error| match error {
            LockFault::Unusable(fault) => unusable(fault),
            held => held.into(),
        })?;
        if dry_run {
            return Ok(Self { files: Box::new(state), _lock: Some(lock), _pair: None });
        }
        let pair = site.lock_pair(id)?;
        let about = serde_json::json!({
            "schema_version": 1, "kind": "transfer-pair", "source": source, "destination": dest,
        });
        state.write("pair.json", format!("{about:#}\n").as_bytes()).map_err(unusable)?;
        Ok(Self { files: Box::new(state), _lock: Some(lock), _pair: Some(pair) })
    }

    pub(in crate::commands) fn files(&self) -> &dyn LongFiles {
        self.files.as_ref()
    }
}

/// The same for the same two places, however they are written.
fn id(remote: &Remote, job: &Job) -> String {
    let mut parts = Vec::new();
    let mut add = |part: &[u8]| parts.push(part.to_owned());
    add(remote.spec.endpoint.to_string().as_bytes());
    match &job.source {
        Source::Folder(path) => add(find_identity(path).as_os_str().as_bytes()),
        Source::Files(files) => {
            for (name, path) in files {
                add(name.as_bytes());
                add(find_identity(path).as_os_str().as_bytes());
            }
        }
        Source::Prefix(bucket, prefix) => {
            add(bucket.as_str().as_bytes());
            add(prefix.as_bytes());
        }
        Source::Fitting(bucket, pattern) => {
            add(bucket.as_str().as_bytes());
            add(format!("{pattern:?}").as_bytes());
        }
        Source::Objects(bucket, objects) => {
            add(bucket.as_str().as_bytes());
            for (name, key) in objects {
                add(name.as_bytes());
                add(key.as_str().as_bytes());
            }
        }
    }
    match &job.dest {
        Dest::Folder(path) => add(find_identity(path).as_os_str().as_bytes()),
        Dest::Prefix(bucket, prefix) => {
            add(bucket.as_str().as_bytes());
            add(prefix.as_bytes());
        }
    }
    pair_id(&parts)
}

/// The name of the records of what these parts name together.
pub(in crate::commands) fn pair_id(parts: &[Vec<u8>]) -> String {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    let hex = Payload::of(bytes).hash().hex();
    hex.get(..24).unwrap_or_default().to_owned()
}
