//! Promises of versions, deletion of many, and the end of a bucket.

use datalake_core::fault::FaultKind;
use datalake_core::s3::{VersionTraces, Versioning};

use super::objects::read_whole;
use super::{
    Checked, LakeSuite, Nonconformity, any_key, expect_absent, expect_condition, expect_done,
    expect_fault, expect_same,
};
use crate::{
    DeleteTarget, ListAsk, ObjectSource, Payload, VersionEntry, VersionKind, VersionPages,
};

impl LakeSuite<'_> {
    pub(super) async fn check_versions(&self) -> Checked {
        self.many_are_deleted().await?;
        self.versions_are_listed().await?;
        self.old_versions_are_read_and_deleted().await
    }

    /// All versions below a prefix.
    async fn versions(&self, page_size: u16) -> Result<Vec<VersionEntry>, Nonconformity> {
        let ask = ListAsk { page_size, ..ListAsk::below("") };
        let mut pages = VersionPages::new(self.lake, self.bucket, ask);
        let mut versions = Vec::new();
        while let Some(page) = expect_done("versions can be listed", pages.next().await)? {
            versions.extend(page.versions);
        }
        Ok(versions)
    }

    async fn many_are_deleted(&self) -> Checked {
        let texts = ["m/a", "m/<&>\"'", "m/line\nbreak\r\t", "m/ + %2F\u{e9}", "m/absent"];
        let keys = texts.into_iter().map(any_key).collect::<Result<Vec<_>, _>>()?;
        let (absent_key, keys) =
            keys.split_last().map_or((None, &[] as &[_]), |(l, k)| (Some(l), k));
        for key in keys {
            self.put(key, &Payload::of("x")).await?;
        }
        let unfit = any_key("m/\u{1}")?;
        let all = keys.iter().chain(absent_key).chain([&unfit]);
        let doomed: Vec<_> =
            all.map(|key| DeleteTarget { key: key.clone(), version: None }).collect();
        let outcomes = self.lake.delete_many(self.bucket, &doomed).await;
        let outcomes = expect_done("many objects can be deleted", outcomes)?;
        expect_same("each has its outcome", &outcomes.len(), &doomed.len())?;
        for (outcome, DeleteTarget { key, .. }) in outcomes.into_iter().zip(doomed) {
            if key.fits_xml() {
                expect_done("an object among many can be deleted", outcome)?;
                expect_absent("a deleted object", self.lake.head(&self.source(&key)).await)?;
            } else {
                expect_fault(
                    "a key that XML cannot hold is told",
                    FaultKind::Unsupported,
                    outcome,
                )?;
            }
        }
        let none =
            expect_done("none can be deleted", self.lake.delete_many(self.bucket, &[]).await)?;
        expect_same("none has no outcome", &none, &vec![])
    }

    async fn versions_are_listed(&self) -> Checked {
        let (lake, bucket) = (self.lake, self.bucket);
        let (one, two, odd) = (any_key("v/1")?, any_key("v/2")?, any_key("v/\u{1}\n+%")?);
        self.put(&one, &Payload::of("before")).await?;
        expect_done(
            "versioning can be set",
            lake.set_versioning(bucket, Versioning::Enabled).await,
        )?;
        self.put(&one, &Payload::of("first")).await?;
        self.put(&two, &Payload::of("only")).await?;
        self.put(&odd, &Payload::of("odd")).await?;
        let deleted =
            expect_done("an object can be deleted", lake.delete(bucket, &one, None).await)?;
        expect_condition(
            "a marker is made",
            deleted.marker && deleted.version.is_some(),
            &deleted,
        )?;
        for page_size in [1, 2, 1000] {
            let versions = self.versions(page_size).await?;
            let shown: Vec<_> = versions
                .iter()
                .map(|entry| {
                    let size = match &entry.kind {
                        VersionKind::Marker => None,
                        VersionKind::Content { size, .. } => Some(size.as_u64()),
                    };
                    (entry.key.as_str(), entry.latest, size)
                })
                .collect();
            let expected = vec![
                ("v/1", true, None),
                ("v/1", false, Some(5)),
                ("v/1", false, Some(6)),
                ("v/2", true, Some(4)),
                ("v/\u{1}\n+%", true, Some(3)),
            ];
            let mut sorted = expected.clone();
            sorted.sort_by_key(|(key, ..)| *key);
            expect_same("versions and markers come once, the newest first", &shown, &sorted)?;
            let null = versions.iter().filter(|entry| entry.version.0 == "null").count();
            expect_same("what was there before is the version `null`", &null, &1)?;
        }
        let traces = expect_done("traces can be found", lake.version_traces(bucket).await)?;
        let keys = vec![one.as_str().to_owned()];
        let expected = VersionTraces { markers: 1, old_versions: 2, keys, may_be_more: false };
        expect_same("markers and old versions are counted", &traces, &expected)?;
        let listed = self.all_below("v/").await?;
        expect_same("a deleted object is not listed", &listed.len(), &2)
    }

    async fn old_versions_are_read_and_deleted(&self) -> Checked {
        let (lake, bucket) = (self.lake, self.bucket);
        let full = lake.delete_bucket(bucket).await;
        expect_fault("a full bucket is not deleted", FaultKind::NotEmpty, full)?;
        let versions = self.versions(1000).await?;
        for entry in versions.iter().filter(|entry| entry.key.as_str() == "v/1") {
            let version = Some(entry.version.clone());
            let source = ObjectSource { version, ..self.source(&entry.key) };
            let read = lake.get(&source, None).await;
            match &entry.kind {
                VersionKind::Marker => {
                    expect_condition("a marker has no content", read.is_err(), &entry.key)?;
                }
                VersionKind::Content { size, .. } => {
                    let content = read_whole(expect_done("a version can be read", read)?).await?;
                    expect_same(
                        "a version is what it was",
                        &(content.len() as u64),
                        &size.as_u64(),
                    )?;
                }
            }
        }
        let (fit, unfit): (Vec<_>, Vec<_>) =
            versions.into_iter().partition(|entry| entry.key.fits_xml());
        let doomed: Vec<_> = fit
            .into_iter()
            .map(|entry| DeleteTarget { key: entry.key, version: Some(entry.version) })
            .collect();
        let outcomes =
            expect_done("versions can be deleted", lake.delete_many(bucket, &doomed).await)?;
        for outcome in outcomes {
            expect_done("a version among many can be deleted", outcome)?;
        }
        for entry in unfit {
            let deleted = lake.delete(bucket, &entry.key, Some(&entry.version)).await;
            expect_done("a version can be deleted", deleted)?;
        }
        let left = self.versions(1000).await?;
        expect_condition("no version is left", left.is_empty(), &left)
    }

    pub(super) async fn check_the_end(&self) -> Checked {
        let (lake, bucket) = (self.lake, self.bucket);
        expect_done("an empty bucket can be deleted", lake.delete_bucket(bucket).await)?;
        expect_absent("a deleted bucket", lake.head_bucket(bucket).await)
    }
}
