//! Which users of a host run Dagster, by which units, and what each of them would be given.

mod bucket_name;
mod interview;
mod location_times;
mod proposal;
mod report;
mod tables_name;
mod text;
mod units;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, UnitName, UserAccount};
use datalake_core::spec::{HostSpec, SpecDocument};
use datalake_desired::{FoundWorkspace, HostUnits};
use datalake_engine::{Files, SeenKind, find_user, list_user_names, quadlet_folders};

pub use self::bucket_name::BucketStanding;
pub use self::interview::{
    AnsweredSpec, InterviewOutside, SpecInterview, SpecPrompt, SpecQuestion,
};
pub use self::location_times::{
    LocationTime, describe_silence, list_location_times, measure_locations,
};
pub use self::proposal::{describe_sources, propose_bucket, propose_spec};
pub use self::report::{
    DiscoveredKind, DiscoveredRole, DiscoveredUnit, DiscoveredUser, DiscoveryReport,
};
pub use self::tables_name::TablesAnswer;
use self::units::describe_units;
use crate::dagster_home::FoundHome;
use crate::host_paths::read_links_of_units;
use crate::host_units::{collect_host_units, judge_known_folders};
use crate::{ErrorKind, OperationError};

/// Opens the files of a host: each user's links are read with that user's rights alone.
pub trait HostOpener {
    /// The files, with nothing closed yet.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where the host's root cannot be opened.
    fn open_files(&self) -> Result<Box<dyn Files>, Fault>;
}

/// Looks at every user of the host that has quadlet folders. Nothing is changed.
///
/// # Errors
///
/// [`OperationError`] where the host's users cannot be read.
pub fn discover_host(opener: &dyn HostOpener) -> Result<DiscoveryReport, OperationError> {
    let failed = |fault: Fault| OperationError::about("`/etc/passwd`", &fault);
    let files = opener.open_files().map_err(failed)?;
    let names = list_user_names(files.as_ref()).map_err(failed)?;
    let (mut users, mut closed) = (Vec::new(), Vec::new());
    for name in names {
        let Ok(account) = find_user(files.as_ref(), name.as_str()) else { continue };
        let is_known = |known: &DiscoveredUser| known.uid == account.owner.uid;
        match has_units(files.as_ref(), &account) {
            Ok(true) if !users.iter().any(is_known) => {
                let own = opener.open_files().map_err(failed)?;
                let user = discover_user(&name, &account, own.as_ref())?;
                // What cannot be read may be units: nobody is left out for it.
                let is_empty = user.units.is_empty() && user.unread.is_empty();
                users.extend((!is_empty).then_some(user));
            }
            Ok(_) => (),
            Err(fault) => closed.push(format!("{name}: {fault}")),
        }
    }
    // Whoever runs Dagster comes first.
    users.sort_by_key(|user| !user.runs_dagster());
    Ok(DiscoveryReport { users, closed })
}

impl DiscoveryReport {
    /// The only user that runs Dagster by units that a plan can take up.
    #[must_use]
    pub fn only_user(&self) -> Option<&DiscoveredUser> {
        let mut found = self.users.iter().filter(|user| user.runs_dagster());
        found.next().filter(|_| found.next().is_none())
    }
}

/// Whether a user has one of the folders that are its own.
fn has_units(files: &dyn Files, account: &UserAccount) -> Result<bool, Fault> {
    if account.owner.uid == 0 {
        // What is the host's own is told with root.
        return Ok(true);
    }
    let folders = quadlet_folders(account);
    let folders = folders.map_err(|error| Fault::new(FaultKind::NotPlain, error.to_string()))?;
    let services = account.home.join(".config/systemd/user").into_iter();
    // Those for all users tell of none.
    let own = folders.into_iter().filter(|folder| !folder.as_str().ends_with("/users"));
    for folder in own.chain(services) {
        match files.look_at_kind(&folder) {
            Ok(standing) if standing.kind != SeenKind::File => return Ok(true),
            Ok(_) => (),
            // A link may lead to one.
            Err(fault) if fault.kind == FaultKind::NotPlain => return Ok(true),
            Err(fault) if fault.kind == FaultKind::Absent => (),
            Err(fault) => return Err(fault),
        }
    }
    Ok(false)
}

/// Looks at the units of one user.
fn discover_user(
    name: &UnitName,
    account: &UserAccount,
    files: &dyn Files,
) -> Result<DiscoveredUser, OperationError> {
    let unfit = |error| OperationError::of(ErrorKind::Config, &error);
    read_links_of_units(account, files).map_err(unfit)?;
    let host = host_of(name)?;
    let mut units = collect_host_units(account, &host, files).map_err(unfit)?;
    judge_known_folders(&mut units, files);
    let home = find_home(account, &host, &units, files);
    Ok(DiscoveredUser {
        name: name.to_string(),
        uid: account.owner.uid,
        home: account.home.to_string(),
        folders: existing_folders(&units.folders, files),
        units: describe_units(&units, files),
        workspaces: units.workspaces.iter().map(|found| found.path.to_string()).collect(),
        dagster_home: home.as_ref().ok().map(ToString::to_string),
        dagster_home_problem: home.err(),
        unread: list_unread(&units),
    })
}

/// The files of units and the workspace files whose content is not known.
fn list_unread(units: &HostUnits) -> Vec<String> {
    let closed = |found: &FoundWorkspace| Some((found.path.clone(), found.content.clone().err()?));
    let workspaces = units.workspaces.iter().filter_map(closed);
    let all = units.unread.iter().chain(&units.closed).cloned().chain(workspaces);
    all.map(|(path, why)| format!("`{path}`: {why}")).collect()
}

fn existing_folders(folders: &[HostPath], files: &dyn Files) -> Vec<String> {
    let there = folders.iter().filter(|folder| files.look(folder).is_ok());
    there.map(ToString::to_string).collect()
}

fn host_of(name: &UnitName) -> Result<HostSpec, OperationError> {
    let mut document = SpecDocument::defaults().host;
    document.user = Some(name.to_string());
    document.check().map_err(|error| OperationError::of(ErrorKind::Config, &error))
}

/// Dagster's home by the units that a plan takes up, or why it is not known.
fn find_home(
    account: &UserAccount,
    host: &HostSpec,
    units: &HostUnits,
    files: &dyn Files,
) -> Result<HostPath, String> {
    let host = HostSpec { units: units.find_planned_units(), ..host.clone() };
    let found = FoundHome::find(account, &host, files);
    found.map(|found| found.home.folder).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
