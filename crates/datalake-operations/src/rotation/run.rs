//! A change of the key pair, carried on from whatever is seen.

use datalake_core::fault::FaultKind;
use datalake_core::rotation::{
    HostKey, OldKeyAnswer, RotationFacts, RotationGoal, RotationNext, RotationRecord,
    judge_rotation,
};
use datalake_core::secret::AccessKeyId;

use super::place::{BucketPolicy, SERVICE};
use super::policies::PolicyMove;
use super::{KeySide, RotationFolder, RotationPlace, RotationReport};
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// A change of the key pair that was begun.
pub struct KeyRotation<'a> {
    /// Where.
    pub place: RotationPlace<'a>,
    /// The pair that goes.
    pub old: KeySide<'a>,
    /// The pair that comes.
    pub new: KeySide<'a>,
    /// What is kept of it.
    pub record: RotationRecord,
}

/// What is asked of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RotationWish {
    /// How it stands; nothing is changed.
    Look,
    /// The new pair is brought everywhere, and the old key refused.
    Rotate,
    /// The old pair is brought back.
    Abort,
    /// It comes to its end; this is the key of the spec's pair by now.
    Finish(AccessKeyId),
}

/// How far a change may go by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RotationEnd {
    /// Until the old key is refused everything: a person deletes it.
    Revoked,
    /// To its end.
    Ended,
}

/// What was seen, and who may look and act now.
struct SeenRotation<'a> {
    facts: RotationFacts,
    policies: Vec<BucketPolicy>,
    acting: KeySide<'a>,
}

impl<'a> KeyRotation<'a> {
    /// Does what is asked of it.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where it goes back already, the spec still names the pair that goes, or it has
    /// other buckets by now.
    pub async fn carry_out(
        &mut self,
        wish: &RotationWish,
    ) -> Result<RotationReport, OperationError> {
        self.refuse_other_buckets()?;
        let end = match wish {
            RotationWish::Look => {
                return Ok(self.look_at_rotation().await?.with_refusals(&self.place).await);
            }
            RotationWish::Abort => {
                self.turn_back().await?;
                RotationEnd::Ended
            }
            RotationWish::Rotate => {
                self.require_way_forward().await?;
                RotationEnd::Revoked
            }
            RotationWish::Finish(present) => {
                self.require_way_forward().await?;
                self.require_new_pair(present)?;
                RotationEnd::Ended
            }
        };
        Ok(self.go_on(end).await?.with_refusals(&self.place).await)
    }

    /// Goes on from whatever is seen, until a person has to do something or it is over. It may be killed
    /// at any place and called again.
    async fn go_on(&mut self, end: RotationEnd) -> Result<RotationReport, OperationError> {
        loop {
            let seen = self.observe_world().await?;
            let next = judge_rotation(self.record.goal, &seen.facts);
            if self.is_end(next, end) || self.record.awaits_restart(next) {
                return Ok(RotationReport::of_record(&self.record, next));
            }
            if let Some(effect) = self.record.find_owed_proof(next) {
                self.prove_effect(effect).await?;
                continue;
            }
            if next == RotationNext::AwaitDeletion {
                return Ok(RotationReport::of_record(&self.record, next));
            }
            self.take_step(next, &seen).await?;
            if next == RotationNext::EraseGenerations {
                return Ok(RotationReport::of_record(&self.record, next));
            }
        }
    }

    /// Whether what comes next is left to another command.
    fn is_end(&self, next: RotationNext, end: RotationEnd) -> bool {
        let is_forward = self.record.goal == RotationGoal::NewKey;
        let is_last = next == RotationNext::ForgetOldKey
            || (next == RotationNext::EraseGenerations && is_forward);
        is_last && end == RotationEnd::Revoked
    }

