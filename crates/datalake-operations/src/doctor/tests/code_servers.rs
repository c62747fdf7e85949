//! What is asked in which container, where user code runs in one of its own.

use datalake_core::secret::FilledBody;
use datalake_engine::{Container, Containers};

use super::*;

const CODE: &str = "[Container]\nImage=own\nExec=dagster api grpc -m lake\n";
const WEB: &str = "[Container]\nImage=i\nExec=dagster-webserver\n\
    Volume=/home/d/home:/opt/home\nEnvironment=DAGSTER_HOME=/opt/home\n";

/// Two containers that run, of which only that of `code` can use a bucket and has boto3.
struct CodeContainers;

fn make_container(unit: &str) -> Container {
    Container {
        id: unit.to_owned(),
        name: format!("systemd-{unit}"),
        image: "i".to_owned(),
        service: format!("{unit}.service").parse().ok(),
        state: "running".to_owned(),
        process: Some(1),
    }
}

#[async_trait]
impl Containers for CodeContainers {
    async fn version(&self) -> Result<String, Fault> {
        Ok("5.4.2".to_owned())
    }

    async fn containers(&self) -> Result<Vec<Container>, Fault> {
        Ok(["web", "code"].map(make_container).to_vec())
    }

    async fn environment(&self, _: &Container) -> Result<FilledBody, Fault> {
        Ok(FilledBody::new(Vec::new()))
    }

    async fn exec(&self, container: &Container, _: &[String]) -> Result<FilledBody, Fault> {
        let printed = match container.id.as_str() {
            "code" => r#"{"by": "boto3 1.40", "manager": "Local", "boto3": "1.40"}"#,
            _ => r#"{"failed": "put", "reason": "no way out", "manager": "Local", "boto3": null}"#,
        };
        Ok(FilledBody::new(printed.as_bytes().to_vec()))
    }
}

fn make_place() -> Place {
    let ports = || {
        let services = MemoryServices::default().with(["web", "code"].map(make_status));
        UserPorts {
            services: Box::new(services),
            containers: Box::new(CodeContainers),
            ..MemoryMachine::idle(at("/var/lib/systemd/linger/d"))
        }
    };
    let mut place = Place { machine: Some(MemoryMachine::new(ports)), ..Place::machine() };
    place.document.host.units = Some(vec!["code".to_owned(), "web".to_owned()]);
    put(&place.files, &format!("{UNITS}/web.container"), WEB);
    put(&place.files, &format!("{UNITS}/code.container"), CODE);
    put(&place.files, "/home/d/.config/datalake/s3.env", "DAGSTER_S3_BUCKET=lake\n");
    place
}

fn make_status(unit: &str) -> UnitStatus {
    UnitStatus {
        unit: format!("{unit}.service").parse().unwrap(),
        load: LoadState::Loaded,
        active: ActiveState::Active,
        sub: "running".to_owned(),
        restarts: 0,
        invocation: None,
        result: "success".to_owned(),
        fragment: None,
        source: Some(at(&format!("{UNITS}/{unit}.container"))),
        since: None,
        is_queued: false,
    }
}

/// The containers whose boto3 is asked for.
fn list_asked(seen: &Examination) -> Vec<&str> {
    let Look::Saw(containers) = &seen.containers.containers else { panic!("no containers") };
    let asked = containers.iter().filter(|container| matches!(container.boto3, Look::Saw(_)));
    asked.map(|container| container.unit.as_str()).collect()
}

#[tokio::test]
async fn the_bucket_and_boto3_are_asked_for_where_user_code_runs() {
    let seen = make_place().examine(Some(Group::Containers)).await;

    assert_eq!(list_asked(&seen), ["code"]);
    assert_eq!(seen.containers.canary, Look::Saw(None));
}

#[tokio::test]
async fn with_logs_in_the_bucket_the_webserver_has_to_use_it_too() {
    let mut place = make_place();
    place.document.logs = Some("s3".to_owned());

    let seen = place.examine(Some(Group::Containers)).await;

    assert_eq!(list_asked(&seen), ["code", "web"]);
    let Look::Saw(Some(reason)) = &seen.containers.canary else { panic!("{:?}", seen.containers) };
    assert_eq!(reason, "`web`, put: no way out");
}

#[tokio::test]
async fn where_no_unit_runs_user_code_alone_all_are_asked() {
    let place = make_place();
    put(&place.files, &format!("{UNITS}/code.container"), WEB);

    let seen = place.examine(Some(Group::Containers)).await;

    assert_eq!(list_asked(&seen), ["code", "web"]);
}
