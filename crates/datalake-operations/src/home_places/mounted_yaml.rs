//! A `dagster.yaml` that units mount by itself, beside or without Dagster's home.

use datalake_core::fault::FaultKind;
use datalake_core::host::HostPath;
use datalake_engine::SeenEntry;

use super::HomeSearch;
use crate::{ErrorKind, OperationError};

/// The text of the file; `None` where there is none.
///
/// # Errors
///
/// [`OperationError`] where it cannot be read, or is no text.
pub(super) fn read_mounted_yaml(
    search: &HomeSearch<'_>,
    path: &HostPath,
) -> Result<Option<String>, OperationError> {
    match search.context.files.look(path) {
        Ok(SeenEntry::File { content, .. }) => match std::str::from_utf8(content.expose()) {
            Ok(text) => Ok(Some(text.to_owned())),
            Err(error) => {
                Err(OperationError::of(ErrorKind::Config, &error).within(format!("`{path}`")))
            }
        },
        Ok(SeenEntry::Folder(_)) => {
            let message = format!("`{path}` is a folder, and mounted as `dagster.yaml`");
            Err(OperationError::new(ErrorKind::Config, message))
        }
        Err(fault) if fault.kind == FaultKind::Absent => Ok(None),
        Err(fault) => Err(OperationError::about(format!("`{path}`"), &fault)),
    }
}
