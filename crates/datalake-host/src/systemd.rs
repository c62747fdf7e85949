//! The service user's systemd, asked with `systemctl` and `journalctl`.

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::secret::FilledBody;
use datalake_core::time::Timestamp;
use datalake_engine::{
    ActiveState, InvocationId, LineSink, LoadState, PodServices, ServiceName, Services, UnitStatus,
    Verb,
};

use crate::acting::{ServiceUser, host_systemctl};
use crate::commands::{ProgramCall, fault_of_command, follow_program, read_answer};
use crate::escape::escape_bytes;

/// What is asked of each unit.
const PROPERTIES: &str = "--property=LoadState,ActiveState,SubState,NRestarts,InvocationID,Result,\
                          FragmentPath,SourcePath,StateChangeTimestamp,Job";

/// The service user's systemd.
#[derive(Debug, Clone)]
pub struct Systemd(ServiceUser);

impl Systemd {
    /// The systemd of this user.
    #[must_use]
    pub fn new(user: ServiceUser) -> Self {
        Self(user)
    }

    /// Runs `command` where the user has a systemd.
    async fn ask(&self, command: &ProgramCall) -> Result<FilledBody, Fault> {
        self.0.require_manager()?;
        read_answer(command).await
    }
}

#[async_trait]
impl Services for Systemd {
    async fn reload(&self) -> Result<(), Fault> {
        self.ask(&self.0.reload()).await.map(drop)
    }

    async fn order(&self, verb: Verb, units: &[ServiceName]) -> Result<(), Fault> {
        let words = [order_word(verb), "--no-block", "--"];
        self.ask(&self.0.systemctl(&words, units)).await.map(drop)
    }

    async fn show(&self, units: &[ServiceName]) -> Result<Vec<UnitStatus>, Fault> {
        let words = ["show", "--timestamp=unix", PROPERTIES, "--"];
        let shown = self.ask(&self.0.systemctl(&words, units)).await?;
        read_statuses(&String::from_utf8_lossy(shown.expose()), units)
    }

    async fn find_pods(&self, units: &[ServiceName]) -> Result<Vec<PodServices>, Fault> {
        let shown =
            self.ask(&self.0.systemctl(&["show", "--property=BindsTo", "--"], units)).await?;
        let bonds = list_bonds(&String::from_utf8_lossy(shown.expose()));
        if bonds.is_empty() {
            return Ok(Vec::new());
        }
        let words = ["show", "--property=SourcePath,BoundBy", "--"];
        let shown = self.ask(&self.0.systemctl(&words, &bonds)).await?;
        read_pods(&String::from_utf8_lossy(shown.expose()), &bonds)
    }

    async fn generated(&self) -> Result<Vec<ServiceName>, Fault> {
        let words =
            ["list-unit-files", "--type=service", "--state=generated", "--no-legend", "--plain"];
        let listed = self.ask(&self.0.systemctl(&words, &[])).await?;
        Ok(list_services(&String::from_utf8_lossy(listed.expose())))
    }

    async fn log_tail(&self, units: &[ServiceName], lines: u32) -> Result<FilledBody, Fault> {
        let lines = format!("--lines={lines}");
        read_answer(&self.0.journalctl(units, &[&lines])).await
    }

    async fn follow_log(
        &self,
        units: &[ServiceName],
        lines: u32,
        sink: LineSink<'_>,
    ) -> Result<(), Fault> {
        let lines = format!("--lines={lines}");
        let command = self.0.journalctl(units, &[&lines, "--follow"]);
        follow_program(&command, sink).await.map_err(fault_of_command)
    }

    async fn is_online(&self) -> Result<bool, Fault> {
        let words = ["show", "--property=ActiveState", "--value", "network-online.target"];
        let shown = read_answer(&host_systemctl(&words)).await?;
        Ok(shown.expose().trim_ascii() == b"active")
    }
}

fn order_word(verb: Verb) -> &'static str {
    match verb {
        Verb::Start => "start",
        Verb::Stop => "stop",
        Verb::Restart => "restart",
    }
}

/// Reads `systemctl show` of several units: blocks of `NAME=value` with an empty line between.
fn read_statuses(shown: &str, units: &[ServiceName]) -> Result<Vec<UnitStatus>, Fault> {
    let blocks = split_blocks(shown, units)?;
    blocks.iter().zip(units).map(|(block, unit)| read_status(block, unit)).collect()
}

/// One block for each of `units`.
fn split_blocks<'a>(shown: &'a str, units: &[ServiceName]) -> Result<Vec<&'a str>, Fault> {
    let blocks: Vec<_> = shown.split("\n\n").filter(|block| !block.trim().is_empty()).collect();
    if blocks.len() == units.len() {
        return Ok(blocks);
    }
    let detail = format!("systemctl reported {} units, not {}", blocks.len(), units.len());
    Err(Fault::new(FaultKind::Unreadable, detail))
}

fn find_value<'a>(block: &'a str, name: &str) -> &'a str {
    let mut values = block.lines().filter_map(|line| line.split_once('='));
    values.find(|(key, _)| *key == name).map_or("", |(_, value)| value)
}

/// The services that units are bound to, each once.
fn list_bonds(shown: &str) -> Vec<ServiceName> {
    let values = shown.lines().filter_map(|line| line.strip_prefix("BindsTo="));
    let mut bonds: Vec<_> = values.flat_map(read_names).collect();
    bonds.sort();
    bonds.dedup();
    bonds
}

