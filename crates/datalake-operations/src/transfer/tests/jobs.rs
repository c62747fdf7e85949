//! Named places turned into jobs.

use datalake_engine::Attributes;

use super::bed::{Bed, side};
use crate::transfer::{
    JobDestination, JobReader, JobSource, LimitChoices, NamedPlaces, PipedTransfer, SourceFate,
    SourceReading, TransferChoices, TransferJob, TransferSide, find_transfer_sources,
};
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// A job in a line: names behind sources that get some.
fn show_job(job: &TransferJob) -> String {
    let source = match &job.source {
        JobSource::Folder(path) => format!("{}/**", path.display()),
        JobSource::Files(files) => {
            let file = files.iter().map(|file| format!("{}={}", file.path.display(), file.name));
            file.collect::<Vec<_>>().join(" ")
        }
        JobSource::Prefix(bucket, prefix) => format!("{bucket}:{prefix}**"),
        JobSource::Matching(bucket, pattern) => format!("{bucket}:{}…", pattern.literal()),
        JobSource::Objects(bucket, objects) => {
            let object = |key: &str, name: &str| format!("{bucket}:{key}={name}");
            let objects = objects.iter().map(|one| object(one.key.as_str(), &one.name));
            objects.collect::<Vec<_>>().join(" ")
        }
    };
    match &job.dest {
        JobDestination::Folder(path) => format!("{source} -> {}", path.display()),
        JobDestination::Prefix(bucket, prefix) => format!("{source} -> {bucket}:{prefix}"),
    }
}

async fn bed() -> Bed {
    Bed::new(&["raw/a.csv", "raw/b.csv"], &["a.csv", "b.csv", "deep/a.csv"]).await
}

