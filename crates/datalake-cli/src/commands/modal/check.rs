//! `modal check`: the part of `doctor` that is about Modal, and files of one's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datalake_core::doctor::{Examination, FindingId, Group, Look, diagnose};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, InvalidPath};
use datalake_core::text::printable;
use datalake_dagster::scan_python;
use datalake_engine::{Clock, Files as _, NoCheckpoints, SeenEntry};
use datalake_host::HostFiles;

use super::super::doctor::{choose_exit, show_diagnosis};
use crate::args::Cli;
use crate::args::modal::ModalCheck;
use crate::doctor::examine_modal_alone;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DoctorReport, Printer};
use crate::site::Site;

pub(super) async fn check(
    cli: &Cli,
    flags: &ModalCheck,
    printer: Printer,
) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let mut seen = Examination::nothing(site.clock.now());
    examine_modal_alone(&site, &mut seen).await;
    look_at_files(&flags.files, &mut seen)?;
    let found = diagnose(&seen);
    let has_files = !flags.files.is_empty();
    let is_chosen = |id: FindingId| {
        id.group() == Group::Modal || has_files && id == FindingId::PythonModalWords
    };
    show_diagnosis(&site, false, |wording| DoctorReport::chosen(&found, &is_chosen, wording));
    Ok(choose_exit(found.verdict_of(is_chosen)))
}

/// Reads these very files.
///
/// # Errors
///
/// [`Failure`] for one that cannot be read: it was named.
fn look_at_files(files: &[PathBuf], seen: &mut Examination) -> Result<(), Failure> {
    let mut traps = Vec::new();
    for file in files {
        let text = named_text(file)?;
        traps.extend(scan_python(&file.display().to_string(), &text));
    }
    (seen.python.files, seen.python.traps) = (files.len(), Look::Saw(traps));
    Ok(())
}

/// The text of a file that was named, up to 1 MiB.
fn named_text(file: &Path) -> Result<String, Failure> {
    let at = |fault: &Fault| {
        let failure =
            Failure::about(format!("`{}`", printable(&file.display().to_string())), fault);
        if fault.kind == FaultKind::Absent { failure.under(Exit::Absent) } else { failure }
    };
    let above = file.parent().filter(|above| !above.as_os_str().is_empty());
    let above = above.unwrap_or(Path::new("."));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let path: HostPath = format!("/{name}")
        .parse()
        .map_err(|error: InvalidPath| Failure::of(Exit::Usage, &error))?;
    match HostFiles::open_named(above, Arc::new(NoCheckpoints))?.look(&path) {
        Ok(SeenEntry::File { content, .. }) => {
            Ok(String::from_utf8_lossy(content.expose()).into_owned())
        }
        Ok(SeenEntry::Folder(_)) => Err(at(&Fault::new(FaultKind::NotPlain, "it is a folder"))),
        Err(fault) => Err(at(&fault)),
    }
}
