//! Whether a table may be brought to a folder: looked at before anything is written.

use datalake_core::s3::TableKind;
use datalake_core::tables::LogFile;
use datalake_core::text::printable_key;
use datalake_engine::{Lake, ObjectEntry, ObjectSource, TablePlace, Walk, list_log};

use super::TablesFolder;
use super::contents::have_same_content;
use super::log_copy::LogCopy;
use crate::lake::at_bucket;
use crate::{ErrorKind, OperationError};

/// The objects below a folder, in the order of their names.
struct FolderObjects<'a> {
    walk: Walk<'a, ObjectEntry>,
    page: std::vec::IntoIter<ObjectEntry>,
    folder: &'a TablesFolder,
}

impl<'a> FolderObjects<'a> {
    async fn open(lake: &'a dyn Lake, folder: &'a TablesFolder) -> Result<Self, OperationError> {
        let walk = Walk::objects(lake, &folder.bucket, &folder.prefix).await;
        let walk = walk.map_err(at_bucket(&folder.bucket))?;
        Ok(Self { walk, page: Vec::new().into_iter(), folder })
    }

    async fn next(&mut self) -> Result<Option<ObjectEntry>, OperationError> {
        loop {
            if let Some(entry) = self.page.next() {
                return Ok(Some(entry));
            }
            match self.walk.next().await.map_err(at_bucket(&self.folder.bucket))? {
                Some(page) => self.page = page.into_iter(),
                None => return Ok(None),
            }
        }
    }

    fn name_of<'e>(&self, entry: &'e ObjectEntry) -> &'e str {
        let key = entry.key.as_str();
        key.strip_prefix(&self.folder.prefix).unwrap_or(key)
    }
}

impl LogCopy<'_> {
    /// Refuses a destination that holds anything but what an earlier run has brought of this table,
    /// or that lies in another table.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where it does, or cannot be listed.
    pub(super) async fn require_own_destination(
        &self,
        source: &[LogFile],
    ) -> Result<(), OperationError> {
        self.require_no_table_above().await?;
        let is_begun = self.require_own_log(source).await?;
        self.require_own_data(is_begun).await
    }

    async fn require_no_table_above(&self) -> Result<(), OperationError> {
        let TablesFolder { bucket, prefix } = self.to;
        let ends = prefix.match_indices('/').map(|(at, _)| at + 1);
        let above = std::iter::once(0).chain(ends).filter(|end| *end < prefix.len());
        for root in above.filter_map(|end| prefix.get(..end)) {
            for kind in [TableKind::Delta, TableKind::Lance] {
                let place = TablePlace { kind, root: root.to_owned() };
                let log = list_log(self.lake, bucket, &place).await.map_err(at_bucket(bucket))?;
                if !log.is_empty() {
                    let table = format!("s3://{bucket}/{}", printable_key(root));
                    let message = format!(
                        "`{}` is inside the {} table `{table}`",
                        self.to.describe(),
                        kind.name()
                    );
                    return Err(OperationError::new(ErrorKind::Mismatch, message)
                        .advise("nothing was written: name a folder outside it"));
                }
            }
        }
        Ok(())
    }

    /// Commits that are there have to be the source's; other files of the log may be older ones of
    /// this table, where a commit shows that it is this table. Tells whether one does.
    async fn require_own_log(&self, source: &[LogFile]) -> Result<bool, OperationError> {
        let there = self.list(self.to).await?;
        let mut other = None;
        let mut has_commit = false;
        for file in &there {
            let own = source.iter().find(|own| own.name == file.name);
            let is_commit = file.part.commit().is_some();
            let is_own = match own {
                None => false,
                Some(own) if self.is_same(own, file).await? => true,
                Some(_) => is_commit && self.was_overwritten(file).await?,
            };
            has_commit |= is_commit && is_own;
            if !is_own && (is_commit || own.is_none()) {
                return Err(self.foreign_error(file));
            }
            if !is_own {
                other = Some(file);
            }
        }
        match other.filter(|_| !has_commit) {
            Some(file) => Err(self.foreign_error(file)),
            None => Ok(has_commit),
        }
    }

    /// Data that are there have to be the source's. Tags of parts do not tell; where no commit shows that it
    /// is this table, both contents are read.
    async fn require_own_data(&self, is_begun: bool) -> Result<(), OperationError> {
        let mut there = FolderObjects::open(self.lake, self.to).await?;
        let mut here = FolderObjects::open(self.lake, self.from).await?;
        let log = format!("{}/", self.kind.log_folder());
        let mut own = here.next().await?;
        while let Some(found) = there.next().await? {
            let name = there.name_of(&found);
            if name.starts_with(&log) {
                continue;
            }
            while own.as_ref().is_some_and(|own| here.name_of(own) < name) {
                own = here.next().await?;
            }
            let same_name = own.as_ref().filter(|own| here.name_of(own) == name);
            let is_own = match same_name.filter(|own| own.size == found.size) {
                None => false,
                Some(own) => match own.etag.agrees_with(&found.etag) {
                    Some(is_same) => is_same,
                    None if is_begun => true,
                    None => self.have_same_data(own, &found).await?,
                },
            };
            if !is_own {
                let place = self.to.describe_below(name);
                let message = format!("`{place}` already exists, and no part of this table");
                return Err(OperationError::new(ErrorKind::Mismatch, message)
                    .advise("nothing was written: name a folder that is empty"));
            }
        }
        Ok(())
    }

    async fn have_same_data(
        &self,
        own: &ObjectEntry,
        found: &ObjectEntry,
    ) -> Result<bool, OperationError> {
        let own = ObjectSource::current(&self.from.bucket, &own.key).if_match(own.etag.clone());
        let found = ObjectSource::current(&self.to.bucket, &found.key).if_match(found.etag.clone());
        have_same_content(self.lake, self.clock, [&own, &found]).await
    }
}
