//! Folders and keys as a tree.

use std::vec;

use datalake_core::fault::Fault;
use datalake_core::s3::{BucketName, KeyPattern};
use datalake_engine::{FolderEntry, Lake, ObjectEntry, Walk};
use schemars::JsonSchema;
use serde::Serialize;

use super::{at_bucket, no_match_error, refuse_wildcard};
use crate::OperationError;

/// All that lies below a prefix, as a tree.
#[derive(Debug, Clone, Copy)]
pub struct ObjectTree<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// What the keys begin with.
    pub prefix: &'a str,
    /// How many folders inside each other are gone into; `None` for all.
    pub depth: Option<usize>,
}

/// A folder of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TreeFolder<'a> {
    /// How deep it lies; 0 at the top.
    pub depth: usize,
    /// What its keys begin with, with the slash.
    pub prefix: &'a str,
}

/// An object of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TreeObject<'a> {
    /// How deep it lies; 0 at the top.
    pub depth: usize,
    /// Its key.
    pub key: &'a str,
    /// Its size in bytes.
    pub size: u64,
}

/// What was listed, in sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct TreeTotals {
    /// How many folders.
    pub folders: u64,
    /// How many objects.
    pub objects: u64,
}

/// Is told of a tree, each folder before what lies in it.
pub trait TreeReporter: Send {
    /// A folder, and its name in the one above.
    fn folder(&mut self, name: &str, folder: &TreeFolder<'_>);

    /// An object, and its name in its folder; `.` for the marker of that folder itself.
    fn object(&mut self, name: &str, object: &TreeObject<'_>);

    /// A page more has been told; whether anybody wants to hear of more.
    fn page_ended(&mut self) -> bool {
        true
    }
}

/// A tree that is being told.
struct KeyTreeWalk<'r> {
    reporter: &'r mut dyn TreeReporter,
    totals: TreeTotals,
}

impl ObjectTree<'_> {
    /// Goes through the tree.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where a listing fails, and where no key begins so. What was told before is
    /// no whole tree then.
    pub async fn list(
        &self,
        lake: &dyn Lake,
        reporter: &mut dyn TreeReporter,
    ) -> Result<TreeTotals, OperationError> {
        let mut walk = KeyTreeWalk { reporter, totals: TreeTotals::default() };
        let walked = match self.depth {
            Some(depth) => walk.go_down(lake, self, depth).await,
            None => walk.go_through(lake, self).await,
        };
        walked.map_err(at_bucket(self.bucket))?;
        if walk.totals == TreeTotals::default() && !self.prefix.is_empty() {
            refuse_wildcard(self.prefix)?;
            let pattern = KeyPattern::plain(self.prefix);
            return Err(no_match_error(self.bucket, self.prefix, &pattern));
        }
        Ok(walk.totals)
    }
}

impl KeyTreeWalk<'_> {
    /// All keys, and the folders that their names speak of.
    async fn go_through(&mut self, lake: &dyn Lake, tree: &ObjectTree<'_>) -> Result<(), Fault> {
        let mut walk = Walk::objects(lake, tree.bucket, tree.prefix).await?;
        // The folders that the last key lay in.
        let mut open: Vec<String> = Vec::new();
        while let Some(page) = walk.next().await? {
            for object in &page {
                let key = object.key.as_str();
                let is_left = |folder: &String| !key.starts_with(folder.as_str());
                open.truncate(open.iter().position(is_left).unwrap_or(open.len()));
                loop {
                    let above = open.last().map_or(tree.prefix, String::as_str);
                    let rest = key.get(above.len()..).unwrap_or_default();
                    let Some(slash) = rest.find('/') else { break };
                    let folder = key.get(..=above.len() + slash).unwrap_or_default();
                    self.tell_folder(open.len(), above, folder);
                    open.push(folder.to_owned());
                }
                let above = open.last().map_or(tree.prefix, String::as_str);
                self.tell_object(open.len(), above, object);
            }
            if !self.reporter.page_ended() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The folders of the first levels alone; what lies deeper is not asked for.
    async fn go_down<'a>(
        &mut self,
        lake: &'a dyn Lake,
        tree: &ObjectTree<'a>,
        depth: usize,
    ) -> Result<(), Fault> {
        let mut open = vec![TreeLevel::new(lake, tree.bucket, tree.prefix)];
        while let Some(level) = open.last_mut() {
            let Some(entry) = level.next().await? else {
                open.pop();
                continue;
            };
            let (above, inside) = (level.prefix.clone(), open.len() - 1);
            match entry {
                FolderEntry::Object(object) => self.tell_object(inside, &above, &object),
                FolderEntry::Folder(folder) => {
                    self.tell_folder(inside, &above, &folder);
                    if open.len() < depth {
                        open.push(TreeLevel::new(lake, tree.bucket, &folder));
                    }
                }
            }
        }
        Ok(())
    }

    fn tell_folder(&mut self, depth: usize, above: &str, prefix: &str) {
        self.totals.folders += 1;
        let name = prefix.strip_prefix(above).unwrap_or(prefix);
        self.reporter.folder(name, &TreeFolder { depth, prefix });
    }

    fn tell_object(&mut self, depth: usize, above: &str, object: &ObjectEntry) {
        self.totals.objects += 1;
        let key = object.key.as_str();
        // The marker of the folder itself has no name in it.
        let name = key.strip_prefix(above).filter(|name| !name.is_empty()).unwrap_or(".");
        self.reporter.object(name, &TreeObject { depth, key, size: object.size.0 });
    }
}

/// A folder that is being read.
struct TreeLevel<'a> {
    prefix: String,
    walk: Walk<'a, FolderEntry>,
    page: vec::IntoIter<FolderEntry>,
}

impl<'a> TreeLevel<'a> {
    fn new(lake: &'a dyn Lake, bucket: &'a BucketName, prefix: &str) -> Self {
        let walk = Walk::folder(lake, bucket, prefix);
        Self { prefix: prefix.to_owned(), walk, page: Vec::new().into_iter() }
    }

    async fn next(&mut self) -> Result<Option<FolderEntry>, Fault> {
        loop {
            if let Some(entry) = self.page.next() {
                return Ok(Some(entry));
            }
            match self.walk.next().await? {
                Some(page) => self.page = page.into_iter(),
                None => return Ok(None),
            }
        }
    }
}
