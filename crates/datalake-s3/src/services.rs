//! S3 services that are opened one by one, for a diagnosis.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{Endpoint, Region};
use datalake_core::secret::Credentials;
use datalake_engine::{TestedStore, TestedStores};

use crate::store::S3Store;

/// S3 services that trust what this machine trusts.
#[derive(Debug, Clone, Copy, Default)]
pub struct S3Services;

impl TestedStores for S3Services {
    fn open(
        &self,
        endpoint: &Endpoint,
        region: &Region,
        keys: &Credentials,
    ) -> Result<Box<dyn TestedStore>, Fault> {
        let store = S3Store::new(endpoint, region, keys);
        let store = store.map_err(|error| Fault::new(FaultKind::Refused, error.to_string()))?;
        Ok(Box::new(store))
    }
}
