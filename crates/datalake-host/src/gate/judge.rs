//! Whether a folder, file or link is as only trusted users can have made it.

use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Stat, getxattr};

use super::fault::GateFault;
use super::trusted::TrustedUsers;
use crate::escape::escaped_path;

/// Only the owner may rename and remove what lies in such a folder.
const STICKY: u32 = 0o1000;
/// The group may write.
const GROUP_WRITES: u32 = 0o020;
/// Everybody may write.
const OTHERS_WRITE: u32 = 0o002;

/// What part of a path is judged as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartRole {
    /// A folder on the way.
    Above,
    /// A link on the way.
    Link,
    /// The file or folder itself.
    Target,
}

/// What is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PartFacts {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) mode: u32,
    /// Whether an access list gives rights beside the mode.
    pub(super) has_list: bool,
}

/// Something that somebody else may have put there, or may exchange.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{}`{}` belongs to user {} and has mode {:04o}: {reason}, so it is not used",
    kind_before(*.kind), escaped_path(.path), .facts.uid, .facts.mode
)]
pub struct Distrust {
    /// What.
    pub path: PathBuf,
    /// Why.
    pub reason: DistrustReason,
    kind: FileType,
    facts: PartFacts,
}

/// Why something is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DistrustReason {
    /// Under `sudo` the user who called it counts as you, unless that is the service user.
    #[error("it is neither yours nor root's")]
    Owner,
    /// Whoever writes to it decides what datalake does.
    #[error("everybody may write to it")]
    Others,
    /// A group in which only you and root are is fine.
    #[error("its group may write to it and has other members")]
    Group,
    /// `getfacl` shows the list.
    #[error("its access list may let others write to it")]
    AccessList,
}

/// Judges an open part of a path.
pub(super) fn judge_part(
    path: &Path,
    handle: BorrowedFd<'_>,
    stat: &Stat,
    role: PartRole,
) -> JudgedPart {
    let facts = PartFacts {
        uid: stat.st_uid,
        gid: stat.st_gid,
        mode: stat.st_mode & 0o7777,
        has_list: stat.st_mode & GROUP_WRITES != 0 && has_access_list(handle),
    };
    JudgedPart { path: path.to_owned(), kind: FileType::from_raw_mode(stat.st_mode), facts, role }
}

/// A part of a path with what is known of it.
pub(super) struct JudgedPart {
    path: PathBuf,
    kind: FileType,
    facts: PartFacts,
    role: PartRole,
}

impl JudgedPart {
    /// The part, if only these users can have made it so.
    pub(super) fn require_trusted(self, trusted: &TrustedUsers) -> Result<(), GateFault> {
        let Self { path, kind, facts, role } = self;
        match find_reason(facts, role, trusted) {
            None => Ok(()),
            Some(reason) => Err(GateFault::Distrusted(Distrust { path, reason, kind, facts })),
        }
    }
}

/// Why a part with these facts is not trusted; `None` where it is.
fn find_reason(facts: PartFacts, role: PartRole, trusted: &TrustedUsers) -> Option<DistrustReason> {
    if !trusted.has_user(facts.uid) {
        return Some(DistrustReason::Owner);
    }
    let is_shared_safely = role == PartRole::Above && facts.uid == 0 && facts.mode & STICKY != 0;
    // What a link leads to only its owner can have said; its mode means nothing.
    if role == PartRole::Link || is_shared_safely {
        return None;
    }
    if facts.mode & OTHERS_WRITE != 0 {
        return Some(DistrustReason::Others);
    }
    if facts.mode & GROUP_WRITES == 0 {
        return None;
    }
    // With an access list these bits are what the list may give at most, to anybody it names.
    if facts.has_list {
        return Some(DistrustReason::AccessList);
    }
    (!trusted.has_group(facts.gid)).then_some(DistrustReason::Group)
}

fn has_access_list(handle: BorrowedFd<'_>) -> bool {
    let path = format!("/proc/self/fd/{}", handle.as_raw_fd());
    let mut nothing: [u8; 0] = [];
    getxattr(path, "system.posix_acl_access", &mut nothing).is_ok_and(|length| length > 0)
}

