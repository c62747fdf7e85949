//! A provision from the look to the proof.

use datalake_core::plan::{Observation, Plan};
use datalake_core::receipt::Receipt;
use datalake_desired::ProvisionInput;
use datalake_engine::Ports;

use super::{
    ForwardRun, RunReporter, find_plan_obstacles, look_and_plan, prove_provision, require_no_link,
    require_writable,
};
use crate::{DagsterHost, HostContext, OperationError, check_with_generator, refuse_obstacles};

/// A provision of one place.
pub struct ProvisionRun<'a> {
    /// Where it works.
    pub context: &'a HostContext<'a>,
    /// What it is about.
    pub input: ProvisionInput<'a>,
    /// The deployment whose services are restarted, if they are.
    pub dagster_host: Option<&'a DagsterHost>,
}

/// What a provision would do, and what it has seen.
pub struct PlannedProvision {
    /// What was seen.
    pub observation: Observation,
    /// What is to be done: nothing, if the place is as the spec wants it.
    pub plan: Plan,
}

/// A plan that would come to its end, for all that is known.
pub struct CheckedProvision {
    /// What is to be done.
    pub planned: PlannedProvision,
    /// What the installed quadlet generator says of the changed files, in a line; nothing where it was
    /// not asked.
    pub generator_note: String,
}

impl ProvisionRun<'_> {
    /// Looks at everything and plans. Nothing is changed.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the place cannot be looked at, or somebody else is at work there.
    pub async fn plan(&self, ports: &Ports<'_>) -> Result<PlannedProvision, OperationError> {
        let (observation, plan) = look_and_plan(&self.input, ports).await?;
        Ok(PlannedProvision { observation, plan })
    }

    /// Checks what no look at single things tells. Nothing is changed.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for a plan that would take something away from others, write through a
    /// link, stop half-way, or leave a unit broken.
    pub async fn check(
        &self,
        planned: PlannedProvision,
    ) -> Result<CheckedProvision, OperationError> {
        let (input, context, plan) = (&self.input, self.context, &planned.plan);
        refuse_obstacles(&find_plan_obstacles(input, plan))?;
        let mut generator_note = String::new();
        if !plan.is_empty() {
            require_no_link(context, plan)?;
            require_writable(context, plan)?;
            generator_note = check_with_generator(context, input, plan).await?;
        }
        Ok(CheckedProvision { planned, generator_note })
    }

    /// Carries the plan out, under the lock, and proves it by a second look.
    ///
    /// # Errors
    ///
    /// [`OperationError`]; where it says that a service does not stand the change, all is as before.
    pub async fn carry_out(
        &self,
        checked: &CheckedProvision,
        reporter: &dyn RunReporter,
        ports: &Ports<'_>,
    ) -> Result<Receipt, OperationError> {
        let ProvisionInput { spec, run, keys, fingerprints, .. } = self.input;
        let plan = &checked.planned.plan;
        let forward = ForwardRun {
            context: self.context,
            reporter,
            dagster_host: self.dagster_host,
            user: &spec.host.user,
            run,
            plan,
            keys: Some(keys),
            fingerprints,
        };
        let receipt = forward.carry_out_but_modal(ports).await?;
        prove_provision(&self.input, &receipt, ports).await?;
        Ok(receipt)
    }
}
