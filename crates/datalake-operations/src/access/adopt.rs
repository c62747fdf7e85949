//! Objects that keys of other projects have written, made the bucket's own.

use std::fmt;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::policy::{
    AccessCall, AccessRequest, AccessVerdict, Caller, CephVersion, ProjectId, simulate_access,
};
use datalake_core::secret::AccessKeyId;
use datalake_core::text::{count_things, printable, printable_key};
use datalake_core::transfer::LARGEST_PUT;
use datalake_engine::{
    Lake, ListAsk, ObjectSource, Objects as _, RetryingStore, VersionEntry, VersionKind,
    VersionPages,
};
use futures::{StreamExt as _, stream};
use schemars::JsonSchema;
use serde::Serialize;

use super::plan::list_bucket_roles;
use super::{AccessLook, find_own_project};
use crate::lake::{BucketClient, at_bucket};
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// Copies at one time.
const AT_ONCE: usize = 8;

/// How many of those that are left are named.
const NAMED: usize = 50;

/// Makes objects of other projects the bucket's own: each is copied onto itself.
pub struct Adoption<'a> {
    /// The service.
    pub client: BucketClient<'a>,
    /// The bucket's own key.
    pub acting: &'a AccessKeyId,
    /// Copies at most.
    pub most: u64,
    /// Whether it is only counted.
    pub dry_run: bool,
}

/// Whose objects there are, bucket by bucket.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AdoptionReport {
    /// One for each bucket.
    pub buckets: Vec<BucketAdoption>,
}

/// Whose objects there are in a bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BucketAdoption {
    /// The bucket.
    pub bucket: String,
    /// Current objects that another project has written.
    pub foreign: u64,
    /// Those that are the bucket's own now.
    pub adopted: u64,
    /// Those that are not, by key, with the reason; at most fifty are named.
    pub left: Vec<LeftObject>,
    /// Older versions that another project has written: they stay its.
    pub old_versions: u64,
    /// Versions of which the service does not tell who wrote them.
    pub unknown: u64,
}

/// An object that is still another project's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftObject {
    /// Its key.
    pub key: String,
    /// Why.
    pub reason: String,
}

impl AdoptionReport {
    /// Whether no current object is another project's, as far as the service tells.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.buckets.iter().all(|it| it.foreign == it.adopted && it.unknown == 0)
    }
}

impl Adoption<'_> {
    /// Goes through all buckets of the spec. It may be called again: what is the bucket's own is left.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where a listing fails, or the policy does not let the bucket's own project read
    /// what others wrote. An object that cannot be copied is named.
    pub async fn carry_out(&self) -> Result<AdoptionReport, OperationError> {
        let lake = self.client.retrying();
        let owner = find_own_project(&lake).await?;
        let (mut buckets, mut copies) = (Vec::new(), self.most);
        for (bucket, _) in list_bucket_roles(&self.client)? {
            let look = AccessLook::read_bucket(&lake, bucket, owner.clone()).await?;
            let adopted = self.adopt_in(&look, copies, &lake).await?;
            copies = copies.saturating_sub(adopted.adopted);
            buckets.push(adopted);
        }
        Ok(AdoptionReport { buckets })
    }

    async fn adopt_in(
        &self,
        look: &AccessLook,
        copies: u64,
        lake: &RetryingStore<'_, dyn Lake + '_>,
    ) -> Result<BucketAdoption, OperationError> {
        let mut report = BucketAdoption { bucket: look.bucket.to_string(), ..Default::default() };
        let mut pages = VersionPages::new(lake, &look.bucket, ListAsk::below(""));
        let mut copies = copies;
        while let Some(page) = pages.next().await.map_err(at_bucket(&look.bucket))? {
            let foreign = report.note_versions(page.versions, &look.owner);
            if foreign.is_empty() || self.dry_run {
                continue;
            }
            self.require_grant_back(look, &foreign)?;
            let now = usize::try_from(copies).unwrap_or(usize::MAX).min(foreign.len());
            let mut copied = stream::iter(foreign.iter().take(now))
                .map(|entry| async move { (entry, copy_onto_itself(look, entry, lake).await) })
                .buffered(AT_ONCE);
            while let Some((entry, outcome)) = copied.next().await {
                report.note_copy(entry, outcome);
            }
            copies = copies.saturating_sub(now as u64);
        }
        Ok(report)
    }

    /// Without it each copy would be refused, or, worse, be late.
    fn require_grant_back(
        &self,
        look: &AccessLook,
        foreign: &[VersionEntry],
    ) -> Result<(), OperationError> {
        let Some(entry) = foreign.first() else { return Ok(()) };
        let Some(writer) = entry.owner.as_deref().and_then(|owner| owner.parse().ok()) else {
            return Ok(());
        };
        let caller = Caller::Key { project: look.owner.clone(), key: self.acting.clone() };
        let request = AccessRequest::new(caller, AccessCall::GetObject)
            .of_object(entry.key.as_str(), &writer);
        let may = |version: CephVersion| {
            simulate_access(&look.scene(version), &request).verdict == AccessVerdict::Allowed
        };
        if CephVersion::ALL.into_iter().all(may) {
            return Ok(());
        }
        let message = format!(
            "bucket `{}`: the policy does not let {} read what other projects wrote",
            look.bucket, look.owner
        );
        Err(OperationError::new(ErrorKind::Config, message).advise(Advice::naming(
            "a policy with a role of another project has a statement for it: {}",
            [AdvisedCommand::StorePoliciesAgain],
        )))
    }
}