#[tokio::test]
async fn sources_get_their_names_from_what_they_and_the_destination_are() {
    let bed = bed().await;
    let s3 = "s3://acme-lake/";
    let table: [(&[&str], &str, bool, &[&str]); 13] = [
        (&["/srv/a.csv"], "raw/", false, &["/srv/a.csv=a.csv -> acme-lake:raw/"]),
        (&["/srv/a.csv"], "raw/x.csv", false, &["/srv/a.csv=x.csv -> acme-lake:raw/"]),
        (&["/srv/a.csv"], "", false, &["/srv/a.csv=a.csv -> acme-lake:"]),
        (
            &["/srv/a.csv", "/srv/b.csv"],
            "raw",
            false,
            &["/srv/a.csv=a.csv /srv/b.csv=b.csv -> acme-lake:raw/"],
        ),
        (&["/srv"], "raw", true, &["/srv/** -> acme-lake:raw/"]),
        (&["s3://acme-lake/raw/a.csv"], "/srv", false, &["acme-lake:raw/a.csv=a.csv -> /srv"]),
        (&["s3://acme-lake/raw/a.csv"], "/srv/x", false, &["acme-lake:raw/a.csv=x -> /srv"]),
        (&["s3://acme-lake/raw/a.csv"], "x", false, &["acme-lake:raw/a.csv=x -> ."]),
        (&["s3://acme-lake/raw/a.csv"], "x/", false, &["acme-lake:raw/a.csv=a.csv -> x/"]),
        (&["s3://acme-lake/raw/*.csv"], "/srv", false, &["acme-lake:raw/… -> /srv"]),
        (&["s3://acme-lake/raw/"], "/srv", false, &["acme-lake:raw/** -> /srv"]),
        (&["s3://acme-lake/raw"], "/srv", true, &["acme-lake:raw/** -> /srv"]),
        (
            &["s3://acme-lake/raw/a.csv", "s3://other/x", "s3://acme-lake/raw/b.csv"],
            "/srv",
            false,
            &["acme-lake:raw/a.csv=a.csv acme-lake:raw/b.csv=b.csv -> /srv", "other:x=x -> /srv"],
        ),
    ];
    for (sources, dest, recursive, expected) in table {
        // What goes up is told apart from what comes down by its scheme.
        let goes_up = sources.iter().all(|source| source.starts_with('/'));
        let dest = if goes_up { format!("{s3}{dest}") } else { dest.to_owned() };
        let jobs = bed.read_jobs(sources, &dest, recursive).unwrap();
        let shown: Vec<_> = jobs.iter().map(show_job).collect();
        assert_eq!(shown, expected, "{sources:?} -> {dest}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_before_anything_is_asked() {
    let bed = bed().await;
    let long = format!("s3://acme-lake/{}", "x".repeat(1_025));
    let table: [(&[&str], &str, bool); 13] = [
        (&["/srv", "/home"], "s3://acme-lake/", true),
        (&["/srv"], "s3://acme-lake/", false),
        (&["/srv/a.csv", "/srv/deep/a.csv"], "s3://acme-lake/", false),
        (&["/srv/a.csv"], "/srv/x.csv", false),
        (&["/srv/a.csv"], "s3://acme-lake/a/../b", false),
        (&["/srv/a.csv"], "s3://acme-lake/a\0b", false),
        (&["/srv/a.csv"], &long, false),
        (&["/srv/.."], "s3://acme-lake/", false),
        (&["s3://acme-lake/raw/a.csv"], "s3://acme-lake/raw/", false),
        (&["s3://acme-lake/raw/*"], "s3://acme-lake/raw/x/", false),
        (&["s3://acme-lake/raw/"], "s3://acme-lake/raw/x/", true),
        (&["s3://acme-lake/raw/x/"], "s3://acme-lake/raw/", true),
        (&["s3://acme-lake/a[b"], "/srv", false),
    ];
    for (sources, dest, recursive) in table {
        let error = bed.read_jobs(sources, dest, recursive).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Usage, "{sources:?} -> {dest}: {error}");
    }
}

#[tokio::test]
async fn an_empty_key_without_a_bucket_names_nothing() {
    let bed = bed().await;
    let reader = JobReader { client: bed.service.client(), paths: &bed.paths };
    let nothing = TransferSide::Bucket(datalake_core::s3::S3Address::default());

    let (sources, dest, reading) = (&[nothing], &side("/srv"), SourceReading::default());
    let error = reader.read_jobs(&NamedPlaces { sources, dest, reading }).unwrap_err();

    assert_eq!(error.messages, ["an empty text names nothing"]);
}

#[tokio::test]
async fn a_pair_is_two_folders_and_a_file_says_how_it_is_brought() {
    let bed = bed().await;
    let pair = |source: &str, dest: &str| bed.read_pair(source, dest);

    let job = pair("/srv", "s3://acme-lake/raw").unwrap();
    assert_eq!(show_job(&job), "/srv/** -> acme-lake:raw/");
    let back = pair("s3://acme-lake/raw", "/srv").unwrap();
    assert_eq!(show_job(&back), "acme-lake:raw/** -> /srv");
    let file = pair("/srv/a.csv", "s3://acme-lake/raw/").unwrap_err();
    let command = AdvisedCommand::PutFile {
        file: "/srv/a.csv".to_owned(),
        dest: "s3://acme-lake/raw/".to_owned(),
    };
    assert_eq!(file.advice, [Advice::naming("for one file: {}", [command])]);
    for (source, dest) in [("-", "s3://acme-lake/x"), ("s3://acme-lake/x", "-"), ("/srv", "/home")]
    {
        assert_eq!(pair(source, dest).unwrap_err().kind, ErrorKind::Usage, "{source} -> {dest}");
    }
}

#[tokio::test]
async fn sources_that_do_not_exist_are_left_out_and_named() {
    let bed = bed().await;
    let sources = ["/srv/a.csv", "/srv/gone.csv", "s3://acme-lake/none/*.csv", "s3://acme-lake/n/"];
    let jobs = bed.read_jobs(&sources[..2], "s3://acme-lake/new/", false).unwrap();
    let none = bed.read_jobs(&sources[2..], "/srv", false).unwrap();
    let find =
        async |jobs| find_transfer_sources(&bed.context(), &TransferChoices::default(), jobs).await;

    let found = find(jobs).await.unwrap();
    let error = find(none).await.unwrap_err();

    let left: Vec<_> = found.jobs.iter().map(show_job).collect();
    assert_eq!(left, ["/srv/a.csv=a.csv -> acme-lake:new/"]);
    let missing: Vec<_> = found.missing.iter().map(|missing| missing.name.as_str()).collect();
    assert_eq!(missing, ["/srv/gone.csv"]);
    assert_eq!(error.kind, ErrorKind::Absent);
    let message = error.messages.join(": ");
    assert!(message.contains("s3://acme-lake/none/"), "{message}");
    assert!(message.contains("\nerror: there is no folder `s3://acme-lake/n/`"), "{message}");
}

#[tokio::test]
async fn of_objects_one_that_exists_is_enough() {
    let bed = bed().await;
    let find = async |sources: &[&str]| -> Result<usize, OperationError> {
        let jobs = bed.read_jobs(sources, "/srv", false)?;
        let found = find_transfer_sources(&bed.context(), &TransferChoices::default(), jobs).await;
        found.map(|found| found.jobs.len())
    };

    assert_eq!(find(&["s3://acme-lake/gone", "s3://acme-lake/raw/a.csv"]).await, Ok(1));
    let none = find(&["s3://acme-lake/gone", "s3://acme-lake/none"]).await.unwrap_err();
    assert_eq!(none.messages.first().unwrap(), "none of 2 objects is there");
}

#[tokio::test]
async fn a_file_where_a_folder_is_needed_is_named() {
    let bed = bed().await;
    let jobs = bed.read_jobs(&["s3://acme-lake/raw/"], "/srv/a.csv/deep/", false).unwrap();

    let found = find_transfer_sources(&bed.context(), &TransferChoices::default(), jobs).await;

    let error = found.err().unwrap();
    assert_eq!(error.messages, ["`/srv/a.csv` is a file, and a folder is needed there"]);
}

#[tokio::test]
async fn only_what_is_sent_carries_attributes_along() {
    let bed = bed().await;
    let content_type = Some("text/csv".to_owned());
    let attributes = Attributes { content_type, ..Attributes::NONE };
    let choices = TransferChoices { attributes, ..TransferChoices::default() };
    let find = async |source: &str, dest: &str| {
        let jobs = bed.read_jobs(&[source], dest, false).unwrap();
        find_transfer_sources(&bed.context(), &choices, jobs).await.map(|found| found.jobs.len())
    };

    assert_eq!(find("/srv/a.csv", "s3://acme-lake/x").await, Ok(1));
    for dest in ["/srv/x", "s3://acme-lake/x"] {
        let error = find("s3://acme-lake/raw/a.csv", dest).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Usage, "{dest}");
    }
}

