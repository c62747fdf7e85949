//! Jobs that Modal or Dagster does.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::{make_odd_shelf, read_receipts};
use crate::support::{Call, FakeModal, KEY, Shelf};

fn plan_hashes() -> (Shelf, FakeModal) {
    let (shelf, modal) = (make_odd_shelf(), FakeModal::new());
    shelf.run("job plan hashes --do checksum raw/", 0);
    (shelf, modal)
}

fn call_modal(shelf: &Shelf, modal: &FakeModal, words: &str) -> Call {
    modal.named_in(shelf.call(words), "hetzner-s3")
}

#[test]
fn modal_is_offered_a_job_with_its_price_before_anything_is_done() {
    let (shelf, modal) = plan_hashes();
    let words = "job run hashes --on modal --dir jobs";

    let shown = call_modal(&shelf, &modal, &format!("{words} --dry-run")).run().exits(3);
    let unasked = call_modal(&shelf, &modal, words).run().exits(2);
    let over = call_modal(&shelf, &modal, &format!("{words} --core-hour 90000EUR"));
    let over = over.env("DATALAKE_COST__BUDGET", "1EUR").run().exits(6);

    for words in ["Egress:  0.00 EUR", "Left:    1 shard", "+def run_shard(", "Nothing was changed"]
    {
        assert!(shown.stdout.contains(words), "{words}: {}", shown.stdout);
    }
    assert!(unasked.stderr.contains("confirmation is needed"), "{}", unasked.stderr);
    assert!(over.stdout.contains("more than the budget of 1.00 EUR"), "{}", over.stdout);
    assert!(!shelf.host.work().join("jobs/datalake_job_hashes.py").exists());
}

#[test]
fn what_modal_has_not_done_is_not_done_whatever_it_says() {
    let (shelf, modal) = plan_hashes();

    let words = "job run hashes --on modal --dir jobs --yes --json";
    let ran = call_modal(&shelf, &modal, words).run().exits(5);

    assert_eq!(ran.json("job-run")["progress"]["open"], 1);
    assert!(read_receipts(&shelf, "hashes").is_empty());
    let path = shelf.host.work().join("jobs/datalake_job_hashes.py");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.lines().count() <= 60 && !text.contains(KEY.secret), "{text}");
    fs::write(&path, text + "# mine\n").unwrap();
    let again = call_modal(&shelf, &modal, "job run hashes --on modal --dir jobs --yes").run();
    assert!(again.stdout.contains("changed by hand: left alone"), "{}", again.all());
}

#[test]
fn a_file_where_anybody_may_put_modules_is_never_run_whoever_says_yes() {
    let (shelf, modal) = plan_hashes();
    let folder = shelf.host.work().join("jobs");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o1777)).unwrap();

    let words = "job run hashes --on modal --dir jobs --yes";
    let ran = call_modal(&shelf, &modal, words).run().exits(77);

    assert!(ran.stderr.contains("has mode 1777"), "{}", ran.stderr);
    assert!(!folder.join("datalake_job_hashes.py").exists());
    shelf.run("job run hashes --on dagster --dir jobs", 0);
}

#[test]
fn a_stop_in_modal_is_a_stop_where_modal_has_nothing_of_it() {
    let (shelf, modal) = plan_hashes();

    let stopped = call_modal(&shelf, &modal, "job stop hashes --on modal").run().exits(0);

    assert!(stopped.stdout.contains("Nothing of it is in Modal."), "{}", stopped.stdout);
    let status = shelf.run("job status hashes", 3).stdout;
    assert!(status.contains("Its workers are asked to stop."), "{status}");
}

#[test]
fn dagster_is_given_an_asset_with_a_partition_for_each_range_of_shards() {
    let (shelf, _modal) = plan_hashes();
    let words = "job run hashes --on dagster --dir project";

    let shown = shelf.run(&format!("{words} --dry-run"), 3);
    let written = shelf.run(words, 0);
    let same = shelf.run(words, 0);

    assert!(shown.stdout.contains("+def datalake_job_hashes("), "{}", shown.stdout);
    assert!(written.stdout.contains("+ project/datalake_job_hashes.py"), "{}", written.stdout);
    let line = "dagster job backfill -f datalake_job_hashes.py -j datalake_job_hashes_all --all";
    assert!(written.stdout.contains(line), "{}", written.stdout);
    assert!(same.stdout.contains("= project/datalake_job_hashes.py"), "{}", same.stdout);
    let text = fs::read_to_string(shelf.host.work().join("project/datalake_job_hashes.py"));
    let text = text.unwrap();
    assert!(text.contains("SHARDS = 1\n") && text.contains("WORKERS = 1\n"), "{text}");
    assert!(text.ends_with("jobs=[datalake_job_hashes_all])\n"), "{text}");
}

#[test]
fn an_asset_goes_below_the_defs_of_a_project_in_todays_layout() {
    let (shelf, _modal) = plan_hashes();
    shelf.run("dagster init --layout dg project", 0);

    let written = shelf.run("job run hashes --on dagster --dir project", 0);

    let path = "src/project_lake/defs/datalake/datalake_job_hashes.py";
    assert!(written.stdout.contains(&format!("+ project/{path}")), "{}", written.stdout);
    let text = fs::read_to_string(shelf.host.work().join("project").join(path)).unwrap();
    assert!(!text.contains("dg.Definitions("), "{text}");
}

#[test]
fn a_job_of_which_nothing_is_left_needs_no_engine() {
    let (shelf, modal) = plan_hashes();
    shelf.run("job run hashes", 0);

    for engine in ["modal", "dagster"] {
        let words = format!("job run hashes --on {engine} --dir jobs");
        let ran = call_modal(&shelf, &modal, &words).run().exits(0);
        assert!(ran.stdout.contains("Nothing is left to do."), "{}", ran.stdout);
    }
    assert!(!shelf.host.work().join("jobs").exists());
}
