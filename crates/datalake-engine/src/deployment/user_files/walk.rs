//! The walk through the folders, with an end to everything.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, InvalidPath};

use super::{UserFile, UserFileSort, UserFiles};
use crate::ports::{Files, SeenEntry, SeenKind};

/// How deep folders within quadlet folders are looked into.
const DEEPEST: usize = 8;

/// How many files and folders are opened.
pub(super) const MOST_LOOKS: usize = 2_000;

/// Of how many names the kind is asked for.
const MOST_NAMES: usize = 50_000;

/// How many bytes are kept of all files: a line of three bytes takes a hundred times that once it is
/// read.
const LARGEST: usize = 512 << 10;

/// The endings of files that quadlet makes services of.
const QUADLET_ENDINGS: [&str; 9] =
    ["artifact", "build", "container", "image", "kube", "network", "pod", "quadlets", "volume"];

/// The endings of systemd's units that run programs, or start others that do.
const SYSTEMD_ENDINGS: [&str; 4] = ["service", "timer", "path", "socket"];

/// The endings of links in quadlet folders that surely lead to no folders.
const FILE_ENDINGS: [&str; 12] =
    ["env", "conf", "bak", "md", "txt", "yaml", "yml", "json", "sh", "py", "tar", "gz"];

/// The variable that gives quadlet other folders.
const FOLDERS_VARIABLE: &str = "QUADLET_UNIT_DIRS=";

/// Where a link of a masked unit leads.
const NOTHING: &str = "/dev/null";

pub(super) struct UnitWalk<'a> {
    files: &'a dyn Files,
    found: UserFiles,
    looks: usize,
    names: usize,
    bytes: usize,
    /// How much was unread before what is of no user's came.
    own_unread: Option<usize>,
}

impl<'a> UnitWalk<'a> {
    pub(super) fn of(files: &'a dyn Files) -> Self {
        let found = UserFiles::default();
        let (looks, names, bytes) = (MOST_LOOKS, MOST_NAMES, LARGEST);
        Self { files, found, looks, names, bytes, own_unread: None }
    }

    /// From here on come files of others, of which those that cannot be read are passed over.
    pub(super) fn start_afresh(&mut self) {
        (self.looks, self.names, self.bytes) = (MOST_LOOKS, MOST_NAMES, LARGEST);
        self.own_unread = Some(self.found.unread.len());
    }

    pub(super) fn finish(mut self) -> UserFiles {
        if let Some(own) = self.own_unread {
            self.found.unread.truncate(own);
        }
        self.found
    }

    /// What lies at a path; nothing where there is none, or none that counts.
    fn look(&mut self, path: &HostPath) -> Option<SeenEntry> {
        let Some(left) = self.looks.checked_sub(1) else {
            let text = format!("there are more than {MOST_LOOKS} files and folders");
            self.leave_out(path, Fault::new(FaultKind::Unreadable, text));
            return None;
        };
        self.looks = left;
        match self.files.look(path) {
            Ok(seen) => Some(seen),
            Err(fault) => {
                self.leave_out(path, fault);
                None
            }
        }
    }

    /// The kind of what lies at a path, which is not opened; `Other` where a link is on the way.
    fn kind_of(&mut self, path: &HostPath) -> Option<SeenKind> {
        let Some(left) = self.names.checked_sub(1) else {
            if self.looks > 0 {
                let text = format!("there are more than {MOST_NAMES} names");
                self.leave_out(path, Fault::new(FaultKind::Unreadable, text));
                self.looks = 0;
            }
            return None;
        };
        self.names = left;
        match self.files.look_at_kind(path) {
            Ok(standing) => Some(standing.kind),
            Err(fault) if fault.kind == FaultKind::NotPlain => Some(SeenKind::Other),
            Err(fault) => {
                self.leave_out(path, fault);
                None
            }
        }
    }

    fn leave_out(&mut self, path: &HostPath, fault: Fault) {
        if fault.kind == FaultKind::Denied {
            return self.close(path, fault);
        }
        let is_known = self.found.unread.iter().any(|(unread, _)| unread == path);
        // A single line says that there is too much.
        let is_told = self.looks == 0 && !self.found.unread.is_empty();
        if fault.kind != FaultKind::Absent && !is_known && !is_told {
            self.found.unread.push((path.clone(), fault));
        }
    }

