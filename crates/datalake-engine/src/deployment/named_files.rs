//! Files that a user's units name: those are read that the user could read, too.

use std::iter::successors;

use datalake_core::fault::FaultKind;
use datalake_core::host::HostPath;

use crate::ports::{Files, PathStanding, SeenEntry, SeenKind};

/// What a file holds that a unit names.
#[derive(Clone, PartialEq, Eq)]
pub enum NamedFile {
    /// This text, which may be secret.
    Text(String),
    /// There is none.
    Missing,
    /// It lies outside the home, and the user may not be able to read it: it was not opened.
    NotLookedAt,
    /// It could not be read.
    Unknown,
}

/// Reads files for a user, with an end to all that is kept of them.
pub struct NamedFiles<'a> {
    files: &'a dyn Files,
    home: &'a HostPath,
    uid: u32,
    bytes: usize,
}

impl<'a> NamedFiles<'a> {
    /// Reads at most that many bytes, for the user with this home and number.
    #[must_use]
    pub fn of(files: &'a dyn Files, home: &'a HostPath, uid: u32, bytes: usize) -> Self {
        Self { files, home, uid, bytes }
    }

    /// What the file at `path` holds. Outside the home nothing is opened that the user could not
    /// open: a unit must not have root read what is closed to its owner.
    pub fn read_file(&mut self, path: &HostPath) -> NamedFile {
        let rest = path.as_str().strip_prefix(self.home.as_str());
        if !rest.is_some_and(|rest| rest.starts_with('/'))
            && let Some(other) = self.judge_way(path)
        {
            return other;
        }
        match self.files.look(path) {
            Ok(SeenEntry::File { content, .. }) => {
                let Some(left) = self.bytes.checked_sub(content.expose().len()) else {
                    return NamedFile::Unknown;
                };
                self.bytes = left;
                NamedFile::Text(String::from_utf8_lossy(content.expose()).into_owned())
            }
            Err(fault) if fault.kind == FaultKind::Absent => NamedFile::Missing,
            Ok(SeenEntry::Folder(_)) | Err(_) => NamedFile::Unknown,
        }
    }

    /// What keeps from a file outside the home.
    fn judge_way(&self, path: &HostPath) -> Option<NamedFile> {
        // The kernel's own files may do anything when they are read.
        if ["/proc/", "/sys/", "/dev/"].iter().any(|folder| path.as_str().starts_with(folder)) {
            return Some(NamedFile::NotLookedAt);
        }
        let mut folders: Vec<_> = successors(path.parent(), HostPath::parent).collect();
        folders.retain(|folder| folder.as_str() != "/");
        let ways = folders.iter().rev().map(|folder| (folder, SeenKind::Folder, 0o1));
        for (part, kind, bit) in ways.chain([(path, SeenKind::File, 0o4)]) {
            match self.files.look_at_kind(part) {
                Ok(standing) if standing.kind == kind && self.may_use(&standing, bit) => (),
                Err(fault) if fault.kind == FaultKind::Absent => return Some(NamedFile::Missing),
                Ok(_) | Err(_) => return Some(NamedFile::NotLookedAt),
            }
        }
        None
    }

    /// Whether the user surely has the right; groups are not asked.
    fn may_use(&self, standing: &PathStanding, bit: u32) -> bool {
        let bits = standing.mode.bits();
        let granted = if standing.owner.uid == self.uid { bits >> 6 } else { bits };
        self.uid == 0 || granted & bit != 0
    }
}

#[cfg(test)]
mod tests {
    use datalake_core::host::{Mode, Owner};
    use datalake_core::secret::FilledBody;

    use super::*;
    use crate::memory::MemoryFiles;
    use crate::ports::NewFile;

    /// What is told of `/srv/x/s3.env`, below folders of these modes.
    #[track_caller]
    fn check(folder: u32, file: u32, uid: u32, expected: &str) {
        let host = MemoryFiles::default();
        for name in ["/srv", "/srv/x"] {
            let owner = Owner { uid, gid: uid };
            host.create_folder(&name.parse().unwrap(), Mode::new(folder), owner).unwrap();
        }
        let content = FilledBody::new(b"A=1".to_vec());
        let owner = Owner { uid, gid: uid };
        let new = NewFile { content: &content, mode: Mode::new(file), owner };
        host.write(&"/srv/x/s3.env".parse().unwrap(), &new).unwrap();
        let home = "/home/d".parse().unwrap();
        let mut named = NamedFiles::of(&host, &home, 900, 100);
        let word = |told: &NamedFile| match told {
            NamedFile::Text(_) => "text",
            NamedFile::Missing => "missing",
            NamedFile::NotLookedAt => "not looked at",
            NamedFile::Unknown => "unknown",
        };
        assert_eq!(word(&named.read_file(&"/srv/x/s3.env".parse().unwrap())), expected);
        let missing = if expected == "text" { "missing" } else { expected };
        let other = named.read_file(&"/srv/x/no.env".parse().unwrap());
        assert!(folder & 0o111 == 0o111 || word(&other) == missing);
    }

    #[test]
    fn outside_the_home_only_what_the_user_can_read_is_opened() {
        check(0o755, 0o644, 0, "text");
        check(0o711, 0o604, 0, "text");
        check(0o755, 0o600, 0, "not looked at");
        check(0o755, 0o640, 0, "not looked at");
        check(0o700, 0o644, 0, "not looked at");
        check(0o700, 0o600, 900, "text");
        check(0o055, 0o644, 900, "not looked at");
        check(0o755, 0o044, 900, "not looked at");
    }
}
