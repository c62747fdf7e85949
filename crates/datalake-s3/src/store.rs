//! An S3 service, asked with one key pair.

use std::fmt;

use datalake_core::s3::{Endpoint, Region};
use datalake_core::secret::Credentials;
use datalake_core::transfer::Bandwidth;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::road::Road;
use crate::setup_error::SetupError;
use crate::waiting::SilenceClock;
use crate::wire::SigningSender;

/// An S3 service, asked with one key pair.
///
/// Buckets are addressed by path (`https://HOST/BUCKET/KEY`); keys go out byte for byte, also those
/// with segments `.` and `..`. All requests share one pool of connections. A connection has to
/// stand within ten seconds. The calls of [`ObjectStore`] have to be over within thirty. Contents
/// take as long as they take while something moves ([`S3Store::with_stall`]); every other answer has
/// to be whole within a minute, however it moves. Nothing is sent twice, and no redirect is followed. An `https` endpoint is reached through the proxy of the
/// environment, this machine itself never.
///
/// [`ObjectStore`]: datalake_engine::ObjectStore
pub struct S3Store {
    pub(crate) wire: SigningSender,
    endpoint: Endpoint,
    region: Region,
}

impl S3Store {
    /// A store that trusts the certificates that this machine trusts. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`SetupError`] where no HTTPS client can be made on this machine.
    pub fn new(
        endpoint: &Endpoint,
        region: &Region,
        keys: &Credentials,
    ) -> Result<Self, SetupError> {
        Self::with_roots(endpoint, region, keys, &[])
    }

    /// As [`S3Store::new`]; the certificates in `pem` are trusted too, such as that of a sandbox.
    ///
    /// # Errors
    ///
    /// [`SetupError`] where `pem` holds something else, or no HTTPS client can be made.
    pub fn trusting(
        endpoint: &Endpoint,
        region: &Region,
        keys: &Credentials,
        pem: &[u8],
    ) -> Result<Self, SetupError> {
        let unfit = |error| SetupError::Certificate(Box::new(error));
        let roots: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let roots = roots.map_err(unfit)?;
        if roots.is_empty() {
            return Err(SetupError::Certificate("there is no certificate in it".into()));
        }
        Self::with_roots(endpoint, region, keys, &roots)
    }

    fn with_roots(
        endpoint: &Endpoint,
        region: &Region,
        keys: &Credentials,
        roots: &[CertificateDer<'static>],
    ) -> Result<Self, SetupError> {
        let wire = SigningSender::new(endpoint, region, keys, roots)?;
        Ok(Self { wire, endpoint: endpoint.clone(), region: region.clone() })
    }

    /// The way that all requests take.
    pub(crate) fn road(&self) -> &Road {
        &self.wire.road
    }

    /// The region that requests are signed for.
    pub(crate) fn region(&self) -> &Region {
        &self.region
    }

    /// As this store, but a connection on which nothing moves is given up after `stall` instead of
    /// 30 seconds.
    #[must_use]
    pub fn with_stall(mut self, stall: std::time::Duration) -> Self {
        self.wire.road.stall = stall;
        self
    }

    /// As this store, but an answer that is no content has to be whole after `whole` instead of a minute.
    #[must_use]
    pub fn with_deadline(mut self, whole: std::time::Duration) -> Self {
        self.wire.road.whole = whole;
        self
    }

    /// As this store; contents go out, and come in, at no more than `bandwidth`, evenly also
    /// within a second. Its timetable is read `utc_offset` seconds ahead of UTC.
    #[must_use]
    pub fn with_bandwidth(mut self, bandwidth: &Bandwidth, utc_offset: i32) -> Self {
        self.wire.road.set_bandwidth(bandwidth, utc_offset);
        self
    }

    /// What tells how long nothing has come from the service.
    #[must_use]
    pub fn waiting(&self) -> SilenceClock {
        self.wire.road.waiting.clone()
    }

    /// As this store, with up to `count` connections at one time instead of 240.
    ///
    /// More requests than that wait for a connection to come free, and are given up if none does
    /// in the time of a stall.
    #[must_use]
    pub fn with_connections(self, count: usize) -> Self {
        self.wire.road.set_connections(count.max(1));
        self
    }
}

impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("S3Store");
        debug.field("endpoint", &self.endpoint).field("region", &self.region);
        debug.finish_non_exhaustive()
    }
}
