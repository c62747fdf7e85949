//! Faults that are met at the bucket or object that an operation is about.

use datalake_core::fault::Fault;
use datalake_core::s3::BucketName;
use datalake_engine::AnyKey;

use crate::OperationError;

/// A fault met at a bucket.
pub fn at_bucket(bucket: &BucketName) -> impl Fn(Fault) -> OperationError + '_ {
    move |fault| OperationError::at_bucket(bucket, &fault)
}

/// A fault met at an object.
pub fn at_object<'a>(
    bucket: &'a BucketName,
    key: &'a AnyKey,
) -> impl Fn(Fault) -> OperationError + 'a {
    move |fault| OperationError::at_object(bucket, key, &fault)
}
