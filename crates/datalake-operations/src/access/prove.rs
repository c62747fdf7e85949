//! Policies proved by requests of the keys that they hold.

use std::time::Duration;

use datalake_core::fault::Fault;
use datalake_core::policy::{
    AccessRole, NewPolicy, PolicyGround, PolicyText, ProjectId, ProofCourse, ProofNext, ProofPace,
    RoleTrials, plan_trials,
};
use datalake_core::s3::BucketName;
use datalake_core::secret::AccessKeyId;
use datalake_engine::{Lake, ObjectStore, RetryingStore};

use super::find_own_project;
use super::plan::{list_bucket_roles, require_roles};
use super::proof_report::{AccessProofReport, BucketProof, RoleProof, RoleStanding, TrialReport};
use super::trying::Trying;
use crate::lake::{BucketClient, at_bucket};
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// A key whose secret is at hand.
#[derive(Clone, Copy)]
pub struct RestrictedKey<'a> {
    /// The key.
    pub id: &'a AccessKeyId,
    /// The service as that key sees it, asked once.
    pub lake: &'a dyn Lake,
}

/// Proves policies by requests of the keys that they hold.
pub struct AccessProver<'a> {
    /// The service as the bucket's own key sees it.
    pub client: BucketClient<'a>,
    /// That key.
    pub acting: &'a AccessKeyId,
    /// The keys whose secrets are at hand.
    pub keys: &'a [RestrictedKey<'a>],
    /// How often, and for how long.
    pub pace: ProofPace,
    /// Is told before each round what is waited for.
    pub tell: &'a (dyn Fn(&str) + Sync),
    /// Whether the operator wants it to end: it is asked before each round.
    pub is_stopped: &'a (dyn Fn() -> bool + Sync),
}

/// A role of which the key is at hand, and its requests.
struct TriedRole<'a> {
    role: &'a AccessRole,
    lake: &'a dyn Lake,
    trials: RoleTrials,
}

/// A bucket whose policy is proved.
struct ProofPlace<'a> {
    bucket: &'a BucketName,
    owner: &'a ProjectId,
    /// The policy as it is stored.
    text: PolicyText,
    lake: &'a RetryingStore<'a, dyn Lake + 'a>,
    tried: Vec<TriedRole<'a>>,
}

