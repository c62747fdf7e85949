//! Where Dagster's home lies, as units tell.

use datalake_core::host::{HostPath, InvalidPath, UnitName};

use crate::{MountSource, Mounts, volume_name};

/// The file of Dagster's settings in its home.
const SETTINGS: &str = "dagster.yaml";

/// The variable that tells Dagster its home.
pub const HOME_VARIABLE: &str = "DAGSTER_HOME";

/// The folder that is Dagster's home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DagsterHome {
    /// On the host.
    pub folder: HostPath,
    /// As the containers see it, where that is known.
    pub inside: Option<String>,
    /// The host's file that is mounted as its `dagster.yaml`, where it is not the one in the folder.
    pub mounted_yaml: Option<HostPath>,
}

/// A unit with its drop-ins: what its container sees, and is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountedUnit {
    /// The unit's name.
    pub name: UnitName,
    /// What its container sees of the host.
    pub mounts: Mounts,
}

/// Why Dagster's home is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownHome {
    /// No unit sets the variable.
    #[error("no unit sets {HOME_VARIABLE}")]
    NoVariable,
    /// The folder is the container's own and goes with it.
    #[error(
        "`{unit}` has its {HOME_VARIABLE}, `{inside}`, on no volume: it is gone with the container"
    )]
    NoVolume {
        /// The unit.
        unit: UnitName,
        /// The home as its container sees it.
        inside: String,
    },
    /// Only the settings come from the host.
    #[error(
        "`{unit}` takes only `dagster.yaml` of its {HOME_VARIABLE}, `{inside}`, from the host \
         (`{yaml}`): all else in it is gone with the container"
    )]
    OnlySettings {
        /// The unit.
        unit: UnitName,
        /// The home as its container sees it.
        inside: String,
        /// The host's file.
        yaml: HostPath,
    },
    /// What is mounted there is not a known folder.
    #[error("`{unit}` has its {HOME_VARIABLE} on `{volume}`, which is not a plain path or volume")]
    Unclear {
        /// The unit.
        unit: UnitName,
        /// What stands in the unit.
        volume: String,
    },
    /// Two units have different homes.
    #[error("two units have different homes: `{unit}` has `{home}`, `{other}` has `{other_home}`")]
    Different {
        /// A unit.
        unit: UnitName,
        /// Its home.
        home: HostPath,
        /// Another unit.
        other: UnitName,
        /// The other one's home.
        other_home: HostPath,
    },
    /// A name makes no plain path.
    #[error(transparent)]
    Path(#[from] InvalidPath),
}

impl DagsterHome {
    /// Finds it in the units, or takes the folder that is named. `user_home` is the service user's:
    /// podman keeps its volumes below it.
    ///
    /// ```
    /// use datalake_quadlet::{DagsterHome, MountBase, MountedUnit, Mounts, UnitFile};
    ///
    /// let unit = "[Container]\nVolume=%h/dagster:/opt:z\nEnvironment=DAGSTER_HOME=/opt/home\n";
    /// let (folder, user_home) = ("/etc/units".parse()?, "/var/lib/dagster".parse()?);
    /// let base = MountBase { folder: &folder, home: &user_home };
    /// let mounts = Mounts::of([&UnitFile::parse(unit)], base);
    /// let unit = MountedUnit { name: "dagster-daemon".parse()?, mounts };
    ///
    /// let home = DagsterHome::find(&[unit], None, &user_home)?;
    /// assert_eq!(home.folder.as_str(), "/var/lib/dagster/dagster/home");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UnknownHome`] where the units do not tell, or tell two.
    pub fn find(
        units: &[MountedUnit],
        named: Option<&HostPath>,
        user_home: &HostPath,
    ) -> Result<Self, UnknownHome> {
        if let Some(folder) = named {
            let inside = |unit: &MountedUnit| {
                let said = unit.mounts.variable(HOME_VARIABLE).map(str::to_owned);
                said.or_else(|| unit.mounts.inside(folder))
            };
            let inside = units.iter().find_map(inside);
            let mounted_yaml = inside.as_deref().and_then(|inside| {
                units.iter().find_map(|unit| find_mounted_yaml(unit, inside, Some(folder)))
            });
            return Ok(Self { folder: folder.clone(), inside, mounted_yaml });
        }
        let mut found: Option<(&UnitName, Self)> = None;
        for unit in units {
            let Some(home) = home_of_unit(unit, user_home)? else { continue };
            match &found {
                Some((first, known)) if known.folder != home.folder => {
                    return Err(UnknownHome::Different {
                        unit: (*first).clone(),
                        home: known.folder.clone(),
                        other: unit.name.clone(),
                        other_home: home.folder,
                    });
                }
                Some(_) => (),
                None => found = Some((&unit.name, home)),
            }
        }
        found.map(|(_, home)| home).ok_or(UnknownHome::NoVariable)
    }

