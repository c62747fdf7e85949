//! Single steps for the files, folders and secrets of a host.

use crate::fault::{Fault, FaultKind, Target};
use crate::host::{Entry, HostPath};
use crate::plan::{
    Action, Blocker, DesiredFile, DesiredFolder, DesiredSecret, Found, Guard, Observed, Step, Undo,
    Unwanted, Way,
};
use crate::secret::PodmanSecret;

pub(crate) fn folder_step(
    folder: &DesiredFolder,
    observed: &Observed,
) -> Result<Vec<Step>, Blocker> {
    let path = &folder.path;
    match observed.path(path) {
        Found::Present(Entry::Folder(_)) => Ok(Vec::new()),
        Found::Present(Entry::File(_)) => {
            Err(not_plain(folder.path.clone(), "a file, not a folder"))
        }
        Found::Unknown(fault) => Err(Blocker { target: Target::Path(path.clone()), fault }),
        Found::Absent => Ok(vec![Step {
            guard: Guard::PathAbsent(path.clone()),
            action: Action::CreateFolder {
                path: path.clone(),
                mode: folder.mode,
                owner: folder.owner,
            },
            undo: Undo {
                guard: Guard::FolderEmpty(path.clone()),
                way: Way::Back(Action::RemoveFolder(path.clone())),
            },
            why: "files below need it".to_owned(),
        }]),
    }
}

pub(crate) fn file_step(file: &DesiredFile, observed: &Observed) -> Result<Vec<Step>, Blocker> {
    let path = &file.path;
    let (guard, back) = match observed.path(path) {
        Found::Present(Entry::File(now)) if now == file.file => return Ok(Vec::new()),
        Found::Present(Entry::File(now)) => (
            Guard::FileIs(path.clone(), now.clone()),
            Action::RestoreFile { path: path.clone(), file: now },
        ),
        Found::Present(Entry::Folder(_)) => {
            return Err(not_plain(path.clone(), "a folder, not a file"));
        }
        Found::Absent => (Guard::PathAbsent(path.clone()), Action::RemoveFile(path.clone())),
        Found::Unknown(fault) => {
            return Err(Blocker { target: Target::Path(path.clone()), fault });
        }
    };
    Ok(vec![Step {
        guard,
        action: Action::WriteFile {
            path: path.clone(),
            body: file.body.clone(),
            file: file.file.clone(),
        },
        undo: Undo { guard: Guard::FileIs(path.clone(), file.file.clone()), way: Way::Back(back) },
        why: file.why.clone(),
    }])
}

pub(crate) fn removal_step(
    unwanted: &Unwanted<HostPath>,
    observed: &Observed,
) -> Result<Vec<Step>, Blocker> {
    let path = &unwanted.what;
    let now = match observed.path(path) {
        Found::Absent => return Ok(Vec::new()),
        Found::Present(Entry::File(now)) => now,
        Found::Present(Entry::Folder(_)) => {
            return Err(not_plain(path.clone(), "a folder, not a file"));
        }
        Found::Unknown(fault) => {
            return Err(Blocker { target: Target::Path(path.clone()), fault });
        }
    };
    Ok(vec![Step {
        guard: Guard::FileIs(path.clone(), now.clone()),
        action: Action::RemoveFile(path.clone()),
        undo: Undo {
            guard: Guard::PathAbsent(path.clone()),
            way: Way::Back(Action::RestoreFile { path: path.clone(), file: now }),
        },
        why: unwanted.why.clone(),
    }])
}

pub(crate) fn secret_step(
    secret: &DesiredSecret,
    observed: &Observed,
) -> Result<Vec<Step>, Blocker> {
    let name = &secret.name;
    let (guard, back) = match observed.secret(name) {
        Found::Present(now) if now == secret.print => return Ok(Vec::new()),
        Found::Present(now) => (
            Guard::SecretIs(name.clone(), now),
            Action::RestoreSecret { name: name.clone(), print: now },
        ),
        Found::Absent => (Guard::SecretAbsent(name.clone()), Action::RemoveSecret(name.clone())),
        Found::Unknown(fault) => {
            return Err(Blocker { target: Target::Secret(name.clone()), fault });
        }
    };
    Ok(vec![Step {
        guard,
        action: Action::StoreSecret {
            name: name.clone(),
            body: secret.body.clone(),
            print: secret.print,
        },
        undo: Undo { guard: Guard::SecretIs(name.clone(), secret.print), way: Way::Back(back) },
        why: secret.why.clone(),
    }])
}

pub(crate) fn secret_removal_step(
    unwanted: &Unwanted<PodmanSecret>,
    observed: &Observed,
) -> Result<Vec<Step>, Blocker> {
    let name = &unwanted.what;
    let now = match observed.secret(name) {
        Found::Absent => return Ok(Vec::new()),
        Found::Present(now) => now,
        Found::Unknown(fault) => {
            return Err(Blocker { target: Target::Secret(name.clone()), fault });
        }
    };
    Ok(vec![Step {
        guard: Guard::SecretIs(name.clone(), now),
        action: Action::RemoveSecret(name.clone()),
        undo: Undo {
            guard: Guard::SecretAbsent(name.clone()),
            way: Way::Back(Action::RestoreSecret { name: name.clone(), print: now }),
        },
        why: unwanted.why.clone(),
    }])
}

fn not_plain(path: HostPath, what: &str) -> Blocker {
    Blocker { target: Target::Path(path), fault: Fault::new(FaultKind::NotPlain, what) }
}
