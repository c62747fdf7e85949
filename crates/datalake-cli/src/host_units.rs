//! The service user's units as they lie on the host, and what stands in a plan's way there.

use std::collections::{BTreeMap, BTreeSet};

use datalake_core::{HostPath, HostSpec, InvalidPath, Plan, Target, UnitName};
use datalake_engine::{Files, NamedFile, NamedFiles, UserFile, UserFileSort, UserFiles};
use datalake_host::Account;
use datalake_quadlet::{
    DROP_IN_NAME, EnvFileText, Obstacle, ObstacleKind, PlannedUnits, UnitFile, UnitOwner, UnitSort,
    UserUnit, UserUnits, find_doubts, find_env_files, find_obstacles, find_yaml_files,
};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::printable;

/// The folder whose files systemd hands to all services.
pub(crate) const USER_WIDE: &str = "environment.d";

/// How many env files are read that units name.
const MOST_ENV_FILES: usize = 200;

/// How many bytes are kept of them all.
const MOST_BYTES: usize = 1 << 20;

/// All files of the service user's units, and the env files that they name.
pub(crate) struct HostUnits {
    /// The service user.
    pub owner: UnitOwner,
    /// The files.
    pub files: Vec<UserUnit>,
    env_files: BTreeMap<HostPath, EnvFileText>,
    /// Env files that do not exist, and should.
    missing: BTreeSet<HostPath>,
    unread: Vec<(HostPath, String)>,
    masked: Vec<HostPath>,
}

impl HostUnits {
    /// Reads them all. Nothing is changed.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] never, as long as the home is a path.
    pub(crate) fn collect(
        account: &Account,
        host: &HostSpec,
        files: &dyn Files,
    ) -> Result<Self, InvalidPath> {
        let owner = UnitOwner {
            name: host.user.to_string(),
            uid: account.owner.uid,
            home: account.home.clone(),
        };
        let found = UserFiles::collect(&owner.home, owner.uid, &owner.name, files)?;
        let mut units: Vec<_> = found.files.into_iter().map(user_unit).collect();
        let mut named = NamedFiles::of(files, &owner.home, owner.uid, MOST_BYTES);
        let env_files = env_files_of(&units, &owner, &mut named);
        units.extend(yaml_files_of(&units, &owner, &mut named));
        let unread = found.unread.into_iter();
        let unread = unread.map(|(path, fault)| (path, fault.to_string())).collect();
        let missing = env_files.iter().filter(|(_, text)| **text == EnvFileText::Missing);
        let missing = missing.map(|(path, _)| path.clone()).collect();
        Ok(Self { owner, files: units, env_files, missing, unread, masked: found.masked })
    }

    /// Takes no file for missing whose folder is not there either: below another root lies what
    /// somebody has put there, which need not be all of a host.
    pub(crate) fn judge_known_folders(&mut self, files: &dyn Files) {
        self.missing.retain(|path| {
            let folder = path.parent();
            let is_user_wide = folder.as_ref().is_some_and(|it| it.file_name() == USER_WIDE);
            is_user_wide || folder.is_some_and(|folder| files.look(&folder).is_ok())
        });
    }

    /// The same as values to decide on.
    pub(crate) fn as_units(&self) -> UserUnits<'_> {
        UserUnits {
            owner: &self.owner,
            files: &self.files,
            env_files: &self.env_files,
            unread: &self.unread,
            masked: &self.masked,
        }
    }

    /// The env files that units name and that do not exist.
    pub(crate) fn missing_env_files(&self) -> &BTreeSet<HostPath> {
        &self.missing
    }

    /// The lines of quadlet's files that require one of those, each with the file's path and that of
    /// the env file.
    pub(crate) fn lines_that_miss(&self) -> Vec<(&HostPath, usize, HostPath)> {
        let quadlets = self.files.iter().filter(|unit| unit.sort == UnitSort::Quadlet);
        let lines = quadlets.flat_map(|unit| {
            let named = find_env_files(&unit.file, unit.place(&self.owner)).into_iter();
            let required = named.filter(|named| !named.is_optional);
            required.filter_map(move |named| Some((&unit.path, named.line, named.path()?)))
        });
        lines.filter(|(_, _, file)| self.missing.contains(file)).collect()
    }

    /// Who needs what a way back takes away; `units` and those that it changes do not.
    pub(crate) fn needing_what_goes(&self, plan: &Plan, units: Vec<UnitName>) -> Vec<Obstacle> {
        let names: Vec<_> = units.into_iter().chain(units_in(plan)).collect();
        let planned =
            PlannedUnits { names: &names, env_file: None, variables: &[], after: DROP_IN_NAME };
        let mut found = self.obstacles(plan, &planned);
        found.retain(|it| matches!(it.kind, ObstacleKind::Needs(_) | ObstacleKind::Starts { .. }));
        found
    }

    /// What stands in the way of a plan.
    pub(crate) fn obstacles(&self, plan: &Plan, planned: &PlannedUnits<'_>) -> Vec<Obstacle> {
        find_obstacles(plan, planned, &self.as_units())
    }

    /// What may stand in the way of a plan, for all that is known.
    pub(crate) fn doubts(&self, plan: &Plan, planned: &PlannedUnits<'_>) -> Vec<Obstacle> {
        find_doubts(plan, planned, &self.as_units())
    }
}

/// The units whose files a plan changes.
fn units_in(plan: &Plan) -> impl Iterator<Item = UnitName> {
    let paths = plan.steps.iter().filter_map(|step| match step.action.target() {
        Target::Path(path) => Some(path),
        Target::Service
        | Target::Bucket(_)
        | Target::Object(..)
        | Target::Secret(_)
        | Target::Services
        | Target::Vault(_)
        | Target::App(_) => None,
    });
    paths.filter_map(|path| {
        let mut parts = path.parts().rev().take(2);
        parts.find_map(|part| {
            let name = part.strip_suffix(".d").unwrap_or(part).strip_suffix(".container")?;
            name.parse().ok()
        })
    })
}

/// Stops a run that would take something away from others, or that others would undo.
///
/// # Errors
///
/// [`Failure`] that names each line.
pub(crate) fn refuse_obstacles(obstacles: &[Obstacle]) -> Result<(), Failure> {
    let failure = |obstacle: &Obstacle| {
        Failure::new(Exit::Config, printable(&obstacle.to_string())).hint(obstacle.hint())
    };
    let Some(all) = obstacles.iter().map(failure).reduce(Failure::and) else { return Ok(()) };
    Err(all.hint("nothing was changed"))
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
