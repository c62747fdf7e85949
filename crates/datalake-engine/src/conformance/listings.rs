//! Promises of listings.

use super::{
    Checked, LakeSuite, Nonconformity, any_key, expect_absent, expect_condition, expect_done,
    expect_same,
};
use crate::{AnyKey, ListAsk, ObjectEntry, ObjectPages, Payload};

/// The names that a listing gives, objects and common prefixes.
type Names = (Vec<String>, Vec<String>);

impl LakeSuite<'_> {
    pub(super) async fn check_listings(&self) -> Checked {
        let none = self.all_below("").await?;
        expect_condition("an empty bucket has an empty listing", none.is_empty(), &none)?;
        let names = [
            "a",
            "a+",
            "a/b",
            "a/b/c",
            "a/b/d",
            "a/c",
            "a b",
            "b/",
            "b/x",
            "b/y/z",
            "c",
            "c/\u{e9}",
            "c0",
            "\u{e9}/1",
            "\u{1f5c2}",
        ];
        let keys = names.into_iter().map(any_key).collect::<Result<Vec<_>, _>>()?;
        for key in &keys {
            self.put(key, &Payload::of(key.as_str().to_owned())).await?;
        }
        for size in [1, 2, 3, 1000] {
            self.all_keys_come_once(&keys, size).await?;
            self.folders_come_once(size).await?;
        }
        self.entries_tell_what_the_head_tells(&keys).await?;
        self.a_listing_begins_behind_a_key(&keys).await?;
        for key in &keys {
            self.remove(key).await?;
        }
        let absent_bucket = "datalake-no-such-bucket-q7".parse().map_err(|_| Nonconformity {
            promise: "the suite's names are names",
            found: "another rule".to_owned(),
        })?;
        let listing = self.lake.list(&absent_bucket, &ListAsk::below(""), None).await;
        expect_absent("the listing of an absent bucket", listing)
    }

    /// All objects below a prefix.
    pub(super) async fn all_below(&self, prefix: &str) -> Result<Vec<ObjectEntry>, Nonconformity> {
        let ask = ListAsk { page_size: 7, ..ListAsk::below(prefix) };
        let mut pages = ObjectPages::new(self.lake, self.bucket, ask);
        let mut objects = Vec::new();
        while let Some(page) = expect_done("a page can be listed", pages.next().await)? {
            objects.extend(page.objects);
        }
        Ok(objects)
    }

    async fn names(&self, ask: ListAsk) -> Result<Names, Nonconformity> {
        let size = usize::from(ask.page_size);
        let mut pages = ObjectPages::new(self.lake, self.bucket, ask);
        let (mut keys, mut prefixes) = (Vec::new(), Vec::new());
        while let Some(page) = expect_done("a page can be listed", pages.next().await)? {
            let length = page.objects.len() + page.prefixes.len();
            expect_condition("a page is no longer than was asked for", length <= size, &length)?;
            keys.extend(page.objects.iter().map(|object| object.key.as_str().to_owned()));
            prefixes.extend(page.prefixes);
        }
        Ok((keys, prefixes))
    }

    async fn all_keys_come_once(&self, keys: &[AnyKey], page_size: u16) -> Checked {
        for prefix in ["", "a/", "b", "none/"] {
            let ask = ListAsk { page_size, ..ListAsk::below(prefix) };
            let (found, prefixes) = self.names(ask).await?;
            let keys = keys.iter().map(AnyKey::as_str).filter(|key| key.starts_with(prefix));
            let mut expected: Vec<_> = keys.map(str::to_owned).collect();
            expected.sort();
            expect_same("all keys come once, by their bytes", &found, &expected)?;
            expect_same("without a delimiter there are no prefixes", &prefixes, &vec![])?;
        }
        Ok(())
    }

    async fn folders_come_once(&self, page_size: u16) -> Checked {
        let names = |keys: &[&str], prefixes: &[&str]| {
            let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            (own(keys), own(prefixes))
        };
        for (prefix, expected) in [
            (
                "",
                names(&["a", "a b", "a+", "c", "c0", "\u{1f5c2}"], &["a/", "b/", "c/", "\u{e9}/"]),
            ),
            ("a/", names(&["a/b", "a/c"], &["a/b/"])),
            ("b/", names(&["b/", "b/x"], &["b/y/"])),
            ("none", names(&[], &[])),
        ] {
            let ask = ListAsk { page_size, ..ListAsk::directly_below(prefix) };
            expect_same("keys and folders come once", &self.names(ask).await?, &expected)?;
        }
        Ok(())
    }

    async fn entries_tell_what_the_head_tells(&self, keys: &[AnyKey]) -> Checked {
        let entries = self.all_below("").await?;
        for key in keys {
            let head = expect_done("a head can be read", self.lake.head(&self.source(key)).await)?;
            let expected = ObjectEntry {
                key: key.clone(),
                size: head.size,
                etag: head.etag,
                modified: head.modified,
            };
            let found = entries.iter().find(|entry| entry.key == *key);
            expect_same("an entry tells what the head tells", &found, &Some(&expected))?;
        }
        Ok(())
    }

    async fn a_listing_begins_behind_a_key(&self, keys: &[AnyKey]) -> Checked {
        for after in ["a", "a/", "a/b/c", "b", "\u{e9}", "zz"] {
            let ask = ListAsk { after: Some(after.to_owned()), page_size: 2, ..ListAsk::below("") };
            let keys = keys.iter().map(AnyKey::as_str).filter(|key| *key > after);
            let mut expected: Vec<_> = keys.map(str::to_owned).collect();
            expected.sort();
            expect_same("a listing begins behind a key", &self.names(ask).await?.0, &expected)?;
        }
        Ok(())
    }
}
