use std::collections::BTreeMap;

use datalake_quadlet::{UnitFile, UnitOwner, UnitSort, UserUnit};

use super::*;

const FOLDER: &str = "/home/d/.config/containers/systemd";

/// The workspace files of a host whose units have these lines, with Dagster's home in `/home/d/home`.
#[track_caller]
fn check_workspaces(units: &[&str], expected: &[&str]) {
    let unit = |(at, lines): (usize, &&str)| UserUnit {
        path: format!("{FOLDER}/{at}.container").parse().unwrap(),
        sort: UnitSort::Quadlet,
        file: UnitFile::parse(&format!("[Container]\n{lines}\n")),
    };
    let owner = UnitOwner { name: "d".to_owned(), uid: 900, home: "/home/d".parse().unwrap() };
    let files: Vec<_> = units.iter().enumerate().map(unit).collect();
    let env_files = BTreeMap::new();
    let host =
        UserUnits { owner: &owner, files: &files, env_files: &env_files, unread: &[], masked: &[] };
    let home = "/home/d/home".parse().unwrap();

    let found = find_workspace_files(&host, &[FOLDER.parse().unwrap()], Some(&home));

    assert_eq!(found.iter().map(HostPath::as_str).collect::<Vec<_>>(), expected, "{units:?}");
}

#[test]
fn a_command_that_names_none_takes_that_in_dagsters_home() {
    check_workspaces(&["Exec=dagster-webserver"], &["/home/d/home/workspace.yaml"]);
    check_workspaces(&["Image=a"], &["/home/d/home/workspace.yaml"]);
    check_workspaces(&[], &["/home/d/home/workspace.yaml"]);
}

#[test]
fn a_named_file_is_found_through_the_volumes_of_its_unit() {
    let mounted = "Volume=%h/conf:/etc/dagster:ro";
    check_workspaces(
        &[&format!("{mounted}\nExec=dagster-webserver -w /etc/dagster/a.yaml")],
        &["/home/d/conf/a.yaml"],
    );
    check_workspaces(
        &["Volume=./ws.yaml:/app/ws.yaml\nExec=dagster-daemon run --workspace=/app/ws.yaml"],
        &["/home/d/.config/containers/systemd/ws.yaml"],
    );
    check_workspaces(&["Exec=dagster-webserver -w /app/ws.yaml"], &[]);
}

#[test]
fn each_of_several_files_counts_once() {
    let unit = "Volume=/srv/a:/a\nExec=dagster-webserver -w /a/1.yaml -w /a/2.yaml";
    let other = "Volume=/srv/a:/a\nExec=dagster-daemon run -w /a/2.yaml";

    check_workspaces(&[unit, other], &["/srv/a/1.yaml", "/srv/a/2.yaml"]);
    check_workspaces(
        &[unit, "Exec=dagster-daemon run"],
        &["/home/d/home/workspace.yaml", "/srv/a/1.yaml", "/srv/a/2.yaml"],
    );
}

#[test]
fn a_relative_name_counts_from_the_working_folder_or_else_from_dagsters_home() {
    let unit = "Volume=/srv/app:/app\nWorkingDir=/app\nExec=dagster-webserver -w ./ws.yaml";
    check_workspaces(&[unit], &["/srv/app/ws.yaml"]);
    check_workspaces(&["Exec=dagster-webserver -w ws.yaml"], &["/home/d/home/ws.yaml"]);
    check_workspaces(&["Exec=dagster-webserver -w ../ws.yaml"], &[]);
}

#[test]
fn a_code_server_reads_no_workspace() {
    let code = "Volume=/srv/a:/a\nExec=dagster api grpc -w /a/1.yaml";
    let web = "Volume=/srv/a:/a\nExec=dagster-webserver -w /a/2.yaml";

    check_workspaces(&[code, web], &["/srv/a/2.yaml"]);
}
