//! Promises of single objects.

use std::collections::BTreeMap;

use bytes::Bytes;
use datalake_core::fault::FaultKind;
use futures::TryStreamExt as _;

use super::{
    Checked, LakeSuite, Nonconformity, any_key, expect_absent, expect_condition, expect_done,
    expect_fault, expect_same,
};
use crate::{
    AnyKey, Attributes, ByteRange, ContentHash, Download, NewObject, ObjectSource, Payload,
    Precondition,
};

impl LakeSuite<'_> {
    pub(super) async fn check_absence(&self) -> Checked {
        let (lake, bucket, key) = (self.lake, self.bucket, any_key("probe")?);
        let payload = Payload::of("x");
        expect_absent("head in an absent bucket", lake.head(&self.source(&key)).await)?;
        expect_absent("get in an absent bucket", lake.get(&self.source(&key), None).await)?;
        expect_absent(
            "put into an absent bucket",
            lake.put(&self.new_object(&key, &payload)).await,
        )?;
        expect_absent("an absent bucket's rules", lake.cors(bucket).await)?;
        expect_absent("deletion of an absent bucket", lake.delete_bucket(bucket).await)
    }

    pub(super) async fn check_objects(&self) -> Checked {
        self.contents_come_back().await?;
        self.attributes_come_along().await?;
        self.a_wrong_hash_is_found_out().await?;
        self.preconditions_hold().await?;
        self.any_key_is_kept_byte_for_byte().await?;
        self.objects_are_copied().await
    }

    async fn contents_come_back(&self) -> Checked {
        let key = any_key("contents")?;
        expect_absent("an absent object", self.lake.head(&self.source(&key)).await)?;
        expect_absent("an absent object", self.lake.get(&self.source(&key), None).await)?;
        for size in [0, 1, 1000, (1 << 20) + 1] {
            let content: Vec<u8> = (0..=250).cycle().take(size).collect();
            let hash = *Payload::of(content.clone()).hash();
            let chunks = content.chunks(300_000).map(Bytes::copy_from_slice).collect();
            let stored = self.put(&key, &Payload::hashed(chunks, hash)).await?;
            let head = expect_done("a head can be read", self.lake.head(&self.source(&key)).await)?;
            expect_same("the head tells the size", &head.size.as_u64(), &(size as u64))?;
            expect_same("the head tells the tag", &head.etag, &stored.etag)?;
            let source = self.source(&key).if_match(stored.etag);
            let download =
                expect_done("an object can be read", self.lake.get(&source, None).await)?;
            expect_same("the download tells what the head tells", &download.object, &head)?;
            expect_same("all of it comes", &download.range, &(0..size as u64))?;
            expect_condition(
                "it comes back byte for byte",
                read_whole(download).await? == content,
                &size,
            )?;
        }
        self.ranges_come_back(&key).await?;
        self.remove(&key).await?;
        let again = self.lake.delete(self.bucket, &key, None).await;
        expect_done("an absent object can be deleted", again).map(drop)
    }

    /// The object holds the bytes 0 to 250 again and again, 1 MiB and 1 byte.
    async fn ranges_come_back(&self, key: &AnyKey) -> Checked {
        let size = (1 << 20) + 1;
        for (asked, expected) in [
            (0..1, 0..1),
            (0..size, 0..size),
            (700_000..700_251, 700_000..700_251),
            (size - 1..size, size - 1..size),
            (size - 5..size + 100, size - 5..size),
        ] {
            let range = ByteRange::try_from(asked).ok();
            let download = self.lake.get(&self.source(key), range).await;
            let download = expect_done("a range can be read", download)?;
            expect_same("the range is told", &download.range, &expected)?;
            expect_same("the whole size is told", &download.object.size.as_u64(), &size)?;
            let expected: Vec<u8> =
                expected.map(|place| u8::try_from(place % 251).unwrap_or_default()).collect();
            expect_condition(
                "a range is that part",
                read_whole(download).await? == expected,
                &range,
            )?;
        }
        let behind = ByteRange::try_from(size..size + 1).ok();
        let behind = self.lake.get(&self.source(key), behind).await;
        expect_fault("a range behind the end is refused", FaultKind::Refused, behind)
    }

    async fn attributes_come_along(&self) -> Checked {
        let key = any_key("attributes")?;
        let attributes = Attributes {
            content_type: Some("text/csv; charset=utf-8".to_owned()),
            content_encoding: Some("gzip".to_owned()),
            cache_control: Some("max-age=60".to_owned()),
            content_disposition: Some("attachment; filename=\"a b\"".to_owned()),
            content_language: Some("de-AT".to_owned()),
            expires: Some("Thu, 01 Jan 2032 00:00:00 GMT".to_owned()),
            user: make_user_attributes(&[("mtime", "1769.000000001"), ("a-b", "c=d;e ~")]),
        };
        let payload = Payload::of("content");
        let object = NewObject { attributes: &attributes, ..self.new_object(&key, &payload) };
        expect_done("an object can have attributes", self.lake.put(&object).await)?;
        let head = expect_done("a head can be read", self.lake.head(&self.source(&key)).await)?;
        expect_same("attributes come back", &head.attributes, &attributes)?;
        for value in ["two  blanks", " edge", "line\nbreak", "\u{e9}"] {
            let unfit =
                Attributes { user: make_user_attributes(&[("k", value)]), ..Attributes::NONE };
            let object = NewObject { attributes: &unfit, ..object };
            expect_fault(
                "what is no header is refused",
                FaultKind::Refused,
                self.lake.put(&object).await,
            )?;
        }
        self.remove(&key).await
    }

    async fn a_wrong_hash_is_found_out(&self) -> Checked {
        let key = any_key("damaged")?;
        let damaged = Payload::hashed(vec![Bytes::from_static(b"content")], ContentHash([7; 32]));
        let put = self.lake.put(&self.new_object(&key, &damaged)).await;
        expect_fault("a damaged content is found out", FaultKind::Damaged, put)?;
        expect_absent("a damaged object", self.lake.head(&self.source(&key)).await)
    }

    async fn preconditions_hold(&self) -> Checked {
        let (key, payload) = (any_key("preconditions")?, Payload::of("content"));
        let only_new = NewObject { when: &Precondition::Absent, ..self.new_object(&key, &payload) };
        let stored = expect_done("a new object can be stored", self.lake.put(&only_new).await)?;
        let again = self.lake.put(&only_new).await;
        expect_fault("an old object is not replaced", FaultKind::Disturbed, again)?;
        let same_tag = Precondition::Tag(stored.etag.clone());
        let same_tag = NewObject { when: &same_tag, ..only_new };
        expect_done("an object with the tag is replaced", self.lake.put(&same_tag).await)?;
        let other = self.put(&any_key("other")?, &Payload::of("other")).await?.etag;
        let other_tag = Precondition::Tag(other.clone());
        let other_tag = NewObject { when: &other_tag, ..only_new };
        let put = self.lake.put(&other_tag).await;
        expect_fault("an object with another tag is not replaced", FaultKind::Disturbed, put)?;
        let changed = self.source(&key).if_match(other);
        let read = self.lake.get(&changed, None).await;
        expect_fault("an object with another tag is not read", FaultKind::Disturbed, read)?;
        let head = self.lake.head(&changed).await;
        expect_fault("an object with another tag has no head", FaultKind::Disturbed, head)?;
        self.remove(&any_key("other")?).await?;
        self.remove(&key).await
    }

    async fn any_key_is_kept_byte_for_byte(&self) -> Checked {
        let keys = odd_keys()?;
        for key in &keys {
            self.put(key, &Payload::of(key.as_str().to_owned())).await?;
        }
        let listed = self.all_below("").await?;
        let found: Vec<_> = listed.iter().map(|object| &object.key).collect();
        let mut expected: Vec<_> = keys.iter().collect();
        expected.sort();
        expect_same("any key is listed byte for byte", &found, &expected)?;
        for key in &keys {
            let download = self.lake.get(&self.source(key), None).await;
            let content =
                read_whole(expect_done("an object with any key can be read", download)?).await?;
            expect_condition(
                "any key leads to its own object",
                content == key.as_str().as_bytes(),
                key,
            )?;
        }
        for key in &keys {
            self.remove(key).await?;
        }
        Ok(())
    }

    async fn objects_are_copied(&self) -> Checked {
        let (from, to) = (any_key("from/a+b %2F\u{e9}?#")?, any_key("to")?);
        let attributes =
            Attributes { user: make_user_attributes(&[("k", "old")]), ..Attributes::NONE };
        let payload = Payload::of("content");
        let object = NewObject { attributes: &attributes, ..self.new_object(&from, &payload) };
        let old = expect_done("an object can be stored", self.lake.put(&object).await)?;
        let source = self.source(&from).if_match(old.etag.clone());
        let copied = self.lake.copy(&source, (self.bucket, &to), None).await;
        expect_same(
            "a copy has the same tag",
            &expect_done("an object can be copied", copied)?.etag,
            &old.etag,
        )?;
        let head = expect_done("a head can be read", self.lake.head(&self.source(&to)).await)?;
        expect_same("its attributes go along", &head.attributes.user, &attributes.user)?;
        let new = Attributes { user: make_user_attributes(&[("k", "new")]), ..Attributes::NONE };
        let replaced = self.lake.copy(&self.source(&to), (self.bucket, &to), Some(&new)).await;
        expect_done("attributes can be replaced", replaced)?;
        let head = expect_done("a head can be read", self.lake.head(&self.source(&to)).await)?;
        expect_same("its attributes are the new ones", &head.attributes.user, &new.user)?;
        let nothing = ObjectSource::current(self.bucket, &any_key("nothing")?);
        expect_absent(
            "a copy of nothing",
            self.lake.copy(&nothing, (self.bucket, &to), None).await,
        )?;
        self.remove(&from).await?;
        self.remove(&to).await
    }
}

