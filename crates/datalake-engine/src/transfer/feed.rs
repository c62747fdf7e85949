//! The two sides as streams of sorted names, read ahead while others are at work.

use std::vec;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::transfer::{ObjectFacts, Side};
use futures::channel::mpsc::{Receiver, Sender, channel};
use futures::{SinkExt as _, StreamExt as _};

use super::courier::{Courier, Tries};
use super::{BucketFolder, LocalTree, Oddity, StopCause, TreeEntry};
use crate::{ListAsk, ObjectEntry, ObjectPage, ObjectPages, SizeTotal};

/// Batches that are read ahead, besides the one that is being sent.
const AHEAD: usize = 1;

/// A name on one side.
#[derive(Debug, Clone)]
pub(crate) struct NamedEntry {
    pub(crate) name: String,
    pub(crate) found: FoundName,
}

/// What has that name.
#[derive(Debug, Clone)]
pub(crate) enum FoundName {
    Side(Side),
    Odd(Oddity),
}

/// What a side tells. Only `End` is an end: a side that falls silent is none.
pub(crate) enum FeedNews {
    Batch(Vec<NamedEntry>),
    End,
    Failed(StopCause),
}

/// One side, name by name.
pub(crate) struct Feed {
    receiver: Receiver<FeedNews>,
    batch: vec::IntoIter<NamedEntry>,
    ended: bool,
}

/// Makes a side and the end through which it is fed.
pub(crate) fn make_feed() -> (Sender<FeedNews>, Feed) {
    let (sender, receiver) = channel(AHEAD);
    (sender, Feed { receiver, batch: Vec::new().into_iter(), ended: false })
}

impl Feed {
    /// A side that has nothing and has been told to its end.
    pub(crate) fn empty() -> Self {
        Self { ended: true, ..make_feed().1 }
    }

    /// The next name; `None` when the side was told to the end.
    pub(crate) async fn next(&mut self) -> Result<Option<NamedEntry>, StopCause> {
        loop {
            if let Some(entry) = self.batch.next() {
                return Ok(Some(entry));
            }
            if self.ended {
                return Ok(None);
            }
            match self.receiver.next().await {
                Some(FeedNews::Batch(batch)) => self.batch = batch.into_iter(),
                Some(FeedNews::End) => self.ended = true,
                Some(FeedNews::Failed(cause)) => return Err(cause),
                None => {
                    let silent = Fault::new(FaultKind::Unreadable, "it fell silent");
                    return Err(StopCause::Listing(silent));
                }
            }
        }
    }
}

/// Lists a bucket into a feed; ends early when nobody listens any more.
pub(crate) async fn list_bucket(
    courier: &Courier<'_>,
    folder: &BucketFolder<'_>,
    mut sender: Sender<FeedNews>,
) {
    let ask = ListAsk::below(folder.prefix.as_str());
    let mut pages = ObjectPages::new(folder.objects, &folder.bucket, ask);
    loop {
        let page = match read_page(courier, &mut pages).await {
            Ok(page) => page,
            Err(fault) => {
                // Where nobody listens any more, nobody needs to know.
                let _ = sender.send(FeedNews::Failed(StopCause::Listing(fault))).await;
                return;
            }
        };
        let entries = page.objects.into_iter().filter_map(|object| name_entry(folder, object));
        if sender.send(FeedNews::Batch(entries.collect())).await.is_err() {
            return;
        }
        if page.next.is_none() {
            let _ = sender.send(FeedNews::End).await;
            return;
        }
    }
}

/// Walks through a tree into a feed. What has no name that a key could have is told on the side:
/// it has no place in the order.
pub(crate) async fn walk_tree(
    tree: &dyn LocalTree,
    mut sender: Sender<FeedNews>,
    nameless: impl Fn(&str, Oddity),
) {
    let (mut walk, mut last) = (tree.walk(), Last::default());
    loop {
        let news = match walk.next().await {
            Ok(Some(entries)) => in_order(entries, &mut last, &nameless),
            Ok(None) => FeedNews::End,
            Err(fault) => FeedNews::Failed(StopCause::Walk(fault)),
        };
        let ends = !matches!(news, FeedNews::Batch(_));
        if sender.send(news).await.is_err() || ends {
            return;
        }
    }
}

/// How far a walk has come.
#[derive(Default)]
struct Last {
    name: String,
    total: SizeTotal,
}

fn in_order(entries: Vec<TreeEntry>, last: &mut Last, nameless: impl Fn(&str, Oddity)) -> FeedNews {
    let mut batch = Vec::with_capacity(entries.len());
    for entry in entries {
        let entry = match entry {
            TreeEntry::Odd(name, Oddity::NotUtf8) => {
                nameless(&name, Oddity::NotUtf8);
                continue;
            }
            other => NamedEntry::from(other),
        };
        if !last.name.is_empty() && entry.name <= last.name {
            let detail = "its names do not come in order: it is being changed";
            return FeedNews::Failed(StopCause::Walk(Fault::new(FaultKind::Disturbed, detail)));
        }
        if let FoundName::Side(Side::File(facts)) = &entry.found
            && let Err(fault) = last.total.add(&entry.name, facts.size)
        {
            return FeedNews::Failed(StopCause::Walk(fault));
        }
        entry.name.clone_into(&mut last.name);
        batch.push(entry);
    }
    FeedNews::Batch(batch)
}

/// The next page. It is not asked for behind the last one, which would count as a request.
async fn read_page(
    courier: &Courier<'_>,
    pages: &mut ObjectPages<'_>,
) -> Result<ObjectPage, Fault> {
    let mut tries = Tries::default();
    loop {
        match courier.once(0, pages.next()).await {
            Ok(page) => return Ok(page.unwrap_or_default()),
            Err(fault) => courier.try_again(&mut tries, fault).await?,
        }
    }
}

fn name_entry(folder: &BucketFolder<'_>, object: ObjectEntry) -> Option<NamedEntry> {
    let name = object.key.as_str().strip_prefix(folder.prefix.as_str())?;
    // The marker of the folder itself has no name in it.
    if name.is_empty() {
        return None;
    }
    let facts = ObjectFacts { size: object.size, modified: object.modified, etag: object.etag };
    Some(NamedEntry { name: name.to_owned(), found: FoundName::Side(Side::Object(facts)) })
}

impl From<TreeEntry> for NamedEntry {
    fn from(entry: TreeEntry) -> Self {
        match entry {
            TreeEntry::File(path, facts) => {
                let found = FoundName::Side(Side::File(facts));
                Self { name: path.as_str().to_owned(), found }
            }
            TreeEntry::Odd(name, oddity) => Self { name, found: FoundName::Odd(oddity) },
        }
    }
}
