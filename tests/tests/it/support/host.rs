//! A pretend host below a folder of the test's own.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use rustix::process::{getgid, getuid};
use tempfile::TempDir;

use super::{Call, Service, Tree};

/// Where quadlets lie below the host's root.
pub(crate) const UNITS: &str = "var/lib/dagster/.config/containers/systemd";

/// A temporary folder with a host in `host` and a working folder in `work`.
pub(crate) struct Host(TempDir);

impl Host {
    /// A host whose units are the fixture set of this name.
    pub(crate) fn with(set: &str) -> Self {
        let host = Self(TempDir::new().unwrap());
        fs::create_dir(host.work()).unwrap();
        fs::create_dir_all(host.units()).unwrap();
        fs::create_dir(host.root().join("etc")).unwrap();
        let (user, group) = (getuid().as_raw(), getgid().as_raw());
        let line = format!("dagster-user:x:{user}:{group}::/var/lib/dagster:/usr/sbin/nologin\n");
        fs::write(host.root().join("etc/passwd"), line).unwrap();
        use_set(set, &host.units());
        host
    }

    /// A host as a person would have it.
    pub(crate) fn usual() -> Self {
        Self::with("base")
    }

    /// The folder that holds everything.
    pub(crate) fn dir(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.dir().join("host")
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.dir().join("work")
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.root().join("var/lib/dagster/.config")
    }

    pub(crate) fn units(&self) -> PathBuf {
        self.root().join(UNITS)
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.root().join("var/lib/datalake")
    }

    pub(crate) fn env_file(&self) -> PathBuf {
        self.config().join("datalake/s3.env")
    }

    /// The host with datalake's own folder in it.
    #[track_caller]
    pub(crate) fn tree(&self) -> Tree {
        Tree::of(&self.root())
    }

    /// The home of the service user, which a rollback gives back as it was.
    #[track_caller]
    pub(crate) fn home(&self) -> Tree {
        Tree::of(&self.root().join("var/lib/dagster"))
    }

    /// `datalake --root=HOST WORDS…` with no spec and no key.
    pub(crate) fn bare(&self, words: &str) -> Call {
        Call::new(&self.work(), &format!("--root={} {words}", self.root().display()))
    }

    /// The same with the service's address and a bucket.
    pub(crate) fn without_key(&self, service: &Service, words: &str) -> Call {
        self.bare(words)
            .env("DATALAKE_ENDPOINT", service.endpoint())
            .env("DATALAKE_REGION", service.region())
            .env("DATALAKE_BUCKET", "acme-dagster-assets")
    }

    /// The same with a key that the service knows.
    pub(crate) fn call(&self, service: &Service, words: &str) -> Call {
        self.without_key(service, words)
            .env("AWS_ACCESS_KEY_ID", super::KEY.id)
            .env("AWS_SECRET_ACCESS_KEY", super::KEY.secret)
    }

    /// Writes a file of mode 0600 into the working folder and tells its path.
    #[track_caller]
    pub(crate) fn private_file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.work().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path
    }
}

/// Replaces the units in `folder` by those of a fixture set.
#[track_caller]
pub(crate) fn use_set(set: &str, folder: &Path) {
    let set = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/quadlets").join(set);
    for entry in fs::read_dir(set).unwrap() {
        let entry = entry.unwrap();
        let to = folder.join(entry.file_name());
        fs::write(&to, fs::read(entry.path()).unwrap()).unwrap();
        fs::set_permissions(&to, Permissions::from_mode(0o644)).unwrap();
    }
}

/// Gives a file a mode, and where this is root an owner, that nobody would guess.
#[track_caller]
pub(crate) fn make_unusual(file: &Path) {
    fs::set_permissions(file, Permissions::from_mode(0o640)).unwrap();
    if getuid().is_root() {
        chown(file, Some(4242), Some(4343)).unwrap();
    }
}
