//! What every [`ObjectStore`] must do.

use datalake_core::fault::FaultKind;
use datalake_core::s3::{BucketName, Lifecycle, LifecycleRule, ObjectKey, Versioning};
use datalake_core::size::ByteSize;
use datalake_core::time::Days;

use super::{
    Checked, Nonconformity, expect_absent, expect_condition, expect_done, expect_same, text_of,
};
use crate::{ObjectStore, Stored};

/// Asks for each promise, one after the other.
pub(super) async fn check_promises(store: &dyn ObjectStore, bucket: &BucketName) -> Checked {
    let suite = Suite { store, bucket };
    suite.an_absent_bucket_is_absent().await?;
    suite.a_new_bucket_is_there_once().await?;
    suite.objects_come_back_byte_for_byte().await?;
    suite.keys_are_kept_apart().await?;
    suite.the_last_content_counts().await?;
    suite.lifecycle_rules_read_back().await?;
    suite.versions_are_kept().await?;
    suite.versioning_can_be_suspended().await
}

struct Suite<'a> {
    store: &'a dyn ObjectStore,
    bucket: &'a BucketName,
}

impl Suite<'_> {
    async fn an_absent_bucket_is_absent(&self) -> Checked {
        let (store, bucket) = (self.store, self.bucket);
        let key = parse_key("probe")?;
        expect_done("the service can be reached", store.reach().await)?;
        let names = expect_done("the buckets can be listed", store.buckets().await)?;
        expect_condition("the suite's bucket is new", !names.contains(bucket), &names)?;
        expect_absent("head of an absent bucket", store.head_bucket(bucket).await)?;
        expect_absent("versioning of an absent bucket", store.versioning(bucket).await)?;
        expect_absent("lifecycle of an absent bucket", store.lifecycle(bucket).await)?;
        expect_absent("get in an absent bucket", store.get_object(bucket, &key).await)?;
        expect_absent("head in an absent bucket", store.head_object(bucket, &key).await)?;
        expect_absent("put into an absent bucket", store.put_object(bucket, &key, vec![1]).await)
    }

    async fn a_new_bucket_is_there_once(&self) -> Checked {
        let (store, bucket) = (self.store, self.bucket);
        expect_done("a bucket can be created", store.create_bucket(bucket).await)?;
        expect_done("a new bucket is there", store.head_bucket(bucket).await)?;
        let names = expect_done("the buckets can be listed", store.buckets().await)?;
        let times = names.iter().filter(|name| *name == bucket).count();
        expect_same("a new bucket is listed once", &times, &1)?;
        match store.create_bucket(bucket).await {
            Ok(()) => (),
            Err(fault) => {
                let taken = FaultKind::TakenBucket;
                expect_same("a second creation succeeds or says taken", &fault.kind, &taken)?;
            }
        }
        let versioning = expect_done("versioning can be read", store.versioning(bucket).await)?;
        expect_same("a new bucket has never kept versions", &versioning, &Versioning::Never)?;
        let rules = expect_done("lifecycle can be read", store.lifecycle(bucket).await)?;
        expect_same("a new bucket has no rules", &rules, &Lifecycle::default())
    }

    async fn objects_come_back_byte_for_byte(&self) -> Checked {
        let (store, bucket) = (self.store, self.bucket);
        let key = parse_key("contents")?;
        let looks_like_an_error = b"<Error><Code>NoSuchKey</Code></Error>".to_vec();
        let large = (0..=255).cycle().take((1 << 20) + 1).collect();
        for content in [vec![], (0..=255).collect(), looks_like_an_error, large] {
            let stored = store.put_object(bucket, &key, content.clone()).await;
            let stored = expect_done("an object can be stored", stored)?;
            expect_same("a bucket that keeps no versions names none", &stored.version, &None)?;
            let head =
                expect_done("an object's head is there", store.head_object(bucket, &key).await)?;
            expect_same("head and put tell one tag", &head.etag, &stored.etag)?;
            let size = ByteSize::b(content.len() as u64);
            expect_same("the head tells the size", &head.size, &size)?;
            let read = expect_done("an object can be read", store.get_object(bucket, &key).await)?;
            expect_condition("an object comes back byte for byte", read == content, &read.len())?;
        }
        self.delete(&key).await
    }

    async fn keys_are_kept_apart(&self) -> Checked {
        let keys = hard_keys()?;
        for key in &keys {
            self.put(key, key.as_str()).await?;
        }
        for key in &keys {
            self.reads(key, key.as_str()).await?;
        }
        for (place, key) in keys.iter().enumerate() {
            self.delete(key).await?;
            if let Some(next) = keys.get(place + 1) {
                self.reads(next, next.as_str()).await?;
            }
        }
        Ok(())
    }

    async fn the_last_content_counts(&self) -> Checked {
        let key = parse_key("last")?;
        let first = self.put(&key, "first").await?;
        let last = self.put(&key, "last").await?;
        let again = self.put(&key, "last").await?;
        expect_condition("another content has another tag", first.etag != last.etag, &last)?;
        expect_same("the same content has the same tag", &again.etag, &last.etag)?;
        self.reads(&key, "last").await?;
        self.delete(&key).await?;
        self.delete(&key).await
    }

    async fn lifecycle_rules_read_back(&self) -> Checked {
        let protection = Lifecycle::protection(make_days(30), make_days(7));
        let own = LifecycleRule { enabled: true, ..LifecycleRule::default() };
        let theirs = Lifecycle::new([
            (
                "their & <rule>".to_owned(),
                LifecycleRule {
                    prefix: "tmp/é & <x>/".to_owned(),
                    expire: make_days(90),
                    ..own.clone()
                },
            ),
            (
                "their-markers".to_owned(),
                LifecycleRule { prefix: "m/".to_owned(), expire_markers: true, ..own },
            ),
            (
                "their-switched-off".to_owned(),
                LifecycleRule {
                    prefix: "off/".to_owned(),
                    expire_noncurrent: make_days(3),
                    abort_uploads: make_days(1),
                    ..LifecycleRule::default()
                },
            ),
        ]);
        for rules in [&protection, &theirs, &theirs.with_own(&protection), &Lifecycle::default()] {
            for _ in 0..2 {
                let set = self.store.set_lifecycle(self.bucket, rules).await;
                expect_done("lifecycle rules can be set again and again", set)?;
                let read = self.store.lifecycle(self.bucket).await;
                expect_same(
                    "the rules are those set last",
                    &expect_done("rules can be read", read)?,
                    rules,
                )?;
            }
        }
        Ok(())
    }

    async fn versions_are_kept(&self) -> Checked {
        let (store, bucket) = (self.store, self.bucket);
        let key = parse_key("versions")?;
        self.set_versioning(Versioning::Enabled).await?;
        self.set_versioning(Versioning::Enabled).await?;
        let old = self.put(&key, "old").await?.version;
        let new = self.put(&key, "new").await?.version;
        expect_condition("each version has an id", old.is_some() && new.is_some(), &(&old, &new))?;
        expect_condition("two versions have two ids", old != new, &new)?;
        self.reads(&key, "new").await?;
        for _ in 0..2 {
            let deleted = store.delete_object(bucket, &key, new.as_ref()).await;
            expect_done("one version can be deleted, twice too", deleted)?;
            self.reads(&key, "old").await?;
        }
        self.delete(&key).await?;
        let deleted = store.delete_object(bucket, &key, old.as_ref()).await;
        expect_done("a hidden version can be deleted", deleted)?;
        expect_absent("an object without versions", store.get_object(bucket, &key).await)
    }

    async fn versioning_can_be_suspended(&self) -> Checked {
        self.set_versioning(Versioning::Suspended).await?;
        let never = self.store.set_versioning(self.bucket, Versioning::Never).await;
        expect_condition("there is no way back to `Never`", never.is_err(), &never)?;
        let key = parse_key("suspended")?;
        self.put(&key, "content").await?;
        self.reads(&key, "content").await?;
        self.delete(&key).await
    }

    async fn set_versioning(&self, versioning: Versioning) -> Checked {
        let set = self.store.set_versioning(self.bucket, versioning).await;
        expect_done("versioning can be set", set)?;
        let read = expect_done("versioning can be read", self.store.versioning(self.bucket).await)?;
        expect_same("versioning is as set last", &read, &versioning)
    }

    async fn put(&self, key: &ObjectKey, content: &str) -> Result<Stored, Nonconformity> {
        let content = content.as_bytes().to_vec();
        expect_done(
            "an object can be stored",
            self.store.put_object(self.bucket, key, content).await,
        )
    }

    async fn reads(&self, key: &ObjectKey, expected: &str) -> Checked {
        let read =
            expect_done("an object can be read", self.store.get_object(self.bucket, key).await)?;
        expect_same(
            "an object is the last one stored",
            &String::from_utf8_lossy(&read),
            &expected.into(),
        )
    }

    async fn delete(&self, key: &ObjectKey) -> Checked {
        let (store, bucket) = (self.store, self.bucket);
        let deleted = store.delete_object(bucket, key, None).await;
        expect_done("an object can be deleted, an absent one too", deleted)?;
        expect_absent("get of a deleted object", store.get_object(bucket, key).await)?;
        expect_absent("head of a deleted object", store.head_object(bucket, key).await)
    }
}

/// Keys that URL parsers, file systems and signers are known to stumble over.
fn hard_keys() -> Result<Vec<ObjectKey>, Nonconformity> {
    let long = "k".repeat(1024);
    let keys = [
        "a",
        "a/b",
        "a//b",
        "a/b/",
        "A/b",
        " blanks around ",
        ".hidden/..x/...",
        "percent%2Fslash%20blank%",
        "plus+blank plus",
        "query?x=1&y=2#fragment",
        "quotes'\"`",
        "brackets[](){}<>|\\^",
        "signs~!*$,;:@=",
        "versioning",
        "gr\u{fc}\u{df}e/\u{65e5}\u{672c}\u{8a9e}/\u{1f5c2}",
        "composed \u{e9}",
        "composed e\u{301}",
        &long,
    ];
    keys.into_iter().map(parse_key).collect()
}

fn parse_key(text: &str) -> Result<ObjectKey, Nonconformity> {
    let found =
        |error| Nonconformity { promise: "the suite's keys are keys", found: text_of(&error) };
    text.parse().map_err(found)
}

fn make_days(count: u32) -> Option<Days> {
    Days::new(count).ok()
}