impl AccessProver<'_> {
    /// Proves every role of the spec whose key is at hand, in each bucket. Probe objects come and go; the
    /// policy is put back where a key could remove it.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where a key is none of the spec's or of another project than the spec says, a
    /// bucket has no policy, or the service does not let the bucket's own key do its part.
    pub async fn prove_policies(&self) -> Result<AccessProofReport, OperationError> {
        require_roles(&self.client.spec.access)?;
        self.check_keys().await?;
        let lake = self.client.retrying();
        let owner = find_own_project(&lake).await?;
        let mut buckets = Vec::new();
        for (bucket, roles) in list_bucket_roles(&self.client)? {
            // No role has a right in it, so nothing is stored there.
            if roles.is_empty() {
                continue;
            }
            let text = lake.policy(&bucket).await.map_err(at_bucket(&bucket))?;
            let text = text.ok_or_else(|| without_policy(&bucket))?;
            let tried = self.choose_tried(&bucket, &owner, &roles)?;
            let place = ProofPlace { bucket: &bucket, owner: &owner, text, lake: &lake, tried };
            buckets.push(self.prove_bucket(&place, &roles).await?);
        }
        Ok(AccessProofReport { buckets })
    }

    /// A key that the spec calls another project's would be proved for nothing; nothing has to be stored to
    /// know that.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where a key has no role, or is not seen to be of the project that the spec says.
    pub async fn check_keys(&self) -> Result<(), OperationError> {
        for key in self.keys {
            let role = self.client.spec.access.iter().find(|role| role.key == *key.id);
            let Some(role) = role else {
                let message = format!("key {} has no role below `access:`", key.id);
                return Err(OperationError::new(ErrorKind::Usage, message));
            };
            let service = key.lake.reach().await.map_err(|fault| {
                OperationError::about(format!("the project of key {}", key.id), &fault)
            })?;
            if service.owner.as_deref() == Some(role.project.as_str()) {
                continue;
            }
            let owner = match &service.owner {
                Some(owner) => format!("project {}", datalake_core::text::printable(owner)),
                None => "a project that the service does not name".to_owned(),
            };
            let message = format!(
                "key {} is of {owner}, and role `{}` says {}",
                key.id, role.name, role.project
            );
            return Err(OperationError::new(ErrorKind::Config, message));
        }
        Ok(())
    }

    fn choose_tried<'r>(
        &'r self,
        bucket: &BucketName,
        owner: &ProjectId,
        roles: &'r [AccessRole],
    ) -> Result<Vec<TriedRole<'r>>, OperationError> {
        let ground = PolicyGround {
            bucket: bucket.clone(),
            owner: owner.clone(),
            actor: self.acting.clone(),
        };
        let mut tried = Vec::new();
        for role in roles {
            let Some(key) = self.keys.iter().find(|key| *key.id == role.key) else { continue };
            let mark = format!("{:016x}", self.client.clock.random());
            let trials = plan_trials(&ground, role, &mark)
                .map_err(|error| OperationError::of(ErrorKind::Config, &error))?;
            tried.push(TriedRole { role, lake: key.lake, trials });
        }
        Ok(tried)
    }

    async fn prove_bucket(
        &self,
        place: &ProofPlace<'_>,
        roles: &[AccessRole],
    ) -> Result<BucketProof, OperationError> {
        let run = self.run_rounds(place).await;
        let mut swept = Ok(());
        for tried in &place.tried {
            swept = swept.and(place.begin_trying(tried).sweep_objects().await);
        }
        let mut ended = run?;
        swept.map_err(at_bucket(place.bucket))?;
        if ended.holds {
            self.try_policy_changes(place, &mut ended.trials).await?;
        }
        let mut trials = ended.trials.into_iter();
        let proofs = roles.iter().map(|role| {
            let is_tried = place.tried.iter().any(|tried| tried.role.key == role.key);
            describe_role(role, if is_tried { trials.next() } else { None }, ended.holds)
        });
        Ok(BucketProof {
            bucket: place.bucket.to_string(),
            rounds: ended.rounds,
            seconds: ended.elapsed.as_secs(),
            roles: proofs.collect(),
        })
    }

    /// Sends all requests again and again, until they have ended as they should for long enough.
    async fn run_rounds(&self, place: &ProofPlace<'_>) -> Result<EndedRounds, OperationError> {
        if place.tried.is_empty() {
            place.require_unchanged().await?;
            return Ok(EndedRounds::of_nothing());
        }
        for tried in &place.tried {
            place.begin_trying(tried).store_seeds().await.map_err(at_bucket(place.bucket))?;
        }
        let began = self.elapsed_now();
        let mut course = ProofCourse::begin_proof(self.pace, began);
        loop {
            let round = self.elapsed_now();
            if (self.is_stopped)() {
                return Err(OperationError::new(ErrorKind::Interrupted, "stopped by the operator"));
            }
            place.require_unchanged().await?;
            let mut trials = Vec::new();
            for tried in &place.tried {
                trials.push(place.begin_trying(tried).try_round().await);
            }
            let holds = trials.iter().flatten().all(|trial| trial.holds);
            let next = course.note_round(holds, round, self.elapsed_now());
            let elapsed = course.measure_elapsed(self.elapsed_now());
            let ended =
                |holds| EndedRounds { trials, rounds: course.count_rounds(), elapsed, holds };
            match next {
                ProofNext::Proved => return Ok(ended(true)),
                ProofNext::TooLate => return Ok(ended(false)),
                ProofNext::Again(pause) => {
                    (self.tell)(&self.describe_wait(place.bucket, &course, elapsed));
                    self.client.clock.sleep(pause).await;
                }
            }
        }
    }

    fn describe_wait(
        &self,
        bucket: &BucketName,
        course: &ProofCourse,
        elapsed: Duration,
    ) -> String {
        format!(
            "{bucket}: {} of {} rounds as they should be, after {} s",
            course.count_rounds(),
            self.pace.rounds,
            elapsed.as_secs()
        )
    }

    /// Last of all each key tries to change the policy: one that can is not held by it.
    async fn try_policy_changes(
        &self,
        place: &ProofPlace<'_>,
        trials: &mut [Vec<TrialReport>],
    ) -> Result<(), OperationError> {
        let policy = NewPolicy::for_bucket_of(place.owner, place.text.clone());
        for (tried, reports) in place.tried.iter().zip(trials) {
            // What somebody has stored meanwhile is not replaced.
            place.require_unchanged().await?;
            let changes = place.begin_trying(tried).try_policy_changes(&policy).await;
            let is_held = changes.iter().all(|change| change.holds);
            reports.extend(changes);
            if !is_held {
                return place.put_policy_back().await;
            }
        }
        Ok(())
    }

    /// Whole seconds on the clock.
    fn elapsed_now(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.client.clock.now().unix()).unwrap_or_default())
    }
}

