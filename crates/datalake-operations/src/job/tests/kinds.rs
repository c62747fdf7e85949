use datalake_engine::Payload;

use super::bed::{Bed, ODD_KEYS, name_job};
use crate::ErrorKind;
use crate::job::FunctionCode;

#[tokio::test(start_paused = true)]
async fn copies_have_the_names_and_bytes_of_their_sources() {
    let bed = Bed::with_keys(&ODD_KEYS).await;
    let mut wish = bed.make_wish("copy", "copy", "raw/");
    wish.destination = Some("copies/".parse().unwrap());
    bed.plan_wish(&wish).await.unwrap();

    let run = bed.run("copy").await.unwrap();

    assert!(run.status.progress.is_sound(), "{run:?}");
    for key in ODD_KEYS {
        let copy = key.replacen("raw/", "copies/", 1);
        assert_eq!(bed.read_object(&copy).await.as_deref(), Some(key.as_bytes()), "{copy}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_content_is_stored_as_a_frame_and_the_receipt_has_the_hash_of_that() {
    let bed = Bed::with_keys(&["raw/a.json", "raw/b.gz"]).await;
    bed.service.put("raw/b.gz", "\u{1f}no gzip, but close").await;
    let mut wish = bed.make_wish("pack", "recompress", "raw/");
    wish.destination = Some("packed/".parse().unwrap());
    bed.plan_wish(&wish).await.unwrap();

    let run = bed.run("pack").await.unwrap();

    assert!(run.status.progress.is_sound(), "{run:?}");
    let packed = bed.read_object("packed/a.json.zst").await.unwrap();
    assert_eq!(zstd::stream::decode_all(packed.as_slice()).unwrap(), b"raw/a.json");
    let receipt = bed.read_receipt("pack").await.unwrap();
    let hash = Payload::of(packed).hash().hex();
    assert!(String::from_utf8(receipt).unwrap().contains(&hash));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_grows_too_long_fails_alone() {
    let long = format!("raw/{}", "x".repeat(1_020));
    let bed = Bed::with_keys(&[&long, "raw/a"]).await;
    let mut wish = bed.make_wish("copy", "copy", "raw/");
    wish.destination = Some("copies/".parse().unwrap());
    bed.plan_wish(&wish).await.unwrap();

    let run = bed.run("copy").await.unwrap();
    let (_, troubles) = bed.report_on("copy").await;

    assert_eq!((run.status.progress.done, run.status.progress.failed), (1, 1));
    let cause = troubles[0].cause.as_deref().unwrap();
    assert!(troubles[0].key == long && cause.contains("1,024 bytes"), "{cause}");
}

#[tokio::test(start_paused = true)]
async fn code_is_never_run_but_the_one_that_was_planned_and_is_named_again() {
    let bed = Bed::with_keys(&ODD_KEYS).await;
    let mut wish = bed.make_wish("clean", "python:clean.py:clean", "raw/");
    wish.code = Some(b"def clean(stream, key): pass".to_vec());
    bed.plan_wish(&wish).await.unwrap();
    let run = async |code: Option<&str>| {
        let code = code.map(|code| FunctionCode {
            python: "python3".to_owned(),
            code: code.as_bytes().to_vec(),
        });
        bed.open_jobs().run_job(&name_job("clean"), code, &mut |_| ()).await.unwrap_err()
    };

    let missing = run(None).await;
    let other = run(Some("def clean(stream, key): return b''")).await;
    let unloaded = run(Some("def clean(stream, key): pass")).await;

    assert_eq!(missing.kind, ErrorKind::Usage);
    assert!(other.to_string().contains("is not the one"), "{other}");
    // This machine has no Python; nothing was read.
    assert_eq!(unloaded.kind, ErrorKind::Config);
    assert!(bed.read_receipt("clean").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_name_with_and_one_without_the_ending_come_to_two_frames() {
    let bed = Bed::with_keys(&["raw/x.json", "raw/x.json.zst"]).await;
    let mut wish = bed.make_wish("pack", "recompress", "raw/");
    wish.destination = Some("packed/".parse().unwrap());
    bed.plan_wish(&wish).await.unwrap();

    let run = bed.run("pack").await.unwrap();

    assert!(run.status.progress.is_sound(), "{run:?}");
    for key in ["x.json", "x.json.zst"] {
        let packed = bed.read_object(&format!("packed/{key}.zst")).await.unwrap();
        let content = zstd::stream::decode_all(packed.as_slice()).unwrap();
        assert_eq!(content, format!("raw/{key}").as_bytes());
    }
}

#[tokio::test(start_paused = true)]
async fn no_job_writes_below_the_prefix_that_is_datalakes_own() {
    let bed = Bed::with_keys(&["raw/lake/a", "raw/b"]).await;
    let mut wish = bed.make_wish("copy", "copy", "raw/");
    wish.destination = Some("_data".parse().unwrap());
    bed.plan_wish(&wish).await.unwrap();

    let run = bed.run("copy").await.unwrap();
    let (_, troubles) = bed.report_on("copy").await;

    assert_eq!((run.status.progress.done, run.status.progress.failed), (1, 1));
    let cause = troubles[0].cause.as_deref().unwrap();
    assert!(cause.contains("below `_datalake/`"), "{cause}");
    assert!(bed.read_object("_datalake/a").await.is_none());
}
