//! The S3 service of a command about buckets and objects.

use std::pin::pin;
use std::time::{Duration, Instant};

use datalake_core::s3::Endpoint;
use datalake_core::spec::StoreSpec;
use datalake_engine::transfer::TransferLimits;
use datalake_engine::{Lake, RetryingStore};
use datalake_host::{MachinePaths, StateRecords};
use datalake_operations::lake::BucketClient;
use datalake_operations::transfer::TransferContext;
use datalake_s3::{S3Store, SilenceClock};

use crate::args::Cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{Printer, Ticker};
use crate::site::Site;

/// The service that the spec names, and the bucket that is meant where no other is named.
pub(crate) struct Remote {
    /// The place of the command.
    pub(crate) site: Site,
    /// What the spec says of the service.
    pub(crate) spec: StoreSpec,
    /// The service, asked once.
    pub(crate) store: S3Store,
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
        let store = match patience() {
            Some(stall) => store.with_stall(stall),
            None => store,
        };
        tell_silence(&store, &spec.endpoint, printer);
        Ok(Self { site, spec, store })
    }

    /// The same with the connections and the bandwidth that the limits have.
    pub(crate) fn within(self, limits: &TransferLimits) -> Self {
        let Self { site, spec, store } = self;
        let store = store.with_connections(limits.connections);
        let store = match &limits.bandwidth {
            Some(bandwidth) => store.with_bandwidth(bandwidth, limits.utc_offset),
            None => store,
        };
        Self { site, spec, store }
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

/// After how long a silence a person is told what is waited for.
pub(crate) const SILENCE: Duration = Duration::from_secs(2);

/// Tells once for each silence of the service what is waited for.
pub(crate) fn tell_silence(store: &S3Store, endpoint: &Endpoint, printer: Printer) {
    let (waiting, endpoint) = (store.waiting(), endpoint.to_string());
    tokio::spawn(async move {
        let mut told = false;
        loop {
            tokio::time::sleep(SILENCE / 8).await;
            let is_long = waiting.silence().is_some_and(|silence| silence >= SILENCE);
            if is_long && !told {
                // The line that shows progress on a terminal gives way.
                Ticker::new(printer).tell(String::new);
                printer.talk(&format!("waiting for an answer from `{endpoint}`"));
            }
            told = is_long;
        }
    });
}

/// Goes on with something that takes more than one answer; where it takes long, a line tells once
/// what is waited for, unless the service is silent, of which [`tell_silence`] tells.
pub(crate) async fn tell_wait<T>(wait: &Wait<'_>, goes_on: impl Future<Output = T>) -> T {
    let (mut goes_on, began) = (pin!(goes_on), Instant::now());
    let mut told = false;
    loop {
        tokio::select! {
            biased;
            ended = &mut goes_on => return ended,
            () = tokio::time::sleep(SILENCE / 8), if !told => {
                let is_silent = wait.service.is_some_and(|waiting| waiting.silence() > Some(SILENCE / 2));
                told = began.elapsed() >= SILENCE && !is_silent;
                if told {
                    wait.printer.talk(&format!("waiting for {}", wait.what));
                }
            }
        }
    }
}

/// Something that is waited for.
pub(crate) struct Wait<'w> {
    pub(crate) printer: Printer,
    /// What it is, in words.
    pub(crate) what: String,
    /// The calls to the service among it, where [`tell_silence`] sees them.
    pub(crate) service: Option<&'w SilenceClock>,
}

/// After how many seconds a test wants a silent connection to be given up; in a debug build alone.
fn patience() -> Option<Duration> {
    if !cfg!(debug_assertions) {
        return None;
    }
    std::env::var("DATALAKE_TEST_STALL").ok()?.parse().ok().map(Duration::from_secs)
}
