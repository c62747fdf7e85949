//! Where tables live.

use crate::s3::{BucketName, KeyPrefix};

/// Where tables (Delta, Lance, Iceberg) live.
///
/// Clients commit to a Delta or Lance table by a conditional `PUT`. Ceph 16 and 18 do not look at the
/// condition in a bucket with versioning, and Ceph 20 lets concurrent writers through: each writer is
/// told that its commit is there, and all but one are lost (measured 2026-11-30). So tables have a
/// bucket of their own, which never keeps versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TablesPlace {
    /// In this bucket, which is not that of the assets and keeps no versions.
    Bucket(BucketName),
    /// Below this prefix of the bucket of the assets, which is not empty.
    Prefix(KeyPrefix),
}

impl TablesPlace {
    /// What the name of the tables' bucket ends with where none is given.
    pub const ENDING: &'static str = "-tables";

    /// The bucket that holds the tables, where the assets are in `assets`.
    #[must_use]
    pub fn bucket<'a>(&'a self, assets: &'a BucketName) -> &'a BucketName {
        match self {
            Self::Bucket(bucket) => bucket,
            Self::Prefix(_) => assets,
        }
    }

    /// The bucket of their own; `None` where they share that of the assets.
    #[must_use]
    pub fn own_bucket(&self) -> Option<&BucketName> {
        match self {
            Self::Bucket(bucket) => Some(bucket),
            Self::Prefix(_) => None,
        }
    }

    /// What the tables' keys begin with; `None` where they have a bucket of their own.
    #[must_use]
    pub fn prefix(&self) -> Option<&KeyPrefix> {
        match self {
            Self::Bucket(_) => None,
            Self::Prefix(prefix) => Some(prefix),
        }
    }
}

/// The name of the tables' bucket where none is given; `None` where it would be too long.
///
/// ```
/// use datalake_core::spec::name_tables_bucket;
///
/// let tables = name_tables_bucket(&"acme-assets".parse()?);
/// assert_eq!(tables.unwrap().as_str(), "acme-assets-tables");
/// # Ok::<(), datalake_core::s3::InvalidBucketName>(())
/// ```
#[must_use]
pub fn name_tables_bucket(assets: &BucketName) -> Option<BucketName> {
    format!("{assets}{}", TablesPlace::ENDING).parse().ok()
}
