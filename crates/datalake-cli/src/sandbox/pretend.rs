//! A host that looks like one on which people run Dagster.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::process::{getgid, getuid};

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

/// Makes `DIR/host` unless it is there. It appears whole or not at all.
pub(super) fn make_host(dir: &Path) -> io::Result<()> {
    let host = dir.join("host");
    if host.exists() {
        return Ok(());
    }
    let new = tempfile::Builder::new().prefix("host-").tempdir_in(dir)?;
    fs::set_permissions(new.path(), Permissions::from_mode(0o755))?;
    let quadlets = new.path().join("var/lib/dagster/.config/containers/systemd");
    fs::create_dir_all(&quadlets)?;
    fs::create_dir_all(new.path().join("etc"))?;
    for (name, text) in UNITS {
        fs::write(quadlets.join(name), text)?;
    }
    let home = new.path().join("var/lib/dagster/dagster_home");
    fs::create_dir_all(&home)?;
    fs::write(home.join("dagster.yaml"), DAGSTER_YAML)?;
    let (user, group) = (getuid().as_raw(), getgid().as_raw());
    let passwd = format!("dagster-user:x:{user}:{group}::/var/lib/dagster:/usr/sbin/nologin\n");
    fs::write(new.path().join("etc/passwd"), passwd)?;
    match fs::rename(new.path(), &host) {
        // Somebody else was faster; the folder of ours goes with its guard.
        Err(_) if host.exists() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => {
            // The folder is the host now and must outlive its guard.
            let _ = new.keep();
            Ok(())
        }
    }
}
