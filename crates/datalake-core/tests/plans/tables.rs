//! Where tables live: a bucket of their own without versions, or a prefix where their commits are safe.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::plan::{
    Action, BucketState, Desired, DesiredBucket, DesiredTables, Found, Observed, Plan, Service,
    describe_step, plan_provision,
};
use datalake_core::receipt::{left_by_rollback, plan_rollback};
use datalake_core::s3::{ConditionalPuts, Lifecycle, LifecycleRule, VersionTraces, Versioning};

use crate::support::*;

/// Buckets alone, with what is wanted for tables.
fn desired(versioning: bool, tables: Option<DesiredTables>) -> Desired {
    let lifecycle = Lifecycle::protection(Some(days(30)), Some(days(7)));
    let assets = DesiredBucket { name: bucket(), versioning, lifecycle };
    Desired { tables, ..Desired::new(assets, "assets/.probe".parse().unwrap()) }
}

/// A bucket of their own, where unfinished uploads end.
fn own_bucket() -> DesiredTables {
    tables_with(Lifecycle::protection(None, Some(days(7))))
}

fn below_prefix() -> DesiredTables {
    DesiredTables::Prefix("tables".parse().unwrap())
}

/// A service with these two buckets.
fn world(assets: Option<Versioning>, tables: Option<Versioning>) -> Observed {
    let found = |versioning: Option<Versioning>| match versioning {
        None => Found::Absent,
        Some(versioning) => {
            present(BucketState { versioning: present(versioning), ..BucketState::new_bucket() })
        }
    };
    Observed {
        service: present(Service { clock_ahead: 0, owner: None }),
        buckets: [(bucket(), found(assets)), (tables_bucket(), found(tables))].into(),
        ..Observed::nothing()
    }
}

fn lines(plan: &Plan) -> Vec<String> {
    let words = |line: String| line.split_whitespace().collect::<Vec<_>>().join(" ");
    plan.steps.iter().map(|step| words(describe_step(step))).collect()
}

#[test]
fn a_bucket_for_tables_is_made_without_versions_and_proved_and_the_plan_says_why() {
    let plan = plan_provision(&desired(true, Some(own_bucket())), &world(None, None)).unwrap();

    let assets = "acme-dagster-assets";
    assert_eq!(
        lines(&plan),
        [
            format!("create bucket {assets}"),
            format!("prove access {assets}/assets/.probe"),
            format!("set versioning {assets} to enabled"),
            format!("set lifecycle {assets} to datalake-old-versions, datalake-unfinished-uploads"),
            format!("create bucket {assets}-tables"),
            format!("prove access {assets}-tables/assets/.probe"),
            format!("set lifecycle {assets}-tables to datalake-unfinished-uploads"),
        ]
    );
    let whys: Vec<_> =
        plan.steps.iter().filter(|step| step.why.contains("without versions")).collect();
    assert_eq!(whys.len(), 1);
    assert_eq!(whys[0].action, Action::CreateBucket(tables_bucket()));
    assert!(whys[0].why.contains("loses commits"), "{}", whys[0].why);
}

#[test]
fn the_plan_after_it_is_empty_and_the_way_back_leaves_both_buckets() {
    let desired = desired(true, Some(own_bucket()));
    let plan = plan_provision(&desired, &world(None, None)).unwrap();

    let after = imagined(&plan, &world(None, None));

    assert_eq!(plan_provision(&desired, &after), Ok(Plan::default()));
    let receipt = complete(&plan);
    assert_eq!(plan_rollback(&receipt).steps, []);
    let stays: Vec<_> = left_by_rollback(&receipt)
        .filter(|(step, _)| matches!(step.action, Action::CreateBucket(_)))
        .map(|(step, why)| (step.action.target().to_string(), why))
        .collect();
    let why = "by then the bucket may hold data";
    assert_eq!(
        stays,
        [(bucket(), why), (tables_bucket(), why)].map(|(it, why)| (format!("bucket `{it}`"), why))
    );
}

#[test]
fn rules_of_a_bucket_for_tables_that_was_there_go_back() {
    let before = world(Some(Versioning::Enabled), Some(Versioning::Never));
    let plan = plan_provision(&desired(true, Some(own_bucket())), &before).unwrap();

    let back = plan_rollback(&complete(&plan));

    let after = imagined(&back, &imagined(&plan, &before));
    assert_eq!(after.buckets, before.buckets);
}

#[test]
fn without_a_word_on_tables_there_is_no_step_for_them() {
    let plan = plan_provision(&desired(true, None), &world(None, None)).unwrap();

    let told = lines(&plan);
    assert_eq!(told.len(), 4);
    assert!(!told.iter().any(|line| line.contains("tables")), "{told:?}");
}

/// What blocks a plan, as kind and text.
#[track_caller]
fn check(desired: &Desired, observed: &Observed, expected: Option<(FaultKind, &str)>) {
    let planned = plan_provision(desired, observed);

    let blockers: Vec<_> = planned.err().unwrap_or_default();
    let told: Vec<_> =
        blockers.iter().map(|it| (it.fault.kind, it.fault.detail.as_str())).collect();
    assert_eq!(told, expected.into_iter().collect::<Vec<_>>());
}

#[test]
fn a_bucket_that_keeps_versions_is_refused_for_tables() {
    let wanted = desired(true, Some(own_bucket()));
    let keeps = world(None, Some(Versioning::Enabled));

    check(&wanted, &keeps, Some((FaultKind::KeepsVersions, "")));
    check(&wanted, &world(None, Some(Versioning::Never)), None);
}

