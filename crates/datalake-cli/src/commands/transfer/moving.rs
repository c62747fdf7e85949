//! The end of a move: sources of what has surely arrived are removed, and nothing else.

use std::collections::BTreeSet;
use std::sync::Mutex;

use datalake_core::{Fault, FaultKind, Subset, TreePath};
use datalake_engine::transfer::{
    BucketFolder, Finding, Item, Limits, LocalTree as _, TransferPorts, TransferWatch,
    Verification, VerifyWatch, verify,
};
use datalake_engine::{AnyKey, ObjectSource, Objects as _};
use futures::{StreamExt as _, stream};

use super::ends::{End, Ends};
use super::notes::{Fact, held};
use super::teller::Teller;
use crate::failure::Failure;
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
/// [`Failure`] where the store cannot be asked.
pub(super) async fn confirmed(
    arrived: BTreeSet<String>,
    dest: &BucketFolder<'_>,
    (limits, ports): (&Limits, &TransferPorts<'_>),
    teller: &Teller,
) -> Result<BTreeSet<String>, datalake_engine::transfer::Stopped> {
    let how = Verification { deep: false, subset: Subset::ALL, limits: limits.clone() };
    let watch = Confirmed::default();
    verify(dest, &how, ports, &watch).await?;
    let sure = watch.0.into_inner().unwrap_or_default();
    for name in arrived.difference(&sure) {
        teller.trouble(name, "the store does not confirm it; the source stays");
    }
    Ok(arrived.intersection(&sure).cloned().collect())
}

/// Removes the sources of these names, if they still are what was moved.
pub(super) async fn remove(
    names: &BTreeSet<String>,
    ends: &Ends<'_>,
    remote: &Remote,
    teller: &Teller,
) -> Result<(), Failure> {
    let facts = stream::iter(ends.notes.of(names));
    let lake = remote.lake();
    let removed = facts.map(|(name, fact)| {
        let lake = &lake;
        async move {
            let outcome = match (&ends.from, &fact) {
                (End::Local(tree), Fact::File(facts)) => match TreePath::try_from(name.as_str()) {
                    Ok(path) => tree.remove(&path, facts).await,
                    Err(error) => Err(Fault::new(FaultKind::Refused, error.to_string())),
                },
                (End::Bucket(view, bucket, prefix), Fact::Object(etag)) => {
                    match AnyKey::try_from(format!("{prefix}{name}")) {
                        Ok(key) => {
                            let key = view.aliases.get(&key).unwrap_or(&key).clone();
                            let source = ObjectSource::current(bucket, &key);
                            match lake.head(&source).await {
                                Ok(object) if object.etag == *etag => {
                                    lake.delete(bucket, &key, None).await.map(drop)
                                }
                                Ok(_) => {
                                    Err(Fault::new(FaultKind::Disturbed, "its tag is another"))
                                }
                                Err(fault) if fault.kind == FaultKind::Absent => Ok(()),
                                Err(fault) => Err(fault),
                            }
                        }
                        Err(error) => Err(Fault::new(FaultKind::Refused, error.to_string())),
                    }
                }
                _ => Err(Fault::new(FaultKind::Disturbed, "it is of another kind now")),
            };
            (name, outcome)
        }
    });
    let mut removed = std::pin::pin!(removed.buffer_unordered(AT_ONCE));
    while let Some((name, outcome)) = removed.next().await {
        match outcome {
            Ok(()) => teller.removed(1),
            Err(fault) => {
                teller.trouble(&name, &format!("moved, and the source stays: {fault}"));
            }
        }
    }
    Ok(())
}
