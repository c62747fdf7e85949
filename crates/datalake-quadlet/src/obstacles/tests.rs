use std::collections::BTreeMap;

use datalake_core::host::{FileState, Mode, Owner};
use datalake_core::plan::{Action, Guard, Step, Undo, Way};
use datalake_core::secret::{FileBody, FingerprintKey};

use super::*;
use crate::{DROP_IN_NAME, S3_VARIABLES, UnitOwner};

const QUADLETS: &str = "/home/d/.config/containers/systemd";
const SYSTEMD: &str = "/home/d/.config/systemd/user";
const FILE: &str = "/home/d/.config/environment.d/s3.conf";
const MASKED: &str = "/home/d/.config/systemd/user/miner.service";
const ENV_FILE: &str = "/home/d/.config/datalake/s3.env";

fn path(text: &str) -> HostPath {
    text.parse().unwrap()
}

/// A file by its path; the folder tells who reads it.
fn unit((name, text): &(&str, &str)) -> UserUnit {
    let sort = match name {
        name if name.starts_with(SYSTEMD) => UnitSort::Systemd,
        name if name.starts_with("/etc/systemd/system") => UnitSort::System,
        name if name.ends_with("/sys.container") => UnitSort::System,
        name if name.contains(".yml") || name.contains("cron") || name.ends_with("profile") => {
            UnitSort::Script
        }
        name if name.contains("environment.d") => UnitSort::EnvironmentD,
        _ => UnitSort::Quadlet,
    };
    UserUnit { path: path(name), sort, file: UnitFile::parse(text) }
}

fn step(action: Action) -> Step {
    Step {
        guard: Guard::ServicesKnown,
        action,
        undo: Undo { guard: Guard::ServicesKnown, way: Way::OneWay(String::new()) },
        why: String::new(),
    }
}

fn written(name: &str, text: &str) -> Step {
    let file = FileState {
        content: FingerprintKey::new([1; 32]).of(text.as_bytes()),
        mode: Mode::PUBLIC,
        owner: Owner { uid: 900, gid: 900 },
    };
    let body = FileBody::new([datalake_core::secret::Piece::text(text)]);
    step(Action::WriteFile { path: path(name), body, file })
}

/// The plan that most tests are about: the file in `environment.d` goes.
fn removal() -> Vec<Step> {
    vec![step(Action::RemoveFile(path(FILE)))]
}

fn found(files: &[(&str, &str)], steps: Vec<Step>) -> Vec<Obstacle> {
    let owner = UnitOwner { name: "d".to_owned(), uid: 900, home: path("/home/d") };
    let mut files: Vec<_> = files.iter().map(unit).collect();
    files.push(unit(&(FILE, "AWS_ACCESS_KEY_ID=old\nAWS_SECRET_ACCESS_KEY=old\n")));
    let env_files = BTreeMap::from([
        (path("/srv/own.env"), EnvFileText::Text("AWS_ACCESS_KEY_ID=a\nA=1\n".to_owned())),
        (path("/srv/all.env"), {
            EnvFileText::Text("AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b\n".to_owned())
        }),
        (path("/srv/app.env"), EnvFileText::Text("A=1\n".to_owned())),
        (path("/srv/gone.env"), EnvFileText::Missing),
        (path("/root/x.env"), EnvFileText::NotLookedAt),
    ]);
    let host = UserUnits {
        owner: &owner,
        files: &files,
        env_files: &env_files,
        unread: &[],
        masked: &[path(MASKED)],
    };
    let planned = PlannedUnits {
        names: &["web".parse().unwrap(), "daemon".parse().unwrap()],
        env_file: Some(&path(ENV_FILE)),
        variables: &S3_VARIABLES,
        after: DROP_IN_NAME,
    };
    find_obstacles(&Plan { steps, ..Plan::default() }, &planned, &host)
}

