//! Hosts as people have them: code servers, applications, settings that are mounted, other kinds.

use datalake_core::advice::{Advice, AdvisedCommand};

use super::*;

const CODE: &str =
    "[Container]\nImage=own\nExec=dagster api grpc --port 4000 -m lake.definitions\n";

fn join_evidence(seen: &Examination, id: FindingId) -> String {
    finding(seen, id).evidence.join("\n")
}

fn is_sound(seen: &Examination, id: FindingId) -> bool {
    matches!(diagnose(seen).of(id), CheckOutcome::Sound(_))
}

#[tokio::test]
async fn a_code_server_that_gets_no_settings_is_a_finding() {
    let mut place = Place::folder();
    place.document.logs = Some("s3".to_owned());
    put(&place.files, &format!("{UNITS}/code.container"), CODE);

    let seen = place.examine(Some(Group::Host)).await;

    assert_eq!(
        join_evidence(&seen, FindingId::HostCodeServers),
        format!(
            "{UNITS}/code.container:3: nothing hands the settings over to `code`, and every run \
             fails there with `logs: s3`"
        )
    );
    let cure = finding(&seen, FindingId::HostCodeServers).cure;
    let command = AdvisedCommand::ProvisionUnit("code".to_owned());
    let expected = "{} adds it; keep it in `host.units` of the spec";
    assert_eq!(cure, Advice::naming(expected, [command]));
}

#[tokio::test]
async fn a_code_server_that_names_an_env_file_with_the_settings_gets_them() {
    let place = Place::folder();
    put(&place.files, "/home/d/s3.env", "DAGSTER_S3_BUCKET=lake\n");
    let unit = format!("{CODE}EnvironmentFile=/home/d/s3.env\n");
    put(&place.files, &format!("{UNITS}/code.container"), &unit);

    let seen = place.examine(Some(Group::Host)).await;

    assert!(is_sound(&seen, FindingId::HostCodeServers), "{:?}", seen.settings.code_servers);
}

#[tokio::test]
async fn a_code_server_with_the_settings_of_another_bucket_is_told() {
    let place = Place::folder();
    put(&place.files, "/home/d/s3.env", "DAGSTER_S3_BUCKET=old-lake\n");
    let unit = format!("{CODE}EnvironmentFile=/home/d/s3.env\n");
    put(&place.files, &format!("{UNITS}/code.container"), &unit);

    let seen = place.examine(Some(Group::Host)).await;

    let told = join_evidence(&seen, FindingId::HostCodeServers);
    assert!(told.contains("`code` is given the bucket `old-lake`, not the spec's"), "{told}");
}

#[tokio::test]
async fn a_code_server_that_runs_as_a_plain_service_is_found_too() {
    let place = Place::folder();
    let service = "[Service]\nExecStart=/home/d/venv/bin/dagster code-server start -m lake\n";
    put(&place.files, "/home/d/.config/systemd/user/code.service", service);

    let seen = place.examine(Some(Group::Host)).await;

    let told = join_evidence(&seen, FindingId::HostCodeServers);
    assert!(told.contains("`code`, where assets are read and written"), "{told}");
    let cure = finding(&seen, FindingId::HostCodeServers).cure;
    assert_eq!(
        cure,
        Advice::from("have the service read the env file: `EnvironmentFile=` in [Service]")
    );
}

#[tokio::test]
async fn an_application_that_goes_elsewhere_is_told_and_one_that_does_not_is_not() {
    let place = Place::folder();
    let own = "Environment=S3_BUCKET=lake S3_REGION=fsn1 S3_ENDPOINT_URL=http://127.0.0.1:9000/\n";
    put(&place.files, &format!("{UNITS}/web.container"), &format!("{UNIT}{own}"));
    let seen = place.examine(Some(Group::Host)).await;
    assert_eq!(seen.settings.application, Look::Saw(Vec::new()));

    let other = "Environment=USE_S3=true S3_BUCKET=old S3_REGION=hel1\n";
    put(&place.files, &format!("{UNITS}/code.container"), &format!("{CODE}{other}"));
    let seen = place.examine(Some(Group::Host)).await;

    assert_eq!(
        join_evidence(&seen, FindingId::HostApplicationSettings),
        format!(
            "{UNITS}/code.container:4: code that reads `S3_BUCKET` uses another bucket than \
             `lake`\n{UNITS}/code.container:4: code that reads `S3_REGION` uses another region \
             than `fsn1`"
        )
    );
}

#[tokio::test]
async fn each_variable_that_leads_boto3_elsewhere_is_found_in_units_and_in_their_env_files() {
    for name in datalake_quadlet::STEERING_VARIABLES {
        let place = Place::folder();
        let unit = format!("{UNIT}Environment={name}=x\n");
        put(&place.files, &format!("{UNITS}/web.container"), &unit);
        let seen = place.examine(Some(Group::Host)).await;
        let told = join_evidence(&seen, FindingId::HostOldValues);
        assert!(told.contains(&format!("web.container:6: `{name}` makes boto3")), "{told}");

        let unit = format!("{UNIT}EnvironmentFile=/home/d/app.env\n");
        put(&place.files, &format!("{UNITS}/web.container"), &unit);
        put(&place.files, "/home/d/app.env", &format!("A=1\n{name}=x\n"));
        let seen = place.examine(Some(Group::Host)).await;
        let told = join_evidence(&seen, FindingId::HostOldValues);
        assert!(told.contains(&format!("/home/d/app.env:2: `{name}` makes boto3")), "{told}");
    }
}

