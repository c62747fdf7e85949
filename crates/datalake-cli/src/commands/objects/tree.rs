//! `tree`: folders and keys, indented.

use datalake_core::{BucketName, Fault};
use datalake_engine::{FolderEntry, Lake, ObjectEntry, Walk};
use schemars::JsonSchema;
use serde::Serialize;

use super::nothing;
use crate::args::{Cli, objects::Tree};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{Remote, at_bucket};
use crate::render::{DocumentKind, Printer, Rows, key_text, size};

pub(super) const TREE_FOLDER: DocumentKind = DocumentKind::of::<Folder<'static>>("tree-folder");
pub(super) const TREE_OBJECT: DocumentKind = DocumentKind::of::<Object<'static>>("tree-object");
pub(super) const TREE_END: DocumentKind = DocumentKind::of::<End>("tree-end");

/// A folder.
#[derive(Serialize, JsonSchema)]
struct Folder<'a> {
    /// How deep it lies; 0 at the top.
    depth: usize,
    /// What its keys begin with, with the slash.
    prefix: &'a str,
}

/// An object.
#[derive(Serialize, JsonSchema)]
struct Object<'a> {
    /// How deep it lies; 0 at the top.
    depth: usize,
    /// Its key.
    key: &'a str,
    /// Its size in bytes.
    size: u64,
}

/// What was printed, in sum.
#[derive(Serialize, JsonSchema, Default)]
struct End {
    /// How many folders.
    folders: u64,
    /// How many objects.
    objects: u64,
}

/// A tree that is being printed.
struct Printed {
    rows: Rows,
    end: End,
}

pub(in crate::commands) async fn tree(
    cli: &Cli,
    flags: &Tree,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let (bucket, pattern) = remote.keys(&flags.keys, true)?;
    let (lake, prefix) = (remote.lake(), pattern.literal());
    let mut tree = Printed { rows: Rows::new(printer), end: End::default() };
    let printed = match flags.depth {
        Some(depth) => tree.down_to(&lake, (&bucket, prefix), depth).await,
        None => tree.whole(&lake, &bucket, prefix).await,
    };
    printed.map_err(|fault| {
        tree.rows.flush();
        at_bucket(&bucket)(fault)
    })?;
    if tree.end.is_empty() && !flags.keys.key.is_empty() {
        return Err(nothing(&bucket, &flags.keys.key, &pattern));
    }
    if printer.is_json() {
        tree.rows.row(TREE_END, &tree.end, String::new);
    }
    Ok(Exit::Done)
}

impl End {
    fn is_empty(&self) -> bool {
        self.folders + self.objects == 0
    }
}

impl Printed {
    /// All keys, and the folders that their names speak of.
    async fn whole(
        &mut self,
        lake: &dyn Lake,
        bucket: &BucketName,
        prefix: &str,
    ) -> Result<(), Fault> {
        let mut walk = Walk::objects(lake, bucket, prefix).await?;
        // The folders that the last key lay in.
        let mut open: Vec<String> = Vec::new();
        while let Some(page) = walk.next().await? {
            for object in &page {
                let key = object.key.as_str();
                let is_left = |folder: &String| !key.starts_with(folder.as_str());
                open.truncate(open.iter().position(is_left).unwrap_or(open.len()));
                loop {
                    let above = open.last().map_or(prefix, String::as_str);
                    let rest = key.get(above.len()..).unwrap_or_default();
                    let Some(slash) = rest.find('/') else { break };
                    let folder = key.get(..=above.len() + slash).unwrap_or_default();
                    self.folder(open.len(), above, folder);
                    open.push(folder.to_owned());
                }
                let above = open.last().map_or(prefix, String::as_str);
                self.object(open.len(), above, object);
            }
            if !self.rows.flush() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The folders of the first levels alone; what lies deeper is not asked for.
    async fn down_to<'a>(
        &mut self,
        lake: &'a dyn Lake,
        (bucket, prefix): (&'a BucketName, &'a str),
        depth: usize,
    ) -> Result<(), Fault> {
        let mut open = vec![Level::new(lake, bucket, prefix)];
        while let Some(level) = open.last_mut() {
            let Some(entry) = level.next().await? else {
                open.pop();
                continue;
            };
            let (above, inside) = (level.prefix.clone(), open.len() - 1);
            match entry {
                FolderEntry::Object(object) => self.object(inside, &above, &object),
                FolderEntry::Folder(folder) => {
                    self.folder(inside, &above, &folder);
                    if open.len() < depth {
                        open.push(Level::new(lake, bucket, &folder));
                    }
                }
            }
        }
        Ok(())
    }

    fn folder(&mut self, depth: usize, above: &str, prefix: &str) {
        self.end.folders += 1;
        let name = prefix.strip_prefix(above).unwrap_or(prefix);
        self.rows.row(TREE_FOLDER, Folder { depth, prefix }, || {
            format!("{:indent$}{}", "", key_text(name), indent = 2 * depth)
        });
    }

    fn object(&mut self, depth: usize, above: &str, object: &ObjectEntry) {
        self.end.objects += 1;
        let key = object.key.as_str();
        // The marker of the folder itself has no name in it.
        let name = key.strip_prefix(above).filter(|name| !name.is_empty()).unwrap_or(".");
        self.rows.row(TREE_OBJECT, Object { depth, key, size: object.size.0 }, || {
            let indent = 2 * depth;
            format!("{:indent$}{}  {}", "", key_text(name), size(object.size.0))
        });
    }
}

/// A folder that is being read.
struct Level<'a> {
    prefix: String,
    walk: Walk<'a, FolderEntry>,
    page: std::vec::IntoIter<FolderEntry>,
}

impl<'a> Level<'a> {
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
