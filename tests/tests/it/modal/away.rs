//! Modal never holds back the host.

use std::time::{Duration, Instant};

use super::Ground;

#[test]
fn what_waits_for_modal_is_pending_and_the_next_run_completes_it() {
    for class in ["NoLogin", "AuthError", "ConnectionError", "ServiceError", "NoClient"] {
        let ground = Ground::new();
        let before = ground.shelf.host.home();
        ground.modal.refuses(class);

        let ran = ground.call("provision --yes").run().exits(5);

        assert!(ran.stdout.contains("Pending: Modal secret `hetzner-s3`: "), "{}", ran.stdout);
        assert!(ran.stdout.contains("Proved: "), "{}", ran.stdout);
        assert!(ground.env_file().contains("AWS_SECRET_ACCESS_KEY="), "the host is done");
        assert_eq!(ground.modal.stored(), None);
        let again = ground.call("provision --yes").run().exits(5);
        assert!(again.stdout.contains("Pending: Modal secret"), "{}", again.stdout);
        let status = ground.call("status").run().exits(5);
        assert!(status.stdout.contains("Everything except Modal is in sync"), "{}", status.stdout);

        ground.modal.recovers();
        ground.call("provision --yes").run().exits(0);
        assert!(ground.modal.stored().is_some());

        ground.modal.refuses(class);
        let ran = ground.call("rollback --yes").run().exits(5);
        assert!(ran.stdout.contains("Pending: Modal secret `hetzner-s3`: "), "{}", ran.stdout);
        ground.shelf.host.home().must_be(&before, "the host is as it was");
        assert!(ground.modal.stored().is_some());
        ground.modal.recovers();
        ground.call("rollback --yes").run().exits(0);
        assert_eq!(ground.modal.stored(), None);
        ground.shelf.host.home().must_be(&before, "the host stays as it was");
    }
}

#[test]
fn without_any_client_the_host_is_provisioned() {
    let ground = Ground::new();
    std::fs::remove_file(ground.modal.path("bin/modal")).unwrap();

    let ran = ground.call("provision --yes").run().exits(5);

    assert!(ran.stdout.contains("there is no client of Modal's"), "{}", ran.stdout);
    assert!(ground.env_file().contains("AWS_SECRET_ACCESS_KEY="));
}

#[test]
fn a_modal_that_never_answers_is_not_waited_for_by_who_only_looks() {
    let ground = Ground::new();
    ground.modal.falls_silent();

    // A busy machine gets some room; a question to Modal alone may take 45 seconds.
    for (words, exit) in [("provision --dry-run", 3), ("status", 3)] {
        let began = Instant::now();
        let ran = ground.call(words).run().exits(exit);
        assert!(began.elapsed() < Duration::from_secs(20), "{words}: {:?}", began.elapsed());
        assert!(ran.stdout.contains("Modal did not answer within 4 seconds"), "{}", ran.stdout);
        assert!(ran.stdout.contains("s3.env"), "all else is shown: {}", ran.stdout);
    }
}

#[test]
fn a_client_that_only_replaces_a_whole_secret_needs_leave_to_do_so() {
    let ground = Ground::new();
    ground.call("provision --yes").run().exits(0);
    let stored = ground.modal.stored().unwrap();
    ground.modal.is_old();
    ground.call("status").run().exits(0);
    let changed = |words: &str| ground.call(words).env("DATALAKE_BUCKET", "acme-other-assets");

    let ran = changed("provision --yes").run().exits(5);

    assert!(ran.stdout.contains("variables of others in it would be gone"), "{}", ran.stdout);
    assert!(ran.stdout.contains("replaced with --replace"), "{}", ran.stdout);
    assert_eq!(ground.modal.stored(), Some(stored));
    changed("provision --yes --replace").run().exits(0);
    let stored = ground.modal.stored().unwrap();
    assert!(stored.contains("\"do\":\"replace\"") && stored.contains("acme-other-assets"));
}
