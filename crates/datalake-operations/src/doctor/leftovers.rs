//! What people leave behind: histories of shells, backups.

use datalake_core::doctor::{Look, SettingsEvidence, lines_with_secrets};
use datalake_core::fault::FaultKind;
use datalake_core::host::HostPath;
use datalake_engine::{Files, SeenEntry, find_user};

use super::mounted::MountedFolders;
use super::{ExaminationInput, ServiceHome};

/// Where shells keep what was typed, below a home.
const HISTORIES: [&str; 4] =
    [".bash_history", ".zsh_history", ".ash_history", ".local/share/fish/fish_history"];

/// What the by-hand way packs storage and logs into.
const BY_HAND: &str = "dagster-local-backup.tar.gz";

/// Looks into the homes of root, of the service user and of whoever has called.
pub(super) fn examine_leftovers(
    input: &ExaminationInput<'_>,
    home: Option<&ServiceHome>,
    seen: &mut SettingsEvidence,
) {
    let (homes, files) = (list_homes(input, home), input.context.files);
    let mut found = Vec::new();
    let (mut looked, mut refused) = (false, None);
    for path in homes.iter().flat_map(|home| HISTORIES.map(|name| home.join(name))).flatten() {
        match files.look(&path) {
            Ok(SeenEntry::File { content, .. }) => {
                looked = true;
                let lines = lines_with_secrets(&String::from_utf8_lossy(content.expose()));
                if !lines.is_empty() {
                    found.push((path.to_string(), lines));
                }
            }
            Ok(SeenEntry::Folder(_)) => (),
            Err(fault) if fault.kind == FaultKind::Absent => looked = true,
            Err(fault) => refused = Some(fault),
        }
    }
    seen.histories = match refused {
        Some(fault) if found.is_empty() && !looked => Look::Unknown(fault),
        _ => Look::Saw(found),
    };
    seen.yaml_backups = find_yaml_backups(input);
    seen.blind_backups = match home {
        Some(home) => find_blind_backups(files, home),
        None => Look::NotHere("there is no service user".to_owned()),
    };
}

/// The homes of root, of the service user and of whoever has called.
pub(super) fn list_homes(
    input: &ExaminationInput<'_>,
    service: Option<&ServiceHome>,
) -> Vec<HostPath> {
    let mut homes: Vec<HostPath> = "/root".parse().into_iter().collect();
    homes.extend(service.map(|home| home.account.home.clone()));
    if input.context.is_this_machine() {
        let sudo = input.caller.sudo_user.as_deref();
        let sudo = sudo.and_then(|name| find_user(input.context.files, name).ok());
        homes.extend(input.caller.home.clone());
        homes.extend(sudo.map(|account| account.home));
    }
    homes.dedup();
    homes
}

/// Folders and files beside Dagster's own whose names say backup, and that hold no databases.
fn find_blind_backups(files: &dyn Files, home: &ServiceHome) -> Look<Vec<String>> {
    let mut blind = Vec::new();
    let names = match files.look(&home.account.home) {
        Ok(SeenEntry::Folder(folder)) => folder.names,
        Ok(SeenEntry::File { .. }) => return Look::Saw(blind),
        Err(fault) if fault.kind == FaultKind::Absent => return Look::Saw(blind),
        Err(fault) => return Look::Unknown(fault),
    };
    for name in names.iter().filter(|name| name.to_ascii_lowercase().contains("backup")) {
        let Ok(path) = home.account.home.join(name) else { continue };
        let is_blind = match files.look(&path) {
            Ok(SeenEntry::Folder(folder)) => {
                folder.names.contains("storage") && !folder.names.contains("history")
            }
            _ => name == BY_HAND,
        };
        if is_blind {
            blind.push(path.to_string());
        }
    }
    Look::Saw(blind)
}

/// What the by-hand way leaves beside dagster.yaml.
fn find_yaml_backups(input: &ExaminationInput<'_>) -> Look<Vec<String>> {
    let (mounted, files) = (MountedFolders::of(input), input.context.files);
    let home = match mounted.find_home() {
        Ok(home) => &home.folder,
        Err(reason) => return reason,
    };
    match files.look(home) {
        Ok(SeenEntry::Folder(folder)) => {
            let names = folder.names.into_iter();
            Look::Saw(names.filter(|name| name.starts_with("dagster.yaml.backup")).collect())
        }
        Ok(SeenEntry::File { .. }) => Look::Saw(Vec::new()),
        Err(fault) if fault.kind == FaultKind::Absent => {
            Look::NotHere(format!("there is no `{home}`"))
        }
        Err(fault) => Look::Unknown(fault),
    }
}
