//! Where Dagster's home lies: its `dagster.yaml`, and what runs leave there.

use datalake_core::{Fault, HostPath, HostSpec, InvalidPath, UnitName};
use datalake_engine::{Files, Seen, drop_ins, quadlet_folders};
use datalake_host::Account;
use datalake_quadlet::{Mounts, Source, UnitFile};

/// The variable that tells Dagster its home.
const VARIABLE: &str = "DAGSTER_HOME";

/// The folder that is Dagster's home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DagsterHome {
    /// On the host.
    pub folder: HostPath,
    /// As the containers see it, where that is known.
    pub inside: Option<String>,
}

/// Why Dagster's home is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Homeless {
    /// No unit sets the variable.
    #[error("no unit sets {VARIABLE}")]
    NoVariable,
    /// The folder is the container's own and goes with it.
    #[error("`{0}` has its {VARIABLE}, `{1}`, on no volume: it is gone with the container")]
    NoVolume(UnitName, String),
    /// The folder lies on a volume of podman's.
    #[error("`{0}` has its {VARIABLE} on the volume `{1}`")]
    Named(UnitName, String),
    /// Units have different homes.
    #[error("units have different homes: `{0}` and `{1}`")]
    Different(HostPath, HostPath),
    /// A unit could not be read.
    #[error("`{0}` cannot be read")]
    Unread(HostPath, #[source] Fault),
    /// A name makes no plain path.
    #[error(transparent)]
    Path(#[from] InvalidPath),
}

impl DagsterHome {
    /// Finds it in the units, or takes the folder that the spec names.
    ///
    /// # Errors
    ///
    /// [`Homeless`] where the units do not tell.
    pub(crate) fn find(
        account: &Account,
        host: &HostSpec,
        files: &dyn Files,
    ) -> Result<Self, Homeless> {
        let mut found: Option<Self> = None;
        for name in &host.units {
            let mounts = mounts(name, account, files)?;
            let home = match &host.dagster_home {
                Some(folder) => {
                    let said = mounts.variable(VARIABLE).map(str::to_owned);
                    let inside = said.or_else(|| mounts.inside(folder));
                    Some(Self { folder: folder.clone(), inside })
                }
                None => of_unit(name, &mounts)?,
            };
            match (&mut found, home) {
                (Some(one), Some(other)) if one.folder != other.folder => {
                    return Err(Homeless::Different(one.folder.clone(), other.folder));
                }
                (Some(one), Some(other)) => one.inside = one.inside.take().or(other.inside),
                (None, home) => found = home,
                (Some(_), None) => (),
            }
        }
        found.ok_or(Homeless::NoVariable)
    }

    /// Dagster's settings.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] never, as long as the folder is a path.
    pub(crate) fn yaml(&self) -> Result<HostPath, InvalidPath> {
        self.folder.join("dagster.yaml")
    }
}

fn of_unit(name: &UnitName, mounts: &Mounts) -> Result<Option<DagsterHome>, Homeless> {
    let Some(inside) = mounts.variable(VARIABLE).map(|path| path.trim_end_matches('/')) else {
        return Ok(None);
    };
    match mounts.behind(inside) {
        Some(Source::Folder(folder)) => {
            Ok(Some(DagsterHome { folder, inside: Some(inside.to_owned()) }))
        }
        Some(Source::Named { name: volume, .. }) => Err(Homeless::Named(name.clone(), volume)),
        None => Err(Homeless::NoVolume(name.clone(), inside.to_owned())),
    }
}

/// What the unit's container sees of the host.
///
/// # Errors
///
/// [`Homeless`] where the unit or a drop-in cannot be read.
pub(crate) fn mounts(
    name: &UnitName,
    account: &Account,
    files: &dyn Files,
) -> Result<Mounts, Homeless> {
    let folders = quadlet_folders(&account.home, account.owner.uid)?;
    let quadlets = account.home.join(".config/containers/systemd")?;
    let mut paths = vec![quadlets.join(&format!("{name}.container"))?];
    paths.extend(drop_ins(std::slice::from_ref(name), &folders, files).paths);
    let mut units = Vec::new();
    for path in paths {
        match files.look(&path) {
            Ok(Seen::File { content, .. }) => {
                units.push(UnitFile::parse(&String::from_utf8_lossy(content.expose())));
            }
            Ok(Seen::Folder(_)) => (),
            Err(fault) => return Err(Homeless::Unread(path, fault)),
        }
    }
    Ok(Mounts::of(&units, &account.home))
}
