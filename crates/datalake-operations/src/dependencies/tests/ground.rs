//! A machine in memory: units, their containers, and the images of their user.

use std::collections::BTreeMap;
use std::sync::Arc;

use datalake_core::fault::Target;
use datalake_core::host::{HostPath, Mode, Owner, ServiceState, ServiceStates};
use datalake_core::secret::FilledBody;
use datalake_core::spec::{HostDocument, Logs};
use datalake_dagster::{BASE_LABEL, PackageSource, WantedLibraries, image_drop_in};
use datalake_engine::memory::{
    MemoryClock, MemoryContainers, MemoryDagster, MemoryFiles, MemoryImages, MemoryMachine,
    MemoryServices, MemoryState,
};
use datalake_engine::{
    ActiveState, Container, Files as _, Image, LoadState, NewFile, NoStore, UnitStatus, UserPorts,
};

use super::super::*;
use crate::{DagsterHost, HostContext, OperationError};

pub(super) const QUADLETS: &str = "/home/d/.config/containers/systemd";
pub(super) const NAME: &str = "docker.io/acme/dagster:1";
pub(super) const UNIT: &str = "[Container]\nImage=docker.io/acme/dagster:1\n";
pub(super) const WHOLE: &str =
    r#"{"dagster": "1.12.6", "dagster-aws": "0.28.6", "boto3": "1.44.5", "pip": "26.3"}"#;
pub(super) const BARE: &str = r#"{"dagster": "1.12.6", "pip": "26.3"}"#;
pub(super) const WITHOUT_PIP: &str = r#"{"dagster": "1.12.6"}"#;

/// A machine with units, and the images of its user's podman.
pub(super) struct Ground {
    units: Vec<String>,
    pub(super) logs: Logs,
    pub(super) files: Arc<MemoryFiles>,
    state: MemoryState,
    clock: MemoryClock,
    machine: MemoryMachine,
}

