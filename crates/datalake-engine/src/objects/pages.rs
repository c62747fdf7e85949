//! Whole listings, page by page, with an eye on services that repeat themselves.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::BucketName;
use datalake_core::size::ByteSize;

use super::{
    AnyKey, ListAsk, ObjectPage, Objects, PageToken, PartNumber, PartPage, SizeTotal, Upload,
    UploadPage, Uploads, VersionPage,
};

/// The most empty pages in a row that are taken for progress.
const EMPTY_PAGES: u32 = 100;

/// The current objects of a listing, page by page.
///
/// Each page's names must come behind those of the page before it, and begin with the prefix; a
/// fault otherwise. So a listing ends, and nothing comes twice.
pub struct ObjectPages<'a> {
    store: &'a dyn Objects,
    bucket: &'a BucketName,
    ask: ListAsk,
    way: ListingPosition,
    last_key: Option<AnyKey>,
    last_prefix: Option<String>,
    total: SizeTotal,
}

/// The versions of a listing, page by page; checked as [`ObjectPages`] are.
pub struct VersionPages<'a> {
    store: &'a dyn Objects,
    bucket: &'a BucketName,
    ask: ListAsk,
    way: ListingPosition,
    last: Option<AnyKey>,
    total: SizeTotal,
}

/// The unfinished uploads of a listing, page by page; checked as [`ObjectPages`] are.
pub struct UploadPages<'a> {
    store: &'a dyn Uploads,
    bucket: &'a BucketName,
    ask: ListAsk,
    way: ListingPosition,
    last: Option<AnyKey>,
}

/// The parts of an upload, page by page; checked as [`ObjectPages`] are.
pub struct PartPages<'a> {
    store: &'a dyn Uploads,
    upload: &'a Upload,
    after: Option<PartNumber>,
    ended: bool,
    total: SizeTotal,
}

/// Where a listing stands.
#[derive(Debug, Default)]
struct ListingPosition {
    token: Option<PageToken>,
    ended: bool,
    empty: u32,
}

impl ListingPosition {
    fn go_on(&mut self, next: Option<PageToken>, empty: bool) -> Result<(), Fault> {
        self.empty = if empty { self.empty + 1 } else { 0 };
        if self.empty > EMPTY_PAGES {
            return Err(repeated("the listing has had nothing but empty pages for long"));
        }
        if next.is_some() && next == self.token {
            return Err(repeated("the listing goes on where it began"));
        }
        self.ended = next.is_none();
        self.token = next;
        Ok(())
    }
}

impl<'a> ObjectPages<'a> {
    /// Begins a listing; nothing is sent yet.
    pub fn new(store: &'a dyn Objects, bucket: &'a BucketName, ask: ListAsk) -> Self {
        let (way, total) = (ListingPosition::default(), SizeTotal::default());
        Self { store, bucket, ask, way, last_key: None, last_prefix: None, total }
    }

    /// The next page; `None` after the last one. After a fault the same page is asked for again.
    pub async fn next(&mut self) -> Result<Option<ObjectPage>, Fault> {
        if self.way.ended {
            return Ok(None);
        }
        let page = self.store.list(self.bucket, &self.ask, self.way.token.as_ref()).await?;
        let keys = page.objects.iter().map(|object| object.key.as_str());
        let prefixes = page.prefixes.iter().map(String::as_str);
        let (key, prefix) = (self.last_key.as_ref(), self.last_prefix.as_deref());
        in_order(keys, key.map(AnyKey::as_str), &self.ask.prefix)?;
        in_order(prefixes, prefix, &self.ask.prefix)?;
        let sizes = page.objects.iter().map(|object| (object.key.as_str(), object.size));
        let total = with_sizes(self.total, sizes)?;
        let empty = page.objects.is_empty() && page.prefixes.is_empty();
        self.way.go_on(page.next.clone(), empty)?;
        self.total = total;
        if let Some(last) = page.objects.last() {
            self.last_key = Some(last.key.clone());
        }
        if let Some(last) = page.prefixes.last() {
            self.last_prefix = Some(last.clone());
        }
        Ok(Some(page))
    }
}

impl<'a> VersionPages<'a> {
    /// Begins a listing; nothing is sent yet.
    pub fn new(store: &'a dyn Objects, bucket: &'a BucketName, ask: ListAsk) -> Self {
        let (way, total) = (ListingPosition::default(), SizeTotal::default());
        Self { store, bucket, ask, way, last: None, total }
    }

