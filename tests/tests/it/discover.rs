//! Units are found wherever quadlet reads them, and those that need the bucket get it.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use rustix::process::getuid;

use crate::support::{Call, Host, Service, Tree, UNITS};

const WEB: &str = "[Container]\nImage=localhost/dagster:1\nExec=dagster-webserver\n";
const DAEMON: &str = "[Container]\nImage=localhost/dagster:1\nExec=dagster-daemon run\n";
const CODE: &str = "[Container]\nImage=localhost/etl:1\nExec=dagster api grpc -m etl\n";
const DROP_IN: &str = "50-datalake-s3.conf";

/// A host without any unit.
fn empty_host() -> Host {
    let host = Host::usual();
    fs::remove_dir_all(host.units()).unwrap();
    host
}

/// Puts a unit at a path below the host's root.
#[track_caller]
fn put(host: &Host, path: &str, text: &str) {
    let path = host.root().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A provision gives both units the settings by drop-ins in this folder, and a rollback takes
/// everything back.
#[track_caller]
fn both_are_served(host: &Host, drop_ins: &str) {
    let service = Service::quick();
    let etc = || Tree::of(&host.root().join("etc"));
    let (start, etc_before) = (host.home(), etc());

    host.call(&service, "provision --yes").run().exits(0);

    for unit in ["dagster-webserver", "dagster-daemon"] {
        let path = host.root().join(drop_ins).join(format!("{unit}.container.d")).join(DROP_IN);
        let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", path.display()));
        assert!(text.contains("EnvironmentFile=-/var/lib/dagster/.config/datalake/s3.env"));
    }
    host.call(&service, "status").run().exits(0);
    host.call(&service, "rollback --yes").run().exits(0);
    host.home().must_be(&start, "after rollback");
    etc().must_be(&etc_before, "after rollback");
}

#[test]
fn a_code_server_gets_the_settings_and_is_told_first() {
    let (host, service) = (empty_host(), Service::quick());
    put(&host, &format!("{UNITS}/web.container"), WEB);
    put(&host, &format!("{UNITS}/beat.container"), DAEMON);
    put(&host, &format!("{UNITS}/etl-code.container"), CODE);

    let ran = host.call(&service, "provision --yes").run().exits(0);

    let restart = "systemctl --user -M dagster-user@ restart etl-code web beat";
    assert!(ran.stdout.contains(restart), "{}", ran.stdout);
    for unit in ["etl-code", "web", "beat"] {
        assert!(host.units().join(format!("{unit}.container.d")).join(DROP_IN).exists(), "{unit}");
    }
    host.call(&service, "status").run().exits(0);
}

#[test]
fn units_in_folders_below_are_served_from_above() {
    let host = empty_host();
    put(&host, &format!("{UNITS}/apps/v1.2/dagster-webserver.container"), WEB);
    put(&host, &format!("{UNITS}/apps/dagster-daemon.container"), DAEMON);

    both_are_served(&host, UNITS);
}

#[test]
fn links_to_a_checkout_are_read_and_nothing_is_written_through_them() {
    let host = empty_host();
    put(&host, "var/lib/dagster/repo/dagster-webserver.container", WEB);
    put(&host, "var/lib/dagster/repo/apps/dagster-daemon.container", DAEMON);
    fs::create_dir_all(host.units()).unwrap();
    let web = "dagster-webserver.container";
    symlink(format!("../../../repo/{web}"), host.units().join(web)).unwrap();
    symlink("../../../repo/apps", host.units().join("apps")).unwrap();

    both_are_served(&host, UNITS);
}

#[test]
fn units_of_roots_get_drop_ins_of_roots_beside_them() {
    if !getuid().is_root() {
        return;
    }
    let uid = getuid().as_raw();
    for folder in
        [format!("etc/containers/systemd/users/{uid}"), "etc/containers/systemd/users".to_owned()]
    {
        let host = empty_host();
        put(&host, &format!("{folder}/dagster-webserver.container"), WEB);
        put(&host, &format!("{folder}/dagster-daemon.container"), DAEMON);
        both_are_served(&host, &format!("etc/containers/systemd/users/{uid}"));
    }
    let (host, service) = (empty_host(), Service::quick());
    let folder = format!("etc/containers/systemd/users/{uid}");
    put(&host, &format!("{folder}/dagster-daemon.container"), DAEMON);
    host.call(&service, "provision --yes").run().exits(0);
    let drop_in = host.root().join(folder).join("dagster-daemon.container.d").join(DROP_IN);
    let meta = fs::metadata(drop_in).unwrap();
    assert_eq!((meta.uid(), meta.gid(), meta.mode() & 0o777), (0, 0, 0o644));
}

#[test]
fn a_folder_that_is_a_link_is_told_with_its_target() {
    let (host, service) = (empty_host(), Service::quick());
    put(&host, "var/lib/dagster/repo/dagster-webserver.container", WEB);
    fs::create_dir_all(host.units().parent().unwrap()).unwrap();
    symlink("../../repo", host.units()).unwrap();

    let ran = host.call(&service, "provision --yes").run().exits(77);

    let told = format!("`/{UNITS}` is a symbolic link to `../../repo`");
    assert!(ran.stderr.contains(&told), "{}", ran.stderr);
    assert!(!host.root().join("var/lib/dagster/repo/dagster-webserver.container.d").exists());
}

#[test]
fn what_is_no_container_unit_of_the_user_is_told_as_what_it_is() {
    let (kube, service) = (empty_host(), Service::quick());
    put(&kube, &format!("{UNITS}/dagster-webserver.kube"), "[Kube]\nYaml=d.yml\n");
    let ran = kube.call(&service, "provision --yes").run().exits(78);
    assert!(
        ran.stderr.contains("dagster-webserver.kube` has podman play a Kubernetes manifest"),
        "{}",
        ran.stderr
    );

    let system = empty_host();
    put(&system, "etc/containers/systemd/dagster-webserver.container", WEB);
    let ran = system.call(&service, "provision --yes").run().exits(78);
    assert!(
        ran.stderr.contains("is a quadlet of the host's own systemd (rootful)"),
        "{}",
        ran.stderr
    );
}

/// The pretend host's root is whoever runs this.
fn rootful_host() -> Host {
    let host = empty_host();
    let (user, group) = (getuid().as_raw(), rustix::process::getgid().as_raw());
    put(&host, "etc/passwd", &format!("root:x:{user}:{group}::/root:/bin/bash\n"));
    fs::create_dir(host.root().join("root")).unwrap();
    let home = "Volume=/srv/dagster:/opt/home\nEnvironment=DAGSTER_HOME=/opt/home\n";
    put(&host, &format!("{SYSTEM}/dagster-webserver.container"), &format!("{WEB}{home}"));
    put(&host, &format!("{SYSTEM}/apps/beat.container"), &format!("{DAEMON}{home}"));
    put(&host, &format!("{SYSTEM}/users/other.container"), WEB);
    put(&host, "srv/dagster/dagster.yaml", "telemetry: { enabled: false }\n");
    host
}

const SYSTEM: &str = "etc/containers/systemd";

#[test]
fn quadlets_of_the_hosts_own_systemd_are_set_up_for_root() {
    let (host, service) = (rootful_host(), Service::quick());
    let trees = || ["etc", "root", "srv"].map(|folder| Tree::of(&host.root().join(folder)));
    let start = trees();
    let call = |words: &str| {
        let call = host.call(&service, words).env("DATALAKE_HOST__USER", "root");
        call.env("DATALAKE_LOGS", "s3").run()
    };

    let ran = call("provision --yes").exits(0);

    let steps = "systemctl daemon-reload\n  systemctl restart dagster-webserver beat\n";
    assert!(ran.stdout.contains(steps), "{}", ran.stdout);
    for unit in ["dagster-webserver", "beat"] {
        let drop_in = host.root().join(SYSTEM).join(format!("{unit}.container.d")).join(DROP_IN);
        let text = fs::read_to_string(drop_in).unwrap();
        assert!(text.contains("EnvironmentFile=-/root/.config/datalake/s3.env"), "{text}");
    }
    let yaml = fs::read_to_string(host.root().join("srv/dagster/dagster.yaml")).unwrap();
    assert!(yaml.contains("S3ComputeLogManager"), "{yaml}");
    call("status").exits(0);
    let doctor = call("doctor --only host");
    assert!(!doctor.stdout.contains("✗ wrong"), "{}", doctor.stdout);
    call("rollback --yes").exits(0);
    for (now, before) in trees().iter().zip(&start) {
        now.must_be(before, "after rollback");
    }
}

#[test]
fn root_is_discovered_and_proposed_where_the_host_runs_dagster() {
    let host = rootful_host();

    let report = host.bare("discover --json").run().exits(0).json("discover");

    let root = &report["users"][0];
    assert_eq!((&root["name"], &root["dagster_home"]), (&"root".into(), &"/srv/dagster".into()));
    let names: Vec<_> = root["units"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["dagster-webserver", "beat"]);
    let words = "init --no-input --region fsn1 --bucket acme-dagster-assets";
    Call::new(&host.work(), words).arg("--root").arg(host.root()).run().exits(0);
    let spec = fs::read_to_string(host.work().join("datalake.yaml")).unwrap();
    assert!(spec.contains("host: { user: root }"), "{spec}");
}

#[test]
fn a_unit_that_the_list_leaves_out_is_told_by_plan_status_and_doctor() {
    let (host, service) = (Host::usual(), Service::quick());
    put(&host, &format!("{UNITS}/etl-code.container"), CODE);
    let call = |words: &str| {
        let units = "dagster-webserver,dagster-daemon";
        host.call(&service, words).env("DATALAKE_HOST__UNITS", units).run()
    };

    let told = "`etl-code` runs user code (`Exec=` starts `dagster api grpc`, ";
    let plan = call("provision --yes").exits(0);
    assert!(plan.stdout.contains(told), "{}", plan.stdout);
    assert!(!host.units().join("etl-code.container.d").exists());
    let status = call("status").exits(0);
    assert!(status.stdout.contains(&format!("left out  {told}")), "{}", status.stdout);
    let doctor = call("doctor --only host --json");
    let report = doctor.json("doctor");
    let checks = report["checks"].as_array().unwrap();
    let of = checks.iter().find(|it| it["id"] == "host-left-out-units").unwrap();
    assert_eq!(of["outcome"], "warning", "{of}");
}

#[test]
fn templates_and_units_that_run_once_get_the_settings_and_are_not_restarted() {
    let (host, service) = (Host::usual(), Service::quick());
    put(&host, &format!("{UNITS}/etl@.container"), CODE);
    let once = "[Container]\nImage=localhost/dagster:1\nExec=dagster instance migrate\n\
                [Service]\nType=oneshot\n";
    put(&host, &format!("{UNITS}/upgrade.container"), once);
    let start = host.home();

    let ran = host.call(&service, "provision --yes").run().exits(0);

    let restart = "restart dagster-webserver dagster-daemon 'etl@*'\n";
    assert!(ran.stdout.contains(restart), "{}", ran.stdout);
    assert!(ran.stdout.contains("`etl@` is a template: its instances take"), "{}", ran.stdout);
    for unit in ["etl@", "upgrade"] {
        assert!(host.units().join(format!("{unit}.container.d")).join(DROP_IN).exists(), "{unit}");
    }
    host.call(&service, "status").run().exits(0);
    host.call(&service, "rollback --yes").run().exits(0);
    host.home().must_be(&start, "after rollback");
}

#[test]
fn a_unit_in_a_folder_that_quadlet_does_not_read_is_told() {
    let (host, service) = (Host::usual(), Service::quick());
    let settings = "QUADLET_UNIT_DIRS=/var/lib/dagster/quadlets\n";
    put(&host, "var/lib/dagster/.config/environment.d/quadlet.conf", settings);
    put(&host, "var/lib/dagster/quadlets/other.container", "[Container]\nImage=redis\n");

    let ran = host.call(&service, "provision --yes").run().exits(78);

    let told = "there is no `/var/lib/dagster/quadlets/dagster-webserver.container`: \
                `/var/lib/dagster/.config/containers/systemd/dagster-webserver.container` is in a \
                folder that quadlet does not read";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert!(!host.units().join("dagster-webserver.container.d").exists());
}

#[test]
fn discover_tells_each_unit_and_changes_nothing() {
    let host = Host::usual();
    put(&host, &format!("{UNITS}/etl-code.container"), CODE);
    let start = host.tree();

    let report = host.bare("discover --json").run().exits(0).json("discover");

    let user = &report["users"][0];
    assert_eq!(user["name"], "dagster-user");
    let units = user["units"].as_array().unwrap();
    let names: Vec<_> = units.iter().map(|it| it["name"].as_str().unwrap()).collect();
    let all = ["etl-code", "dagster-webserver", "dagster-daemon", "dagster-postgres"];
    assert_eq!(names, all);
    assert_eq!(units[0]["roles"][0]["role"], "runs-user-code");
    assert_eq!(units[0]["roles"][0]["line"], 3);
    assert_eq!(units[3]["is_given_settings"], false);
    let text = host.bare("discover").run().exits(0);
    let told = "etl-code: gets the settings, it runs user code";
    assert!(text.stdout.contains(told), "{}", text.stdout);
    host.tree().must_be(&start, "after two looks");
}

#[test]
fn init_proposes_the_user_that_runs_dagster_and_its_next_command_works() {
    let (host, service) = (empty_host(), Service::quick());
    let (user, group) = (getuid().as_raw(), rustix::process::getgid().as_raw());
    let passwd = format!("etl:x:{user}:{group}::/home/etl:/bin/bash\n");
    put(&host, "etc/passwd", &passwd);
    put(&host, "home/etl/.config/containers/systemd/etl-web.container", WEB);
    let words = "init --no-input --region fsn1 --bucket acme-dagster-assets";

    let ran = Call::new(&host.work(), words).arg("--root").arg(host.root()).run().exits(0);

    let spec = fs::read_to_string(host.work().join("datalake.yaml")).unwrap();
    assert!(spec.contains("host: { user: etl }"), "{spec}");
    let line = |name: &str| {
        let line = ran.stdout.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("user"), "user etl found: its units run Dagster");
    assert_eq!(line("units"), "units etl-web found at each run");
    let next = ran.stdout.lines().find_map(|line| line.strip_prefix("Next: datalake ")).unwrap();
    assert!(next.ends_with("provision --dry-run"), "{next}");
    let ran = host.call(&service, "provision --dry-run").run().exits(3);
    assert!(ran.stdout.contains("/home/etl/.config/containers/systemd/etl-web.container.d"));
}
