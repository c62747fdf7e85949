//! The operator's Python files: those that the units mount, and those of `--code`.

use std::path::Path;

use datalake_core::doctor::PythonTrapKind;
use datalake_core::doctor::{Look, PythonEvidence, PythonTrap};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::HostPath;
use datalake_core::text::printable;
use datalake_dagster::{
    S3ManagerCall, find_s3_managers, is_python_file, may_hold_code, scan_python,
};
use datalake_engine::{Files, PathStanding, SeenEntry, SeenKind};

use super::ExaminationInput;
use super::mounted::MountedFolders;

/// How deep folders are looked into.
const DEEPEST: usize = 6;

/// So many of those that are not read are named.
const TOLD: usize = 5;

/// So many files are read.
const MOST: usize = 500;

/// Reads every Python file below the folders that were named and those that units mount.
pub(super) fn examine_python(input: &ExaminationInput<'_>, seen: &mut PythonEvidence) {
    let document = input.spec.document;
    let s3 =
        S3Destination { bucket: document.bucket.as_deref(), prefix: document.prefix.as_deref() };
    let mut found = FoundCode::default();
    for folder in input.code {
        match &folder.files {
            Ok(files) => {
                if let Ok(root) = "/".parse() {
                    let files = files.as_ref();
                    found.read(CodeReader { files, above: Some(&folder.name), s3 }, &root, DEEPEST);
                }
            }
            Err(fault) => found.unread.push(name_fault(&folder.name, fault)),
        }
    }
    for folder in MountedFolders::of(input).list_code() {
        found.read(CodeReader { files: input.context.files, above: None, s3 }, folder, DEEPEST);
    }
    seen.files = found.files;
    seen.unread = join_faults(&found.unread);
    // What was found stays found, whatever else could not be read.
    seen.traps = if found.files == 0 && found.unread.is_empty() {
        Look::NotHere("no Python files: name a folder with --code DIR".to_owned())
    } else {
        Look::Saw(found.traps)
    };
}

/// All that was not read, as one fault.
fn join_faults(unread: &[Fault]) -> Option<Fault> {
    let first = unread.first()?;
    let mut details: Vec<_> = unread.iter().take(TOLD).map(|one| one.detail.as_str()).collect();
    let more = unread.len().saturating_sub(TOLD);
    let more = (more > 0).then(|| format!("and {more} more"));
    details.extend(more.as_deref());
    Some(Fault::new(first.kind, details.join(", ")))
}

fn name_fault(folder: &Path, fault: &Fault) -> Fault {
    Fault::new(fault.kind, format!("`{}`: {}", folder.display(), fault.detail))
}

/// Where code is read.
#[derive(Clone, Copy)]
struct CodeReader<'a> {
    files: &'a dyn Files,
    /// The folder that stands for `/`, for people.
    above: Option<&'a Path>,
    s3: S3Destination<'a>,
}

/// Where files of this host are moved to, as far as the spec says it.
#[derive(Clone, Copy)]
struct S3Destination<'a> {
    bucket: Option<&'a str>,
    prefix: Option<&'a str>,
}

/// What was found in code.
#[derive(Default)]
struct FoundCode {
    files: usize,
    traps: Vec<PythonTrap>,
    /// What may hold code and was not read.
    unread: Vec<Fault>,
}

impl FoundCode {
    /// Reads what lies in a folder.
    fn read(&mut self, reader: CodeReader<'_>, path: &HostPath, depth: usize) {
        let CodeReader { files, above, .. } = reader;
        if matches!(files.look_at_kind(path), Ok(PathStanding { kind: SeenKind::File, .. })) {
            return;
        }
        let names = match files.look(path) {
            Ok(SeenEntry::Folder(folder)) => folder.names,
            Ok(SeenEntry::File { .. }) => return,
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
                self.scan(reader, &inner);
            } else if depth > 0 && may_hold_code(name) {
                self.read(reader, &inner, depth - 1);
            }
        }
    }

    fn scan(&mut self, CodeReader { files, above, s3 }: CodeReader<'_>, path: &HostPath) {
        if self.files >= MOST {
            return;
        }
        match files.look(path) {
            Ok(SeenEntry::File { content, .. }) => {
                self.files += 1;
                let shown = match above {
                    Some(folder) => {
                        folder.join(path.as_str().trim_start_matches('/')).display().to_string()
                    }
                    None => path.to_string(),
                };
                let text = String::from_utf8_lossy(content.expose());
                self.traps.extend(scan_python(&shown, &text));
                self.traps.extend(s3.list_traps(&shown, &text));
            }
            Ok(SeenEntry::Folder(_)) => (),
            Err(fault) if fault.kind == FaultKind::Absent => (),
            Err(fault) => self.unread.push(fault),
        }
    }
}

impl S3Destination<'_> {
    /// The I/O managers in a text that read from another place.
    fn list_traps(&self, path: &str, text: &str) -> Vec<PythonTrap> {
        let trap = |call: &S3ManagerCall| {
            let trouble = call.judge(self.bucket, self.prefix)?;
            Some(PythonTrap {
                path: path.to_owned(),
                line: call.line,
                kind: PythonTrapKind::S3Place,
                word: format!("`{}`: {}", printable(&call.class), printable(&trouble.what)),
                instead: Some(trouble.instead),
            })
        };
        find_s3_managers(text).iter().filter_map(trap).collect()
    }
}
