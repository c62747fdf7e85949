//! The locks of a run: that of datalake's own folder, and that of the host that it changes.

use datalake_core::host::UnitName;
use datalake_engine::{Clock, Lock, LockFault, StateFolder, find_user};
use datalake_host::{StateRecords, lock_target};
use rustix::process::geteuid;

use super::Site;
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
        let host = user.map_or(Ok(None), |user| self.lock_host(&user, command))?;
        Ok(Box::new(Claims { _state: state, _host: host }))
    }

    /// Takes the lock of what lies at that user's home: the folder of the env file may be about to
    /// come into being. `None` where there is no such user, or no home that can be opened.
    ///
    /// # Errors
    ///
    /// [`Failure`] naming the run that holds it.
    pub(crate) fn lock_host(
        &self,
        user: &UnitName,
        command: &str,
    ) -> Result<Option<Box<dyn Lock>>, Failure> {
        let Ok(account) = find_user(&self.host, user.as_str()) else { return Ok(None) };
        // What cannot be opened cannot be changed either: the command says so at what it needs.
        let Ok(id) = self.host.identify_folder(&account.home) else { return Ok(None) };
        let caller = geteuid();
        let owner = if caller.is_root() { account.owner.uid } else { caller.as_raw() };
        let holder = self.holder(&format!(", `datalake {command}`"));
        lock_target(owner, &format!("host-{id}"), &holder).map(Some).map_err(Failure::from)
    }

    /// The folders in which transfers keep records, and the locks of their pairs. Root keeps the
    /// service user out, too.
    #[must_use]
    pub(crate) fn record_folders(&self) -> StateRecords {
        let caller = geteuid();
        let service = match self.settings.host() {
            Ok(host) if caller.is_root() => find_user(&self.host, host.user.as_str()).ok(),
            Ok(_) | Err(_) => None,
        };
        let other = service.map(|account| account.owner.uid).filter(|user| *user != 0);
        let users = [caller.as_raw()].into_iter().chain(other).collect();
        StateRecords::new(&self.state_path, users, self.holder(""))
    }

    fn holder(&self, command: &str) -> String {
        let (process, user) = (std::process::id(), geteuid());
        format!("process {process} of user {user}{command}, since {}", self.clock.now())
    }
}