#[test]
fn a_suspended_bucket_is_refused_until_nothing_of_its_versions_is_left() {
    let wanted = desired(true, Some(own_bucket()));
    let with = |traces: Found<VersionTraces>| {
        let mut world = world(None, Some(Versioning::Suspended));
        world.version_traces.insert(tables_bucket(), traces);
        world
    };
    let keys = vec!["sales/_delta_log/00000000000000000000.json".to_owned()];
    let marker = VersionTraces { markers: 1, keys, ..VersionTraces::default() };
    let told = "1 delete marker: `sales/_delta_log/00000000000000000000.json`";

    check(&wanted, &with(present(marker)), Some((FaultKind::HoldsVersions, told)));
    check(&wanted, &with(present(VersionTraces::default())), None);
    let unread = Fault::new(FaultKind::Throttled, "slow");
    check(&wanted, &with(Found::Unknown(unread)), Some((FaultKind::Throttled, "slow")));
}

#[test]
fn a_prefix_is_taken_where_no_versions_are_kept() {
    let wanted = desired(false, Some(below_prefix()));

    check(&wanted, &world(None, None), None);
    check(&wanted, &world(Some(Versioning::Never), None), None);
}

#[test]
fn a_prefix_where_versions_are_kept_is_taken_only_after_a_test() {
    let wanted = desired(true, Some(below_prefix()));
    let with = |puts: Found<ConditionalPuts>| {
        let mut world = world(Some(Versioning::Enabled), None);
        world.conditional_puts.insert(bucket(), puts);
        world
    };
    let unsafe_puts =
        |puts, told| check(&wanted, &with(present(puts)), Some((FaultKind::UnsafeCommits, told)));

    check(&wanted, &with(present(ConditionalPuts::Held)), None);
    unsafe_puts(
        ConditionalPuts::Raced(3),
        "tables below `tables`: 3 writers of one key all got a success",
    );
    unsafe_puts(
        ConditionalPuts::Ignored,
        "tables below `tables`: conditional writes overwrite what is there",
    );
    unsafe_puts(
        ConditionalPuts::Unsupported,
        "tables below `tables`: the service has no conditional writes",
    );
    let unread = Fault::new(FaultKind::Denied, "");
    check(&wanted, &with(Found::Unknown(unread)), Some((FaultKind::Denied, "")));
}

#[test]
fn a_prefix_is_refused_where_versions_are_to_be_kept_and_nobody_could_test_that() {
    let wanted = desired(true, Some(below_prefix()));
    let told = "tables below `tables`: it is to keep old versions, which cannot be tested before";

    check(&wanted, &world(None, None), Some((FaultKind::UnsafeCommits, told)));
    check(&wanted, &world(Some(Versioning::Never), None), Some((FaultKind::UnsafeCommits, told)));
}

/// Both buckets without versions, each with this rule.
fn world_with_rule(id: &str, rule: &LifecycleRule) -> Observed {
    let mut world = world(Some(Versioning::Never), Some(Versioning::Never));
    for state in world.buckets.values_mut() {
        let lifecycle = present(Lifecycle::new([(id.to_owned(), rule.clone())]));
        *state = present(BucketState {
            versioning: present(Versioning::Never),
            lifecycle,
            ..BucketState::new_bucket()
        });
    }
    world
}

fn expiring(prefix: &str) -> LifecycleRule {
    LifecycleRule {
        enabled: true,
        prefix: prefix.to_owned(),
        expire: Some(days(7)),
        ..LifecycleRule::default()
    }
}

#[test]
fn a_bucket_for_tables_in_which_a_rule_of_others_has_objects_expire_is_refused() {
    let wanted = desired(false, Some(own_bucket()));
    let refused = |told| Some((FaultKind::ExpiresTables, told));
    let with = |rule: &LifecycleRule| world_with_rule("exp-all", rule);

    check(&wanted, &with(&expiring("")), refused("rule `exp-all`: all keys after 7d"));
    check(&wanted, &with(&expiring("tmp/")), refused("rule `exp-all`: keys below `tmp/` after 7d"));
    check(&wanted, &with(&LifecycleRule { enabled: false, ..expiring("") }), None);
    let harmless = LifecycleRule {
        expire: None,
        expire_noncurrent: Some(days(1)),
        abort_uploads: Some(days(1)),
        ..expiring("")
    };
    check(&wanted, &with(&harmless), None);
    // A rule of datalake's own that the spec does not ask for goes.
    check(&wanted, &world_with_rule("datalake-expire-everything", &expiring("")), None);
}

#[test]
fn a_prefix_for_tables_is_refused_only_where_a_rule_meets_it() {
    let wanted = desired(false, Some(below_prefix()));
    let refused = |told| Some((FaultKind::ExpiresTables, told));
    let with = |prefix: &str| world_with_rule("theirs", &expiring(prefix));

    check(&wanted, &with(""), refused("rule `theirs`: all keys after 7d"));
    check(&wanted, &with("tab"), refused("rule `theirs`: keys below `tab` after 7d"));
    check(&wanted, &with("tables/a/"), refused("rule `theirs`: keys below `tables/a/` after 7d"));
    check(&wanted, &with("tables2/"), None);
    check(&wanted, &with("assets/"), None);
}