/// Copies the very content that was listed; one that is replaced meanwhile is its writer's again.
async fn copy_onto_itself(
    look: &AccessLook,
    entry: &VersionEntry,
    lake: &RetryingStore<'_, dyn Lake + '_>,
) -> Result<(), Fault> {
    let VersionKind::Content { size, etag } = &entry.kind else { return Ok(()) };
    if size.0 > LARGEST_PUT.0 {
        return Err(Fault::new(
            FaultKind::TooLarge,
            "more than 5 GB: no service copies it at once",
        ));
    }
    let source = ObjectSource::current(&look.bucket, &entry.key).if_match(etag.clone());
    let attributes = lake.head(&source).await?.attributes;
    lake.copy(&source, (&look.bucket, &entry.key), Some(&attributes)).await.map(drop)
}

impl BucketAdoption {
    /// Counts a page; returns its current objects of other projects.
    fn note_versions(
        &mut self,
        versions: Vec<VersionEntry>,
        owner: &ProjectId,
    ) -> Vec<VersionEntry> {
        let mut foreign = Vec::new();
        for entry in versions {
            let is_content = matches!(entry.kind, VersionKind::Content { .. });
            match entry.owner.as_deref() {
                _ if !is_content => (),
                Some(writer) if writer == owner.as_str() => (),
                None => self.unknown += 1,
                Some(_) if entry.latest => foreign.push(entry),
                Some(_) => self.old_versions += 1,
            }
        }
        self.foreign += foreign.len() as u64;
        foreign
    }

    fn note_copy(&mut self, entry: &VersionEntry, outcome: Result<(), Fault>) {
        match outcome {
            Ok(()) => self.adopted += 1,
            Err(fault) if self.left.len() < NAMED => self
                .left
                .push(LeftObject { key: entry.key.as_str().to_owned(), reason: fault.to_string() }),
            Err(_) => (),
        }
    }
}

impl fmt::Display for AdoptionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.buckets.iter().try_for_each(|bucket| write!(f, "{bucket}"))
    }
}

impl fmt::Display for BucketAdoption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let foreign = count_things(self.foreign, "object");
        writeln!(
            f,
            "{}: {foreign} of other projects, {} adopted, {} left",
            self.bucket,
            self.adopted,
            self.foreign.saturating_sub(self.adopted)
        )?;
        for left in &self.left {
            writeln!(f, "  {}: {}", printable_key(&left.key), printable(&left.reason))?;
        }
        if self.old_versions > 0 {
            let versions = count_things(self.old_versions, "older version");
            writeln!(
                f,
                "  {versions} of other projects: they stay theirs, and are readable while the policy grants it."
            )?;
        }
        if self.unknown > 0 {
            let versions = count_things(self.unknown, "version");
            writeln!(f, "  {versions} whose writers the service does not name.")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use datalake_core::time::Timestamp;
    use datalake_engine::{AnyKey, VersionId};

    use super::*;

    fn make_entry(key: &str, owner: Option<&str>, latest: bool) -> VersionEntry {
        let modified = Timestamp::from_unix(0).unwrap();
        let size = datalake_core::size::ByteSize(1);
        VersionEntry {
            key: AnyKey::try_from(key).unwrap(),
            version: VersionId("v".to_owned()),
            latest,
            modified,
            stored: modified.into(),
            owner: owner.map(str::to_owned),
            kind: VersionKind::Content { size, etag: "\"e\"".parse().unwrap() },
        }
    }

    #[test]
    fn only_current_objects_of_others_are_adopted_and_unknown_is_not_own() {
        let mut report = BucketAdoption::default();
        let versions = vec![
            make_entry("own", Some("p1"), true),
            make_entry("new", Some("p2"), true),
            make_entry("old", Some("p2"), false),
            make_entry("dark", None, true),
        ];

        let foreign = report.note_versions(versions, &"p1".parse().unwrap());

        assert_eq!(foreign.len(), 1);
        assert_eq!((report.foreign, report.old_versions, report.unknown), (1, 1, 1));
        let report = |report| AdoptionReport { buckets: vec![report] }.is_whole();
        assert!(!report(BucketAdoption { unknown: 1, ..Default::default() }));
        assert!(!report(BucketAdoption { foreign: 2, adopted: 1, ..Default::default() }));
        assert!(report(BucketAdoption { foreign: 2, adopted: 2, ..Default::default() }));
    }
}