pub(super) async fn read_whole(download: Download) -> Result<Vec<u8>, Nonconformity> {
    let mut content = Vec::new();
    let mut stream = download.content;
    while let Some(piece) =
        expect_done("a content can be read to its end", stream.try_next().await)?
    {
        content.extend_from_slice(&piece);
    }
    Ok(content)
}

fn make_user_attributes(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Keys that people and programs have really made, and that tools stumble over.
fn odd_keys() -> Result<Vec<AnyKey>, Nonconformity> {
    let long = format!("{}\u{e9}", "long/".repeat(204) + "xx");
    let keys = [
        "a",
        "a/b",
        "a/b/",
        "a//b",
        "/leading",
        "//",
        "..",
        "a/../b",
        "./z",
        "z/.",
        "line\nbreak",
        "carriage\rreturn",
        "tab\t",
        "control\u{1}\u{1b}[2J\u{7f}",
        " blanks ",
        "plus+blank plus%2B%20%",
        "query?x=1&y=2#f",
        "markup<&>\"'",
        "back\\slash",
        "gr\u{fc}\u{df}e",
        "composed \u{e9}",
        "composed e\u{301}",
        "\u{65e5}\u{672c}\u{1f5c2}",
        "\u{ffff}",
        &long,
    ];
    keys.into_iter().map(any_key).collect()
}
