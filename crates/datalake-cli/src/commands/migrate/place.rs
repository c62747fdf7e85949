//! Where a migration works, as the command line names it.

use datalake_core::s3::{Endpoint, Region};
use datalake_core::spec::CredentialSource;
use datalake_dagster::StoredAt;
use datalake_engine::transfer::TransferLimits;
use datalake_host::{HttpWebservers, NamedHostFolders, StateRecords};
use datalake_operations::migration::{
    ForeignService, MigrationChoice, MigrationContext, ObjectsChoice, TablesDestination,
};
use datalake_operations::{HomeChoice, HomeSearch};
use datalake_s3::S3Store;

use super::super::transfer::choose_transfer_limits;
use crate::args::Cli;
use crate::args::migrate::What;
use crate::args::transfer::Within;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::Printer;
use crate::secrets;
use crate::site::Site;

/// The service, the records and the limits of a migration.
pub(super) struct MigrationPlace {
    pub(super) remote: Remote,
    pub(super) limits: TransferLimits,
    records: StateRecords,
    /// The service that objects come from, where it is another one.
    foreign: Option<S3Store>,
}

impl MigrationPlace {
    /// Opens the service that the spec names, and the other one where one is named.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a spec, an address or a key pair that cannot be used.
    pub(super) async fn open(
        cli: &Cli,
        what: &What,
        within: &Within,
        printer: Printer,
    ) -> Result<Self, Failure> {
        let remote = Remote::open(cli, printer).await?;
        let limits = choose_transfer_limits(&remote, within)?;
        let records = remote.site.record_folders();
        let foreign = open_foreign(&remote, what).await?;
        Ok(Self { remote, limits, records, foreign })
    }

    /// The same; its service keeps within the limits.
    pub(super) fn bounded(self) -> Self {
        let Self { remote, limits, .. } = self;
        Self { remote: remote.within(&limits), limits, ..self }
    }

    /// Where the migration works.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a spec that names no bucket.
    pub(super) fn context(&self) -> Result<MigrationContext<'_>, Failure> {
        let site = &self.remote.site;
        let spec = site.spec()?;
        Ok(MigrationContext {
            home: home_search(site),
            lake: &self.remote.store,
            endpoint: &self.remote.spec.endpoint,
            tables: TablesDestination::of_spec(&spec),
            bucket: spec.bucket,
            prefix: spec.prefix.to_string(),
            clock: &site.clock,
            records: &self.records,
            webservers: &HttpWebservers,
        })
    }

    /// Where things are after the migration, for what code has to say.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a spec that names no bucket.
    pub(super) fn stored_at(&self) -> Result<StoredAt, Failure> {
        let spec = self.remote.site.spec()?;
        let tables = TablesDestination::of_spec(&spec).map(|tables| tables.describe());
        Ok(StoredAt { bucket: spec.bucket.to_string(), prefix: spec.prefix.to_string(), tables })
    }

    /// What is migrated.
    ///
    /// # Errors
    ///
    /// [`Failure`] for objects of a place that is no bucket.
    pub(super) fn choice(&self, what: &What) -> Result<MigrationChoice<'_>, Failure> {
        Ok(MigrationChoice {
            home: HomeChoice {
                home: what.home.clone(),
                pickles: what.pickles.clone(),
                log_dir: what.log_dir.clone(),
            },
            op_outputs: what.op_outputs,
            logs: what.logs,
            tables: what.tables,
            logs_prefix: what.logs_prefix.clone(),
            objects: self.objects(what)?,
        })
    }

    fn objects(&self, what: &What) -> Result<Option<ObjectsChoice<'_>>, Failure> {
        let Some(place) = what.from.clone() else { return Ok(None) };
        let none = || Failure::new(Exit::Usage, "--from takes `s3://BUCKET/PREFIX`");
        let service = self.foreign.as_ref().zip(what.from_endpoint.clone());
        Ok(Some(ObjectsChoice {
            bucket: place.bucket.ok_or_else(none)?,
            prefix: place.key,
            service: service.map(|(lake, endpoint)| ForeignService { lake, endpoint }),
        }))
    }
}

/// Where Dagster's home is looked for.
pub(super) fn home_search(site: &Site) -> HomeSearch<'_> {
    HomeSearch {
        context: site.context(),
        host: site.host_spec().map_err(Failure::into_config_error),
        root: &site.host,
        root_path: &site.root,
        named: &NamedHostFolders,
    }
}

/// The other service, where one is named.
async fn open_foreign(remote: &Remote, what: &What) -> Result<Option<S3Store>, Failure> {
    let (Some(endpoint), Some(file)) = (&what.from_endpoint, &what.from_credentials_file) else {
        return Ok(None);
    };
    let usage = |error: &dyn std::error::Error| Failure::of(Exit::Usage, error);
    let endpoint: Endpoint = endpoint.parse().map_err(|error| usage(&error))?;
    let region = Region::served_by(&what.from_region, &endpoint).map_err(|error| usage(&error))?;
    let keys = secrets::load(&CredentialSource::File(file.clone()), remote.site.may_ask()).await?;
    let store = S3Store::new(&endpoint, &region, &keys);
    store.map(Some).map_err(|error| Failure::of(Exit::Config, &error))
}
