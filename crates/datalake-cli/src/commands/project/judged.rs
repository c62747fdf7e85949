//! A file of ours in a project: how it stands, and how it is written.

use datalake_core::{Fault, FaultKind, FileBody, HostPath, Mode, Owner, Piece, Target};
use datalake_dagster::{FileStanding, ProjectFile};
use datalake_engine::{Files, NewFile, Seen};
use datalake_host::HostFiles;

use crate::exit::Exit;
use crate::failure::Failure;

/// A file, how it stands, and what lies there now.
pub(in crate::commands) struct Judged {
    pub(in crate::commands) file: ProjectFile,
    pub(in crate::commands) standing: FileStanding,
    pub(in crate::commands) old: Vec<u8>,
}

pub(in crate::commands) fn judged(
    file: ProjectFile,
    files: Option<&HostFiles>,
) -> Result<Judged, Failure> {
    let path = host_path(&file)?;
    let old = match files.map(|files| files.look(&path)) {
        Some(Ok(Seen::File { content, .. })) => Some(content.expose().to_vec()),
        Some(Ok(Seen::Folder(_))) => {
            let fault = Fault::new(FaultKind::NotPlain, "a folder, not a file");
            return Err(Failure::at(&Target::Path(path), &fault));
        }
        Some(Err(fault)) if fault.kind != FaultKind::Absent => {
            return Err(Failure::at(&Target::Path(path), &fault));
        }
        Some(Err(_)) | None => None,
    };
    let standing = file.standing(old.as_deref());
    Ok(Judged { file, standing, old: old.unwrap_or_default() })
}

/// Writes a file with the owner of the nearest folder that was there.
pub(in crate::commands) fn write(file: &ProjectFile, files: &HostFiles) -> Result<(), Failure> {
    let path = host_path(file)?;
    let at = |path: &HostPath, fault: &Fault| Failure::at(&Target::Path(path.clone()), fault);
    let (owner, missing) = owner_above(&path, files)?;
    for folder in missing.iter().rev() {
        let made = files.create_folder(folder, Mode::PUBLIC_FOLDER, owner);
        made.map_err(|fault| at(folder, &fault))?;
    }
    let body = FileBody::new([Piece::text(&file.text)]);
    let content = body.fill_plain(b"").map_err(|error| Failure::of(Exit::Bug, &error))?;
    let new = NewFile { content: &content, mode: Mode::PUBLIC, owner };
    files.write(&path, &new).map_err(|fault| at(&path, &fault))
}

/// The owner of the nearest folder above that is there, and those below it that are not.
fn owner_above(path: &HostPath, files: &HostFiles) -> Result<(Owner, Vec<HostPath>), Failure> {
    let mut missing = Vec::new();
    let mut above = path.parent();
    while let Some(folder) = above {
        above = folder.parent();
        match files.look(&folder) {
            Ok(Seen::Folder(seen)) => return Ok((seen.owner, missing)),
            Ok(Seen::File { .. }) => {
                let fault = Fault::new(FaultKind::NotPlain, "a file, not a folder");
                return Err(Failure::at(&Target::Path(folder), &fault));
            }
            Err(fault) if fault.kind == FaultKind::Absent => missing.push(folder),
            Err(fault) => return Err(Failure::at(&Target::Path(folder), &fault)),
        }
    }
    Err(Failure::new(Exit::Bug, "a project without a folder"))
}

fn host_path(file: &ProjectFile) -> Result<HostPath, Failure> {
    format!("/{}", file.path).parse().map_err(|error| Failure::of(Exit::Config, &error))
}

impl Judged {
    pub(in crate::commands) fn is_to_write(&self) -> bool {
        matches!(self.standing, FileStanding::New | FileStanding::Older)
    }

    pub(in crate::commands) fn state(&self, dry_run: bool) -> (&'static str, &'static str) {
        match (self.standing, dry_run) {
            (FileStanding::Same, _) => ("=", "unchanged"),
            (FileStanding::Edited, _) => ("!", "kept"),
            (FileStanding::New, false) => ("+", "written"),
            (FileStanding::Older, false) => ("*", "renewed"),
            (FileStanding::New, true) => ("+", "new"),
            (FileStanding::Older, true) => ("*", "older"),
        }
    }
}
