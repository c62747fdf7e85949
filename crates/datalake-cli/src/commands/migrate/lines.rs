//! The report of a plan, line by line.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use datalake_host::NewNamedFile;

use super::kinds::LeftOut;
use crate::failure::Failure;
use crate::named_path;
use crate::render::item_line;

/// A report with one line for each file.
pub(super) struct Lines {
    path: PathBuf,
    file: BufWriter<NewNamedFile>,
    fault: Option<std::io::Error>,
}

impl Lines {
    /// Begins a report.
    ///
    /// # Errors
    ///
    /// [`Failure`] where it cannot be written.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let file = named_path::create_file(path)?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), fault: None })
    }

    pub(super) fn write(&mut self, mark: char, name: &str, reason: &str) {
        if self.fault.is_none() {
            self.fault = writeln!(self.file, "{}", item_line(mark, name, reason)).err();
        }
    }

    /// Adds what stays.
    pub(super) fn leave(&mut self, left_out: &LeftOut) {
        left_out.each(|name, why| self.write('.', name, why));
    }

    /// Ends.
    ///
    /// # Errors
    ///
    /// [`Failure`] where something could not be written.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let Self { path, file, fault } = self;
        if let Some(error) = fault {
            return Err(Failure::io(&path, &error));
        }
        let file = file.into_inner().map_err(|error| Failure::io(&path, error.error()))?;
        named_path::finish_file(file, &path)
    }
}
