//! Secrets that podman has lost while it was to replace them.

use std::collections::BTreeSet;

use datalake_core::fault::{Fault, FaultKind, Target};
use datalake_core::host::UnitName;
use datalake_core::plan::{Action, Guard, Step};
use datalake_core::receipt::{History, Outcome, RunState};
use datalake_core::secret::PodmanSecret;

use crate::ports::Ports;
use crate::records::Records;

/// Has podman keep a value again that `step` has lost half-way: podman drops the old value before it
/// keeps the new one, and a fault in between leaves none.
///
/// The value from before comes back, or, on a way back, the one that it was to bring back: these are
/// the ones of which there is a copy. What is not absent, or was never the step's to lose, stays.
pub(crate) async fn mend_step(step: &Step, ports: &Ports<'_>) -> Result<(), Fault> {
    let Guard::SecretIs(name, before) = &step.guard else { return Ok(()) };
    let print = match &step.action {
        Action::StoreSecret { .. } => before,
        Action::RestoreSecret { print, .. } => print,
        // A removal that left nothing behind is done.
        Action::RemoveSecret(_)
        | Action::CreateBucket(_)
        | Action::ProveAccess(..)
        | Action::SetVersioning(..)
        | Action::SetLifecycle(..)
        | Action::SetPolicy(..)
        | Action::SetPublicAccess(..)
        | Action::CreateFolder { .. }
        | Action::RemoveFolder(_)
        | Action::WriteFile { .. }
        | Action::RestoreFile { .. }
        | Action::RemoveFile(_)
        | Action::SettleServices(_)
        | Action::SettleTimers(_)
        | Action::ProveContainers { .. }
        | Action::StoreVault { .. }
        | Action::RestoreVault { .. }
        | Action::RemoveVault(_)
        | Action::ClearVault(..)
        | Action::RollOver(_) => return Ok(()),
    };
    match ports.secrets.look(name).await {
        Err(fault) if fault.kind == FaultKind::Absent => (),
        // Nobody knows, which is no reason to change anything.
        Ok(_) | Err(_) => return Ok(()),
    }
    let stored = match Records(ports.state).copy(*print, ports.fingerprints) {
        // The step keeps a copy before it changes anything: it was somebody else.
        Err(fault) if fault.kind == FaultKind::Disturbed => return Ok(()),
        Err(fault) => Err(fault),
        Ok(value) => ports.secrets.store(name, &value).await,
    };
    stored.map_err(|fault| lose_secret(name, &fault))
}

/// The same for what earlier runs have lost and could not put back themselves, podman being out of
/// reach or its disk full. Without it the next plan would begin from "absent".
///
/// Of each secret the last step that was begun counts, while its run stands unfinished.
pub(crate) async fn mend_earlier(history: &History, ports: &Ports<'_>) -> Result<(), Fault> {
    let mut known = BTreeSet::new();
    for receipt in history.iter().rev() {
        let may_have_lost =
            history.state(receipt) == RunState::Unfinished && are_of(receipt.user.as_ref(), ports);
        let begun = receipt.steps.iter().filter(|taken| taken.outcome != Outcome::NotBegun);
        for taken in begun.rev() {
            let Target::Secret(name) = taken.step.action.target() else { continue };
            if known.insert(name) && may_have_lost && !taken.is_done() {
                mend_step(&taken.step, ports).await?;
            }
        }
    }
    Ok(())
}

/// Whether a run for `user` was about these secrets: another user's podman must not be given any.
pub(crate) fn are_of(user: Option<&UnitName>, ports: &Ports<'_>) -> bool {
    match (user, ports.secrets.user()) {
        (Some(user), Some(owner)) => user == owner,
        (None, _) | (_, None) => true,
    }
}

fn lose_secret(name: &PodmanSecret, fault: &Fault) -> Fault {
    let detail = format!(
        "podman has lost the secret `{name}` while a run replaced it, and it cannot be put back: \
         {fault}"
    );
    Fault::new(fault.kind, detail)
}