/// An image: its name, its id, what its Python prints, and the image that it was built from.
pub(super) type Kept = (String, &'static str, &'static str, Option<&'static str>);

pub(super) fn parse_path(path: &str) -> HostPath {
    path.parse().unwrap()
}

pub(super) fn put_file(files: &MemoryFiles, path: &str, text: &str) {
    let uid = if path.starts_with("/etc/") { 0 } else { 900 };
    let owner = Owner { uid, gid: uid };
    let mut above: Vec<_> =
        std::iter::successors(parse_path(path).parent(), HostPath::parent).collect();
    while let Some(folder) = above.pop() {
        if files.look(&folder).is_err() {
            files.create_folder(&folder, Mode::PUBLIC_FOLDER, owner).unwrap();
        }
    }
    let content = FilledBody::new(text.as_bytes().to_vec());
    files
        .write(&parse_path(path), &NewFile { content: &content, mode: Mode::PUBLIC, owner })
        .unwrap();
}

/// A unit, its file, and the image that its container runs.
pub(super) struct Started {
    pub(super) name: &'static str,
    pub(super) file: String,
    pub(super) runs: String,
}

pub(super) fn status_of(unit: &Started) -> UnitStatus {
    UnitStatus {
        unit: format!("{}.service", unit.name).parse().unwrap(),
        load: LoadState::Loaded,
        active: ActiveState::Active,
        sub: "running".to_owned(),
        restarts: 0,
        invocation: None,
        result: "success".to_owned(),
        fragment: None,
        source: Some(parse_path(&unit.file)),
        since: None,
        is_queued: false,
    }
}

pub(super) fn container_of(unit: &Started) -> Container {
    Container {
        id: unit.name.to_owned(),
        name: format!("systemd-{}", unit.name),
        image: unit.runs.clone(),
        service: Some(format!("{}.service", unit.name).parse().unwrap()),
        state: "running".to_owned(),
        process: Some(1),
    }
}

pub(super) fn user_ports(units: &[Started], kept: &[Kept]) -> UserPorts {
    let images = kept.iter().fold(MemoryImages::default(), |images, (name, id, prints, base)| {
        let label = base.map(|base| (BASE_LABEL.to_owned(), base.to_owned()));
        let labels: BTreeMap<_, _> = label.into_iter().collect();
        let image = Image { id: id.parse().unwrap(), user: String::new(), labels };
        let programs = [("python3".to_owned(), prints.as_bytes().to_vec())].into();
        images.with(&name.parse().unwrap(), image, programs)
    });
    let containers = units.iter().map(container_of).collect();
    let containers = MemoryContainers { containers, ..MemoryContainers::default() };
    UserPorts {
        services: Box::new(MemoryServices::default().with(units.iter().map(status_of))),
        containers: Box::new(containers),
        images: Box::new(images),
        ..MemoryMachine::idle(parse_path("/var/lib/systemd/linger/d"))
    }
}

impl Ground {
    pub(super) fn new(unit: &str, runs: &str, kept: Vec<Kept>) -> Self {
        let file = format!("{QUADLETS}/web.container");
        Self::with_units(vec![(Started { name: "web", file, runs: runs.to_owned() }, unit)], kept)
    }

    /// One with these units and the texts of their files.
    pub(super) fn with_units(units: Vec<(Started, &str)>, kept: Vec<Kept>) -> Self {
        let files = MemoryFiles::default();
        put_file(&files, "/etc/passwd", "d:x:900:900::/home/d:/bin/sh\n");
        for (unit, text) in &units {
            put_file(&files, &unit.file, text);
        }
        let units: Vec<_> = units.into_iter().map(|(unit, _)| unit).collect();
        Self {
            units: units.iter().map(|unit| unit.name.to_owned()).collect(),
            logs: Logs::Local,
            files: Arc::new(files),
            state: MemoryState::default(),
            clock: MemoryClock::new(1_800_000_000),
            machine: MemoryMachine::new(move || user_ports(&units, &kept)),
        }
    }

    /// One whose unit names an image that prints this.
    pub(super) fn of(prints: &'static str) -> Self {
        Self::new(UNIT, NAME, vec![(NAME.to_owned(), "5f3a", prints, None)])
    }

    /// The same with an image built from the one with this id, named in datalake's drop-in.
    pub(super) fn with_built(base: &'static str, runs: Option<&str>) -> Self {
        let built = built_name();
        let kept =
            vec![(NAME.to_owned(), "5f3a", BARE, None), (built.clone(), "ba6b", WHOLE, Some(base))];
        let ground = Self::new(UNIT, runs.unwrap_or(&built), kept);
        let path = format!("{QUADLETS}/web.container.d/{}", datalake_dagster::DROP_IN_NAME);
        put_file(&ground.files, &path, &image_drop_in(&built));
        ground
    }

    pub(super) fn context(&self) -> HostContext<'_> {
        let context = HostContext::new(self.files.as_ref(), &self.state, &self.clock);
        HostContext { machine: Some(&self.machine), ..context }
    }

    pub(super) fn open(&self) -> DagsterHost {
        let units = Some(self.units.clone());
        let host = HostDocument { user: Some("d".to_owned()), units, ..HostDocument::default() };
        DagsterHost::open(&self.context(), host.check().unwrap()).unwrap()
    }

    pub(super) async fn look(&self) -> Result<FoundImages, OperationError> {
        let question =
            ImageQuestion { wish: WantedLibraries::default(), python: None, logs: self.logs };
        look_into_images(&question, &self.context(), &self.open()).await
    }

    pub(super) async fn standing(&self) -> ImageStanding {
        self.look().await.unwrap().units[0].standing()
    }

    /// What there is to do: builds, then the targets of the steps.
    pub(super) async fn plan(&self) -> Result<(Vec<String>, Vec<String>), OperationError> {
        let (found, context) = (self.look().await?, self.context());
        let (store, key) = (NoStore("it was not asked".to_owned()), context.fingerprint_key()?);
        let up = |unit: &String| (unit.parse().unwrap(), ServiceState::UpWith(key.of(b"")));
        let running: ServiceStates = self.units.iter().map(up).collect();
        let (files, env_file) = (Arc::clone(&self.files), parse_path("/home/d/s3.env"));
        let dagster = MemoryDagster::new(running, files, env_file, context.fingerprint_key()?);
        let ports = context.ports(&store, &dagster, &key);
        let planned =
            plan_dependencies(&found, &PackageSource::default(), &self.open(), &ports).await?;
        let builds = planned.builds.iter().map(|wanted| wanted.name.to_string()).collect();
        let targets = planned.plan.steps.iter().map(|step| match step.action.target() {
            Target::Path(path) => path.to_string(),
            other => other.to_string(),
        });
        Ok((builds, targets.collect()))
    }
}

pub(super) fn built_name() -> String {
    "localhost/datalake-dagster:0123456789ab".to_owned()
}