/// Those of `units` that are pods, with the services that are bound to them.
fn read_pods(shown: &str, units: &[ServiceName]) -> Result<Vec<PodServices>, Fault> {
    let blocks = split_blocks(shown, units)?;
    let is_pod = |block: &&str| {
        let source = find_value(block, "SourcePath");
        source.rsplit_once('.').is_some_and(|(_, ending)| ending == "pod")
    };
    let pods = blocks.into_iter().zip(units).filter(|(block, _)| is_pod(block));
    let pod = |(block, pod): (&str, &ServiceName)| PodServices {
        pod: pod.clone(),
        members: read_names(find_value(block, "BoundBy")).collect(),
    };
    Ok(pods.map(pod).collect())
}

/// The services in a list of units.
fn read_names(list: &str) -> impl Iterator<Item = ServiceName> {
    list.split_whitespace().filter_map(|name| name.parse().ok())
}

fn read_status(block: &str, unit: &ServiceName) -> Result<UnitStatus, Fault> {
    let value = |name: &str| find_value(block, name);
    let invocation = value("InvocationID");
    let job = value("Job");
    Ok(UnitStatus {
        unit: unit.clone(),
        load: match value("LoadState") {
            "loaded" => LoadState::Loaded,
            "not-found" => LoadState::NotFound,
            other => LoadState::Unusable(escape_bytes(other.as_bytes())),
        },
        active: active_state(value("ActiveState"))?,
        sub: escape_bytes(value("SubState").as_bytes()),
        restarts: value("NRestarts").parse().unwrap_or_default(),
        invocation: (!invocation.is_empty()).then(|| InvocationId(invocation.to_owned())),
        result: escape_bytes(value("Result").as_bytes()),
        fragment: value("FragmentPath").parse().ok(),
        source: value("SourcePath").parse().ok(),
        since: unix_time(value("StateChangeTimestamp")),
        is_queued: !matches!(job, "" | "0"),
    })
}

fn active_state(word: &str) -> Result<ActiveState, Fault> {
    Ok(match word {
        "active" => ActiveState::Active,
        "reloading" | "refreshing" => ActiveState::Reloading,
        "inactive" => ActiveState::Inactive,
        "failed" => ActiveState::Failed,
        "activating" | "maintenance" => ActiveState::Activating,
        "deactivating" => ActiveState::Deactivating,
        other => {
            let detail =
                format!("systemctl reports the state `{}`", escape_bytes(other.as_bytes()));
            return Err(Fault::new(FaultKind::Unreadable, detail));
        }
    })
}

/// Reads `@1795376151`.
fn unix_time(text: &str) -> Option<Timestamp> {
    Timestamp::from_unix(text.strip_prefix('@')?.parse().ok()?).ok()
}

/// The first word of each line, less templates.
fn list_services(listed: &str) -> Vec<ServiceName> {
    let names = listed.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| !name.ends_with("@.service")).filter_map(|name| name.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// systemd 257, with podman 5.4.2, of a service that runs and one that nobody knows.
    const SHOWN: &str = "\
Result=success
NRestarts=1
LoadState=loaded
ActiveState=activating
SubState=auto-restart
FragmentPath=/run/user/900/systemd/generator/dagster-daemon.service
SourcePath=/var/lib/dagster/.config/containers/systemd/dagster-daemon.container
StateChangeTimestamp=@1795376151
Job=882
InvocationID=663aad4dd9824a1a9a7b80be12ed10ca

Result=success
NRestarts=0
LoadState=not-found
ActiveState=inactive
SubState=dead
FragmentPath=
SourcePath=
StateChangeTimestamp=
Job=
InvocationID=
";

    fn units(names: &[&str]) -> Vec<ServiceName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn units_are_read_in_order() {
        let read =
            read_statuses(SHOWN, &units(&["dagster-daemon.service", "nope.service"])).unwrap();

        let [daemon, nope] = read.as_slice() else { panic!("two units") };
        assert_eq!(
            (daemon.active, daemon.restarts, daemon.is_queued),
            (ActiveState::Activating, 1, true)
        );
        assert_eq!(daemon.source.as_ref().unwrap().file_name(), "dagster-daemon.container");
        assert_eq!(daemon.since.unwrap().to_string(), "2026-11-22T19:35:51Z");
        assert_eq!((nope.load.clone(), nope.is_queued), (LoadState::NotFound, false));
        assert_eq!((nope.invocation.clone(), nope.source.clone()), (None, None));
    }

    #[test]
    fn what_units_are_bound_to_is_a_pod_where_quadlet_has_made_it_of_one() {
        let bonds =
            list_bonds("BindsTo=apps-pod.service\n\nBindsTo=\n\nBindsTo=db.service data.mount\n");
        assert_eq!(bonds, units(&["apps-pod.service", "db.service"]));

        let shown = "BoundBy=web.service beat.service data.mount\nSourcePath=/units/apps.pod\n\n\
                     BoundBy=web.service\nSourcePath=/units/db.container\n";
        let pods = read_pods(shown, &bonds).unwrap();

        let members = units(&["web.service", "beat.service"]);
        assert_eq!(pods, [PodServices { pod: bonds[0].clone(), members }]);
        assert_eq!(read_pods("", &bonds).unwrap_err().kind, FaultKind::Unreadable);
    }

    #[test]
    fn an_answer_about_other_units_is_none() {
        let fault = read_statuses(SHOWN, &units(&["a.service"])).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unreadable);
        let fault = read_statuses("ActiveState=odd\n", &units(&["a.service"])).unwrap_err();
        assert_eq!(fault.detail, "systemctl reports the state `odd`");
    }

    #[test]
    fn generated_services_are_listed_without_templates() {
        let listed = "dagster-daemon.service          generated -\nworker@.service generated -\n";

        assert_eq!(list_services(listed), units(&["dagster-daemon.service"]));
    }
}