#[track_caller]
fn check(files: &[(&str, &str)], steps: Vec<Step>, expected: &[(&str, Option<usize>)]) {
    let found = found(files, steps);
    let lines: Vec<_> = found.iter().map(|it| (it.path.as_str(), it.line)).collect();
    assert_eq!(lines, expected, "{found:?}");
}

/// One more file stands in the way of the removal, at this line; 0 for not at all.
#[track_caller]
fn removal_meets(name: &str, text: &str, line: usize) {
    let expected: &[_] = &[(name, Some(line))];
    check(&[(name, text)], removal(), if line == 0 { &[] } else { expected });
}

#[test]
fn a_unit_that_the_plan_does_not_name_keeps_its_file() {
    let reads = format!("[Container]\nEnvironmentFile={FILE}\n");
    for name in [
        format!("{QUADLETS}/code.container"),
        format!("{QUADLETS}/apps/code.container"),
        format!("{QUADLETS}/code@.container"),
        format!("{QUADLETS}/code.container.d/10.conf"),
        "/etc/containers/systemd/users/900/code.container".to_owned(),
        "/run/user/900/containers/systemd/code.container".to_owned(),
    ] {
        removal_meets(&name, &reads, 2);
        removal_meets(&name, &reads.replace('=', "=-"), 2);
        removal_meets(&name, &reads.replace("Env", "#Env"), 0);
    }
    let service = format!("[Service]\nEnvironmentFile=-{FILE}\n");
    for name in ["x.pod", "x.kube", "x.volume", "x.network", "x.image", "x.build"] {
        removal_meets(&format!("{QUADLETS}/{name}"), &service, 2);
    }
    removal_meets(&format!("{SYSTEMD}/code.service.d/override.conf"), &service, 2);
}

#[test]
fn a_planned_unit_keeps_no_line_that_would_stop_it() {
    let web = format!("{QUADLETS}/web.container");
    let reads = format!("[Container]\nEnvironmentFile={FILE}\n");
    removal_meets(&web, &reads, 2);
    removal_meets(&web, &format!("[Container]\nVolume={FILE}:/x\n"), 2);
    removal_meets(&web, &format!("[Service]\nEnvironmentFile=-{FILE}\n"), 0);
    removal_meets(&web, "[Container]\nPodmanArgs=--env=AWS_ACCESS_KEY_ID\n", 0);

    let taken_out = written(&web, "[Container]\n");
    check(&[(&web, &reads)], [vec![taken_out], removal()].concat(), &[]);
}

#[test]
fn who_lives_on_the_managers_environment_is_named() {
    let code = format!("{QUADLETS}/code.container");
    removal_meets(&code, "[Container]\nImage=a\nPodmanArgs=--env=AWS_ACCESS_KEY_ID\n", 3);
    removal_meets(&code, "[Container]\nPodmanArgs=--env=AWS_REGION\n", 0);
    let backup = format!("{SYSTEMD}/backup.service");
    let runs = "[Service]\nExecStart=/usr/bin/restic backup /srv\n";
    removal_meets(&backup, runs, 2);
    removal_meets(&backup, &format!("{runs}Environment=AWS_ACCESS_KEY_ID=x\n"), 2);
    removal_meets(&backup, &format!("{runs}EnvironmentFile=/srv/own.env\n"), 2);
    removal_meets(&backup, &format!("{runs}EnvironmentFile=/srv/all.env\n"), 0);
    let unset = "UnsetEnvironment=AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY\n";
    removal_meets(&backup, &format!("{runs}{unset}"), 0);
    let other = "/home/d/.config/environment.d/60.conf";
    removal_meets(other, "A=1\nRCLONE_KEY=$AWS_ACCESS_KEY_ID\n", 2);
}

#[test]
fn another_file_of_the_same_unit_may_cover_it() {
    let (code, drop_in) =
        (format!("{QUADLETS}/code.container"), format!("{QUADLETS}/code.container.d/a.conf"));
    let hands = "[Container]\nPodmanArgs=--env=AWS_ACCESS_KEY_ID\n";
    let covers = "[Service]\nEnvironmentFile=-/srv/own.env\n";
    check(&[(&code, hands), (&drop_in, covers)], removal(), &[]);
}

