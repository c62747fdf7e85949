//! The policies that the spec asks for, beside those that are stored.

use std::fmt;

use datalake_core::plan::Plan;
use datalake_core::policy::{AccessRole, RightsPrefix, SpecRole};
use datalake_core::s3::BucketName;
use datalake_core::secret::AccessKeyId;
use datalake_core::spec::TablesPlace;
use datalake_core::text::printable;
use schemars::JsonSchema;
use serde::Serialize;

use super::draft::BucketPlanner;
use super::{AccessLook, LintReport, find_own_project};
use crate::lake::BucketClient;
use crate::{ErrorKind, OperationError};

/// The policies of all buckets of the spec.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AccessPlanReport {
    /// One for each bucket.
    pub buckets: Vec<BucketAccessPlan>,
}

/// The policy of one bucket.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BucketAccessPlan {
    /// The bucket.
    pub bucket: String,
    /// The project that owns it.
    pub project: String,
    /// Whether the stored policy differs.
    pub changes: bool,
    /// What each role becomes.
    pub roles: Vec<PlannedRole>,
    /// Statements of others in the stored policy, which stay.
    pub kept: usize,
    /// Whether it has to be stored with `x-amz-confirm-remove-self-bucket-access: true`.
    pub needs_header: bool,
    /// The document; empty where there is to be none.
    pub document: String,
    /// Lines that begin with `-` or `+`: statements that go and come.
    pub diff: Vec<String>,
    /// Whether ACLs can make something public.
    pub public_access: PublicAccessStanding,
    /// What is wrong with the whole.
    pub lints: Vec<LintReport>,
}

/// How the public access block of a bucket stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PublicAccessStanding {
    /// No ACL makes anything public.
    Blocked,
    /// An ACL can; to be blocked.
    ToBlock,
    /// Left as it is.
    Left,
    /// The service did not answer, or offers none: why.
    NotOffered(String),
}

/// A role, and how it is held.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlannedRole {
    /// Its name.
    pub role: String,
    /// The project of its key.
    pub project: String,
    /// The key.
    pub key: String,
    /// Whether it is only a guard against mistakes: the key is of the bucket's own project.
    pub guard_only: bool,
}

/// What the policies are to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessGoal {
    /// What the spec asks for.
    Spec,
    /// The same, and stored also where it already exists: how it was stored cannot be seen.
    SpecAgain,
    /// None of our statements.
    Reset,
}

/// The policies of all buckets, and the steps to them.
#[derive(Debug, Clone)]
pub struct PlannedAccess {
    /// What is shown.
    pub report: AccessPlanReport,
    /// What is to be done; empty where all is as it should be.
    pub plan: Plan,
}

impl AccessPlanReport {
    /// Whether any stored policy differs.
    #[must_use]
    pub fn changes(&self) -> bool {
        let differs = |bucket: &BucketAccessPlan| {
            bucket.changes || bucket.public_access == PublicAccessStanding::ToBlock
        };
        self.buckets.iter().any(differs)
    }
}

/// Compares the policies that are wanted with the stored ones. Nothing is stored.
///
/// # Errors
///
/// [`OperationError`] where the spec has no roles, one of them cannot be held, the service does not
/// tell, or the whole would shut out the key that acts.
pub async fn plan_access(
    client: &BucketClient<'_>,
    acting: &AccessKeyId,
    goal: AccessGoal,
) -> Result<PlannedAccess, OperationError> {
    let spec = client.spec;
    if goal != AccessGoal::Reset {
        require_roles(&spec.access)?;
    }
    let lake = client.retrying();
    let owner = find_own_project(&lake).await?;
    let (mut buckets, mut steps) = (Vec::new(), Vec::new());
    for (bucket, roles) in list_bucket_roles(client)? {
        let look = AccessLook::read_bucket(&lake, bucket, owner.clone()).await?;
        let planner = BucketPlanner { look: &look, spec, acting, goal };
        let draft = planner.draft_policy(&roles)?;
        buckets.push(draft.report);
        steps.extend(draft.steps);
    }
    Ok(PlannedAccess { report: AccessPlanReport { buckets }, plan: Plan::of_steps(steps) })
}

pub(super) fn require_roles(roles: &[SpecRole]) -> Result<(), OperationError> {
    if !roles.is_empty() {
        return Ok(());
    }
    Err(OperationError::new(ErrorKind::Config, "the spec has no roles below `access:`")
        .advise("access: { modal: { project: p1234567, key: AKEXAMPLE, as: modal-worker } }"))
}

/// The buckets of the spec, each with what the roles are there.
pub(super) fn list_bucket_roles(
    client: &BucketClient<'_>,
) -> Result<Vec<(BucketName, Vec<AccessRole>)>, OperationError> {
    let spec = client.spec;
    let assets = RightsPrefix::from(&spec.prefix);
    let in_assets = spec.access.iter().map(|role| role.role_in_assets(&assets)).collect();
    let mut buckets = vec![(client.choose_bucket(None)?, in_assets)];
    if let Some(tables) = spec.tables.as_ref().and_then(TablesPlace::own_bucket) {
        let in_tables = spec.access.iter().filter_map(SpecRole::role_in_tables).collect();
        buckets.push((tables.clone(), in_tables));
    }
    Ok(buckets)
}

impl fmt::Display for AccessPlanReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.buckets.iter().try_for_each(|bucket| write!(f, "{bucket}"))
    }
}

impl fmt::Display for BucketAccessPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} of {}", self.bucket, self.project)?;
        for role in &self.roles {
            let how = if role.guard_only {
                "a guard against mistakes only: the key is of the bucket's own project"
            } else {
                "may do what is granted, and nothing else"
            };
            writeln!(f, "  {:<16} {}:{}  {how}", role.role, role.project, printable(&role.key))?;
        }
        for line in &self.diff {
            writeln!(f, "  {}", printable(line))?;
        }
        if !self.changes {
            writeln!(f, "  The stored policy is as planned.")?;
        }
        if self.kept > 0 {
            let kept = datalake_core::text::count_things(self.kept as u64, "statement");
            writeln!(f, "  {kept} of others in the stored policy: kept as they are.")?;
        }
        if self.needs_header {
            writeln!(f, "  To be stored with x-amz-confirm-remove-self-bucket-access: true.")?;
        }
        write!(f, "{}", self.public_access)?;
        self.lints.iter().try_for_each(|lint| write!(f, "{lint}"))
    }
}

impl fmt::Display for PublicAccessStanding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blocked | Self::Left => Ok(()),
            Self::ToBlock => writeln!(f, "  ACLs can make objects public: to be blocked."),
            Self::NotOffered(why) => writeln!(
                f,
                "  ACLs can make objects public, and the service offers no public access block: {}",
                printable(why)
            ),
        }
    }
}
