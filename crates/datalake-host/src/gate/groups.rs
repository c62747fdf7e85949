//! Who is in which group of this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use crate::root::read_at_most;

/// The two files are read up to this size.
const LARGEST: u64 = 16 << 20;

/// The members of each group; `None` for one whose number this machine does not know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct GroupMembers(BTreeMap<u32, BTreeSet<Option<u32>>>);

impl GroupMembers {
    /// The groups of this machine. A file that cannot be read names no group, and a group that is not
    /// known counts as one with others in it.
    pub(super) fn of_machine() -> Self {
        let read = |path| {
            let file = File::open(Path::new(path)).ok()?;
            String::from_utf8(read_at_most(file, LARGEST).ok()?).ok()
        };
        match (read("/etc/group"), read("/etc/passwd")) {
            (Some(group), Some(passwd)) => Self::parse(&group, &passwd),
            _ => Self::default(),
        }
    }

    /// Reads lines `name:password:gid:member,member` and `name:password:uid:gid:…`.
    pub(super) fn parse(group: &str, passwd: &str) -> Self {
        let (mut members, mut numbers) = (BTreeMap::<_, BTreeSet<_>>::new(), BTreeMap::new());
        for line in passwd.lines() {
            let mut parts = line.split(':');
            let (name, uid, gid) = (parts.next(), parts.nth(1), parts.next());
            let number = |text: Option<&str>| text.and_then(|text| text.parse::<u32>().ok());
            if let (Some(name), Some(uid), Some(gid)) = (name, number(uid), number(gid)) {
                numbers.entry(name).or_insert(uid);
                members.entry(gid).or_default().insert(Some(uid));
            }
        }
        for line in group.lines() {
            let mut parts = line.split(':');
            let (gid, names) = (parts.nth(2), parts.next());
            let Some(gid) = gid.and_then(|gid| gid.parse().ok()) else { continue };
            let of_group = members.entry(gid).or_default();
            let names = names.unwrap_or_default().split(',').map(str::trim);
            let named = names.filter(|name| !name.is_empty());
            of_group.extend(named.map(|name| numbers.get(name).copied()));
        }
        Self(members)
    }

    /// Whether all members of a known group are among these users.
    pub(super) fn are_all(&self, gid: u32, users: &BTreeSet<u32>) -> bool {
        let is_one = |member: &Option<u32>| member.is_some_and(|uid| users.contains(&uid));
        self.0.get(&gid).is_some_and(|members| members.iter().all(is_one))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nana:x:1000:1000::/home/ana:/bin/sh\n\
        ben:x:1001:1001::/home/ben:/bin/sh\nprimary:x:1002:50::/:/bin/sh\nbroken:x:one:60::/:\n";
    const GROUP: &str = "root:x:0:\nana:x:1000:\nben:x:1001:ana\nstaff:x:50:\nempty:x:51:\n\
        team:x:52:ana,ben\nown:x:53:ana\nghost:x:54:ana,nobody-here\nshort:x\n";

    #[track_caller]
    fn check(gid: u32, expected: bool) {
        let groups = GroupMembers::parse(GROUP, PASSWD);
        assert_eq!(groups.are_all(gid, &[0, 1000].into()), expected, "{gid}");
    }

    #[test]
    fn a_group_of_ones_own_is_no_door() {
        check(0, true);
        check(1000, true);
        check(51, true);
        check(53, true);
    }

    #[test]
    fn others_are_in_it_by_name_by_their_first_group_or_unknown() {
        check(1001, false);
        check(52, false);
        check(50, false);
        check(54, false);
    }

    #[test]
    fn a_group_that_is_not_known_has_others_in_it() {
        check(60, false);
        check(4343, false);
    }
}
