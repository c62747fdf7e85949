//! Addresses that carry a permission.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::BucketName;
use datalake_core::time::Timestamp;
use datalake_engine::{
    AnyKey, Expiry, Lake, ObjectSource, Presign, SignedCall, SignedUrl, VersionId,
};

use super::{at_object, explain_object_fault, refuse_absent_wildcard};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{ErrorKind, OperationError};

/// An address that needs no key.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Signed")]
pub struct PrintedAddress<'a> {
    /// The method that it is for.
    pub method: &'a str,
    /// The address.
    pub url: &'a str,
    /// Until when it is of use.
    pub valid_until: String,
    /// For so many seconds.
    pub seconds: u32,
}

/// What a signed address permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedAccess {
    /// Reading an object, or one version of it.
    Read(Option<VersionId>),
    /// Storing an object.
    Store,
}

/// An address that is wanted.
#[derive(Debug, Clone)]
pub struct PresignRequest<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// The key.
    pub key: &'a AnyKey,
    /// What it permits.
    pub access: SignedAccess,
    /// For how long.
    pub expiry: Expiry,
    /// From when on.
    pub now: Timestamp,
}

/// An address that needs no key.
#[derive(Debug, Clone)]
pub struct PresignedObject {
    /// The address.
    pub url: SignedUrl,
    /// Until when it is of use.
    pub valid_until: Timestamp,
    /// Why nobody knows whether the object is there, if so.
    pub doubt: Option<Fault>,
}

impl SignedAccess {
    /// The method that an address of this kind is for.
    #[must_use]
    pub fn method(&self) -> &'static str {
        match self {
            Self::Read(_) => "GET",
            Self::Store => "PUT",
        }
    }
}

impl PresignRequest<'_> {
    /// Signs the address. `lake` is asked whether the object is there that it is for.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the key cannot be written as an address, where there surely is no such
    /// object, and where no address works that is signed so.
    pub async fn sign(
        &self,
        signer: &dyn Presign,
        lake: &dyn Lake,
    ) -> Result<PresignedObject, OperationError> {
        let call = match &self.access {
            SignedAccess::Read(version) => SignedCall::Get(self.bucket, self.key, version.as_ref()),
            SignedAccess::Store => SignedCall::Put(self.bucket, self.key),
        };
        let unfit = |fault| {
            OperationError::at_object(self.bucket, self.key, &fault).under(ErrorKind::Usage)
        };
        let url = signer.presign(&call, self.expiry, self.now).map_err(unfit)?;
        let doubt = match &self.access {
            SignedAccess::Read(version) => self.find_doubt(lake, version.clone()).await?,
            SignedAccess::Store => None,
        };
        let end = Timestamp::from_unix(self.now.unix() + i64::from(self.expiry.seconds()));
        let valid_until = end.map_err(|error| OperationError::of(ErrorKind::Bug, &error))?;
        Ok(PresignedObject { url, valid_until, doubt })
    }

    /// Refuses an object that is surely not there. Whether others can read it is not this key's to
    /// tell.
    async fn find_doubt(
        &self,
        lake: &dyn Lake,
        version: Option<VersionId>,
    ) -> Result<Option<Fault>, OperationError> {
        let Self { bucket, key, .. } = *self;
        let source = ObjectSource { version, ..ObjectSource::current(bucket, key) };
        match lake.head(&source).await {
            Ok(_) => Ok(None),
            Err(fault) if fault.kind == FaultKind::Absent => {
                refuse_absent_wildcard(key, &fault)?;
                Err(explain_object_fault(lake, bucket, key, &fault).await)
            }
            // No address that is signed so will ever work.
            Err(fault) if fault.kind.concerns_signature() => Err(at_object(bucket, key)(fault)),
            Err(fault) => Ok(Some(fault)),
        }
    }
}
