//! What people leave behind: histories of shells, backups.

use datalake_core::doctor::{Examination, Look, lines_with_secrets};
use datalake_core::{FaultKind, HostPath};
use datalake_engine::{Files, Seen};
use datalake_host::find_user;

use super::Home;
use super::mounted::Mounted;
use crate::site::Site;

/// Where shells keep what was typed, below a home.
const HISTORIES: [&str; 4] =
    [".bash_history", ".zsh_history", ".ash_history", ".local/share/fish/fish_history"];

/// What the by-hand way packs storage and logs into.
const BY_HAND: &str = "dagster-local-backup.tar.gz";

/// Looks into the homes of root, of the service user and of whoever has called.
pub(super) fn look(site: &Site, home: Option<&Home>, seen: &mut Examination) {
    let homes = homes(site, home);
    let mut found = Vec::new();
    let (mut looked, mut refused) = (false, None);
    for path in homes.iter().flat_map(|home| HISTORIES.map(|name| home.join(name))).flatten() {
        match site.host.look(&path) {
            Ok(Seen::File { content, .. }) => {
                looked = true;
                let lines = lines_with_secrets(&String::from_utf8_lossy(content.expose()));
                if !lines.is_empty() {
                    found.push((path.to_string(), lines));
                }
            }
            Ok(Seen::Folder(_)) => (),
            Err(fault) if fault.kind == FaultKind::Absent => looked = true,
            Err(fault) => refused = Some(fault),
        }
    }
    seen.settings.histories = match refused {
        Some(fault) if found.is_empty() && !looked => Look::Unknown(fault),
        _ => Look::Saw(found),
    };
    seen.settings.yaml_backups = yaml_backups(site);
    seen.settings.blind_backups = match home {
        Some(home) => backups(site, home),
        None => Look::NotHere("there is no service user".to_owned()),
    };
}

/// The homes of root, of the service user and of whoever has called.
pub(super) fn homes(site: &Site, service: Option<&Home>) -> Vec<HostPath> {
    let mut homes: Vec<HostPath> = "/root".parse().into_iter().collect();
    homes.extend(service.map(|home| home.account.home.clone()));
    if site.is_this_machine() {
        let own = std::env::var("HOME").ok().and_then(|home| home.parse().ok());
        let sudo = std::env::var("SUDO_USER").ok();
        let sudo = sudo.and_then(|name| find_user(&site.host, &name).ok());
        homes.extend(own.into_iter().chain(sudo.map(|account| account.home)));
    }
    homes.dedup();
    homes
}

/// Folders and files beside Dagster's own whose names say backup, and that hold no databases.
fn backups(site: &Site, home: &Home) -> Look<Vec<String>> {
    let mut blind = Vec::new();
    let names = match site.host.look(&home.account.home) {
        Ok(Seen::Folder(folder)) => folder.names,
        Ok(Seen::File { .. }) => return Look::Saw(blind),
        Err(fault) if fault.kind == FaultKind::Absent => return Look::Saw(blind),
        Err(fault) => return Look::Unknown(fault),
    };
    for name in names.iter().filter(|name| name.to_ascii_lowercase().contains("backup")) {
        let Ok(path) = home.account.home.join(name) else { continue };
        let is_blind = match site.host.look(&path) {
            Ok(Seen::Folder(folder)) => {
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
fn yaml_backups(site: &Site) -> Look<Vec<String>> {
    let mounted = Mounted::of(site);
    let home = match mounted.home_or_reason() {
        Ok(home) => &home.folder,
        Err(reason) => return reason,
    };
    match site.host.look(home) {
        Ok(Seen::Folder(folder)) => {
            let names = folder.names.into_iter();
            Look::Saw(names.filter(|name| name.starts_with("dagster.yaml.backup")).collect())
        }
        Ok(Seen::File { .. }) => Look::Saw(Vec::new()),
        Err(fault) if fault.kind == FaultKind::Absent => {
            Look::NotHere(format!("there is no `{home}`"))
        }
        Err(fault) => Look::Unknown(fault),
    }
}
