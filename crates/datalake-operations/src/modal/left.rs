//! A secret that stays in Modal without datalake's variables.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::modal::ModalObject;
use datalake_core::plan::Action;
use datalake_core::receipt::Receipt;
use datalake_engine::ModalAccount;
use schemars::JsonSchema;
use serde::Serialize;

/// A secret that is still in Modal after datalake's variables were taken out of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftSecret {
    /// The secret, with its environment.
    pub secret: String,
    /// The variables in it; `null` where Modal's client cannot list them.
    pub variables: Option<Vec<String>>,
    /// The version of Modal's client.
    pub client: String,
}

/// The secret, if it is still there.
///
/// # Errors
///
/// A [`Fault`] where that is unknown.
pub async fn find_left_secret(
    secret: &ModalObject,
    account: &dyn ModalAccount,
) -> Result<Option<LeftSecret>, Fault> {
    match account.list_variables(secret).await {
        Ok(found) => Ok(Some(LeftSecret {
            secret: secret.to_string(),
            variables: found.names,
            client: found.version,
        })),
        Err(fault) if fault.kind == FaultKind::Absent => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The secret that a rollback has taken datalake's variables out of.
#[must_use]
pub fn find_cleared_secret(undone: &Receipt) -> Option<&ModalObject> {
    undone.done().find_map(|taken| {
        let Action::ClearVault(secret, _) = &taken.step.action else { return None };
        Some(secret)
    })
}
