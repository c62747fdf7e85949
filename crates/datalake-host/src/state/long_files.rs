//! Files of datalake's own folder that may be longer than memory.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::os::fd::OwnedFd;

use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::transfer::{LongFiles, NewLongFile};
use rustix::fs::{OFlags, fsync, renameat};

use super::{StateDir, path_of};
use crate::fault::{fault_of, fault_of_io};

/// A long file beside its place.
struct LongFileWriting {
    file: BufWriter<File>,
    folder: OwnedFd,
    temporary: String,
    name: String,
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
    fn finish(self: Box<Self>) -> Result<(), Fault> {
        let Self { file, folder, temporary, name } = *self;
        let file = file.into_inner().map_err(|error| fault_of_io(error.error()))?;
        file.sync_all().map_err(|error| fault_of_io(&error))?;
        renameat(&folder, temporary, &folder, name).map_err(fault_of)?;
        fsync(&folder).map_err(fault_of)
    }
}
