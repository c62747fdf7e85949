//! The end of a move: sources of what has surely arrived are removed, and nothing else.

use std::collections::BTreeSet;
use std::sync::Mutex;

use datalake_core::{Fault, FaultKind, FileFacts, Subset, TreePath};
use datalake_engine::transfer::{
    BucketFolder, Finding, Item, Limits, LocalTree as _, Stopped, TransferPorts, TransferWatch,
    Verification, VerifyWatch, verify,
};
use datalake_engine::{AnyKey, ObjectSource, Objects as _, RetryingStore};
use datalake_s3::S3Store;
use futures::{StreamExt as _, stream};

use super::ends::{End, Ends};
use super::local::LocalSide;
use super::notes::{Fact, held};
use super::teller::Teller;
use crate::remote::Remote;

/// Objects that are removed at once: each takes two requests, and the service has its limits.
const AT_ONCE: usize = 8;

/// What the store confirms.
#[derive(Default)]
struct Confirmed(Mutex<BTreeSet<String>>);

impl TransferWatch for Confirmed {
    fn item(&self, _: &Item<'_>) {}
}

impl VerifyWatch for Confirmed {
    fn found(&self, name: &str, finding: &Finding) {
        if *finding == Finding::Right {
            held(&self.0).insert(name.to_owned());
        }
    }
}

/// Which of the names that have arrived the store confirms: its listing is compared with what it
/// said when they were sent. The others are told, and their sources stay.
///
/// # Errors
///
/// [`Stopped`] where the store cannot be asked.
pub(super) async fn confirmed(
    arrived: BTreeSet<String>,
    (ends, dest): (&Ends<'_>, &BucketFolder<'_>),
    (limits, ports): (&Limits, &TransferPorts<'_>),
    teller: &Teller,
) -> Result<BTreeSet<String>, Stopped> {
    let how = Verification { deep: false, subset: Subset::ALL, limits: limits.clone() };
    let watch = Confirmed::default();
    verify(dest, &how, ports, &watch).await?;
    let mut sure = watch.0.into_inner().unwrap_or_default();
    for name in arrived.difference(&sure.clone()) {
        if has_tag_of_source(name, ends, dest).await {
            sure.insert(name.clone());
        } else {
            teller.trouble(name, "the store does not confirm it; the source stays");
        }
    }
    Ok(arrived.intersection(&sure).cloned().collect())
}

/// Whether an object that no run has brought is nevertheless the one that the source was.
async fn has_tag_of_source(name: &str, ends: &Ends<'_>, dest: &BucketFolder<'_>) -> bool {
    let (Some(Fact::Object(etag)), Ok(key)) = (ends.notes.fact(name), dest.key(name)) else {
        return false;
    };
    let source = ObjectSource::current(&dest.bucket, &key);
    dest.objects.head(&source).await.is_ok_and(|object| object.etag == etag)
}

/// Removes the sources of these names, if they still are what was moved.
pub(super) async fn remove(
    names: &BTreeSet<String>,
    ends: &Ends<'_>,
    remote: &Remote,
    teller: &Teller,
) {
    let (facts, lake) = (ends.notes.of(names), remote.lake());
    let removals = facts.into_iter().map(|(name, fact)| {
        let lake = &lake;
        async move {
            let outcome = match (&ends.from, fact) {
                (End::Local(tree), Fact::File(facts)) => remove_file(tree, &name, &facts).await,
                (End::Bucket(view, bucket, prefix), Fact::Object(etag)) => {
                    let key = AnyKey::try_from(format!("{prefix}{name}"));
                    match key.map_err(|error| Fault::new(FaultKind::Refused, error.to_string())) {
                        Ok(key) => {
                            let key = view.aliases.get(&key).unwrap_or(&key);
                            let source = ObjectSource::current(bucket, key).if_match(etag);
                            remove_object(lake, &source).await
                        }
                        Err(fault) => Err(fault),
                    }
                }
                _ => Err(Fault::new(FaultKind::Disturbed, "it is of another kind now")),
            };
            (name, outcome)
        }
    });
    let mut removals = std::pin::pin!(stream::iter(removals).buffer_unordered(AT_ONCE));
    while let Some((name, outcome)) = removals.next().await {
        match outcome {
            Ok(()) => teller.removed(1),
            Err(fault) => {
                teller.trouble(&name, &format!("moved, and the source stays: {fault}"));
            }
        }
    }
}

async fn remove_file(tree: &LocalSide, name: &str, facts: &FileFacts) -> Result<(), Fault> {
    match TreePath::try_from(name) {
        Ok(path) => tree.remove(&path, facts).await,
        Err(error) => Err(Fault::new(FaultKind::Refused, error.to_string())),
    }
}

/// Deletes an object that still has the tag of `source`. Services do not delete on a condition, so
/// it is looked at just before.
async fn remove_object(
    lake: &RetryingStore<'_, S3Store>,
    source: &ObjectSource,
) -> Result<(), Fault> {
    match lake.head(source).await {
        Ok(object) if Some(&object.etag) == source.if_match.as_ref() => {
            lake.delete(&source.bucket, &source.key, None).await.map(drop)
        }
        Ok(_) => Err(Fault::new(FaultKind::Disturbed, "its tag is another one")),
        Err(fault) if fault.kind == FaultKind::Absent => Ok(()),
        Err(fault) => Err(fault),
    }
}
