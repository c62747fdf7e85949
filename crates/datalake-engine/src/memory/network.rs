//! A network in memory, and what else a store in memory is tried out with.

use std::collections::BTreeMap;
use std::net::IpAddr;

use async_trait::async_trait;
use datalake_core::doctor::{Greeting, Proxy, TlsLook};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, Endpoint, Region};
use datalake_core::secret::Credentials;

use super::MemoryStore;
use crate::doctor::{Network, Oddities, Strangers, Tags, TestedStore, TestedStores};
use crate::objects::{AnyKey, ObjectSource, Objects};

/// A network in which some hosts answer.
#[derive(Debug, Clone, Default)]
pub struct MemoryNetwork {
    /// The proxy for every endpoint.
    pub proxy: Option<Proxy>,
    /// How each host answers; one that is not among them has no address.
    pub hosts: BTreeMap<String, MemoryHost>,
}

/// How a host answers.
#[derive(Debug, Clone)]
pub struct MemoryHost {
    /// Whether connections come about.
    pub is_open: bool,
    /// What it shows in a TLS handshake.
    pub tls: TlsLook,
    /// What it answers to a stranger.
    pub greeting: Greeting,
}

impl Default for MemoryHost {
    fn default() -> Self {
        Self {
            is_open: true,
            tls: TlsLook { refused: None, expires: None },
            greeting: Greeting { status: 200, is_s3: true, clock_ahead: Some(0) },
        }
    }
}

/// Services in memory that are new and empty each time they are opened.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewMemoryStores;

impl TestedStores for NewMemoryStores {
    fn open(
        &self,
        _: &Endpoint,
        _: &Region,
        _: &Credentials,
    ) -> Result<Box<dyn TestedStore>, Fault> {
        Ok(Box::new(MemoryStore::default()))
    }
}

impl MemoryNetwork {
    fn host(&self, endpoint: &Endpoint) -> Result<&MemoryHost, Fault> {
        let host = self.hosts.get(endpoint.host());
        host.ok_or_else(|| Fault::new(FaultKind::Absent, "no such name"))
    }

    fn open(&self, endpoint: &Endpoint) -> Result<&MemoryHost, Fault> {
        let host = self.host(endpoint)?;
        let closed = || Fault::new(FaultKind::Unreachable, "connection refused");
        if host.is_open { Ok(host) } else { Err(closed()) }
    }
}

#[async_trait]
impl Network for MemoryNetwork {
    fn proxy(&self, _: &Endpoint) -> Option<Proxy> {
        self.proxy.clone()
    }

    async fn addresses(&self, endpoint: &Endpoint) -> Result<Vec<IpAddr>, Fault> {
        self.host(endpoint).map(|_| vec![IpAddr::from([192, 0, 2, 1])])
    }

    async fn connect(&self, endpoint: &Endpoint) -> Result<(), Fault> {
        self.open(endpoint).map(drop)
    }

    async fn handshake(&self, endpoint: &Endpoint) -> Result<TlsLook, Fault> {
        self.open(endpoint).map(|host| host.tls.clone())
    }

    async fn greet(&self, endpoint: &Endpoint) -> Result<Greeting, Fault> {
        self.open(endpoint).map(|host| host.greeting.clone())
    }
}

/// It has no tags, as Hetzner, and is closed to strangers.
#[async_trait]
impl Oddities for MemoryStore {
    async fn set_tags(&self, bucket: &BucketName, key: &AnyKey, _: &Tags) -> Result<(), Fault> {
        self.head(&ObjectSource::current(bucket, key)).await?;
        Err(Fault::new(FaultKind::Unsupported, "NotImplemented"))
    }

    async fn tags(&self, bucket: &BucketName, key: &AnyKey) -> Result<Tags, Fault> {
        self.head(&ObjectSource::current(bucket, key)).await.map(|_| Tags::new())
    }

    async fn strangers(&self, _: &BucketName, _: &AnyKey) -> Result<Strangers, Fault> {
        Ok(Strangers::default())
    }
}
