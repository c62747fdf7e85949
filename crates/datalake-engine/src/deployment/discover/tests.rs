use datalake_core::host::{Mode, Owner, UnitManager};
use datalake_core::secret::FilledBody;

use super::*;
use crate::deployment::{ActiveState, LoadState};
use crate::memory::{MemoryContainers, MemoryFiles, MemoryServices};
use crate::ports::NewFile;

fn path(text: &str) -> HostPath {
    text.parse().unwrap()
}

/// A host with these files, and the folders that they need.
fn host(files: &[&str]) -> MemoryFiles {
    let host = MemoryFiles::default();
    let owner = Owner { uid: 900, gid: 900 };
    for file in files {
        let mut parents: Vec<_> =
            std::iter::successors(path(file).parent(), HostPath::parent).collect();
        while let Some(parent) = parents.pop() {
            host.create_folder(&parent, Mode::PUBLIC_FOLDER, owner).unwrap();
        }
        let content = FilledBody::new(Vec::new());
        host.write(&path(file), &NewFile { content: &content, mode: Mode::PUBLIC, owner }).unwrap();
    }
    host
}

fn account() -> UserAccount {
    let owner = Owner { uid: 900, gid: 900 };
    UserAccount { owner, home: path("/home/d"), manager: UnitManager::User }
}

fn service(name: &str, source: &str) -> UnitStatus {
    UnitStatus {
        unit: name.parse().unwrap(),
        load: LoadState::Loaded,
        active: ActiveState::Active,
        sub: "running".to_owned(),
        restarts: 0,
        invocation: None,
        result: "success".to_owned(),
        fragment: None,
        source: Some(path(source)),
        since: None,
        is_queued: false,
    }
}

fn container(id: &str, service: &str, process: Option<u32>) -> Container {
    Container {
        id: id.to_owned(),
        name: format!("name-{id}"),
        image: "localhost/dagster:latest".to_owned(),
        service: service.parse().ok(),
        state: "running".to_owned(),
        process,
    }
}

fn found(
    units: &[&str],
    files: &MemoryFiles,
    (services, containers): (&MemoryServices, &MemoryContainers),
) -> Deployment {
    let units: Vec<UnitName> = units.iter().map(|unit| unit.parse().unwrap()).collect();
    let folders = quadlet_folders(&account()).unwrap();
    let search =
        DeploymentSearch { units: &units, folders: &folders, lingering: &path("/linger/d") };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(discover_deployment(&search, &HostPorts { files, services, containers }))
}

const HOME: &str = "/home/d/.config/containers/systemd";

#[test]
fn a_service_is_known_by_its_source_and_a_container_by_its_service() {
    let file = format!("{HOME}/apps/web.container");
    let files = host(&[&file, "/linger/d"]);
    let services = MemoryServices::default()
        .with([service("web.service", "/elsewhere/web.container")])
        .with([service("orchestrator.service", &file)]);
    let containers = MemoryContainers {
        containers: vec![
            container("1", "web.service", Some(1)),
            container("2", "orchestrator.service", Some(2)),
            container("3", "orchestrator.service", None),
        ],
        ..MemoryContainers::default()
    };

    let found = found(&["web"], &files, (&services, &containers));

    let unit = &found.units[0];
    assert_eq!(unit.file, Found::Present(path(&file)));
    assert_eq!(unit.status.present().unwrap().unit.as_str(), "orchestrator.service");
    assert_eq!(unit.container.present().unwrap().id, "2");
    assert_eq!(found.folders, [path(HOME), path(&format!("{HOME}/apps"))]);
    assert_eq!(found.lingers, Found::Present(()));
}

#[test]
fn the_first_file_of_a_name_counts_and_drop_ins_of_all_folders() {
    let own = format!("{HOME}/dagster-web.container");
    let users = "/etc/containers/systemd/users";
    let drop_ins = [
        format!("{HOME}/container.d/1.conf"),
        format!("{HOME}/dagster-web.container.d/2.conf"),
        format!("{users}/900/dagster-.container.d/3.conf"),
    ];
    let others = [
        format!("{users}/dagster-web.container"),
        format!("{HOME}/dagster-web.container.d/2.conf.bak"),
        format!("{HOME}/dagster-webs.container.d/4.conf"),
    ];
    let all: Vec<_> =
        [&own].into_iter().chain(&drop_ins).chain(&others).map(String::as_str).collect();

    let nothing = (&MemoryServices::default(), &MemoryContainers::default());
    let found = found(&["dagster-web"], &host(&all), nothing);

    assert_eq!(found.units[0].file, Found::Present(path(&own)));
    assert_eq!(found.units[0].drop_ins, drop_ins.map(|text| path(&text)));
    assert_eq!(found.units[0].status, Found::Absent);
    assert_eq!(found.lingers, Found::Absent);
}

#[test]
fn drop_ins_of_a_template_count_for_its_instances() {
    let template = format!("{HOME}/code@.container.d/a.conf");
    let files = host(&[&format!("{HOME}/code@x.container"), &template]);
    let folders = [path(HOME)];

    for name in ["code@x", "code@"] {
        let found = drop_ins(&[name.parse().unwrap()], &folders, &files);
        assert_eq!(found.paths, [path(&template)], "{name}");
    }
}

#[test]
fn the_drop_ins_of_several_units_are_found_once() {
    let files = [
        format!("{HOME}/container.d/1.conf"),
        format!("{HOME}/a.container.d/2.conf"),
        format!("{HOME}/b.container.d/3.conf"),
        format!("{HOME}/c.container.d/4.conf"),
    ];
    let all: Vec<_> = files.iter().map(String::as_str).collect();
    let units = ["a", "b"].map(|unit| unit.parse().unwrap());

    let mut found = drop_ins(&units, &quadlet_folders(&account()).unwrap(), &host(&all));

    found.paths.sort();
    let mut paths: Vec<_> = files.iter().take(3).map(|text| path(text)).collect();
    paths.sort();
    assert_eq!((found.paths, found.unseen), (paths, vec![]));
}
