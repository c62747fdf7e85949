use std::sync::Mutex;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{Mode, Owner};
use datalake_engine::memory::MemoryFiles;
use datalake_engine::{Files as _, ShardEngine, hold_mutex};
use tokio::sync::Notify;

use super::bed::{Bed, ODD_KEYS, name_job};
use crate::job::{ShardEnd, WorkerPrograms, WorkerShare};
use crate::project::ProjectFolder;
use crate::{ErrorKind, OperationError};

/// An engine whose worker is the test.
#[derive(Default)]
struct TestEngine {
    /// Whether it waits for the worker.
    waits: bool,
    /// Whether its calls never end.
    hangs: bool,
    /// What it says at the end of all calls.
    ends: Option<FaultKind>,
    /// What it says where it is to end what runs.
    gone: Option<FaultKind>,
    told: Mutex<Vec<String>>,
    called: Notify,
    worked: Notify,
}

impl TestEngine {
    fn new(waits: bool, ends: Option<FaultKind>) -> Self {
        Self { waits, ends, ..Self::default() }
    }

    fn list_told(&self) -> Vec<String> {
        hold_mutex(&self.told).clone()
    }

    fn answer_call(&self, text: &str, kind: Option<FaultKind>) -> Result<(), Fault> {
        hold_mutex(&self.told).push(text.to_owned());
        kind.map_or(Ok(()), |kind| Err(Fault::new(kind, "the engine's words")))
    }

    /// Does the one shard that there is as soon as it is called for.
    async fn work_shards(&self, bed: &Bed) {
        self.called.notified().await;
        let share = WorkerShare { shard: 0, workers: 20, function: None };
        let (jobs, name) = (bed.open_jobs(), name_job("hash"));
        let worked = jobs.work_shard(&name, share, &mut |_| ()).await;
        assert_eq!(worked.unwrap().end, ShardEnd::Worked);
        self.worked.notify_one();
    }
}

#[async_trait]
impl ShardEngine for TestEngine {
    async fn deploy_worker(&self) -> Result<(), Fault> {
        hold_mutex(&self.told).push("deploy".to_owned());
        Ok(())
    }

    async fn call_worker(&self, shards: &str) -> Result<(), Fault> {
        self.called.notify_one();
        if self.waits {
            self.worked.notified().await;
        }
        if self.hangs {
            std::future::pending::<()>().await;
        }
        self.answer_call(shards, self.ends)
    }

    async fn end_workers(&self) -> Result<(), Fault> {
        self.answer_call("end", self.gone)
    }
}

async fn plan_hash() -> Bed {
    let bed = Bed::with_keys(&ODD_KEYS).await;
    bed.plan_wish(&bed.make_wish("hash", "checksum", "raw/")).await.unwrap();
    bed
}

