use super::*;
use crate::UnitOwner;

const GONE: &str = "/home/d/.config/environment.d/s3.conf";

fn owner() -> UnitOwner {
    UnitOwner { name: "d".to_owned(), uid: 900, home: "/home/d".parse().unwrap() }
}

fn losses() -> Losses {
    let file: HostPath = GONE.parse().unwrap();
    let names = ["AWS_ACCESS_KEY_ID", "AWS_REGION"];
    Losses {
        files: [file.clone()].into(),
        variables: names.map(|name| (name.to_owned(), file.clone())).into(),
        secrets: ["datalake-s3-secret-access-key".to_owned()].into(),
    }
}

/// What was found, in a letter each: e(nv file), o(ptional env file), f(ile), v(ariables),
/// p(rogram), s(ecret).
#[track_caller]
fn check(text: &str, expected: &str) {
    let path = "/home/d/.config/containers/systemd/apps/code.container".parse().unwrap();
    let owner = owner();
    let place = UnitPlace { path: &path, owner: &owner };
    let found = find_readers(&UnitFile::parse(text), place, &losses());
    let letter = |reader: &LossReader| {
        let letter = match reader.need {
            ReaderNeed::EnvFile { is_optional: false, .. } => 'e',
            ReaderNeed::EnvFile { is_optional: true, .. } => 'o',
            ReaderNeed::File { .. } => 'f',
            ReaderNeed::Variables { .. } => 'v',
            ReaderNeed::Environment { .. } => 'p',
            ReaderNeed::Secret { .. } => 's',
        };
        format!("{letter}{}", reader.line)
    };
    let found: Vec<_> = found.iter().map(letter).collect();
    assert_eq!(found.join(" "), expected, "{text}");
}

#[test]
fn an_env_file_is_found_in_each_section_and_spelling() {
    check(&format!("[Container]\nEnvironmentFile={GONE}\n"), "e2");
    check(&format!("[Container]\nEnvironmentFile=-{GONE}\n"), "o2");
    check(&format!("[Service]\nEnvironmentFile={GONE}\n"), "e2");
    check(&format!("[Service]\nEnvironmentFile=-{GONE}\n"), "o2");
    check("[Service]\nEnvironmentFile=-%h/.config/environment.d/*.conf\n", "o2");
    check("[Container]\nEnvironmentFile=%h/.config/environment.d/s3.conf\n", "e2");
    check("[Container]\nEnvironmentFile=%E/environment.d/%p.conf\n", "e2");
    check("[Container]\nEnvironmentFile=../../../environment.d/s3.conf\n", "e2");
    check(&format!("[Container]\nEnvironmentFile=/a \\\n  \"{GONE}\" /b\n"), "e3");
    check(&format!("[Container]\nPodmanArgs=--env-file={GONE}\n"), "e2");
    check(&format!("[Container]\nPodmanArgs=--tty --env-file {GONE}\n"), "e2");
    check(&format!("[Pod]\nPodmanArgs=--env-file={GONE}\n"), "e2");
}

#[test]
fn a_file_is_found_in_commands_and_mounts() {
    check(&format!("[Container]\nVolume={GONE}:/etc/s3.conf:ro\n"), "f2");
    check("[Container]\nVolume=%h/.config/environment.d:/etc/s3:ro\n", "f2");
    check(&format!("[Container]\nMount=type=bind,src={GONE},dst=/x\n"), "f2");
    check(&format!("[Kube]\nConfigMap={GONE}\n"), "f2");
    check(&format!("[Unit]\nConditionPathExists=!{GONE}\n"), "f2");
    for command in [
        format!("/bin/sh -c '. {GONE}; restic backup'"),
        "/bin/sh -c '. ~/.config/environment.d/s3.conf; restic backup'".to_owned(),
        "/bin/sh -c \"set -a; . $HOME/.config/environment.d/s3.conf\"".to_owned(),
        "/bin/sh -c 'cat ~/.config/environment.d/* > /tmp/x'".to_owned(),
        "/bin/sh -c 'cd ${SOME}/environment.d && . ./s3.conf'".to_owned(),
        format!("/usr/bin/podman run --env-file {GONE} a"),
    ] {
        check(&format!("[Service]\nExecStart={command}\n"), "f2 p2");
    }
}

