//! What a copy of Dagster's home leaves out: a database of Postgres.

use datalake_core::host::{HostPath, UserAccount};
use datalake_core::spec::HostSpec;
use datalake_dagster::{InstanceDatabase, PostgresPlace, SaidValue, instance_database};
use datalake_engine::{Files, SeenEntry, find_search_path};
use datalake_quadlet::UnitFile;

use crate::{HostContext, look_at_host};

/// What copies Dagster's database, where it is one of Postgres; `None` for any other, and for a
/// `dagster.yaml` that nobody can read: others tell of that.
#[must_use]
pub fn find_dump(context: &HostContext<'_>, host: Option<&HostSpec>, yaml: &str) -> Option<String> {
    let InstanceDatabase::Postgres(place) = instance_database(yaml).ok()? else { return None };
    let account = host.and_then(|host| Some(look_at_host(context, host).ok()?.0));
    let container = account.as_ref();
    let container = container.and_then(|account| find_container(context.files, account, &place));
    let line = place.dump_line(container.as_deref());
    Some(match (host, account, container) {
        (_, Some(account), Some(_)) if account.is_host() => format!("sudo {line}"),
        // Rootless containers are those of the service user.
        (Some(host), Some(account), Some(_)) => format!(
            "sudo -u {} env -C / XDG_RUNTIME_DIR=/run/user/{} {line}",
            host.user, account.owner.uid
        ),
        _ => line,
    })
}

/// The container of Postgres: the only one, or the one that `dagster.yaml` names.
fn find_container(
    files: &dyn Files,
    account: &UserAccount,
    place: &PostgresPlace,
) -> Option<String> {
    let mut found = Vec::new();
    for folder in find_search_path(account, files).ok()? {
        let Ok(SeenEntry::Folder(seen)) = files.look(&folder) else { continue };
        let units = seen.names.iter().filter_map(|name| {
            let unit = name.strip_suffix(".container")?;
            name_of_postgres(files, &folder.join(name).ok()?, unit)
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
fn name_of_postgres(files: &dyn Files, path: &HostPath, unit: &str) -> Option<String> {
    let Ok(SeenEntry::File { content, .. }) = files.look(path) else { return None };
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
