//! The S3 service of a command about buckets and objects.

use std::time::Duration;

use datalake_core::{
    BucketName, Fault, FaultKind, InvalidKeyPattern, KeyPattern, StoreSpec, Target,
};
use datalake_engine::{AnyKey, Clock, NoKey, RetryingStore};
use datalake_s3::S3Store;

use crate::args::{Address, Cli};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::faults::{GONE, exit_where_named};
use crate::render::{Printer, printable};
use crate::site::Site;

/// Calls of one command that may be repeated, all together: a large bucket takes many pages.
const BUDGET: u32 = 1000;

/// The service that the spec names, and the bucket that is meant where no other is named.
pub(crate) struct Remote {
    /// The place of the command.
    pub(crate) site: Site,
    /// What the spec says of the service.
    pub(crate) spec: StoreSpec,
    /// The service, asked once.
    pub(crate) store: S3Store,
}

impl Remote {
    /// Reads spec and key pair; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a spec or key pair that cannot be used.
    pub(crate) async fn open(cli: &Cli, printer: Printer) -> Result<Self, Failure> {
        let site = Site::open(cli, printer).await?;
        let spec = site.store_spec()?;
        let keys = site.keys_from(&spec.credentials).await?;
        let store = S3Store::new(&spec.endpoint, &spec.region, &keys);
        let store = store.map_err(|error| Failure::of(Exit::Config, &error))?;
        let store = match patience() {
            Some(stall) => store.with_stall(stall),
            None => store,
        };
        Ok(Self { site, spec, store })
    }

    /// The service, asked again where that can help.
    pub(crate) fn lake(&self) -> RetryingStore<'_, S3Store> {
        RetryingStore::new(&self.store, &self.site.clock as &dyn Clock, BUDGET)
    }

    /// The bucket that was named, or the spec's.
    ///
    /// # Errors
    ///
    /// [`Failure`] where there is neither.
    pub(crate) fn bucket(&self, named: Option<&BucketName>) -> Result<BucketName, Failure> {
        named.or(self.spec.bucket.as_ref()).cloned().ok_or_else(|| {
            Failure::new(Exit::Usage, "no bucket is named, and the spec names none")
                .hint("write `s3://BUCKET/KEY`, give --bucket NAME, or set `bucket:`")
        })
    }

    /// The bucket and the keys that an address means.
    ///
    /// # Errors
    ///
    /// [`Failure`] where no bucket is named, or the pattern is none.
    pub(crate) fn keys(
        &self,
        address: &Address,
        no_glob: bool,
    ) -> Result<(BucketName, KeyPattern), Failure> {
        let bucket = self.bucket(address.bucket.as_ref())?;
        if no_glob {
            return Ok((bucket, KeyPattern::plain(address.key.as_str())));
        }
        let invalid = |error: InvalidKeyPattern| {
            Failure::of(Exit::Usage, &error).hint("--no-glob takes every character as it is")
        };
        Ok((bucket, KeyPattern::new(&address.key).map_err(invalid)?))
    }

    /// The bucket and the one key that an address means.
    ///
    /// # Errors
    ///
    /// [`Failure`] where no bucket is named, or the text is no key.
    pub(crate) fn key(&self, address: &Address) -> Result<(BucketName, AnyKey), Failure> {
        let bucket = self.bucket(address.bucket.as_ref())?;
        let invalid = |error: NoKey| Failure::of(Exit::Usage, &error);
        Ok((bucket, AnyKey::try_from(address.key.as_str()).map_err(invalid)?))
    }
}

/// After how many seconds a test wants a silent connection to be given up; in a debug build alone.
fn patience() -> Option<Duration> {
    if !cfg!(debug_assertions) {
        return None;
    }
    std::env::var("DATALAKE_TEST_STALL").ok()?.parse().ok().map(Duration::from_secs)
}

/// A fault met at a bucket.
pub(crate) fn at_bucket(bucket: &BucketName) -> impl Fn(Fault) -> Failure + '_ {
    move |fault| {
        let target = Target::Bucket(bucket.clone());
        Failure::at(&target, &fault).under(exit_where_named(fault.kind, &target))
    }
}

/// A fault met at an object.
pub(crate) fn at_object<'a>(
    bucket: &'a BucketName,
    key: &'a AnyKey,
) -> impl Fn(Fault) -> Failure + 'a {
    move |fault| {
        let place = format!("object `s3://{bucket}/{}`", printable(key.as_str()));
        if fault.kind == FaultKind::Absent {
            return Failure::about(place, &fault).under(Exit::Absent).hint(GONE);
        }
        at_bucket(bucket)(fault).at_place(place)
    }
}
