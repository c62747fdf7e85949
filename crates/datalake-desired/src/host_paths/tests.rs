//! Where units and drop-ins of a host lie.

use datalake_core::host::UnitManager;
use datalake_core::spec::SpecDocument;
use datalake_quadlet::{UnitFile, UnitOwner, UnitSort, UserUnit};

use super::*;
use crate::list_usual_variables;

fn account() -> UserAccount {
    let (owner, home) = (Owner { uid: 900, gid: 900 }, "/home/d".parse().unwrap());
    UserAccount { owner, home, manager: UnitManager::User }
}

fn host(units: &[&str]) -> HostSpec {
    let mut document = SpecDocument::defaults().host;
    document.units = Some(units.iter().map(|&name| name.to_owned()).collect());
    document.check().unwrap()
}

/// A host with these unit files in this search path.
fn host_units(files: &[(&str, &str)], folders: &[&str]) -> HostUnits {
    let unit = |(path, text): &(&str, &str)| UserUnit {
        path: path.parse().unwrap(),
        sort: UnitSort::Quadlet,
        file: UnitFile::parse(text),
    };
    HostUnits {
        owner: UnitOwner { name: "d".to_owned(), uid: 900, home: account().home },
        folders: folders.iter().map(|path| path.parse().unwrap()).collect(),
        files: files.iter().map(unit).collect(),
        workspaces: Vec::new(),
        env_files: std::collections::BTreeMap::new(),
        missing: std::collections::BTreeSet::new(),
        unread: Vec::new(),
        closed: Vec::new(),
        masked: Vec::new(),
    }
}

/// Where unit and drop-in of a host lie whose unit is this file in this search path, and who owns
/// the drop-in.
#[track_caller]
fn check(file: &str, folders: &[&str], drop_in: &str, owner: u32) {
    let (account, host) = (account(), host(&["web"]));
    let units = host_units(&[(file, "[Container]\nImage=a\n")], folders);
    let mut paths = HostPaths::of(&account, &host, list_usual_variables(false)).unwrap();

    paths.place_units(&host, &account, &units).unwrap();

    let unit = &paths.units[0];
    assert_eq!(unit.file.as_str(), file);
    let folder = unit.drop_in.parent().unwrap();
    assert_eq!((folder.as_str(), unit.owner.uid), (drop_in, owner));
    assert_eq!(folder, unit.drop_ins);
}

const OWN: &str = "/home/d/.config/containers/systemd";

#[test]
fn drop_ins_lie_where_the_generator_reads_and_whose_units_they_are() {
    let usual = [
        "/run/user/900/containers/systemd",
        OWN,
        "/etc/containers/systemd/users/900",
        "/etc/containers/systemd/users",
    ];
    let own = format!("{OWN}/web.container.d");
    let roots = "/etc/containers/systemd/users/900/web.container.d";
    check(&format!("{OWN}/web.container"), &usual, &own, 900);
    check(&format!("{OWN}/apps/dagster/web.container"), &usual, &own, 900);
    check("/run/user/900/containers/systemd/web.container", &usual, &own, 900);
    check("/etc/containers/systemd/users/900/web.container", &usual, roots, 0);
    check("/etc/containers/systemd/users/web.container", &usual, roots, 0);
    check("/home/d/q/web.container", &["/home/d/q"], "/home/d/q/web.container.d", 900);
}

#[test]
fn drop_ins_of_the_hosts_own_units_lie_in_etc() {
    let (owner, home) = (Owner { uid: 0, gid: 0 }, "/root".parse().unwrap());
    let root = UserAccount { owner, home, manager: UnitManager::Host };
    let host = host(&["web"]);
    let folders = ["/etc/containers/systemd", "/usr/share/containers/systemd"];
    let drop_in = "/etc/containers/systemd/web.container.d/50-datalake-s3.conf";
    for (folder, parents) in [(folders[0], 0), (folders[1], 2)] {
        let file = format!("{folder}/web.container");
        let units = host_units(&[(&file, "[Container]\n")], &folders);
        let mut paths = HostPaths::of(&root, &host, list_usual_variables(false)).unwrap();

        paths.place_units(&host, &root, &units).unwrap();

        let unit = &paths.units[0];
        assert_eq!((unit.file.as_str(), unit.drop_in.as_str()), (file.as_str(), drop_in));
        assert_eq!((unit.parents.len(), unit.owner.uid), (parents, 0));
    }
}

#[test]
fn a_unit_in_a_folder_that_the_generator_does_not_read_is_missing_where_it_does() {
    let (account, host) = (account(), host(&["web"]));
    let files = [("/home/d/.config/containers/systemd/web.container", "[Container]\n")];
    let units = host_units(&files, &["/home/d/q"]);
    let mut paths = HostPaths::of(&account, &host, list_usual_variables(false)).unwrap();

    paths.place_units(&host, &account, &units).unwrap();

    assert_eq!(paths.units[0].file.as_str(), "/home/d/q/web.container");
}

/// The units among `planned` in which user code runs, on a host whose units start these.
#[track_caller]
fn check_code(units: &[(&str, &str)], planned: &[&str], expected: &[&str]) {
    let file = |(name, exec): &(&str, &str)| {
        (format!("{OWN}/{name}.container"), format!("[Container]\nExec={exec}\n"))
    };
    let files: Vec<_> = units.iter().map(file).collect();
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let host = host(planned);
    let mut paths = HostPaths::of(&account(), &host, list_usual_variables(false)).unwrap();
    paths.host_units = Some(host_units(&files, &[OWN]));

    let found = paths.find_code_units(&host.units);

    assert_eq!(found.iter().map(UnitName::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn user_code_runs_in_code_servers_or_else_in_all_that_are_planned() {
    let (web, beat) = (("web", "dagster-webserver"), ("beat", "dagster-daemon run"));
    let (code, other) = (("etl", "dagster api grpc -m etl"), ("other", "dagster api grpc"));

    check_code(&[web, beat, code], &["etl", "web", "beat"], &["etl"]);
    check_code(&[web, beat, code, other], &["etl", "other", "web"], &["etl", "other"]);
    check_code(&[web, beat], &["web", "beat"], &["web", "beat"]);
    check_code(&[web, beat, code], &["web", "beat"], &["web", "beat"]);
    check_code(&[web, ("etl@", "dagster api grpc")], &["etl@1", "web"], &["etl@1"]);
    check_code(&[], &["web"], &["web"]);
    check_code(&[web, ("etl@", "dagster api grpc")], &["etl@", "web"], &["web"]);
}

#[test]
fn templates_and_what_runs_once_are_neither_restarted_nor_watched() {
    let template = format!("{OWN}/etl@.container");
    let (web, once) = (format!("{OWN}/web.container"), format!("{OWN}/migrate.container"));
    let files = [
        (&*template, "[Container]\nExec=dagster api grpc\n"),
        (&*web, "[Container]\nExec=dagster-webserver\n"),
        (&*once, "[Container]\nExec=dagster instance migrate\n"),
    ];
    let mut host = host(&["etl@", "web", "migrate", "etl@1"]);
    let mut paths = HostPaths::of(&account(), &host, list_usual_variables(false)).unwrap();
    paths.host_units = Some(host_units(&files, &[OWN]));

    paths.keep_running_units(&mut host);

    assert_eq!(host.units.iter().map(UnitName::as_str).collect::<Vec<_>>(), ["web", "etl@1"]);
    let kept: Vec<_> = paths.units.iter().map(|unit| unit.file.file_name()).collect();
    assert_eq!(kept, ["web.container", "etl@1.container"]);
}
