//! Where Dagster's home lies, as units tell.

use datalake_core::{HostPath, InvalidPath, UnitName};

use crate::{Mounts, Source, volume_name};

/// The variable that tells Dagster its home.
pub const HOME_VARIABLE: &str = "DAGSTER_HOME";

/// The folder that is Dagster's home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DagsterHome {
    /// On the host.
    pub folder: HostPath,
    /// As the containers see it, where that is known.
    pub inside: Option<String>,
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
    /// What is mounted there is no folder that can be told.
    #[error("`{unit}` has its {HOME_VARIABLE} on `{volume}`, which is no plain path or volume")]
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
    /// use datalake_quadlet::{DagsterHome, MountedUnit, Mounts, UnitFile};
    ///
    /// let unit = "[Container]\nVolume=%h/dagster:/opt:z\nEnvironment=DAGSTER_HOME=/opt/home\n";
    /// let user_home = "/var/lib/dagster".parse()?;
    /// let mounts = Mounts::of([&UnitFile::parse(unit)], &user_home);
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
            return Ok(Self { folder: folder.clone(), inside: units.iter().find_map(inside) });
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
        self.folder.join("dagster.yaml")
    }
}

fn home_of_unit(
    unit: &MountedUnit,
    user_home: &HostPath,
) -> Result<Option<DagsterHome>, UnknownHome> {
    let Some(inside) = unit.mounts.variable(HOME_VARIABLE) else { return Ok(None) };
    let inside = inside.trim_end_matches('/');
    let home = |folder| DagsterHome { folder, inside: Some(inside.to_owned()) };
    match unit.mounts.behind(inside) {
        Some(source) => match folder_of_source(&source, user_home)? {
            Some(folder) => Ok(Some(home(folder))),
            None => {
                let volume = match source {
                    Source::Named { name, .. } => name,
                    Source::Folder(folder) => folder.to_string(),
                };
                Err(UnknownHome::Unclear { unit: unit.name.clone(), volume })
            }
        },
        None => Err(UnknownHome::NoVolume { unit: unit.name.clone(), inside: inside.to_owned() }),
    }
}

/// The folder of the host that a container's path leads to; `None` for what only systemd can tell.
///
/// # Errors
///
/// [`InvalidPath`] where a volume's name makes no plain path.
pub fn folder_of_source(
    source: &Source,
    user_home: &HostPath,
) -> Result<Option<HostPath>, InvalidPath> {
    match source {
        Source::Folder(folder) => Ok(Some(folder.clone())),
        Source::Named { name, below } => {
            let Some(name) = volume_name(name) else { return Ok(None) };
            let volumes = ".local/share/containers/storage/volumes";
            user_home.join(&format!("{volumes}/{name}/_data{below}")).map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UnitFile;

    fn unit(name: &str, texts: &[&str]) -> MountedUnit {
        let units: Vec<_> = texts.iter().map(|text| UnitFile::parse(text)).collect();
        let mounts = Mounts::of(&units, &"/home/d".parse().unwrap());
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
            "`a` has its DAGSTER_HOME on `/srv/%i`, which is no plain path or volume",
        );
    }
}
