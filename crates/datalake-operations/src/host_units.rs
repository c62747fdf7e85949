//! The service user's units as they lie on the host, and what stands in a plan's way there.

use std::collections::{BTreeMap, BTreeSet};

use datalake_core::fault::Fault;
use datalake_core::host::{HostPath, InvalidPath, UserAccount};
use datalake_core::spec::HostSpec;
use datalake_core::text::printable;
use datalake_desired::{HostUnits, USER_WIDE};
use datalake_engine::{Files, NamedFile, NamedFiles, UserFile, UserFileSort, UserFiles};
use datalake_quadlet::{
    EnvFileText, Obstacle, UnitFile, UnitOwner, UnitSort, UserUnit, find_env_files, find_yaml_files,
};

use crate::ErrorKind;
use crate::OperationError;
use crate::dagster_home::FoundHome;
use crate::workspaces::read_workspaces;

/// How many env files are read that units name.
const MOST_ENV_FILES: usize = 200;

/// How many bytes are kept of them all.
const MOST_BYTES: usize = 1 << 20;

/// Reads them all. Nothing is changed.
///
/// # Errors
///
/// [`InvalidPath`] never, as long as the home is a path.
pub fn collect_host_units(
    account: &UserAccount,
    host: &HostSpec,
    files: &dyn Files,
) -> Result<HostUnits, InvalidPath> {
    let owner = UnitOwner {
        name: host.user.to_string(),
        uid: account.owner.uid,
        home: account.home.clone(),
    };
    let found = UserFiles::collect(account, &owner.name, files)?;
    let mut units: Vec<_> = found.files.into_iter().map(user_unit).collect();
    let mut named = NamedFiles::of(files, &account.home, account.owner.uid, MOST_BYTES);
    let env_files = env_files_of(&units, &owner, &mut named);
    units.extend(yaml_files_of(&units, &owner, &mut named));
    let told = |(path, fault): (HostPath, Fault)| (path, fault.to_string());
    let (unread, closed) = (found.unread.into_iter(), found.closed.into_iter());
    let missing = env_files.iter().filter(|(_, text)| **text == EnvFileText::Missing);
    let missing = missing.map(|(path, _)| path.clone()).collect();
    let mut all = HostUnits {
        owner,
        folders: found.folders,
        files: units,
        workspaces: Vec::new(),
        env_files,
        missing,
        unread: unread.map(told).collect(),
        closed: closed.map(told).collect(),
        masked: found.masked,
    };
    let home = find_planned_home(account, host, &all, files);
    all.workspaces = read_workspaces(&all, home.as_ref(), files, &mut named);
    Ok(all)
}

/// Dagster's home by the units that a plan takes up.
fn find_planned_home(
    account: &UserAccount,
    host: &HostSpec,
    units: &HostUnits,
    files: &dyn Files,
) -> Option<HostPath> {
    let named = if host.units.is_empty() { units.find_planned_units() } else { host.units.clone() };
    let host = HostSpec { units: named, ..host.clone() };
    Some(FoundHome::find(account, &host, files).ok()?.home.folder)
}

/// Takes no file for missing whose folder is not there either: below another root lies what
/// somebody has put there, which need not be all of a host.
pub fn judge_known_folders(units: &mut HostUnits, files: &dyn Files) {
    units.missing.retain(|path| {
        let folder = path.parent();
        let is_user_wide = folder.as_ref().is_some_and(|it| it.file_name() == USER_WIDE);
        is_user_wide || folder.is_some_and(|folder| files.look(&folder).is_ok())
    });
}

/// Stops a run that would take something away from others, or that others would undo.
///
/// # Errors
///
/// [`OperationError`] that names each line.
pub fn refuse_obstacles(obstacles: &[Obstacle]) -> Result<(), OperationError> {
    let failure = |obstacle: &Obstacle| {
        OperationError::new(ErrorKind::Config, printable(&obstacle.to_string()))
            .advise(obstacle.hint())
    };
    let Some(all) = obstacles.iter().map(failure).reduce(OperationError::and) else {
        return Ok(());
    };
    Err(all.advise("nothing was changed"))
}

fn user_unit(UserFile { path, sort, text }: UserFile) -> UserUnit {
    let sort = match sort {
        UserFileSort::Quadlet => UnitSort::Quadlet,
        UserFileSort::Systemd => UnitSort::Systemd,
        UserFileSort::EnvironmentD => UnitSort::EnvironmentD,
        UserFileSort::System => UnitSort::System,
        UserFileSort::Script => UnitSort::Script,
    };
    UserUnit { path, sort, file: UnitFile::parse(&text) }
}

/// The env files that the user's own units name.
fn env_files_of(
    units: &[UserUnit],
    owner: &UnitOwner,
    named: &mut NamedFiles<'_>,
) -> BTreeMap<HostPath, EnvFileText> {
    let mut all = BTreeMap::new();
    let own = [UnitSort::Quadlet, UnitSort::Systemd, UnitSort::EnvironmentD];
    for unit in units.iter().filter(|unit| own.contains(&unit.sort)) {
        let paths = find_env_files(&unit.file, unit.place(owner)).into_iter();
        for path in paths.filter_map(|named| named.path()) {
            if all.len() < MOST_ENV_FILES && !all.contains_key(&path) {
                let text = match named.read_file(&path) {
                    NamedFile::Text(text) => EnvFileText::Text(text),
                    NamedFile::Missing => EnvFileText::Missing,
                    NamedFile::NotLookedAt => EnvFileText::NotLookedAt,
                    NamedFile::Unknown => EnvFileText::Unknown,
                };
                all.insert(path, text);
            }
        }
    }
    all
}

/// The files that the user's `.kube` units have podman read.
fn yaml_files_of(
    units: &[UserUnit],
    owner: &UnitOwner,
    named: &mut NamedFiles<'_>,
) -> Vec<UserUnit> {
    let quadlets = units.iter().filter(|unit| unit.sort == UnitSort::Quadlet);
    let paths = quadlets.flat_map(|unit| find_yaml_files(&unit.file, unit.place(owner)));
    let paths: BTreeSet<_> = paths.take(MOST_ENV_FILES).collect();
    let texts = paths.into_iter().filter_map(|path| match named.read_file(&path) {
        NamedFile::Text(text) => {
            Some(UserUnit { path, sort: UnitSort::Script, file: UnitFile::parse(&text) })
        }
        NamedFile::Missing | NamedFile::NotLookedAt | NamedFile::Unknown => None,
    });
    texts.collect()
}
