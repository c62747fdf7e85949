//! Where the things of a Dagster host lie.

use datalake_core::{HostPath, HostSpec, InvalidPath, UnitName};
use datalake_engine::Wanted;
use datalake_host::Account;
use datalake_quadlet::drop_in_path;

/// The paths that concern one host.
pub(crate) struct Places {
    /// The folders that hold the env file, parents first.
    pub env_folders: Vec<HostPath>,
    /// The env file with the key pair.
    pub env_file: HostPath,
    /// The container units that need the bucket.
    pub units: Vec<UnitPlaces>,
}

/// The paths that concern one container unit.
pub(crate) struct UnitPlaces {
    /// The unit file.
    pub file: HostPath,
    /// The folder of its drop-ins.
    pub drop_ins: HostPath,
    /// datalake's drop-in.
    pub drop_in: HostPath,
}

impl Places {
    /// The places of a host whose service user has this account: rootless quadlets below
    /// `~/.config/containers/systemd`, the env file apart from `environment.d`, which systemd
    /// would hand to every service of the user.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] where a name makes no plain path.
    pub(crate) fn of(account: &Account, host: &HostSpec) -> Result<Self, InvalidPath> {
        let config = account.home.join(".config")?;
        let folder = config.join("datalake")?;
        let quadlets = config.join("containers/systemd")?;
        let unit = |name: &UnitName| {
            let file = quadlets.join(&format!("{name}.container"))?;
            Ok(UnitPlaces {
                drop_ins: quadlets.join(&format!("{name}.container.d"))?,
                drop_in: drop_in_path(&file)?,
                file,
            })
        };
        Ok(Self {
            env_file: folder.join("s3.env")?,
            env_folders: vec![config, folder],
            units: host.units.iter().map(unit).collect::<Result<_, _>>()?,
        })
    }

    /// Everything to look at on the host.
    #[must_use]
    pub(crate) fn wanted(&self) -> Wanted {
        let units = self.units.iter().flat_map(|unit| [&unit.file, &unit.drop_ins, &unit.drop_in]);
        let paths = self.env_folders.iter().chain([&self.env_file]).chain(units);
        Wanted { buckets: Vec::new(), paths: paths.cloned().collect() }
    }
}