#[test]
fn what_starts_a_service_that_needs_it_is_named_too() {
    let (timer, service) = (format!("{SYSTEMD}/backup.timer"), format!("{SYSTEMD}/backup.service"));
    let daily = "[Timer]\nOnCalendar=daily\n";
    let runs = "[Service]\nExecStart=/usr/bin/restic backup /srv\n";
    check(
        &[(&timer, daily), (&service, runs)],
        removal(),
        &[(&service, Some(2)), (&timer, Some(1))],
    );
    check(&[(&timer, daily)], removal(), &[(&timer, Some(1))]);
    check(&[(&timer, daily), (&service, "[Service]\nType=oneshot\n")], removal(), &[]);
}

#[test]
fn a_file_that_only_loses_variables_is_lost_for_those_who_need_them() {
    let code = format!("{QUADLETS}/code.container");
    let reads = format!("[Container]\nEnvironmentFile={FILE}\n");
    let left = vec![written(FILE, "AWS_SECRET_ACCESS_KEY=old\n")];
    check(&[(&code, &reads)], left, &[(&code, Some(2))]);
    let same = vec![written(FILE, "AWS_ACCESS_KEY_ID=b\nAWS_SECRET_ACCESS_KEY=c\n")];
    check(&[(&code, &reads)], same, &[]);
    let web = format!("{QUADLETS}/web.container");
    check(&[(&web, &reads)], vec![written(FILE, "")], &[]);
}

#[test]
fn nothing_taken_away_needs_nobody() {
    let backup = format!("{SYSTEMD}/backup.service");
    let runs = "[Service]\nExecStart=/usr/bin/restic backup /srv\n";
    check(&[(&backup, runs)], vec![written("/home/d/.config/datalake/s3.env", "A=1\n")], &[]);
}

#[test]
fn a_drop_in_for_many_is_changed_only_where_the_plan_names_all() {
    let (shared, code, web) = (
        format!("{QUADLETS}/container.d/keys.conf"),
        format!("{QUADLETS}/code.container"),
        format!("{QUADLETS}/web.container"),
    );
    let (before, after) = ("[Container]\nA=1\nEnvironment=AWS_REGION=x\n", "[Container]\nA=1\n");
    let files = [(&*shared, before), (&*web, "[Container]\n")];
    check(&files, vec![written(&shared, after)], &[]);
    let files = [files[0], files[1], (&*code, "[Container]\n")];
    check(&files, vec![written(&shared, after)], &[(&shared, Some(3))]);
}

#[test]
fn what_comes_after_quadlet_is_named_whatever_the_plan() {
    let edited = format!("{SYSTEMD}/web.service.d/override.conf");
    let old = "[Service]\nEnvironmentFile=/srv/own.env\n";
    check(&[(&edited, old)], vec![], &[(&edited, Some(2))]);
    check(&[(&edited, "[Service]\nEnvironmentFile=-/srv/app.env\n")], vec![], &[]);
    let all = format!("{SYSTEMD}/service.d/all.conf");
    check(&[(&all, "[Service]\nEnvironmentFile=\n")], vec![], &[(&all, Some(2))]);
    let whole = format!("{SYSTEMD}/daemon.service");
    let runs = "[Service]\nExecStart=/usr/bin/podman run a\n";
    check(&[(&whole, runs)], vec![], &[(&whole, Some(2))]);
    let other = format!("{SYSTEMD}/other.service.d/override.conf");
    check(&[(&other, old)], vec![], &[]);
}

