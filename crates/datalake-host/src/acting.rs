//! Who acts, and for whom: command lines for the service user's systemd and podman.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, UnitManager, UnitName, UserAccount};
use datalake_engine::{NotTheUser, ServiceName};
use rustix::process::geteuid;

use crate::ProgramCall;
use crate::gate::TrustedUsers;

/// What a question may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What reading all units anew may take: generators run, each as long as systemd lets it.
const LONG_LIMIT: Duration = Duration::from_mins(2);

/// The service user, as seen by the user that this process runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUser {
    name: UnitName,
    account: UserAccount,
    is_itself: bool,
}

impl ServiceUser {
    /// The user `name`, served by a process that runs as user number `caller`.
    ///
    /// # Errors
    ///
    /// [`NotTheUser`] for anyone else than root and the user itself.
    pub fn new(name: &UnitName, account: &UserAccount, caller: u32) -> Result<Self, NotTheUser> {
        let is_itself = caller == account.owner.uid;
        if is_itself || caller == 0 {
            Ok(Self { name: name.clone(), account: account.clone(), is_itself })
        } else {
            Err(NotTheUser { caller, user: name.clone() })
        }
    }

    /// The user's name.
    pub(crate) fn name(&self) -> &UnitName {
        &self.name
    }

    /// The user's number.
    #[must_use]
    pub fn uid(&self) -> u32 {
        self.account.owner.uid
    }

    /// The user's own group.
    pub(crate) fn gid(&self) -> u32 {
        self.account.owner.gid
    }

    /// Whether this process runs as the user itself, not as root.
    pub(crate) fn is_itself(&self) -> bool {
        self.is_itself
    }

    /// Refuses where no systemd runs for the user. Without this look, `-M` would start one for the
    /// length of a command alone, and podman would make a mess of its own.
    pub(crate) fn require_manager(&self) -> Result<(), Fault> {
        let folder = self.account.manager_folder();
        if Path::new(&folder).exists() {
            return Ok(());
        }
        let kind = match self.account.manager {
            UnitManager::User => FaultKind::NoManager,
            UnitManager::Host => FaultKind::Unsupported,
        };
        Err(Fault::new(kind, format!("`{folder}` does not exist")))
    }

    /// The folder for what lasts until the user's systemd ends.
    pub(crate) fn runtime_folder(&self) -> PathBuf {
        match self.account.manager {
            UnitManager::User => PathBuf::from(format!("/run/user/{}", self.uid())),
            UnitManager::Host => PathBuf::from("/run"),
        }
    }

    /// Whether the user's units are those of the host's own systemd.
    pub(crate) fn is_host(&self) -> bool {
        self.account.is_host()
    }

    /// What lets the user's systemd run without a login; the host's own does so by itself.
    ///
    /// # Panics
    ///
    /// Never: the name of a user is a plain part of a path.
    #[must_use]
    pub fn lingering(&self) -> HostPath {
        let path = match self.account.manager {
            UnitManager::User => format!("/var/lib/systemd/linger/{}", self.name),
            UnitManager::Host => self.account.manager_folder(),
        };
        path.parse().expect("a name without slashes, not `.` or `..`, makes a plain path")
    }

    /// `systemctl` of the user's own systemd.
    pub(crate) fn systemctl(&self, words: &[&str], units: &[ServiceName]) -> ProgramCall {
        if self.is_host() {
            let units: Vec<_> = units.iter().map(ServiceName::as_str).collect();
            return host_systemctl(&[words, &units].concat());
        }
        let machine = format!("{}@", self.name);
        let whose: &[&str] = if self.is_itself { &["--user"] } else { &["--user", "-M", &machine] };
        let units: Vec<_> = units.iter().map(ServiceName::as_str).collect();
        let words = [whose, &["--no-ask-password", "--no-pager"], words, &units].concat();
        // As root it is led to the user's systemd by the name alone.
        let environment = if self.is_itself { self.environment() } else { BTreeMap::new() };
        ProgramCall { environment, ..command_of_user("systemctl", &words, Path::new("/")) }
    }

    /// `systemctl` that has every generator run.
    pub(crate) fn reload(&self) -> ProgramCall {
        ProgramCall { limit: LONG_LIMIT, ..self.systemctl(&["daemon-reload"], &[]) }
    }

