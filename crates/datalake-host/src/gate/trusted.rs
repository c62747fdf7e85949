//! Who is trusted.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::sync::OnceLock;

use rustix::process::geteuid;

use super::groups::GroupMembers;

/// The service user, whom nothing makes trusted that `sudo` says.
static DISTRUSTED: OnceLock<u32> = OnceLock::new();

/// The users who may have put there what datalake reads, runs or writes to.
#[derive(Debug, Clone)]
pub struct TrustedUsers {
    /// The user that this process runs as.
    caller: u32,
    sudo: Option<u32>,
    uids: BTreeSet<u32>,
    groups: OnceLock<GroupMembers>,
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
        Self { caller, sudo, uids, groups: OnceLock::new() }
    }

    /// These users and no others, with groups as the two files tell them.
    #[cfg(test)]
    pub(super) fn of_test(uids: &[u32], group: &str, passwd: &str) -> Self {
        let groups = OnceLock::from(GroupMembers::parse(group, passwd));
        let caller = uids.last().copied().unwrap_or_default();
        Self { caller, sudo: None, uids: uids.iter().copied().collect(), groups }
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

    /// Whether this process runs as root.
    pub(crate) fn is_root(&self) -> bool {
        self.caller == 0
    }

    /// Whether every member of the group is one of them. A group that nobody knows has members that
    /// nobody knows.
    pub(super) fn has_group(&self, gid: u32) -> bool {
        self.groups.get_or_init(GroupMembers::of_machine).are_all(gid, &self.uids)
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
