//! Files that the operator names on the command line: read, and replaced.
//!
//! The way to them is the operator's word and may lead through links. A pipe, socket or device never
//! blocks: it is used only where the caller has opened it (`/dev/stdin`, `<(…)`). Nothing is read
//! without end, and nothing is written through a link.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _, Write};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, RenameFlags, Stat, fchmod, fstat, fsync, major, minor,
    openat, readlinkat, renameat, renameat_with, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::geteuid;
use rustix::rand::{GetRandomFlags, getrandom};

use crate::escape::escaped_path;
use crate::fault::{fault_of, fault_of_io, not_plain, too_large};
use crate::gate::{GateFault, TrustedUsers, read_trusted_file};
use crate::reading::read_at_most;

/// How long a pipe that the caller has opened may take to end.
const LONGEST: Duration = Duration::from_mins(1);

/// Below these the caller's own descriptors are.
const OWN_DESCRIPTORS: [&str; 3] = ["/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/"];

/// The names of the first three.
const STANDARD: [&str; 3] = ["/dev/stdin", "/dev/stdout", "/dev/stderr"];

/// What becomes of a file that already exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// The new one takes its place.
    IsReplaced,
    /// It stays, and the new one is not written.
    Stays,
}

/// A file that is being written. It gets its name when it is whole, so a reader sees the old one or
/// the new one; dropped before, it leaves nothing.
pub struct NewNamedFile {
    file: File,
    waiting: Option<UnnamedFile>,
}

/// A file that waits for its name.
struct UnnamedFile {
    folder: OwnedFd,
    temporary: OsString,
    name: OsString,
    existing: Existing,
}

/// Whether a path names something that the caller has opened for this process.
#[must_use]
pub fn is_own_descriptor(path: &Path) -> bool {
    STANDARD.iter().any(|name| path == Path::new(name))
        || OWN_DESCRIPTORS.iter().any(|above| {
            path.to_str().and_then(|text| text.strip_prefix(above)).is_some_and(is_number)
        })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads all of a file that the operator names, at most `limit` bytes.
///
/// # Errors
///
/// A [`Fault`]: `NotPlain` for a pipe or device that the caller has not opened, `TooLarge` for more
/// bytes, `Unreadable` for one that does not end.
pub fn read_named_file(path: &Path, limit: u64) -> Result<Vec<u8>, Fault> {
    let stat = look_at(path)?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => read_at_most(open_named_file(path)?, limit),
        _ if is_null(&stat) => Ok(Vec::new()),
        FileType::Directory => Err(not_plain(escaped_path(path), FileType::Directory)),
        _ if is_own_descriptor(path) => read_stream(open_plain(path, OFlags::RDONLY)?, limit),
        other => Err(not_plain(escaped_path(path), other)),
    }
}

/// Reads all of a file of code that the operator names, at most `limit` bytes, to run it: it has to
/// stand the judgement of the gate. Standard input (`-`) and what the caller has opened are the caller's
/// own word.
///
/// # Errors
///
/// [`GateFault`] for a file that somebody else may have put there, or that cannot be read.
pub fn read_named_code(
    path: &Path,
    limit: u64,
    trusted: &TrustedUsers,
) -> Result<Vec<u8>, GateFault> {
    let content = if path == Path::new("-") {
        read_stream(io::stdin(), limit)
    } else if is_own_descriptor(path) {
        read_named_file(path, limit)
    } else {
        return read_trusted_file(path, limit, trusted);
    };
    content.map_err(|fault| GateFault::Unusable(path.to_owned(), fault))
}

/// Reads a stream that may never end, such as standard input.
///
/// # Errors
///
/// A [`Fault`]: `TooLarge` where it exceeds `limit` bytes, `Unreadable` where it does not end within
/// a minute.
pub fn read_stream(stream: impl io::Read + Send + 'static, limit: u64) -> Result<Vec<u8>, Fault> {
    let (sender, receiver) = mpsc::channel();
    // It ends with the process if the stream does not.
    thread::spawn(move || sender.send(read_all(stream, limit)));
    receiver.recv_timeout(LONGEST).unwrap_or_else(|_| {
        let text = format!("it did not finish within {} seconds", LONGEST.as_secs());
        Err(Fault::new(FaultKind::Unreadable, text))
    })
}

