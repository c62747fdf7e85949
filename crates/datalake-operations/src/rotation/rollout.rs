//! A key pair brought to env file, services and Modal, by the same plan as a provision.

use datalake_core::plan::Pending;
use datalake_core::rotation::stage_restarts;
use datalake_desired::HostEnvironment;
use datalake_engine::Ports;

use super::{KeySide, RotationPlace};
use crate::{
    Advice, AdvisedCommand, ErrorKind, OperationError, ProvisionBasis, ProvisionRun, RunKeys,
};

impl<'a> RotationPlace<'a> {
    /// Whether env file, services and Modal have this pair; the other pair may be the one that looks.
    pub(super) async fn is_in_step(
        &self,
        side: KeySide<'_>,
        looks: KeySide<'_>,
    ) -> Result<bool, OperationError> {
        let basis = self.read_basis(side).await?;
        let ports = Ports { store: looks.store, ..self.ports };
        let run = self.begin_run(&basis);
        let what =
            if self.modal.is_some() { "the host's units and Modal" } else { "the host's units" };
        let plan = self.tell_long_look(what, run.plan(&ports)).await?.plan;
        Ok(plan.is_empty() && plan.pending.is_empty())
    }

    /// Brings a pair to env file, services and Modal. Each group of services is proved before the next
    /// one is restarted; where one does not stand it, all go back.
    pub(super) async fn roll_out(&self, side: KeySide<'_>) -> Result<(), OperationError> {
        let basis = self.read_basis(side).await?;
        let run = self.begin_run(&basis);
        let ports = Ports { store: side.store, ..self.ports };
        let mut planned = run.plan(&ports).await?;
        planned.plan = stage_restarts(planned.plan, &basis.places.group_restarts());
        let mut pending = planned.plan.pending.clone();
        if !planned.plan.is_empty() {
            let checked = run.check(planned).await?;
            pending = run.carry_out(&checked, self.reporter, &ports).await?.pending;
        }
        refuse_pending(&pending)
    }

    async fn read_basis<'b>(&self, side: KeySide<'b>) -> Result<ProvisionBasis<'b>, OperationError>
    where
        'a: 'b,
    {
        let keys = RunKeys { keys: side.keys, fingerprints: self.ports.fingerprints };
        ProvisionBasis::read(self.context, self.spec, &keys, self.dagster_host.is_some()).await
    }

    fn begin_run<'b>(&'b self, basis: &'b ProvisionBasis<'_>) -> ProvisionRun<'b> {
        let input = basis.input(HostEnvironment::Keep);
        ProvisionRun { context: self.context, input, dagster_host: self.dagster_host }
    }
}

/// What Modal has not taken over is not rolled out.
fn refuse_pending(pending: &[Pending]) -> Result<(), OperationError> {
    let Some(first) = pending.first() else { return Ok(()) };
    let error = OperationError::at(&first.target, &first.fault).under(ErrorKind::Partly);
    Err(error.advise(Advice::naming(
        "host and services have the new state, and Modal not yet; then go on: {}",
        [AdvisedCommand::RotateKey],
    )))
}
