use datalake_core::host::{Mode, Owner};
use datalake_core::secret::FilledBody;
use datalake_engine::NewFile;
use datalake_engine::memory::MemoryFiles;

use super::*;

const QUADLETS: &str = "/var/lib/dagster/.config/containers/systemd";
const PASSWD: &str = "root:x:0:0::/root:/bin/bash\n\
    dagster-user:x:900:900::/var/lib/dagster:/usr/sbin/nologin\n\
    nessie:x:901:901::/var/lib/nessie:/usr/sbin/nologin\n\
    nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n";

/// A host in memory that every user's look has in common.
struct MemoryHost(MemoryFiles);

impl HostOpener for MemoryHost {
    fn open_files(&self) -> Result<Box<dyn Files>, Fault> {
        Ok(Box::new(MemoryFiles::from(self.0.everything())))
    }
}

/// A host with these files, and the folders that they need.
fn make_host(files: &[(String, &str)]) -> MemoryHost {
    let host = MemoryFiles::default();
    let owner = Owner { uid: 900, gid: 900 };
    let passwd = ("/etc/passwd".to_owned(), PASSWD);
    for (path, text) in files.iter().chain([&passwd]) {
        let path: HostPath = path.parse().unwrap();
        let mut parents: Vec<_> = std::iter::successors(path.parent(), HostPath::parent).collect();
        while let Some(parent) = parents.pop() {
            host.create_folder(&parent, Mode::PUBLIC_FOLDER, owner).unwrap();
        }
        let content = FilledBody::new(text.as_bytes().to_vec());
        host.write(&path, &NewFile { content: &content, mode: Mode::PUBLIC, owner }).unwrap();
    }
    MemoryHost(host)
}

fn name_unit_file(name: &str, text: &'static str) -> (String, &'static str) {
    (format!("{QUADLETS}/{name}"), text)
}

const WEB: &str = "[Container]\nImage=localhost/dagster:1\nPod=dagster.pod\n\
    Volume=/var/lib/dagster/home:/opt/home\nEnvironment=DAGSTER_HOME=/opt/home\n\
    Exec=dagster-webserver -h 0.0.0.0\n";
const DAEMON: &str = "[Container]\nImage=localhost/dagster:1\nPod=dagster.pod\n\
    Volume=/var/lib/dagster/home:/opt/home\nEnvironment=DAGSTER_HOME=/opt/home\n\
    Exec=dagster-daemon run\n";
const POSTGRES: &str = "[Container]\nImage=docker.io/library/postgres:17\n";
const CODE: &str = "[Container]\nImage=localhost/etl:latest\nPod=dagster.pod\n\
    Environment=HOME=/\nEnvironmentFile=/var/lib/dagster/x.env\n\
    Exec=dagster api grpc --host 0.0.0.0 --port 4000 --module-name etl.definitions\n";

/// A user's units, each with whether it gets the settings.
fn list_verdicts(user: &DiscoveredUser) -> Vec<String> {
    let told = |unit: &DiscoveredUnit| {
        format!("{}{}", unit.name, if unit.is_given_settings { " +" } else { "" })
    };
    user.units.iter().map(told).collect()
}

#[test]
fn a_host_of_the_guide_has_two_units_that_need_the_bucket() {
    let host = make_host(&[
        name_unit_file("dagster-webserver.container", WEB),
        name_unit_file("dagster-daemon.container", DAEMON),
        name_unit_file("dagster-postgres.container", POSTGRES),
    ]);

    let report = discover_host(&host).unwrap();

    let user = report.only_user().unwrap();
    assert_eq!((user.name.as_str(), user.uid), ("dagster-user", 900));
    assert_eq!(
        list_verdicts(user),
        ["dagster-webserver +", "dagster-daemon +", "dagster-postgres"]
    );
    assert_eq!(user.dagster_home.as_deref(), Some("/var/lib/dagster/home"));
    assert_eq!(user.units[2].why, "it is a database");
}

#[test]
fn a_code_server_in_the_pod_is_found_with_the_line_that_says_it() {
    let host = make_host(&[
        name_unit_file("dagster-webserver.container", WEB),
        name_unit_file("dagster-daemon.container", DAEMON),
        name_unit_file("etl-code.container", CODE),
        name_unit_file("dagster.pod", "[Pod]\nPodName=dagster\n"),
        ("/var/lib/dagster/home/workspace.yaml".to_owned(), "load_from:\n- python_file: a.py\n"),
    ]);

    let report = discover_host(&host).unwrap();

    let user = report.only_user().unwrap();
    let all = ["etl-code +", "dagster-webserver +", "dagster-daemon +", "dagster"];
    assert_eq!(list_verdicts(user), all);
    let code = &user.units[0];
    assert_eq!((code.roles[0].role, code.roles[0].line), ("runs-user-code", Some(6)));
    assert_eq!(code.roles[0].reason, "`Exec=` starts `dagster api grpc`");
    assert_eq!(code.pod.as_deref(), Some("dagster.pod"));
    assert_eq!(code.env_files, ["/var/lib/dagster/x.env"]);
    assert_eq!(user.workspaces, ["/var/lib/dagster/home/workspace.yaml"]);
    let web = user.units[1].roles.iter().find(|role| role.role == "runs-user-code").unwrap();
    assert_eq!(web.reason, "`workspace.yaml` has it load a `python_file` itself");
}