fn read_all(stream: impl io::Read, limit: u64) -> Result<Vec<u8>, Fault> {
    let mut content = Vec::new();
    let read = stream.take(limit + 1).read_to_end(&mut content);
    read.map_err(|error| fault_of_io(&error))?;
    if content.len() as u64 > limit {
        return Err(too_large("it", limit));
    }
    Ok(content)
}

/// Opens a plain file that the operator names, for reading piece by piece.
///
/// # Errors
///
/// A [`Fault`]: `NotPlain` for anything that could block.
pub fn open_named_file(path: &Path) -> Result<File, Fault> {
    require_plain(path, &look_at(path)?)?;
    let handle = open_plain(path, OFlags::RDONLY | OFlags::NONBLOCK)?;
    require_plain(path, &fstat(&handle).map_err(fault_of)?)?;
    Ok(handle)
}

/// Looked at before it is opened, so that no device wakes up.
fn look_at(path: &Path) -> Result<Stat, Fault> {
    statat(CWD, path, AtFlags::empty()).map_err(fault_of)
}

fn open_plain(path: &Path, flags: OFlags) -> Result<File, Fault> {
    let flags = flags | OFlags::NOCTTY | OFlags::CLOEXEC;
    openat(CWD, path, flags, Mode::empty()).map(File::from).map_err(fault_of)
}

fn require_plain(path: &Path, stat: &Stat) -> Result<(), Fault> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(()),
        other => Err(not_plain(escaped_path(path), other)),
    }
}

/// Whether it is `/dev/null`, by whatever name.
fn is_null(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice
        && (major(stat.st_rdev), minor(stat.st_rdev)) == (1, 3)
}

impl NewNamedFile {
    /// Begins a file at `path`.
    ///
    /// # Errors
    ///
    /// A [`Fault`]: `NotPlain` where a link, folder, pipe or device is there, `Disturbed` where a file
    /// is there that stays.
    pub fn create(path: &Path, existing: Existing) -> Result<Self, Fault> {
        if is_own_descriptor(path) {
            return Ok(Self {
                file: open_plain(path, OFlags::WRONLY | OFlags::APPEND)?,
                waiting: None,
            });
        }
        let name = path.file_name().ok_or_else(|| fault_of(Errno::ISDIR))?;
        let above = path.parent().filter(|above| !above.as_os_str().is_empty());
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = openat(CWD, above.unwrap_or(Path::new(".")), flags, Mode::empty());
        let folder = folder.map_err(fault_of)?;
        let mode = match statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if is_null(&stat) => {
                return Ok(Self { file: open_plain(path, OFlags::WRONLY)?, waiting: None });
            }
            Ok(stat) => Some(mode_of_replaced(path, &folder, &stat, existing)?),
            Err(Errno::NOENT) => None,
            Err(errno) => return Err(fault_of(errno)),
        };
        let (file, temporary) = create_temporary(&folder)?;
        let waiting = UnnamedFile { folder, temporary, name: name.to_owned(), existing };
        let new = Self { file, waiting: Some(waiting) };
        if let Some(mode) = mode.flatten() {
            fchmod(&new.file, mode).map_err(fault_of)?;
        }
        Ok(new)
    }

    /// Gives the file its name, durably.
    ///
    /// # Errors
    ///
    /// A [`Fault`]; then what was there before is still there.
    pub fn finish(mut self) -> Result<(), Fault> {
        self.file.flush().map_err(|error| fault_of_io(&error))?;
        let Some(waiting) = &self.waiting else { return Ok(()) };
        fsync(&self.file).map_err(fault_of)?;
        waiting.rename()?;
        let flushed = fsync(&waiting.folder);
        self.waiting = None;
        match flushed {
            // Some network file systems have nothing to flush for a folder.
            Ok(()) | Err(Errno::INVAL) => Ok(()),
            Err(errno) => Err(fault_of(errno)),
        }
    }
}