    /// The next page; `None` after the last one. After a fault the same page is asked for again.
    pub async fn next(&mut self) -> Result<Option<VersionPage>, Fault> {
        if self.way.ended {
            return Ok(None);
        }
        let token = self.way.token.as_ref();
        let page = self.store.list_versions(self.bucket, &self.ask, token).await?;
        let keys = page.versions.iter().map(|version| version.key.as_str());
        not_backwards(keys, self.last.as_ref().map(AnyKey::as_str), &self.ask.prefix)?;
        let sizes = page.versions.iter().map(|version| (version.key.as_str(), version.size()));
        let total = with_sizes(self.total, sizes)?;
        self.way.go_on(page.next.clone(), page.versions.is_empty())?;
        self.total = total;
        if let Some(last) = page.versions.last() {
            self.last = Some(last.key.clone());
        }
        Ok(Some(page))
    }
}

impl<'a> UploadPages<'a> {
    /// Begins a listing; nothing is sent yet.
    pub fn new(store: &'a dyn Uploads, bucket: &'a BucketName, ask: ListAsk) -> Self {
        Self { store, bucket, ask, way: ListingPosition::default(), last: None }
    }

    /// The next page; `None` after the last one. After a fault the same page is asked for again.
    pub async fn next(&mut self) -> Result<Option<UploadPage>, Fault> {
        if self.way.ended {
            return Ok(None);
        }
        let token = self.way.token.as_ref();
        let page = self.store.list_uploads(self.bucket, &self.ask, token).await?;
        let keys = page.uploads.iter().map(|(upload, _)| upload.key.as_str());
        not_backwards(keys, self.last.as_ref().map(AnyKey::as_str), &self.ask.prefix)?;
        self.way.go_on(page.next.clone(), page.uploads.is_empty())?;
        if let Some((last, _)) = page.uploads.last() {
            self.last = Some(last.key.clone());
        }
        Ok(Some(page))
    }
}

impl<'a> PartPages<'a> {
    /// Begins a listing; nothing is sent yet.
    pub fn new(store: &'a dyn Uploads, upload: &'a Upload) -> Self {
        Self { store, upload, after: None, ended: false, total: SizeTotal::default() }
    }

    /// The next page; `None` after the last one. After a fault the same page is asked for again.
    pub async fn next(&mut self) -> Result<Option<PartPage>, Fault> {
        if self.ended {
            return Ok(None);
        }
        let page = self.store.list_parts(self.upload, self.after).await?;
        let mut before = self.after;
        for entry in &page.parts {
            if before.is_some_and(|before| entry.part.number <= before) {
                return Err(repeated("the parts do not come in the order of their numbers"));
            }
            before = Some(entry.part.number);
        }
        let sizes = page.parts.iter().map(|entry| (self.upload.key.as_str(), entry.size));
        let total = with_sizes(self.total, sizes)?;
        if page.next.is_some() && page.next <= self.after {
            return Err(repeated("the listing goes on where it began"));
        }
        self.ended = page.next.is_none();
        self.after = page.next;
        self.total = total;
        Ok(Some(page))
    }
}

/// The total with a page more. It counts only once the page is taken.
fn with_sizes<'n>(
    mut total: SizeTotal,
    sizes: impl Iterator<Item = (&'n str, ByteSize)>,
) -> Result<SizeTotal, Fault> {
    for (name, size) in sizes {
        total.add(name, size)?;
    }
    Ok(total)
}

fn in_order<'n>(
    names: impl Iterator<Item = &'n str>,
    last: Option<&'n str>,
    prefix: &str,
) -> Result<(), Fault> {
    follow_names(names, last, prefix, |before, name| before < name)
}

fn not_backwards<'n>(
    names: impl Iterator<Item = &'n str>,
    last: Option<&'n str>,
    prefix: &str,
) -> Result<(), Fault> {
    follow_names(names, last, prefix, |before, name| before <= name)
}

fn follow_names<'n>(
    names: impl Iterator<Item = &'n str>,
    mut last: Option<&'n str>,
    prefix: &str,
    fits: impl Fn(&str, &str) -> bool,
) -> Result<(), Fault> {
    for name in names {
        if !name.starts_with(prefix) {
            return Err(repeated("the listing names what was not asked for"));
        }
        if last.is_some_and(|last| !fits(last, name)) {
            return Err(repeated("the listing does not come in the order of its keys"));
        }
        last = Some(name);
    }
    Ok(())
}

fn repeated(found: &str) -> Fault {
    Fault::new(FaultKind::Unreadable, found)
}
