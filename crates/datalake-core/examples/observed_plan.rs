//! The plan from what was found to what is wanted: here a bucket that is there and has no protection.

#![expect(clippy::print_stdout, reason = "an example tells what it found")]

use datalake_core::plan::{
    BucketState, Desired, DesiredBucket, Found, Observed, Service, plan_provision,
};
use datalake_core::s3::{Lifecycle, TableSearch, Versioning};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bucket = DesiredBucket {
        name: "acme-dagster-assets".parse()?,
        versioning: true,
        lifecycle: Lifecycle::protection(Some("30d".parse()?), Some("7d".parse()?)),
    };
    let desired = Desired::new(bucket, "assets/.probe".parse()?);
    let mut observed = Observed::nothing();
    observed.service = Found::Present(Service { clock_ahead: 0, owner: None });
    let bare = BucketState {
        versioning: Found::Present(Versioning::Never),
        lifecycle: Found::Present(Lifecycle::default()),
        tables: Found::Present(TableSearch::of_nothing()),
    };
    observed.buckets.insert(desired.bucket.name.clone(), Found::Present(bare));

    match plan_provision(&desired, &observed) {
        Ok(plan) => plan.steps.iter().for_each(|step| println!("{}", step.action.verb())),
        Err(blockers) => blockers.iter().for_each(|one| println!("{}: {}", one.target, one.fault)),
    }
    Ok(())
}

#[test]
fn the_example_runs() {
    main().unwrap();
}