    /// Dagster's settings.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] never, as long as the folder is a path.
    pub fn yaml(&self) -> Result<HostPath, InvalidPath> {
        self.mounted_yaml.clone().map_or_else(|| self.folder.join(SETTINGS), Ok)
    }
}

fn home_of_unit(
    unit: &MountedUnit,
    user_home: &HostPath,
) -> Result<Option<DagsterHome>, UnknownHome> {
    let Some(inside) = unit.mounts.variable(HOME_VARIABLE) else { return Ok(None) };
    let inside = inside.trim_end_matches('/');
    let home = |folder| {
        let mounted_yaml = find_mounted_yaml(unit, inside, Some(&folder));
        DagsterHome { folder, inside: Some(inside.to_owned()), mounted_yaml }
    };
    match unit.mounts.behind(inside) {
        Some(source) => match folder_of_source(&source, user_home)? {
            Some(folder) => Ok(Some(home(folder))),
            None => {
                let volume = match source {
                    MountSource::Named { name, .. } => name,
                    MountSource::Folder(folder) => folder.to_string(),
                };
                Err(UnknownHome::Unclear { unit: unit.name.clone(), volume })
            }
        },
        None => {
            let (unit_name, inside_name) = (unit.name.clone(), inside.to_owned());
            Err(match find_mounted_yaml(unit, inside, None) {
                Some(yaml) => {
                    UnknownHome::OnlySettings { unit: unit_name, inside: inside_name, yaml }
                }
                None => UnknownHome::NoVolume { unit: unit_name, inside: inside_name },
            })
        }
    }
}

/// The host's file that a unit mounts as `dagster.yaml`, unless it is that of the home's folder.
fn find_mounted_yaml(
    unit: &MountedUnit,
    inside: &str,
    folder: Option<&HostPath>,
) -> Option<HostPath> {
    let Some(MountSource::Folder(yaml)) = unit.mounts.behind(&format!("{inside}/{SETTINGS}"))
    else {
        return None;
    };
    let is_usual = folder.is_some_and(|folder| folder.join(SETTINGS).as_ref() == Ok(&yaml));
    (!is_usual).then_some(yaml)
}

