//! The S3 service of a command about buckets and objects.

use std::time::Duration;

use datalake_core::secret::AccessKeyId;
use datalake_core::spec::StoreSpec;
use datalake_engine::transfer::TransferLimits;
use datalake_engine::{Lake, RetryingStore};
use datalake_host::{MachinePaths, StateRecords};
use datalake_operations::lake::BucketClient;
use datalake_operations::transfer::TransferContext;
use datalake_s3::S3Store;

use crate::args::Cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::Printer;
use crate::silence::tell_silence;
use crate::site::Site;

/// The service that the spec names, and the bucket that is meant where no other is named.
pub(crate) struct Remote {
    /// The place of the command.
    pub(crate) site: Site,
    /// What the spec says of the service.
    pub(crate) spec: StoreSpec,
    /// The service, asked once.
    pub(crate) store: S3Store,
    /// The key that signs, without its secret.
    pub(crate) key: AccessKeyId,
}

impl Remote {
    /// Reads spec and key pair; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a spec or key pair that cannot be used.
    pub(crate) async fn open(cli: &Cli, printer: Printer) -> Result<Self, Failure> {
        let site = Site::open(cli, printer).await?;
        let spec = site.store_spec()?;
        let keys = site.keys_from(&spec.credentials).await?;
        let store = S3Store::new(&spec.endpoint, &spec.region, &keys);
        let store = store.map_err(|error| Failure::of(Exit::Config, &error))?;
        let store = match read_patience() {
            Some(stall) => store.with_stall(stall),
            None => store,
        };
        tell_silence(&store, &spec.endpoint, printer);
        Ok(Self { site, spec, store, key: keys.id })
    }

    /// The same with the connections and the bandwidth that the limits have.
    pub(crate) fn within(self, limits: &TransferLimits) -> Self {
        let Self { site, spec, store, key } = self;
        let store = store.with_connections(limits.connections);
        let store = match &limits.bandwidth {
            Some(bandwidth) => store.with_bandwidth(bandwidth, limits.utc_offset),
            None => store,
        };
        Self { site, spec, store, key }
    }

    /// The service as operations take it.
    pub(crate) fn client(&self) -> BucketClient<'_> {
        BucketClient { store: &self.store, spec: &self.spec, clock: &self.site.clock }
    }

    /// What transfers need of the outside; their records lie in these folders.
    pub(crate) fn transfers<'a>(&'a self, records: &'a StateRecords) -> TransferContext<'a> {
        TransferContext {
            host: self.site.context(),
            client: self.client(),
            paths: &MachinePaths,
            records,
            clock: &self.site.clock,
        }
    }

    /// The service, asked again where that can help.
    pub(crate) fn lake(&self) -> RetryingStore<'_, dyn Lake + '_> {
        self.client().retrying()
    }
}

/// After how many seconds a test wants a silent connection to be given up; in a debug build alone.
fn read_patience() -> Option<Duration> {
    if !cfg!(debug_assertions) {
        return None;
    }
    std::env::var("DATALAKE_TEST_STALL").ok()?.parse().ok().map(Duration::from_secs)
}