#[tokio::test]
async fn an_old_secret_in_a_service_stays_readable_and_is_told() {
    let place = Place::folder();
    let unit = format!("{UNIT}[Service]\nEnvironment=AWS_SECRET_ACCESS_KEY=old\n");
    put(&place.files, &format!("{UNITS}/web.container"), &unit);

    let seen = place.examine(Some(Group::Host)).await;

    let told = join_evidence(&seen, FindingId::HostOldValues);
    assert!(told.contains("everyone who can read the unit can still read it"), "{told}");
}

#[tokio::test]
async fn files_of_systemd_that_undo_the_settings_are_told() {
    let drop_in = "/home/d/.config/systemd/user/web.service.d/override.conf";
    let service = "/home/d/.config/systemd/user/web.service";
    for (path, text, words) in [
        (drop_in, "[Service]\nEnvironmentFile=\n", "an empty `EnvironmentFile=` drops"),
        (drop_in, "[Service]\nEnvironmentFile=/home/d/gone.env\n", "does not exist: without it"),
        (service, "[Service]\nExecStart=/usr/bin/podman run i\n", "this service replaces the one"),
    ] {
        let place = Place::folder();
        put(&place.files, path, text);

        let seen = place.examine(Some(Group::Host)).await;

        let told = join_evidence(&seen, FindingId::HostOverrides);
        assert!(told.contains(words), "{told}");
    }
}

#[tokio::test]
async fn an_env_file_that_is_required_and_missing_is_told() {
    let place = Place::folder();
    let unit = format!("{CODE}EnvironmentFile=/home/d/gone.env\n");
    put(&place.files, &format!("{UNITS}/code.container"), &unit);

    let seen = place.examine(Some(Group::Host)).await;

    let told = join_evidence(&seen, FindingId::HostMissingEnvFile);
    assert!(told.contains("code.container:4: `/home/d/gone.env` does not exist"), "{told}");
}

#[tokio::test]
async fn settings_that_are_mounted_by_themselves_are_read() {
    let place = Place::folder();
    let unit = "[Container]\nVolume=./dagster.yaml:/opt/home/dagster.yaml:ro\n\
                Environment=DAGSTER_HOME=/opt/home\n";
    put(&place.files, &format!("{UNITS}/web.container"), unit);
    put(&place.files, &format!("{UNITS}/dagster.yaml"), "telemetry: {enabled: true}\t# no\n");

    let seen = place.examine(Some(Group::DagsterYaml)).await;

    assert_eq!(
        join_evidence(&seen, FindingId::DagsterYamlForm),
        format!(
            "{UNITS}/dagster.yaml: line 1, column 27: found character '\\t' that cannot start any \
             token"
        )
    );
}

#[tokio::test]
async fn settings_of_a_mounted_home_may_be_mounted_over_it() {
    let place = Place::folder();
    let unit = format!("{UNIT}Volume=/home/d/repo/dagster.yaml:/opt/home/dagster.yaml\n");
    put(&place.files, &format!("{UNITS}/web.container"), &unit);
    put(&place.files, "/home/d/repo/dagster.yaml", "a: 1\na: 2\n");

    let seen = place.examine(Some(Group::DagsterYaml)).await;

    assert_eq!(
        join_evidence(&seen, FindingId::DagsterYamlDuplicateKey),
        "/home/d/repo/dagster.yaml: `a` in line 1 and again in line 2"
    );
}

#[tokio::test]
async fn a_host_of_another_kind_is_called_what_it_is() {
    let place = Place::folder();
    place.files.remove_file(&at(&format!("{UNITS}/web.container"))).unwrap();
    put(&place.files, "/srv/lake/compose.yaml", "services: {web: {image: dagster}}\n");

    let seen = place.examine(Some(Group::Host)).await;

    let told = join_evidence(&seen, FindingId::HostKind);
    assert!(told.starts_with("`/srv/lake/compose.yaml` is a compose file"), "{told}");
    assert!(told.contains("`sync`, `du`, `cost` and `migrate --home DIR` work here"), "{told}");
    let units = diagnose(&seen);
    let units = units.of(FindingId::HostUnits);
    assert!(matches!(units, CheckOutcome::Skipped(_)), "{units:?}");
}

#[tokio::test]
async fn a_unit_of_another_name_is_proposed() {
    let place = Place::folder();
    place.files.remove_file(&at(&format!("{UNITS}/web.container"))).unwrap();
    put(
        &place.files,
        &format!("{UNITS}/etl-web.container"),
        "[Container]\nExec=dagster-webserver\n",
    );

    let seen = place.examine(Some(Group::Host)).await;

    assert_eq!(
        join_evidence(&seen, FindingId::HostUnits),
        "no quadlet folder holds `web.container`\nthe container units that name Dagster are `etl-web`"
    );
}

#[tokio::test]
async fn a_unit_in_another_folder_of_quadlets_is_found_and_can_be_served() {
    let place = Place::folder();
    place.files.remove_file(&at(&format!("{UNITS}/web.container"))).unwrap();
    put(&place.files, &format!("{UNITS}/lake/web.container"), UNIT);

    let seen = place.examine(Some(Group::Host)).await;

    assert!(is_sound(&seen, FindingId::HostUnits), "{:?}", seen.host.units);
    assert_eq!(seen.settings.refusal.map(|refusal| refusal.what), None);
}
