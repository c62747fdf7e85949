//! The secret alone, by the same steps as in a provision.

use datalake_core::fault::FaultKind;
use datalake_core::plan::{
    Blocker, DesiredVault, Found, Observed, Plan, plan_vault, plan_vault_anew, plan_vault_clearing,
    plan_vault_removal, rehearse,
};
use datalake_core::secret::{Credentials, FingerprintKey};
use datalake_core::spec::{ModalSpec, Spec};
use datalake_desired::desire_vault;
use datalake_engine::ModalAccount;

use super::left::{LeftSecret, find_left_secret};
use crate::{
    Advice, AdvisedCommand, ErrorKind, HostContext, OperationError, question_to_vault,
    read_vault_past,
};

/// What a secret is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretGoal {
    /// It is to hold what the containers are given.
    InStep {
        /// Whether variables of others may go where it can only be replaced as a whole.
        may_replace: bool,
        /// Whether all is stored again where it seems to be in step.
        is_forced: bool,
    },
    /// It is to hold nothing of datalake's.
    Cleared,
    /// It is not to be there.
    Gone,
}

/// The secret of a spec, and what it is known by.
#[derive(Clone, Copy)]
pub struct SecretInHand<'a> {
    /// Where runs are kept.
    pub context: &'a HostContext<'a>,
    /// The spec.
    pub spec: &'a Spec,
    /// Its part about Modal.
    pub modal: &'a ModalSpec,
    /// The key pair.
    pub keys: &'a Credentials,
    /// Recognises contents.
    pub fingerprints: &'a FingerprintKey,
}

impl SecretGoal {
    /// Whether variables of others may go as well.
    #[must_use]
    pub fn may_replace(self) -> bool {
        match self {
            Self::InStep { may_replace, .. } => may_replace,
            Self::Cleared => false,
            Self::Gone => true,
        }
    }

    /// What holds once it is reached.
    #[must_use]
    pub fn forget_reach(self) -> Self {
        match self {
            Self::InStep { may_replace, .. } => Self::InStep { may_replace, is_forced: false },
            Self::Cleared | Self::Gone => self,
        }
    }
}

impl SecretInHand<'_> {
    /// Plans the way to the goal. Nothing is changed.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where it is not known how the secret stands, or it is somebody else's.
    pub async fn plan(
        &self,
        goal: SecretGoal,
        account: &dyn ModalAccount,
    ) -> Result<Plan, OperationError> {
        let desired = self.find_desired()?;
        let (secret, question) = question_to_vault(&desired);
        let mut observed = Observed::nothing();
        let found = Found::from_answer(account.look(&secret, &question).await);
        observed.vault.insert(secret, found);
        let plan = match goal {
            SecretGoal::InStep { is_forced: true, .. } => plan_vault_anew(&desired, &observed)?,
            SecretGoal::InStep { .. } => plan_vault(&desired, &observed)?,
            SecretGoal::Cleared => {
                plan_vault_clearing(&desired, &observed).map_err(refuse_unproven)?
            }
            SecretGoal::Gone => plan_vault_removal(&desired, &observed)?,
        };
        let conflicts = rehearse(&plan, &observed);
        if conflicts.is_empty() { Ok(plan) } else { Err(conflicts.into()) }
    }

    /// Looks again: the plan after an apply is empty.
    ///
    /// # Errors
    ///
    /// [`OperationError`] of kind `Mismatch` where it is not.
    pub async fn prove(
        &self,
        goal: SecretGoal,
        account: &dyn ModalAccount,
    ) -> Result<(), OperationError> {
        if self.plan(goal.forget_reach(), account).await?.is_empty() {
            return Ok(());
        }
        Err(OperationError::new(ErrorKind::Mismatch, "after the run the secret is not as planned")
            .advise(Advice::naming(
                "someone else is changing it: {}",
                [AdvisedCommand::ModalSecretStatus],
            )))
    }

    /// The secret, where it is there after datalake's variables were to be taken out of it.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where that is unknown.
    pub async fn find_left(
        &self,
        goal: SecretGoal,
        account: &dyn ModalAccount,
    ) -> Result<Option<LeftSecret>, OperationError> {
        if goal != SecretGoal::Cleared {
            return Ok(None);
        }
        let secret = &self.modal.secret;
        let target = datalake_core::fault::Target::Vault(secret.clone());
        let left = find_left_secret(secret, account).await;
        left.map_err(|fault| OperationError::at(&target, &fault))
    }

    /// The secret as it has to be, with what is known from earlier runs by now.
    fn find_desired(&self) -> Result<DesiredVault, OperationError> {
        let past = read_vault_past(self.context, &self.modal.secret, self.fingerprints)?;
        let desired = desire_vault(self.spec, self.keys, self.fingerprints, &past)?;
        desired.ok_or_else(|| OperationError::new(ErrorKind::Bug, "a secret of no name"))
    }
}

/// What to do about variables that may be somebody else's.
fn refuse_unproven(Blocker { target, fault }: Blocker) -> OperationError {
    if fault.kind != FaultKind::Disturbed {
        return OperationError::at(&target, &fault);
    }
    OperationError::new(ErrorKind::Mismatch, format!("{target}: {}", fault.detail))
        .advise(Advice::naming("to remove all of it: {}", [AdvisedCommand::DeleteModalSecret]))
        .advise(Advice::naming(
            "to have datalake's values in it again: {}",
            [AdvisedCommand::SyncModalSecret],
        ))
}
