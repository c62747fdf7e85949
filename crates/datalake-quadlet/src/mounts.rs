//! What a container sees of the host's folders.

use datalake_core::host::HostPath;

use crate::UnitFile;

/// The folders of the host that a container sees, and the variables that its unit sets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mounts {
    /// What is seen where, the strongest last.
    mounts: Vec<(Mounted, String)>,
    variables: Vec<(String, String)>,
}

/// What the paths in a unit count from.
#[derive(Debug, Clone, Copy)]
pub struct MountBase<'a> {
    /// The folder of the unit's own file, also for its drop-ins: `./x` counts from it.
    pub folder: &'a HostPath,
    /// What `%h` stands for.
    pub home: &'a HostPath,
}

/// What lies behind a folder of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountSource {
    /// A folder of the host.
    Folder(HostPath),
    /// What lies below a volume of podman's, or below what only systemd can fill in.
    Named {
        /// What stands in the unit.
        name: String,
        /// The path below it, with a `/` before each part.
        below: String,
    },
}

/// What is mounted, as it stands in the unit.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Mounted {
    Folder(HostPath),
    Named(String),
}

impl Mounts {
    /// Reads a unit and its drop-ins, the strongest last.
    ///
    /// ```
    /// use datalake_quadlet::{MountBase, MountSource, Mounts, UnitFile};
    ///
    /// let unit = UnitFile::parse("[Container]\nVolume=%h/dagster:/opt/dagster:z\n");
    /// let (folder, home) = ("/etc/units".parse()?, "/var/lib/dagster".parse()?);
    /// let mounts = Mounts::of([&unit], MountBase { folder: &folder, home: &home });
    ///
    /// let folder = "/var/lib/dagster/dagster/logs".parse()?;
    /// assert_eq!(mounts.behind("/opt/dagster/logs"), Some(MountSource::Folder(folder)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of<'a>(units: impl IntoIterator<Item = &'a UnitFile>, base: MountBase<'_>) -> Self {
        let mut all = Self::default();
        for unit in units {
            let volumes = unit.values("Container", "Volume").into_iter().filter_map(split_volume);
            let mounts = unit.values("Container", "Mount").into_iter().filter_map(split_bind);
            all.mounts.extend(volumes.chain(mounts).map(|(source, target)| {
                (base.find_source(source), target.trim_end_matches('/').to_owned())
            }));
            let words = unit.words("Container", "Environment");
            let set = words.iter().filter_map(|word| word.split_once('='));
            all.variables.extend(set.map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
        all
    }

    /// What lies behind a path of the container; `None` where that is the container's own.
    #[must_use]
    pub fn behind(&self, inside: &str) -> Option<MountSource> {
        let below = |target: &str| {
            let rest = inside.strip_prefix(target)?;
            (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_matches('/').to_owned())
        };
        let found = self
            .mounts
            .iter()
            .filter_map(|(source, target)| below(target).map(|rest| (target.len(), source, rest)));
        let (_, source, rest) = found.max_by_key(|(length, ..)| *length)?;
        let named = |name: &str| {
            let below = if rest.is_empty() { String::new() } else { format!("/{rest}") };
            MountSource::Named { name: name.to_owned(), below }
        };
        Some(match source {
            Mounted::Folder(folder) if rest.is_empty() => MountSource::Folder(folder.clone()),
            Mounted::Folder(folder) => {
                folder.join(&rest).map_or_else(|_| named(folder.as_str()), MountSource::Folder)
            }
            Mounted::Named(name) => named(name),
        })
    }

    /// The folders of the host that the container sees.
    pub fn folders(&self) -> impl Iterator<Item = &HostPath> {
        self.mounts.iter().filter_map(|(mounted, _)| match mounted {
            Mounted::Folder(folder) => Some(folder),
            Mounted::Named(_) => None,
        })
    }

    /// Whether the container sees nothing of the host.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.mounts.is_empty()
    }

    /// Where the container sees a folder of the host.
    #[must_use]
    pub fn inside(&self, folder: &HostPath) -> Option<String> {
        self.mounts.iter().rev().find_map(|(source, target)| {
            let Mounted::Folder(source) = source else { return None };
            let rest = folder.as_str().strip_prefix(source.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format!("{target}{rest}"))
        })
    }

    /// The value of a variable that the unit sets by `Environment=`.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        let set = self.variables.iter().rev().find(|(set, _)| set == name);
        set.map(|(_, value)| value.as_str())
    }
}

impl MountBase<'_> {
    /// What is mounted. Quadlet counts what begins with a dot from the unit's folder.
    fn find_source(self, source: &str) -> Mounted {
        let filled = source.replace("%h", self.home.as_str());
        let whole = match filled.strip_prefix('.') {
            Some(_) => below_folder(self.folder, &filled),
            None => filled,
        };
        let plain = whole.trim_end_matches('/').parse().ok();
        match plain.filter(|_| !whole.contains(['%', '$'])) {
            Some(folder) => Mounted::Folder(folder),
            None => Mounted::Named(source.to_owned()),
        }
    }
}

