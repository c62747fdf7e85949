//! The service user, its systemd, its podman and its units.

use datalake_core::doctor::{
    ContainersEvidence, Examination, ExaminedPlace, HostEvidence, Look, PodmanLook,
};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, UnitName};
use datalake_core::plan::Found;
use datalake_core::spec::HostSpec;
use datalake_desired::HostKind;
use datalake_engine::{AccountFault, DeployedUnit, Files, SeenEntry, find_user};
use datalake_quadlet::{PodmanVersion, UnitSort};

use super::{ExaminationInput, RunningHost, ServiceHome};
use crate::{DagsterHost, ask_generator, list_left_out_units, look_at_host};

/// Why nobody asks for services and podman that are not those of the place.
const NO_MACHINE: &str = "a sandbox or another root has no services and no podman";

/// Finds the service user.
pub(super) fn find_home(
    input: &ExaminationInput<'_>,
    host: &HostSpec,
    seen: &mut Examination,
) -> Option<ServiceHome> {
    seen.host.user = host.user.to_string();
    match find_user(input.context.files, host.user.as_str()) {
        Ok(account) => seen.host.account = Look::Saw(Ok(account.home.to_string())),
        Err(AccountFault::Unreadable(fault)) => {
            seen.host.account = Look::Unknown(fault);
            return None;
        }
        Err(error) => {
            seen.host.account = Look::Saw(Err(error.to_string()));
            return None;
        }
    }
    match look_at_host(input.context, host) {
        Ok((account, paths)) => Some(ServiceHome { account, paths }),
        Err(error) => {
            seen.host.account = Look::Saw(Err(error.to_string()));
            None
        }
    }
}

/// Finds the deployment, where this is the machine itself and its services answer this process.
pub(super) async fn find_running(
    input: &ExaminationInput<'_>,
    host: &HostSpec,
    seen: &mut Examination,
) -> Option<RunningHost> {
    let context = input.context;
    let Some(machine) = context.machine else {
        let HostEvidence { user, account, units, left_out, .. } = std::mem::take(&mut seen.host);
        let nothing = HostEvidence::not_asked(NO_MACHINE);
        seen.host = HostEvidence { user, account, units, left_out, ..nothing };
        seen.containers = ContainersEvidence::not_asked(NO_MACHINE);
        return None;
    };
    let account = find_user(context.files, host.user.as_str()).ok()?;
    if let Err(error) = machine.act_for(&host.user, &account) {
        seen.host.stranger = Look::Saw(Some(error.to_string()));
        return None;
    }
    seen.host.stranger = Look::Saw(None);
    let dagster_host = DagsterHost::open(context, host.clone()).ok()?;
    let key = context.fingerprint_key().ok()?;
    let found = dagster_host.found(context).await;
    Some(RunningHost { dagster_host, found, key })
}

/// What is known of the service user.
pub(super) struct UserEvidence<'a> {
    pub(super) home: &'a ServiceHome,
    pub(super) running: Option<&'a RunningHost>,
}

/// Looks at what belongs to the service user.
pub(super) async fn examine_user(
    input: &ExaminationInput<'_>,
    host: &HostSpec,
    whose: &UserEvidence<'_>,
    seen: &mut Examination,
) {
    let UserEvidence { home, running } = *whose;
    let (context, user, uid) = (input.context, &host.user, home.account.owner.uid);
    seen.host.units = find_units(context.files, host, home, running);
    seen.host.left_out = match &home.paths.host_units {
        Some(units) => Look::Saw(list_left_out_units(units, &host.units)),
        None => Look::NotHere("no units were read".to_owned()),
    };
    let kind = &home.paths.kind;
    seen.host.kind = Look::Saw((!kind.may_be_set_up()).then(|| kind.to_string()));
    if let HostKind::Quadlets(names) = kind {
        seen.host.dagster_units.clone_from(names);
    }
    if seen.place == ExaminedPlace::Folder {
        return;
    }
    if home.account.is_host() {
        let reason = "the host's own systemd and podman need none";
        seen.host.lingers = Look::NotHere(reason.to_owned());
        seen.host.without_subids = Look::NotHere(reason.to_owned());
    } else {
        seen.host.lingers = is_there(context.files, &format!("/var/lib/systemd/linger/{user}"));
        seen.host.without_subids = find_missing_subids(context.files, user, uid);
    }
    seen.host.has_manager = is_there(context.files, &home.account.manager_folder());
    let Some(RunningHost { found, .. }) = running else { return };
    seen.host.podman = judge_podman(host, &found.podman);
    seen.host.is_online = match &found.online {
        Found::Present(is_online) => Look::Saw(*is_online),
        Found::Absent => Look::Saw(false),
        Found::Unknown(fault) => Look::Unknown(fault.clone()),
    };
    let generated = ask_generator(context, host, &home.account, &home.paths).await;
    seen.host.generator = generated.into();
}