const ETL: &str = "[Container]\nImage=localhost/etl:latest\nContainerName=etl\n";

/// A webserver that is told two workspace files, and a container that only one of them names.
const TOLD: &str = "[Container]\nImage=localhost/dagster:1\nVolume=/srv/lake:/conf:ro\n\
    Volume=/var/lib/dagster/home:/opt/home\nEnvironment=DAGSTER_HOME=/opt/home\n\
    Exec=dagster-webserver -w /conf/web.yaml -w /conf/etl.yaml\n";

#[test]
fn a_code_server_is_found_by_the_workspace_file_that_a_command_names() {
    let host = make_host(&[
        name_unit_file("web.container", TOLD),
        name_unit_file("etl.container", ETL),
        ("/srv/lake/web.yaml".to_owned(), "load_from:\n- python_module: lake\n"),
        ("/srv/lake/etl.yaml".to_owned(), "load_from:\n- grpc_server: {host: etl, port: 4000}\n"),
        ("/var/lib/dagster/home/workspace.yaml".to_owned(), "load_from: []\n"),
    ]);

    let report = discover_host(&host).unwrap();

    let user = report.only_user().unwrap();
    assert_eq!(list_verdicts(user), ["etl +", "web +"]);
    assert_eq!(user.workspaces, ["/srv/lake/web.yaml", "/srv/lake/etl.yaml"]);
    assert_eq!(user.units[0].roles[0].path, "/srv/lake/etl.yaml");
    let web = user.units[1].roles.iter().find(|role| role.role == "runs-user-code").unwrap();
    assert_eq!(web.reason, "`web.yaml` has it load a `python_module` itself");
}

#[test]
fn a_workspace_file_that_the_user_cannot_read_is_told_as_unknown() {
    let host =
        make_host(&[name_unit_file("web.container", TOLD), name_unit_file("code.container", CODE)]);
    let content = FilledBody::new(b"load_from: []\n".to_vec());
    let root = Owner { uid: 0, gid: 0 };
    for folder in ["/srv", "/srv/lake"] {
        host.0.create_folder(&folder.parse().unwrap(), Mode::PUBLIC_FOLDER, root).unwrap();
    }
    let file = NewFile { content: &content, mode: Mode::PRIVATE, owner: root };
    host.0.write(&"/srv/lake/web.yaml".parse().unwrap(), &file).unwrap();

    let report = discover_host(&host).unwrap();

    let user = report.only_user().unwrap();
    let unread = "`/srv/lake/web.yaml`: the service user may not be able to read it";
    assert_eq!(user.unread, [unread]);
    let web = user.units.iter().find(|unit| unit.name == "web").unwrap();
    assert!(web.roles.iter().any(|role| role.role == "runs-user-code"));
}

#[test]
fn a_second_user_without_dagster_is_told_after_the_first() {
    let nessie = "/var/lib/nessie/.config/containers/systemd/nessie.container".to_owned();
    let host = make_host(&[
        (nessie, "[Container]\nImage=ghcr.io/projectnessie/nessie\n"),
        name_unit_file("dagster-webserver.container", WEB),
    ]);

    let report = discover_host(&host).unwrap();

    let names: Vec<_> = report.users.iter().map(|user| user.name.as_str()).collect();
    assert_eq!(names, ["dagster-user", "nessie"]);
    assert_eq!(report.only_user().unwrap().name, "dagster-user");
    assert_eq!(list_verdicts(&report.users[1]), ["nessie"]);
}

#[test]
fn what_is_no_container_unit_is_told_as_what_it_is() {
    let service = "[Service]\nExecStart=/opt/venv/bin/dagster-daemon run\n";
    let host = make_host(&[
        name_unit_file("dagster-webserver.kube", "[Kube]\nYaml=d.yml\n"),
        ("/var/lib/dagster/.config/systemd/user/beat.service".to_owned(), service),
        ("/etc/containers/systemd/web.container".to_owned(), WEB),
    ]);

    let report = discover_host(&host).unwrap();

    assert_eq!(report.only_user().unwrap().name, "root");
    let find = |name: &str| {
        let mut units = report.users.iter().flat_map(|user| &user.units);
        units.find(|unit| unit.name == name).unwrap()
    };
    assert_eq!(find("dagster-webserver").kind, DiscoveredKind::Kube);
    assert_eq!(find("beat").kind, DiscoveredKind::Service);
    let root = report.users.iter().find(|user| user.name == "root").unwrap();
    assert_eq!(root.planned_names(), ["web"]);
}

#[test]
fn a_host_without_units_has_no_users() {
    let report = discover_host(&make_host(&[])).unwrap();

    assert!(report.users.is_empty() && report.closed.is_empty());
}

#[test]
fn a_folder_in_the_place_of_a_unit_is_told_and_its_user_with_it() {
    let report =
        discover_host(&make_host(&[name_unit_file("dagster-webserver.container/x", WEB)])).unwrap();

    let [user] = &report.users[..] else { panic!("{} users", report.users.len()) };
    assert!(user.units.is_empty());
    let path = format!("`{QUADLETS}/dagster-webserver.container`");
    assert!(user.unread.iter().any(|line| line.starts_with(&path)), "{:?}", user.unread);
    assert!(report.to_string().contains(&format!("unknown     {path}")), "{report}");
}
