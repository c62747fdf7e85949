//! An S3 service and the bucket that is meant where no other is named.

use datalake_core::s3::{BucketName, InvalidKeyPattern, KeyPattern, S3Address};
use datalake_core::spec::StoreSpec;
use datalake_engine::{AnyKey, Clock, Lake, NoKey, RetryingStore};

use crate::{ErrorKind, OperationError};

/// Calls of one operation that may be repeated, all together: a large bucket takes many pages.
const RETRY_BUDGET: u32 = 1000;

/// An S3 service, and what the spec says of it.
#[derive(Clone, Copy)]
pub struct BucketClient<'a> {
    /// The service, asked once.
    pub store: &'a dyn Lake,
    /// What the spec says of it.
    pub spec: &'a StoreSpec,
    /// Time and waiting.
    pub clock: &'a dyn Clock,
}

impl<'a> BucketClient<'a> {
    /// The service, asked again where that can help.
    #[must_use]
    pub fn retrying(&self) -> RetryingStore<'a, dyn Lake + 'a> {
        RetryingStore::new(self.store, self.clock, RETRY_BUDGET)
    }

    /// The bucket that was named, or the spec's.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where there is neither.
    pub fn choose_bucket(&self, named: Option<&BucketName>) -> Result<BucketName, OperationError> {
        choose_bucket(self.spec, named)
    }

    /// The bucket and the keys that an address means.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where no bucket is named, or the pattern is none.
    pub fn parse_pattern(
        &self,
        address: &S3Address,
        no_glob: bool,
    ) -> Result<(BucketName, KeyPattern), OperationError> {
        let bucket = self.choose_bucket(address.bucket.as_ref())?;
        if no_glob {
            return Ok((bucket, KeyPattern::plain(address.key.as_str())));
        }
        let invalid = |error: InvalidKeyPattern| {
            OperationError::of(ErrorKind::Usage, &error)
                .advise("--no-glob takes every character as it is")
        };
        Ok((bucket, KeyPattern::new(&address.key).map_err(invalid)?))
    }

    /// The bucket and the one key that an address means.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where no bucket is named, or the text is no key.
    pub fn parse_key(&self, address: &S3Address) -> Result<(BucketName, AnyKey), OperationError> {
        let bucket = self.choose_bucket(address.bucket.as_ref())?;
        let invalid = |error: NoKey| OperationError::of(ErrorKind::Usage, &error);
        Ok((bucket, AnyKey::try_from(address.key.as_str()).map_err(invalid)?))
    }
}

fn choose_bucket(
    spec: &StoreSpec,
    named: Option<&BucketName>,
) -> Result<BucketName, OperationError> {
    named.or(spec.bucket.as_ref()).cloned().ok_or_else(|| {
        OperationError::new(ErrorKind::Usage, "no bucket is named, and the spec names none")
            .advise("write `s3://BUCKET/KEY`, give --bucket NAME, or set `bucket:`")
    })
}