    /// What the policies of other buckets say of the keys is not this change's to judge.
    fn refuse_other_buckets(&self) -> Result<(), OperationError> {
        let of_spec = self.place.spec.list_buckets();
        let Some(difference) = self.record.describe_other_buckets(&of_spec) else { return Ok(()) };
        let message = format!(
            "since the change of the key pair began, the spec has other buckets: it {difference}"
        );
        Err(OperationError::new(ErrorKind::Config, message)
            .advise("name the same buckets in the spec until the change is over"))
    }

    /// Turns it round: from now on it goes back to the old pair.
    async fn turn_back(&mut self) -> Result<(), OperationError> {
        if self.ask_old_key().await == OldKeyAnswer::Deleted {
            return Err(self.refuse_way_back());
        }
        self.keep_goal(RotationGoal::OldKey)
    }

    /// Refuses to go forward where it goes back already, unless the old key was deleted meanwhile.
    async fn require_way_forward(&mut self) -> Result<(), OperationError> {
        if self.record.goal == RotationGoal::NewKey {
            return Ok(());
        }
        if self.ask_old_key().await == OldKeyAnswer::Deleted {
            return self.keep_goal(RotationGoal::NewKey);
        }
        let message = "the change of the key pair is on its way back";
        let words = "go on with that: {}; then begin again";
        Err(OperationError::new(ErrorKind::Config, message)
            .advise(Advice::naming(words, [AdvisedCommand::AbortKey])))
    }

    fn keep_goal(&mut self, goal: RotationGoal) -> Result<(), OperationError> {
        self.record.goal = goal;
        self.keep_record()
    }

    pub(super) fn keep_record(&self) -> Result<(), OperationError> {
        RotationFolder(self.place.context).write_record(&self.record)
    }

    async fn ask_old_key(&self) -> OldKeyAnswer {
        match self.old.store.reach().await {
            Ok(_) => OldKeyAnswer::Known,
            Err(fault) if fault.kind == FaultKind::UnknownAccessKey => OldKeyAnswer::Deleted,
            Err(fault) => OldKeyAnswer::Unclear(fault),
        }
    }

    /// What its state is. Nothing is changed.
    async fn look_at_rotation(&self) -> Result<RotationReport, OperationError> {
        let next = judge_rotation(self.record.goal, &self.observe_world().await?.facts);
        Ok(RotationReport::of_record(&self.record, next))
    }

    /// Refuses to end it where the spec still names the pair that goes: the next run would bring a key
    /// back that the service does not know.
    fn require_new_pair(&self, present: &AccessKeyId) -> Result<(), OperationError> {
        if *present == self.record.new.key {
            return Ok(());
        }
        let message = format!(
            "the spec's key pair is `{present}`, and the new one `{}`",
            self.record.new.key
        );
        Err(OperationError::new(ErrorKind::Config, message)
            .advise("put the new pair where the spec's comes from: environment, file or program"))
    }

    async fn take_step(
        &mut self,
        next: RotationNext,
        seen: &SeenRotation<'_>,
    ) -> Result<(), OperationError> {
        let (policies, acting) = (&seen.policies, seen.acting);
        match next {
            RotationNext::BindNewKey => {
                self.move_policies(PolicyMove::Bind, policies, acting).await
            }
            RotationNext::RollOut => self.bring_pair(self.new).await,
            RotationNext::RevokeOldKey => {
                let now = self.place.context.clock.now();
                self.record.revoked = self.record.revoked.or(Some(now));
                self.move_policies(PolicyMove::Revoke, policies, self.new).await
            }
            RotationNext::ForgetOldKey => {
                self.move_policies(PolicyMove::ForgetOld, policies, self.new).await
            }
            RotationNext::LiftRevocation => {
                self.move_policies(PolicyMove::Lift, policies, self.new).await
            }
            RotationNext::RollBack => self.bring_pair(self.old).await,
            RotationNext::UnbindNewKey => {
                self.move_policies(PolicyMove::ForgetNew, policies, acting).await
            }
            RotationNext::EraseGenerations => self.end_rotation(),
            RotationNext::AwaitDeletion => Ok(()),
            RotationNext::TooLate => Err(self.refuse_way_back()),
        }
    }

