//! The service user's podman.

use std::fs::File;
use std::io;
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::secret::FilledBody;
use datalake_engine::{Container, Containers};
use serde::Deserialize;

use crate::acting::ServiceUser;
use crate::commands::{CommandFault, ProgramCall, fault_of_command, read_answer, run_program};
use crate::fault::fault_of_io;
use crate::reading::read_at_most;

/// The largest environment that is read.
const LARGEST_ENVIRONMENT: u64 = 1 << 20;

/// What a program inside a container may take.
const EXEC_LIMIT: Duration = Duration::from_mins(2);

/// The status with which `podman exec` says that the container has no such program.
const NO_PROGRAM: i32 = 127;

/// The service user's podman.
#[derive(Debug, Clone)]
pub struct Podman(ServiceUser);

impl Podman {
    /// The podman of this user.
    #[must_use]
    pub fn new(user: ServiceUser) -> Self {
        Self(user)
    }

    /// The user.
    #[must_use]
    pub fn user(&self) -> &ServiceUser {
        &self.0
    }
}

#[async_trait]
impl Containers for Podman {
    async fn version(&self) -> Result<String, Fault> {
        // Some need the user's runtime folder for that, others do not.
        let printed = read_answer(&self.0.podman(&["--version"])).await;
        let printed = printed.map_err(|fault| self.0.require_manager().err().unwrap_or(fault))?;
        Ok(String::from_utf8_lossy(printed.expose()).trim().to_owned())
    }

    async fn containers(&self) -> Result<Vec<Container>, Fault> {
        self.0.require_manager()?;
        let printed = read_answer(&self.0.podman(&["ps", "--all", "--format", "json"])).await?;
        read_containers(printed.expose())
    }

    async fn environment(&self, container: &Container) -> Result<FilledBody, Fault> {
        let not_running = || Fault::new(FaultKind::Absent, "the container does not run");
        let process = container.process.ok_or_else(not_running)?;
        match open_environment(process) {
            // Programs in the container that run as another user are not for this one to look at.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let words = ["exec", &container.id, "cat", "/proc/1/environ"];
                read_answer(&self.0.podman(&words)).await
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(not_running()),
            Err(error) => Err(fault_of_io(&error)),
            Ok(file) => read_at_most(file, LARGEST_ENVIRONMENT).map(FilledBody::new),
        }
    }

    async fn exec(&self, container: &Container, words: &[String]) -> Result<FilledBody, Fault> {
        let words = ["exec", &container.id].into_iter().chain(words.iter().map(String::as_str));
        let command =
            ProgramCall { limit: EXEC_LIMIT, ..self.0.podman(&words.collect::<Vec<_>>()) };
        run_program(&command).await.map(|output| output.stdout).map_err(|fault| match fault {
            CommandFault::Failed { status, stderr, .. } if status.code() == Some(NO_PROGRAM) => {
                Fault::new(FaultKind::Absent, stderr)
            }
            // It is the container that is gone then, not the program.
            fault => match fault_of_command(fault) {
                fault if fault.kind == FaultKind::Absent => {
                    Fault { kind: FaultKind::Unreachable, ..fault }
                }
                fault => fault,
            },
        })
    }
}

fn open_environment(process: u32) -> io::Result<File> {
    File::open(format!("/proc/{process}/environ"))
}

/// A container in the words of `podman ps --format json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedContainer {
    id: String,
    #[serde(default)]
    names: Option<Vec<String>>,
    #[serde(default)]
    image: String,
    #[serde(default)]
    labels: Option<std::collections::BTreeMap<String, String>>,
    #[serde(default)]
    state: String,
    #[serde(default)]
    pid: u32,
}

fn read_containers(json: &[u8]) -> Result<Vec<Container>, Fault> {
    // Older ones print `null` where there is none.
    let listed: Option<Vec<ListedContainer>> = serde_json::from_slice(json).map_err(|error| {
        Fault::new(FaultKind::Unreadable, format!("podman's list of containers: {error}"))
    })?;
    let container = |listed: ListedContainer| Container {
        service: listed
            .labels
            .unwrap_or_default()
            .get("PODMAN_SYSTEMD_UNIT")
            .and_then(|unit| unit.parse().ok()),
        name: listed.names.unwrap_or_default().into_iter().next().unwrap_or_default(),
        id: listed.id,
        image: listed.image,
        state: listed.state,
        process: (listed.pid != 0).then_some(listed.pid),
    };
    Ok(listed.unwrap_or_default().into_iter().map(container).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// podman 5.8.6, shortened; the second was made by hand and has ended.
    const LISTED: &str = r#"[
      { "AutoRemove": true, "Command": ["dagster-webserver"], "CIDFile": "", "Exited": false,
        "ExitedAt": -62135596800, "Id": "8d1bdaf72a4a", "Image": "localhost/dagster:latest",
        "Labels": { "PODMAN_SYSTEMD_UNIT": "dagster-webserver.service" },
        "Names": ["dagster-webserver"], "Pid": 778, "Ports": null, "State": "running" },
      { "Id": "1efee38ce7f8", "Image": "localhost/x", "Labels": null, "Names": ["odd"], "Pid": 0,
        "State": "exited" }
    ]"#;

    #[test]
    fn a_container_tells_the_service_that_it_belongs_to() {
        let read = read_containers(LISTED.as_bytes()).unwrap();

        let [web, odd] = read.as_slice() else { panic!("two containers") };
        assert_eq!(web.service.as_ref().unwrap().as_str(), "dagster-webserver.service");
        assert_eq!((web.name.as_str(), web.process), ("dagster-webserver", Some(778)));
        assert_eq!((odd.service.as_ref(), odd.process), (None, None));
    }

    #[test]
    fn a_probe_ends_by_itself_before_it_is_given_up() {
        let probe = include_str!("../../datalake-engine/src/deployment/probe.py");

        let alarms = probe.split("signal.alarm(").skip(1).map(|rest| rest.split_once(')').unwrap());
        let alarms: Vec<u64> = alarms.map(|(seconds, _)| seconds.parse().unwrap()).collect();

        assert_eq!(alarms.len(), 2, "one to end it, one where that takes too long");
        assert!(Duration::from_secs(alarms.iter().sum()) < EXEC_LIMIT, "{alarms:?}");
    }

    #[test]
    fn no_list_is_not_an_empty_one() {
        assert_eq!(read_containers(b"null").unwrap(), []);
        assert_eq!(read_containers(b"").unwrap_err().kind, FaultKind::Unreadable);
    }
}
