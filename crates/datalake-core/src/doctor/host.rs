//! The service user, its systemd and its podman.

use super::diagnose::Check;
use super::look::{Judged, Look, warning, wrong};
use super::{Examination, FindingId};

/// What was seen of the service user and its programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostEvidence {
    /// The service user's name.
    pub user: String,
    /// Its home, or what is wrong with it.
    pub account: Look<Result<String, String>>,
    /// Why this process cannot act for the user; `None` if it can.
    pub stranger: Look<Option<String>>,
    /// Whether the user's systemd runs without a login.
    pub lingers: Look<bool>,
    /// The files of subordinate ids that have no line for the user.
    pub without_subids: Look<Vec<String>>,
    /// Whether a systemd runs for the user.
    pub has_manager: Look<bool>,
    /// The installed podman; `None` for none.
    pub podman: Look<Option<PodmanLook>>,
    /// Whether the host counts as online.
    pub is_online: Look<bool>,
    /// The spec's units, each with whether there is a quadlet file of that name.
    pub units: Look<Vec<(String, bool)>>,
    /// What the installed generator says against each unit; `None` for nothing.
    pub generator: Look<Vec<(String, Option<String>)>>,
}

/// An installed podman.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodmanLook {
    /// Its version.
    pub version: String,
    /// Why the settings cannot reach containers with it as they are to; `None` if they can.
    pub cannot: Option<String>,
}

const USER: &[FindingId] = &[FindingId::HostUser];
const ACTING: &[FindingId] = &[FindingId::HostUser, FindingId::HostCaller];

/// Checks that need the user's systemd.
pub(super) const MANAGED: &[FindingId] =
    &[FindingId::HostUser, FindingId::HostCaller, FindingId::HostManager];

pub(super) const CHECKS: &[Check] = &[
    Check { id: FindingId::HostUser, after: &[], judge: user },
    Check { id: FindingId::HostCaller, after: USER, judge: caller },
    Check { id: FindingId::HostLingering, after: USER, judge: lingering },
    Check { id: FindingId::HostSubids, after: USER, judge: subids },
    Check { id: FindingId::HostManager, after: ACTING, judge: manager },
    Check { id: FindingId::HostPodman, after: ACTING, judge: podman },
    Check { id: FindingId::HostOnline, after: USER, judge: online },
    Check { id: FindingId::HostUnits, after: USER, judge: units },
    Check {
        id: FindingId::HostGenerator,
        after: &[FindingId::HostCaller, FindingId::HostUnits],
        judge: generator,
    },
];

impl Default for HostEvidence {
    fn default() -> Self {
        Self {
            user: String::new(),
            account: Look::nobody(),
            stranger: Look::nobody(),
            lingers: Look::nobody(),
            without_subids: Look::nobody(),
            has_manager: Look::nobody(),
            podman: Look::nobody(),
            is_online: Look::nobody(),
            units: Look::nobody(),
            generator: Look::nobody(),
        }
    }
}

fn user(seen: &Examination) -> Judged {
    match seen.host.account.asked(seen)? {
        Ok(home) => Ok(format!("{}, at home in {home}", seen.host.user)),
        Err(trouble) => Err(wrong(
            [trouble.clone()],
            "name the user that runs Dagster's podman: `host: { user: NAME }`",
        )),
    }
}

fn caller(seen: &Examination) -> Judged {
    match seen.host.stranger.seen()? {
        None => Ok(format!("this process may act for {}", seen.host.user)),
        Some(trouble) => Err(wrong(
            [trouble.clone()],
            "run it as root (`sudo datalake doctor`) or as the service user",
        )),
    }
}

fn lingering(seen: &Examination) -> Judged {
    if *seen.host.lingers.seen()? {
        return Ok("it is on: services run without a login".to_owned());
    }
    let user = &seen.host.user;
    Err(wrong(
        ["it is off: services end with the last login, and do not start at boot".to_owned()],
        format!("`sudo loginctl enable-linger {user}`"),
    ))
}

fn subids(seen: &Examination) -> Judged {
    let without = seen.host.without_subids.seen()?;
    if without.is_empty() {
        return Ok("there are some in /etc/subuid and /etc/subgid".to_owned());
    }
    let user = &seen.host.user;
    let lines = without.iter().map(|file| format!("`{file}` has no line for {user}"));
    Err(wrong(
        lines,
        format!(
            "`sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}`, with a \
             range that nobody has; then `podman system migrate` as that user"
        ),
    ))
}

fn manager(seen: &Examination) -> Judged {
    if *seen.host.has_manager.seen()? {
        return Ok("it runs".to_owned());
    }
    let user = &seen.host.user;
    Err(wrong(
        [format!("no systemd runs for {user}: neither a login nor lingering has started one")],
        format!("`sudo loginctl enable-linger {user}`; then `systemctl status user@UID.service`"),
    ))
}

fn podman(seen: &Examination) -> Judged {
    let cure = "install podman 5.0 or newer; 4.4 is the first that knows quadlets";
    match seen.host.podman.seen()? {
        None => Err(wrong(["there is no podman".to_owned()], cure)),
        Some(PodmanLook { version, cannot: None }) => Ok(version.clone()),
        Some(PodmanLook { version, cannot: Some(reason) }) => {
            Err(wrong([format!("{version}: {reason}")], cure))
        }
    }
}

fn online(seen: &Examination) -> Judged {
    if *seen.host.is_online.seen()? {
        return Ok("it is active".to_owned());
    }
    Err(warning(
        ["network-online.target is not active: each start of a service waits for up to 90 s"],
        "`sudo systemctl start network-online.target`, and enable what waits for the network: \
         `systemd-networkd-wait-online` or `NetworkManager-wait-online`",
    ))
}

fn units(seen: &Examination) -> Judged {
    let all = seen.host.units.seen()?;
    let missing = all.iter().filter(|(_, is_there)| !is_there);
    let missing: Vec<_> =
        missing.map(|(name, _)| format!("no quadlet folder holds `{name}.container`")).collect();
    if missing.is_empty() {
        let names: Vec<_> = all.iter().map(|(name, _)| name.as_str()).collect();
        return Ok(names.join(", "));
    }
    Err(wrong(missing, "name the units that run Dagster: `host: { units: [NAME, …] }`"))
}

fn generator(seen: &Examination) -> Judged {
    let all = seen.host.generator.seen()?;
    let troubles: Vec<_> = all
        .iter()
        .filter_map(|(unit, said)| Some(format!("{unit}: {}", said.as_deref()?)))
        .collect();
    if troubles.is_empty() {
        return Ok(format!("the installed quadlet makes {} of {}", all.len(), all.len()));
    }
    Err(wrong(
        troubles,
        "a unit that quadlet refuses is gone after the next daemon-reload, without a word: put right \
         what it complains about, or `datalake provision` if it is a line that datalake knows",
    ))
}
