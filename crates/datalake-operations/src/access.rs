//! Who may do what in a bucket: the stored policy shown and questioned, the one that the spec asks for
//! planned, stored, and proved by requests.

mod adopt;
mod apply;
mod draft;
mod grant;
mod plan;
mod proof_report;
mod prove;
mod show;
mod simulate;
mod trying;

use datalake_core::fault::Fault;
use datalake_core::policy::{
    AccessPolicy, AccessScene, CephVersion, PolicyActor, PolicyText, PolicyWatch, ProjectId,
    RightsPrefix,
};
use datalake_core::s3::{BucketName, PublicAccessBlock};
use datalake_core::secret::AccessKeyId;
use datalake_core::spec::StoreSpec;
use datalake_engine::{Lake, ObjectStore, RetryingStore};

pub use self::adopt::{Adoption, AdoptionReport, BucketAdoption, LeftObject};
pub use self::apply::{AccessRun, AppliedAccess};
pub(crate) use self::draft::{PolicyPlace, is_not_offered};
pub use self::grant::{GrantedRole, RoleWish, SpecWithRole, find_role_project, write_role};
pub use self::plan::{
    AccessGoal, AccessPlanReport, BucketAccessPlan, PlannedAccess, PlannedRole,
    PublicAccessStanding, plan_access,
};
pub use self::proof_report::{
    AccessProofReport, BucketProof, RoleProof, RoleStanding, TrialReport,
};
pub use self::prove::{AccessProver, RestrictedKey};
pub use self::show::{AccessReport, KeyReport, LintReport, PrefixReport, show_access};
pub use self::simulate::{
    SimulatedAnswer, SimulationQuestion, SimulationReport, simulate_question,
};
use crate::lake::{BucketClient, at_bucket};
use crate::{ErrorKind, OperationError};

/// A bucket, its project and its policy.
#[derive(Debug, Clone)]
pub struct AccessLook {
    /// The bucket.
    pub bucket: BucketName,
    /// The project that owns it.
    pub owner: ProjectId,
    /// The policy; `None` where there is none.
    pub policy: Option<AccessPolicy>,
    /// The same as it is stored.
    pub text: Option<PolicyText>,
    /// The bucket's public access block; `None` where nobody has asked for it.
    pub public_access: Option<Result<PublicAccessBlock, Fault>>,
}

impl AccessLook {
    /// Reads the policy of the spec's bucket, and asks whose project the key is.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the service does not tell, or what it tells is no policy.
    pub async fn read(client: &BucketClient<'_>) -> Result<Self, OperationError> {
        let bucket = client.choose_bucket(None)?;
        let lake = client.retrying();
        let owner = find_own_project(&lake).await?;
        Self::read_bucket(&lake, bucket, owner).await
    }

    /// Reads the policy of a bucket that belongs to this project.
    async fn read_bucket(
        lake: &RetryingStore<'_, dyn Lake + '_>,
        bucket: BucketName,
        owner: ProjectId,
    ) -> Result<Self, OperationError> {
        let text = lake.policy(&bucket).await.map_err(at_bucket(&bucket))?;
        let policy = text.as_ref().map(|text| read_policy_text(text.as_str())).transpose()?;
        let public_access = Some(lake.public_access(&bucket).await);
        Ok(Self { bucket, owner, policy, text, public_access })
    }

    /// The policy of a file, for the spec's bucket, as if this project owned it.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the spec names no bucket, or the text is no policy.
    pub fn of_document(
        spec: &StoreSpec,
        owner: &ProjectId,
        text: &str,
    ) -> Result<Self, OperationError> {
        let bucket = spec.bucket.clone().ok_or_else(|| {
            OperationError::new(ErrorKind::Usage, "no bucket is named: give `--bucket NAME`")
        })?;
        let policy = Some(read_policy_text(text)?);
        let text = Some(PolicyText::new(text));
        Ok(Self { bucket, owner: owner.clone(), policy, text, public_access: None })
    }

    /// The bucket before a gateway of this version.
    fn scene(&self, version: CephVersion) -> AccessScene<'_> {
        AccessScene {
            bucket: self.bucket.clone(),
            owner: self.owner.clone(),
            policy: self.policy.as_ref(),
            version,
            binds_owner: false,
        }
    }
}

/// What a linter watches in this bucket, for the key that acts.
fn watch_bucket(look: &AccessLook, spec: &StoreSpec, key: AccessKeyId) -> PolicyWatch {
    PolicyWatch {
        actor: PolicyActor { bucket: look.bucket.clone(), owner: look.owner.clone(), key },
        pickles: vec![RightsPrefix::from(&spec.prefix)],
        public_objects: None,
    }
}

/// The project of the key, by a signed list of buckets.
async fn find_own_project(store: &dyn ObjectStore) -> Result<ProjectId, OperationError> {
    let service = store.reach().await.map_err(|fault| {
        OperationError::about("the project of the key cannot be learned", &fault)
    })?;
    let Some(owner) = service.owner else {
        return Err(OperationError::new(
            ErrorKind::Unavailable,
            "the service does not say which project the key belongs to",
        ));
    };
    owner.parse().map_err(|_| {
        OperationError::new(
            ErrorKind::Unavailable,
            format!("the service names the owner `{}`", datalake_core::text::printable(&owner)),
        )
        .advise("roles are for services that name projects as Hetzner does: `p` and a number")
    })
}

fn read_policy_text(text: &str) -> Result<AccessPolicy, OperationError> {
    AccessPolicy::read(text).map_err(|error| {
        OperationError::of(ErrorKind::Config, &error).within("the policy cannot be read")
    })
}
