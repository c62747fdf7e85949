//! What the policies say of both keys, and how that is changed and waited for.

use std::time::Duration;

use datalake_core::fault::{FaultKind, Target};
use datalake_core::plan::Plan;
use datalake_core::policy::{
    AccessPolicy, KeySuccession, NewPolicy, PolicyActor, PolicyText, ProjectId, ProofCourse,
    ProofNext, find_lock_out,
};
use datalake_core::receipt::Unfinished;
use datalake_core::rotation::{BucketFacts, KeyEffect, NamedKeys};
use datalake_core::s3::BucketName;
use datalake_core::secret::AccessKeyId;
use datalake_engine::{PlannedRun, Ports, apply};

use super::place::BucketPolicy;
use super::{KeyRotation, KeySide};
use crate::access::PolicyPlace;
use crate::runs::prepare_run;
use crate::{ErrorKind, OperationError, RunStage};

/// A change of what the policies say of both keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PolicyMove {
    /// The new key is named wherever the old one is.
    Bind,
    /// The old key is refused everything.
    Revoke,
    /// That is taken back.
    Lift,
    /// The old key is named no more.
    ForgetOld,
    /// The new key is named no more.
    ForgetNew,
}

impl PolicyMove {
    /// The document that the move makes; `None` where there is none to change.
    fn change_policy(
        self,
        bucket: &BucketName,
        policy: Option<&AccessPolicy>,
        keys: &KeySuccession,
    ) -> Option<AccessPolicy> {
        match self {
            Self::Bind => policy.map(|policy| keys.bind_new_key(policy)),
            Self::Revoke => Some(keys.revoke_old_key(bucket, policy)),
            Self::Lift => policy.map(|policy| keys.lift_revocation(policy)),
            Self::ForgetOld => policy.map(|policy| keys.forget_key(&keys.old, policy)),
            Self::ForgetNew => policy.map(|policy| keys.forget_key(&keys.new, policy)),
        }
    }

    fn tell_reason(self) -> &'static str {
        match self {
            Self::Bind => "the new key may do what the old one may, and nothing else",
            Self::Revoke => "whoever still uses the old key is seen before it is deleted",
            Self::Lift => "the old key is the one in use again",
            Self::ForgetOld => "the service does not know the old key any more",
            Self::ForgetNew => "nothing uses the new key",
        }
    }
}

impl BucketPolicy {
    /// What the policy says of both keys.
    pub(super) fn judge_keys(&self, keys: &KeySuccession) -> BucketFacts {
        let says = |holds: &dyn Fn(&AccessPolicy) -> bool| self.policy.as_ref().is_some_and(holds);
        BucketFacts {
            bucket: self.bucket.clone(),
            binds_new: self.policy.as_ref().is_none_or(|policy| keys.binds_new_key(policy)),
            names: NamedKeys {
                old: says(&|policy| keys.names_key(&keys.old, policy)),
                new: says(&|policy| keys.names_key(&keys.new, policy)),
            },
            is_revoked: says(&|policy| keys.is_revoked(&self.bucket, policy)),
            has_revocation: says(&|policy| keys.has_revocation(policy)),
        }
    }
}

impl BucketPolicy {
    /// Refuses the documents that a change would store where one of them would shut its actor out.
    pub(super) fn refuse_change(&self, keys: &KeySuccession) -> Result<(), OperationError> {
        let present = self.policy.as_ref();
        let bound = PolicyMove::Bind.change_policy(&self.bucket, present, keys);
        if let Some(bound) = &bound {
            self.refuse_lock_out(present, bound, &self.name_actor(&keys.project, &keys.old))?;
        }
        let revoked = keys.revoke_old_key(&self.bucket, bound.as_ref());
        self.refuse_lock_out(bound.as_ref(), &revoked, &self.name_actor(&keys.project, &keys.new))
    }

    fn name_actor(&self, project: &ProjectId, key: &AccessKeyId) -> PolicyActor {
        let (bucket, owner) = (self.bucket.clone(), project.clone());
        PolicyActor { bucket, owner, key: key.clone() }
    }

    /// The key that acts has to be able to take its own change back, unless it could not before.
    fn refuse_lock_out(
        &self,
        old: Option<&AccessPolicy>,
        new: &AccessPolicy,
        actor: &PolicyActor,
    ) -> Result<(), OperationError> {
        if find_lock_out(new, actor) <= old.and_then(|old| find_lock_out(old, actor)) {
            return Ok(());
        }
        let message =
            format!("the policy of bucket `{}` would shut out key `{}`", self.bucket, actor.key);
        Err(OperationError::new(ErrorKind::Config, message).advise(
            "a statement of someone else's denies the project's keys the policy: change it first",
        ))
    }
}

