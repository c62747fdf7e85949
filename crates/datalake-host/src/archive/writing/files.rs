//! Files on their way into an archive, databases among them.

use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;

use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::ArchiveProgress;
use rustix::fs::{Stat, fstat};
use sha2::{Digest as _, Sha256};
use tar::{EntryType, Header};
use tempfile::NamedTempFile;

use super::{ArchiveWriting, make_header, read_size};
use crate::archive::database;
use crate::archive::entry::{ArchiveEntry, open_file};
use crate::archive::manifest::{ManifestLine, encode_hex, write_line};
use crate::fault::{fault_of, fault_of_io};

/// How often a file is put in that is written meanwhile.
const TRIES: u32 = 3;

/// A file's bytes: as many as were promised, whatever becomes of the file.
struct Promised<'a> {
    file: BufReader<File>,
    left: u64,
    hash: Sha256,
    is_short: bool,
    progress: &'a ArchiveProgress,
}

impl ArchiveWriting<'_> {
    /// Puts in a file; tells whether it is a database.
    pub(super) fn file(
        &mut self,
        folder: &OwnedFd,
        entry: &ArchiveEntry,
        name: &[u8],
    ) -> Result<bool, Fault> {
        // Looked at before it is opened, so that nothing wakes up, and again when it is open.
        if let Some(reason) = self.stays_out(&entry.stat) {
            self.leave_out(name, reason);
            return Ok(false);
        }
        let file: File = match open_file(folder.as_fd(), &entry.name) {
            Ok(file) => file.into(),
            // It went meanwhile.
            Err(fault) if fault.kind == FaultKind::Absent => return Ok(false),
            Err(fault) => return Err(fault),
        };
        let stat = fstat(&file).map_err(fault_of)?;
        if let Some(reason) = self.stays_out(&stat) {
            // It was swapped for something else meanwhile.
            self.leave_out(name, reason);
            return Ok(false);
        }
        let mut magic = [0; database::MAGIC.len()];
        if file.read_at(&mut magic, 0).is_ok() && &magic == database::MAGIC {
            self.database(folder, entry, name)?;
            return Ok(true);
        }
        let mut disturbed = false;
        for _ in 0..TRIES {
            let mut file = file.try_clone().map_err(|error| fault_of_io(&error))?;
            file.rewind().map_err(|error| fault_of_io(&error))?;
            let before = fstat(&file).map_err(fault_of)?;
            let (hash, is_short) = self.append(
                file,
                make_header(&before, EntryType::Regular, read_size(&before)),
                name,
            )?;
            let after = fstat(folder_file(&entry.name, folder)?.as_fd()).map_err(fault_of)?;
            disturbed = is_short || read_facts(&before) != read_facts(&after);
            let size = read_size(&before);
            self.note(&ManifestLine { disturbed, ..ManifestLine::new(name, size, hash) })?;
            if !disturbed {
                break;
            }
        }
        if disturbed {
            self.archived.disturbed.push(String::from_utf8_lossy(name).into_owned());
        }
        self.archived.files += 1;
        self.archived.bytes += read_size(&entry.stat);
        Ok(false)
    }

    fn database(
        &mut self,
        folder: &OwnedFd,
        entry: &ArchiveEntry,
        name: &[u8],
    ) -> Result<(), Fault> {
        let io = |error: io::Error| fault_of_io(&error);
        let copy = NamedTempFile::new_in(&self.beside).map_err(io)?;
        database::copy_database(folder, &entry.name, copy.path())?;
        let file = File::open(copy.path()).map_err(io)?;
        let length = read_size(&fstat(&file).map_err(fault_of)?);
        let (hash, _) =
            self.append(file, make_header(&entry.stat, EntryType::Regular, length), name)?;
        self.note(&ManifestLine { database: true, ..ManifestLine::new(name, length, hash) })?;
        self.archived.databases += 1;
        self.archived.bytes += length;
        Ok(())
    }

    fn append(
        &mut self,
        file: File,
        mut header: Header,
        name: &[u8],
    ) -> Result<(String, bool), Fault> {
        let length = header.size().map_err(|error| fault_of_io(&error))?;
        let mut promised = Promised {
            file: BufReader::with_capacity(256 * 1024, file),
            left: length,
            hash: Sha256::new(),
            is_short: false,
            progress: self.progress,
        };
        let name = OsStr::from_bytes(name);
        let appended = self.out.append_data(&mut header, name, &mut promised);
        appended.map_err(|error| fault_of_io(&error))?;
        Ok((encode_hex(&promised.hash.finalize()), promised.is_short))
    }

    fn note(&mut self, line: &ManifestLine) -> Result<(), Fault> {
        write_line(&mut self.hashes, line)
    }
}

/// What lies under the name now: a file that was replaced counts as written meanwhile.
fn folder_file(name: &CStr, folder: &OwnedFd) -> Result<OwnedFd, Fault> {
    open_file(folder.as_fd(), name)
}

fn read_facts(stat: &Stat) -> (u64, i64, i64, u64) {
    let nanos = i64::try_from(stat.st_mtime_nsec).unwrap_or_default();
    (read_size(stat), stat.st_mtime, nanos, stat.st_ino)
}

impl Read for Promised<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = buffer.get_mut(..room).unwrap_or_default();
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut came = if self.is_short { 0 } else { self.file.read(buffer)? };
        if came == 0 {
            // The file became shorter: the archive gets what was promised.
            self.is_short = true;
            buffer.fill(0);
            came = buffer.len();
        }
        let taken = buffer.get(..came).unwrap_or_default();
        self.hash.update(taken);
        self.left -= came as u64;
        self.progress.add(came as u64);
        Ok(came)
    }
}
