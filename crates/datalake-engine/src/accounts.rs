//! Users of the managed host.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, Owner, UnitManager, UnitName, UserAccount};
use datalake_core::secret::FilledBody;

use crate::ports::{Files, SeenEntry};

/// Why a user cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountFault {
    /// The file lists no such user.
    #[error("there is no user `{0}`")]
    Absent(String),
    /// The user's line lacks a part, or a number in it is none.
    #[error("the line of user `{0}` in `/etc/passwd` is malformed")]
    Malformed(String),
    /// The home folder is not a plain absolute path.
    #[error("the home `{home}` of user `{name}` is not a plain absolute path")]
    UnfitHome {
        /// The user's name.
        name: String,
        /// What the file says.
        home: String,
    },
    /// The file cannot be read.
    #[error("cannot read `/etc/passwd`")]
    Unreadable(#[source] Fault),
}

/// This process runs neither as root nor as the service user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("user {caller} is neither root nor `{user}`, whose services these are")]
pub struct NotTheUser {
    /// The number of the user that this process runs as.
    pub caller: u32,
    /// The service user.
    pub user: UnitName,
}

/// Finds a user in the host's `/etc/passwd`.
///
/// # Errors
///
/// [`AccountFault`]; a file that is missing counts as unreadable, not as one without the user.
pub fn find_user(files: &dyn Files, name: &str) -> Result<UserAccount, AccountFault> {
    let content = read_passwd(files).map_err(AccountFault::Unreadable)?;
    user_in(&String::from_utf8_lossy(content.expose()), name)
}

/// Finds the user of this number in the host's `/etc/passwd`; the first of several.
///
/// # Errors
///
/// [`AccountFault`], as for [`find_user`].
pub fn find_user_by_number(
    files: &dyn Files,
    uid: u32,
) -> Result<(String, UserAccount), AccountFault> {
    let content = read_passwd(files).map_err(AccountFault::Unreadable)?;
    let passwd = String::from_utf8_lossy(content.expose());
    let is_theirs = |line: &&str| line.split(':').nth(2).and_then(parse_id) == Some(uid);
    let line = passwd.lines().find(is_theirs);
    let name = line.and_then(|line| line.split(':').next());
    let name = name.ok_or_else(|| AccountFault::Absent(uid.to_string()))?;
    Ok((name.to_owned(), user_in(&passwd, name)?))
}

/// The names in the host's `/etc/passwd` that may be a service user's, in the order of the file.
///
/// # Errors
///
/// A [`Fault`] where the file cannot be read.
pub fn list_user_names(files: &dyn Files) -> Result<Vec<UnitName>, Fault> {
    let content = read_passwd(files)?;
    let text = String::from_utf8_lossy(content.expose());
    let names = text.lines().filter_map(|line| line.split(':').next()?.parse().ok());
    Ok(names.collect())
}

fn read_passwd(files: &dyn Files) -> Result<FilledBody, Fault> {
    let path = "/etc/passwd".parse::<HostPath>();
    let path = path.map_err(|error| Fault::new(FaultKind::Unreadable, error.to_string()))?;
    match files.look(&path)? {
        SeenEntry::File { content, .. } => Ok(content),
        SeenEntry::Folder(_) => Err(Fault::new(FaultKind::NotPlain, "it is a folder")),
    }
}

/// Reads the lines `name:password:uid:gid:comment:home:shell`; the first of a name counts.
fn user_in(passwd: &str, name: &str) -> Result<UserAccount, AccountFault> {
    let mut lines = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let Some(parts) = lines.find(|parts| parts.first() == Some(&name)) else {
        return Err(AccountFault::Absent(name.to_owned()));
    };
    let malformed = || AccountFault::Malformed(name.to_owned());
    let [_, _, uid, gid, _, home, ..] = *parts else {
        return Err(malformed());
    };
    let owner = Owner {
        uid: parse_id(uid).ok_or_else(malformed)?,
        gid: parse_id(gid).ok_or_else(malformed)?,
    };
    match home.parse() {
        Ok(home) => Ok(UserAccount { owner, home, manager: UnitManager::of_user(name) }),
        Err(_) => Err(AccountFault::UnfitHome { name: name.to_owned(), home: home.to_owned() }),
    }
}

/// A user's or group's number; the largest means "nobody's" to the kernel.
fn parse_id(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| *number != u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
        +nis\n\
        dagster-user:x:900:901:Dagster:/var/lib/dagster:/usr/sbin/nologin\n\
        dagster-user:x:1:1::/second:/bin/sh\n\
        homeless:x:1:1:::\n\
        relative:x:1:1::home/x:/bin/sh\n\
        climbing:x:1:1::/home/../etc:/bin/sh\n\
        wordy:x:one:1::/home/x:/bin/sh\n\
        negative:x:4294967295:1::/home/x:/bin/sh\n\
        short:x:1\n";

    #[test]
    fn a_user_has_numbers_and_a_home() {
        let account = user_in(PASSWD, "dagster-user").unwrap();

        assert_eq!(account.owner, Owner { uid: 900, gid: 901 });
        assert_eq!(account.home.as_str(), "/var/lib/dagster");
    }

    #[test]
    fn every_line_of_a_plain_name_is_listed() {
        let files = crate::memory::MemoryFiles::default();
        let etc = "/etc".parse().unwrap();
        let owner = Owner { uid: 0, gid: 0 };
        files.create_folder(&etc, datalake_core::host::Mode::PUBLIC_FOLDER, owner).unwrap();
        let content = FilledBody::new(PASSWD.as_bytes().to_vec());
        let file = crate::ports::NewFile {
            content: &content,
            mode: datalake_core::host::Mode::PUBLIC,
            owner,
        };
        files.write(&etc.join("passwd").unwrap(), &file).unwrap();

        let names = list_user_names(&files).unwrap();

        let names: Vec<_> = names.iter().map(UnitName::as_str).take(3).collect();
        assert_eq!(names, ["root", "dagster-user", "dagster-user"]);
    }

    #[test]
    fn only_a_whole_name_is_found() {
        for name in ["dagster", "x", "", "dagster-user:x", "root:x:0"] {
            assert_eq!(user_in(PASSWD, name), Err(AccountFault::Absent(name.to_owned())));
        }
    }

    #[test]
    fn a_home_has_to_be_absolute() {
        for name in ["homeless", "relative", "climbing"] {
            let fault = user_in(PASSWD, name).unwrap_err();
            assert!(matches!(fault, AccountFault::UnfitHome { .. }), "{name}: {fault}");
        }
    }

    #[test]
    fn a_broken_line_is_not_a_missing_user() {
        for name in ["wordy", "negative", "short"] {
            assert_eq!(user_in(PASSWD, name), Err(AccountFault::Malformed(name.to_owned())));
        }
    }
}
