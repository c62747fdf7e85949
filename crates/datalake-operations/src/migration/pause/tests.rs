use std::sync::Mutex;

use datalake_core::fault::Fault;
use datalake_core::spec::HostSpec;
use datalake_engine::memory::{MemoryMachine, MemoryServices, MemoryState};
use datalake_engine::{
    ActiveState, LoadState, Lock, LockFault, StateFolder, UnitStatus, UserPorts, hold_mutex,
};

use super::*;
use crate::migration::Migration;
use crate::migration::scene::{Scene, ToldWords, choice};

const ADDRESS: &str = "http://127.0.0.1:3000";
const NOTHING: &str = r#"{"data": {"runsOrError": {"__typename": "Runs", "results": []}}}"#;
const RUNNING: &str = r#"{"data": {"runsOrError": {"__typename": "Runs", "results": [
    {"runId": "r1", "status": "STARTED", "jobName": "daily"}]}}}"#;
const DAEMON: &str = "dagster-daemon.service";

fn waiting(minutes: u32) -> PauseChoice {
    PauseChoice { stop_daemon: true, wait: minutes, ..PauseChoice::default() }
}

async fn settle(
    answers: &[&str],
    asked: &PauseChoice,
) -> (Result<(), OperationError>, Vec<String>) {
    let mut scene = Scene::new().await;
    scene.webservers = scene.webservers.with(ADDRESS, answers);
    let (context, told) = (scene.context(), ToldWords::default());
    let migration = Migration::find(&context, &choice()).await.unwrap();
    let pause = DaemonPause { context: &context, reporter: &told, host: None, stopped: Vec::new() };
    let settled = pause.settle(&migration, asked).await;
    (settled, told.in_order())
}

#[tokio::test(start_paused = true)]
async fn a_copy_goes_on_at_once_where_nothing_runs() {
    let (settled, told) = settle(&[NOTHING], &PauseChoice::default()).await;

    assert_eq!((settled, told.len()), (Ok(()), 0));
}

#[tokio::test(start_paused = true)]
async fn runs_that_write_are_named_and_not_copied_over() {
    let (settled, _) = settle(&[RUNNING], &PauseChoice::default()).await;

    let error = settled.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TryAgain);
    assert_eq!(error.to_string(), "runs of Dagster write: r1 of `daily` (STARTED)");
}

