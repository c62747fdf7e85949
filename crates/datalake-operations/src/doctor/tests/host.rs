//! The host, its services and its files.

use super::*;

#[tokio::test]
async fn a_folder_has_units_and_no_services() {
    let seen = Place::folder().examine(None).await;

    assert_eq!(seen.place, ExaminedPlace::Folder);
    assert_eq!(seen.host.account, Look::Saw(Ok("/home/d".to_owned())));
    assert_eq!(seen.host.units, Look::Saw(vec![("web".to_owned(), true)]));
    assert_not_here(&seen.host.podman, "no services and no podman");
    assert_not_here(&seen.host.generator, "no services and no podman");
    assert_not_here(&seen.containers.lives, "no services and no podman");
}

#[tokio::test]
async fn a_group_alone_asks_nobody_else() {
    let place = Place::folder();

    let seen = place.examine(Some(Group::DagsterYaml)).await;

    assert!(matches!(seen.dagster_yaml.traps, Look::Saw(_)), "{:?}", seen.dagster_yaml);
    assert_eq!(seen.key, Examination::nothing(seen.now).key);
    assert_eq!(seen.host, Examination::nothing(seen.now).host);
    assert_eq!(*place.parts.lock().unwrap(), [""; 0]);
}

#[tokio::test]
async fn each_part_that_may_take_long_is_told_from_begin_to_end() {
    let place = Place::folder();

    place.examine(None).await;

    let parts = ["+Host", "-Host", "+Service", "-Service", "+Changes", "-Changes"];
    assert_eq!(*place.parts.lock().unwrap(), parts);
}

#[tokio::test]
async fn a_user_that_is_not_there_is_a_finding() {
    let place = Place::folder();
    put(&place.files, "/etc/passwd", "root:x:0:0::/root:/bin/sh\n");

    let seen = place.examine(Some(Group::Host)).await;

    assert!(matches!(&seen.host.account, Look::Saw(Err(_))), "{:?}", seen.host.account);
    finding(&seen, FindingId::HostUser);
    assert_not_here(&seen.settings.blind_backups, "no service user");
}

#[tokio::test]
async fn a_list_of_users_that_cannot_be_read_is_not_known() {
    let place = Place::folder();
    place.files.remove_file(&at("/etc/passwd")).unwrap();

    let seen = place.examine(Some(Group::Host)).await;

    assert!(matches!(&seen.host.account, Look::Unknown(_)), "{:?}", seen.host.account);
}

#[tokio::test]
async fn a_machine_tells_of_services_and_podman() {
    let seen = Place::machine().examine(Some(Group::Host)).await;

    assert_eq!(seen.host.stranger, Look::Saw(None));
    assert_eq!(seen.host.lingers, Look::Saw(true));
    assert_eq!(seen.host.without_subids, Look::Saw(Vec::new()));
    assert_eq!(seen.host.has_manager, Look::Saw(false));
    assert_eq!(seen.host.is_online, Look::Saw(false));
    let podman = seen.host.podman.map(|podman| podman.map(|podman| podman.cannot));
    assert_eq!(podman, Look::Saw(Some(None)));
}

#[tokio::test]
async fn a_caller_who_is_not_the_user_is_a_finding() {
    let mut place = Place::machine();
    place.machine = place.machine.map(|machine| machine.called_by(7));

    let seen = place.examine(Some(Group::Host)).await;

    finding(&seen, FindingId::HostCaller);
}

#[tokio::test]
async fn a_user_without_subordinate_ids_is_told_by_file() {
    let place = Place::machine();
    put(&place.files, "/etc/subgid", "other:1:65536\n");

    let seen = place.examine(Some(Group::Host)).await;

    assert_eq!(seen.host.without_subids, Look::Saw(vec!["/etc/subgid".to_owned()]));
}

#[tokio::test]
async fn services_that_run_are_looked_at_twice() {
    let seen = Place::machine().examine(Some(Group::Containers)).await;

    let Look::Saw(lives) = &seen.containers.lives else { panic!("{:?}", seen.containers) };
    assert_eq!((lives.len(), lives[0].is_up, lives[0].was_restarted), (1, true, false));
    let Look::Saw(containers) = &seen.containers.containers else { panic!("no containers") };
    assert_not_here(&containers[0].log_manager, "does not run");
    assert_not_here(&seen.containers.canary, "no settings are handed over");
}