#[test]
fn variables_of_the_manager_are_found_by_name() {
    for line in [
        "PodmanArgs=--env=AWS_REGION",
        "PodmanArgs=--env AWS_REGION --tty",
        "PodmanArgs=-e AWS_REGION",
        "PodmanArgs=-eAWS_REGION",
        "PodmanArgs=--env=AWS_*",
        "Environment=AWS_REGION",
        "Environment=REGION=${AWS_REGION}",
        "Exec=run --region $AWS_REGION",
    ] {
        check(&format!("[Container]\n{line}\n"), "v2");
    }
    check("[Container]\nEnvironmentHost=true\n", "p2");
    check("[Container]\nPodmanArgs=--env-host\n", "p2");
    check("[Service]\nPassEnvironment=AWS_REGION\nExecStart=/usr/bin/restic\n", "p3");
    check("[Service]\nExecStartPre=/usr/local/bin/a\nExecStart=/usr/local/bin/b\n", "p2");
}

#[test]
fn what_needs_nothing_is_not_named() {
    for text in [
        format!("[Container]\n#EnvironmentFile={GONE}\n; EnvironmentFile={GONE}\nImage=a\n"),
        format!("[Container]\nEnvironmentFile={GONE}\nEnvironmentFile=\n"),
        format!("[Container]\nEnvironmentFile={GONE}.bak\nVolume={GONE}.d:/x\n"),
        "[Container]\nVolume=/etc/environment.d:/x\nVolume=%h/.config:/y\n".to_owned(),
        "[Container]\nPodmanArgs=--env=AWS_REGION=x --label AWS_REGION\n".to_owned(),
        "[Container]\nEnvironment=AWS_REGION=x\nExec=sh -c 'echo $$AWS_REGION'\n".to_owned(),
        "[Container]\nEnvironmentHost=false\nExec=dagster api grpc $ARGS\n".to_owned(),
        "[Service]\nExecStart=\nRestart=always\n".to_owned(),
        "[Container]\nSecret=datalake-s3-secret-access-key-old\n".to_owned(),
    ] {
        check(&text, "");
    }
}

#[test]
fn secrets_of_podman_are_found_by_name() {
    check("[Container]\nSecret=datalake-s3-secret-access-key,type=env,target=X\n", "s2");
    check("[Container]\nPodmanArgs=--secret datalake-s3-secret-access-key\n", "s2");
}

#[test]
fn variables_of_other_files_in_the_folder_may_be_made_of_it() {
    let text = "# $AWS_REGION\nA=1\nRCLONE_REGION=${AWS_REGION}\nB=$AWS_REGIONS\n";
    let lines: Vec<_> = find_expansions(text, &losses()).iter().map(|reader| reader.line).collect();
    assert_eq!(lines, [3]);
}

#[test]
fn a_service_covers_what_it_sets_unsets_or_reads_elsewhere() {
    let path = "/home/d/.config/systemd/user/backup.service".parse().unwrap();
    let owner = owner();
    let place = UnitPlace { path: &path, owner: &owner };
    let own: HostPath = "/home/d/own.env".parse().unwrap();
    let kept = KeptEnvFiles::from([(own, ["AWS_REGION".to_owned()].into())]);
    let covered = |text: &str| {
        let covered = covered_variables(&UnitFile::parse(text), place, &kept);
        losses().without_variables(&covered).variables.into_keys().collect::<Vec<_>>()
    };

    assert_eq!(covered("[Service]\nEnvironment=AWS_REGION=x\n"), ["AWS_ACCESS_KEY_ID"]);
    assert_eq!(covered("[Service]\nEnvironmentFile=-%h/own.env\n"), ["AWS_ACCESS_KEY_ID"]);
    let unset = "[Service]\nUnsetEnvironment=AWS_REGION AWS_ACCESS_KEY_ID\n";
    assert!(covered(unset).is_empty());
    assert_eq!(covered("[Service]\nExecStart=/a\n").len(), 2);
}

#[test]
fn a_timer_starts_the_service_of_its_name_or_the_one_it_names() {
    let started = |text: &str| started_service(&UnitFile::parse(text), "backup");
    assert_eq!(started("[Timer]\nOnCalendar=daily\n"), (1, "backup.service".to_owned()));
    assert_eq!(started("[Timer]\nUnit=other.service\n"), (2, "other.service".to_owned()));
}
