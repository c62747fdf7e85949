//! Files of datalake's own folder that may be longer than memory.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::os::fd::OwnedFd;

use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::transfer::{LongFiles, NewLongFile};
use rustix::fs::{AtFlags, OFlags, fsync, renameat, unlinkat};

use super::{StateDir, path_of};
use crate::fault::{fault_of, fault_of_io};

/// A long file beside its place; nothing is left of one that is given up.
struct LongFileWriting {
    file: BufWriter<File>,
    folder: OwnedFd,
    temporary: String,
    name: String,
    is_placed: bool,
}

impl LongFiles for StateDir {
    fn open(&self, name: &str) -> Result<Option<Box<dyn Read + Send>>, Fault> {
        let Some(root) = self.existing()? else { return Ok(None) };
        match root.open_file(&path_of(name)?, OFlags::RDONLY) {
            Ok((file, _)) => Ok(Some(Box::new(file))),
            Err(fault) if fault.kind == FaultKind::Absent => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn create(&self, name: &str) -> Result<Box<dyn NewLongFile>, Fault> {
        let (above, file_name) = match name.rsplit_once('/') {
            Some((above, file_name)) => (format!("{above}/"), file_name),
            None => (String::new(), name),
        };
        // A name that a killed run's successor sweeps.
        let temporary = format!(".{file_name}.datalake-tmp");
        let path = path_of(&format!("{above}{temporary}"))?;
        let root = self.made_above(&path)?;
        let place = root.place(&path)?;
        place.remove_file()?;
        let file = root.open_or_create(&path, OFlags::WRONLY)?;
        Ok(Box::new(LongFileWriting {
            file: BufWriter::new(file),
            folder: place.folder,
            temporary,
            name: file_name.to_owned(),
            is_placed: false,
        }))
    }

    fn append(&self, name: &str) -> Result<Box<dyn Write + Send>, Fault> {
        let path = path_of(name)?;
        let flags = OFlags::WRONLY | OFlags::APPEND;
        Ok(Box::new(self.made_above(&path)?.open_or_create(&path, flags)?))
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        datalake_engine::StateFolder::remove(self, name)
    }
}

impl Write for LongFileWriting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl NewLongFile for LongFileWriting {
    fn finish(mut self: Box<Self>) -> Result<(), Fault> {
        self.file.flush().map_err(|error| fault_of_io(&error))?;
        self.file.get_ref().sync_all().map_err(|error| fault_of_io(&error))?;
        let folder = &self.folder;
        renameat(folder, &self.temporary, folder, &self.name).map_err(fault_of)?;
        self.is_placed = true;
        fsync(&self.folder).map_err(fault_of)
    }
}

impl Drop for LongFileWriting {
    fn drop(&mut self) {
        if !self.is_placed {
            // What stays all the same is swept by who has the lock next.
            let _ = unlinkat(&self.folder, &self.temporary, AtFlags::empty());
        }
    }
}