#[tokio::test(start_paused = true)]
async fn without_the_daemon_runs_are_waited_for_and_told_once() {
    let (settled, told) = settle(&[RUNNING, RUNNING, NOTHING], &waiting(1)).await;

    assert_eq!((settled, told), (Ok(()), vec!["waiting for r1 of `daily` (STARTED)".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_goes_on_for_too_long_ends_the_waiting() {
    let (settled, _) = settle(&[RUNNING], &waiting(1)).await;

    assert_eq!(settled.unwrap_err().kind, ErrorKind::TryAgain);
}

#[tokio::test(start_paused = true)]
async fn where_nobody_tells_the_operator_has_to() {
    let (unknown, _) = settle(&[], &PauseChoice::default()).await;
    let (nonsense, _) = settle(&["<html>"], &PauseChoice::default()).await;
    let (skipped, _) =
        settle(&[], &PauseChoice { while_running: true, ..PauseChoice::default() }).await;

    assert_eq!(unknown.unwrap_err().kind, ErrorKind::Unavailable);
    assert_eq!(nonsense.unwrap_err().kind, ErrorKind::Unavailable);
    assert_eq!(skipped, Ok(()));
}

#[test]
fn many_runs_are_told_by_the_first_names() {
    let run = |number: usize| LiveRun {
        run_id: format!("r{number}"),
        status: "QUEUED".to_owned(),
        job_name: "j\u{1b}[2J".to_owned(),
    };
    let runs: Vec<_> = (0..9).map(run).collect();

    let words = describe_runs(&runs);

    assert!(words.contains("r4") && !words.contains("r5") && words.ends_with(", …"), "{words}");
    assert!(!words.contains('\u{1b}'), "{words:?}");
}

/// datalake's own folder, whose n-th change fails.
struct FailingState {
    state: MemoryState,
    left: Mutex<u32>,
}

impl FailingState {
    fn change(&self) -> Result<(), Fault> {
        let mut left = hold_mutex(&self.left);
        if *left == 0 {
            return Ok(());
        }
        *left -= 1;
        if *left == 0 { Err(Fault::new(FaultKind::DiskFull, "no space left")) } else { Ok(()) }
    }
}

impl StateFolder for FailingState {
    fn read(&self, name: &str) -> Result<Vec<u8>, Fault> {
        self.state.read(name)
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        self.change()?;
        self.state.write(name, content)
    }

    fn append(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        self.change()?;
        self.state.append(name, content)
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        self.change()?;
        self.state.remove(name)
    }

    fn names(&self, folder: &str) -> Result<Vec<String>, Fault> {
        self.state.names(folder)
    }

    fn lock(&self, holder: &str) -> Result<Box<dyn Lock>, LockFault> {
        self.state.lock(holder)
    }
}

fn status(active: ActiveState, sub: &str) -> UnitStatus {
    UnitStatus {
        unit: DAEMON.parse().unwrap(),
        load: LoadState::Loaded,
        active,
        sub: sub.to_owned(),
        restarts: 0,
        invocation: None,
        result: "success".to_owned(),
        fragment: None,
        source: Some(unit_path()),
        since: None,
        is_queued: false,
    }
}

fn unit_path() -> datalake_core::host::HostPath {
    "/home/dagster/.config/containers/systemd/dagster-daemon.container".parse().unwrap()
}

/// A scene whose host has a daemon that stands as `after` says once it was ordered to.
async fn scene_with_daemon(after: ActiveState, fails_at: u32) -> (Scene, MemoryState) {
    let mut scene = Scene::new().await;
    let state = MemoryState::default();
    scene.state = Box::new(FailingState { state: state.clone(), left: Mutex::new(fails_at) });
    scene.folders.put_file("/etc/passwd", "dagster:x:1000:1000::/home/dagster:/bin/sh\n");
    scene.folders.put_file(unit_path().as_str(), "[Container]\nImage=dagster\n");
    let host = HostSpec {
        user: "dagster".parse().unwrap(),
        units: vec!["dagster-daemon".parse().unwrap()],
        finds_units: false,
        handover: None,
        dagster_home: None,
        links: Vec::new(),
    };
    scene.host = Ok(host);
    scene.machine = Some(MemoryMachine::new(move || UserPorts {
        services: Box::new(MemoryServices::default().with([status(after, "")])),
        ..MemoryMachine::idle("/var/lib/systemd/linger/dagster".parse().unwrap())
    }));
    (scene, state)
}

async fn stop(scene: &Scene) -> Result<Vec<String>, OperationError> {
    let (context, told) = (scene.context(), ToldWords::default());
    DaemonPause::begin(&context, &waiting(1), &told).await?;
    Ok(told.in_order())
}

#[tokio::test(start_paused = true)]
async fn what_was_stopped_is_kept_in_mind_until_it_was_started() {
    let (scene, state) = scene_with_daemon(ActiveState::Inactive, 0).await;

    let told = stop(&scene).await.unwrap();

    assert_eq!(told, [format!("stopping {DAEMON}")]);
    assert_eq!(state.read(MARK).unwrap(), DAEMON.as_bytes());
    let left = find_stopped_services(&scene.search().context).unwrap();
    assert_eq!(left.as_deref(), Some(DAEMON));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_not_told_to_stop_anything_takes_over_what_another_has_stopped() {
    let (scene, _) = scene_with_daemon(ActiveState::Inactive, 0).await;
    stop(&scene).await.unwrap();
    let (context, told) = (scene.context(), ToldWords::default());

    let pause = DaemonPause::begin(&context, &PauseChoice::default(), &told).await.unwrap();

    assert_eq!(pause.list_names(), DAEMON);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_does_not_start_stays_in_mind() {
    let (scene, state) = scene_with_daemon(ActiveState::Inactive, 0).await;
    let (context, told) = (scene.context(), ToldWords::default());
    let pause = DaemonPause::begin(&context, &waiting(1), &told).await.unwrap();

    let error = pause.end().await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert_eq!(error.advice, [Advice::naming("{}", [AdvisedCommand::StartDaemon])]);
    assert!(state.read(MARK).is_ok());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_stopped_where_that_cannot_be_kept_in_mind() {
    let (scene, state) = scene_with_daemon(ActiveState::Inactive, 1).await;

    let error = stop(&scene).await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Io);
    assert!(state.read(MARK).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_host_without_a_daemon_says_so() {
    let (mut scene, _) = scene_with_daemon(ActiveState::Inactive, 0).await;
    let unit = "dagster-webserver".parse().unwrap();
    scene.host = scene.host.map(|host| HostSpec { units: vec![unit], ..host });

    let error = stop(&scene).await.unwrap_err();

    assert_eq!(error.to_string(), "none of the units runs Dagster's daemon");
}
