//! The operator's Python files: those that the units mount, and those of `--code`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datalake_core::doctor::{Examination, Look, PythonTrap};
use datalake_core::{Fault, FaultKind, HostPath, InvalidPath};
use datalake_dagster::{is_python_file, may_hold_code, scan_python};
use datalake_engine::{Files as _, NoCheckpoints, Seen};
use datalake_host::{HostFiles, WayFault};

use super::mounted::Mounted;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::printable;
use crate::site::Site;

/// How deep folders are looked into.
const DEEPEST: usize = 6;

/// So many of those that are not read are named.
const TOLD: usize = 5;

/// So many files are read.
const MOST: usize = 500;

/// Reads every Python file below these folders.
pub(super) fn look(site: &Site, code: &[PathBuf], seen: &mut Examination) {
    let mut reader = Reader { files: 0, traps: Vec::new(), unread: Vec::new() };
    for folder in code {
        match HostFiles::open_named(folder, Arc::new(NoCheckpoints)).map_err(WayFault::into_fault) {
            Ok(files) => {
                if let Ok(root) = "/".parse() {
                    reader.folder((&files, Some(folder)), &root, DEEPEST);
                }
            }
            Err(fault) => reader.unread.push(within(folder, &fault)),
        }
    }
    for folder in Mounted::of(site).code() {
        reader.folder((&site.host, None), folder, DEEPEST);
    }
    seen.python.files = reader.files;
    seen.python.unread = as_one(&reader.unread);
    // What was found stays found, whatever else could not be read.
    seen.python.traps = if reader.files == 0 && reader.unread.is_empty() {
        Look::NotHere("no Python files: name a folder with --code DIR".to_owned())
    } else {
        Look::Saw(reader.traps)
    };
}

/// Reads these very files.
///
/// # Errors
///
/// [`Failure`] for one that cannot be read: it was named.
pub(crate) fn look_at_files(files: &[PathBuf], seen: &mut Examination) -> Result<(), Failure> {
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
        Ok(Seen::File { content, .. }) => {
            Ok(String::from_utf8_lossy(content.expose()).into_owned())
        }
        Ok(Seen::Folder(_)) => Err(at(&Fault::new(FaultKind::NotPlain, "it is a folder"))),
        Err(fault) => Err(at(&fault)),
    }
}

/// All that was not read, as one fault.
fn as_one(unread: &[Fault]) -> Option<Fault> {
    let first = unread.first()?;
    let mut details: Vec<_> = unread.iter().take(TOLD).map(|one| one.detail.as_str()).collect();
    let more = unread.len().saturating_sub(TOLD);
    let more = (more > 0).then(|| format!("and {more} more"));
    details.extend(more.as_deref());
    Some(Fault::new(first.kind, details.join(", ")))
}

fn within(folder: &Path, fault: &Fault) -> Fault {
    Fault::new(fault.kind, format!("`{}`: {}", folder.display(), fault.detail))
}

struct Reader {
    files: usize,
    traps: Vec<PythonTrap>,
    /// What may hold code and was not read.
    unread: Vec<Fault>,
}

impl Reader {
    /// Reads what lies in a folder; `above` is the folder that stands for `/`, for people.
    fn folder(
        &mut self,
        (files, above): (&HostFiles, Option<&PathBuf>),
        path: &HostPath,
        depth: usize,
    ) {
        if files.is_file(path) == Ok(true) {
            return;
        }
        let names = match files.look(path) {
            Ok(Seen::Folder(folder)) => folder.names,
            Ok(Seen::File { .. }) => return,
            Err(fault) if fault.kind == FaultKind::Absent => return,
            // What is no folder holds no files, but a link may lead to one. Of data that containers
            // see, links are no code.
            Err(fault) if fault.kind == FaultKind::NotPlain => {
                if above.is_some() && files.link_on_the_way(path).is_some() {
                    self.unread.push(fault);
                }
                return;
            }
            Err(fault) => return self.unread.push(fault),
        };
        for name in &names {
            let Ok(inner) = path.join(name) else { continue };
            if is_python_file(name) {
                self.file((files, above), &inner);
            } else if depth > 0 && may_hold_code(name) {
                self.folder((files, above), &inner, depth - 1);
            }
        }
    }

    fn file(&mut self, (files, above): (&HostFiles, Option<&PathBuf>), path: &HostPath) {
        if self.files >= MOST {
            return;
        }
        match files.look(path) {
            Ok(Seen::File { content, .. }) => {
                self.files += 1;
                let shown = match above {
                    Some(folder) => {
                        folder.join(path.as_str().trim_start_matches('/')).display().to_string()
                    }
                    None => path.to_string(),
                };
                let text = String::from_utf8_lossy(content.expose());
                self.traps.extend(scan_python(&shown, &text));
            }
            Ok(Seen::Folder(_)) => (),
            Err(fault) if fault.kind == FaultKind::Absent => (),
            Err(fault) => self.unread.push(fault),
        }
    }
}
