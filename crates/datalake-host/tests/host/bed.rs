//! A host in a temporary folder.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, Mode, Owner};
use datalake_core::secret::FilledBody;
use datalake_engine::{Checkpoint, Checkpoints, Files, NewFile, NoCheckpoints};
use datalake_host::HostFiles;
use rustix::fs::{CWD, FileType, mknodat};
use rustix::process::{getegid, geteuid};
use tempfile::TempDir;

pub(crate) struct Bed {
    pub(crate) files: HostFiles,
    folder: TempDir,
}

impl Bed {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = HostFiles::open(folder.path(), Arc::new(NoCheckpoints)).unwrap();
        Self { files, folder }
    }

    /// A host on which `act` happens to the folder as a write passes `checkpoint`.
    pub(crate) fn acting_at(
        checkpoint: Checkpoint,
        act: impl Fn(&Path) + Send + Sync + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let checkpoints = Arc::new(DoAt(checkpoint, move || act(&path)));
        Self { files: HostFiles::open(folder.path(), checkpoints).unwrap(), folder }
    }

    /// Where a path of the pretend host really lies.
    pub(crate) fn real(&self, path: &str) -> PathBuf {
        self.folder.path().join(path.trim_start_matches('/'))
    }

    pub(crate) fn write(&self, path: &str, content: &str) -> Result<(), Fault> {
        self.write_as(path, content, (Mode::PRIVATE, me()))
    }

    pub(crate) fn write_as(
        &self,
        path: &str,
        content: &str,
        (mode, owner): (Mode, Owner),
    ) -> Result<(), Fault> {
        let content = FilledBody::new(content.into());
        self.files.write(&at(path), &NewFile { content: &content, mode, owner })
    }

    pub(crate) fn kind_of_look(&self, path: &str) -> FaultKind {
        self.files.look(&at(path)).err().expect("it cannot be used").kind
    }

    pub(crate) fn mode(&self, path: &str) -> u32 {
        fs::symlink_metadata(self.real(path)).unwrap().mode() & 0o7777
    }

    pub(crate) fn names(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.real(path)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub(crate) fn make_pipe(&self, path: &str) {
        make_pipe(&self.real(path));
    }
}

pub(crate) fn make_pipe(path: &Path) {
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    mknodat(CWD, path, FileType::Fifo, mode, 0).unwrap();
}

/// Does something as the run passes a checkpoint.
struct DoAt<F>(Checkpoint, F);

impl<F: Fn() + Send + Sync> Checkpoints for DoAt<F> {
    fn pass(&self, checkpoint: Checkpoint) {
        if checkpoint == self.0 {
            (self.1)();
        }
    }
}

pub(crate) fn at(path: &str) -> HostPath {
    path.parse().unwrap()
}

pub(crate) fn me() -> Owner {
    Owner { uid: geteuid().as_raw(), gid: getegid().as_raw() }
}

pub(crate) fn is_root() -> bool {
    geteuid().is_root()
}

/// Fails where `ask` does not answer in half a minute.
#[track_caller]
pub(crate) fn at_once<T: Send + 'static>(ask: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, answer) = mpsc::channel();
    thread::spawn(move || sender.send(ask()));
    answer.recv_timeout(Duration::from_secs(30)).expect("an answer without waiting")
}
