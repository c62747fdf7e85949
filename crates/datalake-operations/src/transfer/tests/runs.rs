//! Jobs carried out.

use datalake_core::fault::FaultKind;
use datalake_engine::transfer::{NamedKind, NamedPaths as _, StopCause};

use super::bed::{Bed, fault};
use crate::ErrorKind;
use crate::transfer::records::{identify_job, open_job_records};
use crate::transfer::service_record::{keep_refusal, read_refusal};
use crate::transfer::shared_places::SharedPlaces;
use crate::transfer::stopped::{explain_stopped_run, explain_stopped_verification};
use crate::transfer::{SourceFate, TransferChoices};

fn copying() -> TransferChoices {
    TransferChoices::default()
}

fn moving() -> TransferChoices {
    TransferChoices { fate: SourceFate::Removed, ..TransferChoices::default() }
}

#[tokio::test(start_paused = true)]
async fn a_folder_goes_up_once_and_comes_back() {
    let bed = Bed::new(&[], &["a.csv", "deep/b.csv"]).await;
    let up = || vec![bed.read_pair("/srv", "s3://acme-lake/raw").unwrap()];

    let first = bed.carry_out(up(), &copying()).await.unwrap();
    let second = bed.carry_out(up(), &copying()).await.unwrap();
    let down = vec![bed.read_pair("s3://acme-lake/raw", "/back").unwrap()];
    bed.carry_out(down, &copying()).await.unwrap();

    assert_eq!(first.lines(), ["+ a.csv", "+ deep/b.csv"]);
    assert_eq!(second.lines(), ["= a.csv", "= deep/b.csv"]);
    assert_eq!(bed.list_keys().await, ["raw/a.csv", "raw/deep/b.csv"]);
    assert_eq!(bed.folder("/back").files(), bed.folder("/srv").files());
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_tells_what_would_be_done_and_leaves_nothing() {
    let bed = Bed::new(&["x/1"], &["a.csv"]).await;
    let dry = TransferChoices { dry_run: true, ..copying() };
    let up = vec![bed.read_pair("/srv", "s3://acme-lake/raw").unwrap()];
    let down = vec![bed.read_pair("s3://acme-lake/x", "/new/place").unwrap()];

    let (up, down) = (bed.carry_out(up, &dry).await, bed.carry_out(down, &dry).await);

    assert_eq!(up.unwrap().lines(), ["+ a.csv"]);
    assert_eq!(down.unwrap().lines(), ["+ 1"]);
    assert_eq!(bed.list_keys().await, ["x/1"]);
    assert!(bed.records.state.file_names().is_empty());
    assert!(bed.records.files.names().is_empty());
    assert_eq!(bed.paths.find_kind("/new".as_ref()), NamedKind::Absent, "no folder was made");
}

#[tokio::test(start_paused = true)]
async fn objects_come_under_their_names_and_those_that_do_not_exist_are_told() {
    let bed = Bed::new(&["raw/a.csv", "raw/b.csv"], &[]).await;
    let sources = ["s3://acme-lake/raw/a.csv", "s3://acme-lake/gone/x.csv"];
    let jobs = bed.read_jobs(&sources, "/new/", false).unwrap();

    let told = bed.carry_out(jobs, &copying()).await.unwrap();

    assert_eq!(told.lines(), ["+ a.csv", "gone/x.csv: there is no such object"]);
    assert_eq!(bed.folder("/new").files().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn keys_that_match_come_below_the_folder_of_the_pattern() {
    let bed = Bed::new(&["raw/2026-1.csv", "raw/2026-1.txt", "raw/2025-1.csv"], &[]).await;
    let jobs = bed.read_jobs(&["s3://acme-lake/raw/2026-*.csv"], "/new", false).unwrap();

    let told = bed.carry_out(jobs, &copying()).await.unwrap();

    assert_eq!(told.lines(), ["+ 2026-1.csv"]);
}

#[tokio::test(start_paused = true)]
async fn a_move_removes_what_has_arrived() {
    let bed = Bed::new(&["raw/a.csv", "raw/b.csv"], &["up.csv", "stays.csv"]).await;
    let across = bed.read_jobs(&["s3://acme-lake/raw/a.csv"], "s3://acme-lake/old/", false);
    let up = bed.read_jobs(&["/srv/up.csv"], "s3://acme-lake/new/", false);

    let across = bed.carry_out(across.unwrap(), &moving()).await.unwrap();
    let up = bed.carry_out(up.unwrap(), &moving()).await.unwrap();

    assert_eq!(across.lines(), ["+ a.csv", "removed"]);
    assert!(across.requests() >= 2, "a look and a deletion at least: {}", across.requests());
    assert_eq!(up.lines(), ["+ up.csv", "removed"]);
    assert_eq!(bed.list_keys().await, ["new/up.csv", "old/a.csv", "raw/b.csv"]);
    let left: Vec<_> = bed.folder("/srv").files().into_keys().collect();
    assert_eq!(left, ["stays.csv"]);
}

#[tokio::test(start_paused = true)]
async fn a_move_of_what_was_there_already_removes_it_too_and_a_dry_one_nothing() {
    let bed = Bed::new(&[], &["a.csv"]).await;
    let jobs = || bed.read_jobs(&["/srv/a.csv"], "s3://acme-lake/", false).unwrap();
    bed.carry_out(jobs(), &copying()).await.unwrap();

    let dry = TransferChoices { dry_run: true, ..moving() };
    let dry = bed.carry_out(jobs(), &dry).await.unwrap();
    assert_eq!(bed.folder("/srv").files().len(), 1);
    let moved = bed.carry_out(jobs(), &moving()).await.unwrap();

    assert_eq!(dry.lines(), ["= a.csv"]);
    assert_eq!(moved.lines(), ["= a.csv", "removed"]);
    assert!(bed.folder("/srv").files().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_does_not_exist_is_named_whatever_goes_there() {
    let bed = Bed::new(&[], &["a.csv"]).await;
    let picked = bed.read_jobs(&["/srv/a.csv"], "s3://other-lake/", false).unwrap();
    let folder = vec![bed.read_pair("/srv", "s3://other-lake/").unwrap()];

    for jobs in [picked, folder] {
        let error = bed.carry_out(jobs, &copying()).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::Absent, "{error}");
        assert!(error.to_string().contains("bucket `other-lake`"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_runs_do_not_work_on_the_same_pair() {
    let bed = Bed::new(&[], &["a.csv"]).await;
    let job = || bed.read_pair("/srv", "s3://acme-lake/raw").unwrap();
    let other = vec![bed.read_pair("/srv", "s3://acme-lake/other").unwrap()];
    let held = open_job_records(&bed.context(), &job(), false).unwrap();

    let error = bed.carry_out(vec![job()], &copying()).await.err().unwrap();

    assert_eq!(error.kind, ErrorKind::Locked);
    assert!(bed.carry_out(other, &copying()).await.is_ok());
    drop(held);
    assert!(bed.carry_out(vec![job()], &copying()).await.is_ok());
}

#[tokio::test]
async fn a_pair_is_the_same_however_its_places_are_written() {
    let bed = Bed::new(&[], &["a.csv"]).await;
    let id = |source: &str, dest: &str| {
        identify_job(&bed.context(), &bed.read_pair(source, dest).unwrap())
    };

    assert_eq!(id("/srv", "s3://acme-lake/raw"), id("/srv/./", "s3://acme-lake/raw/"));
    assert_ne!(id("/srv", "s3://acme-lake/raw"), id("/srv", "s3://acme-lake/raw2"));
    assert_ne!(id("/srv", "s3://acme-lake/raw"), id("s3://acme-lake/raw", "/srv"));
}

#[tokio::test(start_paused = true)]
async fn a_download_knows_the_pairs_that_have_files_there() {
    let bed = Bed::new(&["x/1"], &["a.csv"]).await;
    let up = bed.read_pair("/srv", "s3://acme-lake/raw").unwrap();
    bed.carry_out(vec![up.clone()], &copying()).await.unwrap();
    let shares = |source: &str, dest: &str| {
        let job = bed.read_pair(source, dest).unwrap();
        SharedPlaces::find(&bed.context(), &job).unwrap().list_records().len()
    };

    assert_eq!(shares("s3://acme-lake/x", "/srv"), 1);
    assert_eq!(shares("s3://acme-lake/x", "/srv/deep"), 1);
    assert_eq!(shares("s3://acme-lake/x", "/home"), 0);
    assert_eq!(shares("/srv", "s3://acme-lake/raw"), 0, "what goes up replaces nothing here");
}

#[tokio::test]
async fn what_was_seen_of_a_service_is_kept() {
    let bed = Bed::new(&[], &[]).await;

    assert_eq!(read_refusal(&bed.context()), None);
    for refuses in [true, false] {
        keep_refusal(&bed.context(), refuses);
        assert_eq!(read_refusal(&bed.context()), Some(refuses));
    }
}

#[tokio::test]
async fn a_stopped_run_says_whether_the_same_command_goes_on() {
    let bed = Bed::new(&[], &["a.csv"]).await;
    let job = bed.read_pair("/srv", "s3://acme-lake/raw").unwrap();
    let explain = |choices: &TransferChoices, cause| {
        let error = explain_stopped_run(&bed.context(), &job, cause, choices.deletes());
        let last = error.advice.last().cloned();
        let goes_on = last.is_some_and(|advice| format!("{advice:?}").contains("continues"));
        let deletes = error.advice.iter().any(|advice| format!("{advice:?}").contains("deleted"));
        (error.kind, goes_on, deletes)
    };
    let unreachable = || StopCause::Listing(fault(FaultKind::Unreachable));
    let denied = || StopCause::Fault(fault(FaultKind::Denied));

    assert_eq!(explain(&copying(), unreachable()), (ErrorKind::Unavailable, true, false));
    assert_eq!(explain(&moving(), unreachable()), (ErrorKind::Unavailable, true, true));
    assert_eq!(explain(&copying(), denied()), (ErrorKind::Denied, false, false));
    assert_eq!(explain(&moving(), denied()), (ErrorKind::Denied, false, true));
    assert_eq!(explain(&copying(), StopCause::Requests), (ErrorKind::Partly, true, false));
    let manifest = StopCause::Manifest(fault(FaultKind::Io));
    assert_eq!(explain(&copying(), manifest), (ErrorKind::Io, false, false));
}

#[tokio::test]
async fn a_stopped_run_names_the_bucket_where_there_is_one() {
    let bed = Bed::new(&["raw/a"], &[]).await;
    let up = bed.read_pair("/srv", "s3://acme-lake/raw").unwrap();
    let across = bed.read_pair("s3://acme-lake/raw", "s3://other/raw").unwrap();
    let absent = || StopCause::Fault(fault(FaultKind::Absent));
    let explain = |job, cause| explain_stopped_verification(&bed.context(), job, cause);

    assert!(explain(&up, absent()).messages[0].contains("`acme-lake`"));
    let both = explain(&across, absent());
    assert_eq!(both.kind, ErrorKind::Absent);
    assert!(both.messages[0].starts_with("one of the buckets of"), "{both}");
    let listing = explain(&up, StopCause::Listing(fault(FaultKind::Unreachable)));
    assert_eq!(listing.messages[0], "the listing failed");
}
