use datalake_core::host::{Mode, Owner};
use datalake_core::secret::FilledBody;
use datalake_core::time::Timestamp;

use super::*;
use crate::deployment::{InvocationId, LoadState};
use crate::memory::{MemoryClock, MemoryContainers, MemoryFiles, MemoryServices};
use crate::ports::{Files as _, NewFile, NoCheckpoints};

const FOLDER: &str = "/units";

/// Looks at a unit that gets a new life at its restart.
fn list_lives(name: &str) -> [UnitStatus; 3] {
    ["1", "1", "2"].map(|life| UnitStatus {
        unit: format!("{name}.service").parse().unwrap(),
        load: LoadState::Loaded,
        active: ActiveState::Active,
        sub: "running".to_owned(),
        restarts: 0,
        invocation: Some(InvocationId(life.to_owned())),
        result: "success".to_owned(),
        fragment: None,
        source: format!("{FOLDER}/{name}.container").parse().ok(),
        since: Timestamp::from_unix(0).ok(),
        is_queued: false,
    })
}

#[tokio::test(flavor = "current_thread")]
async fn code_servers_are_restarted_before_those_who_ask_them() {
    let names = ["beat", "etl-code", "web"];
    let (files, owner) = (MemoryFiles::default(), Owner { uid: 900, gid: 900 });
    files.create_folder(&FOLDER.parse().unwrap(), Mode::PUBLIC_FOLDER, owner).unwrap();
    let content = FilledBody::new(Vec::new());
    let mut services = MemoryServices::default();
    for name in names {
        let path = format!("{FOLDER}/{name}.container").parse().unwrap();
        files.write(&path, &NewFile { content: &content, mode: Mode::PUBLIC, owner }).unwrap();
        services = services.with(list_lives(name));
    }
    let units = names.map(|name| name.parse::<UnitName>().unwrap());
    let live = LiveDagster {
        ports: HostPorts {
            files: &files,
            services: &services,
            containers: &MemoryContainers::default(),
        },
        clock: &MemoryClock::new(0),
        checkpoints: &NoCheckpoints,
        units: &units,
        code_servers: &units[1..2],
        folders: &[FOLDER.parse().unwrap()],
        lingering: &"/linger".parse().unwrap(),
        variables: &[],
        fingerprints: &FingerprintKey::new([7; 32]),
        patience: Patience::default(),
        tell: &|_| (),
    };

    let up = units.iter().map(|unit| (unit.clone(), ServiceState::Up));
    live.settle(&up.collect()).await.unwrap();

    let orders = services.orders();
    assert_eq!(orders, ["reload", "restart etl-code.service", "restart beat.service web.service"]);
}
