//! What of the host a container sees, and where.

use crate::UnitFile;

/// A folder of the host inside a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// What it is on the host.
    pub source: MountSource,
    /// Where the container sees it, without a `/` at its end.
    pub inside: String,
}

/// What is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountSource {
    /// A folder of the host.
    Folder(String),
    /// A volume that podman keeps under this name.
    Volume(String),
}

/// The mounts of a container's `Volume=` lines. `home` stands for `%h`, the service user's home;
/// a line with another specifier, or that does not name both sides, is left out.
///
/// ```
/// use datalake_quadlet::{MountSource, UnitFile, mounts};
///
/// let unit = UnitFile::parse("[Container]\nVolume=%h/dagster:/opt/dagster:z\n");
/// let mounts = mounts(&unit, "/var/lib/dagster");
///
/// assert_eq!(mounts[0].source, MountSource::Folder("/var/lib/dagster/dagster".to_owned()));
/// assert_eq!(mounts[0].inside, "/opt/dagster");
/// ```
#[must_use]
pub fn mounts(unit: &UnitFile, home: &str) -> Vec<Mount> {
    unit.values("Container", "Volume").iter().filter_map(|value| mount(value, home)).collect()
}

/// The host's ports that a container's `PublishPort=` lines give to one of its own.
#[must_use]
pub fn published(unit: &UnitFile, inside: u16) -> Vec<u16> {
    let port = |value: &&str| {
        let bare = value.trim().trim_end_matches("/tcp");
        let (front, container) = bare.rsplit_once(':')?;
        let host = front.rsplit(':').next().unwrap_or(front);
        (container.parse() == Ok(inside)).then(|| host.parse().ok())?
    };
    unit.values("Container", "PublishPort").iter().filter_map(port).collect()
}

fn mount(value: &str, home: &str) -> Option<Mount> {
    let value = value.trim().replace("%h", home);
    if value.contains('%') {
        return None;
    }
    let mut parts = value.split(':');
    let (source, inside) = (parts.next()?, parts.next()?);
    if !inside.starts_with('/') {
        return None;
    }
    let source = if source.starts_with('/') {
        MountSource::Folder(source.to_owned())
    } else if let Some(unit) = source.strip_suffix(".volume") {
        // Quadlet gives a volume of its own that prefix.
        MountSource::Volume(format!("systemd-{unit}"))
    } else if source.is_empty() || source.starts_with('.') {
        return None;
    } else {
        MountSource::Volume(source.to_owned())
    };
    let inside = inside.trim_end_matches('/').to_owned();
    Some(Mount { source, inside })
}

/// The path on the host of one that a container sees; `None` where no folder of the host is
/// mounted there. `volume` tells where podman keeps a volume.
#[must_use]
pub fn outside(
    mounts: &[Mount],
    inside: &str,
    volume: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let rest = |mount: &Mount| {
        let rest = inside.strip_prefix(mount.inside.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then(|| rest.to_owned())
    };
    let found = mounts.iter().filter_map(|mount| Some((mount, rest(mount)?)));
    // What is mounted deeper hides what lies above.
    let (mount, rest) = found.max_by_key(|(mount, _)| mount.inside.len())?;
    let folder = match &mount.source {
        MountSource::Folder(path) => path.trim_end_matches('/').to_owned(),
        MountSource::Volume(name) => volume(name)?,
    };
    Some(format!("{folder}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: &str = "[Container]\nVolume=/old:/x\nVolume=\nVolume=/srv/home:/opt/home:z\n\
                        Volume=logs.volume:/opt/home/logs\nVolume=data:/data\nVolume=/anonymous\n\
                        Volume=%t/x:/y\nPublishPort=127.0.0.1:3002:3000\nPublishPort=4000:4000\n\
                        PublishPort=3000\nPublishPort=3005:3000/tcp\n";

    #[track_caller]
    fn check(inside: &str, expected: Option<&str>) {
        let mounts = mounts(&UnitFile::parse(UNIT), "/home/u");
        let found = outside(&mounts, inside, |name| Some(format!("/volumes/{name}/_data")));
        assert_eq!(found.as_deref(), expected, "{inside}");
    }

    #[test]
    fn a_path_of_the_container_is_found_on_the_host() {
        check("/opt/home", Some("/srv/home"));
        check("/opt/home/storage/a", Some("/srv/home/storage/a"));
        check("/opt/home/logs/a", Some("/volumes/systemd-logs/_data/a"));
        check("/data/x", Some("/volumes/data/_data/x"));
        check("/opt/homes", None);
        check("/x", None);
        check("/anonymous", None);
    }

    #[test]
    fn ports_are_told_by_what_they_lead_to() {
        let unit = UnitFile::parse(UNIT);

        assert_eq!(published(&unit, 3000), [3002, 3005]);
        assert_eq!(published(&unit, 4000), [4000]);
    }
}
