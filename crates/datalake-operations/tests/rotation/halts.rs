//! Where a change waits, is refused or goes on, and what others do beside it.

use std::sync::atomic::Ordering;

use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_core::rotation::RotationStage;
use datalake_engine::ObjectStore as _;
use datalake_operations::rotation::{KeyAgeReport, RotationFolder};
use datalake_operations::{ErrorKind, HostContext, choose_run_to_undo};

use super::process::Process;
use super::world::{NEW, OLD, World, make_pair, make_succession};
use super::{Wish, carry_on, carry_on_once, make_provisioned, require_end, require_start};

/// A statement of others behind all that each policy says.
async fn append_statement(world: &World, statement: &str) {
    for bucket in world.spec.list_buckets() {
        let text = world.store.policy(&bucket).await.unwrap().unwrap();
        let mut policy = text.read_policy().unwrap();
        let theirs = PolicyText::new(statement.replace("BUCKET", bucket.as_str()));
        policy.statements.extend(theirs.read_policy().unwrap().statements);
        let text = PolicyText::new(policy.write());
        let policy = NewPolicy { text, binds_owner: true };
        world.store.set_policy(&bucket, Some(&policy)).await.unwrap();
    }
}

const THEIRS: &str = r#"{"Statement": [{"Sid": "theirs", "Effect": "Deny", "Principal": "*",
  "Action": "s3:PutBucketCORS", "Resource": "arn:aws:s3:::BUCKET"}]}"#;

#[tokio::test]
async fn a_statement_that_others_append_does_not_hold_up_an_abort() {
    let world = make_provisioned().await;
    carry_on(&world, Wish::Rotate).await.unwrap();
    append_statement(&world, THEIRS).await;
    assert_eq!(carry_on(&world, Wish::Look).await.unwrap().stage, RotationStage::Revoked);

    carry_on(&world, Wish::Abort).await.unwrap();

    assert!(world.env_file().contains(OLD) && !world.has_new_key());
    for policy in world.read_policies().await {
        let text = policy.unwrap().write();
        assert!(text.contains("theirs") && !text.contains(NEW), "{text}");
        assert!(!text.contains("key-revoked"), "{text}");
    }
}

#[tokio::test]
async fn a_refusal_that_never_acts_is_never_a_success() {
    let world = make_provisioned().await;
    let halted = carry_on_once(&world, Wish::Rotate, &world.new, false).await.unwrap();
    assert_eq!(halted.stage, RotationStage::RolledOut);
    world.delay_policies(1_000_000).await;

    for _ in 0..2 {
        let error = carry_on(&world, Wish::Rotate).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::TryAgain, "{error}");
        assert!(error.to_string().contains("is not refused by every bucket"), "{error}");
        let seen = carry_on(&world, Wish::Look).await.unwrap();
        assert_eq!(seen.stage, RotationStage::RolledOut);
    }
}

#[tokio::test]
async fn killed_while_a_policy_does_not_act_yet_the_next_run_waits_for_it() {
    let make_late = async || {
        let world = make_provisioned().await;
        world.delay_policies(60).await;
        world
    };
    let calls = {
        let world = make_late().await;
        world.die_at(usize::MAX - 1);
        carry_on(&world, Wish::Rotate).await.unwrap();
        world.count_calls()
    };
    for call in (0..calls).step_by(calls / 40 + 1) {
        let (world, note) = (make_late().await, format!("killed at call {call} of {calls}"));
        world.die_at(call);
        carry_on(&world, Wish::Rotate).await.unwrap_err();
        world.die_at(usize::MAX - 1);

        let report = carry_on(&world, Wish::Rotate).await;

        let report = report.unwrap_or_else(|error| panic!("{note}: {error}"));
        assert_eq!(report.stage, RotationStage::Revoked, "{note}");
        require_end(&world, &note).await;
    }
}

#[tokio::test]
async fn where_services_are_not_restarted_the_old_key_stays_valid_until_someone_has() {
    let world = make_provisioned().await;
    for _ in 0..2 {
        let halted = carry_on_once(&world, Wish::Rotate, &world.new, false).await.unwrap();

        assert!(halted.awaits_restart && !halted.is_rotated(), "{halted}");
        assert!(halted.to_string().contains("does not restart services here"), "{halted}");
        assert!(halted.describe_next("datalake").contains("key rotate --restarted"));
        assert_eq!(world.read_policies().await.iter().flatten().count(), 2);
        for policy in world.read_policies().await.iter().flatten() {
            assert!(!make_succession().has_revocation(policy));
        }
    }

    let back = carry_on_once(&world, Wish::Abort, &world.new, false).await.unwrap();
    assert!(back.awaits_restart && world.env_file().contains(OLD), "{back}");
    for policy in world.read_policies().await.iter().flatten() {
        assert!(make_succession().binds_new_key(policy), "services may still use the new key");
    }
    carry_on_once(&world, Wish::Abort, &world.new, true).await.unwrap();
    require_start(&world, "restarted by hand").await;
}

