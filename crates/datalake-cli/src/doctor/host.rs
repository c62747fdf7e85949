//! The service user, its systemd, its podman and its units.

use datalake_core::doctor::{Examination, Look, Place, PodmanLook};
use datalake_core::{Fault, FaultKind, Found, HostPath, HostSpec, UnitName};
use datalake_engine::{Files, Seen};
use datalake_host::{AccountFault, HostFiles, find_user};
use datalake_quadlet::PodmanVersion;

use super::{Home, Running, not_here};
use crate::deployment::{Ground, service_user};
use crate::generator::verdicts;
use crate::site::Site;

/// Finds the service user.
pub(super) fn account(site: &Site, host: &HostSpec, seen: &mut Examination) -> Option<Home> {
    seen.host.user = host.user.to_string();
    match find_user(&site.host, host.user.as_str()) {
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
    match site.host(host) {
        Ok((account, places)) => Some(Home { account, places }),
        Err(failure) => {
            seen.host.account = Look::Saw(Err(failure.messages.join(": ")));
            None
        }
    }
}

/// Finds the deployment, where this is the machine itself and its services answer this process.
pub(super) async fn running(
    site: &Site,
    host: &HostSpec,
    seen: &mut Examination,
) -> Option<Running> {
    if seen.place == Place::Folder {
        let host = &mut seen.host;
        (host.stranger, host.lingers, host.without_subids) = (not_here(), not_here(), not_here());
        (host.has_manager, host.podman, host.is_online) = (not_here(), not_here(), not_here());
        host.generator = not_here();
        let containers = &mut seen.containers;
        (containers.lives, containers.containers) = (not_here(), not_here());
        (containers.packages, containers.canary) = (not_here(), not_here());
        return None;
    }
    let account = find_user(&site.host, host.user.as_str()).ok()?;
    if let Err(error) = service_user(&host.user, &account) {
        seen.host.stranger = Look::Saw(Some(error.to_string()));
        return None;
    }
    seen.host.stranger = Look::Saw(None);
    let ground = Ground::of(site, host.clone()).ok()?;
    let key = site.records().fingerprint_key(&site.clock).ok()?;
    let found = ground.found(site).await;
    Some(Running { ground, found, key })
}

/// Looks at what belongs to the service user.
pub(super) async fn look(
    site: &Site,
    host: &HostSpec,
    (home, running): (&Home, Option<&Running>),
    seen: &mut Examination,
) {
    seen.host.units = units(site, host, home, running);
    if seen.place == Place::Folder {
        return;
    }
    let user = &host.user;
    seen.host.lingers = is_there(&site.host, &format!("/var/lib/systemd/linger/{user}"));
    seen.host.without_subids = without_subids(&site.host, user, home.account.owner.uid);
    seen.host.has_manager = is_there(&site.host, &format!("/run/user/{}", home.account.owner.uid));
    let Some(Running { found, .. }) = running else { return };
    seen.host.podman = podman(host, &found.podman);
    seen.host.is_online = match &found.online {
        Found::Present(is_online) => Look::Saw(*is_online),
        Found::Absent => Look::Saw(false),
        Found::Unknown(fault) => Look::Unknown(fault.clone()),
    };
    seen.host.generator = verdicts(site, host, (&home.account, &home.places)).await.into();
}

fn is_there(files: &HostFiles, path: &str) -> Look<bool> {
    let Ok(path) = path.parse::<HostPath>() else { return Look::Saw(false) };
    match files.look(&path) {
        Ok(_) => Look::Saw(true),
        Err(fault) if fault.kind == FaultKind::Absent => Look::Saw(false),
        // It is there, and not for this user to look into.
        Err(fault) if fault.kind == FaultKind::Denied => Look::Saw(true),
        Err(fault) => Look::Unknown(fault),
    }
}

fn without_subids(files: &HostFiles, user: &UnitName, uid: u32) -> Look<Vec<String>> {
    let mut without = Vec::new();
    for file in ["/etc/subuid", "/etc/subgid"] {
        let Ok(path) = file.parse() else { continue };
        let text = match files.look(&path) {
            Ok(Seen::File { content, .. }) => {
                String::from_utf8_lossy(content.expose()).into_owned()
            }
            Ok(Seen::Folder(_)) => String::new(),
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

fn podman(host: &HostSpec, told: &Found<String>) -> Look<Option<PodmanLook>> {
    let text = match told {
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

fn units(
    site: &Site,
    host: &HostSpec,
    home: &Home,
    running: Option<&Running>,
) -> Look<Vec<(String, bool)>> {
    let mut units = Vec::new();
    for (at, name) in host.units.iter().enumerate() {
        // Where services can be asked, all quadlet folders were looked through.
        let file = match running.and_then(|running| running.found.units.get(at)) {
            Some(unit) => unit.file.clone().map(|_| ()),
            None => match home.places.units.get(at) {
                Some(place) => Found::from_answer(site.host.look(&place.file).map(drop)),
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
