//! Buckets that come and go.

use datalake_sim::{Config, Quirk};
use snapbox::{assert_data_eq, str};

use crate::support::{Host, OTHER_KEY, Service, Shelf, shown};

#[test]
fn a_bucket_is_created_once_and_waited_for() {
    // Hetzner's way: for a while every other answer knows nothing of it.
    let (host, service) = (Host::usual(), Service::hetzner());
    let run = |words: &str, code| host.call(&service, words).run().exits(code);

    let first = run("bucket create", 0);
    let second = run("bucket create --json", 0).json("bucket-create");
    let listed = run("bucket list", 0);

    assert_eq!(first.stdout, "Created bucket `acme-dagster-assets` in fsn1.\n");
    assert_eq!(second["created"], false);
    assert_eq!(listed.stdout, "acme-dagster-assets  (the spec's)\n");
}

#[test]
fn a_name_that_somebody_else_has() {
    let (host, service) = (Host::usual(), Service::hetzner());
    host.call(&service, "bucket create").run().exits(0);
    let other = Host::usual();
    let call = other.call(&service, "bucket create").env("AWS_ACCESS_KEY_ID", OTHER_KEY.id);

    let ran = call.env("AWS_SECRET_ACCESS_KEY", OTHER_KEY.secret).run().exits(78);

    assert!(ran.stderr.contains("names are shared by all customers"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: choose another name"), "{}", ran.stderr);
}

#[test]
fn locks_are_chosen_at_creation() {
    let shelf = Shelf::without_bucket();

    shelf.run("bucket create --lock", 0);
    let lock = shelf.run("bucket lock show --json", 0).json("lock");
    shelf.run("bucket create second-bucket", 0);
    let late = shelf.run("bucket create second-bucket --lock", 4);

    assert_eq!(lock["offered"], true);
    assert!(late.stderr.contains("has no lock"), "{}", late.stderr);
}

#[test]
fn a_service_that_makes_a_bucket_twice_is_not_believed() {
    let kind = |config: Config| {
        let quirks = config.quirks.without(Quirk::OwnBucketAlreadyExists);
        Config { quirks, ..config }
    };
    let (host, service) = (Host::usual(), Service::with(kind));
    let run = |words: &str, code| host.call(&service, words).run().exits(code);
    run("bucket create", 0);

    let again = run("bucket create --json", 0).json("bucket-create");
    let locked = run("bucket create --lock", 4);

    assert_eq!(again["created"], false);
    assert!(locked.stderr.contains("has no lock"), "{}", locked.stderr);
}

#[test]
fn an_empty_bucket_goes_when_its_name_is_typed() {
    let shelf = Shelf::empty();

    let unsaid = shelf.run("bucket delete", 2);
    let wrong = shelf.run("bucket delete --confirm acme-dagster-asset", 2);
    assert!(shelf.is_there());
    let done = shelf.run("bucket delete --confirm acme-dagster-assets --json", 0);

    assert!(unsaid.stderr.contains("has to be typed: nothing was changed"), "{}", unsaid.stderr);
    assert!(wrong.stderr.contains("`acme-dagster-asset` is not"), "{}", wrong.stderr);
    assert_eq!(done.json("bucket-delete")["contents"]["total"]["count"], 0);
    assert!(!shelf.is_there());
    assert!(shelf.run("bucket show", 66).stderr.contains("bucket list`"));
}

/// A bucket with one of everything.
fn full() -> Shelf {
    let shelf = Shelf::versioned();
    shelf.put("a/1", 70_000);
    shelf.put("a/1", 10);
    shelf.put("b", 5);
    shelf.delete("b");
    shelf.begin("c", &[7]);
    shelf
}

#[test]
fn a_bucket_that_is_not_empty_stays_unless_it_is_said() {
    let shelf = full();

    let refused = shelf.run("bucket delete --confirm acme-dagster-assets", 4);
    let unsaid = shelf.run("bucket delete --empty", 2);

    assert_data_eq!(
        shown(&refused.stderr),
        str![[r#"
bucket acme-dagster-assets:
  objects                         1        10 B real     64.0 kB billed
  old versions                    2     70.0 kB real    134.0 kB billed
  delete markers                  1         0 B real     64.0 kB billed
  unfinished uploads              1         7 B real     64.0 kB billed
  all                             5     70.0 kB real    326.0 kB billed
  stored between [..] s ([TIME]) and [..] s ([TIME]) ago
error: bucket `acme-dagster-assets` is not empty: 1 object, 2 old versions, 1 delete marker, 1 unfinished upload; 70.0 kB
hint: --empty deletes everything in it as well; `datalake --root=[DIR]/host du` shows what it holds

"#]]
    );
    assert!(unsaid.stderr.contains("has to be typed"), "{}", unsaid.stderr);
    assert_eq!((shelf.versions().len(), shelf.upload_count()), (4, 1));
}

#[test]
fn a_full_bucket_goes_with_all_that_is_in_it() {
    let shelf = full();

    let done = shelf.run("bucket delete --empty --confirm acme-dagster-assets --json", 0);

    let report = done.json("bucket-delete");
    assert_eq!((&report["deleted_versions"], &report["aborted_uploads"]), (&4.into(), &1.into()));
    assert!(!shelf.is_there());
}

#[test]
fn what_is_locked_keeps_its_bucket() {
    let shelf = Shelf::locked();
    shelf.run("bucket lock set --mode compliance --days 1 --yes", 0);
    shelf.put("locked", 3);

    let ran = shelf.run("bucket delete --empty --confirm acme-dagster-assets", 5);

    assert!(ran.stderr.contains("1 could not be deleted:\n  locked: "), "{}", ran.stderr);
    assert_eq!(shelf.keys(), ["locked"]);
}

#[test]
fn a_bucket_that_cannot_be_listed_is_not_empty() {
    let shelf = full();
    let words = "bucket delete --empty --confirm acme-dagster-assets";

    for (faults, code) in [("403", 77), ("cut-body@100", 69)] {
        shelf.service.set_faults(faults);
        let ran = shelf.run(words, code);
        assert!(ran.stderr.contains("error: bucket `acme-dagster-assets`"), "{}", ran.stderr);
    }
    shelf.service.set_faults("");

    assert_eq!((shelf.versions().len(), shelf.upload_count()), (4, 1));
}

#[test]
fn a_bucket_is_shown_whole() {
    let shelf = full();
    shelf.run("bucket lifecycle set --expire tmp/:7d --expired-markers", 0);

    let ran = shelf.run("bucket show", 0);
    let report = shelf.run("bucket show --json --no-count", 0).json("bucket");

    assert_data_eq!(
        ran.stdout,
        str![[r#"
bucket      acme-dagster-assets
location    [..]
versioning  on
lifecycle   datalake-delete-markers: lone delete markers go
            datalake-expire-tmp/: below `tmp/` objects go after 7d
cors        no CORS rules
lock        off for good: locks are chosen when a bucket is created
policy      no policy
contents      objects                         1        10 B real     64.0 kB billed
              old versions                    2     70.0 kB real    134.0 kB billed
              delete markers                  1         0 B real     64.0 kB billed
              unfinished uploads              1         7 B real     64.0 kB billed
              all                             5     70.0 kB real    326.0 kB billed

"#]]
    );
    assert_eq!(report["versioning"], "enabled");
    assert!(report["usage"].is_null() && report["unknown"].as_array().unwrap().is_empty());
    assert!(report["policy"]["document"].is_null() && report["policy"].is_object());
}

#[test]
fn a_setting_that_cannot_be_read_is_unknown_and_not_none() {
    let shelf = Shelf::empty();
    // The bucket is seen; what is asked after that is denied.
    let seen = shelf.service.requests().len();
    shelf.service.set_faults(&format!("403 after {} on GET", seen + 1));

    let ran = shelf.run("bucket show --json", 5);

    let report = ran.json("bucket");
    assert!(report["lifecycle"].is_null() && report["cors_rules"].is_null(), "{report}");
    assert!(report["unknown"].as_array().unwrap().len() >= 6, "{report}");
    let text = shelf.run("bucket show", 5).stdout;
    assert!(text.contains("lifecycle   unknown: access is denied"), "{text}");
    assert!(!text.contains("no lifecycle rules"), "{text}");
}