    /// Brings a pair to env file, services and Modal. Where datalake does not restart the services, a
    /// person owes that from now on.
    async fn bring_pair(&mut self, side: KeySide<'a>) -> Result<(), OperationError> {
        if self.place.dagster_host.is_none() {
            self.record.owes_restart = true;
            self.keep_record()?;
        }
        self.place.roll_out(side).await
    }

    fn end_rotation(&mut self) -> Result<(), OperationError> {
        let context = self.place.context;
        let folder = RotationFolder(context);
        // In this order: a record that is open needs its pairs. Runs of one second are dated after each
        // other, so the last one may be dated after now.
        let history = context.history()?;
        let last = history.iter().map(|receipt| receipt.started).max();
        let now = context.clock.now();
        self.record.ended = Some(last.map_or(now, |last| last.max(now)));
        folder.write_record(&self.record)?;
        folder.erase_pairs()
    }

    fn refuse_way_back(&self) -> OperationError {
        let message = format!("the service does not know key `{}` any more", self.record.old.key);
        OperationError::new(ErrorKind::Config, message)
            .advise(Advice::naming("there is only the way on: {}", [AdvisedCommand::FinishKey]))
    }

    /// What a person can do where the old key is refused and the new one was deleted.
    async fn explain_shut_out(&self, error: OperationError) -> OperationError {
        let answer = self.new.store.reach().await;
        if !answer.is_err_and(|fault| fault.kind == FaultKind::UnknownAccessKey) {
            return error;
        }
        let keys = self.record.find_succession();
        let message = format!(
            "the service does not know key `{}`, and the policies refuse key `{}`",
            keys.new, keys.old
        );
        let words = format!(
            "make a fresh key of the project in the Console: no policy names it, so it gets in. With it \
             remove the statement `{}` from the policy of each bucket, then go back: {{}}",
            keys.name_revocation()
        );
        OperationError::new(ErrorKind::Config, message)
            .advise(Advice::naming(&words, [AdvisedCommand::AbortKey]))
    }

    /// Looks at the old key, at all policies, at the host and at Modal.
    async fn observe_world(&self) -> Result<SeenRotation<'a>, OperationError> {
        let old_key = self.place.tell_long_look(SERVICE, self.ask_old_key()).await;
        let keys = self.record.find_succession();
        let judge = |policies: &[BucketPolicy]| -> Vec<_> {
            policies.iter().map(|found| found.judge_keys(&keys)).collect()
        };
        let mut acting = self.old;
        let mut policies = match old_key {
            OldKeyAnswer::Known => {
                let reading = self.place.read_policies(self.old);
                self.place.tell_long_look(SERVICE, reading).await.ok()
            }
            OldKeyAnswer::Deleted | OldKeyAnswer::Unclear(_) => None,
        };
        let is_refused = |policies: &Vec<BucketPolicy>| {
            judge(policies).iter().any(|bucket| bucket.has_revocation)
        };
        if policies.as_ref().is_none_or(is_refused) {
            acting = self.new;
            policies = match self.place.read_policies(self.new).await {
                Ok(policies) => Some(policies),
                Err(error) => return Err(self.explain_shut_out(error).await),
            };
        }
        let policies = policies.unwrap_or_default();
        let host = self.look_at_host(acting).await?;
        let facts = RotationFacts { buckets: judge(&policies), host, old_key };
        Ok(SeenRotation { facts, policies, acting })
    }

    async fn look_at_host(&self, acting: KeySide<'_>) -> Result<HostKey, OperationError> {
        if self.place.is_in_step(self.new, acting).await? {
            return Ok(HostKey::New);
        }
        let is_old = self.place.is_in_step(self.old, acting).await?;
        Ok(if is_old { HostKey::Old } else { HostKey::Between })
    }
}