#[test]
fn a_quadlet_drop_in_undoes_ours_only_with_a_later_name() {
    let reset = "[Service]\nEnvironmentFile=\n";
    for (name, line) in [("10-mine.conf", None), ("60-mine.conf", Some(2))] {
        let drop_in = format!("{QUADLETS}/web.container.d/{name}");
        let expected: &[_] = &[(drop_in.as_str(), line)];
        let expected = if line.is_none() { &[] } else { expected };
        check(&[(&drop_in, reset)], vec![], expected);
    }
}

#[test]
fn a_service_is_known_by_the_name_that_its_unit_gives_it() {
    let web = format!("{QUADLETS}/web.container");
    let edited = format!("{SYSTEMD}/site.service.d/override.conf");
    let named = "[Container]\nServiceName=site\n";
    let reset = "[Service]\nEnvironmentFile=\n";
    check(&[(&web, named), (&edited, reset)], vec![], &[(&edited, Some(2))]);
}

#[test]
fn an_obstacle_tells_what_where_and_what_next() {
    let code = format!("{QUADLETS}/code.container");
    let reads = format!("[Container]\nEnvironmentFile={FILE}\n");

    let obstacle = found(&[(&code, &reads)], removal()).remove(0);

    let told = format!(
        "`{code}:2`: the service reads `{FILE}` and does not start without it; this plan \
         would take that away"
    );
    assert_eq!(obstacle.to_string(), told);
    assert!(obstacle.hint().starts_with("`--unit code` adds"), "{}", obstacle.hint());
}

#[test]
fn the_host_s_own_units_need_files_alone() {
    let service = "/etc/systemd/system/backup.service";
    removal_meets(service, &format!("[Service]\nEnvironmentFile={FILE}\n"), 2);
    removal_meets(service, "[Service]\nExecStart=/usr/bin/restic $AWS_ACCESS_KEY_ID\n", 0);
    removal_meets(service, "[Service]\nEnvironmentFile=%h/.config/environment.d/s3.conf\n", 0);
    let drop_in = "/etc/systemd/system/web.service.d/a.conf";
    removal_meets(drop_in, &format!("[Service]\nEnvironmentFile=-{FILE}\n"), 2);
    let container = "/etc/containers/systemd/sys.container";
    removal_meets(container, &format!("[Container]\nEnvironmentFile={FILE}\n"), 2);
}

#[test]
fn scripts_crontabs_and_yaml_may_name_a_file() {
    let source = "set -a\n. ~/.config/environment.d/s3.conf\n";
    removal_meets("/home/d/.profile", source, 2);
    removal_meets("/home/d/.profile", &source.replace(". ~", "# . ~"), 0);
    removal_meets("/home/d/.profile", "echo AWS_ACCESS_KEY_ID s3.conf\n", 0);
    let cron = "0 3 * * * . $HOME/.config/environment.d/s3.conf; restic backup /\n";
    removal_meets("/var/spool/cron/crontabs/d", cron, 1);
    removal_meets("/home/d/etl.yml", &format!("a:\n  hostPath: {{path: {FILE}}}\n"), 2);
    removal_meets("/home/d/etl.yml", &format!("  - hostPath: {{path: {FILE}, type: File}}\n"), 1);
}

#[test]
fn a_folder_above_the_file_is_needed_where_its_path_inside_is_named() {
    let unit = format!("{QUADLETS}/mnt.container");
    let mount = "[Container]\nVolume=%h/.config:/cfg:ro\n";
    let source = |path: &str| format!("{mount}Exec=sh -c \". {path}; run\"\n");
    removal_meets(&unit, &source("/cfg/environment.d/s3.conf"), 3);
    removal_meets(&unit, &source("/cfg/environment.d/other.conf"), 0);
    removal_meets(&unit, &source("/cfg/app/s3.conf"), 0);
    removal_meets(&unit, mount, 0);
    let drop_in = format!("{QUADLETS}/mnt.container.d/a.conf");
    let exec = "[Container]\nExec=cat /cfg/environment.d/s3.conf\n";
    check(&[(&unit, mount), (&drop_in, exec)], removal(), &[(&drop_in, Some(2))]);
}