#[tokio::test(start_paused = true)]
async fn an_engine_is_told_what_is_left_and_the_receipts_tell_what_it_did() {
    let bed = plan_hash().await;
    let engine = TestEngine::new(true, None);
    let mut told = Vec::new();

    let jobs = bed.open_jobs();
    let name = name_job("hash");
    let mut tell = |progress: &datalake_core::job::JobProgress| told.push(progress.done);
    let run = jobs.run_elsewhere(&name, &engine, &mut tell);
    let run = futures::future::join(run, engine.work_shards(&bed)).await.0.unwrap();
    let again = jobs.run_elsewhere(&name, &engine, &mut |_| ()).await.unwrap();

    assert!(run.status.progress.is_sound() && again.status.progress.is_sound(), "{run:?}");
    assert_eq!((run.worked, again.worked), (1, 0));
    assert_eq!(engine.list_told(), ["end", "deploy", "0"]);
    assert_eq!((told.first(), told.last()), (Some(&0), Some(&(ODD_KEYS.len() as u64))));
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_says_it_is_done_and_has_done_nothing_has_done_nothing() {
    let bed = plan_hash().await;
    let engine = TestEngine::new(false, None);

    let run = bed.open_jobs().run_elsewhere(&name_job("hash"), &engine, &mut |_| ()).await.unwrap();

    assert!(!run.status.progress.is_sound());
    assert_eq!((run.worked, run.status.progress.open), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_fails_is_told_of_unless_all_is_done() {
    let bed = plan_hash().await;
    let name = name_job("hash");
    let (idle, busy) =
        [false, true].map(|waits| TestEngine::new(waits, Some(FaultKind::Refused))).into();
    let jobs = bed.open_jobs();

    let idle = jobs.run_elsewhere(&name, &idle, &mut |_| ()).await.unwrap_err();
    let mut tell = |_: &_| ();
    let run = jobs.run_elsewhere(&name, &busy, &mut tell);
    let done = futures::future::join(run, busy.work_shards(&bed)).await.0.unwrap();

    assert!(idle.to_string().contains("the engine's words"), "{idle}");
    assert!(done.status.progress.is_sound());
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_when_nothing_is_left_even_if_its_engine_does_not() {
    let bed = plan_hash().await;
    let engine = TestEngine { hangs: true, ..TestEngine::default() };
    let (jobs, name) = (bed.open_jobs(), name_job("hash"));

    let mut tell = |_: &_| ();
    let run = jobs.run_elsewhere(&name, &engine, &mut tell);
    let run = futures::future::join(run, engine.work_shards(&bed)).await.0.unwrap();

    assert!(run.status.progress.is_sound());
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_when_its_job_is_stopped_even_if_its_engine_does_not() {
    let bed = plan_hash().await;
    let engine = TestEngine { hangs: true, ..TestEngine::default() };
    let (jobs, name) = (bed.open_jobs(), name_job("hash"));

    let mut tell = |_: &_| ();
    let run = jobs.run_elsewhere(&name, &engine, &mut tell);
    let stop = async {
        engine.called.notified().await;
        jobs.stop_job(&name).await.unwrap();
    };
    let run = futures::future::join(run, stop).await.0.unwrap();

    assert!(run.status.is_stopped);
    assert_eq!((run.worked, run.status.progress.open), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn of_two_runs_the_later_one_goes_on_and_the_earlier_one_is_told() {
    let bed = plan_hash().await;
    let [earlier, later] =
        [true, false].map(|hangs| TestEngine { hangs, ..TestEngine::new(!hangs, None) });
    let (jobs, name) = (bed.open_jobs(), name_job("hash"));

    let (mut tell, mut tell_later) = (|_: &_| (), |_: &_| ());
    let first = jobs.run_elsewhere(&name, &earlier, &mut tell);
    let second = async {
        earlier.called.notified().await;
        let run = jobs.run_elsewhere(&name, &later, &mut tell_later);
        futures::future::join(run, later.work_shards(&bed)).await.0.unwrap()
    };
    let (first, second) = futures::future::join(first, second).await;

    let told = first.unwrap_err();
    assert_eq!(told.kind, ErrorKind::Locked, "{told}");
    assert!(second.status.progress.is_sound());
    assert_eq!(later.list_told(), ["end", "deploy", "0"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_overtaken_at_once_ends_nobodys_workers() {
    let bed = plan_hash().await;
    let [earlier, later] =
        [true, false].map(|hangs| TestEngine { hangs, ..TestEngine::new(!hangs, None) });
    let (jobs, name) = (bed.open_jobs(), name_job("hash"));

    let (mut tell, mut tell_later) = (|_: &_| (), |_: &_| ());
    let first = jobs.run_elsewhere(&name, &earlier, &mut tell);
    let second = jobs.run_elsewhere(&name, &later, &mut tell_later);
    let working = later.work_shards(&bed);
    let (first, second, ()) = futures::future::join3(first, second, working).await;

    assert_eq!(first.unwrap_err().kind, ErrorKind::Locked);
    assert!(second.unwrap().status.progress.is_sound());
    assert!(earlier.list_told().is_empty(), "{:?}", earlier.list_told());
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_ended_elsewhere_is_stopped_whether_or_not_the_engine_has_it() {
    for (ends, was_there) in [(None, true), (Some(FaultKind::Absent), false)] {
        let bed = plan_hash().await;
        let engine = TestEngine { gone: ends, ..TestEngine::default() };
        let jobs = bed.open_jobs();

        assert_eq!(jobs.end_elsewhere(&name_job("hash"), &engine).await.unwrap(), was_there);

        assert!(jobs.look_at_job(&name_job("hash")).await.unwrap().is_stopped);
    }
    let bed = plan_hash().await;
    let gone = Some(FaultKind::Unreachable);
    let engine = TestEngine { gone, ..TestEngine::default() };
    let unknown = bed.open_jobs().end_elsewhere(&name_job("hash"), &engine).await.unwrap_err();
    assert_eq!(unknown.kind, ErrorKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn an_offer_has_what_is_left_and_leaves_alone_what_somebody_has_changed() {
    let bed = plan_hash().await;
    let terms = bed.make_wish("hash", "checksum", "raw/").terms;
    let offer = async || -> Result<_, OperationError> {
        bed.open_jobs().offer_job(&name_job("hash"), None, &terms).await
    };
    let files = MemoryFiles::default();
    let owner = Owner { uid: 7, gid: 7 };
    files.create_folder(&"/defs".parse().unwrap(), Mode::PUBLIC_FOLDER, owner).unwrap();
    let dir = std::path::Path::new("project");
    let folder = ProjectFolder { dir, shown: "project", name: "project", files: Some(&files) };

    let open = offer().await.unwrap();
    let call = open.call_worker(WorkerPrograms { program: "/usr/bin/datalake", code: None });
    let text = format!("# {}\n", call.program);
    let told = open.to_string();
    let first = open.clone().with_file(&text, &folder, true).unwrap();
    bed.run("hash").await.unwrap();
    let after = offer().await.unwrap();

    assert!(told.contains("1 shard with 7 objects") && open.is_open(), "{told}");
    assert!(!first.is_edited() && first.show_file().contains("+# /usr/bin/datalake"));
    assert!(first.file.unwrap().path.ends_with("datalake_job_hash.py"));
    assert_eq!((after.left, after.left_objects, after.is_open()), (0, 0, false));
}
