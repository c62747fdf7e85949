//! What a copy of Dagster's home leaves out: a database of Postgres.

use datalake_core::HostPath;
use datalake_dagster::{InstanceDatabase, PostgresPlace, SaidValue, instance_database};
use datalake_engine::{Files as _, Seen, quadlet_folders};
use datalake_host::Account;
use datalake_quadlet::UnitFile;

use crate::site::Site;

/// What copies Dagster's database, where it is one of Postgres; `None` for any other, and for a
/// `dagster.yaml` that nobody can read: others tell of that.
pub(crate) fn find_dump(site: &Site, yaml: &str) -> Option<String> {
    let InstanceDatabase::Postgres(place) = instance_database(yaml).ok()? else { return None };
    let host = site.settings.host().ok();
    let account = host.as_ref().and_then(|host| Some(site.host(host).ok()?.0));
    let container = account.as_ref().and_then(|account| container(site, account, &place));
    let line = place.dump_line(container.as_deref());
    Some(match (host, account, container) {
        // Rootless containers are those of the service user.
        (Some(host), Some(account), Some(_)) => format!(
            "sudo -u {} env -C / XDG_RUNTIME_DIR=/run/user/{} {line}",
            host.user, account.owner.uid
        ),
        _ => line,
    })
}

/// The container of Postgres: the only one, or the one that `dagster.yaml` names.
fn container(site: &Site, account: &Account, place: &PostgresPlace) -> Option<String> {
    let mut found = Vec::new();
    for folder in quadlet_folders(&account.home, account.owner.uid).ok()? {
        let Ok(Seen::Folder(seen)) = site.host.look(&folder) else { continue };
        let units = seen.names.iter().filter_map(|name| {
            let unit = name.strip_suffix(".container")?;
            postgres(site, &folder.join(name).ok()?, unit)
        });
        found.extend(units);
    }
    found.sort();
    found.dedup();
    match found.as_slice() {
        [only] => Some(only.clone()),
        several => {
            let Some(SaidValue::Text(host)) = &place.host else { return None };
            several.iter().find(|name| *name == host).cloned()
        }
    }
}

/// The name of a unit's container, if its image is Postgres.
fn postgres(site: &Site, path: &HostPath, unit: &str) -> Option<String> {
    let Ok(Seen::File { content, .. }) = site.host.look(path) else { return None };
    let file = UnitFile::parse(&String::from_utf8_lossy(content.expose()));
    let image = file.last("Container", "Image")?;
    let name = image.rsplit('/').next().unwrap_or(image);
    if !name.starts_with("postgres") {
        return None;
    }
    let named = file.last("Container", "ContainerName").map(str::to_owned);
    let name = named.unwrap_or_else(|| format!("systemd-{unit}"));
    // What is no plain name would be another command to a shell.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    name.bytes().all(is_plain).then_some(name)
}
