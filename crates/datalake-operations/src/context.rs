//! Where operations work.

use std::sync::LazyLock;

use datalake_core::fault::{Fault, FaultKind, Target};
use datalake_core::receipt::History;
use datalake_core::secret::FingerprintKey;
use datalake_desired::list_usual_variables;
use datalake_engine::{
    Checkpoints, Clock, Dagster, Files, Machine, NoCheckpoints, NoSecrets, NoTimers, NoVault,
    ObjectStore, Ports, Records, StateFolder,
};

use crate::{ErrorKind, OperationError};

/// Where operations work: the host's files, datalake's own folder, time, and the machine itself.
#[derive(Clone, Copy)]
pub struct HostContext<'a> {
    /// The managed host's files.
    pub files: &'a dyn Files,
    /// datalake's own folder.
    pub state: &'a dyn StateFolder,
    /// What that folder is called.
    pub state_name: &'a str,
    /// Time and randomness.
    pub clock: &'a dyn Clock,
    /// Where a test may stop a run.
    pub checkpoints: &'a dyn Checkpoints,
    /// The machine on which services run; `None` in a sandbox, and below another root.
    pub machine: Option<&'a dyn Machine>,
    /// What stands for the host's root; `None` where that is this machine's.
    pub root_name: Option<&'a str>,
    /// The names of the variables that the spec has containers given.
    pub variables: &'a [String],
}

/// What every spec has containers given.
static USUAL_VARIABLES: LazyLock<Vec<String>> = LazyLock::new(|| list_usual_variables(false));

impl<'a> HostContext<'a> {
    /// The names of the variables that every spec has containers given.
    #[must_use]
    pub fn usual_variables() -> &'static [String] {
        &USUAL_VARIABLES
    }

    /// Files, a state folder and a clock that stand for a host, without services that run on it.
    #[must_use]
    pub fn new(files: &'a dyn Files, state: &'a dyn StateFolder, clock: &'a dyn Clock) -> Self {
        Self {
            files,
            state,
            state_name: "state",
            clock,
            checkpoints: &NoCheckpoints,
            machine: None,
            root_name: None,
            variables: Self::usual_variables(),
        }
    }

    /// Journal, receipts and copies.
    #[must_use]
    pub fn records(&self) -> Records<'a> {
        Records(self.state)
    }

    /// The key that fingerprints of this place are made with.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where it cannot be read.
    pub fn fingerprint_key(&self) -> Result<FingerprintKey, OperationError> {
        self.records().fingerprint_key(self.clock).map_err(|fault| self.state_error(fault))
    }

    /// All ports together, but for podman's secrets and Modal.
    #[must_use]
    pub fn ports(
        &self,
        store: &'a dyn ObjectStore,
        dagster: &'a dyn Dagster,
        fingerprints: &'a FingerprintKey,
    ) -> Ports<'a> {
        Ports {
            store,
            dagster,
            timers: self.machine.map_or(&NoTimers, |machine| machine.ask_timers()),
            secrets: &NoSecrets,
            vault: &NoVault,
            files: self.files,
            state: self.state,
            clock: self.clock,
            checkpoints: self.checkpoints,
            fingerprints,
        }
    }

    /// What runs have done here.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where a record cannot be read.
    pub fn history(&self) -> Result<History, OperationError> {
        self.records().history().map_err(|fault| self.state_error(fault))
    }

    /// Whether it is this machine itself, whose services can be asked.
    #[must_use]
    pub fn is_this_machine(&self) -> bool {
        self.machine.is_some()
    }

    /// A fault of datalake's own folder.
    #[must_use]
    pub fn state_error(&self, fault: Fault) -> OperationError {
        let place = format!("folder `{}`", self.state_name);
        let is_denied = fault.kind == FaultKind::Denied;
        if matches!(fault.kind, FaultKind::Unreadable | FaultKind::TooLarge) {
            let error = OperationError::at(&Target::Service, &fault).under(ErrorKind::Io);
            let messages = vec![place, "a file in it cannot be used".to_owned(), fault.detail];
            return OperationError { messages, advice: Vec::new(), ..error }
                .advise("without that file its run is forgotten: move it away only if need be");
        }
        let error = OperationError::of_file(&fault).at_place(place);
        if !is_denied {
            return error;
        }
        OperationError { advice: Vec::new(), ..error }.advise(
            "run it as the folder's owner, or name a folder for datalake that only you may write \
             to: `--state DIR`",
        )
    }
}
