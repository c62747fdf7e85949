//! Who is trusted.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::sync::OnceLock;

use rustix::fs::stat;
use rustix::process::geteuid;

use super::groups::{GroupDoubt, KnownGroups};
use super::namespace::unmapped_user;

/// The service user, whom nothing makes trusted that `sudo` says.
static DISTRUSTED: OnceLock<u32> = OnceLock::new();

/// The users who may have put there what datalake reads, runs or writes to.
#[derive(Debug, Clone)]
pub struct TrustedUsers {
    /// The user that this process runs as.
    caller: u32,
    sudo: Option<u32>,
    uids: BTreeSet<u32>,
    groups: OnceLock<KnownGroups>,
    /// Whom all users are seen as that this process's user namespace does not map.
    unmapped: Option<u32>,
}

/// From now on `sudo` by this user makes nothing of theirs trusted: it is the service user, and
/// owns what datalake is to be guarded from. The first word counts.
pub fn distrust_user(uid: u32) {
    // Later words name the same user.
    let _ = DISTRUSTED.set(uid);
}

impl TrustedUsers {
    /// Root, the user that this process runs as, and for root the user who called `sudo`.
    #[must_use]
    pub fn of_process() -> Self {
        let caller = geteuid().as_raw();
        let sudo = sudo_user(caller, std::env::var_os("SUDO_UID").as_deref());
        let sudo = sudo.filter(|uid| DISTRUSTED.get() != Some(uid));
        let uids = [0, caller].into_iter().chain(sudo).collect();
        Self { caller, sudo, uids, groups: OnceLock::new(), unmapped: unmapped_user() }
    }

    /// Root and the user that this process runs as: what a timer starts, nobody has called by `sudo`.
    pub(super) fn trust_unattended() -> Self {
        let process = Self::of_process();
        let uids = [0, process.caller].into_iter().collect();
        Self { sudo: None, uids, groups: OnceLock::new(), ..process }
    }

    /// These users and no others, with groups as the two files tell them.
    #[cfg(test)]
    pub(super) fn of_test(uids: &[u32], group: &str, passwd: &str) -> Self {
        let groups = OnceLock::from(KnownGroups::parse(group, passwd));
        let caller = uids.last().copied().unwrap_or_default();
        let uids = uids.iter().copied().collect();
        Self { caller, sudo: None, uids, groups, unmapped: None }
    }

    /// The same in a user namespace.
    #[cfg(test)]
    pub(super) fn in_namespace(self, unmapped: u32) -> Self {
        Self { unmapped: Some(unmapped), ..self }
    }

    /// The user who called `sudo`, where that makes anybody trusted.
    #[must_use]
    pub fn user_of_sudo(&self) -> Option<u32> {
        self.sudo
    }

    /// Whether the user is one of them.
    #[must_use]
    pub fn has_user(&self, uid: u32) -> bool {
        self.uids.contains(&uid)
    }

    /// Whether this process runs as root and `/` is root's: not so for root of a user namespace only,
    /// who is the user that made it.
    #[must_use]
    pub fn owns_machine(&self) -> bool {
        self.is_root() && stat("/").is_ok_and(|about| about.st_uid == 0)
    }

    /// Whether this process runs as root.
    pub(crate) fn is_root(&self) -> bool {
        self.caller == 0
    }

    /// Whether this process may give any file another owner or mode: as root, and not of a user
    /// namespace only.
    pub(super) fn may_change_all(&self) -> bool {
        self.is_root() && self.unmapped.is_none()
    }

    /// Whether it is the user that this process runs as.
    pub(super) fn is_caller(&self, uid: u32) -> bool {
        self.caller == uid
    }

    /// Whether it stands for the users that this process's user namespace does not map.
    pub(super) fn is_unmapped(&self, uid: u32) -> bool {
        self.unmapped == Some(uid)
    }

    /// Why somebody besides them may be in the group.
    pub(super) fn doubt_group(&self, gid: u32) -> Option<GroupDoubt> {
        self.known_groups().doubt_group(gid, &self.uids)
    }

    /// Whether it is Debian's group for `/usr/local`, with nobody in it.
    pub(super) fn has_empty_staff(&self, gid: u32) -> bool {
        self.known_groups().is_empty_staff(gid)
    }

    fn known_groups(&self) -> &KnownGroups {
        self.groups.get_or_init(KnownGroups::of_machine)
    }
}

/// The user who became root by `sudo`; for anyone else the variable is only text.
pub(super) fn sudo_user(caller: u32, variable: Option<&OsStr>) -> Option<u32> {
    if caller != 0 {
        return None;
    }
    variable?.to_str()?.parse().ok().filter(|uid| *uid != u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(caller: u32, variable: Option<&str>, expected: Option<u32>) {
        assert_eq!(sudo_user(caller, variable.map(OsStr::new)), expected, "{variable:?}");
    }

    #[test]
    fn only_root_has_a_user_who_called_sudo() {
        check(0, Some("1000"), Some(1000));
        check(1001, Some("1000"), None);
        check(0, None, None);
        for text in ["", "-1", "root", "4294967295", "99999999999", "1000 "] {
            check(0, Some(text), None);
        }
    }
}
