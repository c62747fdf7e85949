//! Promises of uploads in parts.

use bytes::Bytes;
use datalake_core::fault::FaultKind;
use md5::{Digest as _, Md5};

use super::objects::read_whole;
use super::{
    Checked, LakeSuite, Nonconformity, any_key, expect_absent, expect_condition, expect_done,
    expect_fault, expect_same,
};
use crate::{
    AnyKey, Attributes, ByteRange, ContentHash, ListAsk, PartNumber, PartPages, Payload, TakenPart,
    Upload, UploadPages,
};

/// The smallest part that every service takes before the last one.
const PART: usize = 5 << 20;

impl LakeSuite<'_> {
    pub(super) async fn check_uploads(&self) -> Checked {
        self.parts_make_an_object().await?;
        self.parts_are_made_from_objects().await?;
        self.uploads_are_listed_and_given_up().await
    }

    async fn begin(&self, key: &AnyKey) -> Result<Upload, Nonconformity> {
        let user = [("k".to_owned(), "v".to_owned())].into();
        let attributes = Attributes { user, ..Attributes::NONE };
        let begun = self.lake.begin_upload(self.bucket, key, &attributes).await;
        expect_done("an upload can be begun", begun)
    }

    async fn part(
        &self,
        upload: &Upload,
        number: u16,
        content: &Bytes,
    ) -> Result<TakenPart, Nonconformity> {
        let payload = Payload::of(content.clone());
        expect_done(
            "a part can be stored",
            self.lake.put_part(upload, make_part_number(number)?, &payload).await,
        )
    }

    async fn parts_make_an_object(&self) -> Checked {
        let (lake, key) = (self.lake, any_key("parts/\u{e9} +")?);
        let upload = self.begin(&key).await?;
        let contents = [(1, vec![1; PART]), (2, vec![2; PART]), (9, vec![9; 10])];
        let contents = contents.map(|(number, content)| (number, Bytes::from(content)));
        self.part(&upload, 2, &Bytes::from_static(b"to be replaced")).await?;
        let mut parts = Vec::new();
        for (number, content) in &contents {
            parts.push(self.part(&upload, *number, content).await?);
        }
        let damaged = Payload::hashed(vec![Bytes::from_static(b"x")], ContentHash([7; 32]));
        let put = lake.put_part(&upload, make_part_number(9)?, &damaged).await;
        expect_fault("a damaged part is found out", FaultKind::Damaged, put)?;
        let mut pages = PartPages::new(lake, &upload);
        let mut listed = Vec::new();
        while let Some(page) = expect_done("parts can be listed", pages.next().await)? {
            listed.extend(page.parts);
        }
        let sizes: Vec<_> = listed.iter().map(|entry| entry.size.as_u64()).collect();
        expect_same("the parts' sizes are told", &sizes, &vec![PART as u64, PART as u64, 10])?;
        let tags: Vec<_> = listed.into_iter().map(|entry| entry.part).collect();
        expect_same("the parts are listed by number", &tags, &parts)?;
        expect_absent(
            "an object before its upload is complete",
            lake.head(&self.source(&key)).await,
        )?;
        self.wrong_parts_are_refused(&upload, &parts).await?;
        let stored =
            expect_done("an upload can be completed", lake.complete_upload(&upload, &parts).await)?;
        let expected = joint_tag(contents.iter().map(|(_, content)| content));
        expect_same(
            "its tag is made of its parts' tags",
            &stored.etag.as_str(),
            &expected.as_str(),
        )?;
        let download = expect_done("it can be read", lake.get(&self.source(&key), None).await)?;
        let user = download.object.attributes.user.clone();
        expect_same(
            "its attributes are those of the beginning",
            &user,
            &[("k".into(), "v".into())].into(),
        )?;
        let content = contents.map(|(_, content)| content).concat();
        expect_condition("it is its parts", read_whole(download).await? == content, &key)?;
        let late = lake.put_part(&upload, PartNumber::FIRST, &Payload::of("late")).await;
        expect_absent("a completed upload", late)?;
        expect_done("a completed upload can be given up", lake.abort_upload(&upload).await)?;
        self.remove(&key).await
    }

    async fn wrong_parts_are_refused(&self, upload: &Upload, parts: &[TakenPart]) -> Checked {
        let lake = self.lake;
        let none = lake.complete_upload(upload, &[]).await;
        expect_fault("an object has at least one part", FaultKind::Refused, none)?;
        let backwards: Vec<_> = parts.iter().rev().cloned().collect();
        let complete = lake.complete_upload(upload, &backwards).await;
        expect_fault("parts come in their order", FaultKind::Refused, complete)?;
        let mut wrong = parts.to_vec();
        if let [first, second, ..] = wrong.as_mut_slice() {
            std::mem::swap(&mut first.etag, &mut second.etag);
        }
        let complete = lake.complete_upload(upload, &wrong).await;
        expect_fault("parts have their tags", FaultKind::Refused, complete)
    }

    async fn parts_are_made_from_objects(&self) -> Checked {
        let (lake, from, to) = (self.lake, any_key("from +\u{e9}")?, any_key("to")?);
        let content: Vec<u8> = (0..=250).cycle().take(PART + 1000).collect();
        self.put(&from, &Payload::of(content.clone())).await?;
        let upload = self.begin(&to).await?;
        let source = self.source(&from);
        let range = ByteRange::try_from(500..500 + PART as u64).ok();
        let first = lake.copy_part(&upload, PartNumber::FIRST, (&source, range)).await;
        let first = expect_done("a part can be made from a range", first)?;
        let second = lake.copy_part(&upload, make_part_number(2)?, (&source, None)).await;
        let second = expect_done("a part can be made from an object", second)?;
        let complete = lake.complete_upload(&upload, &[first, second]).await;
        expect_done("an upload can be completed", complete)?;
        let download = expect_done("it can be read", lake.get(&self.source(&to), None).await)?;
        let expected = [content.get(500..500 + PART).unwrap_or_default(), &content].concat();
        expect_condition("it is its parts", read_whole(download).await? == expected, &to)?;
        self.remove(&from).await?;
        self.remove(&to).await
    }

    async fn uploads_are_listed_and_given_up(&self) -> Checked {
        let (lake, bucket) = (self.lake, self.bucket);
        let mut begun = Vec::new();
        for text in ["u/a", "u/a", "u/b\u{1}\n%2F+", "u/\u{e9}", "v"] {
            begun.push(self.begin(&any_key(text)?).await?);
        }
        if let Some(first) = begun.first() {
            self.part(first, 3, &Bytes::from_static(b"part")).await?;
        }
        begun.sort_by(|one, other| (&one.key, &one.id).cmp(&(&other.key, &other.id)));
        for page_size in [1, 2, 1000] {
            let ask = ListAsk { page_size, ..ListAsk::below("u/") };
            let mut pages = UploadPages::new(lake, bucket, ask);
            let mut found = Vec::new();
            while let Some(page) = expect_done("uploads can be listed", pages.next().await)? {
                found.extend(page.uploads.into_iter().map(|(upload, _)| upload));
            }
            found.sort_by(|one, other| (&one.key, &one.id).cmp(&(&other.key, &other.id)));
            let expected = begun.get(..4).unwrap_or_default();
            expect_same("uploads are listed once", &found.as_slice(), &expected)?;
        }
        for upload in &begun {
            expect_done("an upload can be given up", lake.abort_upload(upload).await)?;
            expect_done("it can be given up twice", lake.abort_upload(upload).await)?;
            expect_absent("an upload that was given up", lake.list_parts(upload, None).await)?;
        }
        let page = lake.list_uploads(bucket, &ListAsk::below(""), None).await;
        let page = expect_done("uploads can be listed", page)?;
        expect_condition("no upload is left", page.uploads.is_empty() && page.next.is_none(), &page)
    }
}

fn make_part_number(number: u16) -> Result<PartNumber, Nonconformity> {
    let promise = "the suite's numbers are numbers";
    PartNumber::new(number).map_err(|error| Nonconformity { promise, found: error.to_string() })
}

fn joint_tag<'c>(parts: impl ExactSizeIterator<Item = &'c Bytes>) -> String {
    let (mut md5, count) = (Md5::new(), parts.len());
    parts.for_each(|part| md5.update(Md5::digest(part)));
    let hex: String = md5.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}-{count}")
}
