//! A file of ours in a project: how it stands, and how it is written.

use datalake_core::fault::{Fault, FaultKind, Target};
use datalake_core::host::{HostPath, Mode, Owner};
use datalake_core::secret::{FileBody, Piece};
use datalake_dagster::{FileStanding, ProjectFile};
use datalake_engine::{Files, NewFile, SeenEntry};

use crate::{ErrorKind, OperationError};

/// A file, how it stands, and what lies there now.
pub struct JudgedFile {
    /// The file as it is to be.
    pub file: ProjectFile,
    /// What its state is.
    pub standing: FileStanding,
    /// What lies there now.
    pub old: Vec<u8>,
}

/// Looks how a file of ours stands in a project; without its folder nothing is there.
///
/// # Errors
///
/// [`OperationError`] where something else lies there, or it cannot be read.
pub fn judge_file(
    file: ProjectFile,
    files: Option<&dyn Files>,
) -> Result<JudgedFile, OperationError> {
    let path = host_path(&file)?;
    let old = match files.map(|files| files.look(&path)) {
        Some(Ok(SeenEntry::File { content, .. })) => Some(content.expose().to_vec()),
        Some(Ok(SeenEntry::Folder(_))) => {
            let fault = Fault::new(FaultKind::NotPlain, "a folder, not a file");
            return Err(OperationError::at(&Target::Path(path), &fault));
        }
        Some(Err(fault)) if fault.kind != FaultKind::Absent => {
            return Err(OperationError::at(&Target::Path(path), &fault));
        }
        Some(Err(_)) | None => None,
    };
    let file = file.keeping_own_part(old.as_deref());
    let standing = file.standing(old.as_deref());
    Ok(JudgedFile { file, standing, old: old.unwrap_or_default() })
}

/// Writes a file with the owner of the nearest folder that was there.
///
/// # Errors
///
/// [`OperationError`] where that cannot be done.
pub fn write_file(file: &ProjectFile, files: &dyn Files) -> Result<(), OperationError> {
    let path = host_path(file)?;
    let at =
        |path: &HostPath, fault: &Fault| OperationError::at(&Target::Path(path.clone()), fault);
    let (owner, missing) = find_owner_above(&path, files)?;
    for folder in missing.iter().rev() {
        let made = files.create_folder(folder, Mode::PUBLIC_FOLDER, owner);
        made.map_err(|fault| at(folder, &fault))?;
    }
    let body = FileBody::new([Piece::text(&file.text)]);
    let content =
        body.fill_plain(b"").map_err(|error| OperationError::of(ErrorKind::Bug, &error))?;
    let new = NewFile { content: &content, mode: Mode::PUBLIC, owner };
    files.write(&path, &new).map_err(|fault| at(&path, &fault))
}

/// The owner of the nearest folder above that is there, and those below it that are not.
fn find_owner_above(
    path: &HostPath,
    files: &dyn Files,
) -> Result<(Owner, Vec<HostPath>), OperationError> {
    let mut missing = Vec::new();
    let mut above = path.parent();
    while let Some(folder) = above {
        above = folder.parent();
        match files.look(&folder) {
            Ok(SeenEntry::Folder(seen)) => return Ok((seen.owner, missing)),
            Ok(SeenEntry::File { .. }) => {
                let fault = Fault::new(FaultKind::NotPlain, "a file, not a folder");
                return Err(OperationError::at(&Target::Path(folder), &fault));
            }
            Err(fault) if fault.kind == FaultKind::Absent => missing.push(folder),
            Err(fault) => return Err(OperationError::at(&Target::Path(folder), &fault)),
        }
    }
    Err(OperationError::new(ErrorKind::Bug, "a project without a folder"))
}

fn host_path(file: &ProjectFile) -> Result<HostPath, OperationError> {
    format!("/{}", file.path).parse().map_err(|error| OperationError::of(ErrorKind::Config, &error))
}

impl JudgedFile {
    /// Whether there is anything to write.
    #[must_use]
    pub fn is_to_write(&self) -> bool {
        matches!(self.standing, FileStanding::New | FileStanding::Older)
    }
}

#[cfg(test)]
mod tests {
    use datalake_core::secret::FilledBody;
    use datalake_engine::memory::MemoryFiles;

    use super::*;

    const OWNER: Owner = Owner { uid: 7, gid: 7 };

    fn file(text: &str) -> ProjectFile {
        ProjectFile::signed("defs/lake/a.py".to_owned(), text)
    }

    fn project() -> MemoryFiles {
        let files = MemoryFiles::default();
        files.create_folder(&"/defs".parse().unwrap(), Mode::PUBLIC_FOLDER, OWNER).unwrap();
        files
    }

    #[test]
    fn a_file_that_is_written_is_the_same_afterwards() {
        let (files, file) = (project(), file("x = 1\n"));
        assert_eq!(judge_file(file.clone(), Some(&files)).unwrap().standing, FileStanding::New);

        write_file(&file, &files).unwrap();

        let judged = judge_file(file, Some(&files)).unwrap();
        assert_eq!((judged.standing, judged.is_to_write()), (FileStanding::Same, false));
    }

    #[test]
    fn new_folders_and_files_belong_to_the_owner_of_the_folder_that_was_there() {
        let files = project();

        write_file(&file("x = 1\n"), &files).unwrap();

        for path in ["/defs/lake", "/defs/lake/a.py"] {
            let owner = match files.look(&path.parse().unwrap()).unwrap() {
                SeenEntry::File { owner, .. } => owner,
                SeenEntry::Folder(folder) => folder.owner,
            };
            assert_eq!(owner, OWNER, "{path}");
        }
    }

    #[test]
    fn what_was_changed_by_hand_is_not_to_be_written() {
        let (files, file) = (project(), file("x = 1\n"));
        write_file(&file, &files).unwrap();
        let content = FilledBody::new(b"x = 2\n".to_vec());
        let path = "/defs/lake/a.py".parse().unwrap();
        files
            .write(&path, &NewFile { content: &content, mode: Mode::PUBLIC, owner: OWNER })
            .unwrap();

        let judged = judge_file(file, Some(&files)).unwrap();

        assert_eq!((judged.standing, judged.is_to_write()), (FileStanding::Edited, false));
        assert_eq!(judged.old, b"x = 2\n");
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_is_refused() {
        let files = project();
        files.create_folder(&"/defs/lake".parse().unwrap(), Mode::PUBLIC_FOLDER, OWNER).unwrap();
        files
            .create_folder(&"/defs/lake/a.py".parse().unwrap(), Mode::PUBLIC_FOLDER, OWNER)
            .unwrap();

        let error = judge_file(file("x = 1\n"), Some(&files)).err().unwrap();

        assert!(error.to_string().contains("a folder, not a file"), "{error}");
    }

    #[test]
    fn without_a_folder_every_file_is_new() {
        let judged = judge_file(file("x = 1\n"), None).unwrap();

        assert!(judged.is_to_write() && judged.old.is_empty());
    }
}
