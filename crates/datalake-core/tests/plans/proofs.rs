use datalake_core::host::UnitName;
use datalake_core::plan::{
    Action, BucketState, Desired, DesiredBucket, DesiredServices, Found, Observed, Service,
    plan_provision,
};
use datalake_core::s3::Lifecycle;

use super::support::{bucket, services, with_settings};

/// The units inside whose containers the bucket is used, where these are those that run user code.
#[track_caller]
fn check(proved: &[&str], expected: &[&str]) {
    let bucket =
        DesiredBucket { name: bucket(), versioning: false, lifecycle: Lifecycle::default() };
    let desired = Desired {
        services: Some(DesiredServices {
            states: services([with_settings(1), with_settings(1)]),
            proved: proved.iter().map(|unit| unit.parse().unwrap()).collect(),
            is_owed: true,
        }),
        ..Desired::new(bucket, "assets/.probe".parse().unwrap())
    };
    let now = services([with_settings(2), with_settings(2)]);
    let observed = Observed {
        service: Found::Present(Service { clock_ahead: 0, owner: None }),
        buckets: [(desired.bucket.name.clone(), Found::Present(BucketState::new_bucket()))].into(),
        services: Found::Present(now),
        ..Observed::nothing()
    };

    let plan = plan_provision(&desired, &observed).unwrap();

    let asked = plan.steps.iter().find_map(|step| match &step.action {
        Action::ProveContainers { services, .. } => Some(services.clone()),
        _ => None,
    });
    let asked = asked.unwrap();
    assert_eq!(asked.up().map(UnitName::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn the_bucket_is_used_where_user_code_runs() {
    check(&["dagster-daemon"], &["dagster-daemon"]);
}

#[test]
fn where_no_unit_is_known_to_run_user_code_all_are_asked() {
    check(&[], &["dagster-daemon", "dagster-webserver"]);
}
