use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::advice::Advice;
use datalake_core::clients::ClientVerdict;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::secret::{Credentials, FilledBody};
use datalake_core::spec::{CatalogDocument, Spec, SpecDocument, TablesDocument};
use datalake_core::time::Timestamp;
use datalake_engine::memory::MemoryClock;
use datalake_engine::{Lake, Programs, Ran};

use super::request::TrialPlaces;
use super::*;
use crate::lake::test_service::{TestService, list_keys};

fn document() -> SpecDocument {
    SpecDocument {
        region: Some("fsn1".to_owned()),
        bucket: Some("acme-lake".to_owned()),
        ..SpecDocument::defaults()
    }
}

fn spec(document: SpecDocument) -> Spec {
    document.check().unwrap()
}

/// A Python that answers this, and keeps what it was asked.
struct PretendPython {
    answer: Result<&'static str, FaultKind>,
    asked: Mutex<Vec<(String, String)>>,
}

impl PretendPython {
    fn new(answer: Result<&'static str, FaultKind>) -> &'static Self {
        Box::leak(Box::new(Self { answer, asked: Mutex::default() }))
    }
}

#[async_trait]
impl Programs for &PretendPython {
    async fn run(&self, words: &[String], input: &FilledBody, _: Duration) -> Result<Ran, Fault> {
        let request = String::from_utf8(input.expose().to_vec()).unwrap();
        let is_question = request.is_empty();
        self.asked.lock().unwrap().push((words[0].clone(), request));
        let printed = match (self.answer, is_question) {
            (Ok(_), true) => "True\n",
            (Ok(answer), false) => answer,
            (Err(kind), _) => return Err(Fault::new(kind, "no way")),
        };
        Ok(Ran {
            is_done: true,
            stdout: FilledBody::new(printed.as_bytes().to_vec()),
            stderr: FilledBody::new(Vec::new()),
        })
    }
}

struct NoReporter;

impl ClientReporter for NoReporter {
    fn begin(&self, _: &str) {}

    fn word(&self, advice: &Advice) -> String {
        format!("{advice:?}")
    }
}

async fn check(spec: &Spec, lake: &dyn Lake, place: CodePlace) -> ClientReport {
    let clock = MemoryClock::new(0);
    let check = ClientCheck { spec, lake, clock: &clock, only: &[], reporter: &NoReporter };
    check.try_places(&[place]).await
}

fn container(python: &'static PretendPython) -> CodePlace {
    CodePlace { name: "etl".to_owned(), programs: Box::new(python), python: None }
}

const TWO: &str = r#"{"python":"3.11.7","clients":[
{"client":"boto3","version":"1.43","end":"works","step":"list","elsewhere":[]},
{"client":"deltalake","version":"1.6.6","end":"works","step":"append","told":8,"kept":3,"elsewhere":[]}]}"#;

fn two() -> &'static str {
    Box::leak(TWO.replace('\n', "").into_boxed_str())
}