#[test]
fn a_masked_service_is_in_the_way_of_its_own_plan_alone() {
    check(&[], removal(), &[]);
    let owner = UnitOwner { name: "d".to_owned(), uid: 900, home: path("/home/d") };
    let masked = [path("/home/d/.config/systemd/user/web.service"), path(MASKED)];
    let env_files = BTreeMap::new();
    let host = UserUnits {
        owner: &owner,
        files: &[],
        env_files: &env_files,
        unread: &[],
        masked: &masked,
    };
    let planned = PlannedUnits {
        names: &["web".parse().unwrap()],
        env_file: None,
        variables: &[],
        after: DROP_IN_NAME,
    };
    let found = find_obstacles(&Plan::default(), &planned, &host);
    assert_eq!(found.len(), 1);
    assert!(found[0].hint().starts_with("`systemctl --user unmask web.service`"));
}

#[test]
fn a_file_that_was_not_looked_at_is_a_doubt_and_no_obstacle() {
    let override_conf = format!("{SYSTEMD}/web.service.d/override.conf");
    let text = "[Service]\nEnvironmentFile=-/root/x.env\n";
    check(&[(&override_conf, text)], removal(), &[]);
    let all = [unit(&(&override_conf, text))];
    let owner = UnitOwner { name: "d".to_owned(), uid: 900, home: path("/home/d") };
    let env_files = BTreeMap::from([(path("/root/x.env"), EnvFileText::NotLookedAt)]);
    let host =
        UserUnits { owner: &owner, files: &all, env_files: &env_files, unread: &[], masked: &[] };
    let planned = PlannedUnits {
        names: &["web".parse().unwrap()],
        env_file: Some(&path(ENV_FILE)),
        variables: &S3_VARIABLES,
        after: DROP_IN_NAME,
    };
    let doubts = find_doubts(&Plan::default(), &planned, &host);
    assert_eq!(doubts.iter().map(|it| it.line).collect::<Vec<_>>(), [Some(2)]);
}

#[test]
fn what_could_not_be_read_stops_a_plan_that_takes_something_away_and_is_told_by_others() {
    let owner = UnitOwner { name: "d".to_owned(), uid: 900, home: path("/home/d") };
    let unread = [(path("/home/d/.config/environment.d"), "a file, and no folder".to_owned())];
    let env_files = BTreeMap::new();
    let host = UserUnits {
        owner: &owner,
        files: &[],
        env_files: &env_files,
        unread: &unread,
        masked: &[],
    };
    let planned = PlannedUnits {
        names: &["web".parse().unwrap()],
        env_file: None,
        variables: &[],
        after: DROP_IN_NAME,
    };
    for (steps, obstacles, doubts) in [(Vec::new(), 0, 1), (removal(), 1, 0)] {
        let plan = Plan { steps, ..Plan::default() };
        assert_eq!(find_obstacles(&plan, &planned, &host).len(), obstacles);
        assert_eq!(find_doubts(&plan, &planned, &host).len(), doubts);
    }
}

#[test]
fn a_hint_tells_what_can_help() {
    let reads = format!("[Container]\nEnvironmentFile={FILE}\n");
    let hint = |name: &str, text: &str| {
        let found = found(&[(name, text)], removal());
        found.first().map(Obstacle::hint).unwrap_or_default()
    };
    assert_eq!(hint(&format!("{QUADLETS}/web.container"), &reads), "take the line out");
    let runs = format!("[Service]\nExecStartPre=/bin/sh -c \". {FILE}\"\n");
    assert_eq!(hint(&format!("{QUADLETS}/daemon.container.d/a.conf"), &runs), "take the line out");
    assert!(hint(&format!("{QUADLETS}/code.container"), &reads).starts_with("`--unit code`"));
    assert!(!hint("/etc/containers/systemd/sys.container", &reads).contains("--unit"));
}
