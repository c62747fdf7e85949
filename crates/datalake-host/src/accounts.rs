//! Users of the managed host.

use datalake_core::{Fault, FaultKind, FilledBody, HostPath, Owner};
use datalake_engine::{Files, Seen};

/// A user as `/etc/passwd` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user's number, and that of its first group.
    pub owner: Owner,
    /// The home folder.
    pub home: HostPath,
}

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
    #[error("the home `{home}` of user `{name}` is no absolute plain path")]
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

/// Finds a user in the host's `/etc/passwd`.
///
/// # Errors
///
/// [`AccountFault`]; a file that is missing counts as unreadable, not as one without the user.
pub fn find_user(files: &dyn Files, name: &str) -> Result<Account, AccountFault> {
    let content = passwd(files).map_err(AccountFault::Unreadable)?;
    user_in(&String::from_utf8_lossy(content.expose()), name)
}

fn passwd(files: &dyn Files) -> Result<FilledBody, Fault> {
    let path = "/etc/passwd".parse::<HostPath>();
    let path = path.map_err(|error| Fault::new(FaultKind::Unreadable, error.to_string()))?;
    match files.look(&path)? {
        Seen::File { content, .. } => Ok(content),
        Seen::Folder(_) => Err(Fault::new(FaultKind::NotPlain, "it is a folder")),
    }
}

/// Reads the lines `name:password:uid:gid:comment:home:shell`; the first of a name counts.
fn user_in(passwd: &str, name: &str) -> Result<Account, AccountFault> {
    let mut lines = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let Some(parts) = lines.find(|parts| parts.first() == Some(&name)) else {
        return Err(AccountFault::Absent(name.to_owned()));
    };
    let malformed = || AccountFault::Malformed(name.to_owned());
    let [_, _, uid, gid, _, home, ..] = *parts else {
        return Err(malformed());
    };
    let owner =
        Owner { uid: number(uid).ok_or_else(malformed)?, gid: number(gid).ok_or_else(malformed)? };
    match home.parse() {
        Ok(home) => Ok(Account { owner, home }),
        Err(_) => Err(AccountFault::UnfitHome { name: name.to_owned(), home: home.to_owned() }),
    }
}

/// A user's or group's number; the largest means "nobody's" to the kernel.
fn number(text: &str) -> Option<u32> {
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
