//! Who is in which group of this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use crate::reading::read_at_most;

/// The two files are read up to this size.
const LARGEST: u64 = 16 << 20;

/// Root's own group.
const ROOTS: u32 = 0;

/// The group that Debian lets write below `/usr/local`.
const STAFF: &str = "staff";

/// Why a group is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GroupDoubt {
    /// Somebody who is not trusted is in it.
    Others,
    /// The two files do not tell who is in it.
    Unknown,
}

/// The groups of this machine, as its two files tell them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct KnownGroups {
    /// By number; of two that have one number, both.
    groups: BTreeMap<u32, KnownGroup>,
    /// The numbers of users.
    users: BTreeMap<String, u32>,
    /// Whether a file could not be read: then nothing is known of any group.
    is_unread: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct KnownGroup {
    names: BTreeSet<String>,
    /// Listed with the group; `None` for one whose number this machine does not know.
    listed: BTreeSet<Option<u32>>,
    /// Those whose first group it is.
    first_of: BTreeSet<u32>,
}

impl KnownGroups {
    /// The groups of this machine. A file that is missing names none; one that cannot be read leaves
    /// all unknown.
    pub(super) fn of_machine() -> Self {
        match (read_text("/etc/group"), read_text("/etc/passwd")) {
            (Some(group), Some(passwd)) => Self::parse(&group, &passwd),
            _ => Self { is_unread: true, ..Self::default() },
        }
    }

    /// Reads lines `name:password:gid:member,member` and `name:password:uid:gid:…`.
    pub(super) fn parse(group: &str, passwd: &str) -> Self {
        let mut known = Self::default();
        for line in passwd.lines() {
            let mut parts = line.split(':');
            let (name, uid, gid) = (parts.next(), parts.nth(1), parts.next());
            let number = |text: Option<&str>| text.and_then(|text| text.parse::<u32>().ok());
            if let (Some(name), Some(uid), Some(gid)) = (name, number(uid), number(gid)) {
                known.users.entry(name.to_owned()).or_insert(uid);
                known.groups.entry(gid).or_default().first_of.insert(uid);
            }
        }
        for line in group.lines() {
            let mut parts = line.split(':');
            let (name, gid, listed) = (parts.next(), parts.nth(1), parts.next());
            let Some(gid) = gid.and_then(|gid| gid.parse().ok()) else { continue };
            let about = known.groups.entry(gid).or_default();
            about.names.extend(name.map(str::to_owned));
            let listed = listed.unwrap_or_default().split(',').map(str::trim);
            let listed = listed.filter(|name| !name.is_empty());
            about.listed.extend(listed.map(|name| known.users.get(name).copied()));
        }
        known
    }

    /// Why somebody besides `users` may be in a group; `None` where nobody is.
    ///
    /// A group without members in the two files may have some elsewhere: in a directory (LDAP, SSSD),
    /// or as the number that a container or service is given.
    pub(super) fn doubt_group(&self, gid: u32, users: &BTreeSet<u32>) -> Option<GroupDoubt> {
        if gid == ROOTS {
            return None;
        }
        if self.is_unread {
            return Some(GroupDoubt::Unknown);
        }
        let Some(group) = self.groups.get(&gid) else {
            // The number of a user that only a directory or a container's caller knows.
            return (!users.contains(&gid)).then_some(GroupDoubt::Unknown);
        };
        let is_one = |uid: &Option<u32>| uid.is_some_and(|uid| users.contains(&uid));
        if !group.listed.iter().all(is_one) || !group.first_of.is_subset(users) {
            return Some(GroupDoubt::Others);
        }
        let is_private = group.names.iter().any(|name| is_one(&self.users.get(name).copied()));
        let has_members = !group.listed.is_empty() || !group.first_of.is_empty();
        (!is_private && !has_members).then_some(GroupDoubt::Unknown)
    }