impl Distrust {
    /// What to do about it.
    #[must_use]
    pub fn cure(&self) -> String {
        let path = escaped_path(&self.path);
        match self.reason {
            DistrustReason::Owner => {
                format!("check what it holds; if it is yours: chown root '{path}'")
            }
            DistrustReason::Others => format!("check what it holds, then: chmod o-w '{path}'"),
            DistrustReason::Group => format!("check what it holds, then: chmod g-w '{path}'"),
            DistrustReason::AccessList => format!("check what it holds, then: setfacl -b '{path}'"),
        }
    }
}

/// What stands before the path in a message.
fn kind_before(kind: FileType) -> &'static str {
    match kind {
        FileType::Directory => "folder ",
        FileType::Symlink => "link ",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nana:x:1000:1000::/:\nben:x:1001:1001::/:\n";
    const GROUP: &str = "root:x:0:\nana:x:1000:\nteam:x:50:ana,ben\nempty:x:51:\n";

    /// Ana has called `sudo`, or is the caller.
    fn trusted() -> TrustedUsers {
        TrustedUsers::of_test(&[0, 1000], GROUP, PASSWD)
    }

    #[track_caller]
    fn check(role: PartRole, facts: [u32; 3], expected: Option<DistrustReason>) {
        let [uid, gid, mode] = facts;
        let facts = PartFacts { uid, gid, mode, has_list: false };
        assert_eq!(find_reason(facts, role, &trusted()), expected, "{role:?} {facts:?}");
    }

    const ROLES: [PartRole; 3] = [PartRole::Above, PartRole::Link, PartRole::Target];
    const WRITABLE: [PartRole; 2] = [PartRole::Above, PartRole::Target];

    #[test]
    fn what_is_roots_or_ones_own_is_trusted() {
        for role in ROLES {
            for uid in [0, 1000] {
                check(role, [uid, 0, 0o755], None);
                check(role, [uid, 1001, 0o644], None);
            }
        }
    }

    #[test]
    fn what_is_anothers_is_not() {
        for role in ROLES {
            check(role, [1001, 0, 0o600], Some(DistrustReason::Owner));
            check(role, [65534, 0, 0o1777], Some(DistrustReason::Owner));
        }
    }

    #[test]
    fn what_everybody_may_write_to_is_not() {
        for role in WRITABLE {
            check(role, [0, 0, 0o646], Some(DistrustReason::Others));
            check(role, [1000, 1000, 0o777], Some(DistrustReason::Others));
            check(role, [1000, 1000, 0o1777], Some(DistrustReason::Others));
        }
    }

    #[test]
    fn a_shared_folder_of_roots_is_a_way_and_no_target() {
        check(PartRole::Above, [0, 0, 0o1777], None);
        check(PartRole::Above, [0, 50, 0o1775], None);
        check(PartRole::Target, [0, 0, 0o1777], Some(DistrustReason::Others));
    }

    #[test]
    fn a_group_may_write_that_has_no_other_members() {
        for role in WRITABLE {
            check(role, [1000, 1000, 0o664], None);
            check(role, [0, 0, 0o775], None);
            check(role, [0, 51, 0o2775], None);
            check(role, [1000, 50, 0o664], Some(DistrustReason::Group));
            check(role, [1000, 1001, 0o775], Some(DistrustReason::Group));
            check(role, [1000, 4343, 0o664], Some(DistrustReason::Group));
        }
    }

    #[test]
    fn what_a_link_says_only_its_owner_has_said() {
        check(PartRole::Link, [0, 50, 0o777], None);
        check(PartRole::Link, [1001, 0, 0o777], Some(DistrustReason::Owner));
    }

    #[test]
    fn an_access_list_counts_where_it_may_let_somebody_write() {
        let mut facts = PartFacts { uid: 1000, gid: 1000, mode: 0o664, has_list: true };
        let reason = |facts| find_reason(facts, PartRole::Target, &trusted());

        assert_eq!(reason(facts), Some(DistrustReason::AccessList));
        facts.mode = 0o644;
        assert_eq!(reason(facts), None);
    }

    #[test]
    fn a_refusal_names_path_owner_and_mode() {
        let facts = PartFacts { uid: 65534, gid: 0, mode: 0o666, has_list: false };
        let path = PathBuf::from("/srv/a\x1b[31m/datalake.yaml");
        let kind = FileType::RegularFile;

        let refusal = Distrust { path, reason: DistrustReason::Owner, kind, facts };

        assert_eq!(
            refusal.to_string(),
            "`/srv/a\\u{1b}[31m/datalake.yaml` belongs to user 65534 and has mode 0666: it is neither \
             yours nor root's, so it is not used"
        );
    }
}
