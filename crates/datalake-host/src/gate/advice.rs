//! What to do about something that is not trusted.

use std::path::Path;

use rustix::fs::FileType;

use super::judge::{DistrustReason, PartFacts, STICKY};
use super::trusted::TrustedUsers;
use crate::escape::escaped_path;

/// Somebody may run it: then it is no spec and no file of secrets.
const RUN_BY_SOMEBODY: u32 = 0o111;

/// What the caller can do about it, without taking anything from anybody.
pub(super) fn advise_on(
    path: &Path,
    facts: PartFacts,
    reason: DistrustReason,
    trusted: &TrustedUsers,
) -> String {
    let path = escaped_path(path);
    let may_change = trusted.may_change_all() || trusted.is_caller(facts.uid);
    let then = |command: &str| {
        if facts.mode & STICKY != 0 && facts.kind == FileType::Directory {
            return "use a folder of your own below it".to_owned();
        }
        if may_change {
            return format!("check what it holds, then: {command} '{path}'");
        }
        "put it into a folder that only you may write to".to_owned()
    };
    match reason {
        DistrustReason::Owner => match facts.kind {
            FileType::Directory if trusted.may_change_all() => {
                "run it with `sudo` as the folder's owner, or put the file into /etc/datalake"
                    .to_owned()
            }
            FileType::Directory => "put the file into a folder of yours".to_owned(),
            FileType::Symlink => "name what the link leads to by its own path".to_owned(),
            _ if trusted.may_change_all() && facts.mode & RUN_BY_SOMEBODY == 0 => {
                format!("check what it holds; if it is yours: chown root '{path}'")
            }
            _ => "check what it holds, and copy it to a folder of yours".to_owned(),
        },
        DistrustReason::Others => then("chmod o-w"),
        DistrustReason::Group | DistrustReason::UnknownGroup(_) | DistrustReason::UnseenList => {
            then("chmod g-w")
        }
        DistrustReason::AccessList => then("setfacl -b"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::judge::{PathPartPlace, SeenList};

    fn advice(uid: u32, mode: u32, kind: FileType, trusted: &TrustedUsers) -> String {
        let (list, place) = (SeenList::Without, PathPartPlace::Elsewhere);
        let facts = PartFacts { uid, gid: uid, mode, kind, list, place };
        let reason = match mode & 0o002 {
            0 => DistrustReason::Owner,
            _ => DistrustReason::Others,
        };
        advise_on(Path::new("/srv/x"), facts, reason, trusted)
    }

    const KINDS: [FileType; 3] = [FileType::Directory, FileType::RegularFile, FileType::Symlink];

    #[test]
    fn only_root_is_told_to_take_a_plain_file_that_nobody_runs() {
        let root = TrustedUsers::of_test(&[0], "", "");
        let ana = TrustedUsers::of_test(&[0, 1000], "", "");
        let in_namespace = root.clone().in_namespace(65534);

        let told = advice(1001, 0o644, FileType::RegularFile, &root);
        assert!(told.ends_with("if it is yours: chown root '/srv/x'"), "{told}");
        assert!(!advice(1001, 0o755, FileType::RegularFile, &root).contains("chown"));
        assert!(advice(1001, 0o755, FileType::Directory, &root).contains("/etc/datalake"));
        for kind in KINDS {
            for trusted in [&ana, &in_namespace] {
                let told = advice(1001, 0o644, kind, trusted);
                assert!(!told.contains("chown") && !told.contains("sudo"), "{told}");
            }
        }
        assert!(!advice(1001, 0o755, FileType::Directory, &root).contains("chown"));
    }

    #[test]
    fn modes_are_changed_by_those_who_may_and_never_of_a_shared_folder() {
        let ana = TrustedUsers::of_test(&[0, 1000], "", "");
        assert!(advice(1000, 0o666, FileType::RegularFile, &ana).contains("chmod o-w '/srv/x'"));
        assert!(!advice(0, 0o666, FileType::RegularFile, &ana).contains("chmod"));
        let root = TrustedUsers::of_test(&[0], "", "");
        assert!(!advice(0, 0o1777, FileType::Directory, &root).contains("chmod"));
    }
}
