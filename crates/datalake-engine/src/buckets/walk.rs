//! Whole listings in order, read ahead and in several places at once.

use std::collections::VecDeque;

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::s3::BucketName;
use futures::channel::mpsc::{Receiver, Sender, channel};
use futures::future::{BoxFuture, Either, Fuse, select};
use futures::stream::{self, StreamExt as _};
use futures::{FutureExt as _, SinkExt as _};

use crate::objects::{ListAsk, ObjectEntry, ObjectPages, Objects, VersionEntry, VersionPages};

/// Spans that are read at one time.
const AT_ONCE: usize = 8;
/// Pages that each span reads ahead, besides the one that waits to be taken.
const AHEAD: usize = 1;
/// Into how many spans a listing is cut at most.
const MOST_SPANS: usize = 32;
/// How many folders deep the first fork is looked for.
const DEEPEST_FORK: usize = 8;

/// A listing below a prefix, page by page, in the order of keys.
///
/// The keys are cut into spans at folders that a first look finds; a few of them are read at one
/// time, each a page or two ahead. So memory stays flat, however many there are, and each page is
/// checked as those of [`ObjectPages`] are. A page may be empty.
pub struct Walk<'a, T> {
    spans: VecDeque<Receiver<Result<Vec<T>, Fault>>>,
    work: Fuse<BoxFuture<'a, ()>>,
}

/// What lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FolderEntry {
    /// A folder; its name ends with `/`.
    Folder(String),
    /// An object.
    Object(ObjectEntry),
}

/// From behind a key up to another one, with that one itself.
struct KeySpan {
    after: Option<String>,
    until: Option<String>,
}

impl<'a> Walk<'a, ObjectEntry> {
    /// Begins a walk through the current objects below a prefix.
    pub async fn objects(
        store: &'a dyn Objects,
        bucket: &'a BucketName,
        prefix: &str,
    ) -> Result<Self, Fault> {
        let spans = cut_into_spans(store, bucket, prefix).await?;
        Ok(Self::through(spans, prefix, move |ask| ObjectPages::new(store, bucket, ask)))
    }
}

impl<'a> Walk<'a, VersionEntry> {
    /// Begins a walk through all versions and delete markers below a prefix.
    pub async fn versions(
        store: &'a dyn Objects,
        bucket: &'a BucketName,
        prefix: &str,
    ) -> Result<Self, Fault> {
        let spans = cut_into_spans(store, bucket, prefix).await?;
        Ok(Self::through(spans, prefix, move |ask| VersionPages::new(store, bucket, ask)))
    }
}

impl<'a> Walk<'a, FolderEntry> {
    /// Begins a walk through what lies directly below a prefix, without a look ahead for spans.
    pub fn folder(store: &'a dyn Objects, bucket: &'a BucketName, prefix: &str) -> Self {
        let ask = ListAsk::directly_below(prefix);
        let whole = vec![KeySpan { after: None, until: None }];
        Self::through(whole, "", |_| FolderPages(ObjectPages::new(store, bucket, ask.clone())))
    }
}

impl<'a, T: Keyed + Send + 'a> Walk<'a, T> {
    /// The next page; `None` after the last one. After a fault the walk is over.
    pub async fn next(&mut self) -> Result<Option<Vec<T>>, Fault> {
        while let Some(span) = self.spans.front_mut() {
            let page = match select(span.next(), &mut self.work).await {
                Either::Left((page, _)) => page,
                // All is read; what is left waits in the channels.
                Either::Right(((), page)) => page.await,
            };
            match page {
                Some(Ok(page)) => return Ok(Some(page)),
                Some(Err(fault)) => {
                    self.spans.clear();
                    return Err(fault);
                }
                None => drop(self.spans.pop_front()),
            }
        }
        Ok(None)
    }

    fn through<P: Pages<Entry = T> + 'a>(
        spans: Vec<KeySpan>,
        prefix: &str,
        open: impl Fn(ListAsk) -> P,
    ) -> Self {
        let (mut receivers, mut readers) = (VecDeque::new(), Vec::new());
        for KeySpan { after, until } in spans {
            let (sender, receiver) = channel(AHEAD);
            let pages = open(ListAsk { after, ..ListAsk::below(prefix) });
            receivers.push_back(receiver);
            readers.push(SpanReader { pages, until, sender });
        }
        Self { spans: receivers, work: read_all(readers).boxed().fuse() }
    }
}

