//! What lies at the paths of a Dagster host.

use datalake_core::fault::FaultKind;
use datalake_core::host::{HostPath, InvalidPath, UnitName, UserAccount};
use datalake_core::spec::HostSpec;
use datalake_desired::{
    ForeignFile, ForeignFileKind, HomeUnknown, HostPaths, find_variables, order_variables,
};
use datalake_engine::{Files, SeenEntry, WantedLooks, drop_ins, find_user, quadlet_folders};

use crate::dagster_home::FoundHome;
use crate::host_signs::find_host_kind;
use crate::host_units::{collect_host_units, judge_known_folders};
use crate::{ErrorKind, HostContext, OperationError};

/// The service user and the paths of the host.
///
/// # Errors
///
/// [`OperationError`] where there is no such user.
pub fn look_at_host(
    context: &HostContext<'_>,
    host: &HostSpec,
) -> Result<(UserAccount, HostPaths), OperationError> {
    let files = context.files;
    let unfit = |error: InvalidPath| OperationError::of(ErrorKind::Config, &error);
    let account = find_user(files, host.user.as_str()).map_err(|error| {
        let error = OperationError::from(error);
        match context.root_name {
            Some(root) => error.within(format!("below `{root}`")),
            None => error,
        }
    })?;
    read_links_of_units(&account, files).map_err(unfit)?;
    let paths = HostPaths::of(&account, host, context.variables.to_vec())
        .and_then(|paths| look_for_foreign_files(paths, &account, host, files));
    let mut paths = paths.map_err(unfit)?;
    if let Some(units) = paths.host_units.as_mut().filter(|_| !context.is_this_machine()) {
        judge_known_folders(units, files);
    }
    Ok((account, paths))
}

/// The host with the units that are found on it, where the operator has listed none: all that need the
/// settings, in the order in which they are to be restarted. Where there are none it has the usual
/// names, for what is missing to be told.
#[must_use]
pub fn find_host_units(context: &HostContext<'_>, host: &HostSpec) -> HostSpec {
    if !host.finds_units {
        return host.clone();
    }
    let mut units = find_planned_units(context, host).unwrap_or_default();
    units.extend(
        host.units.iter().filter(|unit| !units.contains(unit)).cloned().collect::<Vec<_>>(),
    );
    if units.is_empty() {
        units = USUAL_UNITS.iter().filter_map(|name| name.parse().ok()).collect();
    }
    HostSpec { units, ..host.clone() }
}

/// The names that units have in Dagster's own examples.
const USUAL_UNITS: [&str; 2] = ["dagster-webserver", "dagster-daemon"];

fn find_planned_units(context: &HostContext<'_>, host: &HostSpec) -> Option<Vec<UnitName>> {
    let account = find_user(context.files, host.user.as_str()).ok()?;
    read_links_of_units(&account, context.files).ok()?;
    Some(collect_host_units(&account, host, context.files).ok()?.find_planned_units())
}

/// Has the links among units read with the user's rights, and no others below the home.
pub(crate) fn read_links_of_units(
    account: &UserAccount,
    files: &dyn Files,
) -> Result<(), InvalidPath> {
    files.close_below(&account.home);
    files.read_links_as(account.owner, linked_folders(account)?);
    Ok(())
}

/// The folders of units, in which people link to a checkout: such links are read as the user.
fn linked_folders(account: &UserAccount) -> Result<Vec<HostPath>, InvalidPath> {
    if account.is_host() {
        let folders = quadlet_folders(account)?.into_iter();
        return Ok(folders.chain(["/etc/systemd/system".parse()?]).collect());
    }
    let runtime = format!("/run/user/{}/containers/systemd", account.owner.uid);
    let config = account.home.join(".config")?;
    Ok(vec![config.join("containers/systemd")?, config.join("systemd/user")?, runtime.parse()?])
}

/// The variables that what lies there hands over: an earlier spec may have given more.
fn find_earlier_variables(paths: &HostPaths, files: &dyn Files) -> Vec<String> {
    let drop_ins = paths.units.iter().map(|unit| &unit.drop_in);
    let texts = drop_ins.chain([&paths.env_file]).filter_map(|path| match files.look(path) {
        Ok(SeenEntry::File { content, .. }) => {
            Some(String::from_utf8_lossy(content.expose()).into_owned())
        }
        Ok(SeenEntry::Folder(_)) | Err(_) => None,
    });
    texts.flat_map(|text| find_variables(&text)).collect()
}

/// The paths with the files of others that are there: drop-ins in all quadlet folders, and what
/// systemd reads in the user's `environment.d`.
///
/// # Errors
///
/// [`InvalidPath`] where a name makes no plain path.
pub fn look_for_foreign_files(
    mut paths: HostPaths,
    account: &UserAccount,
    host: &HostSpec,
    files: &dyn Files,
) -> Result<HostPaths, InvalidPath> {
    let units = collect_host_units(account, host, files)?;
    paths.place_units(host, account, &units)?;
    let found = drop_ins(&host.units, &units.folders, files);
    let is_own = |path: &HostPath| paths.units.iter().any(|unit| unit.drop_in == *path);
    let drop_ins = found.paths.into_iter().filter(|path| !is_own(path));
    let mut all: Vec<_> = drop_ins.map(|path| (path, ForeignFileKind::Quadlet)).collect();
    // What is closed to this user is closed to the service user's podman, too.
    paths.unseen = found.unseen;
    paths.unseen.retain(|(_, fault)| fault.kind != FaultKind::Denied);
    let folder = account.home.join(".config/environment.d")?;
    match files.look(&folder) {
        // The host's own systemd reads none of it.
        _ if account.is_host() => (),
        Ok(SeenEntry::Folder(seen)) => {
            for name in seen.names.iter().filter(|name| is_conf(name)) {
                all.push((folder.join(name)?, ForeignFileKind::EnvironmentD));
            }
        }
        Ok(SeenEntry::File { .. }) => (),
        Err(fault) if fault.kind == FaultKind::Absent => (),
        Err(fault) => paths.unseen.push((folder, fault)),
    }
    let other =
        |(path, kind)| ForeignFile { refused: files.require_writable(&path).err(), path, kind };
    paths.others = all.into_iter().map(other).collect();
    let earlier = find_earlier_variables(&paths, files);
    paths.watched = order_variables(paths.variables.iter().cloned().chain(earlier));
    paths.host_units = Some(collect_host_units(account, host, files)?);
    paths.kind = find_host_kind(&host.units, &paths, account, files);
    paths.dagster_yaml = FoundHome::find(account, host, files)
        .map(|found| found.home)
        .and_then(|home| home.yaml().map(|yaml| (home, yaml)).map_err(HomeUnknown::from));
    Ok(paths)
}

/// Everything to look at on the host.
#[must_use]
pub fn wanted_of(paths: &HostPaths) -> WantedLooks {
    let units = paths
        .units
        .iter()
        .flat_map(|unit| unit.parents.iter().chain([&unit.file, &unit.drop_ins, &unit.drop_in]));
    let others = paths.others.iter().map(|other| &other.path);
    let yaml = paths.dagster_yaml.iter().map(|(_, yaml)| yaml);
    let all = paths.env_folders.iter().chain([&paths.env_file]).chain(units);
    let all = all.chain(others).chain(yaml);
    WantedLooks { paths: all.cloned().collect(), ..WantedLooks::default() }
}

fn is_conf(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending == "conf")
}