/// The rounds of a proof at their end.
struct EndedRounds {
    /// The requests of the last round, by tried role.
    trials: Vec<Vec<TrialReport>>,
    rounds: u32,
    elapsed: Duration,
    holds: bool,
}

impl EndedRounds {
    /// Where no key is at hand nothing is waited for.
    fn of_nothing() -> Self {
        Self { trials: Vec::new(), rounds: 0, elapsed: Duration::ZERO, holds: true }
    }
}

impl ProofPlace<'_> {
    fn begin_trying<'t>(&'t self, tried: &'t TriedRole<'_>) -> Trying<'t> {
        Trying { bucket: self.bucket, own: self.lake, tried: tried.lake, trials: &tried.trials }
    }

    /// A proof is of the policy that it began with.
    async fn require_unchanged(&self) -> Result<(), OperationError> {
        let now = self.lake.policy(self.bucket).await.map_err(at_bucket(self.bucket))?;
        if now.is_some_and(|now| now.says_the_same(&self.text)) {
            return Ok(());
        }
        let message =
            format!("bucket `{}`: someone changed the policy in the meantime", self.bucket);
        Err(OperationError::new(ErrorKind::Mismatch, message))
    }

    /// Stores the policy that a tried key was let change, unless somebody has stored another one. A gateway
    /// that still shows it may do so for a moment only.
    async fn put_policy_back(&self) -> Result<(), OperationError> {
        let failed = |fault: Fault| {
            let error = at_bucket(self.bucket)(fault).within("the policy is gone");
            error.advise(format!("store it again; it was: {}", self.text.as_str()))
        };
        let now = self.lake.policy(self.bucket).await.map_err(failed)?;
        if now.is_some_and(|now| !now.says_the_same(&self.text)) {
            return Ok(());
        }
        let policy = NewPolicy::for_bucket_of(self.owner, self.text.clone());
        self.lake.set_policy(self.bucket, Some(&policy)).await.map_err(failed)
    }
}

fn describe_role(role: &AccessRole, trials: Option<Vec<TrialReport>>, holds: bool) -> RoleProof {
    let is_held = |trials: &Vec<TrialReport>| {
        // One of several keys may have kept the rounds from their end.
        holds && !trials.is_empty() && trials.iter().all(|trial| trial.holds)
    };
    let standing = match &trials {
        None => RoleStanding::NotTried,
        Some(trials) if is_held(trials) => RoleStanding::Proved,
        Some(_) => RoleStanding::Failed,
    };
    RoleProof {
        role: role.name.to_string(),
        project: role.project.to_string(),
        key: role.key.to_string(),
        standing,
        trials: trials.unwrap_or_default(),
    }
}

fn without_policy(bucket: &BucketName) -> OperationError {
    OperationError::new(ErrorKind::Config, format!("bucket `{bucket}` has no policy to prove"))
        .advise(Advice::naming("store it: {}", [AdvisedCommand::StorePoliciesAgain]))
}

#[cfg(test)]
mod tests {
    use datalake_core::policy::{TrialRequest, TrialVerdict};

    use super::*;

    fn make_role() -> AccessRole {
        AccessRole {
            name: "modal".parse().unwrap(),
            project: "p2".parse().unwrap(),
            key: "AK".parse().unwrap(),
            rights: datalake_core::policy::RoleRights::default(),
        }
    }

    fn make_trial(holds: bool) -> TrialReport {
        TrialReport {
            request: TrialRequest::RemovePolicy.to_string(),
            expected: TrialVerdict::Refused.to_string(),
            found: TrialVerdict::Allowed.to_string(),
            holds,
        }
    }

    #[test]
    fn a_role_is_proved_by_requests_and_by_nothing_else() {
        let standing = |trials, holds| describe_role(&make_role(), trials, holds).standing;

        assert_eq!(standing(None, true), RoleStanding::NotTried);
        assert_eq!(standing(Some(vec![make_trial(true)]), true), RoleStanding::Proved);
        assert_eq!(standing(Some(vec![make_trial(true)]), false), RoleStanding::Failed);
        assert_eq!(
            standing(Some(vec![make_trial(true), make_trial(false)]), true),
            RoleStanding::Failed
        );
        assert_eq!(standing(Some(Vec::new()), true), RoleStanding::Failed);
    }
}
