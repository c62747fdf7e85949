use std::collections::BTreeMap;

use datalake_dagster::Workspace;
use datalake_quadlet::{UnitFile, UnitOwner, UnitSort, UserUnit};

use super::*;

const FOLDER: &str = "/home/d/.config/containers/systemd";

/// A host with these units, by name and the lines of `[Container]`.
fn make_units(units: &[(&str, &str)]) -> Vec<UserUnit> {
    let unit = |(name, lines): &(&str, &str)| UserUnit {
        path: format!("{FOLDER}/{name}").parse().unwrap(),
        sort: UnitSort::Quadlet,
        file: UnitFile::parse(&format!("[Container]\n{lines}\n")),
    };
    units.iter().map(unit).collect()
}

/// The units with roles in their order, each with the first letters of its roles and `!` where it
/// gets the settings.
fn describe_roles(files: &[UserUnit], workspace: Option<&str>) -> Vec<String> {
    let content = |text| Workspace::parse(text).ok_or_else(|| "it is none".to_owned());
    let found = |text| found_workspace(content(text));
    judge_with(files, &workspace.map(found).into_iter().collect::<Vec<_>>())
}

fn found_workspace(content: Result<Workspace, String>) -> FoundWorkspace {
    FoundWorkspace { path: "/home/d/workspace.yaml".parse().unwrap(), content }
}

/// The same with several workspace files.
fn judge_with(files: &[UserUnit], workspaces: &[FoundWorkspace]) -> Vec<String> {
    let owner = UnitOwner { name: "d".to_owned(), uid: 900, home: "/home/d".parse().unwrap() };
    let env_files = BTreeMap::from([(
        "/home/d/d.env".parse().unwrap(),
        EnvFileText::Text("DAGSTER_HOME=/opt\n".to_owned()),
    )]);
    let units = UserUnits { owner: &owner, files, env_files: &env_files, unread: &[], masked: &[] };
    let folders = [FOLDER.parse().unwrap()];
    let found = find_roles(&units, &folders, workspaces);
    let letter = |role: &UnitRole| match role {
        UnitRole::RunsUserCode => 'c',
        UnitRole::LoadsDagsterYaml => 'y',
        UnitRole::ServesUi => 'u',
        UnitRole::Schedules => 's',
        UnitRole::Database => 'd',
    };
    let told = found.iter().map(|unit| {
        let mut letters: Vec<_> = unit.reasons.iter().map(|it| letter(&it.role)).collect();
        letters.sort_unstable();
        let letters: String = letters.into_iter().collect();
        let mark = if unit.needs_settings() { "!" } else { "" };
        format!("{} {letters}{mark}", unit.container.name)
    });
    told.collect()
}

const WEB: (&str, &str) = ("web.container", "Exec=dagster-webserver -h 0.0.0.0");
const DAEMON: (&str, &str) = ("beat.container", "Exec=dagster-daemon run");
const CODE: (&str, &str) = ("zz-etl.container", "Exec=dagster api grpc --module-name etl");

#[test]
fn a_code_server_comes_first_and_the_others_run_no_user_code() {
    let files = make_units(&[WEB, DAEMON, CODE, ("pg.container", "Image=docker.io/postgres:17")]);

    assert_eq!(describe_roles(&files, None), ["zz-etl cy!", "web uy!", "beat sy!", "pg d"]);
}

#[test]
fn without_a_code_server_webserver_and_daemon_run_user_code() {
    let files = make_units(&[WEB, DAEMON]);

    assert_eq!(describe_roles(&files, None), ["web cuy!", "beat csy!"]);
}

#[test]
fn a_file_in_the_workspace_runs_in_webserver_and_daemon_too() {
    let files = make_units(&[WEB, DAEMON, CODE]);
    let workspace = "load_from:\n- python_file: a.py\n- grpc_server: {host: x, port: 4000}\n";

    assert_eq!(describe_roles(&files, Some(workspace)), ["zz-etl cy!", "web cuy!", "beat csy!"]);
}

#[test]
fn the_workspace_tells_which_container_is_a_code_server() {
    let files =
        make_units(&[WEB, ("etl.container", "Image=localhost/etl\nContainerName=etl-code")]);
    let workspace = "load_from:\n- grpc_server: {host: etl-code, port: 4000}\n";

    assert_eq!(describe_roles(&files, Some(workspace)), ["etl cy!", "web uy!"]);
    assert_eq!(describe_roles(&files, None), ["web cuy!", "etl "]);
}

#[test]
fn each_of_several_workspace_files_counts() {
    let files =
        make_units(&[WEB, ("etl.container", "Image=localhost/etl\nContainerName=etl-code")]);
    let parse = |text| found_workspace(Ok(Workspace::parse(text).unwrap()));
    let server = parse("load_from:\n- grpc_server: {host: etl-code, port: 4000}\n");
    let own = parse("load_from:\n- python_file: a.py\n");

    assert_eq!(judge_with(&files, std::slice::from_ref(&server)), ["etl cy!", "web uy!"]);
    assert_eq!(judge_with(&files, &[own, server]), ["etl cy!", "web cuy!"]);
}

#[test]
fn a_workspace_that_nobody_could_read_may_have_the_webserver_run_code() {
    let files = make_units(&[WEB, CODE]);

    let unread = found_workspace(Err("closed".to_owned()));

    assert_eq!(judge_with(&files, &[unread]), ["zz-etl cy!", "web cuy!"]);
}

#[test]
fn names_and_the_home_tell_where_the_command_does_not() {
    let files = make_units(&[
        ("dagster-webserver.container", "Exec=x"),
        ("prod.container", "ContainerName=dagster_daemon"),
        ("other.container", "Environment=DAGSTER_HOME=/opt"),
        ("filed.container", "EnvironmentFile=%h/d.env"),
        ("redis.container", "Image=redis"),
    ]);

    assert_eq!(
        describe_roles(&files, None),
        ["dagster-webserver cuy!", "prod csy!", "filed y!", "other y!", "redis "]
    );
}

#[test]
fn what_ends_by_itself_and_templates_get_the_settings_too() {
    let files = make_units(&[
        WEB,
        CODE,
        ("migrate.container", "Exec=dagster instance migrate"),
        ("once.container", "Environment=DAGSTER_HOME=/opt\n[Service]\nType=oneshot"),
        ("code@.container", "Exec=dagster api grpc"),
    ]);

    assert_eq!(
        describe_roles(&files, None),
        ["code@ cy!", "zz-etl cy!", "web uy!", "migrate y!", "once y!"]
    );
}

#[test]
fn a_reason_names_the_line_and_no_argument() {
    let files = make_units(&[("web.container", "Image=a\nExec=dagster-webserver --token s3cret")]);
    let owner = UnitOwner { name: "d".to_owned(), uid: 900, home: "/home/d".parse().unwrap() };
    let env_files = BTreeMap::new();
    let units =
        UserUnits { owner: &owner, files: &files, env_files: &env_files, unread: &[], masked: &[] };
    let folders = [FOLDER.parse().unwrap()];

    let found = find_roles(&units, &folders, &[]);

    let reason = &found[0].reasons[0];
    assert_eq!((reason.role, reason.line), (UnitRole::ServesUi, Some(3)));
    assert_eq!(reason.words, "`Exec=` starts `dagster-webserver`");
}