/// The mode that a file takes over from the one it replaces, if that is the caller's own.
fn mode_of_replaced(
    path: &Path,
    folder: &OwnedFd,
    stat: &Stat,
    existing: Existing,
) -> Result<Option<Mode>, Fault> {
    match FileType::from_raw_mode(stat.st_mode) {
        _ if existing == Existing::Stays => {
            Err(Fault::new(FaultKind::Disturbed, "it already exists"))
        }
        FileType::RegularFile => {
            let is_own = stat.st_uid == geteuid().as_raw();
            Ok(is_own.then(|| Mode::from_raw_mode(stat.st_mode & 0o777)))
        }
        FileType::Symlink => Err(link_fault(path, folder)),
        other => Err(not_plain(escaped_path(path), other)),
    }
}

fn link_fault(path: &Path, folder: &OwnedFd) -> Fault {
    let name = path.file_name().unwrap_or_default();
    let target = readlinkat(folder, name, Vec::new()).ok();
    let target = target.map(|target| PathBuf::from(target.to_string_lossy().into_owned()));
    let target = target.map(|target| format!(" to `{}`", escaped_path(&target)));
    let shown = escaped_path(path);
    let text = format!("`{shown}` is a link{}", target.unwrap_or_default());
    Fault::new(FaultKind::NotPlain, text)
}

fn create_temporary(folder: &OwnedFd) -> Result<(File, OsString), Fault> {
    let mut random = [0; 8];
    // Eight bytes come at once or not at all; a name that is taken is refused by the system.
    let _ = getrandom(&mut random, GetRandomFlags::empty());
    let name = OsString::from(format!(".{:016x}.datalake-tmp", u64::from_ne_bytes(random)));
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    // What the mask leaves of the mode: a web server may have to read the page.
    let file = openat(folder, &name, flags, Mode::from_raw_mode(0o666)).map_err(fault_of)?;
    Ok((File::from(file), name))
}

impl UnnamedFile {
    fn rename(&self) -> Result<(), Fault> {
        let (folder, old, new) = (self.folder.as_fd(), &self.temporary, &self.name);
        let renamed = match self.existing {
            Existing::IsReplaced => renameat(folder, old, folder, new),
            Existing::Stays => renameat_with(folder, old, folder, new, RenameFlags::NOREPLACE),
        };
        match renamed {
            Err(Errno::EXIST) => Err(Fault::new(FaultKind::Disturbed, "it already exists")),
            // Some file systems cannot do both in one.
            Err(Errno::INVAL) if self.existing == Existing::Stays => {
                rustix::fs::linkat(folder, old, folder, new, AtFlags::empty()).map_err(fault_of)?;
                unlinkat(folder, old, AtFlags::empty()).map_err(fault_of)
            }
            renamed => renamed.map_err(fault_of),
        }
    }
}

impl Write for NewNamedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewNamedFile {
    fn drop(&mut self) {
        if let Some(waiting) = &self.waiting {
            // It has no name that anybody knows, and is not missed.
            let _ = unlinkat(&waiting.folder, &waiting.temporary, AtFlags::empty());
        }
    }
}

/// Writes a file that the operator names, in one go.
///
/// # Errors
///
/// A [`Fault`], as for [`NewNamedFile::create`] and [`NewNamedFile::finish`].
pub fn write_named_file(path: &Path, content: &[u8], existing: Existing) -> Result<(), Fault> {
    let mut new = NewNamedFile::create(path, existing)?;
    new.write_all(content).map_err(|error| fault_of_io(&error))?;
    new.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_caller_has_opened_is_known_by_its_name() {
        for path in ["/dev/stdin", "/dev/fd/63", "/proc/self/fd/0"] {
            assert!(is_own_descriptor(Path::new(path)), "{path}");
        }
        for path in
            ["/dev/fd/", "/dev/fd/../zero", "/dev/fdx/1", "/proc/1/fd/1", "stdin", "/dev/tty"]
        {
            assert!(!is_own_descriptor(Path::new(path)), "{path}");
        }
    }
}
