//! A host that looks like one on which people run Dagster.

use std::io;
use std::path::Path;

use rustix::process::{getgid, getuid};

use crate::named_path;

/// The unit files of a usual host, as a person would write them.
const UNITS: [(&str, &str); 5] = [
    ("dagster-webserver.container", include_str!("host/dagster-webserver.container")),
    ("dagster-daemon.container", include_str!("host/dagster-daemon.container")),
    ("dagster-postgres.container", include_str!("host/dagster-postgres.container")),
    ("dagster-postgres.volume", include_str!("host/dagster-postgres.volume")),
    ("dagster.network", include_str!("host/dagster.network")),
];

/// The settings of its Dagster.
const DAGSTER_YAML: &str = include_str!("host/dagster.yaml");

/// Whose Dagster it is.
pub(super) const USER: &str = "dagster-user";

/// Makes `DIR/host` unless it is there. It appears whole or not at all.
pub(super) fn make_host(dir: &Path) -> io::Result<()> {
    let host = dir.join("host");
    if named_path::is_taken(&host) {
        return Ok(());
    }
    let new = tempfile::Builder::new().prefix("host-").tempdir_in(dir)?;
    let of_user = new.path().join("var/lib/dagster");
    for (name, text) in UNITS {
        named_path::put_file(&of_user.join(".config/containers/systemd").join(name), text)?;
    }
    named_path::put_file(&of_user.join("dagster_home/dagster.yaml"), DAGSTER_YAML)?;
    let (user, group) = (getuid().as_raw(), getgid().as_raw());
    let passwd = format!("{USER}:x:{user}:{group}::/var/lib/dagster:/usr/sbin/nologin\n");
    named_path::put_file(&new.path().join("etc/passwd"), passwd)?;
    named_path::give_name(new, &host)
}
