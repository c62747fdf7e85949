//! The operator's Python files: those that the units mount, and those of `--code`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datalake_core::doctor::{Examination, Look, PythonTrap};
use datalake_core::{Fault, FaultKind, HostPath, InvalidPath};
use datalake_dagster::scan_python;
use datalake_engine::{Files, NoCheckpoints, Seen};
use datalake_host::{HostFiles, WayFault};

use super::mounted::Mounted;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::printable;
use crate::site::Site;

/// How deep folders are looked into.
const DEEPEST: usize = 6;

/// So many files are read.
const MOST: usize = 500;

/// Folders of programs that are not the operator's own.
const OTHERS: [&str; 5] = ["venv", "env", "node_modules", "site-packages", "__pycache__"];

/// Reads every Python file below these folders.
pub(super) fn look(site: &Site, code: &[PathBuf], seen: &mut Examination) {
    let mut reader = Reader { files: 0, traps: Vec::new(), fault: None };
    for folder in code {
        match HostFiles::open_named(folder, Arc::new(NoCheckpoints)).map_err(WayFault::into_fault) {
            Ok(files) => {
                if let Ok(root) = "/".parse() {
                    reader.folder((&files, Some(folder)), &root, DEEPEST);
                }
            }
            Err(fault) => reader.fault = Some(within(folder, &fault)),
        }
    }
    for folder in Mounted::of(site).code() {
        reader.folder((&site.host, None), folder, DEEPEST);
    }
    seen.python.files = reader.files;
    seen.python.traps = match (reader.fault, reader.files) {
        // What was found stays found, whatever else could not be read.
        (Some(fault), _) if reader.traps.is_empty() => Look::Unknown(fault),
        (None, 0) => Look::NotHere("no Python files: name a folder with --code DIR".to_owned()),
        _ => Look::Saw(reader.traps),
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

fn within(folder: &Path, fault: &Fault) -> Fault {
    Fault::new(fault.kind, format!("`{}`: {}", folder.display(), fault.detail))
}

struct Reader {
    files: usize,
    traps: Vec<PythonTrap>,
    fault: Option<Fault>,
}

impl Reader {
    /// Reads what lies in a folder; `above` is the folder that stands for `/`, for people.
    fn folder(
        &mut self,
        (files, above): (&dyn Files, Option<&PathBuf>),
        path: &HostPath,
        depth: usize,
    ) {
        let names = match files.look(path) {
            Ok(Seen::Folder(folder)) => folder.names,
            Ok(Seen::File { .. }) => return,
            // Neither a link nor a large file is a folder of code.
            Err(fault)
                if matches!(
                    fault.kind,
                    FaultKind::Absent | FaultKind::NotPlain | FaultKind::Unreadable
                ) =>
            {
                return;
            }
            Err(fault) => return self.fault = Some(fault),
        };
        for name in &names {
            let Ok(inner) = path.join(name) else { continue };
            if is_python(name) {
                self.file((files, above), &inner);
            } else if depth > 0 && may_hold_code(name) {
                self.folder((files, above), &inner, depth - 1);
            }
        }
    }

    fn file(&mut self, (files, above): (&dyn Files, Option<&PathBuf>), path: &HostPath) {
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
            // A link in a folder of code leads to code that is looked at where it lies.
            Ok(Seen::Folder(_)) => (),
            Err(fault) if fault.kind == FaultKind::NotPlain => (),
            Err(fault) => self.fault = Some(fault),
        }
    }
}

fn is_python(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending == "py")
}

fn may_hold_code(name: &str) -> bool {
    !name.contains('.') && !OTHERS.contains(&name)
}
