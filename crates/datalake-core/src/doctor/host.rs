//! The service user, its systemd and its podman.

use super::diagnose::FindingCheck;
use super::look::{Judged, Look, name_provision, warning, wrong};
use super::{Examination, FindingId};
use crate::advice::{Advice, AdvisedCommand};
use crate::host::UnitManager;

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
    /// What kind of host it is, where it is none of rootless quadlets: a sentence.
    pub kind: Look<Option<String>>,
    /// Container units of the user that name Dagster, where one of the spec's is missing.
    pub dagster_units: Vec<String>,
    /// The spec's units, each with whether there is a quadlet file of that name.
    pub units: Look<Vec<(String, bool)>>,
    /// Units that need the settings and that the spec's list leaves out, a sentence each.
    pub left_out: Look<Vec<String>>,
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
const KIND: &[FindingId] = &[FindingId::HostUser, FindingId::HostKind];
const ACTING: &[FindingId] = &[FindingId::HostUser, FindingId::HostCaller];

/// Checks that need the user's systemd.
pub(super) const MANAGED: &[FindingId] =
    &[FindingId::HostUser, FindingId::HostCaller, FindingId::HostManager];

pub(super) const CHECKS: &[FindingCheck] = &[
    FindingCheck { id: FindingId::HostUser, after: &[], judge: judge_user },
    FindingCheck { id: FindingId::HostCaller, after: USER, judge: judge_caller },
    FindingCheck { id: FindingId::HostLingering, after: USER, judge: judge_lingering },
    FindingCheck { id: FindingId::HostSubids, after: USER, judge: judge_subids },
    FindingCheck { id: FindingId::HostManager, after: ACTING, judge: judge_manager },
    FindingCheck { id: FindingId::HostPodman, after: ACTING, judge: judge_podman },
    FindingCheck { id: FindingId::HostOnline, after: USER, judge: judge_online },
    FindingCheck { id: FindingId::HostKind, after: USER, judge: judge_kind },
    FindingCheck { id: FindingId::HostUnits, after: KIND, judge: judge_units },
    FindingCheck { id: FindingId::HostLeftOutUnits, after: USER, judge: left_out_units },
    FindingCheck {
        id: FindingId::HostGenerator,
        after: &[FindingId::HostCaller, FindingId::HostUnits],
        judge: judge_generator,
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
            kind: Look::nobody(),
            dagster_units: Vec::new(),
            units: Look::nobody(),
            left_out: Look::nobody(),
            generator: Look::nobody(),
        }
    }
}

impl HostEvidence {
    /// Nothing of it was asked, for this reason.
    #[must_use]
    pub fn not_asked(reason: &str) -> Self {
        Self {
            user: String::new(),
            account: Look::NotHere(reason.to_owned()),
            stranger: Look::NotHere(reason.to_owned()),
            lingers: Look::NotHere(reason.to_owned()),
            without_subids: Look::NotHere(reason.to_owned()),
            has_manager: Look::NotHere(reason.to_owned()),
            podman: Look::NotHere(reason.to_owned()),
            is_online: Look::NotHere(reason.to_owned()),
            kind: Look::NotHere(reason.to_owned()),
            dagster_units: Vec::new(),
            units: Look::NotHere(reason.to_owned()),
            left_out: Look::NotHere(reason.to_owned()),
            generator: Look::NotHere(reason.to_owned()),
        }
    }
}

fn judge_user(seen: &Examination) -> Judged {
    match seen.host.account.asked(seen)? {
        Ok(home) => Ok(format!("{}, at home in {home}", seen.host.user)),
        Err(trouble) => Err(wrong(
            [trouble.clone()],
            "set `host.user` to the user that runs the Dagster containers: `host: { user: NAME }`",
        )),
    }
}

fn judge_caller(seen: &Examination) -> Judged {
    match seen.host.stranger.seen()? {
        None => Ok(format!("this process may act for {}", seen.host.user)),
        Some(trouble) => Err(wrong([trouble.clone()], Advice::RunAsServiceUser)),
    }
}

