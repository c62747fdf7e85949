//! Looks at the way to a service, at a key and at a bucket, for a diagnosis.
//!
//! Nothing is changed but by [`try_out`], whose objects are gone when it returns.

mod bucket;
mod conditions;
mod network;
mod stranger;
mod trials;

use std::net::IpAddr;

use async_trait::async_trait;
use datalake_core::doctor::{Greeting, Proxy, TlsLook};
use datalake_core::fault::Fault;
use datalake_core::s3::{BucketName, Endpoint, Region};
use datalake_core::secret::Credentials;

use crate::objects::{AnyKey, Lake};

pub use bucket::{BucketQuestion, look_at_bucket, look_at_costs, look_at_key};
pub use conditions::{ConditionProbe, probe_conditional_put};
pub use network::{LocationAddress, look_at_network};
pub use stranger::{Strangers, Tags};
pub use trials::{TrialPlace, try_out};

/// The way to an S3 service, step by step, without a key.
///
/// Nothing is repeated. Each call ends by itself within ten seconds.
#[async_trait]
pub trait Network: Send + Sync {
    /// The proxy that the environment names for an endpoint.
    fn proxy(&self, endpoint: &Endpoint) -> Option<Proxy>;

    /// The addresses of the endpoint's name. `Absent`: it surely has none.
    async fn addresses(&self, endpoint: &Endpoint) -> Result<Vec<IpAddr>, Fault>;

    /// Opens a connection and closes it.
    async fn connect(&self, endpoint: &Endpoint) -> Result<(), Fault>;

    /// Shakes hands over TLS. A certificate that is not trusted is an answer, no fault.
    async fn handshake(&self, endpoint: &Endpoint) -> Result<TlsLook, Fault>;

    /// Asks `GET /` without a signature.
    async fn greet(&self, endpoint: &Endpoint) -> Result<Greeting, Fault>;
}

/// What else a bucket is tried out with.
#[async_trait]
pub trait Oddities: Send + Sync {
    /// Gives an object these tags in place of those that it has.
    async fn set_tags(&self, bucket: &BucketName, key: &AnyKey, tags: &Tags) -> Result<(), Fault>;

    /// The tags of an object.
    async fn tags(&self, bucket: &BucketName, key: &AnyKey) -> Result<Tags, Fault>;

    /// What somebody without a key may do with the bucket and this object in it. A refusal is an
    /// answer.
    async fn strangers(&self, bucket: &BucketName, key: &AnyKey) -> Result<Strangers, Fault>;
}

/// A service that can be tried out as a whole.
pub trait TestedStore: Lake + Oddities {}

impl<T: Lake + Oddities> TestedStore for T {}

/// Services that are opened with a key pair, to be tried out.
pub trait TestedStores: Send + Sync {
    /// The service at this address; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where no client can be set up for it.
    fn open(
        &self,
        endpoint: &Endpoint,
        region: &Region,
        keys: &Credentials,
    ) -> Result<Box<dyn TestedStore>, Fault>;
}
