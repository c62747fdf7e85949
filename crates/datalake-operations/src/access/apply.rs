//! Policies stored, and put back where requests show that they do not hold.

use std::fmt;

use datalake_core::fault::Target;
use datalake_core::plan::Plan;
use datalake_core::receipt::{Receipt, plan_rollback};
use datalake_engine::{Ports, apply};
use schemars::JsonSchema;
use serde::Serialize;

use super::{AccessProofReport, AccessProver, Adoption, AdoptionReport};
use crate::runs::prepare_run;
use crate::{
    Advice, AdvisedCommand, ErrorKind, HostContext, OperationError, RunReporter, RunStage,
    carry_out_back, refuse_other_work, rehearse_back,
};

/// A run that stores policies.
pub struct AccessRun<'a> {
    /// Where its records lie.
    pub context: &'a HostContext<'a>,
    /// Is told each step.
    pub reporter: &'a dyn RunReporter,
}

/// What a run has stored, and what requests have shown of it.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct AppliedAccess {
    /// What was done; `null` where there was nothing to do.
    pub receipt: Option<Receipt>,
    /// What requests have shown; `null` where none were to be sent.
    pub proof: Option<AccessProofReport>,
    /// The objects that were made the bucket's own; `null` where that was not to be done.
    pub adopted: Option<AdoptionReport>,
}

impl AppliedAccess {
    /// Whether a role was stored and not proved: its secret was not at hand.
    #[must_use]
    pub fn leaves_some(&self) -> bool {
        self.proof.as_ref().is_some_and(AccessProofReport::leaves_some)
    }

    /// What a person reads at the end of such a run; `program` is how datalake is called.
    #[must_use]
    pub fn describe_end(&self, program: &str) -> String {
        let mut text = self.to_string();
        if self.leaves_some() {
            text += "Stored and not proved. With a key at hand: ";
            text += &format!("{program} access prove --key-file FILE\n");
        }
        if let Some(receipt) = &self.receipt {
            text += &format!("\nUndo: {program} rollback {}\n", receipt.run);
        }
        text
    }
}

impl fmt::Display for AppliedAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(adopted) = &self.adopted {
            write!(f, "{adopted}")?;
        }
        self.proof.as_ref().map_or(Ok(()), |proof| write!(f, "\n{proof}"))
    }
}

impl AccessRun<'_> {
    /// Refuses to go on where a run about other things has not come to its end.
    ///
    /// # Errors
    ///
    /// [`OperationError`] that names the run.
    pub fn refuse_other_work(&self) -> Result<(), OperationError> {
        refuse_other_work(self.context, |target| matches!(target, Target::Access(_)))
    }

    /// Carries the plan out, under the lock, and has it proved. Where the requests show that it does not
    /// hold, the old documents are put back.
    ///
    /// # Errors
    ///
    /// [`OperationError`]; it says whether the old documents are back.
    pub async fn carry_out(
        &self,
        plan: &Plan,
        prover: &AccessProver<'_>,
        ports: &Ports<'_>,
    ) -> Result<AppliedAccess, OperationError> {
        let receipt = self.store_policies(plan, ports).await?;
        let error = match prover.prove_policies().await {
            Ok(proof) if !proof.has_failed() => {
                let (receipt, proof) = (Some(receipt), Some(proof));
                return Ok(AppliedAccess { receipt, proof, adopted: None });
            }
            Ok(proof) => refuse_proof(&proof),
            Err(error) => error.within("the policies cannot be proved"),
        };
        Err(self.put_back(&receipt, error, ports).await)
    }

    /// Makes the objects of other projects the bucket's own, and takes our statements out after that: the
    /// other way round nobody of the bucket's project could read them any more.
    ///
    /// # Errors
    ///
    /// [`OperationError`]; where an object stays another project's, the policies stay too.
    pub async fn reset_access(
        &self,
        plan: &Plan,
        adoption: &Adoption<'_>,
        ports: &Ports<'_>,
    ) -> Result<AppliedAccess, OperationError> {
        let adopted = adoption.carry_out().await?;
        // What was written behind the listing meanwhile is counted once more.
        let again = Adoption { dry_run: true, ..*adoption };
        if !adopted.is_whole() || !again.carry_out().await?.is_whole() {
            let message = "objects are still another project's: without the policy no one in the \
                           bucket's project could read them";
            return Err(OperationError::new(ErrorKind::Partly, message)
                .advise(adopted.to_string().trim_end().to_owned())
                .advise("the policies are as they were"));
        }
        let receipt = self.store_policies(plan, ports).await?;
        Ok(AppliedAccess { receipt: Some(receipt), proof: None, adopted: Some(adopted) })
    }

    async fn store_policies(
        &self,
        plan: &Plan,
        ports: &Ports<'_>,
    ) -> Result<Receipt, OperationError> {
        let run = prepare_run(self.context, plan, ports.fingerprints)?;
        self.reporter.begin(RunStage::Applying);
        Ok(apply(run, self.reporter.watch().as_ref(), ports).await?)
    }

    async fn put_back(
        &self,
        receipt: &Receipt,
        error: OperationError,
        ports: &Ports<'_>,
    ) -> OperationError {
        self.reporter.begin(RunStage::GoingBack);
        let undone = async {
            let back = rehearse_back(plan_rollback(receipt), ports).await?;
            Ok::<_, OperationError>(carry_out_back(&back, receipt, self.reporter, ports).await?)
        };
        match undone.await {
            Ok(_) => error.advise("the policies are as before this run"),
            Err(more) => error.and(more).under(ErrorKind::Partly).advise(Advice::naming(
                "put the old policies back: {}",
                [AdvisedCommand::Rollback(Some(receipt.run.clone()))],
            )),
        }
    }
}

/// What is not as it should be, in an error.
pub(super) fn refuse_proof(proof: &AccessProofReport) -> OperationError {
    let mut error = OperationError::new(ErrorKind::Mismatch, "a policy does not hold");
    let roles = proof
        .buckets
        .iter()
        .flat_map(|bucket| bucket.roles.iter().map(move |role| (&bucket.bucket, role)));
    for (bucket, role) in roles {
        for trial in role.trials.iter().filter(|trial| !trial.holds) {
            error = error.advise(format!("{bucket}, role {}: {trial}", role.role));
        }
    }
    error
}
