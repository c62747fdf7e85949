//! The files that make up a user's units: all that quadlet and the user's systemd read.

use datalake_core::{Fault, FaultKind, HostPath, InvalidPath};

use super::quadlet_folders;
use crate::ports::{Files, Seen};

/// How deep folders within quadlet folders are looked into.
const DEEPEST: usize = 8;

/// How many files and folders are looked at.
const MOST_LOOKS: usize = 2_000;

/// How many bytes are kept of all files: a line of three bytes takes a hundred times that once it is
/// read.
const LARGEST: usize = 512 << 10;

/// The endings of files that quadlet makes services of.
const QUADLET_ENDINGS: [&str; 9] =
    ["artifact", "build", "container", "image", "kube", "network", "pod", "quadlets", "volume"];

/// The endings of systemd's units that run programs, or start others that do.
const SYSTEMD_ENDINGS: [&str; 4] = ["service", "timer", "path", "socket"];

/// The endings of files in quadlet folders that are surely no folders.
const FILE_ENDINGS: [&str; 12] =
    ["env", "conf", "bak", "md", "txt", "yaml", "yml", "json", "sh", "py", "tar", "gz"];

/// The variable that gives quadlet other folders.
const FOLDERS_VARIABLE: &str = "QUADLET_UNIT_DIRS=";

/// Who reads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserFileSort {
    /// quadlet: a unit or a drop-in.
    Quadlet,
    /// systemd: a unit or a drop-in.
    Systemd,
    /// systemd, for variables of all services.
    EnvironmentD,
}

/// A file that is a part of a user's units. Its text may hold secrets.
pub struct UserFile {
    /// Where it lies.
    pub path: HostPath,
    /// Who reads it.
    pub sort: UserFileSort,
    /// What it says.
    pub text: String,
}

/// All such files of a user.
#[derive(Default)]
pub struct UserFiles {
    /// Those that could be read.
    pub files: Vec<UserFile>,
    /// Files and folders that could not, although the user's systemd may.
    pub unread: Vec<(HostPath, Fault)>,
}

impl UserFiles {
    /// Reads the files of the user with this home and number. Nothing is changed.
    ///
    /// What is closed to this process is passed over: it is closed to the user as well, who is asked
    /// for no more than root is.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] never, as long as `home` is a path.
    pub fn collect(home: &HostPath, uid: u32, files: &dyn Files) -> Result<Self, InvalidPath> {
        let mut walk = Walk { files, found: Self::default(), looks: MOST_LOOKS, bytes: LARGEST };
        let environment = home.join(".config/environment.d")?;
        walk.take_settings(&environment, UserFileSort::EnvironmentD);
        let mut folders = walk.other_quadlet_folders(uid)?;
        folders.extend(quadlet_folders(home, uid)?);
        for folder in folders {
            walk.take_quadlets(&folder, DEEPEST);
        }
        for folder in systemd_folders(home, uid)? {
            walk.take_systemd(&folder, folder.as_str().starts_with(home.as_str()));
        }
        Ok(walk.found)
    }
}

/// The folders of the user's systemd in which somebody writes by hand; what packages bring is
/// elsewhere.
fn systemd_folders(home: &HostPath, uid: u32) -> Result<Vec<HostPath>, InvalidPath> {
    Ok(vec![
        home.join(".config/systemd/user.control")?,
        home.join(".config/systemd/user")?,
        home.join(".local/share/systemd/user")?,
        format!("/run/user/{uid}/systemd/user.control").parse()?,
        format!("/run/user/{uid}/systemd/user").parse()?,
        "/etc/systemd/user".parse()?,
        "/etc/xdg/systemd/user".parse()?,
        "/run/systemd/user".parse()?,
    ])
}

struct Walk<'a> {
    files: &'a dyn Files,
    found: UserFiles,
    looks: usize,
    bytes: usize,
}

