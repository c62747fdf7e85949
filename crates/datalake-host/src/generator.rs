//! The quadlet generator that is installed on the host, asked about a copy.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::{Fault, FaultKind, FilledBody};
use datalake_engine::{Generator, GeneratorAnswer, QuadletFolder, QuadletTree};
use tempfile::TempDir;

use crate::acting::{ServiceUser, fault_of_command};
use crate::commands::{Command, CommandFault, Ended, run_to_end};
use crate::escape::escaped;
use crate::fault::fault_of_io;

/// Where the generator may be, the first that is there counts: systemd runs the first one.
const PROGRAMS: [&str; 3] = [
    "/usr/lib/systemd/user-generators/podman-user-generator",
    "/usr/libexec/podman/quadlet",
    "/usr/lib/podman/quadlet",
];

/// What one run may take. It needs a tenth of a second; below podman 5.4 a comment or blank line in
/// a continued line can keep it busy for ever.
const LIMIT: Duration = Duration::from_secs(20);

/// The quadlet generator of the host, run as the service user.
#[derive(Debug, Clone)]
pub struct QuadletGenerator {
    user: ServiceUser,
    programs: Vec<PathBuf>,
    limit: Duration,
}

impl QuadletGenerator {
    /// The generator that systemd runs for this user.
    #[must_use]
    pub fn new(user: ServiceUser) -> Self {
        Self::with_programs(user, PROGRAMS.map(PathBuf::from).to_vec(), LIMIT)
    }

    /// The first of `programs` that is there, with another limit of time.
    #[must_use]
    pub fn with_programs(user: ServiceUser, programs: Vec<PathBuf>, limit: Duration) -> Self {
        Self { user, programs, limit }
    }

    fn command(&self, program: &Path, copy: &Copy) -> Command {
        let folders = [("QUADLET_UNIT_DIRS".into(), copy.search_path().into())];
        let words = ["-dryrun", "-user", "-no-kmsg-log"];
        let program = program.to_string_lossy();
        let command = self.user.run_as(&program, &words, BTreeMap::from(folders));
        Command { limit: self.limit, ..command }
    }
}

#[async_trait]
impl Generator for QuadletGenerator {
    async fn generate(&self, tree: &QuadletTree) -> Result<GeneratorAnswer, Fault> {
        let program = self.programs.iter().find(|program| program.is_file());
        let Some(program) = program else {
            return Err(Fault::new(FaultKind::Absent, "no quadlet generator is installed"));
        };
        let copy = Copy::of(tree, &self.user).map_err(|error| fault_of_io(&error))?;
        match run_to_end(&self.command(program, &copy)).await {
            Ok(ended) => answer(&ended, &copy),
            Err(CommandFault::TimedOut { limit, .. }) => Ok(GeneratorAnswer::Hung(limit)),
            Err(fault) => Err(fault_of_command(fault)),
        }
    }
}

fn answer(ended: &Ended, copy: &Copy) -> Result<GeneratorAnswer, Fault> {
    match ended.status.code() {
        // `runuser` and `env` say so of a program that they cannot run.
        None | Some(126 | 127) => {
            let text = format!("({}) {}", ended.status, escaped(ended.stderr.expose()));
            Err(Fault::new(FaultKind::Refused, text))
        }
        Some(exit) => Ok(GeneratorAnswer::Said {
            stdout: copy.told_of_the_host(&ended.stdout),
            stderr: copy.told_of_the_host(&ended.stderr),
            exit,
        }),
    }
}

/// A copy of quadlet folders, removed when it is dropped.
///
/// Root's lies in a folder that only root can change and only the service user's group can enter:
/// unit files may hold secrets of others.
struct Copy {
    /// Holds the folder until then.
    _whole: TempDir,
    /// The folders in the copy and on the host, the strongest first.
    folders: Vec<(String, String)>,
}

impl Copy {
    fn of(tree: &QuadletTree, user: &ServiceUser) -> io::Result<Self> {
        let whole = whole(user)?;
        // The generator tells paths without symbolic links.
        let base = whole.path().canonicalize()?;
        let mut folders = Vec::new();
        for (number, folder) in tree.folders.iter().enumerate() {
            let path = base.join(number.to_string());
            write_folder(&path, folder)?;
            folders.push((path.display().to_string(), folder.path.to_string()));
        }
        if !user.is_itself() {
            chown(&base, None, Some(user.gid()))?;
            fs::set_permissions(&base, Permissions::from_mode(0o750))?;
        }
        Ok(Self { _whole: whole, folders })
    }

    fn search_path(&self) -> String {
        let folders: Vec<_> = self.folders.iter().map(|(copy, _)| copy.as_str()).collect();
        folders.join(":")
    }

    /// What was said, with the paths of the host in place of those of the copy.
    fn told_of_the_host(&self, said: &FilledBody) -> FilledBody {
        let text = String::from_utf8_lossy(said.expose()).into_owned();
        // `…/10` begins as `…/1` does.
        let text =
            self.folders.iter().rev().fold(text, |text, (copy, host)| text.replace(copy, host));
        FilledBody::new(text.into_bytes())
    }
}

/// A fresh folder that nobody else can look into, where nothing outlives the next boot if possible.
fn whole(user: &ServiceUser) -> io::Result<TempDir> {
    let place = if user.is_itself() { user.runtime_folder() } else { PathBuf::from("/run") };
    let mut new = tempfile::Builder::new();
    new.prefix("datalake-quadlets-").rand_bytes(12).permissions(Permissions::from_mode(0o700));
    new.tempdir_in(place).or_else(|_| new.tempdir_in("/tmp"))
}

fn write_folder(path: &Path, folder: &QuadletFolder) -> io::Result<()> {
    make_folder(path)?;
    for (name, content) in &folder.files {
        let file = path.join(name);
        for parent in file.ancestors().skip(1).collect::<Vec<_>>().into_iter().rev() {
            if parent.starts_with(path) && !parent.is_dir() {
                make_folder(parent)?;
            }
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(file)?;
        file.set_permissions(Permissions::from_mode(0o644))?;
        file.write_all(content.expose())?;
    }
    Ok(())
}

/// Makes a folder that all may look into who can reach it, whatever the umask.
fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o755).create(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o755))
}
