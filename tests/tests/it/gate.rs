//! What someone else may have put there is neither read, run nor written to.
//!
//! Who is trusted is decided by a pure function that has its table in `datalake-host`. Here the
//! program meets real files of other users, which only root can arrange; the rest is tried as
//! everybody.

mod named;
mod roads;
mod specs;

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown, lchown};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::{Call, Ran};

/// A user of this machine who is not trusted.
const NOBODY: u32 = 65534;

/// A folder below `/tmp`, with a working folder and a home in it.
struct Ground(TempDir);

impl Ground {
    fn new() -> Self {
        let ground = Self(TempDir::new().unwrap());
        for folder in ["work", "home"] {
            fs::create_dir(ground.at(folder)).unwrap();
        }
        ground
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file of this mode, with the folders above it.
    fn file(&self, name: &str, content: &str, mode: u32) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        self.mode(name, mode);
        path
    }

    fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.at(name), Permissions::from_mode(mode)).unwrap();
    }

    fn give(&self, name: &str, uid: u32) {
        lchown(self.at(name), Some(uid), Some(uid)).unwrap();
    }

    fn give_group(&self, name: &str, gid: u32) {
        chown(self.at(name), None, Some(gid)).unwrap();
    }

    fn pipe(&self, name: &str) -> PathBuf {
        let path = self.at(name);
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        path
    }

    /// `datalake WORDS…` in the working folder, which ends by itself within half a minute.
    fn call(&self, words: &str) -> Call {
        Call::new(&self.at("work"), words)
            .arg("--state")
            .arg(self.at("state"))
            .through_script("exec timeout 30 \"$@\"")
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.at("home"))
    }

    /// The spec of the working folder.
    fn spec(&self, content: &str) -> PathBuf {
        self.file("work/datalake.yaml", content, 0o644)
    }
}

/// Whether this is root. What only root can arrange is not skipped without a word.
fn can_arrange(what: &str) -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        let line = format!("not tried, since only root can arrange it: {what}\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    is_root
}

/// Refused, naming the path with its owner and mode.
#[track_caller]
fn refused(ran: Ran, path: &Path, mode: &str) {
    let ran = ran.exits(77);
    let owner = format!("`{}` belongs to user ", path.display());
    assert!(ran.stderr.contains(&owner), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("has mode {mode}")), "{}", ran.stderr);
}
