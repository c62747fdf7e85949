//! What containers are asked to do with the bucket.

use datalake_core::s3::{BucketName, ObjectKey};

/// What is put, listed, read and deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The bucket.
    pub bucket: BucketName,
    /// The key; each container adds its unit's name.
    pub key: ObjectKey,
    /// What the object holds, so that no older one is taken for it.
    pub content: String,
    /// The class of Dagster's that has to load and keep what steps print.
    pub log_manager: Option<String>,
}
