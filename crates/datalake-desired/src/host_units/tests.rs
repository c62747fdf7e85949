use datalake_quadlet::UnitFile;

use super::*;

const FOLDER: &str = "/home/d/.config/containers/systemd";

/// A host with a webserver, a daemon, and a code server that has this line more.
fn host_with(line: &str) -> HostUnits {
    let unit = |name: &str, lines: &str| UserUnit {
        path: format!("{FOLDER}/{name}.container").parse().unwrap(),
        sort: UnitSort::Quadlet,
        file: UnitFile::parse(&format!("[Container]\n{lines}\n")),
    };
    let env_file = ("/home/d/own.env".parse().unwrap(), "DAGSTER_S3_BUCKET=own\n".to_owned());
    HostUnits {
        owner: UnitOwner { name: "d".to_owned(), uid: 900, home: "/home/d".parse().unwrap() },
        folders: vec![FOLDER.parse().unwrap()],
        files: vec![
            unit("web", "Exec=dagster-webserver"),
            unit("beat", "Exec=dagster-daemon run"),
            unit("etl", &format!("Exec=dagster api grpc -m etl\n{line}")),
        ],
        workspaces: Vec::new(),
        env_files: BTreeMap::from([(env_file.0, EnvFileText::Text(env_file.1))]),
        missing: BTreeSet::new(),
        unread: Vec::new(),
        closed: Vec::new(),
        masked: Vec::new(),
    }
}

/// The units that lack the variable where `named` are listed, each with its line.
#[track_caller]
fn check(line: &str, named: &[&str], expected: &[(&str, usize)]) {
    let host = host_with(line);
    let named: Vec<UnitName> = named.iter().map(|name| name.parse().unwrap()).collect();

    let found = host.find_starved(&named, "DAGSTER_S3_BUCKET");

    let expected: Vec<_> = expected
        .iter()
        .map(|(unit, line)| Obstacle {
            path: format!("{FOLDER}/{unit}.container").parse().unwrap(),
            line: Some(*line),
            kind: ObstacleKind::LacksVariable {
                unit: unit.parse().unwrap(),
                variable: "DAGSTER_S3_BUCKET".to_owned(),
            },
            standing: Planned::Addable((*unit).to_owned()),
        })
        .collect();
    assert_eq!(found, expected, "{line}");
}

#[test]
fn who_is_left_out_and_gets_no_variable_would_fail() {
    check("", &["web", "beat"], &[("etl", 2)]);
    check("", &["etl"], &[("web", 2), ("beat", 2)]);
    check("", &["web", "beat", "etl"], &[]);
}

#[test]
fn who_has_the_variable_from_elsewhere_would_not() {
    for line in ["Environment=DAGSTER_S3_BUCKET=own", "EnvironmentFile=/home/d/own.env"] {
        check(line, &["web", "beat"], &[]);
    }
    check("Environment=S3_BUCKET=own", &["web", "beat"], &[("etl", 2)]);
}