    /// What stands in the user's own quadlet folders and of which quadlet makes nothing.
    fn close(&mut self, path: &HostPath, fault: Fault) {
        if self.own_unread.is_none() && path.as_str().contains("/containers/systemd") {
            self.found.closed.push((path.clone(), fault));
        }
    }

    fn names_in(&mut self, folder: &HostPath) -> Vec<String> {
        match self.kind_of(folder) {
            Some(SeenKind::Folder | SeenKind::Other) => (),
            Some(SeenKind::File) => {
                let text = "a file in the place of a folder";
                self.leave_out(folder, Fault::new(FaultKind::NotPlain, text));
                return Vec::new();
            }
            None => return Vec::new(),
        }
        match self.look(folder) {
            Some(SeenEntry::Folder(seen)) => seen.names.into_iter().collect(),
            Some(SeenEntry::File { .. }) | None => Vec::new(),
        }
    }

    fn take_file(&mut self, path: &HostPath, sort: UserFileSort) {
        if self.found.files.iter().any(|file| file.path == *path) {
            return;
        }
        let kind = self.kind_of(path);
        if kind == Some(SeenKind::Other) && self.files.link_target(path).as_deref() == Some(NOTHING)
        {
            // It stands for no file at all.
            if sort == UserFileSort::Systemd {
                self.found.masked.push(path.clone());
            }
            return;
        }
        if kind == Some(SeenKind::Folder) {
            let text = "a folder in the place of a file";
            return self.close(path, Fault::new(FaultKind::NotPlain, text));
        }
        if !matches!(kind, Some(SeenKind::File | SeenKind::Other)) {
            return;
        }
        let Some(SeenEntry::File { content, .. }) = self.look(path) else { return };
        let Some(left) = self.bytes.checked_sub(content.expose().len()) else {
            let text = format!("all unit files together have more than {LARGEST} bytes");
            return self.leave_out(path, Fault::new(FaultKind::Unreadable, text));
        };
        self.bytes = left;
        let text = String::from_utf8_lossy(content.expose()).into_owned();
        self.found.files.push(UserFile { path: path.clone(), sort, text });
    }

    /// The `*.conf` in a folder.
    pub(super) fn take_settings(&mut self, folder: &HostPath, sort: UserFileSort) {
        for name in self.names_in(folder) {
            if ending_of(&name) == "conf"
                && let Ok(path) = folder.join(&name)
            {
                self.take_file(&path, sort);
            }
        }
    }

    /// Quadlet's files in a folder and those below it; the host's own have users' ones beside them.
    pub(super) fn take_quadlets(&mut self, folder: &HostPath, sort: UserFileSort) {
        let mut rest = vec![(folder.clone(), 0)];
        while let Some((folder, depth)) = rest.pop() {
            let mut below = Vec::new();
            for name in self.names_in(&folder) {
                let Ok(path) = folder.join(&name) else { continue };
                match ending_of(&name) {
                    // No unit lies in what git keeps.
                    _ if name == ".git" || is_of_other_user(&folder, &name) => (),
                    "d" => self.take_settings(&path, sort),
                    ending if QUADLET_ENDINGS.contains(&ending) => self.take_file(&path, sort),
                    _ if depth < DEEPEST && self.may_be_folder(&path) => {
                        below.push((path, depth + 1));
                    }
                    _ => (),
                }
            }
            rest.extend(below.into_iter().rev());
        }
    }

    /// A folder, or a link that may lead to one.
    fn may_be_folder(&mut self, path: &HostPath) -> bool {
        match self.kind_of(path) {
            Some(SeenKind::Folder) => true,
            Some(SeenKind::Other) => !FILE_ENDINGS.contains(&ending_of(path.file_name())),
            Some(SeenKind::File) | None => false,
        }
    }

