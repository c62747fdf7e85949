//! Where a key pair is changed, and how such a change begins.

use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::policy::{AccessPolicy, KeySuccession, PolicyText, ProofPace, SpecRole};
use datalake_core::rotation::{
    KeyTrouble, RotationRecord, SeenKey, find_key_troubles, find_new_key_troubles,
};
use datalake_core::s3::BucketName;
use datalake_core::spec::Spec;
use datalake_engine::{ModalAccount, Ports};

use super::{KeySide, RotationFolder};
use crate::{
    Advice, AdvisedCommand, DagsterHost, ErrorKind, HostContext, OperationError, RunReporter,
};

/// Where a key pair is changed.
#[derive(Clone, Copy)]
pub struct RotationPlace<'a> {
    /// The host, and where records lie.
    pub context: &'a HostContext<'a>,
    /// The spec.
    pub spec: &'a Spec,
    /// The roles of the spec.
    pub roles: &'a [SpecRole],
    /// The deployment whose services are restarted, if they are.
    pub dagster_host: Option<&'a DagsterHost>,
    /// Modal, where the spec names apps.
    pub modal: Option<&'a dyn ModalAccount>,
    /// All ports; the store is that of the pair that acts.
    pub ports: Ports<'a>,
    /// How often, and for how long, a policy has to act before it is relied on.
    pub pace: ProofPace,
    /// Is told each step.
    pub reporter: &'a dyn RunReporter,
    /// Is told what is waited for.
    pub tell: &'a (dyn Fn(&str) + Sync),
}

/// What a look at keys and policies waits for.
pub(super) const SERVICE: &str = "the service's answers about both key pairs";

/// A bucket and its policy.
pub(super) struct BucketPolicy {
    pub(super) bucket: BucketName,
    pub(super) text: Option<PolicyText>,
    pub(super) policy: Option<AccessPolicy>,
}

impl RotationPlace<'_> {
    /// Begins a change: both pairs are checked, and kept until it is over. Nothing else is changed yet.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where one of the pairs cannot be used, a policy speaks of the new key already,
    /// or the host is not as the spec wants it.
    pub async fn begin_rotation(
        &self,
        old: KeySide<'_>,
        new: KeySide<'_>,
    ) -> Result<RotationRecord, OperationError> {
        let buckets = self.spec.list_buckets();
        let asked = async { (old.ask_service(&buckets).await, new.ask_service(&buckets).await) };
        let (present, next) = self.tell_long_look(SERVICE, asked).await;
        refuse_troubles(&find_key_troubles(&present))?;
        let project = present.project.map_err(|fault| OperationError::about("the key", &fault))?;
        let keys = KeySuccession { project, old: old.keys.id.clone(), new: new.keys.id.clone() };
        let policies = self.read_policies(old).await?;
        let seen = SeenKey { project: Ok(keys.project.clone()), ..present };
        let troubles = find_new_key_troubles(&seen, &next).into_iter();
        let is_real = |trouble: &KeyTrouble| !is_granted_later(trouble, &policies, &keys);
        refuse_troubles(&troubles.filter(is_real).collect::<Vec<_>>())?;
        refuse_named_key(&policies, &keys)?;
        policies.iter().try_for_each(|found| found.refuse_change(&keys))?;
        self.refuse_roles(&keys)?;
        if !self.is_in_step(old, old).await? {
            let message = "the host is not as the spec wants it with the present key pair";
            return Err(OperationError::new(ErrorKind::Config, message).advise(Advice::naming(
                "bring it in sync first: {}",
                [AdvisedCommand::Provision],
            )));
        }
        let folder = RotationFolder(self.context);
        let last = folder.read_record()?;
        let begun = RotationRecord::begin_after(last.as_ref(), &keys, self.context.clock.now());
        let texts = policies.into_iter().filter_map(|it| Some((it.bucket, it.text?)));
        let record = RotationRecord { buckets, documents: texts.collect(), ..begun };
        folder.erase_pairs()?;
        folder.keep_pair(record.old.number, old.keys)?;
        folder.keep_pair(record.new.number, new.keys)?;
        folder.write_record(&record)?;
        Ok(record)
    }

    /// A role of the spec that is one of the keys would be held by another document after the change.
    fn refuse_roles(&self, keys: &KeySuccession) -> Result<(), OperationError> {
        let is_one = |role: &&SpecRole| role.key == keys.old || role.key == keys.new;
        let Some(role) = self.roles.iter().find(is_one) else { return Ok(()) };
        let message = format!("role `{}` of the spec is key `{}`", role.name, role.key);
        Err(OperationError::new(ErrorKind::Config, message).advise(
            "only the policy limits a role: give it a key that the containers are not given",
        ))
    }

    /// The policies of all buckets, as this pair is shown them.
    pub(super) async fn read_policies(
        &self,
        side: KeySide<'_>,
    ) -> Result<Vec<BucketPolicy>, OperationError> {
        let mut policies = Vec::new();
        for bucket in self.spec.list_buckets() {
            let at_bucket = |fault: Fault| OperationError::at_bucket(&bucket, &fault);
            let text = side.store.policy(&bucket).await.map_err(at_bucket)?;
            let policy = text.as_ref().map(PolicyText::read_policy).transpose();
            let policy = policy.map_err(|error| OperationError::of(ErrorKind::Config, &error))?;
            policies.push(BucketPolicy { bucket, text, policy });
        }
        Ok(policies)
    }

    /// Whole seconds on the clock.
    pub(super) fn elapsed_now(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.context.clock.now().unix()).unwrap_or_default())
    }
}

fn refuse_troubles(troubles: &[KeyTrouble]) -> Result<(), OperationError> {
    let mut troubles = troubles.iter().map(ToString::to_string);
    let Some(first) = troubles.next() else { return Ok(()) };
    Err(troubles.fold(OperationError::new(ErrorKind::Config, first), OperationError::within))
}

/// Whether a bucket refuses the new key only until its policy names it.
fn is_granted_later(trouble: &KeyTrouble, policies: &[BucketPolicy], keys: &KeySuccession) -> bool {
    let KeyTrouble::Bucket(_, bucket, fault) = trouble else { return false };
    let of_bucket = policies.iter().filter(|it| it.bucket == *bucket);
    fault.kind == FaultKind::Denied
        && of_bucket.filter_map(|it| it.policy.as_ref()).any(|it| keys.names_key(&keys.old, it))
}

/// A policy that speaks of the new key already would make it another key than the old one.
fn refuse_named_key(policies: &[BucketPolicy], keys: &KeySuccession) -> Result<(), OperationError> {
    let names = |it: &&BucketPolicy| {
        it.policy.as_ref().is_some_and(|policy| keys.names_key(&keys.new, policy))
    };
    let Some(found) = policies.iter().find(names) else { return Ok(()) };
    let message =
        format!("the policy of bucket `{}` names key `{}` already", found.bucket, keys.new);
    Err(OperationError::new(ErrorKind::Config, message)
        .advise("make a key in the Console that no policy names, and change to that one"))
}
