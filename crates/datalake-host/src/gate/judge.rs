//! Whether a folder, file or link is as only trusted users can have made it.

use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Stat, getxattr};
use rustix::io::Errno;

use super::advice::advise_on;
use super::fault::GateFault;
use super::groups::GroupDoubt;
use super::trusted::TrustedUsers;
use crate::escape::escaped_path;

/// Only the owner may rename and remove what lies in such a folder.
pub(super) const STICKY: u32 = 0o1000;
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
    pub(super) kind: FileType,
    pub(super) list: SeenList,
    pub(super) place: PathPartPlace,
}

/// Whether an access list gives rights beside the mode. It is looked for where the group may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SeenList {
    Without,
    With,
    /// The system does not tell.
    Unknown,
}

/// Where a part lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathPartPlace {
    /// `/usr/local` and below.
    UsrLocal,
    /// In `/` itself, or where only the system's programs and settings are.
    System,
    Elsewhere,
}

impl PathPartPlace {
    fn of(path: &Path) -> Self {
        const SYSTEM: [&str; 7] = ["/usr", "/etc", "/bin", "/sbin", "/lib", "/lib64", "/nix/store"];
        let is_at_top = path.parent().is_none_or(|above| above == Path::new("/"));
        if path.starts_with("/usr/local") {
            Self::UsrLocal
        } else if is_at_top || SYSTEM.iter().any(|folder| path.starts_with(folder)) {
            Self::System
        } else {
            Self::Elsewhere
        }
    }
}

/// Something that someone else may have put there, or may exchange.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{}`{}` belongs to user {} and has mode {:04o}: {reason}, so it is not used",
    kind_before(.facts.kind), escaped_path(.path), .facts.uid, .facts.mode
)]
pub struct Distrust {
    /// What.
    pub path: PathBuf,
    /// Why.
    pub reason: DistrustReason,
    facts: PartFacts,
    cure: String,
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
    /// A group without members in `/etc/group` may have some in a directory or a container.
    #[error("its group may write to it, and the members of group {0} are unknown here")]
    UnknownGroup(u32),
    /// `getfacl` shows the list.
    #[error("its access list may let others write to it")]
    AccessList,
    /// Access lists are seen through `/proc`.
    #[error("its access list cannot be seen, for example because /proc is not mounted")]
    UnseenList,
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
        kind: FileType::from_raw_mode(stat.st_mode),
        list: match stat.st_mode & GROUP_WRITES {
            0 => SeenList::Without,
            _ => look_for_list(handle),
        },
        place: PathPartPlace::of(path),
    };
    JudgedPart { path: path.to_owned(), facts, role }
}

/// A part of a path with what is known of it.
pub(super) struct JudgedPart {
    path: PathBuf,
    facts: PartFacts,
    role: PartRole,
}

impl JudgedPart {
    /// The part, if only these users can have made it so.
    pub(super) fn require_trusted(self, trusted: &TrustedUsers) -> Result<(), GateFault> {
        let Self { path, facts, role } = self;
        match find_reason(facts, role, trusted) {
            None => Ok(()),
            Some(reason) => {
                let cure = advise_on(&path, facts, reason, trusted);
                Err(GateFault::Distrusted(Distrust { path, reason, facts, cure }))
            }
        }
    }
}

/// Why a part with these facts is not trusted; `None` where it is.
fn find_reason(facts: PartFacts, role: PartRole, trusted: &TrustedUsers) -> Option<DistrustReason> {
    let is_roots = facts.uid == 0 || is_roots_unmapped(facts, role, trusted);
    if !is_roots && !trusted.has_user(facts.uid) {
        return Some(DistrustReason::Owner);
    }
    let is_shared_safely = role == PartRole::Above && is_roots && facts.mode & STICKY != 0;
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
    match facts.list {
        SeenList::With => return Some(DistrustReason::AccessList),
        SeenList::Unknown if trusted.is_root() => return Some(DistrustReason::UnseenList),
        SeenList::Unknown | SeenList::Without => (),
    }
    // Debian makes the folders below `/usr/local` writable for a group that has nobody in it.
    let is_in_usr_local =
        facts.kind == FileType::Directory && facts.place == PathPartPlace::UsrLocal;
    if is_roots && is_in_usr_local && trusted.has_empty_staff(facts.gid) {
        return None;
    }
    trusted.doubt_group(facts.gid).map(|doubt| match doubt {
        GroupDoubt::Others => DistrustReason::Group,
        GroupDoubt::Unknown => DistrustReason::UnknownGroup(facts.gid),
    })
}

/// Whether it belongs to a user whom this user namespace does not map, and counts as root's: on the
/// way, and what only the system's own folders hold. Elsewhere it may be anybody's.
fn is_roots_unmapped(facts: PartFacts, role: PartRole, trusted: &TrustedUsers) -> bool {
    let is_fit = role == PartRole::Above || facts.place != PathPartPlace::Elsewhere;
    is_fit && trusted.is_unmapped(facts.uid)
}

fn look_for_list(handle: BorrowedFd<'_>) -> SeenList {
    let path = format!("/proc/self/fd/{}", handle.as_raw_fd());
    let mut nothing: [u8; 0] = [];
    match getxattr(path, "system.posix_acl_access", &mut nothing) {
        Ok(0) | Err(Errno::NODATA | Errno::NOTSUP) => SeenList::Without,
        Ok(_) => SeenList::With,
        Err(_) => SeenList::Unknown,
    }
}

impl Distrust {
    /// What to do about it.
    #[must_use]
    pub fn cure(&self) -> &str {
        &self.cure
    }

    /// The same of something that a Python runs: its owner can, without harm to anybody else.
    pub(super) fn for_check_of_owner(self) -> Self {
        match self.facts.uid {
            0 => self,
            uid => Self { cure: format!("run the check as that user: sudo -u '#{uid}'"), ..self },
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
mod tests;
