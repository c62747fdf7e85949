//! The switch on ports in memory: what a real Dagster 1.13.27 has printed is played back.

mod frames;
mod places;

use std::time::Duration;

use async_trait::async_trait;
use datalake_core::doctor::{Look, SwitchStanding};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::secret::FilledBody;
use datalake_engine::memory::MemoryState;
use datalake_engine::{Lock, LockFault, Programs, Ran, StateFolder};

use super::super::scene::{NOON, OTHER, PICKLE, Scene, ToldWords, choice, default_limits};
use super::super::{FreedPart, Migration, ProofDepth, free_parts, move_parts};
use super::*;
use crate::{ErrorKind, OperationError};

const DAY: i64 = 86_400;

/// A Python that prints this.
struct RecordedPython(Result<String, FaultKind>);

#[async_trait]
impl Programs for RecordedPython {
    async fn run(&self, _: &[String], _: &FilledBody, _: Duration) -> Result<Ran, Fault> {
        let printed = self.0.clone().map_err(|kind| Fault::new(kind, "no way"))?;
        Ok(Ran {
            is_done: true,
            stdout: FilledBody::new(printed.into_bytes()),
            stderr: FilledBody::new(b"last words".to_vec()),
        })
    }
}

struct NoReporter;

impl SwitchReporter for NoReporter {
    fn begin(&self, _: &str) {}
}

/// The I/O manager of the library, reading from this bucket and prefix.
fn s3_manager(bucket: &str, prefix: &str) -> String {
    format!(
        r#"{{"key":"io_manager","declared":"dagster_aws.s3.io_manager.S3PickleIOManager","kind":"s3",
        "place":"library",
        "bucket":"{bucket}","prefix":"{prefix}","endpoint":"https://s3.example.com","failed":null,
        "class":"dagster_aws.s3.io_manager.PickledObjectS3IOManager"}}"#
    )
}

/// What Dagster prints of two assets, `a` and `b`, that `manager` reads below `base`.
fn answer(manager: &str, base: &str, loads: &str) -> String {
    let text = format!(
        r#"{{"answers":[{{"python":"3.11.7","dagster":"1.13.27","managers":[{manager}],"assets":[
        {{"key":["a"],"manager":0,"odd":[],"unknown":[],"bases":[["{base}",[[0,1]]]]}},
        {{"key":["b"],"manager":0,"odd":[],"unknown":[],"bases":[["{base}",[[1,2]]]]}}],
        "files":[["/code/defs.py","{HASH}"]],"loads":{loads}}}]}}"#
    );
    format!("talk\n{}\n", text.replace('\n', " "))
}

/// The SHA-256 of `defs = 1`.
const HASH: &str = "fb4b9b6a5e8ec1a4e8a3ee8e2cbb0ad7db1a6f5bfa1d4a2a2bf3f6a9c76d5d35";

const LOADED: &str = r#"{"right":[[0,1]],"types":[[0,"builtins.dict"]],"failed":[],"untried":[]}"#;

/// A home with two assets that are moved, and code.
async fn moved_scene() -> Scene {
    let scene = Scene::new().await;
    scene.storage().file("a", PICKLE, NOON - DAY);
    scene.storage().file("b", OTHER, NOON - DAY);
    scene.folders.put_file("/code/defs.py", "defs = 1");
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();
    move_parts(&migration, &default_limits(), &ToldWords::default()).await.unwrap();
    scene
}

async fn check(
    scene: &Scene,
    printed: Result<String, FaultKind>,
) -> Result<SwitchReport, OperationError> {
    check_code(scene, printed, "code/defs.py").await
}

async fn check_code(
    scene: &Scene,
    printed: Result<String, FaultKind>,
    code: &str,
) -> Result<SwitchReport, OperationError> {
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();
    let hash = datalake_engine::Payload::of(b"defs = 1".to_vec()).hash().hex();
    let printed = printed.map(|text| text.replace(HASH, &hash));
    let programs = Box::new(RecordedPython(printed));
    let target = CodeTarget { python_file: Some(code.to_owned()), ..CodeTarget::default() };
    let python = NamedPython { name: "python".to_owned(), path: "/venv/bin/python".to_owned() };
    let place = place_switch_on_host(programs, python, target);
    check_switch(&SwitchCheck {
        migration: &migration,
        places: &[place],
        load: LoadExtent::One,
        limits: &default_limits(),
        reporter: &NoReporter,
    })
    .await
}