impl Walk<'_> {
    /// What lies at a path; nothing where there is none, or none that counts.
    fn look(&mut self, path: &HostPath) -> Option<Seen> {
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

    fn leave_out(&mut self, path: &HostPath, fault: Fault) {
        let is_known = self.found.unread.iter().any(|(unread, _)| unread == path);
        // A single line says that there is too much.
        let is_told = self.looks == 0 && !self.found.unread.is_empty();
        if !matches!(fault.kind, FaultKind::Absent | FaultKind::Denied) && !is_known && !is_told {
            self.found.unread.push((path.clone(), fault));
        }
    }

    fn names_in(&mut self, folder: &HostPath) -> Vec<String> {
        match self.look(folder) {
            Some(Seen::Folder(seen)) => seen.names.into_iter().collect(),
            Some(Seen::File { .. }) | None => Vec::new(),
        }
    }

    fn take_file(&mut self, path: &HostPath, sort: UserFileSort) {
        if self.found.files.iter().any(|file| file.path == *path) {
            return;
        }
        let Some(Seen::File { content, .. }) = self.look(path) else { return };
        let Some(left) = self.bytes.checked_sub(content.expose().len()) else {
            let text = format!("all unit files together have more than {LARGEST} bytes");
            return self.leave_out(path, Fault::new(FaultKind::Unreadable, text));
        };
        self.bytes = left;
        let text = String::from_utf8_lossy(content.expose()).into_owned();
        self.found.files.push(UserFile { path: path.clone(), sort, text });
    }

    /// The `*.conf` in a folder.
    fn take_settings(&mut self, folder: &HostPath, sort: UserFileSort) {
        for name in self.names_in(folder) {
            if ending_of(&name) == "conf"
                && let Ok(path) = folder.join(&name)
            {
                self.take_file(&path, sort);
            }
        }
    }

    fn take_quadlets(&mut self, folder: &HostPath, depth: usize) {
        for name in self.names_in(folder) {
            let Ok(path) = folder.join(&name) else { continue };
            match ending_of(&name) {
                "d" => self.take_settings(&path, UserFileSort::Quadlet),
                ending if QUADLET_ENDINGS.contains(&ending) => {
                    self.take_file(&path, UserFileSort::Quadlet);
                }
                ending if FILE_ENDINGS.contains(&ending) => (),
                _ if depth > 0 => self.take_quadlets(&path, depth - 1),
                _ => (),
            }
        }
    }

    fn take_systemd(&mut self, folder: &HostPath, is_users: bool) {
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

    /// Folders that a variable of the user's systemd gives to quadlet.
    fn other_quadlet_folders(&mut self, uid: u32) -> Result<Vec<HostPath>, InvalidPath> {
        let mut texts: Vec<String> =
            self.found.files.iter().map(|file| file.text.clone()).collect();
        for folder in [
            "/etc/environment.d".to_owned(),
            "/etc/systemd/system/user@.service.d".to_owned(),
            format!("/etc/systemd/system/user@{uid}.service.d"),
        ] {
            let folder: HostPath = folder.parse()?;
            for name in self.names_in(&folder) {
                let path = folder.join(&name)?;
                if let Some(Seen::File { content, .. }) = self.look(&path) {
                    texts.push(String::from_utf8_lossy(content.expose()).into_owned());
                }
            }
        }
        let lines = texts.iter().flat_map(|text| text.lines());
        let lines = lines.filter(|line| !line.trim_start().starts_with(['#', ';']));
        let values = lines.filter_map(|line| Some(line.split_once(FOLDERS_VARIABLE)?.1));
        let ends = |c: char| c.is_whitespace() || c == '"' || c == '\'';
        let values = values.filter_map(|value| value.trim_matches(ends).split(ends).next());
        Ok(values.flat_map(|value| value.split(':')).filter_map(|path| path.parse().ok()).collect())
    }
}

fn ending_of(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

#[cfg(test)]
mod tests {
    use datalake_core::{FilledBody, Mode, Owner};

    use super::*;
    use crate::memory::MemoryFiles;
    use crate::ports::NewFile;

    /// A host with these files, and the folders that they need.
    fn host(files: &[(&str, &str)]) -> MemoryFiles {
        let host = MemoryFiles::default();
        let owner = Owner { uid: 900, gid: 900 };
        for (name, text) in files {
            let path: HostPath = name.parse().unwrap();
            let mut parents: Vec<_> =
                std::iter::successors(path.parent(), HostPath::parent).collect();
            while let Some(parent) = parents.pop() {
                host.create_folder(&parent, Mode::PUBLIC_FOLDER, owner).unwrap();
            }
            let content = FilledBody::new(text.as_bytes().to_vec());
            let file = NewFile { content: &content, mode: Mode::PUBLIC, owner };
            host.write(&path, &file).unwrap();
        }
        host
    }

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let found = UserFiles::collect(&"/home/d".parse().unwrap(), 900, &host(files)).unwrap();
        let paths: Vec<_> = found.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, expected);
        assert!(found.unread.is_empty());
    }

    #[test]
    fn every_folder_of_quadlet_and_systemd_is_read() {
        for path in [
            "/home/d/.config/environment.d/s3.conf",
            "/home/d/.config/containers/systemd/web.container",
            "/home/d/.config/containers/systemd/apps/v1.2/web.container",
            "/home/d/.config/containers/systemd/web.container.d/a.conf",
            "/home/d/.config/containers/systemd/container.d/a.conf",
            "/home/d/.config/containers/systemd/x.pod",
            "/home/d/.config/containers/systemd/x@.container",
            "/etc/containers/systemd/users/web.container",
            "/etc/containers/systemd/users/900/web.kube",
            "/run/user/900/containers/systemd/web.container",
            "/home/d/.config/systemd/user/backup.service",
            "/home/d/.config/systemd/user/backup.timer",
            "/home/d/.config/systemd/user/web.service.d/override.conf",
            "/home/d/.local/share/systemd/user/backup.service",
            "/run/user/900/systemd/user/backup.service",
            "/etc/systemd/user/backup.service",
        ] {
            check(&[(path, "A=1\n")], &[path]);
        }
    }

    #[test]
    fn what_nobody_makes_units_of_is_passed_over() {
        check(
            &[
                ("/home/d/.config/containers/systemd/web.container.bak", ""),
                ("/home/d/.config/containers/systemd/web.container.d/a.conf.off", ""),
                ("/home/d/.config/environment.d/s3.conf~", ""),
                ("/home/d/.config/systemd/user/default.target.wants/a.service", ""),
                ("/etc/containers/systemd/web.container", ""),
                ("/usr/lib/systemd/user/gpg-agent.service", ""),
            ],
            &[],
        );
    }

    #[test]
    fn a_variable_may_give_quadlet_other_folders() {
        let conf = "/home/d/.config/environment.d/q.conf";
        let unit = "/srv/units/web.container";
        check(&[(conf, "QUADLET_UNIT_DIRS=/srv/none:/srv/units\n"), (unit, "")], &[conf, unit]);
        let system = "/etc/systemd/system/user@.service.d/q.conf";
        let line = "[Service]\nEnvironment=\"QUADLET_UNIT_DIRS=/srv/units\"\n";
        check(&[(system, line), (unit, "")], &[unit]);
    }

    #[test]
    fn there_may_be_no_end_of_files() {
        let names: Vec<_> = (0..MOST_LOOKS + 10)
            .map(|at| format!("/home/d/.config/containers/systemd/{at}.container"))
            .collect();
        let files: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();

        let found = UserFiles::collect(&"/home/d".parse().unwrap(), 900, &host(&files)).unwrap();

        assert!(found.files.len() < MOST_LOOKS);
        assert_eq!(found.unread.len(), 1);
    }
}
