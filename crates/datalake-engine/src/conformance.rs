//! What every store must do, as suites for those who write one.

mod listings;
mod objects;
mod settings;
mod store;
mod uploads;
mod versions;

use std::fmt;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::BucketName;

use crate::{
    AnyKey, Attributes, Lake, NewObject, ObjectSource, ObjectStore, Payload, Precondition, Stored,
};

type Checked = Result<(), Nonconformity>;

/// A promise of a port that a store does not keep.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{promise}: {found}")]
pub struct Nonconformity {
    /// What should hold, as a sentence.
    pub promise: &'static str,
    /// What was found instead.
    pub found: String,
}

/// Checks that a store keeps the promises of [`ObjectStore`], one after the other.
///
/// `bucket` must not exist. The suite creates it, fills it, and leaves it behind without a visible
/// object, with versioning suspended and at most some delete markers: the port has no way to
/// remove a bucket. A store that shows new buckets late has to be wrapped in one that waits.
///
/// # Errors
///
/// The first [`Nonconformity`]; what has been put until then stays in the bucket.
pub async fn check_object_store(
    store: &dyn ObjectStore,
    bucket: &BucketName,
) -> Result<(), Nonconformity> {
    store::check_promises(store, bucket).await
}

/// Checks that a store keeps the promises of [`Lake`], one after the other.
///
/// Neither `bucket` nor a bucket of that name with `-locked` behind it may exist. The suite creates
/// them, fills them, and deletes them again. A store that shows new buckets late has to be wrapped
/// in one that waits.
///
/// # Errors
///
/// The first [`Nonconformity`]; what has been put until then stays.
pub async fn check_lake(lake: &dyn Lake, bucket: &BucketName) -> Result<(), Nonconformity> {
    let suite = LakeSuite { lake, bucket };
    suite.check_absence().await?;
    expect_done("a bucket can be created", lake.create_bucket(bucket).await)?;
    suite.check_objects().await?;
    suite.check_listings().await?;
    suite.check_uploads().await?;
    suite.check_settings().await?;
    suite.check_versions().await?;
    suite.check_the_end().await
}

struct LakeSuite<'a> {
    lake: &'a dyn Lake,
    bucket: &'a BucketName,
}

impl LakeSuite<'_> {
    fn source(&self, key: &AnyKey) -> ObjectSource {
        ObjectSource::current(self.bucket, key)
    }

    async fn put(&self, key: &AnyKey, content: &Payload) -> Result<Stored, Nonconformity> {
        let object = self.new_object(key, content);
        expect_done("an object can be stored", self.lake.put(&object).await)
    }

    fn new_object<'o>(&'o self, key: &'o AnyKey, payload: &'o Payload) -> NewObject<'o> {
        const NONE: &Attributes = &Attributes::NONE;
        NewObject { bucket: self.bucket, key, payload, attributes: NONE, when: &Precondition::None }
    }

    async fn remove(&self, key: &AnyKey) -> Checked {
        let deleted = self.lake.delete(self.bucket, key, None).await;
        expect_done("an object can be deleted", deleted)?;
        expect_absent("a deleted object", self.lake.head(&self.source(key)).await)
    }
}

fn any_key(text: &str) -> Result<AnyKey, Nonconformity> {
    let found =
        |error| Nonconformity { promise: "the suite's keys are keys", found: text_of(&error) };
    text.try_into().map_err(found)
}

fn expect_fault<T>(promise: &'static str, kind: FaultKind, answer: Result<T, Fault>) -> Checked {
    match answer {
        Err(fault) if fault.kind == kind => Ok(()),
        Err(fault) => {
            Err(Nonconformity { promise, found: format!("`{fault}` instead of `{kind}`") })
        }
        Ok(_) => Err(Nonconformity { promise, found: format!("success instead of `{kind}`") }),
    }
}

fn expect_done<T>(promise: &'static str, answer: Result<T, Fault>) -> Result<T, Nonconformity> {
    answer.map_err(|fault| Nonconformity { promise, found: fault.to_string() })
}

fn expect_absent<T>(asked: &'static str, answer: Result<T, Fault>) -> Checked {
    match answer {
        Err(fault) if fault.kind == FaultKind::Absent => Ok(()),
        Err(fault) => {
            Err(Nonconformity { promise: asked, found: format!("`{fault}`, not absent") })
        }
        Ok(_) => Err(Nonconformity { promise: asked, found: "success, not absent".to_owned() }),
    }
}

fn expect_same<T: fmt::Debug + PartialEq>(
    promise: &'static str,
    found: &T,
    expected: &T,
) -> Checked {
    let text = format!("{found:?} instead of {expected:?}");
    if found == expected { Ok(()) } else { Err(Nonconformity { promise, found: text }) }
}

fn expect_condition(promise: &'static str, condition: bool, found: &dyn fmt::Debug) -> Checked {
    if condition { Ok(()) } else { Err(Nonconformity { promise, found: format!("{found:?}") }) }
}

fn text_of(error: &dyn fmt::Display) -> String {
    error.to_string()
}