#[tokio::test]
async fn a_container_is_asked_by_the_python_that_sees_dagster_and_without_any_secret() {
    let service = TestService::with_keys(&[]).await;
    let python = PretendPython::new(Ok(two()));

    let report = check(&spec(document()), &service.store, container(python)).await;

    let verdicts: Vec<_> = report.places[0].clients.iter().map(|client| client.verdict).collect();
    assert_eq!(verdicts, [ClientVerdict::Works, ClientVerdict::Broken]);
    assert!(report.has_broken() && !report.is_partial(), "{report:?}");
    let cure = report.places[0].clients[1].cure.as_deref().unwrap();
    assert!(cure.contains("tables: { bucket: NAME }"), "{cure}");
    let asked = python.asked.lock().unwrap();
    let (program, request) = asked.last().unwrap();
    assert_eq!(program, "python3");
    assert!(request.contains(r#""prefix":"assets/.datalake-lake-"#), "{request}");
    assert!(request.contains(r#""inside":true"#) && !request.contains("SECRET"), "{request}");
}

#[tokio::test]
async fn what_clients_have_written_is_gone_afterwards_and_nothing_else_is() {
    let service = TestService::with_keys(&["assets/a", "assets/.datalake-lake-other"]).await;
    let name = format!("{:016x}", datalake_engine::Clock::random(&MemoryClock::new(0)));
    for what in ["files/boto3/object", "tables/deltalake/_delta_log/0.json"] {
        service.put(&format!("assets/.datalake-lake-{name}/{what}"), "x").await;
    }

    let python = PretendPython::new(Err(FaultKind::Unreachable));
    let report = check(&spec(document()), &service.store, container(python)).await;

    assert!(report.places[0].unknown.as_deref().unwrap().contains("no way"), "{report:?}");
    assert!(report.is_partial() && report.left.is_none(), "{report:?}");
    assert_eq!(list_keys(&service).await, ["assets/.datalake-lake-other", "assets/a"]);
}

#[tokio::test]
async fn what_a_killed_check_has_left_is_told_with_the_command_that_removes_it() {
    let names = ["0123456789abcdef/files/boto3/object", "fedcba9876543210", "other/x"];
    let keys = names.map(|name| format!("assets/.datalake-lake-{name}"));
    let service = TestService::with_keys(&keys.each_ref().map(String::as_str)).await;
    let python = PretendPython::new(Ok(two()));
    let now = datalake_engine::Clock::now(&MemoryClock::new(0));
    service.store.set_now(now);
    service.put(&keys[0], "x").await;
    let report = check(&spec(document()), &service.store, container(python)).await;
    assert!(report.older.is_empty(), "it may be in use: {report:?}");

    service.store.set_now(Timestamp::from_unix(now.unix() - 3601).unwrap());
    service.put(&keys[0], "x").await;
    let report = check(&spec(document()), &service.store, container(python)).await;

    let places: Vec<_> = report.older.iter().map(|left| left.place.as_str()).collect();
    assert_eq!(places, ["s3://acme-lake/assets/.datalake-lake-0123456789abcdef/"]);
    assert!(report.describe().contains("left behind by a check of"), "{}", report.describe());
    assert_eq!(list_keys(&service).await.len(), 3, "nothing but its own is removed");
}

#[tokio::test]
async fn a_python_that_prints_something_else_is_unknown_and_never_well() {
    let service = TestService::with_keys(&[]).await;
    let python = PretendPython::new(Ok("Traceback"));

    let report = check(&spec(document()), &service.store, container(python)).await;

    assert!(report.is_partial() && !report.has_broken(), "{report:?}");
}

struct StoppingReporter;

#[async_trait]
impl ClientReporter for StoppingReporter {
    fn begin(&self, _: &str) {}

    fn word(&self, advice: &Advice) -> String {
        format!("{advice:?}")
    }

    async fn wait_for_stop(&self) {}
}

/// A Python that never answers.
struct HangingPython;

#[async_trait]
impl Programs for HangingPython {
    async fn run(&self, _: &[String], _: &FilledBody, _: Duration) -> Result<Ran, Fault> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_check_that_was_stopped_says_that_and_nothing_of_the_service() {
    let service = TestService::with_keys(&[]).await;
    let (spec, clock, reporter) = (spec(document()), MemoryClock::new(0), &StoppingReporter);
    let lake = &service.store;
    let check = ClientCheck { spec: &spec, lake, clock: &clock, only: &[], reporter };

    let report = check.try_places(&[place_on_host(Box::new(HangingPython), "p".into())]).await;

    assert_eq!(report.places[0].unknown.as_deref(), Some("the check was stopped"));
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_told_before_any_client_starts() {
    let service = TestService::with_keys(&[]).await;
    let (clock, lake, reporter) = (MemoryClock::new(0), &service.store, &NoReporter);
    let with_tables = spec(SpecDocument { tables: Some(TablesDocument::default()), ..document() });
    let ask = async |spec: &Spec| {
        let check = ClientCheck { spec, lake, clock: &clock, only: &[], reporter };
        check.require_buckets().await
    };

    ask(&spec(document())).await.unwrap();
    let error = ask(&with_tables).await.unwrap_err();

    assert_eq!(error.kind, crate::ErrorKind::Absent);
    assert!(error.messages[0].contains("acme-lake-tables"), "{error:?}");
}

#[test]
fn the_time_is_that_of_the_clients_that_are_named() {
    let spec = spec(document());
    let seconds = |named: usize| {
        let only = vec!["boto3".to_owned(); named];
        TrialPlaces::choose(&spec, "x").request(&spec, &only).time_limit().as_secs()
    };

    assert_eq!([0, 1, 2, 8, 9].map(seconds), [480, 60, 120, 480, 480]);
}

#[test]
fn tables_are_tried_where_the_spec_has_them_live() {
    let place = |tables: Option<TablesDocument>| {
        let spec = spec(SpecDocument { tables, ..document() });
        let request = TrialPlaces::choose(&spec, "x").request(&spec, &[]);
        let json = serde_json::to_value(request).unwrap();
        let text = |key: &str| json[key].as_str().unwrap().to_owned();
        format!("{}/{}", text("tables_bucket"), text("tables_prefix"))
    };
    let prefix = TablesDocument { prefix: Some("t".to_owned()), bucket: None };

    assert_eq!(place(None), "acme-lake/assets/.datalake-lake-x/tables");
    assert_eq!(place(Some(TablesDocument::default())), "acme-lake-tables/.datalake-lake-x/tables");
    assert_eq!(place(Some(prefix)), "acme-lake/t/.datalake-lake-x/tables");
}

#[test]
fn the_program_and_the_list_know_the_same_clients() {
    let program = include_str!("clients.py");
    let listed = program.split("CLIENTS = [").nth(1).unwrap().split("\n]").next().unwrap();
    let named: Vec<_> = listed.lines().filter_map(|line| line.split('"').nth(1)).collect();
    assert_eq!(named, KNOWN_CLIENTS);
}

#[test]
fn lines_hold_the_place_of_tables_and_no_secret() {
    let catalog = CatalogDocument {
        uri: Some("https://c.example.org".to_owned()),
        warehouse: Some("lake".to_owned()),
    };
    let with_tables = spec(SpecDocument {
        tables: Some(TablesDocument::default()),
        catalogs: [("prod-eu".to_owned(), catalog)].into(),
        ..document()
    });
    for client in SnippetClient::ALL {
        assert_eq!(client.as_str().parse(), Ok(client));
        let text = write_snippet(client, &with_tables).text;
        assert!(!text.contains("SECRET_ACCESS") && text.ends_with('\n'), "{text}");
        assert!(text.lines().all(|line| line.len() <= 100), "{text}");
        let place = match client {
            // Where its tables lie is the catalog's affair.
            SnippetClient::Pyiceberg => "load_catalog(\"prod-eu\")",
            _ => "s3://acme-lake-tables/",
        };
        assert!(text.contains(place), "{text}");
    }
    let duckdb = write_snippet(SnippetClient::Duckdb, &with_tables).text;
    assert!(duckdb.contains("ATTACH 'lake' AS prod_eu (TYPE iceberg"), "{duckdb}");
    assert!(duckdb.contains("SET s3_endpoint = 'fsn1.your-objectstorage.com';"), "{duckdb}");
    let bare = spec(document());
    let iceberg = write_snippet(SnippetClient::Pyiceberg, &bare).text;
    assert!(iceberg.contains("\"s3.region\": \"fsn1\""), "{iceberg}");
    assert!(write_snippet(SnippetClient::Delta, &bare).text.contains("lose commits"));
    assert!(!write_snippet(SnippetClient::Delta, &with_tables).text.contains("lose commits"));
}

#[test]
fn certificates_of_this_machine_are_handed_on_and_nothing_else_of_its_own() {
    let own = [
        ("AWS_CA_BUNDLE", "/etc/ssl/own.pem"),
        ("AWS_ACCESS_KEY_ID", "another"),
        ("AWS_PROFILE", "work"),
        ("SSL_CERT_FILE", "/etc/ssl/own.pem"),
    ];
    let own = own.map(|(name, value)| (name.into(), value.into()));

    let id = "AKIAEXAMPLE00000001";
    let keys = Credentials::pair(id.parse().unwrap(), "s".repeat(40).parse().unwrap());

    let given = list_environment(&spec(document()), &keys, own).unwrap();

    let value = |name: &str| given.get(std::ffi::OsStr::new(name)).and_then(|it| it.to_str());
    assert_eq!(value("AWS_CA_BUNDLE"), Some("/etc/ssl/own.pem"));
    assert_eq!(value("SSL_CERT_FILE"), Some("/etc/ssl/own.pem"));
    assert_eq!(value("AWS_ACCESS_KEY_ID"), Some(id));
    assert_eq!(value("AWS_PROFILE"), None);
}