/// A path that counts from a folder, without `.` and `..` in it.
fn below_folder(folder: &HostPath, relative: &str) -> String {
    let mut parts: Vec<_> = folder.as_str().split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => (),
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The name under which podman keeps a volume that a unit names; `None` for what is none.
#[must_use]
pub fn volume_name(named: &str) -> Option<String> {
    if named.is_empty() || named.starts_with(['/', '.']) || named.contains(['%', '$']) {
        return None;
    }
    // Quadlet gives a volume of its own that prefix.
    Some(named.strip_suffix(".volume").map_or(named.to_owned(), |unit| format!("systemd-{unit}")))
}

/// The host's ports that a container's `PublishPort=` lines give to one of its own.
#[must_use]
pub fn list_published_ports(unit: &UnitFile, inside: u16) -> Vec<u16> {
    let port = |value: &&str| {
        let bare = value.trim().trim_end_matches("/tcp");
        let (front, container) = bare.rsplit_once(':')?;
        let host = front.rsplit(':').next().unwrap_or(front);
        (container.parse() == Ok(inside)).then(|| host.parse().ok())?
    };
    unit.values("Container", "PublishPort").iter().filter_map(port).collect()
}

/// `SOURCE:TARGET[:OPTIONS]`
fn split_volume(value: &str) -> Option<(&str, &str)> {
    let mut parts = value.trim().split(':');
    Some((parts.next()?, parts.next()?)).filter(|(_, target)| target.starts_with('/'))
}

/// `type=bind,source=SOURCE,target=TARGET`
fn split_bind(value: &str) -> Option<(&str, &str)> {
    let pairs: Vec<_> = value.trim().split(',').filter_map(|part| part.split_once('=')).collect();
    let said = |names: &[&str]| {
        pairs.iter().find(|(name, _)| names.contains(name)).map(|(_, value)| *value)
    };
    if said(&["type"]) != Some("bind") {
        return None;
    }
    Some((said(&["source", "src"])?, said(&["target", "destination", "dst"])?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mounts(texts: &[&str]) -> Mounts {
        let units: Vec<_> = texts.iter().map(|text| UnitFile::parse(text)).collect();
        let (folder, home) = ("/home/d/units/web".parse().unwrap(), "/home/d".parse().unwrap());
        Mounts::of(&units, MountBase { folder: &folder, home: &home })
    }

    #[track_caller]
    fn check(lines: &str, inside: &str, expected: Option<&str>) {
        let found = mounts(&[&format!("[Container]\n{lines}\n")]).behind(inside);
        let text = found.map(|source| match source {
            MountSource::Folder(path) => path.to_string(),
            MountSource::Named { name, below } => format!("({name}){below}"),
        });
        assert_eq!(text.as_deref(), expected, "{lines} {inside}");
    }

    #[test]
    fn the_deepest_mount_tells_what_lies_behind() {
        let both = "Volume=/a:/opt\nVolume=/b/:/opt/home/:ro,z";
        check(both, "/opt/home/x", Some("/b/x"));
        check(both, "/opt/homes", Some("/a/homes"));
        check(both, "/srv", None);
        check("Volume=%h/x:/opt", "/opt", Some("/home/d/x"));
        check("Volume=home.volume:/opt", "/opt/a", Some("(home.volume)/a"));
        check("Volume=/srv/%i:/opt", "/opt", Some("(/srv/%i)"));
        check("Volume=/only", "/only", None);
        check("Mount=type=bind,src=/m,destination=/opt,ro=true", "/opt/a", Some("/m/a"));
        check("Mount=type=tmpfs,destination=/opt", "/opt", None);
    }

    #[test]
    fn what_begins_with_a_dot_counts_from_the_folder_of_the_unit() {
        check("Volume=./x:/opt:z", "/opt/a", Some("/home/d/units/web/x/a"));
        check("Volume=../x:/opt", "/opt", Some("/home/d/units/x"));
        check("Volume=.:/opt", "/opt", Some("/home/d/units/web"));
        check("Volume=x/y:/opt", "/opt", Some("(x/y)"));
        check("Mount=type=bind,src=./x,target=/opt", "/opt", Some("/home/d/units/web/x"));
    }

    #[test]
    fn podman_keeps_volumes_of_units_under_another_name() {
        assert_eq!(volume_name("logs.volume").as_deref(), Some("systemd-logs"));
        assert_eq!(volume_name("data").as_deref(), Some("data"));
        assert_eq!(volume_name("/srv/%i"), None);
        assert_eq!(volume_name("./x"), None);
    }

    #[test]
    fn ports_are_told_by_what_they_lead_to() {
        let unit = UnitFile::parse(
            "[Container]\nPublishPort=127.0.0.1:3002:3000\nPublishPort=4000:4000\n\
             PublishPort=3000\nPublishPort=3005:3000/tcp\n",
        );

        assert_eq!(list_published_ports(&unit, 3000), [3002, 3005]);
        assert_eq!(list_published_ports(&unit, 4000), [4000]);
    }

    #[test]
    fn a_drop_in_may_say_more_than_its_unit() {
        let unit = "[Container]\nVolume=/a:/opt\nEnvironment=DAGSTER_HOME=/opt A=1\n";
        let found = mounts(&[unit, "[Container]\nEnvironment=\"DAGSTER_HOME=/opt/b\"\n"]);

        assert_eq!(found.variable("DAGSTER_HOME"), Some("/opt/b"));
        assert_eq!(found.variable("HOME"), None);
        assert_eq!(found.inside(&"/a/b/c".parse().unwrap()).as_deref(), Some("/opt/b/c"));
        assert_eq!(found.inside(&"/ab".parse().unwrap()), None);
    }
}