#[test]
fn a_dash_is_a_pipe_where_it_stands_alone() {
    let find = |sources: &[&str], dest: &str, choices: &TransferChoices| {
        let sources: Vec<_> = sources.iter().map(|text| side(text)).collect();
        let reading = SourceReading::default();
        let named = NamedPlaces { sources: &sources, dest: &side(dest), reading };
        PipedTransfer::find(&named, choices, false)
    };
    let plain = TransferChoices::default();
    let address = |text: &str| text.parse().unwrap();
    let key = "s3://acme-lake/x";

    assert_eq!(find(&["/srv/a"], key, &plain), Ok(None));
    let into = PipedTransfer::IntoObject(address(key));
    assert_eq!(find(&["-"], key, &plain), Ok(Some(into)));
    let from = PipedTransfer::FromObjects(vec![address(key)]);
    assert_eq!(find(&[key], "-", &plain), Ok(Some(from)));

    let moved = TransferChoices { fate: SourceFate::Removed, ..plain.clone() };
    let limits = LimitChoices { bandwidth: Some("1M".parse().unwrap()), ..Default::default() };
    let limited = TransferChoices { limits, ..plain.clone() };
    let dry = TransferChoices { dry_run: true, ..plain.clone() };
    let refused: [(&[&str], &str, &TransferChoices); 6] = [
        (&["-"], key, &moved),
        (&["-", "/srv/a"], key, &plain),
        (&["/srv/a"], "-", &plain),
        (&[key], "-", &limited),
        (&[key], "-", &dry),
        (&["-"], "-", &plain),
    ];
    for (sources, dest, choices) in refused {
        let error = find(sources, dest, choices).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Usage, "{sources:?} -> {dest}");
    }
    let reading = SourceReading { recursive: true, no_glob: false };
    let recursive = NamedPlaces { sources: &[side("-")], dest: &side(key), reading };
    assert!(PipedTransfer::find(&recursive, &plain, false).is_err());
    let reading = SourceReading::default();
    let reported = NamedPlaces { sources: &[side(key)], dest: &side("-"), reading };
    assert!(PipedTransfer::find(&reported, &plain, true).is_err());
}