/// The folder of the host that a container's path leads to; `None` for what only systemd can tell.
///
/// # Errors
///
/// [`InvalidPath`] where a volume's name makes no plain path.
pub fn folder_of_source(
    source: &MountSource,
    user_home: &HostPath,
) -> Result<Option<HostPath>, InvalidPath> {
    match source {
        MountSource::Folder(folder) => Ok(Some(folder.clone())),
        MountSource::Named { name, below } => {
            let Some(name) = volume_name(name) else { return Ok(None) };
            let volumes = ".local/share/containers/storage/volumes";
            user_home.join(&format!("{volumes}/{name}/_data{below}")).map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MountBase, UnitFile};

    fn unit(name: &str, texts: &[&str]) -> MountedUnit {
        let units: Vec<_> = texts.iter().map(|text| UnitFile::parse(text)).collect();
        let (folder, home) = ("/home/d/units".parse().unwrap(), "/home/d".parse().unwrap());
        let mounts = Mounts::of(&units, MountBase { folder: &folder, home: &home });
        MountedUnit { name: name.parse().unwrap(), mounts }
    }

    #[track_caller]
    fn check(units: &[MountedUnit], named: Option<&str>, expected: &str) {
        let named = named.map(|path| path.parse().unwrap());
        let found = DagsterHome::find(units, named.as_ref(), &"/home/d".parse().unwrap());
        let told = match found {
            Ok(home) => format!("{} {}", home.folder, home.inside.unwrap_or_default()),
            Err(error) => error.to_string(),
        };
        assert_eq!(told, expected);
    }

    const VOLUME: &str = "[Container]\nVolume=%h/dagster:/opt\n";
    const VARIABLE: &str = "[Container]\nEnvironment=DAGSTER_HOME=/opt/\n";

    #[test]
    fn a_unit_or_its_drop_ins_tell_it() {
        check(&[unit("a", &[VOLUME, VARIABLE])], None, "/home/d/dagster /opt");
        check(&[unit("a", &[]), unit("b", &[VARIABLE, VOLUME])], None, "/home/d/dagster /opt");
        let named = "[Container]\nVolume=home.volume:/opt\n";
        let volumes = "/home/d/.local/share/containers/storage/volumes";
        check(
            &[unit("a", &[named, VARIABLE])],
            None,
            &format!("{volumes}/systemd-home/_data /opt"),
        );
    }

    #[test]
    fn a_named_folder_counts_and_the_units_tell_its_name_inside() {
        check(&[unit("a", &[VOLUME])], Some("/home/d/dagster/x"), "/home/d/dagster/x /opt/x");
        check(&[unit("a", &[VOLUME, VARIABLE])], Some("/srv/x"), "/srv/x /opt/");
        check(&[], Some("/srv/x"), "/srv/x ");
    }

    #[test]
    fn two_units_with_two_homes_are_both_named() {
        let other = "[Container]\nVolume=/srv/x:/opt\n";
        check(
            &[unit("a", &[VOLUME, VARIABLE]), unit("b", &[other, VARIABLE])],
            None,
            "two units have different homes: `a` has `/home/d/dagster`, `b` has `/srv/x`",
        );
    }

    #[test]
    fn settings_that_are_mounted_by_themselves_are_found() {
        let yaml = "[Container]\nVolume=./dagster.yaml:/opt/dagster.yaml:ro\n";
        check(
            &[unit("a", &[VARIABLE, yaml])],
            None,
            "`a` takes only `dagster.yaml` of its DAGSTER_HOME, `/opt`, from the host \
             (`/home/d/units/dagster.yaml`): all else in it is gone with the container",
        );
        let settings = |units: &[MountedUnit]| {
            let home = DagsterHome::find(units, None, &"/home/d".parse().unwrap()).unwrap();
            home.yaml().unwrap().to_string()
        };
        let both = settings(&[unit("a", &[VARIABLE, VOLUME, yaml])]);
        assert_eq!(both, "/home/d/units/dagster.yaml");
        assert_eq!(settings(&[unit("a", &[VARIABLE, VOLUME])]), "/home/d/dagster/dagster.yaml");
    }

    #[test]
    fn what_is_not_told_is_no_guess() {
        check(&[unit("a", &[VOLUME])], None, "no unit sets DAGSTER_HOME");
        check(
            &[unit("a", &[VARIABLE])],
            None,
            "`a` has its DAGSTER_HOME, `/opt`, on no volume: it is gone with the container",
        );
        let filled = "[Container]\nVolume=/srv/%i:/opt\n";
        check(
            &[unit("a", &[filled, VARIABLE])],
            None,
            "`a` has its DAGSTER_HOME on `/srv/%i`, which is not a plain path or volume",
        );
    }
}