    /// `journalctl` for what the user's `units` and systemd itself said of them.
    pub(crate) fn journalctl(&self, units: &[ServiceName], words: &[&str]) -> ProgramCall {
        if self.is_host() {
            return log_of_host(units, words);
        }
        let uid = format!("_UID={}", self.uid());
        let named = |field: &'static str| units.iter().map(move |unit| format!("{field}={unit}"));
        let own: Vec<_> = named("_SYSTEMD_USER_UNIT").collect();
        let told: Vec<_> = named("USER_UNIT").collect();
        let mut all = vec!["--no-pager", "--quiet", "--all", "--output=short-iso"];
        all.extend(words);
        all.push(&uid);
        all.extend(own.iter().map(String::as_str));
        all.extend(["+", &uid]);
        all.extend(told.iter().map(String::as_str));
        command_of_user("journalctl", &all, Path::new("/"))
    }

    /// `podman` of the user.
    pub(crate) fn podman(&self, words: &[&str]) -> ProgramCall {
        self.run_as("podman", words, BTreeMap::new())
    }

    /// A program run as the user, with more variables: in its home, since podman must be able to
    /// read where it stands.
    pub(crate) fn run_as(
        &self,
        program: &str,
        words: &[&str],
        variables: BTreeMap<OsString, OsString>,
    ) -> ProgramCall {
        let home = Path::new(self.account.home.as_str());
        let mut environment = self.environment();
        environment.extend(variables);
        if self.is_itself {
            return ProgramCall { environment, ..command_of_user(program, words, home) };
        }
        let variables: Vec<_> = environment
            .into_iter()
            .map(|(name, value)| format!("{}={}", name.display(), value.display()))
            .collect();
        let mut all = vec!["-u", self.name.as_str(), "--", "env"];
        all.extend(variables.iter().map(String::as_str));
        all.push(program);
        all.extend(words);
        command_of_user("runuser", &all, home)
    }

    fn environment(&self) -> BTreeMap<OsString, OsString> {
        let home = OsString::from(self.account.home.as_str());
        let mut environment = BTreeMap::from([("HOME".into(), home)]);
        if !self.is_host() {
            environment.insert("XDG_RUNTIME_DIR".into(), self.runtime_folder().into());
        }
        environment
    }
}

/// `systemctl` of the host's systemd.
pub(crate) fn host_systemctl(words: &[&str]) -> ProgramCall {
    let words = [&["--no-ask-password", "--no-pager"], words].concat();
    command_of_user("systemctl", &words, Path::new("/"))
}

/// `systemctl` of the systemd of whoever runs this: the host's for root, else the user's own.
///
/// # Errors
///
/// A [`Fault`] of kind `NoManager` where none runs for the user.
pub(crate) fn own_systemctl(words: &[&str]) -> Result<ProgramCall, Fault> {
    if TrustedUsers::of_process().owns_machine() {
        return Ok(host_systemctl(words));
    }
    let folder = format!("/run/user/{}", geteuid().as_raw());
    if !Path::new(&folder).join("systemd").exists() {
        return Err(Fault::new(FaultKind::NoManager, format!("`{folder}/systemd` does not exist")));
    }
    let words = [&["--user", "--no-ask-password", "--no-pager"], words].concat();
    let environment = BTreeMap::from([("XDG_RUNTIME_DIR".into(), folder.into())]);
    Ok(ProgramCall { environment, ..command_of_user("systemctl", &words, Path::new("/")) })
}

/// `systemd-analyze`, which asks no systemd that runs.
pub(crate) fn analyze_units(words: &[&str]) -> ProgramCall {
    command_of_user("systemd-analyze", words, Path::new("/"))
}

/// `journalctl` for what these units of the host said, and systemd itself of them.
fn log_of_host(units: &[ServiceName], words: &[&str]) -> ProgramCall {
    let own = units.iter().map(|unit| format!("_SYSTEMD_UNIT={unit}"));
    let told = units.iter().map(|unit| format!("UNIT={unit}"));
    let told = ["+", "_PID=1"].into_iter().map(str::to_owned).chain(told);
    let fields: Vec<_> = own.chain(told).collect();
    let mut all = vec!["--no-pager", "--quiet", "--all", "--output=short-iso"];
    all.extend(words);
    all.extend(fields.iter().map(String::as_str));
    command_of_user("journalctl", &all, Path::new("/"))
}

