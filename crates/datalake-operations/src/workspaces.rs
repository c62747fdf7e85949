//! The workspace files that Dagster reads, as they lie on the host.

use datalake_core::fault::FaultKind;
use datalake_core::host::HostPath;
use datalake_dagster::Workspace;
use datalake_desired::{FoundWorkspace, HostUnits, find_workspace_files};
use datalake_engine::{Files, NamedFile, NamedFiles, SeenEntry};

/// Reads those that exist. In Dagster's home, which is the service user's own, each file is looked at;
/// elsewhere only what that user could read.
pub(crate) fn read_workspaces(
    units: &HostUnits,
    home: Option<&HostPath>,
    files: &dyn Files,
    named: &mut NamedFiles<'_>,
) -> Vec<FoundWorkspace> {
    let mut found = Vec::new();
    for path in find_workspace_files(&units.as_units(), &units.folders, home) {
        let is_in_home = path.parent().as_ref() == home;
        let file = if is_in_home { read_plain(files, &path) } else { named.read_file(&path) };
        let content = match file {
            NamedFile::Missing => continue,
            NamedFile::Text(text) => {
                Workspace::parse(&text).ok_or_else(|| "it has no list `load_from`".to_owned())
            }
            NamedFile::NotLookedAt => Err("the service user may not be able to read it".to_owned()),
            NamedFile::Unknown => Err("it could not be read".to_owned()),
        };
        found.push(FoundWorkspace { path, content });
    }
    found
}

fn read_plain(files: &dyn Files, path: &HostPath) -> NamedFile {
    match files.look(path) {
        Ok(SeenEntry::File { content, .. }) => {
            NamedFile::Text(String::from_utf8_lossy(content.expose()).into_owned())
        }
        Err(fault) if fault.kind == FaultKind::Absent => NamedFile::Missing,
        Ok(SeenEntry::Folder(_)) | Err(_) => NamedFile::Unknown,
    }
}
