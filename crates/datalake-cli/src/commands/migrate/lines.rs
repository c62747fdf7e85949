//! The report of a plan, line by line.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use datalake_host::NewNamedFile;
use datalake_operations::migration::FileLines;

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

impl FileLines for Lines {
    fn write_line(&mut self, mark: char, name: &str, why: &str) {
        if self.fault.is_none() {
            self.fault = writeln!(self.file, "{}", item_line(mark, name, why)).err();
        }
    }
}

/// The lines as an operation takes them.
pub(super) fn as_lines(lines: &mut Option<Lines>) -> Option<&mut dyn FileLines> {
    lines.as_mut().map(|lines| lines as &mut dyn FileLines)
}