#[tokio::test]
async fn runs_of_a_change_that_is_over_are_not_undone() {
    let world = make_provisioned().await;
    carry_on(&world, Wish::Rotate).await.unwrap();
    require_end(&world, "whole").await;
    let process = Process(&world);
    let context = HostContext::new(&process, &process, &world.clock);
    let begins_with_new = |run: &datalake_core::receipt::Receipt| run.done().count() > 0;
    let last = context.history().unwrap().iter().rev().find(|run| begins_with_new(run)).cloned();

    for named in [None, last] {
        let error = choose_run_to_undo(&context, named).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Config, "{error}");
        assert!(error.to_string().contains("a change of the key pair that is over"), "{error}");
    }
}

#[tokio::test]
async fn a_change_keeps_its_buckets_and_its_pair() {
    let mut world = make_provisioned().await;
    carry_on(&world, Wish::Rotate).await.unwrap();
    {
        let process = Process(&world);
        let context = HostContext::new(&process, &process, &world.clock);
        let folder = RotationFolder(&context);
        folder.refuse_other_pair(Some(&world.new)).unwrap();
        folder.refuse_other_pair(None).unwrap();
        let other = make_pair("AKTHIRD", "third0secret0");
        let error = folder.refuse_other_pair(Some(&other)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Usage, "{error}");
    }
    world.spec.tables = None;

    for wish in [Wish::Rotate, Wish::Abort, Wish::Finish] {
        let error = carry_on(&world, wish).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Config, "{error}");
        assert!(error.to_string().contains("no longer names `acme-dagster-tables`"), "{error}");
    }
    assert_eq!(world.list_generations().len(), 2);
}

#[tokio::test]
async fn a_question_without_an_open_change_erases_no_pair() {
    let world = make_provisioned().await;
    let (process, name) = (Process(&world), "rotation/generation-2.env");
    datalake_engine::StateFolder::write(&world.state, name, b"the only copy").unwrap();
    let context = HostContext::new(&process, &process, &world.clock);

    RotationFolder(&context).require_open_record().unwrap_err();

    assert_eq!(world.list_generations().len(), 1);
}

#[tokio::test]
async fn where_the_new_key_was_deleted_the_way_out_is_named_and_works() {
    let world = make_provisioned().await;
    carry_on(&world, Wish::Rotate).await.unwrap();
    world.is_new_deleted.store(true, Ordering::Relaxed);

    for wish in [Wish::Rotate, Wish::Abort] {
        let error = carry_on(&world, wish).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Config, "{error}");
        let advice = format!("{:?}", error.advice);
        assert!(advice.contains("datalake-key-revoked-AKOLD0000000000000001"), "{advice}");
    }
    let keys = make_succession();
    for bucket in world.spec.list_buckets() {
        let text = world.store.policy(&bucket).await.unwrap().unwrap();
        let lifted = keys.lift_revocation(&text.read_policy().unwrap());
        let policy = NewPolicy { text: PolicyText::new(lifted.write()), binds_owner: true };
        world.store.set_policy(&bucket, Some(&policy)).await.unwrap();
    }
    carry_on(&world, Wish::Abort).await.unwrap();
    require_start(&world, "after a fresh key has lifted it").await;
}

#[tokio::test]
async fn a_lock_out_of_others_that_a_change_makes_no_worse_does_not_hold_it_up() {
    const GUARDED: &str = r#"{"Statement": [{"Sid": "theirs", "Effect": "Deny",
      "Principal": {"AWS": "arn:aws:iam:::user/p11"}, "Action": "s3:PutBucketPolicy",
      "Resource": "arn:aws:s3:::BUCKET", "Condition": {"StringEquals": {"s3:prefix": "x"}}}]}"#;
    let world = make_provisioned().await;
    append_statement(&world, GUARDED).await;

    let report = carry_on(&world, Wish::Rotate).await.unwrap();

    assert_eq!(report.stage, RotationStage::Revoked);
    carry_on(&world, Wish::Abort).await.unwrap();
    assert!(!world.has_new_key() && world.list_generations().is_empty());
}

#[tokio::test]
async fn an_age_that_cannot_be_known_is_an_error_and_a_machine_without_the_user_has_none() {
    let world = make_provisioned().await;
    let process = Process(&world);
    let context = HostContext::new(&process, &process, &world.clock);
    let find_age = || KeyAgeReport::find_on_host(&context, &world.spec.host);
    assert_eq!(find_age().unwrap().unwrap().days, Some(0));

    world.write_env_file("AWS_ACCESS_KEY_ID=\"torn\n");
    let error = find_age().unwrap_err();
    assert!(error.to_string().contains("s3.env"), "{error}");

    let mut host = world.spec.host.clone();
    host.user = "nobody-here".parse().unwrap();
    assert_eq!(KeyAgeReport::find_on_host(&context, &host).unwrap(), None);
}