fn command_of_user(program: &str, words: &[&str], directory: &Path) -> ProgramCall {
    ProgramCall {
        program: program.into(),
        arguments: words.iter().map(OsString::from).collect(),
        environment: BTreeMap::new(),
        directory: directory.to_owned(),
        limit: LIMIT,
    }
}

#[cfg(test)]
mod tests {
    use datalake_core::host::Owner;

    use super::*;

    fn account() -> UserAccount {
        let owner = Owner { uid: 900, gid: 900 };
        let home = "/var/lib/dagster".parse().unwrap();
        UserAccount { owner, home, manager: UnitManager::User }
    }

    fn user(caller: u32) -> Result<ServiceUser, NotTheUser> {
        ServiceUser::new(&"dagster-user".parse().unwrap(), &account(), caller)
    }

    #[track_caller]
    fn check(command: &ProgramCall, expected: &str, environment: &[&str]) {
        let words = [&command.program].into_iter().chain(&command.arguments);
        let words: Vec<_> = words.map(|word| word.to_str().unwrap()).collect();
        let set = command.environment.iter();
        let set: Vec<_> = set.map(|(k, v)| format!("{}={}", k.display(), v.display())).collect();
        assert_eq!(words.join(" "), expected);
        assert_eq!(set, environment);
    }

    const OWN: [&str; 2] = ["HOME=/var/lib/dagster", "XDG_RUNTIME_DIR=/run/user/900"];

    #[test]
    fn root_acts_for_the_user() {
        let root = user(0).unwrap();

        let systemctl = "systemctl --user -M dagster-user@ --no-ask-password --no-pager";
        check(&root.systemctl(&["show"], &[]), &format!("{systemctl} show"), &[]);
        check(
            &root.podman(&["ps"]),
            "runuser -u dagster-user -- env HOME=/var/lib/dagster XDG_RUNTIME_DIR=/run/user/900 \
             podman ps",
            &[],
        );
        assert_eq!(root.podman(&[]).directory, Path::new("/var/lib/dagster"));
    }

    #[test]
    fn the_user_acts_for_itself() {
        let own = user(900).unwrap();

        check(
            &own.systemctl(&["show"], &[]),
            "systemctl --user --no-ask-password --no-pager show",
            &OWN,
        );
        check(&own.podman(&["ps"]), "podman ps", &OWN);
    }

    #[test]
    fn root_has_the_hosts_own_systemd_and_podman() {
        let owner = Owner { uid: 0, gid: 0 };
        let name: UnitName = "root".parse().unwrap();
        let manager = UnitManager::of_user("root");
        let account = UserAccount { owner, home: "/root".parse().unwrap(), manager };
        let root = ServiceUser::new(&name, &account, 0).unwrap();

        check(&root.systemctl(&["show"], &[]), "systemctl --no-ask-password --no-pager show", &[]);
        check(&root.podman(&["ps"]), "podman ps", &["HOME=/root"]);
        check(
            &root.journalctl(&["a.service".parse().unwrap()], &["-n", "5"]),
            "journalctl --no-pager --quiet --all --output=short-iso -n 5 _SYSTEMD_UNIT=a.service + \
             _PID=1 UNIT=a.service",
            &[],
        );
        assert_eq!(root.lingering().as_str(), "/run/systemd/system");
        assert!(ServiceUser::new(&name, &account, 900).is_err());
    }

    #[test]
    fn nobody_else_does() {
        let error = user(1000).unwrap_err().to_string();

        assert_eq!(error, "user 1000 is neither root nor `dagster-user`, whose services these are");
    }

    #[test]
    fn a_log_is_what_the_units_said_and_what_systemd_said_of_them() {
        let units = ["a.service", "b.service"].map(|unit| unit.parse().unwrap());

        let journalctl = user(0).unwrap().journalctl(&units, &["-n", "5"]);

        check(
            &journalctl,
            "journalctl --no-pager --quiet --all --output=short-iso -n 5 \
             _UID=900 _SYSTEMD_USER_UNIT=a.service _SYSTEMD_USER_UNIT=b.service + \
             _UID=900 USER_UNIT=a.service USER_UNIT=b.service",
            &[],
        );
    }
}
