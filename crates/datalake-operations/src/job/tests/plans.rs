use datalake_core::fault::{Fault, FaultKind};
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
    assert!(keys.contains(&planned.job.find_folder().shard_key(0)), "{keys:?}");
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

#[tokio::test(start_paused = true)]
async fn of_two_plans_of_one_name_the_first_is_whole_and_the_other_leaves_nothing() {
    let bed = Bed::with_keys(&["a/1", "a/2", "b/1"]).await;
    let wishes = ["a/", "b/"].map(|source| bed.make_wish("hash", "checksum", source));

    let (one, two) =
        futures::future::join(bed.plan_wish(&wishes[0]), bed.plan_wish(&wishes[1])).await;

    let (won, lost) = if one.is_ok() { (one, two) } else { (two, one) };
    let won = won.unwrap();
    assert_eq!(lost.unwrap_err().kind, ErrorKind::Usage);
    let keys = list_keys(&bed.service).await;
    let own: Vec<_> = keys.iter().filter(|key| key.starts_with("_datalake/")).collect();
    assert_eq!(own.len(), 2, "{own:?}");
    let run = bed.run("hash").await.unwrap();
    assert_eq!((run.status.progress.done, &run.status.job), (won.job.objects, &won.job));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_planned_again_has_nothing_of_the_job_before() {
    let bed = Bed::with_keys(&["a/1", "a/2", "b/1", "b/2"]).await;
    bed.plan_wish(&bed.make_wish("hash", "checksum", "a/")).await.unwrap();
    bed.run("hash").await.unwrap();
    bed.service.delete("_datalake/jobs/hash/job.json").await;

    bed.plan_wish(&bed.make_wish("hash", "checksum", "b/")).await.unwrap();

    let status = bed.open_jobs().look_at_job(&super::bed::name_job("hash")).await.unwrap();
    assert_eq!((status.progress.open, status.progress.done), (1, 0));
    let run = bed.run("hash").await.unwrap();
    assert!(run.status.progress.is_sound() && run.worked == 1, "{run:?}");
}

#[tokio::test(start_paused = true)]
async fn a_plan_says_what_is_below_the_destination_already() {
    let bed = Bed::with_keys(&["raw/a", "raw/b", "out/a", "out/z"]).await;
    let mut wish = bed.make_wish("copy", "copy", "raw/");
    wish.destination = Some("out/".parse().unwrap());

    let planned = bed.plan_wish(&wish).await.unwrap();

    assert_eq!(planned.at_destination, 2);
    let text = planned.to_string();
    assert!(text.contains("2 objects are already below s3://acme-lake/out/"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_of_any_call_changes_no_plan() {
    let bed = Bed::with_keys(&ODD_KEYS).await;
    for number in 1.. {
        let name = format!("n{number}");
        let lost = Fault::new(FaultKind::Unreachable, "the answer is lost");
        bed.service.store.lose_answer(number, lost);
        let planned = bed.plan_wish(&bed.make_wish(&name, "checksum", "raw/")).await;
        let is_over = bed.service.store.is_failure_ahead();
        assert!(planned.as_ref().is_ok_and(|plan| plan.is_written), "{number}: {planned:?}");
        if is_over {
            assert!(number > 4, "the calls are not met: {number}");
            return;
        }
    }
}
