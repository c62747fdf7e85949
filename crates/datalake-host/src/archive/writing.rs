//! An archive on its way to the disk.

mod files;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufWriter, Seek as _, Write};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::{
    ArchiveFault, ArchiveProgress, Archived, LeftOut, LeftOutFor, NewArchive, Owners,
};
use rustix::fs::{FileType, Stat, fstat};
use tar::{Builder, EntryType, Header};
use tempfile::NamedTempFile;
use zstd::Encoder;

use super::entry::{ArchiveEntry, list_entries, open_folder, read_link};
use super::left_out::leads_out;
use super::manifest::{ManifestHead, write_line};
use super::{FOLDER, MANIFEST};
use crate::fault::{fault_of, fault_of_io, kind_in_words};

/// How well it is packed: zstd's own measure.
const LEVEL: i32 = 3;
/// A file that is longer and takes hardly any disk is not put in.
const HOLLOW: u64 = 1 << 30;
/// The deepest folder.
const DEEPEST: usize = 512;

type Packed = Encoder<'static, BufWriter<File>>;

/// A folder that goes into an archive.
pub(crate) struct ArchivedFolder {
    /// Where it really lies.
    pub(crate) real: PathBuf,
    /// The folder, open for listing.
    pub(crate) handle: Result<OwnedFd, Fault>,
}

/// A folder that is gone through.
struct WalkedFolder<'w> {
    handle: &'w OwnedFd,
    /// Where it is.
    path: &'w Path,
    /// Its name in the archive.
    name: &'w [u8],
    /// How many folders it lies in.
    depth: usize,
}

/// What is put together while it goes on.
struct ArchiveWriting<'a> {
    out: Builder<Packed>,
    hashes: BufWriter<File>,
    /// Where copies of databases are made.
    beside: PathBuf,
    owners: &'a Owners,
    progress: &'a ArchiveProgress,
    archived: Archived,
}

/// Puts a folder into one file of mode 0600, which gets its name when it is whole.
///
/// # Errors
///
/// [`ArchiveFault`] where something cannot be read or written; then there is no file.
pub(crate) fn write_archive(
    opened: ArchivedFolder,
    new: &NewArchive,
    progress: &ArchiveProgress,
) -> Result<Archived, ArchiveFault> {
    let NewArchive { name: folder, owners, to, created } = new;
    let beside = find_folder_beside(&opened.real, to)?;
    let at_file = |error: &io::Error| ArchiveFault::At(to.to_owned(), fault_of_io(error));
    let root = opened.handle.map_err(|fault| ArchiveFault::At(folder.to_owned(), fault))?;
    let temporary = NamedTempFile::new_in(&beside).map_err(|error| at_file(&error))?;
    let file = temporary.reopen().map_err(|error| at_file(&error))?;
    let packed = Encoder::new(BufWriter::new(file), LEVEL).map_err(|error| at_file(&error))?;
    let hashes = tempfile::tempfile_in(&beside).map_err(|error| at_file(&error))?;
    let mut writing = ArchiveWriting {
        out: Builder::new(packed),
        hashes: BufWriter::new(hashes),
        beside,
        owners,
        progress,
        archived: Archived::default(),
    };
    let in_file = |fault| ArchiveFault::At(to.to_owned(), fault);
    let head = ManifestHead::new(created, &folder.display().to_string());
    write_line(&mut writing.hashes, &head).map_err(in_file)?;
    measure_folder(&root, progress, 0);
    let stat = fstat(&root).map_err(|errno| in_file(fault_of(errno)))?;
    writing.folder(&stat, FOLDER.as_bytes()).map_err(in_file)?;
    let walked = WalkedFolder { handle: &root, path: folder, name: FOLDER.as_bytes(), depth: 0 };
    writing.below(&walked)?;
    let (file, mut archived) = writing.end().map_err(in_file)?;
    archived.packed = file.metadata().map_err(|error| at_file(&error))?.size();
    temporary.persist_noclobber(to).map_err(|error| at_file(&error.error))?;
    Ok(archived)
}

/// The folder that the file comes into.
fn find_folder_beside(folder: &Path, to: &Path) -> Result<PathBuf, ArchiveFault> {
    if to.symlink_metadata().is_ok() {
        return Err(ArchiveFault::Exists(to.to_owned()));
    }
    let beside = match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let real = |path: &Path| {
        fs::canonicalize(path)
            .map_err(|error| ArchiveFault::At(path.to_owned(), fault_of_io(&error)))
    };
    let beside = real(beside)?;
    if beside.starts_with(folder) {
        return Err(ArchiveFault::Inside(to.to_owned()));
    }
    Ok(beside)
}

/// Counts what is to come; what cannot be read is met again.
fn measure_folder(folder: &OwnedFd, progress: &ArchiveProgress, depth: usize) {
    for entry in list_entries(folder).unwrap_or_default() {
        match entry.kind {
            FileType::RegularFile => progress.expect(read_size(&entry.stat)),
            FileType::Directory if depth < DEEPEST => {
                if let Ok(folder) = open_folder(folder.as_fd(), &entry.name) {
                    measure_folder(&folder, progress, depth + 1);
                }
            }
            _ => (),
        }
    }
}