#[tokio::test]
async fn what_a_provision_would_change_is_pending() {
    let seen = Place::folder().examine(Some(Group::Host)).await;

    let Look::Saw(pending) = &seen.settings.pending else { panic!("{:?}", seen.settings) };
    assert!(pending.iter().any(|line| line.contains("web.container.d")), "{pending:?}");
    assert_eq!(seen.settings.in_the_way, Look::Saw(Vec::new()));
    assert_eq!(seen.settings.given, Look::Saw(vec![("web".to_owned(), false)]));
}

#[tokio::test]
async fn without_a_pair_nobody_knows_what_would_change() {
    let mut place = Place::folder();
    place.pair = Err(NoKeyPair::None);

    let seen = place.examine(Some(Group::Host)).await;

    assert_not_here(&seen.settings.pending, "it takes a service that takes the key pair");
}

#[tokio::test]
async fn a_unit_that_is_not_there_stops_a_provision_and_is_a_refusal() {
    let place = Place::folder();
    place.files.remove_file(&at(&format!("{UNITS}/web.container"))).unwrap();

    let seen = place.examine(Some(Group::Host)).await;

    let refusal = seen.settings.refusal.expect("a refusal");
    assert!(refusal.what.contains("web.container"), "{refusal:?}");
    assert!(refusal.cure.contains("host: { units:"), "{refusal:?}");
}

#[tokio::test]
async fn traps_are_found_in_code_that_units_mount_and_in_folders_that_are_named() {
    let mut place = Place::folder();
    put(&place.files, "/home/d/code/a.py", "import modal\nstub = modal.Stub()\n");
    put(&place.files, "/home/d/home/b.py", "import modal\nstub = modal.Stub()\n");
    let named = MemoryFiles::default();
    put(&named, "/defs/c.py", "x = 1\n");
    let gone = Fault::new(FaultKind::Absent, "no such folder");
    place.code = vec![
        CodeFolder { name: "mine".into(), files: Ok(Box::new(named)) },
        CodeFolder { name: "gone".into(), files: Err(gone) },
    ];

    let seen = place.examine(Some(Group::Python)).await;

    assert_eq!(seen.python.files, 2, "what lies in Dagster's home is no code");
    let Look::Saw(traps) = &seen.python.traps else { panic!("{:?}", seen.python) };
    assert!(traps.iter().all(|trap| trap.path == "/home/d/code/a.py"), "{traps:?}");
    assert!(!traps.is_empty());
    assert_eq!(seen.python.unread.unwrap().detail, "`gone`: no such folder");
}

#[tokio::test]
async fn without_code_a_person_is_told_to_name_some() {
    let seen = Place::folder().examine(Some(Group::Python)).await;

    assert_not_here(&seen.python.traps, "--code DIR");
}

#[tokio::test]
async fn histories_of_all_homes_are_read_for_secrets() {
    let mut place = Place::machine();
    put(&place.files, "/etc/passwd", "d:x:900:900::/home/d:/bin/sh\nop:x:7:7::/home/op:/bin/sh\n");
    let line = format!("export AWS_SECRET_ACCESS_KEY={}\n", "s".repeat(40));
    for home in ["/home/d", "/home/op", "/home/me", "/home/nobody"] {
        put(&place.files, &format!("{home}/.bash_history"), &line);
    }
    place.caller = Caller { home: Some(at("/home/me")), sudo_user: Some("op".to_owned()) };

    let seen = place.examine(Some(Group::Host)).await;

    let Look::Saw(histories) = &seen.settings.histories else { panic!("{:?}", seen.settings) };
    let paths: Vec<_> = histories.iter().map(|(path, _)| path.as_str()).collect();
    let read = ["/home/d", "/home/me", "/home/op"].map(|home| format!("{home}/.bash_history"));
    assert_eq!(paths, read);
}

#[tokio::test]
async fn backups_without_databases_are_blind() {
    let place = Place::folder();
    put(&place.files, "/home/d/backup-1/storage", "");
    put(&place.files, "/home/d/backup-2/storage", "");
    put(&place.files, "/home/d/backup-2/history", "");
    put(&place.files, "/home/d/dagster-local-backup.tar.gz", "");
    put(&place.files, "/home/d/home/dagster.yaml.backup.1", "");

    let seen = place.examine(Some(Group::Host)).await;

    let blind = ["/home/d/backup-1", "/home/d/dagster-local-backup.tar.gz"].map(str::to_owned);
    assert_eq!(seen.settings.blind_backups, Look::Saw(blind.to_vec()));
    let yaml = vec!["dagster.yaml.backup.1".to_owned()];
    assert_eq!(seen.settings.yaml_backups, Look::Saw(yaml));
}
