//! The file into which a transfer writes one line per name.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use datalake_host::NewNamedFile;

use crate::failure::Failure;
use crate::named_path;

/// A report on its way to its file.
pub(super) struct ReportFile {
    path: PathBuf,
    file: BufWriter<NewNamedFile>,
    fault: Option<std::io::Error>,
}

impl ReportFile {
    /// Begins the file.
    ///
    /// # Errors
    ///
    /// [`Failure`] naming the path.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let file = named_path::create_file(path)?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), fault: None })
    }

    /// Adds a line.
    pub(super) fn write(&mut self, line: &str) {
        if self.fault.is_none() {
            self.fault = writeln!(self.file, "{line}").err();
        }
    }

    /// Gives the file its name.
    ///
    /// # Errors
    ///
    /// [`Failure`] where it is not whole.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let Self { path, file, fault } = self;
        if let Some(error) = fault {
            return Err(Failure::io(&path, &error));
        }
        let file = file.into_inner().map_err(|error| Failure::io(&path, error.error()))?;
        named_path::finish_file(file, &path)
    }
}
