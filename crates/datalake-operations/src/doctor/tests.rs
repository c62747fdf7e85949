mod code_servers;
mod deployments;
mod host;
mod service;

use std::sync::Mutex;

use async_trait::async_trait;
use datalake_core::doctor::{CheckOutcome, Finding, FindingId, diagnose};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, Mode, Owner};
use datalake_core::secret::{Credentials, FilledBody};
use datalake_core::spec::{CredentialSource, Spec, SpecDocument};
use datalake_engine::memory::{
    MemoryClock, MemoryContainers, MemoryFiles, MemoryHost, MemoryMachine, MemoryNetwork,
    MemoryServices, MemoryState, MemoryVault, NewMemoryStores,
};
use datalake_engine::{
    ActiveState, Files, LoadState, Machine, ModalAccount, NewFile, NoCheckpoints, UnitStatus,
    UserPorts,
};
use serde_json::json;

use super::*;
use crate::{Advice, ErrorKind, HostContext, OperationError};

const UNITS: &str = "/home/d/.config/containers/systemd";
const UNIT: &str = "[Container]\nImage=i\nVolume=/home/d/home:/opt/home\nVolume=/home/d/code:/code\n\
                    Environment=DAGSTER_HOME=/opt/home\n";

/// A place that is examined, all of it in memory.
struct Place {
    files: MemoryFiles,
    state: MemoryState,
    clock: MemoryClock,
    machine: Option<MemoryMachine>,
    document: SpecDocument,
    network: MemoryNetwork,
    pair: Result<(), NoKeyPair>,
    modal: MemoryVault,
    code: Vec<CodeFolder>,
    caller: Caller,
    parts: Mutex<Vec<String>>,
}

fn at(path: &str) -> HostPath {
    path.parse().unwrap()
}

fn put(files: &MemoryFiles, path: &str, text: &str) {
    let owner = Owner { uid: 900, gid: 900 };
    let mut above: Vec<_> = std::iter::successors(at(path).parent(), HostPath::parent).collect();
    while let Some(folder) = above.pop() {
        if files.look(&folder).is_err() && folder.as_str() != "/" {
            files.create_folder(&folder, Mode::PUBLIC_FOLDER, owner).unwrap();
        }
    }
    let content = FilledBody::new(text.as_bytes().to_vec());
    files.write(&at(path), &NewFile { content: &content, mode: Mode::PUBLIC, owner }).unwrap();
}

fn document() -> SpecDocument {
    let document = json!({
        "endpoint": "http://127.0.0.1:9000",
        "region": "fsn1",
        "bucket": "lake",
        "host": { "user": "d", "units": ["web"] },
        "modal": { "secret": "hetzner-s3" },
    });
    serde_json::from_value(document).unwrap()
}

impl Place {
    /// A folder that stands for a host with one unit.
    fn folder() -> Self {
        let files = MemoryFiles::default();
        put(&files, "/etc/passwd", "d:x:900:900::/home/d:/bin/sh\n");
        put(&files, &format!("{UNITS}/web.container"), UNIT);
        put(&files, "/home/d/home/dagster.yaml", "telemetry: {enabled: false}\n");
        let hosts = [("127.0.0.1".to_owned(), MemoryHost::default())].into();
        Self {
            files,
            state: MemoryState::default(),
            clock: MemoryClock::new(1_800_000_000),
            machine: None,
            document: document(),
            network: MemoryNetwork { hosts, ..MemoryNetwork::default() },
            pair: Ok(()),
            modal: MemoryVault::default(),
            code: Vec::new(),
            caller: Caller::default(),
            parts: Mutex::default(),
        }
    }

    /// A machine whose unit runs.
    fn machine() -> Self {
        let place = Self { machine: Some(MemoryMachine::new(running)), ..Self::folder() };
        for path in ["/etc/subuid", "/etc/subgid"] {
            put(&place.files, path, "d:100000:65536\n");
        }
        put(&place.files, "/var/lib/systemd/linger/d", "");
        place
    }

    async fn examine(&self, only: Option<Group>) -> Examination {
        self.examine_as(only, |spec| spec).await
    }

    async fn examine_as(
        &self,
        only: Option<Group>,
        change: impl FnOnce(ReadSpec<'_>) -> ReadSpec<'_>,
    ) -> Examination {
        let context = HostContext {
            files: &self.files,
            state: &self.state,
            state_name: "state",
            clock: &self.clock,
            checkpoints: &NoCheckpoints,
            machine: self.machine.as_ref().map(|machine| machine as &dyn Machine),
            root_name: self.machine.is_none().then_some("root"),
            variables: HostContext::usual_variables(),
        };
        let input = ExaminationInput {
            context: &context,
            spec: &change(ReadSpec::of(&self.document)),
            caller: &self.caller,
            code: &self.code,
            keys: self,
            services: &NewMemoryStores,
            network: &self.network,
            modal: Some(&self.modal as &dyn ModalAccount),
            reporter: self,
        };
        examine_groups(&input, only).await
    }
}

fn running() -> UserPorts {
    let status = UnitStatus {
        unit: "web.service".parse().unwrap(),
        load: LoadState::Loaded,
        active: ActiveState::Active,
        sub: "running".to_owned(),
        restarts: 0,
        invocation: None,
        result: "success".to_owned(),
        fragment: None,
        source: Some(at(&format!("{UNITS}/web.container"))),
        since: None,
        is_queued: false,
    };
    UserPorts {
        services: Box::new(MemoryServices::default().with([status])),
        containers: Box::new(MemoryContainers::default()),
        ..MemoryMachine::idle(at("/var/lib/systemd/linger/d"))
    }
}

fn keys() -> Credentials {
    Credentials::pair("AKIAEXAMPLE00000001".parse().unwrap(), "s".repeat(40).parse().unwrap())
}

#[async_trait]
impl KeySource for Place {
    async fn read_pair(&self, _: &CredentialSource) -> Result<Credentials, NoKeyPair> {
        match &self.pair {
            Ok(()) => Ok(keys()),
            Err(NoKeyPair::Flaw(error)) => Err(NoKeyPair::Flaw(error.clone())),
            Err(NoKeyPair::Unread(error)) => Err(NoKeyPair::Unread(error.clone())),
            Err(NoKeyPair::None) => Err(NoKeyPair::None),
        }
    }

    async fn read_sound_pair(&self, _: &CredentialSource) -> Result<Credentials, OperationError> {
        Ok(keys())
    }

    async fn read_keys(&self, _: &Spec) -> Result<Credentials, OperationError> {
        Ok(keys())
    }
}

impl ExaminationReporter for Place {
    fn begin(&self, part: ExaminedPart) {
        self.parts.lock().unwrap().push(format!("+{part:?}"));
    }

    fn end(&self, part: ExaminedPart) {
        self.parts.lock().unwrap().push(format!("-{part:?}"));
    }

    fn word(&self, advice: &Advice) -> String {
        match advice {
            Advice::Text(words) | Advice::Commands(words, _) => words.clone(),
            _ => "another advice".to_owned(),
        }
    }
}

fn finding(seen: &Examination, id: FindingId) -> Finding {
    match diagnose(seen).of(id) {
        CheckOutcome::Finding(finding) => finding.clone(),
        other => panic!("{id}: {other:?}"),
    }
}

#[track_caller]
fn assert_not_here<T: std::fmt::Debug>(look: &Look<T>, words: &str) {
    match look {
        Look::NotHere(reason) => assert!(reason.contains(words), "{reason}"),
        other => panic!("{other:?}"),
    }
}