/// Reads all spans, a few at one time: in their order, so that the one that is taken from is always
/// among those at work. The very first page comes alone, so that somebody who waits sees it soon.
async fn read_all<P: Pages>(mut readers: Vec<SpanReader<P>>) {
    if let Some(first) = readers.first_mut()
        && !first.step().await
    {
        readers.remove(0);
    }
    let readers = readers.into_iter().map(|mut reader| async move { while reader.step().await {} });
    stream::iter(readers).buffer_unordered(AT_ONCE).for_each(async |()| ()).await;
}

/// A span that is being read.
struct SpanReader<P: Pages> {
    pages: P,
    until: Option<String>,
    sender: Sender<Result<Vec<P::Entry>, Fault>>,
}

impl<P: Pages> SpanReader<P> {
    /// Reads one page; tells whether there is more, and somebody who wants it.
    async fn step(&mut self) -> bool {
        let page = match self.pages.next().await {
            Ok(Some(page)) => page,
            Ok(None) => return false,
            Err(fault) => {
                // Where nobody listens any more, nobody needs to know.
                let _ = self.sender.send(Err(fault)).await;
                return false;
            }
        };
        let all = page.len();
        let page = up_to(page, self.until.as_deref());
        let is_last = page.len() < all;
        self.sender.send(Ok(page)).await.is_ok() && !is_last
    }
}

fn up_to<T: Keyed>(mut page: Vec<T>, until: Option<&str>) -> Vec<T> {
    if let Some(until) = until {
        page.truncate(page.partition_point(|entry| entry.key() <= until));
    }
    page
}

/// Cuts the keys below a prefix at folders, as far as one page tells of them.
async fn cut_into_spans(
    store: &dyn Objects,
    bucket: &BucketName,
    prefix: &str,
) -> Result<Vec<KeySpan>, Fault> {
    let mut fork = prefix.to_owned();
    for _ in 0..DEEPEST_FORK {
        let mut pages = ObjectPages::new(store, bucket, ListAsk::directly_below(fork.as_str()));
        let page = pages.next().await?.unwrap_or_default();
        match page.prefixes.as_slice() {
            [only] if page.next.is_none() => fork.clone_from(only),
            folders => return Ok(cut_at(folders)),
        }
    }
    Ok(cut_at(&[]))
}

fn cut_at(folders: &[String]) -> Vec<KeySpan> {
    let step = folders.len().div_ceil(MOST_SPANS - 1).max(1);
    let cuts: Vec<_> = folders.iter().step_by(step).cloned().map(Some).collect();
    let afters = std::iter::once(None).chain(cuts.iter().cloned());
    let untils = cuts.iter().cloned().chain(std::iter::once(None));
    afters.zip(untils).map(|(after, until)| KeySpan { after, until }).collect()
}

/// Something with a key, as listings have it.
pub trait Keyed {
    /// The key.
    fn key(&self) -> &str;
}

impl Keyed for ObjectEntry {
    fn key(&self) -> &str {
        self.key.as_str()
    }
}

impl Keyed for VersionEntry {
    fn key(&self) -> &str {
        self.key.as_str()
    }
}

impl Keyed for FolderEntry {
    fn key(&self) -> &str {
        match self {
            Self::Folder(name) => name,
            Self::Object(object) => object.key(),
        }
    }
}

/// A listing that is read page by page.
#[async_trait]
trait Pages: Send {
    type Entry: Keyed + Send;

    async fn next(&mut self) -> Result<Option<Vec<Self::Entry>>, Fault>;
}

#[async_trait]
impl Pages for ObjectPages<'_> {
    type Entry = ObjectEntry;

    async fn next(&mut self) -> Result<Option<Vec<ObjectEntry>>, Fault> {
        Ok(self.next().await?.map(|page| page.objects))
    }
}

#[async_trait]
impl Pages for VersionPages<'_> {
    type Entry = VersionEntry;

    async fn next(&mut self) -> Result<Option<Vec<VersionEntry>>, Fault> {
        Ok(self.next().await?.map(|page| page.versions))
    }
}

/// The pages of one folder.
struct FolderPages<'a>(ObjectPages<'a>);

#[async_trait]
impl Pages for FolderPages<'_> {
    type Entry = FolderEntry;

    async fn next(&mut self) -> Result<Option<Vec<FolderEntry>>, Fault> {
        let Some(page) = self.0.next().await? else { return Ok(None) };
        let folders = page.prefixes.into_iter().map(FolderEntry::Folder);
        let mut entries: Vec<_> =
            folders.chain(page.objects.into_iter().map(FolderEntry::Object)).collect();
        entries.sort_by(|one, other| one.key().cmp(other.key()));
        Ok(Some(entries))
    }
}
