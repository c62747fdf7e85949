//! Pages of listings.

use std::fmt::Write as _;
use std::ops::Bound;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::query::{Query, encode_key};
use super::store::{BenchObject, Store};

/// One page of `ListObjectsV2`.
pub(crate) fn render_page(store: &Store, bucket: &str, query: &Query) -> String {
    let (prefix, delimiter) = (query.value("prefix"), query.value("delimiter"));
    let most: usize = query.value("max-keys").parse().unwrap_or(1000).min(1000);
    let mut after = query.value("start-after").into_owned();
    if let Some(token) = query.find("continuation-token") {
        after = token.into_owned();
    }
    let mut page = ListingPage::begin(bucket, &prefix, query.value("encoding-type") == "url");
    let (mut count, mut folder) = (0, String::new());
    let start = if after.as_str() < &*prefix {
        Bound::Included(&*prefix)
    } else {
        Bound::Excluded(&*after)
    };
    let mut last = String::new();
    for (key, object) in store.from(start) {
        let Some(rest) = key.strip_prefix(&*prefix) else { break };
        if !folder.is_empty() && key.starts_with(&folder) {
            key.clone_into(&mut last);
            continue;
        }
        if count == most {
            return page.cut(&last);
        }
        count += 1;
        key.clone_into(&mut last);
        match rest.find(&*delimiter).filter(|_| !delimiter.is_empty()) {
            None => page.object(key, object),
            Some(place) => {
                let end = prefix.len() + place + delimiter.len();
                key.get(..end).unwrap_or_default().clone_into(&mut folder);
                page.folder(&folder);
            }
        }
    }
    page.whole()
}

struct ListingPage {
    text: String,
    encoded: bool,
    /// The time that was written last, and how.
    time: (u64, String),
}

impl ListingPage {
    fn begin(bucket: &str, prefix: &str, encoded: bool) -> Self {
        let mut text = String::with_capacity(256 << 10);
        text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
        let _ = write!(text, "<Name>{bucket}</Name><MaxKeys>1000</MaxKeys>");
        if encoded {
            text.push_str("<EncodingType>url</EncodingType>");
        }
        let mut page = Self { text, encoded, time: (0, render_time(0)) };
        page.element("Prefix", prefix);
        page
    }

    fn object(&mut self, key: &str, object: &BenchObject) {
        if self.time.0 != object.stored {
            self.time = (object.stored, render_time(object.stored));
        }
        self.text.push_str("<Contents>");
        self.element("Key", key);
        let _ = write!(
            self.text,
            "<LastModified>{}</LastModified><ETag>&quot;{}&quot;</ETag><Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
            self.time.1, object.tag, object.size
        );
    }

    fn folder(&mut self, folder: &str) {
        self.text.push_str("<CommonPrefixes>");
        self.element("Prefix", folder);
        self.text.push_str("</CommonPrefixes>");
    }

    fn element(&mut self, name: &str, text: &str) {
        let _ = write!(self.text, "<{name}>");
        if self.encoded {
            encode_key(text, &mut self.text);
        } else {
            escape_into(text, &mut self.text);
        }
        let _ = write!(self.text, "</{name}>");
    }

    fn cut(mut self, last: &str) -> String {
        self.text.push_str("<IsTruncated>true</IsTruncated><NextContinuationToken>");
        escape_into(last, &mut self.text);
        self.text.push_str("</NextContinuationToken></ListBucketResult>");
        self.text
    }

    fn whole(mut self) -> String {
        self.text.push_str("<IsTruncated>false</IsTruncated></ListBucketResult>");
        self.text
    }
}

fn escape_into(text: &str, into: &mut String) {
    for character in text.chars() {
        match character {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            other => into.push(other),
        }
    }
}

/// A time as listings have it.
fn render_time(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or_default();
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let text = time.format(&Rfc3339).unwrap_or_default();
    text.replace('Z', ".000Z")
}
