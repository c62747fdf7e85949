//! An archive read again.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use datalake_core::fault::Fault;
use datalake_engine::{ArchiveFault, ArchiveProgress, Unarchived};
use sha2::{Digest as _, Sha256};
use tar::{Archive, Header};
use zstd::Decoder;

use super::MANIFEST;
use super::manifest::{ManifestLine, encode_hex, read_lines};
use crate::fault::fault_of_io;
use crate::named::open_named_file;

/// What the archive holds of each file: the last one of a name counts.
type Hashes = BTreeMap<Vec<u8>, (u64, String)>;

/// An entry that is being read.
pub(super) struct Taken<'a> {
    pub(super) name: &'a [u8],
    pub(super) header: &'a Header,
    /// What a link says.
    pub(super) target: Option<Vec<u8>>,
    /// The content; what is not read is read afterwards.
    pub(super) content: &'a mut dyn Read,
}

/// A reader that tells how far it is.
struct ProgressReader<'p> {
    file: File,
    progress: &'p ArchiveProgress,
}

/// A reader that hashes what comes through it.
struct HashingReader<'r> {
    inner: &'r mut dyn Read,
    hash: Sha256,
    bytes: u64,
}

/// Compares an archive with the hashes in it.
///
/// # Errors
///
/// [`ArchiveFault`] where it cannot be read to its end.
pub(super) fn check_archive(
    path: &Path,
    progress: &ArchiveProgress,
) -> Result<Unarchived, ArchiveFault> {
    read_archive(path, progress, &mut |_| Ok(()))
}

/// Reads an archive entry by entry and compares all of it with the hashes in it.
pub(super) fn read_archive(
    path: &Path,
    progress: &ArchiveProgress,
    take: &mut dyn FnMut(Taken<'_>) -> Result<(), Fault>,
) -> Result<Unarchived, ArchiveFault> {
    let at = |error: &io::Error| ArchiveFault::At(path.to_owned(), fault_of_io(error));
    let broken = |error: &io::Error| ArchiveFault::NotWhole(path.to_owned(), error.to_string());
    let file = open_named_file(path).map_err(|fault| ArchiveFault::At(path.to_owned(), fault))?;
    progress.expect(file.metadata().map_err(|error| at(&error))?.len());
    let packed = Decoder::new(ProgressReader { file, progress }).map_err(|error| broken(&error))?;
    let mut archive = Archive::new(packed);
    let (mut hashes, mut told) = (Hashes::new(), None);
    for entry in archive.entries().map_err(|error| broken(&error))? {
        let mut entry = entry.map_err(|error| broken(&error))?;
        let name = entry.path_bytes().into_owned();
        if name == MANIFEST.as_bytes() {
            let compared = compare_with_manifest(&mut entry, &hashes);
            let not_whole = |fault: Fault| ArchiveFault::NotWhole(path.to_owned(), fault.detail);
            told = Some(compared.map_err(not_whole)?);
            continue;
        }
        let target = entry.link_name_bytes().map(Cow::into_owned);
        let header = entry.header().clone();
        let mut content = HashingReader { inner: &mut entry, hash: Sha256::new(), bytes: 0 };
        take(Taken { name: &name, header: &header, target, content: &mut content })
            .map_err(|fault| ArchiveFault::At(PathBuf::from(OsStr::from_bytes(&name)), fault))?;
        io::copy(&mut content, &mut io::sink()).map_err(|error| broken(&error))?;
        if header.entry_type().is_file() {
            hashes.insert(name, (content.bytes, encode_hex(&content.hash.finalize())));
        }
    }
    told.ok_or_else(|| ArchiveFault::NotWhole(path.to_owned(), "its hashes are missing".to_owned()))
}

/// Compares what came with what was to come.
fn compare_with_manifest(lines: &mut dyn Read, came: &Hashes) -> Result<Unarchived, Fault> {
    let mut expected: BTreeMap<Vec<u8>, ManifestLine> = BTreeMap::new();
    read_lines(BufReader::new(lines), |line| drop(expected.insert(line.bytes(), line)))?;
    let mut found = Unarchived::default();
    for (name, line) in &expected {
        found.files += 1;
        found.bytes += line.size;
        let is_right = came
            .get(name)
            .is_some_and(|(size, sha256)| *size == line.size && *sha256 == line.sha256);
        let shown = String::from_utf8_lossy(name).into_owned();
        if !is_right {
            found.wrong.push(shown);
        } else if line.disturbed {
            found.disturbed.push(shown);
        }
    }
    let unknown = came.keys().filter(|name| !expected.contains_key(*name));
    found.wrong.extend(unknown.map(|name| String::from_utf8_lossy(name).into_owned()));
    Ok(found)
}

impl Read for ProgressReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let came = self.file.read(buffer)?;
        self.progress.add(came as u64);
        Ok(came)
    }
}

impl Read for HashingReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let came = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..came).unwrap_or_default());
        self.bytes += came as u64;
        Ok(came)
    }
}
