//! Where user code runs, on ports in memory.

use datalake_core::spec::HostSpec;
use datalake_engine::memory::MemoryMachine;

use super::super::places::find_code_units;
use super::Scene;

#[tokio::test]
async fn on_a_machine_without_the_service_user_no_container_was_left_unasked() {
    let mut scene = Scene::new().await;
    scene.folders.put_file("/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    scene.machine = Some(MemoryMachine::new(|| {
        MemoryMachine::idle("/var/lib/systemd/linger/dagster".parse().unwrap())
    }));
    let host = HostSpec {
        user: "dagster".parse().unwrap(),
        units: vec!["dagster-daemon".parse().unwrap()],
        finds_units: false,
        handover: None,
        dagster_home: None,
        links: Vec::new(),
    };

    let units = find_code_units(&scene.search().context, &host).await;

    assert_eq!(units.map(|units| units.len()), Ok(0));
}