impl ArchiveWriting<'_> {
    /// Puts in what lies in a folder.
    fn below(&mut self, walked: &WalkedFolder<'_>) -> Result<(), ArchiveFault> {
        let WalkedFolder { handle: folder, path, name, depth } = *walked;
        let at = |fault| ArchiveFault::At(path.to_owned(), fault);
        if depth > DEEPEST {
            return Err(at(Fault::new(FaultKind::Refused, "folders are nested too deep")));
        }
        let entries = list_entries(folder).map_err(at)?;
        let mut databases: Vec<Vec<u8>> = Vec::new();
        for entry in entries {
            let own = entry.name.to_bytes();
            let (inner, path) = ([name, b"/", own].concat(), path.join(OsStr::from_bytes(own)));
            let at = |fault| ArchiveFault::At(path.clone(), fault);
            match entry.kind {
                FileType::Directory => {
                    self.folder(&entry.stat, &inner).map_err(at)?;
                    let opened = open_folder(folder.as_fd(), &entry.name).map_err(at)?;
                    let (path, depth) = (path.as_path(), depth + 1);
                    self.below(&WalkedFolder { handle: &opened, path, name: &inner, depth })?;
                }
                FileType::Symlink => self.link(folder, &entry, &inner).map_err(at)?,
                // SQLite's own copy holds what lies in these.
                FileType::RegularFile if belongs_to(own, &databases) => {
                    self.progress.add(read_size(&entry.stat));
                }
                FileType::RegularFile => {
                    if self.file(folder, &entry, &inner).map_err(at)? {
                        databases.push(own.to_vec());
                    }
                }
                other => self.leave_out(&inner, LeftOutFor::Kind(kind_in_words(other))),
            }
        }
        Ok(())
    }

    /// Why a file is not put in, if it is not: one of somebody else that was linked here, or one
    /// that is next to nothing but holes, which would take hours and no disk.
    fn stays_out(&self, stat: &Stat) -> Option<LeftOutFor> {
        let stored = u64::try_from(stat.st_blocks).unwrap_or_default().saturating_mul(512);
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => (),
            other => return Some(LeftOutFor::Kind(kind_in_words(other))),
        }
        if stat.st_nlink > 1 && !self.owners.includes_user(stat.st_uid) {
            return Some(LeftOutFor::Foreign(stat.st_uid));
        }
        (read_size(stat) > HOLLOW && stored < read_size(stat) / 16).then_some(LeftOutFor::Hollow)
    }

    /// Notes what is not put in; `name` is its name in the archive.
    fn leave_out(&mut self, name: &[u8], reason: LeftOutFor) {
        let path = below_folder(name);
        self.archived.left_out.push(LeftOut { path, reason });
    }

    fn folder(&mut self, stat: &Stat, name: &[u8]) -> Result<(), Fault> {
        let mut header = make_header(stat, EntryType::Directory, 0);
        let name = OsStr::from_bytes(name);
        self.out.append_data(&mut header, name, io::empty()).map_err(|error| fault_of_io(&error))
    }

    fn link(&mut self, folder: &OwnedFd, entry: &ArchiveEntry, name: &[u8]) -> Result<(), Fault> {
        let target = read_link(folder.as_fd(), &entry.name)?;
        let mut header = make_header(&entry.stat, EntryType::Symlink, 0);
        let shown = target.to_string_lossy().into_owned();
        if leads_out(Path::new(&below_folder(name)), Path::new(&shown)) {
            self.leave_out(name, LeftOutFor::Behind(shown));
        }
        let (name, target) = (OsStr::from_bytes(name), OsStr::from_bytes(target.to_bytes()));
        self.out.append_link(&mut header, name, target).map_err(|error| fault_of_io(&error))
    }

    /// Puts in the hashes and ends.
    fn end(mut self) -> Result<(File, Archived), Fault> {
        let io = |error: io::Error| fault_of_io(&error);
        let mut hashes = self.hashes.into_inner().map_err(|error| io(error.into_error()))?;
        hashes.rewind().map_err(io)?;
        let mut header = Header::new_gnu();
        header.set_size(hashes.metadata().map_err(io)?.size());
        header.set_mode(0o600);
        self.out.append_data(&mut header, MANIFEST, &mut hashes).map_err(io)?;
        let packed = self.out.into_inner().map_err(io)?;
        let mut out = packed.finish().map_err(io)?;
        out.flush().map_err(io)?;
        let file = out.into_inner().map_err(|error| io(error.into_error()))?;
        file.sync_all().map_err(io)?;
        Ok((file, self.archived))
    }
}

/// The path below the folder of what has this name in the archive.
fn below_folder(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    name.strip_prefix(FOLDER).unwrap_or(&name).trim_start_matches('/').to_owned()
}

fn belongs_to(name: &[u8], databases: &[Vec<u8>]) -> bool {
    let ends: [&[u8]; 3] = [b"-wal", b"-shm", b"-journal"];
    let base = ends.iter().find_map(|end| name.strip_suffix(*end));
    base.is_some_and(|base| databases.iter().any(|database| database == base))
}

fn make_header(stat: &Stat, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(stat.st_mode & 0o7777);
    header.set_uid(stat.st_uid.into());
    header.set_gid(stat.st_gid.into());
    header.set_mtime(u64::try_from(stat.st_mtime).unwrap_or_default());
    header
}

fn read_size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or_default()
}
