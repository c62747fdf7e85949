//! The steps for the buckets of a spec: made, proved, set.

use crate::fault::{Fault, FaultKind, Target};
use crate::plan::tables_place::{require_no_expiry, require_place_for_tables, require_safe_prefix};
use crate::plan::{
    Action, Blocker, BucketState, Desired, DesiredBucket, DesiredTables, Found, Guard, Observed,
    Step, Undo, Way,
};
use crate::s3::{BucketName, ObjectKey, TableSearch, Versioning};

/// The steps for each bucket, that of the assets first. Most plans have none.
#[derive(Default)]
pub(super) struct BucketPlans(Vec<BucketPlan>);

/// The steps for one bucket.
struct BucketPlan {
    bucket: BucketName,
    steps: Vec<Step>,
    /// Why it is proved.
    why: &'static str,
}

/// Why a bucket is made, and why it is given lifecycle rules.
struct BucketReasons {
    creation: &'static str,
    lifecycle: &'static str,
}

const OF_ASSETS: BucketReasons = BucketReasons {
    creation: "the assets need a bucket",
    lifecycle: "old versions and unfinished uploads are billed until they go",
};

const OF_TABLES: BucketReasons = BucketReasons {
    creation: "tables need a bucket without versions: where they are kept, this service loses commits \
               of Delta and Lance",
    lifecycle: "unfinished uploads are billed until they go; nothing else expires where tables live",
};

impl BucketPlans {
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|plan| plan.steps.is_empty())
    }

    /// The steps, each bucket proved as soon as it is there.
    pub(super) fn with_proofs(self, probe: &ObjectKey) -> Vec<Step> {
        let proved = |mut plan: BucketPlan| {
            let is_made = matches!(
                plan.steps.first().map(|step| &step.action),
                Some(Action::CreateBucket(_))
            );
            let proof = prove_access(&plan.bucket, probe, plan.why);
            plan.steps.insert(usize::from(is_made), proof);
            plan.steps
        };
        self.0.into_iter().flat_map(proved).collect()
    }
}

/// Plans all buckets; what blocks them beside it.
pub(super) fn plan_buckets(desired: &Desired, observed: &Observed) -> (BucketPlans, Vec<Blocker>) {
    let (mut plans, mut blockers) = (Vec::new(), Vec::new());
    let mut take = |bucket: &BucketName, why, part: Result<Vec<Step>, Blocker>| match part {
        Ok(steps) => plans.push(BucketPlan { bucket: bucket.clone(), steps, why }),
        Err(blocker) => blockers.push(blocker),
    };
    let why = "put, get and delete have to work before the host is changed";
    let assets = bucket_steps(&desired.bucket, observed, &OF_ASSETS);
    take(&desired.bucket.name, why, assets);
    match &desired.tables {
        None => (),
        Some(DesiredTables::Bucket(bucket)) => {
            let why = "the same has to work where tables live";
            let steps = require_place_for_tables(&bucket.name, observed)
                .and_then(|()| require_no_expiry(bucket, "", observed))
                .and_then(|()| bucket_steps(bucket, observed, &OF_TABLES));
            take(&bucket.name, why, steps);
        }
        Some(DesiredTables::Prefix(prefix)) => {
            let keys = format!("{prefix}/");
            blockers.extend(require_safe_prefix(prefix, &desired.bucket, observed).err());
            blockers.extend(require_no_expiry(&desired.bucket, &keys, observed).err());
        }
    }
    (BucketPlans(plans), blockers)
}

fn bucket_steps(
    desired: &DesiredBucket,
    observed: &Observed,
    reasons: &BucketReasons,
) -> Result<Vec<Step>, Blocker> {
    let name = &desired.name;
    match observed.bucket(name) {
        Found::Present(state) => plan_settings(desired, &state, reasons, Way::Back),
        Found::Absent => {
            let stays = |_| Way::OneWay("it belongs to the bucket, which stays".to_owned());
            let mut steps = vec![create_bucket(name, reasons)];
            steps.extend(plan_settings(desired, &BucketState::new_bucket(), reasons, stays)?);
            Ok(steps)
        }
        Found::Unknown(fault) => Err(Blocker { target: Target::Bucket(name.clone()), fault }),
    }
}

