//! The files that make up a user's units: all that quadlet and the user's systemd read, and what
//! else on a host may read a file of theirs.

mod walk;

use datalake_core::fault::Fault;
use datalake_core::host::{HostPath, InvalidPath, UserAccount};

use self::walk::UnitWalk;
pub(super) use self::walk::is_of_other_user;
use super::quadlet_folders;
use crate::ports::Files;

/// Files of the user's shell.
const SHELL_FILES: [&str; 8] = [
    ".profile",
    ".bash_profile",
    ".bash_login",
    ".bashrc",
    ".bash_aliases",
    ".zprofile",
    ".zshenv",
    ".zshrc",
];

/// The folders of the host's own systemd in which somebody writes by hand.
const HOST_FOLDERS: [&str; 5] = [
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
];

/// Who reads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserFileSort {
    /// quadlet: a unit or a drop-in.
    Quadlet,
    /// systemd: a unit or a drop-in.
    Systemd,
    /// systemd, for variables of all services.
    EnvironmentD,
    /// The host's own systemd, or quadlet for it: a unit or a drop-in.
    System,
    /// A shell or cron.
    Script,
}

/// A file that is a part of a user's units. Its text may hold secrets.
pub struct UserFile {
    /// Where it is.
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
    /// What stands in the user's own quadlet folders and of which quadlet makes nothing: it cannot read
    /// it, or it is no file.
    pub closed: Vec<(HostPath, Fault)>,
    /// Units of systemd that are masked: links to `/dev/null`.
    pub masked: Vec<HostPath>,
    /// The folders in which quadlet looks for units, the strongest first.
    pub folders: Vec<HostPath>,
}

impl UserFiles {
    /// Reads the files of the user with this account and name. Nothing is changed.
    ///
    /// What is closed to this process is passed over: it is closed to the user as well, who is asked
    /// for no more than root is. Of what a user may write, nothing leads out of the home.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] never, as long as the home is a path.
    pub fn collect(
        account: &UserAccount,
        name: &str,
        files: &dyn Files,
    ) -> Result<Self, InvalidPath> {
        if account.is_host() {
            return Self::collect_of_host(account, name, files);
        }
        let (home, uid) = (&account.home, account.owner.uid);
        let mut walk = UnitWalk::of(files);
        let environment = home.join(".config/environment.d")?;
        walk.take_settings(&environment, UserFileSort::EnvironmentD);
        let named = walk.named_folders(home, uid)?;
        let usual = quadlet_folders(account)?;
        // The variable stands for all folders, but what is in the usual ones may be read one day.
        for folder in named.iter().chain(&usual) {
            walk.take_quadlets(folder, UserFileSort::Quadlet);
        }
        let folders = if named.is_empty() { usual } else { named };
        for folder in systemd_folders(home, uid)? {
            walk.take_systemd(&folder, folder.as_str().starts_with(home.as_str()));
        }
        walk.start_afresh();
        for folder in ["/etc/systemd/system", "/usr/local/lib/systemd/system"] {
            walk.take_services(&folder.parse()?);
        }
        walk.take_quadlets(&"/etc/containers/systemd".parse()?, UserFileSort::System);
        for path in list_scripts(home, name)? {
            walk.take_script(&path);
        }
        walk.take_scripts(&"/etc/cron.d".parse()?);
        Ok(Self { folders, ..walk.finish() })
    }

    /// The same for the units of the host's own systemd, which knows no `environment.d`.
    fn collect_of_host(
        account: &UserAccount,
        name: &str,
        files: &dyn Files,
    ) -> Result<Self, InvalidPath> {
        let mut walk = UnitWalk::of(files);
        let folders = quadlet_folders(account)?;
        for folder in &folders {
            walk.take_quadlets(folder, UserFileSort::Quadlet);
        }
        for folder in HOST_FOLDERS {
            walk.take_systemd(&folder.parse()?, false);
        }
        walk.start_afresh();
        for path in list_scripts(&account.home, name)? {
            walk.take_script(&path);
        }
        walk.take_scripts(&"/etc/cron.d".parse()?);
        Ok(Self { folders, ..walk.finish() })
    }
}

/// The folders in which quadlet looks for a user's units, the strongest first: those of
/// `QUADLET_UNIT_DIRS` where root or the user sets it, else the usual ones.
///
/// # Errors
///
/// [`InvalidPath`] never, as long as the home is a path.
pub fn find_search_path(
    account: &UserAccount,
    files: &dyn Files,
) -> Result<Vec<HostPath>, InvalidPath> {
    if account.is_host() {
        return quadlet_folders(account);
    }
    let home = &account.home;
    let mut walk = UnitWalk::of(files);
    walk.take_settings(&home.join(".config/environment.d")?, UserFileSort::EnvironmentD);
    let named = walk.named_folders(home, account.owner.uid)?;
    if named.is_empty() { quadlet_folders(account) } else { Ok(named) }
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
        "/usr/local/lib/systemd/user".parse()?,
        "/usr/local/share/systemd/user".parse()?,
    ])
}

/// Files of the user's shell and of cron.
fn list_scripts(home: &HostPath, name: &str) -> Result<Vec<HostPath>, InvalidPath> {
    let mut all: Vec<HostPath> = vec![
        "/etc/crontab".parse()?,
        format!("/var/spool/cron/crontabs/{name}").parse()?,
        format!("/var/spool/cron/{name}").parse()?,
    ];
    for name in SHELL_FILES {
        all.push(home.join(name)?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