    /// Whether it is Debian's group for `/usr/local`, with nobody in it.
    pub(super) fn is_empty_staff(&self, gid: u32) -> bool {
        self.groups.get(&gid).is_some_and(|group| {
            let has_nobody = group.listed.is_empty() && group.first_of.is_empty();
            has_nobody && group.names.iter().eq([STAFF])
        })
    }
}

/// A file's text; `None` where it cannot be read.
fn read_text(path: &str) -> Option<String> {
    match File::open(Path::new(path)) {
        Ok(file) => {
            let content = read_at_most(file, LARGEST).ok()?;
            Some(String::from_utf8_lossy(&content).into_owned())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Some(String::new()),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nana:x:1000:1000::/home/ana:/bin/sh\n\
        ben:x:1001:1001::/home/ben:/bin/sh\nprimary:x:1002:50::/:/bin/sh\nbroken:x:one:60::/:\n\
        halt:x:7:0::/:\n";
    const GROUP: &str = "root:x:0:ben\nana:x:1000:\nben:x:1001:ana\nstudio:x:50:\nempty:x:51:\n\
        team:x:52:ana,ben\nown:x:53:ana\nghost:x:54:ana,nobody-here\nshort:x\nstaff:x:55:\n";

    const OTHERS: Option<GroupDoubt> = Some(GroupDoubt::Others);
    const UNKNOWN: Option<GroupDoubt> = Some(GroupDoubt::Unknown);

    #[track_caller]
    fn check(gid: u32, expected: Option<GroupDoubt>) {
        let groups = KnownGroups::parse(GROUP, PASSWD);
        assert_eq!(groups.doubt_group(gid, &[0, 1000].into()), expected, "{gid}");
    }

    #[test]
    fn a_group_of_ones_own_is_no_door() {
        check(1000, None);
        check(53, None);
        // By its name alone.
        let groups = KnownGroups::parse("ana:x:70:\n", "ana:x:1000:100::/:\n");
        assert_eq!(groups.doubt_group(70, &[0, 1000].into()), None);
    }

    #[test]
    fn roots_group_is_roots_whoever_has_it_as_the_first() {
        check(0, None);
        for groups in [KnownGroups::default(), KnownGroups::parse("", "")] {
            assert_eq!(groups.doubt_group(0, &[0, 1000].into()), None);
        }
    }

    #[test]
    fn others_are_in_it_by_name_by_their_first_group_or_unknown() {
        check(1001, OTHERS);
        check(52, OTHERS);
        check(50, OTHERS);
        check(54, OTHERS);
    }

    #[test]
    fn nobody_knows_who_is_in_a_group_without_members() {
        check(51, UNKNOWN);
        check(55, UNKNOWN);
        check(60, UNKNOWN);
        check(4343, UNKNOWN);
    }

    #[test]
    fn a_group_of_an_unknown_users_own_number_is_theirs() {
        let groups = KnownGroups::parse(GROUP, PASSWD);
        let users = [0, 64999].into();
        assert_eq!(groups.doubt_group(64999, &users), None);
        assert_eq!(groups.doubt_group(64998, &users), UNKNOWN);
        // Listed under this number, it is what the list says.
        assert_eq!(groups.doubt_group(1001, &[0, 1001].into()), OTHERS);
    }

    #[test]
    fn files_that_cannot_be_read_leave_all_unknown() {
        let groups = KnownGroups { is_unread: true, ..KnownGroups::default() };
        assert_eq!(groups.doubt_group(1000, &[0, 1000].into()), UNKNOWN);
        assert_eq!(groups.doubt_group(0, &[0, 1000].into()), None);
    }

    #[test]
    fn the_group_of_usr_local_is_known_by_name_and_empty() {
        let is_staff = |group: &str| KnownGroups::parse(group, PASSWD).is_empty_staff(55);
        assert!(is_staff("staff:x:55:\n"));
        assert!(!is_staff("staff:x:55:ben\n"));
        assert!(!is_staff("users:x:55:\n"));
        assert!(!is_staff("staff:x:55:\nusers:x:55:\n"));
    }
}
