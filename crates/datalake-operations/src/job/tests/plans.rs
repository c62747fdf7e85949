use datalake_core::price::Money;

use super::bed::{Bed, ODD_KEYS};
use crate::ErrorKind;
use crate::lake::test_service::list_keys;

#[tokio::test(start_paused = true)]
async fn a_plan_freezes_the_list_and_leaves_datalakes_own_objects_out() {
    let bed = Bed::with_keys(&["a", "b/c", "_datalake/jobs/old/job.json", "_dat"]).await;

    let planned = bed.plan_wish(&bed.make_wish("hash", "checksum", "")).await.unwrap();

    assert_eq!((planned.job.objects, planned.job.shards, planned.is_written), (3, 1, true));
    assert_eq!(planned.job.source, "s3://acme-lake/");
    assert_eq!(planned.price.egress, "0.00 EUR");
    let keys = list_keys(&bed.service).await;
    assert!(keys.contains(&"_datalake/jobs/hash/job.json".to_owned()), "{keys:?}");
    assert!(keys.contains(&"_datalake/jobs/hash/shards/000000.json.zst".to_owned()), "{keys:?}");
}

#[tokio::test(start_paused = true)]
async fn a_name_is_given_once() {
    let bed = Bed::with_keys(&ODD_KEYS).await;
    let wish = bed.make_wish("hash", "checksum", "raw/");
    bed.plan_wish(&wish).await.unwrap();

    let error = bed.plan_wish(&wish).await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Usage);
    assert!(error.to_string().contains("already has a job `hash`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_makes_no_sense_is_refused_before_anything_is_written() {
    let bed = Bed::with_keys(&ODD_KEYS).await;
    let dest = |text: &str| Some(text.parse().unwrap());
    let copy = bed.make_wish("job", "copy", "raw/");
    let refused = [
        (bed.make_wish("job", "copy", "raw/"), ErrorKind::Usage),
        (bed.make_wish("job", "checksum", "nothing/"), ErrorKind::Absent),
        (bed.make_wish("job", "checksum", "_datalake/jobs/"), ErrorKind::Usage),
        (bed.make_wish("job", "python:f.py:f", "raw/"), ErrorKind::Usage),
        (
            super::super::JobWish { destination: dest("raw/copy/"), ..copy.clone() },
            ErrorKind::Usage,
        ),
        (super::super::JobWish { destination: dest(""), ..copy.clone() }, ErrorKind::Usage),
        (
            super::super::JobWish { destination: dest("_datalake/x/"), ..copy.clone() },
            ErrorKind::Usage,
        ),
    ];
    let before = list_keys(&bed.service).await;

    for (wish, kind) in refused {
        assert_eq!(bed.plan_wish(&wish).await.unwrap_err().kind, kind, "{wish:?}");
    }

    assert_eq!(list_keys(&bed.service).await, before);
}

#[tokio::test(start_paused = true)]
async fn a_job_over_the_budget_leaves_nothing_behind() {
    let bed = Bed::with_keys(&ODD_KEYS).await;
    let before = list_keys(&bed.service).await;
    let mut wish = bed.make_wish("hash", "checksum", "raw/");
    wish.terms.basis.spec.budget = Some("0.10EUR".parse::<Money>().unwrap());
    wish.terms.core_hour = Some("5000EUR".parse::<Money>().unwrap());

    let planned = bed.plan_wish(&wish).await.unwrap();

    assert!(planned.price.is_over_budget && !planned.is_written, "{:?}", planned.price);
    assert_eq!(list_keys(&bed.service).await, before);
    wish.terms.core_hour = None;
    assert!(bed.plan_wish(&wish).await.unwrap().is_written);
}
