//! What a provision begins with.

use datalake_core::host::UserAccount;
use datalake_core::secret::{Credentials, FingerprintKey};
use datalake_core::spec::Spec;
use datalake_core::time::RunId;
use datalake_desired::{
    HandoverChoice, HostEnvironment, HostPaths, ProvisionInput, Restart, VaultPast, list_variables,
};

use super::{choose_restart, read_past};
use crate::{ErrorKind, HostContext, OperationError, choose_handover, look_at_host};

/// The key pair of the bucket, and the key that recognises contents.
#[derive(Clone, Copy)]
pub struct RunKeys<'a> {
    /// The key pair.
    pub keys: &'a Credentials,
    /// Recognises contents.
    pub fingerprints: &'a FingerprintKey,
}

/// What a provision begins with, read once from host and records.
pub struct ProvisionBasis<'a> {
    /// The spec.
    pub spec: &'a Spec,
    /// The key pair.
    pub keys: &'a Credentials,
    /// Recognises contents.
    pub fingerprints: &'a FingerprintKey,
    /// The service user.
    pub account: UserAccount,
    /// Where things lie.
    pub places: HostPaths,
    /// How the settings reach the containers.
    pub way: HandoverChoice,
    /// What was in Modal earlier; `None` where the spec knows none.
    pub past: Option<VaultPast>,
    /// Whether services are restarted.
    pub restart: Restart,
    /// The run that the plan is for.
    pub run: RunId,
}

impl<'a> ProvisionBasis<'a> {
    /// Reads it; `are_services_changed` says whether the run may restart services.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where there is no such user, podman cannot do what is asked for, or a
    /// record cannot be read.
    pub async fn read(
        context: &HostContext<'_>,
        spec: &'a Spec,
        run_keys: &RunKeys<'a>,
        are_services_changed: bool,
    ) -> Result<Self, OperationError> {
        let RunKeys { keys, fingerprints } = *run_keys;
        if spec.host.units.is_empty() {
            let message = "no unit is named: `find_host_units` finds those of a host";
            return Err(OperationError::new(ErrorKind::Config, message));
        }
        // The spec at hand says what is handed over, whoever has made the context.
        let variables = list_variables(spec);
        let context = &HostContext { variables: &variables, ..*context };
        let (account, places) = look_at_host(context, &spec.host)?;
        Ok(Self {
            way: choose_handover(context, &spec.host, &account).await?,
            past: read_past(context, spec, fingerprints)?,
            restart: choose_restart(context, are_services_changed)?,
            run: RunId::new(context.clock.now(), context.clock.random()),
            spec,
            keys,
            fingerprints,
            account,
            places,
        })
    }

    /// The same as the input of a plan; `host_environment` says what becomes of `EnvironmentHost=true`.
    #[must_use]
    pub fn input(&self, host_environment: HostEnvironment) -> ProvisionInput<'_> {
        ProvisionInput {
            spec: self.spec,
            keys: self.keys,
            account: &self.account,
            places: &self.places,
            way: &self.way,
            fingerprints: self.fingerprints,
            run: &self.run,
            restart: self.restart,
            host_environment,
            past: self.past.as_ref(),
        }
    }
}