async fn free(scene: &Scene) -> Result<FreedPart, OperationError> {
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();
    let proof = require_switch_proof(&migration).await?;
    let how = ProofDepth { deep: false, limits: &default_limits() };
    Ok(free_parts(&migration, &proof, &how, None).await?.pop().unwrap())
}

fn refused(freed: Result<FreedPart, OperationError>, part: &str) {
    let error = freed.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Config);
    assert!(error.to_string().contains(part), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_dagster_reads_from_the_bucket_is_green_and_may_go() {
    let scene = moved_scene().await;
    refused(free(&scene).await, "was not seen yet");

    let green = answer(&s3_manager("acme-lake", "assets"), "assets/", LOADED);
    let report = check(&scene, Ok(green)).await.unwrap();

    assert_eq!((report.verdict, report.green, report.failure()), (SwitchVerdict::Green, 2, None));
    assert_eq!(report.assets[0].why, "loaded a `builtins.dict`");
    assert_eq!(report.assets[1].why, "its I/O manager loaded another file");
    assert_eq!(free(&scene).await.unwrap().removed.items, 2);
}

#[track_caller]
fn tells(report: &SwitchReport, verdict: SwitchVerdict, part: &str) {
    assert_eq!(report.verdict, verdict, "{}", report.describe());
    assert!(report.assets[0].why.contains(part), "{}", report.describe());
}

#[tokio::test(start_paused = true)]
async fn another_prefix_bucket_service_or_manager_is_red_or_unknown_and_nothing_may_go() {
    use SwitchVerdict::{Red, Unknown};
    let other_service =
        s3_manager("acme-lake", "assets").replace("s3.example.com", "s3.amazonaws.com");
    let local = r#"{"declared":"x.FilesystemIOManager","kind":"local","prefix":"/srv"}"#;
    let own = r#"{"declared":"lib.Mine","kind":"unknown"}"#;
    let broken = r#"{"kind":"unknown","failed":"DagsterInvalidConfigError: no"}"#;
    for (manager, base, verdict, part) in [
        (s3_manager("acme-lake", "dagster"), "dagster/", Red, "`dagster/a`, but is at `assets/a`"),
        (s3_manager("old-lake", "assets"), "assets/", Red, "bucket `old-lake`"),
        (other_service, "assets/", Red, "service `s3.amazonaws.com`"),
        (local.to_owned(), "/srv/", Red, "`FilesystemIOManager` reads local files"),
        (own.to_owned(), "", Unknown, "`Mine` reads is not known"),
        (broken.to_owned(), "", Unknown, "cannot be made: DagsterInvalidConfigError"),
    ] {
        let scene = moved_scene().await;

        let report = check(&scene, Ok(answer(&manager, base, LOADED))).await.unwrap();

        tells(&report, verdict, part);
        refused(free(&scene).await, "nothing that Dagster reads");
    }
}

#[tokio::test(start_paused = true)]
async fn the_line_of_code_that_helps_is_named() {
    let scene = moved_scene().await;
    let manager = s3_manager("acme-lake", "dagster");

    let report = check(&scene, Ok(answer(&manager, "dagster/", LOADED))).await.unwrap();

    assert_eq!(report.assets[0].instead.as_deref(), Some("s3_prefix=\"assets\""));
    assert_eq!(report.failure().map(|(kind, _)| kind), Some(ErrorKind::Mismatch));
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_or_does_not_load_is_red_and_kept_alone() {
    let scene = moved_scene().await;
    scene.delete("assets/b").await;
    let manager = s3_manager("acme-lake", "assets");
    let report = check(&scene, Ok(answer(&manager, "assets/", LOADED))).await.unwrap();
    assert_eq!((report.green, report.red), (1, 1), "{}", report.describe());

    let scene = moved_scene().await;
    let failed = r#"{"right":[[1,2]],"types":[],"failed":[[0,"EOFError: "]],"untried":[]}"#;
    let report = check(&scene, Ok(answer(&manager, "assets/", failed))).await.unwrap();
    tells(&report, SwitchVerdict::Red, "it does not load: EOFError");
    let freed = free(&scene).await.unwrap();
    assert_eq!((freed.removed.items, freed.kept), (1, 1));

    let none = r#"{"right":[],"types":[],"failed":[],"untried":[[0,1]]}"#;
    let report = check(&scene, Ok(answer(&manager, "assets/", none))).await.unwrap();
    tells(&report, SwitchVerdict::Unknown, "no time to load it");
}

#[tokio::test(start_paused = true)]
async fn a_proof_is_no_proof_any_more_once_files_were_moved_or_code_was_changed() {
    let green = || Ok(answer(&s3_manager("acme-lake", "assets"), "assets/", LOADED));
    let scene = moved_scene().await;
    check(&scene, green()).await.unwrap();
    scene.storage().file("a", OTHER, NOON);
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();
    move_parts(&migration, &default_limits(), &ToldWords::default()).await.unwrap();
    refused(free(&scene).await, "records of what was moved have changed");

    check(&scene, green()).await.unwrap();
    scene.folders.put_file("/code/defs.py", "defs = 2");
    refused(free(&scene).await, "`/code/defs.py` is not the code that was checked");
}

#[tokio::test(start_paused = true)]
async fn a_proof_is_no_proof_any_more_with_other_versions_of_packages() {
    let scene = moved_scene().await;
    scene.folders.put_file("/venv/site-packages/dagster_aws-0.29.26.dist-info/METADATA", "");
    let green = answer(&s3_manager("acme-lake", "assets"), "assets/", LOADED);
    let libraries =
        r#""libraries":[["/venv/site-packages",["dagster_aws-0.29.26.dist-info"]]],"loads""#;
    check(&scene, Ok(green.replace("\"loads\"", libraries))).await.unwrap();

    scene.folders.put_file("/venv/site-packages/dagster_aws-0.29.27.dist-info/METADATA", "");

    refused(free(&scene).await, "`dagster_aws-0.29.27` was missing");
}

#[tokio::test(start_paused = true)]
async fn a_record_that_makes_no_sense_is_replaced() {
    let scene = moved_scene().await;
    let green = || Ok(answer(&s3_manager("acme-lake", "assets"), "assets/", LOADED));
    scene.state.write("migration/switch", b"{").unwrap();
    check(&scene, green()).await.unwrap();
    assert_eq!(free(&scene).await.unwrap().removed.items, 2);
}

/// A folder whose record of the switch nobody may read: what is in it is not known.
#[derive(Default)]
struct DeniedRecord(MemoryState);

impl StateFolder for DeniedRecord {
    fn read(&self, name: &str) -> Result<Vec<u8>, Fault> {
        match name {
            "migration/switch" => Err(Fault::new(FaultKind::Denied, name)),
            other => self.0.read(other),
        }
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        self.0.write(name, content)
    }

    fn append(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        StateFolder::append(&self.0, name, content)
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        panic!("`{name}` is not known to make no sense");
    }

    fn names(&self, folder: &str) -> Result<Vec<String>, Fault> {
        self.0.names(folder)
    }

    fn lock(&self, holder: &str) -> Result<Box<dyn Lock>, LockFault> {
        self.0.lock(holder)
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_read_is_an_error_and_stays() {
    let mut scene = moved_scene().await;
    scene.state = Box::new(DeniedRecord::default());

    let green = answer(&s3_manager("acme-lake", "assets"), "assets/", LOADED);
    let error = check(&scene, Ok(green)).await.unwrap_err();

    assert!(error.to_string().contains("migration/switch"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_place_that_tells_nothing_is_no_proof() {
    let scene = moved_scene().await;
    for (printed, kind) in [
        (Err(FaultKind::Unreachable), ErrorKind::Unavailable),
        (Err(FaultKind::Absent), ErrorKind::Absent),
        (Ok("Traceback\n".to_owned()), ErrorKind::Unavailable),
        (
            Ok(r#"{"failed":"ModuleNotFoundError: no","absent":"dagster"}"#.to_owned()),
            ErrorKind::Absent,
        ),
        (
            Ok(r#"{"answers":[{"failed":"its definitions do not load"}]}"#.to_owned()),
            ErrorKind::Unavailable,
        ),
        (Ok(r#"{"nothing":"no process"}"#.to_owned()), ErrorKind::Absent),
        (
            Ok(answer(&s3_manager("l", ""), "", LOADED).replace("[[1,2]]", "[[1,3]]")),
            ErrorKind::Unavailable,
        ),
        (
            Ok(answer(&s3_manager("l", ""), "", LOADED).replace("[[1,2]]", "[[2,1]]")),
            ErrorKind::Unavailable,
        ),
        (
            Ok(answer(&s3_manager("l", ""), "", LOADED).replace("\"manager\":0", "\"manager\":9")),
            ErrorKind::Unavailable,
        ),
    ] {
        let error = check(&scene, printed.clone()).await.unwrap_err();
        assert_eq!(error.kind, kind, "{printed:?}: {error}");
        refused(free(&scene).await, "was not seen yet");
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_that_fails_leaves_no_proof_of_an_earlier_one() {
    let scene = moved_scene().await;
    let green = answer(&s3_manager("acme-lake", "assets"), "assets/", LOADED);
    check(&scene, Ok(green)).await.unwrap();

    check(&scene, Err(FaultKind::Unreachable)).await.unwrap_err();

    refused(free(&scene).await, "was not seen yet");
}

#[tokio::test(start_paused = true)]
async fn what_one_code_reads_elsewhere_no_check_of_another_code_proves() {
    let scene = moved_scene().await;
    let green = || Ok(answer(&s3_manager("acme-lake", "assets"), "assets/", LOADED));
    let red = answer(&s3_manager("acme-lake", "other"), "other/", LOADED);
    check_code(&scene, Ok(red), "code/other.py").await.unwrap();

    check(&scene, green()).await.unwrap();
    refused(free(&scene).await, "nothing that Dagster reads");

    check_code(&scene, green(), "code/other.py").await.unwrap();
    check(&scene, green()).await.unwrap();
    assert_eq!(free(&scene).await.unwrap().removed.items, 2);
}

#[tokio::test(start_paused = true)]
async fn code_that_cannot_be_looked_at_again_proves_nothing() {
    let scene = moved_scene().await;
    let green = answer(&s3_manager("acme-lake", "assets"), "assets/", LOADED);
    let installed = green.replace(&format!("[\"/code/defs.py\",\"{HASH}\"]"), "");

    check(&scene, Ok(installed)).await.unwrap();

    refused(free(&scene).await, "only a container proves it");
}

#[tokio::test(start_paused = true)]
async fn nothing_moved_is_nothing_proved() {
    let scene = Scene::new().await;

    let error = check(&scene, Ok(String::new())).await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Absent);
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_tells_how_the_last_check_ended() {
    let scene = moved_scene().await;
    let look = |wanted: Option<&str>| look_at_switch(&scene.search().context, wanted);
    assert!(matches!(look(None), Look::NotHere(_)));
    super::super::keep_last_choice(&scene.search().context, "").unwrap();
    assert_eq!(look(None), Look::Saw(SwitchStanding::Unproved));

    let manager = s3_manager("acme-lake", "dagster");
    check(&scene, Ok(answer(&manager, "dagster/", LOADED))).await.unwrap();

    let Look::Saw(SwitchStanding::Checked { green, red, .. }) = look(None) else { panic!() };
    assert_eq!((green, red.len()), (0, 2));
    let other = look(Some("s3://other/assets/"));
    assert!(matches!(other, Look::Saw(SwitchStanding::OfAnotherPlace(_))), "{other:?}");
    assert!(matches!(look(Some("s3://acme-lake/assets/")), Look::Saw(_)));
}
