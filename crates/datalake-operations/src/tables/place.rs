//! A folder of a bucket that tables lie in.

use datalake_core::s3::{BucketName, S3Address};
use datalake_core::spec::TablesPlace;
use datalake_core::text::printable_key;

use crate::OperationError;
use crate::lake::{BucketClient, refuse_wildcard};

/// A folder of a bucket that tables lie in, or a table itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablesFolder {
    /// The bucket.
    pub bucket: BucketName,
    /// The folder: empty, or with `/` at its end.
    pub prefix: String,
}

impl TablesFolder {
    /// The folder that an address means; a slash at its end may be left out.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where no bucket is named, and for a wildcard.
    pub fn choose(client: &BucketClient<'_>, address: &S3Address) -> Result<Self, OperationError> {
        let bucket = client.choose_bucket(address.bucket.as_ref())?;
        refuse_wildcard(&address.key)?;
        let slash = if address.key.is_empty() || address.key.ends_with('/') { "" } else { "/" };
        Ok(Self { bucket, prefix: format!("{}{slash}", address.key) })
    }

    /// The folders that an address means: without one, the spec's bucket and that of its tables.
    ///
    /// # Errors
    ///
    /// [`OperationError`], as of [`Self::choose`].
    pub fn choose_all(
        client: &BucketClient<'_>,
        address: &S3Address,
    ) -> Result<Vec<Self>, OperationError> {
        let first = Self::choose(client, address)?;
        let is_named = address.bucket.is_some() || !address.key.is_empty();
        let own = client.spec.tables.as_ref().and_then(TablesPlace::own_bucket);
        let own = own.filter(|own| !is_named && **own != first.bucket);
        let own = own.map(|bucket| Self { bucket: bucket.clone(), prefix: String::new() });
        Ok([first].into_iter().chain(own).collect())
    }

    /// The folder as an address, fit for a terminal.
    #[must_use]
    pub fn describe(&self) -> String {
        self.describe_below("")
    }

    /// The address of a name in it, fit for a terminal.
    #[must_use]
    pub fn describe_below(&self, name: &str) -> String {
        format!("s3://{}/{}{}", self.bucket, printable_key(&self.prefix), printable_key(name))
    }

    /// A folder in it; empty for itself, or with `/` at its end.
    pub(super) fn folder(&self, name: &str) -> Self {
        Self { bucket: self.bucket.clone(), prefix: format!("{}{name}", self.prefix) }
    }

    /// Whether one of the two lies in the other one.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let nested =
            self.prefix.starts_with(&other.prefix) || other.prefix.starts_with(&self.prefix);
        self.bucket == other.bucket && nested
    }
}