fn judge_lingering(seen: &Examination) -> Judged {
    if *seen.host.lingers.seen()? {
        return Ok("it is on: services run without a login".to_owned());
    }
    let user = &seen.host.user;
    Err(wrong(
        ["it is off: services end with the last login, and do not start at boot".to_owned()],
        format!("`sudo loginctl enable-linger {user}`"),
    ))
}

fn judge_subids(seen: &Examination) -> Judged {
    let without = seen.host.without_subids.seen()?;
    if without.is_empty() {
        return Ok("/etc/subuid and /etc/subgid list some".to_owned());
    }
    let user = &seen.host.user;
    let lines = without.iter().map(|file| format!("`{file}` has no line for {user}"));
    Err(wrong(
        lines,
        format!(
            "`sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}`, with a \
             unused range; then `podman system migrate` as that user"
        ),
    ))
}

fn judge_manager(seen: &Examination) -> Judged {
    if *seen.host.has_manager.seen()? {
        return Ok("it runs".to_owned());
    }
    let user = &seen.host.user;
    if UnitManager::of_user(user) == UnitManager::Host {
        let cure = "quadlets need a host that systemd has started";
        return Err(wrong(["systemd does not run on this host".to_owned()], cure));
    }
    Err(wrong(
        [format!("no systemd runs for {user}: neither a login nor lingering has started one")],
        format!("`sudo loginctl enable-linger {user}`; then `systemctl status user@UID.service`"),
    ))
}

fn judge_podman(seen: &Examination) -> Judged {
    let cure = "install podman 5.0 or newer; 4.4 is the first that knows quadlets";
    match seen.host.podman.seen()? {
        None => Err(wrong(["there is no podman".to_owned()], cure)),
        Some(PodmanLook { version, cannot: None }) => Ok(version.clone()),
        Some(PodmanLook { version, cannot: Some(reason) }) => {
            Err(wrong([format!("{version}: {reason}")], cure))
        }
    }
}

fn judge_online(seen: &Examination) -> Judged {
    if *seen.host.is_online.seen()? {
        return Ok("it is active".to_owned());
    }
    Err(warning(
        ["network-online.target is not active: each start of a service waits for up to 90 s"],
        "`sudo systemctl start network-online.target`, and enable what waits for the network: \
         `systemd-networkd-wait-online` or `NetworkManager-wait-online`",
    ))
}

fn judge_kind(seen: &Examination) -> Judged {
    match seen.host.kind.seen()? {
        None => Ok("containers by quadlets".to_owned()),
        Some(sentence) => Err(wrong(
            [sentence.clone()],
            Advice::naming(
                "move Dagster to quadlets, or set its variables by hand: {} shows them",
                [AdvisedCommand::ShowEnvironment],
            ),
        )),
    }
}

fn judge_units(seen: &Examination) -> Judged {
    let all = seen.host.units.seen()?;
    let missing = all.iter().filter(|(_, is_there)| !is_there);
    let mut missing: Vec<_> =
        missing.map(|(name, _)| format!("no quadlet folder holds `{name}.container`")).collect();
    if missing.is_empty() {
        let names: Vec<_> = all.iter().map(|(name, _)| name.as_str()).collect();
        return Ok(names.join(", "));
    }
    if !seen.host.dagster_units.is_empty() {
        let names: Vec<_> =
            seen.host.dagster_units.iter().map(|name| format!("`{name}`")).collect();
        missing.push(format!("the container units that name Dagster are {}", names.join(", ")));
    }
    Err(wrong(missing, "name the units that run Dagster: `host: { units: [NAME, …] }`"))
}

fn left_out_units(seen: &Examination) -> Judged {
    let all = seen.host.left_out.seen()?;
    if all.is_empty() {
        return Ok("the spec includes every unit that needs the settings".to_owned());
    }
    let cure = "add it to `host: { units: [NAME, …] }`, or remove the list: then all such units are \
                taken";
    Err(warning(all.iter().map(String::as_str), cure))
}

fn judge_generator(seen: &Examination) -> Judged {
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
        name_provision(
            "a unit that quadlet refuses is gone after the next daemon-reload, without a word: put \
             right what it complains about, or {} if it is a line that datalake knows",
        ),
    ))
}