fn is_there(files: &dyn Files, path: &str) -> Look<bool> {
    let Ok(path) = path.parse::<HostPath>() else { return Look::Saw(false) };
    match files.look(&path) {
        Ok(_) => Look::Saw(true),
        Err(fault) if fault.kind == FaultKind::Absent => Look::Saw(false),
        // It is there, and not for this user to look into.
        Err(fault) if fault.kind == FaultKind::Denied => Look::Saw(true),
        Err(fault) => Look::Unknown(fault),
    }
}

fn find_missing_subids(files: &dyn Files, user: &UnitName, uid: u32) -> Look<Vec<String>> {
    let mut without = Vec::new();
    for file in ["/etc/subuid", "/etc/subgid"] {
        let Ok(path) = file.parse() else { continue };
        let text = match files.look(&path) {
            Ok(SeenEntry::File { content, .. }) => {
                String::from_utf8_lossy(content.expose()).into_owned()
            }
            Ok(SeenEntry::Folder(_)) => String::new(),
            Err(fault) if fault.kind == FaultKind::Absent => String::new(),
            Err(fault) => return Look::Unknown(fault),
        };
        let owners = text.lines().filter_map(|line| line.split(':').next());
        let names = [user.to_string(), uid.to_string()];
        if !owners.into_iter().any(|owner| names.iter().any(|name| name == owner)) {
            without.push(file.to_owned());
        }
    }
    Look::Saw(without)
}

fn judge_podman(host: &HostSpec, answer: &Found<String>) -> Look<Option<PodmanLook>> {
    let text = match answer {
        Found::Present(text) => text,
        Found::Absent => return Look::Saw(None),
        Found::Unknown(fault) if fault.kind == FaultKind::NoProgram => return Look::Saw(None),
        Found::Unknown(fault) => return Look::Unknown(fault.clone()),
    };
    let version: PodmanVersion = match text.parse() {
        Ok(version) => version,
        Err(error) => {
            let error: datalake_quadlet::InvalidVersion = error;
            return Look::Unknown(Fault::new(FaultKind::Unreadable, error.to_string()));
        }
    };
    let cannot = match host.handover.or(version.usual_handover()) {
        None => Some("it knows no quadlets".to_owned()),
        Some(way) if version.supports(way) => None,
        Some(way) => Some(format!("`handover: {way}` needs podman 5.0")),
    };
    Look::Saw(Some(PodmanLook { version: version.to_string(), cannot }))
}

/// Whether a quadlet folder of the user, whichever, holds the unit.
fn is_in_a_folder(home: &ServiceHome, name: &UnitName) -> bool {
    let Some(units) = &home.paths.host_units else { return false };
    let file_name = format!("{name}.container");
    units
        .files
        .iter()
        .any(|file| file.sort == UnitSort::Quadlet && file.path.file_name() == file_name)
}

fn find_units(
    files: &dyn Files,
    host: &HostSpec,
    home: &ServiceHome,
    running: Option<&RunningHost>,
) -> Look<Vec<(String, bool)>> {
    let mut units = Vec::new();
    for (at, name) in host.units.iter().enumerate() {
        // Where services can be asked, all quadlet folders were looked through.
        let is_it = |unit: &&DeployedUnit| unit.name == *name;
        let file = match running.and_then(|running| running.found.units.iter().find(is_it)) {
            Some(unit) => unit.file.clone().map(|_| ()),
            None if is_in_a_folder(home, name) => Found::Present(()),
            None => match home.paths.units.get(at) {
                Some(place) => Found::from_answer(files.look(&place.file).map(drop)),
                None => Found::Absent,
            },
        };
        match file {
            Found::Present(()) => units.push((name.to_string(), true)),
            Found::Absent => units.push((name.to_string(), false)),
            Found::Unknown(fault) => return Look::Unknown(fault),
        }
    }
    Look::Saw(units)
}