    pub(super) fn take_systemd(&mut self, folder: &HostPath, is_users: bool) {
        let before = self.found.unread.len();
        for name in self.names_in(folder) {
            let Ok(path) = folder.join(&name) else { continue };
            match ending_of(&name) {
                "d" => self.take_settings(&path, UserFileSort::Systemd),
                ending if SYSTEMD_ENDINGS.contains(&ending) => {
                    self.take_file(&path, UserFileSort::Systemd);
                }
                // The links of `enable`, and what runs nothing.
                _ => (),
            }
        }
        if !is_users {
            // Packages have links among root's units, to what they bring.
            let mut at = 0;
            self.found.unread.retain(|(_, fault)| {
                at += 1;
                at <= before || fault.kind != FaultKind::NotPlain
            });
        }
    }

    /// The services of the host's own systemd, and their drop-ins.
    pub(super) fn take_services(&mut self, folder: &HostPath) {
        for name in self.names_in(folder) {
            let Ok(path) = folder.join(&name) else { continue };
            if ending_of(&name) == "service" {
                self.take_file(&path, UserFileSort::System);
            } else if name.ends_with("service.d") {
                self.take_settings(&path, UserFileSort::System);
            }
        }
    }

    /// A plain file with commands.
    pub(super) fn take_script(&mut self, path: &HostPath) {
        if self.kind_of(path) == Some(SeenKind::File) {
            self.take_file(path, UserFileSort::Script);
        }
    }

    pub(super) fn take_scripts(&mut self, folder: &HostPath) {
        for name in self.names_in(folder) {
            if let Ok(path) = folder.join(&name) {
                self.take_script(&path);
            }
        }
    }

    /// Folders that a variable of the user's own gives to quadlet, as far as they lie in the home:
    /// what the user writes must not have root look anywhere else.
    fn folders_by_user(&self, home: &HostPath) -> Vec<HostPath> {
        let files = self.found.files.iter();
        let texts = files.map(|file| {
            let text = file.text.replace("${HOME}", home.as_str());
            text.replace("$HOME", home.as_str())
        });
        let mut folders: Vec<_> = texts.flat_map(|text| folders_in(&text)).collect();
        let is_below = |folder: &HostPath| {
            let rest = folder.as_str().strip_prefix(home.as_str());
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        folders.retain(is_below);
        folders
    }

    /// Folders that `QUADLET_UNIT_DIRS` names, as the user sets it, else as root does.
    pub(super) fn named_folders(
        &mut self,
        home: &HostPath,
        uid: u32,
    ) -> Result<Vec<HostPath>, InvalidPath> {
        let by_user = self.folders_by_user(home);
        let by_root = self.folders_by_root(uid)?;
        Ok(if by_user.is_empty() { by_root } else { by_user })
    }

    /// Folders that a variable which root has set gives to quadlet.
    fn folders_by_root(&mut self, uid: u32) -> Result<Vec<HostPath>, InvalidPath> {
        let mut folders = Vec::new();
        for folder in [
            "/etc/environment.d".to_owned(),
            "/etc/systemd/system/user@.service.d".to_owned(),
            format!("/etc/systemd/system/user@{uid}.service.d"),
        ] {
            let folder: HostPath = folder.parse()?;
            for name in self.names_in(&folder) {
                let path = folder.join(&name)?;
                if ending_of(&name) == "conf"
                    && let Some(SeenEntry::File { content, .. }) = self.look(&path)
                {
                    folders.extend(folders_in(&String::from_utf8_lossy(content.expose())));
                }
            }
        }
        Ok(folders)
    }
}

fn folders_in(text: &str) -> Vec<HostPath> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with(['#', ';']));
    let values = lines.filter_map(|line| Some(line.split_once(FOLDERS_VARIABLE)?.1));
    let ends = |c: char| c.is_whitespace() || c == '"' || c == '\'';
    let values = values.filter_map(|value| value.trim_matches(ends).split(ends).next());
    values.flat_map(|value| value.split(':')).filter_map(|path| path.parse().ok()).collect()
}

/// Whether a folder among those of root's for users is another user's: that one's own is a folder of
/// the search path by itself. Among the host's own it is that of all users.
pub(in crate::deployment) fn is_of_other_user(folder: &HostPath, name: &str) -> bool {
    let hosts =
        ["/run/containers/systemd", "/etc/containers/systemd", "/usr/share/containers/systemd"];
    name == "users" && hosts.contains(&folder.as_str())
        || folder.as_str().ends_with("/systemd/users")
            && name.bytes().all(|byte| byte.is_ascii_digit())
}

fn ending_of(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}
