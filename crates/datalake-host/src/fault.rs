//! What the operating system's errors mean.

use std::fmt::Display;
use std::io;

use datalake_core::fault::{Fault, FaultKind};
use rustix::fs::FileType;
use rustix::io::Errno;

/// The fault that `errno` stands for.
pub(crate) fn fault_of(errno: Errno) -> Fault {
    let kind = match errno {
        Errno::NOENT => FaultKind::Absent,
        Errno::ACCESS | Errno::PERM => FaultKind::Denied,
        Errno::LOOP | Errno::XDEV | Errno::NOTDIR | Errno::ISDIR | Errno::NXIO => {
            FaultKind::NotPlain
        }
        Errno::NAMETOOLONG | Errno::ILSEQ => FaultKind::UnfitName,
        Errno::NOSPC | Errno::DQUOT => FaultKind::DiskFull,
        Errno::ROFS => FaultKind::ReadOnly,
        // Guards have seen that nothing was there: someone has put it there since.
        Errno::EXIST | Errno::NOTEMPTY => FaultKind::Disturbed,
        _ => FaultKind::Io,
    };
    let detail = match errno {
        // The system's own words are about too many of them, and about disks.
        Errno::LOOP => "there is a symbolic link on the way".to_owned(),
        Errno::XDEV => "it leads out of its folder".to_owned(),
        other => other.to_string(),
    };
    Fault::new(kind, detail)
}

/// The fault that an error of the standard library stands for.
pub(crate) fn fault_of_io(error: &io::Error) -> Fault {
    match Errno::from_io_error(error) {
        Some(errno) => fault_of(errno),
        None => Fault::new(FaultKind::Io, error.to_string()),
    }
}

/// Says that `path` is of a kind that cannot be used as asked.
pub(crate) fn not_plain(path: impl Display, kind: FileType) -> Fault {
    Fault::new(FaultKind::NotPlain, format!("`{path}` is {}", kind_in_words(kind)))
}

/// Says that `what` has more than `limit` bytes.
pub(crate) fn too_large(what: impl Display, limit: u64) -> Fault {
    let limit = match (limit >> 20, limit >> 10) {
        (mebi @ 1.., _) if mebi << 20 == limit => format!("{mebi} MiB"),
        (_, kibi @ 1..) if kibi << 10 == limit => format!("{kibi} KiB"),
        _ => format!("{limit} bytes"),
    };
    Fault::new(FaultKind::TooLarge, format!("{what} is larger than {limit}"))
}

/// What a kind of file is called in a message.
pub(crate) fn kind_in_words(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "a plain file",
        FileType::Directory => "a folder",
        FileType::Symlink => "a symbolic link",
        FileType::Fifo => "a named pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Unknown => "of a kind unknown to datalake",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(errno: Errno, expected: FaultKind) {
        let fault = fault_of(errno);

        assert_eq!(fault.kind, expected);
        assert!(!fault.detail.is_empty());
        assert_eq!(fault_of_io(&errno.into()), fault);
    }

    #[test]
    fn a_limit_is_told_in_round_numbers() {
        let told = |limit| too_large("`/x`", limit).detail;

        assert_eq!(told(1 << 20), "`/x` is larger than 1 MiB");
        assert_eq!(told(64 << 10), "`/x` is larger than 64 KiB");
        assert_eq!(told(1000), "`/x` is larger than 1000 bytes");
    }

    #[test]
    fn each_error_of_the_system_has_its_kind() {
        check(Errno::NOENT, FaultKind::Absent);
        check(Errno::ACCESS, FaultKind::Denied);
        check(Errno::PERM, FaultKind::Denied);
        check(Errno::LOOP, FaultKind::NotPlain);
        check(Errno::XDEV, FaultKind::NotPlain);
        check(Errno::NOTDIR, FaultKind::NotPlain);
        check(Errno::ISDIR, FaultKind::NotPlain);
        check(Errno::NXIO, FaultKind::NotPlain);
        check(Errno::NOSPC, FaultKind::DiskFull);
        check(Errno::DQUOT, FaultKind::DiskFull);
        check(Errno::ROFS, FaultKind::ReadOnly);
        check(Errno::EXIST, FaultKind::Disturbed);
        check(Errno::NOTEMPTY, FaultKind::Disturbed);
        check(Errno::IO, FaultKind::Io);
        check(Errno::NAMETOOLONG, FaultKind::UnfitName);
        check(Errno::NOSYS, FaultKind::Io);
    }
}
