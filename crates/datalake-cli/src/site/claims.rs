//! The locks of a run: that of datalake's own folder, and that of the host that it changes.

use clap::CommandFactory;
use datalake_core::{HostPath, UnitName};
use datalake_engine::{Clock, Lock, LockFault, StateFolder};
use datalake_host::{find_user, lock_target};

use super::Site;
use crate::args::Cli;
use crate::failure::Failure;

/// Both locks of a run.
struct Claims {
    _state: Box<dyn Lock>,
    _host: Option<Box<dyn Lock>>,
}

impl Lock for Claims {}

impl Site {
    /// Takes the locks for a command that changes something: no other run uses the same records, and
    /// none with records elsewhere changes the same host.
    ///
    /// # Errors
    ///
    /// [`Failure`] naming the run that holds one of them.
    pub(crate) fn lock(&self, command: &str) -> Result<Box<dyn Lock>, Failure> {
        let (process, now) = (std::process::id(), self.clock.now());
        let holder = format!("process {process}, `datalake {command}`, since {now}");
        let state = self.state.lock(&holder).map_err(|error| match error {
            LockFault::Unusable(fault) => self.state_failure(&fault),
            held => held.into(),
        })?;
        // Without a service user there is no host to change; a command that needs one says so.
        let user = self.settings.host().ok().map(|host| host.user);
        let host = user.map_or(Ok(None), |user| self.lock_host(&user))?;
        Ok(Box::new(Claims { _state: state, _host: host }))
    }

    /// Takes the lock of what lies at that user's home: the folder of the env file may be about to
    /// come into being. `None` where there is no such user, or no home that can be opened.
    ///
    /// # Errors
    ///
    /// [`Failure`] naming the run that holds it.
    pub(crate) fn lock_host(&self, user: &UnitName) -> Result<Option<Box<dyn Lock>>, Failure> {
        match find_user(&self.host, user.as_str()) {
            Ok(account) => self.lock_folder(&account.home),
            Err(_) => Ok(None),
        }
    }

    fn lock_folder(&self, folder: &HostPath) -> Result<Option<Box<dyn Lock>>, Failure> {
        match self.host.identify_folder(folder) {
            Ok(id) => lock_by_name(&format!("folder/{id}")).map(Some),
            // What cannot be opened cannot be changed either: the command says so at what it needs.
            Err(_) => Ok(None),
        }
    }
}

/// Takes the lock of a target, whoever else may want it.
///
/// # Errors
///
/// [`Failure`] naming the process that holds it.
pub(crate) fn lock_by_name(target: &str) -> Result<Box<dyn Lock>, Failure> {
    let program = Cli::command();
    let is_command = |word: &str| program.find_subcommand(word).is_some();
    lock_target(target, is_command).map_err(Failure::from)
}