fn create_bucket(name: &BucketName, reasons: &BucketReasons) -> Step {
    Step {
        guard: Guard::BucketAbsent(name.clone()),
        action: Action::CreateBucket(name.clone()),
        undo: Undo {
            guard: Guard::BucketPresent(name.clone()),
            way: Way::OneWay("by then the bucket may hold data".to_owned()),
        },
        why: reasons.creation.to_owned(),
    }
}

fn prove_access(name: &BucketName, probe: &ObjectKey, why: &str) -> Step {
    Step {
        guard: Guard::BucketPresent(name.clone()),
        action: Action::ProveAccess(name.clone(), probe.clone()),
        undo: Undo {
            guard: Guard::BucketPresent(name.clone()),
            way: Way::OneWay("it leaves nothing behind".to_owned()),
        },
        why: why.to_owned(),
    }
}

fn plan_settings(
    desired: &DesiredBucket,
    state: &BucketState,
    reasons: &BucketReasons,
    way: impl Fn(Action) -> Way,
) -> Result<Vec<Step>, Blocker> {
    let name = &desired.name;
    let mut steps = Vec::new();
    if desired.versioning {
        let versioning = require_known(name, &state.versioning)?;
        if *versioning != Versioning::Enabled {
            require_no_table(name, &state.tables)?;
            steps.push(enable_versioning(name, *versioning, &way));
        }
    }
    let rules = require_known(name, &state.lifecycle)?;
    let wanted = rules.with_own(&desired.lifecycle);
    if wanted != *rules {
        steps.push(Step {
            guard: Guard::LifecycleIs(name.clone(), rules.clone()),
            action: Action::SetLifecycle(name.clone(), wanted.clone()),
            undo: Undo {
                guard: Guard::LifecycleIs(name.clone(), wanted),
                way: way(Action::SetLifecycle(name.clone(), rules.clone())),
            },
            why: reasons.lifecycle.to_owned(),
        });
    }
    Ok(steps)
}

/// Versioning is never switched on where a table lies: two writers would both be told that they have
/// committed, and one commit is lost.
fn require_no_table(name: &BucketName, tables: &Found<TableSearch>) -> Result<(), Blocker> {
    let Some(table) = &require_known(name, tables)?.found else { return Ok(()) };
    let fault = Fault::new(FaultKind::HoldsTables, table.to_string());
    Err(Blocker { target: Target::Bucket(name.clone()), fault })
}

fn enable_versioning(name: &BucketName, now: Versioning, way: &impl Fn(Action) -> Way) -> Step {
    let back = match now {
        Versioning::Never => {
            Way::OneWay("S3 knows no way back to a bucket without versions".to_owned())
        }
        Versioning::Suspended | Versioning::Enabled => {
            way(Action::SetVersioning(name.clone(), now))
        }
    };
    Step {
        guard: Guard::VersioningIs(name.clone(), now),
        action: Action::SetVersioning(name.clone(), Versioning::Enabled),
        undo: Undo { guard: Guard::VersioningIs(name.clone(), Versioning::Enabled), way: back },
        why: "an overwritten or deleted asset can be brought back".to_owned(),
    }
}

/// What was found, or a blocker where nobody knows.
pub(super) fn require_known<'a, T>(
    name: &BucketName,
    found: &'a Found<T>,
) -> Result<&'a T, Blocker> {
    let fault = match found {
        Found::Present(value) => return Ok(value),
        Found::Absent => Fault::new(FaultKind::Unreadable, "a setting without a value"),
        Found::Unknown(fault) => fault.clone(),
    };
    Err(Blocker { target: Target::Bucket(name.clone()), fault })
}