impl KeyRotation<'_> {
    /// Changes the policies of all buckets, journalled, by the pair that acts.
    pub(super) async fn move_policies(
        &mut self,
        wanted: PolicyMove,
        policies: &[BucketPolicy],
        acting: KeySide<'_>,
    ) -> Result<(), OperationError> {
        let keys = self.record.find_succession();
        let mut steps = Vec::new();
        for found in policies {
            let policy = found.policy.as_ref();
            let Some(new) = wanted.change_policy(&found.bucket, policy, &keys) else { continue };
            if policy.is_some_and(|policy| policy.says_the_same(&new)) {
                continue;
            }
            let actor = found.name_actor(&keys.project, &acting.keys.id);
            found.refuse_lock_out(policy, &new, &actor)?;
            let place = PolicyPlace {
                bucket: &found.bucket,
                owner: &keys.project,
                old: found.text.as_ref(),
                why: wanted.tell_reason(),
            };
            steps.push(match self.record.find_document(&found.bucket, &new) {
                Some(text) => {
                    place.plan_document(Some(NewPolicy::for_bucket_of(&keys.project, text)))
                }
                None => {
                    let text = PolicyText::new(new.write_compact());
                    let binds_owner = NewPolicy::for_bucket_of(&keys.project, text).binds_owner;
                    place.plan_storing(&new, binds_owner)
                }
            });
        }
        self.record.clear_proofs();
        self.keep_record()?;
        self.apply_policies(&Plan::of_steps(steps), acting).await
    }

    async fn apply_policies(&self, plan: &Plan, acting: KeySide<'_>) -> Result<(), OperationError> {
        if plan.is_empty() {
            return Ok(());
        }
        let place = &self.place;
        let run = prepare_run(place.context, plan, place.ports.fingerprints)?;
        let run = PlannedRun { unfinished: keep_policies(run.unfinished), ..run };
        place.reporter.begin(RunStage::Applying);
        let ports = Ports { store: acting.store, ..place.ports };
        apply(run, place.reporter.watch().as_ref(), &ports).await?;
        Ok(())
    }

    /// Waits until the effect has shown long enough, and keeps that it has.
    pub(super) async fn prove_effect(&mut self, effect: KeyEffect) -> Result<(), OperationError> {
        self.await_effect(effect).await?;
        self.record.proved.insert(effect);
        self.keep_record()
    }

    async fn await_effect(&self, effect: KeyEffect) -> Result<(), OperationError> {
        let place = &self.place;
        let mut course = ProofCourse::begin_proof(place.pace, place.elapsed_now());
        loop {
            let began = place.elapsed_now();
            let holds = self.shows_effect(effect).await;
            let elapsed = place.elapsed_now();
            match course.note_round(holds, began, elapsed) {
                ProofNext::Proved => return Ok(()),
                ProofNext::TooLate => return Err(self.refuse_effect(effect)),
                ProofNext::Again(pause) => {
                    self.tell_round(&course, elapsed);
                    place.context.clock.sleep(pause).await;
                }
            }
        }
    }

    fn tell_round(&self, course: &ProofCourse, elapsed: Duration) {
        (self.place.tell)(&format!(
            "{} of {} rounds as they should be, after {} s",
            course.count_rounds(),
            self.place.pace.rounds,
            course.measure_elapsed(elapsed).as_secs()
        ));
    }

    async fn shows_effect(&self, effect: KeyEffect) -> bool {
        if effect == KeyEffect::OldIsGone {
            let answer = self.old.store.reach().await;
            return answer.is_err_and(|fault| fault.kind == FaultKind::UnknownAccessKey);
        }
        for bucket in self.place.spec.list_buckets() {
            let is_let_in = |answer: Result<(), _>| answer.is_ok();
            let shows = match effect {
                KeyEffect::NewIsLetIn => is_let_in(self.new.store.head_bucket(&bucket).await),
                KeyEffect::OldIsLetIn => is_let_in(self.old.store.head_bucket(&bucket).await),
                KeyEffect::OldIsRefused | KeyEffect::OldIsGone => {
                    let old = self.old.store.head_bucket(&bucket).await;
                    let refusals = [FaultKind::Denied, FaultKind::UnknownAccessKey];
                    old.is_err_and(|fault| refusals.contains(&fault.kind))
                        && is_let_in(self.new.store.head_bucket(&bucket).await)
                }
            };
            if !shows {
                return false;
            }
        }
        true
    }

    fn refuse_effect(&self, effect: KeyEffect) -> OperationError {
        let (old, new) = (&self.record.old.key, &self.record.new.key);
        let message = match effect {
            KeyEffect::NewIsLetIn => format!("key `{new}` cannot use every bucket of the spec"),
            KeyEffect::OldIsLetIn => format!("key `{old}` cannot use every bucket of the spec"),
            KeyEffect::OldIsRefused => {
                format!("key `{old}` is not refused by every bucket, or key `{new}` is")
            }
            KeyEffect::OldIsGone => format!("some gateways still know key `{old}`"),
        };
        OperationError::new(ErrorKind::TryAgain, message)
            .advise("the policies are stored: run it again in a few minutes")
    }
}

/// What a killed change of policies has left is taken over; any other run is its own to go on with.
fn keep_policies(unfinished: Unfinished) -> Unfinished {
    let mut targets = unfinished.steps.iter().map(|taken| taken.step.action.target());
    if targets.all(|target| matches!(target, Target::Access(_))) {
        unfinished
    } else {
        Unfinished::default()
    }
}
