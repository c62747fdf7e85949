//! What the tests of this crate share.

use datalake_core::s3::{BucketName, ObjectKey, Region};
use datalake_core::secret::Credentials;
use datalake_s3::S3Store;

/// Keys that no service knows.
pub(crate) fn keys() -> Credentials {
    Credentials::pair("KEYID".parse().unwrap(), "canary-secret".parse().unwrap())
}

/// A store at an address, in a region that is not Hetzner's.
pub(crate) fn store_at(endpoint: &str) -> S3Store {
    store_in(endpoint, &"default".parse().unwrap())
}

/// A store at an address, in a region.
pub(crate) fn store_in(endpoint: &str, region: &Region) -> S3Store {
    S3Store::new(&endpoint.parse().unwrap(), region, &keys()).unwrap()
}

/// The bucket of the tests.
pub(crate) fn bucket() -> BucketName {
    "assets".parse().unwrap()
}

/// An object's key.
pub(crate) fn key(text: &str) -> ObjectKey {
    text.parse().unwrap()
}
