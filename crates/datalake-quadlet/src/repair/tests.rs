use datalake_core::secret::Piece;

use super::*;
use crate::S3_VARIABLES;

#[track_caller]
fn check(text: &str, lines: &[usize], expected: &str) {
    let unit = UnitFile::parse(text);
    let found: Vec<_> =
        find_troubles(&unit, &S3_VARIABLES).iter().map(|trouble| trouble.line).collect();
    assert_eq!(found, lines, "{text:?}");
    assert_eq!(repair_unit(&unit, &S3_VARIABLES).text(), expected);
}

#[track_caller]
fn fine(text: &str) {
    check(text, &[], text);
}

#[test]
fn an_env_file_with_a_dash_is_fatal_in_container_only() {
    check("[Container]\nEnvironmentFile=-/a\nImage=b\n", &[2], "[Container]\nImage=b\n");
    check("[Container]\nEnvironmentFile = \"-/a b\"", &[2], "[Container]\n");
    check("[Container]\nEnvironmentFile=\\x2d/a -%h/b -c\n", &[2, 2, 2], "[Container]\n");
    fine("[Service]\nEnvironmentFile=-/a\n[Container]\nEnvironmentFile=/b\n");
    fine("[Container]\nEnvironmentFile=-/a\nEnvironmentFile=\n#EnvironmentFile=-/b\n");
    fine("[Container]\nEnvironmentFile=-/a \\q\nEnvironmentFile=\"\" -/a\n");
}

#[test]
fn other_words_of_a_line_stay_as_written() {
    check(
        "[Container]\r\n  Environment = A='1 2' AWS_REGION=x \"B=3\"  \r\nImage=c\r\n",
        &[2],
        "[Container]\r\n  Environment = A='1 2' \"B=3\"\r\nImage=c\r\n",
    );
    check(
        "[Container]\nEnvironmentFile=/a \\\n# c \\\n\n  -/b \\\n  \"/d \\\n e\"\nImage=f\n",
        &[5],
        "[Container]\n# c \\\n\nEnvironmentFile=/a \"/d e\"\nImage=f\n",
    );
}

#[test]
fn left_over_values_are_found_and_names_alone_are_not() {
    check(
        "[Container]\nEnvironment=AWS_SECRET_ACCESS_KEY=s3cret\nEnvironment=A=1\n",
        &[2],
        "[Container]\nEnvironment=A=1\n",
    );
    check("[Container]\nEnvironment='AWS_REGION=' B=\n", &[2], "[Container]\nEnvironment=B=\n");
    fine("[Container]\nEnvironment=AWS_REGION XAWS_REGION=y\n");
}

#[test]
fn values_in_podman_arguments_are_found_in_every_spelling() {
    check(
        "[Container]\nPodmanArgs=--env=AWS_REGION=x --tty -e AWS_REGION=y --env=A=1\n",
        &[2, 2],
        "[Container]\nPodmanArgs=--tty --env=A=1\n",
    );
    check(
        "[Container]\nPodmanArgs=--env 'AWS_REGION=x y' -eAWS_REGION=z\n",
        &[2, 2],
        "[Container]\n",
    );
    check("[Container]\nPodmanArgs=-e=AWS_REGION=x\n", &[2], "[Container]\n");
    fine("[Container]\nPodmanArgs=--env=AWS_REGION --env AWS_REGION --env=AWS_* --env\n");
    fine("[Container]\nPodmanArgs=--label AWS_REGION=x --entrypoint -x\n");
}

#[test]
fn a_secret_of_others_for_the_same_variable_is_found() {
    check(
        "[Container]\nSecret=mine,type=env,target=AWS_ACCESS_KEY_ID\nSecret=pg,type=env\n",
        &[2],
        "[Container]\nSecret=pg,type=env\n",
    );
    check("[Container]\nSecret=AWS_ACCESS_KEY_ID,type=env\n", &[2], "[Container]\n");
    fine("[Container]\nSecret=AWS_ACCESS_KEY_ID\nSecret=x,type=mount,target=AWS_REGION\n");
}

#[test]
fn the_whole_environment_is_told_and_left() {
    let text = "[Container]\nEnvironmentHost=true\n";
    check(text, &[2], text);
    fine("[Container]\nEnvironmentHost=true\nEnvironmentHost=no\n");
}

#[test]
fn the_whole_environment_goes_where_that_is_asked_for() {
    let without = |text| without_host_environment(&UnitFile::parse(text)).text().to_owned();
    let twice = "[Container]\r\nEnvironmentHost = Yes\r\nImage=a\r\nEnvironmentHost=1";
    assert_eq!(without(twice), "[Container]\r\nImage=a\r\n");
    let fine = "[Container]\n#EnvironmentHost=true\nEnvironmentHost=no\n[X]\nEnvironmentHost=1\n";
    assert_eq!(without(fine), fine);
}

#[test]
fn no_value_is_told_or_copied() {
    let text = "[Container]\nEnvironment=AWS_SECRET_ACCESS_KEY=s3cret TOKEN=t0ken\n";
    let unit = UnitFile::parse(text);

    let troubles = find_troubles(&unit, &S3_VARIABLES);
    let edited = repair_unit(&unit, &S3_VARIABLES);

    let told = format!("{troubles:?} {} {edited:?}", troubles[0]);
    assert!(!told.contains("s3cret") && !told.contains("t0ken"), "{told}");
    assert_eq!(edited.body().pieces(), [Piece::Kept(0..24), Piece::Kept(53..65)]);
}

#[test]
fn keys_of_the_service_go_too() {
    check(
        "[Service]\nEnvironment=\"AWS_SECRET_ACCESS_KEY=s3 cret\" A=1\nRestart=no\n",
        &[2],
        "[Service]\nEnvironment=A=1\nRestart=no\n",
    );
    check("[Service]\nUnsetEnvironment=AWS_REGION A\n", &[2], "[Service]\nUnsetEnvironment=A\n");
    fine("[Service]\nEnvironment=AWS_REGION\nPassEnvironment=AWS_REGION\n");
    fine("[Service]\nEnvironment=AWS_REGION=x\nEnvironment=\n");
}

#[test]
fn what_steers_boto3_elsewhere_goes_and_an_applications_own_stays() {
    let names: Vec<_> = S3_VARIABLES.into_iter().chain(STEERING_VARIABLES).collect();
    for name in STEERING_VARIABLES {
        for line in [
            format!("[Container]\nEnvironment={name}=x\n"),
            format!("[Container]\nPodmanArgs=--env={name}=x\n"),
            format!("[Container]\nSecret=a,type=env,target={name}\n"),
            format!("[Service]\nEnvironment={name}=x\n"),
        ] {
            let unit = UnitFile::parse(&line);
            let found = find_troubles(&unit, &names);
            let kind = TroubleKind::Steers { variable: name.to_owned() };
            assert_eq!(found, [Trouble { kind, line: 2 }], "{line}");
            assert_eq!(repair_unit(&unit, &names).text().lines().count(), 1, "{line}");
        }
    }
    let own = "[Container]\nEnvironment=USE_S3=true S3_ENDPOINT_URL=x S3_BUCKET=b S3_REGION=hel1\n\
               [Service]\nEnvironment=AWS_MAX_ATTEMPTS=5\nUnsetEnvironment=AWS_PROFILE\n";
    assert_eq!(find_troubles(&UnitFile::parse(own), &names), []);
}
