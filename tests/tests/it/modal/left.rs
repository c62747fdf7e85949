//! What `rollback` and `modal secret delete` leave in Modal's secret.

use super::Ground;

const NEXT: &str = "modal secret delete --all\n";

#[test]
fn a_rollback_names_the_secret_that_stays_where_the_client_lists_no_variables() {
    let ground = Ground::new();
    ground.modal.others_have(None, "1.4.3");
    ground.call("provision --yes").run().exits(0);

    let ran = ground.call("rollback --yes").run().exits(0);

    let expected = "Modal secret `hetzner-s3` stays, without datalake's variables:\nvariables of others \
                    may be in it, which Modal's client 1.4.3 cannot list (1.6 can).\n";
    assert!(ran.stdout.contains(expected) && ran.stdout.contains(NEXT), "{}", ran.stdout);
    assert_eq!(ground.modal.stored().as_deref(), Some("\n"));
    let again = ground.call("modal secret delete --yes").run().exits(5);
    assert!(again.stdout.contains("Nothing to do: Modal secret"), "{}", again.stdout);
    assert!(again.stdout.contains(NEXT), "{}", again.stdout);
    ground.call("modal secret delete --all --yes").run().exits(0);
    assert_eq!(ground.modal.stored(), None);
}

#[test]
fn a_rollback_that_has_removed_the_secret_says_nothing_of_it() {
    let ground = Ground::new();
    ground.call("provision --yes").run().exits(0);

    let ran = ground.call("rollback --yes").run().exits(0);

    assert!(!ran.stdout.contains("stays, without"), "{}", ran.stdout);
    assert_eq!(ground.modal.stored(), None);
}

#[test]
fn a_deletion_leaves_variables_of_others_unless_all_is_to_go() {
    let ground = Ground::new();
    ground.modal.others_have(Some(&["SLACK_TOKEN"]), "1.6.4");
    ground.call("modal secret sync --yes").run().exits(0);

    let ran = ground.call("modal secret delete --yes").run().exits(5);

    let expected = "it holds variables of others: SLACK_TOKEN.\n";
    assert!(ran.stdout.contains(expected) && ran.stdout.contains(NEXT), "{}", ran.stdout);
    assert_eq!(ground.modal.stored().as_deref(), Some("\n"));
    ground.call("modal secret delete --all --yes").run().exits(0);
    assert_eq!(ground.modal.stored(), None);
}

#[test]
fn a_deletion_that_is_undone_finds_the_secret_gone_or_there() {
    for others in [None, Some(&["SLACK_TOKEN"][..])] {
        let ground = Ground::new();
        ground.call("provision --yes").run().exits(0);
        let other = ground.call("provision --yes").env("DATALAKE_BUCKET", "acme-other-assets");
        other.run().exits(0);
        // Now a copy is kept of the env file that has what Modal holds.
        ground.call("rollback --yes").run().exits(0);
        if let Some(names) = others {
            ground.modal.others_have(Some(names), "1.6.4");
        }
        let exit = if others.is_some() { 5 } else { 0 };
        ground.call("modal secret delete --yes").run().exits(exit);

        ground.call("rollback --yes").run().exits(0);

        let stored = ground.modal.stored().unwrap();
        assert!(stored.contains("AWS_SECRET_ACCESS_KEY"), "{others:?}: {stored}");
    }
}

#[test]
fn variables_that_no_marker_proves_to_be_datalakes_stay() {
    let ground = Ground::new();
    ground.modal.is_replaced_by("AWS_ACCESS_KEY_ID");

    let ran = ground.call("modal secret delete --yes").run().exits(4);

    assert!(ran.stderr.contains("nothing proves that datalake has stored"), "{}", ran.stderr);
    assert!(ran.stderr.contains("modal secret delete --all`\n"), "{}", ran.stderr);
    assert_eq!(ground.modal.stored().as_deref(), Some("AWS_ACCESS_KEY_ID"));
    ground.call("modal secret delete --all --yes").run().exits(0);
    assert_eq!(ground.modal.stored(), None);
}

#[test]
fn a_client_that_only_replaces_a_whole_secret_deletes_none_without_all() {
    let ground = Ground::new();
    ground.call("modal secret sync --yes").run().exits(0);
    let stored = ground.modal.stored();
    ground.modal.is_old();

    let ran = ground.call("modal secret delete --yes").run().exits(78);

    assert!(ran.stderr.contains("modal secret delete --all"), "{}", ran.stderr);
    assert_eq!(ground.modal.stored(), stored);
    ground.call("modal secret delete --all --yes").run().exits(0);
    assert_eq!(ground.modal.stored(), None);
}
