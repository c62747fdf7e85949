//! The report of a plan, line by line.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::kinds::LeftOut;
use crate::failure::Failure;
use crate::render::item_line;

/// A report with one line for each file.
pub(super) struct Lines {
    path: PathBuf,
    file: BufWriter<File>,
    fault: Option<std::io::Error>,
}

impl Lines {
    /// Begins a report.
    ///
    /// # Errors
    ///
    /// [`Failure`] where it cannot be written.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let file = File::create(path).map_err(|error| Failure::io(path, &error))?;
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
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        let flushed = self.file.flush().err();
        match self.fault.or(flushed) {
            None => Ok(()),
            Some(error) => Err(Failure::io(&self.path, &error)),
        }
    }
}
