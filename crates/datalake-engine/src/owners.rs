//! Whose files may lie in a service user's folders.

use std::ops::Range;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, Owner, UnitName, UserAccount};

use crate::ports::{Files, SeenEntry};

/// The service user, and the ids that its containers' users have outside of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owners {
    user: Owner,
    users: Vec<Range<u64>>,
    groups: Vec<Range<u64>>,
}

impl Owners {
    /// The owner of a folder, and nobody else.
    #[must_use]
    pub fn only(user: Owner) -> Self {
        Self { user, users: Vec::new(), groups: Vec::new() }
    }

    /// A service user with the ids that `/etc/subuid` and `/etc/subgid` give it; with all ids where the
    /// host's own systemd runs the containers.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where one of the files cannot be read; one that is missing gives none.
    pub fn read(files: &dyn Files, name: &UnitName, account: &UserAccount) -> Result<Self, Fault> {
        let ranges = |path: &str, number: u32| -> Result<Vec<Range<u64>>, Fault> {
            let path = path.parse::<HostPath>();
            let path = path.map_err(|error| Fault::new(FaultKind::Io, error.to_string()))?;
            match files.look(&path) {
                Ok(SeenEntry::File { content, .. }) => {
                    let text = String::from_utf8_lossy(content.expose());
                    Ok(subordinate_ids(&text, name.as_str(), number))
                }
                Ok(SeenEntry::Folder(_)) => Ok(Vec::new()),
                Err(fault) if fault.kind == FaultKind::Absent => Ok(Vec::new()),
                Err(fault) => Err(Fault { detail: format!("`{path}`: {}", fault.detail), ..fault }),
            }
        };
        let user = account.owner;
        if account.is_host() {
            // Root's containers run as whatever user they like.
            let all: Vec<_> = std::iter::once(0..u64::from(u32::MAX)).collect();
            return Ok(Self { user, users: all.clone(), groups: all });
        }
        Ok(Self {
            user,
            users: ranges("/etc/subuid", user.uid)?,
            groups: ranges("/etc/subgid", user.uid)?,
        })
    }

    /// Whether a user is the service user, or one of its containers'.
    #[must_use]
    pub fn includes_user(&self, number: u32) -> bool {
        number == self.user.uid || self.users.iter().any(|ids| ids.contains(&number.into()))
    }

    /// To whom a new file belongs in a folder of this owner.
    ///
    /// # Errors
    ///
    /// A [`Fault`] for a folder of anybody else.
    pub fn heir(&self, folder: Owner) -> Result<Owner, Fault> {
        if !self.includes_user(folder.uid) {
            let detail = format!(
                "the folder belongs to user {}, neither user {} nor one of its subordinate ids",
                folder.uid, self.user.uid
            );
            return Err(Fault::new(FaultKind::Denied, detail));
        }
        let is_own = folder.gid == self.user.gid
            || self.groups.iter().any(|ids| ids.contains(&folder.gid.into()));
        Ok(Owner { gid: if is_own { folder.gid } else { self.user.gid }, ..folder })
    }
}

/// Reads lines `NAME:FIRST:COUNT`, in which a number may stand for the name.
fn subordinate_ids(text: &str, name: &str, number: u32) -> Vec<Range<u64>> {
    let number = number.to_string();
    let range = |line: &str| {
        let mut parts = line.trim().split(':');
        let whose = parts.next()?;
        let (first, count): (u64, u64) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        (whose == name || whose == number).then(|| first..first.saturating_add(count))
    };
    text.lines().filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owners() -> Owners {
        let user = Owner { uid: 900, gid: 901 };
        let ids = subordinate_ids("a:1:2\ndagster:100000:65536\n900:5:1\n", "dagster", 900);
        Owners { user, users: ids.clone(), groups: ids }
    }

    #[track_caller]
    fn check(uid: u32, gid: u32, expected: Option<(u32, u32)>) {
        let heir = owners().heir(Owner { uid, gid }).ok();
        assert_eq!(heir.map(|heir| (heir.uid, heir.gid)), expected, "{uid}:{gid}");
    }

    #[test]
    fn a_new_file_gets_the_owner_of_its_folder() {
        check(900, 901, Some((900, 901)));
        check(100_000, 100_007, Some((100_000, 100_007)));
        check(165_535, 901, Some((165_535, 901)));
        check(5, 5, Some((5, 5)));
        // A group that is not the user's is given nothing.
        check(900, 0, Some((900, 901)));
    }

    #[test]
    fn nobody_else_is_given_a_file() {
        check(0, 0, None);
        check(1, 901, None);
        check(165_536, 901, None);
    }
}
