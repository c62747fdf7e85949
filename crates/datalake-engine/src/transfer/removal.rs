//! What the source has not, deleted from the destination.

use std::mem;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::size::ByteSize;
use datalake_core::transfer::{Side, TreePath};

use super::haul::Haul;
use super::manifest::ManifestRecord;
use super::{BucketFolder, Deletion, Item, ItemFault, LocalTree, Mark, NotDeleted, Reason, Route};
use crate::hold_mutex;
use crate::{AnyKey, DeleteTarget, PAGE};

type Names = Vec<(String, Side)>;

impl Haul<'_> {
    /// Deletes what is surplus, if that was asked for and nothing speaks against it. The run has
    /// seen both sides to their ends.
    pub(crate) async fn delete(&self) {
        if !self.judge_deletion() {
            return;
        }
        let doomed = mem::take(&mut *hold_mutex(&self.doomed));
        match self.route {
            Route::Down(_, tree) => self.delete_files(*tree, doomed).await,
            Route::Up(_, folder) | Route::Across(_, folder) => {
                self.delete_objects(folder, doomed).await;
            }
        }
    }

    /// Whether surplus names may go; why not stands in the summary. A dry run tells them.
    pub(crate) fn judge_deletion(&self) -> bool {
        let Deletion::AtMost(most) = self.options.delete else { return false };
        if hold_mutex(&self.doomed).is_empty() {
            return false;
        }
        let against = if self.source_is_empty() {
            Some(NotDeleted::SourceEmpty)
        } else if self.is_destination_unread() {
            Some(NotDeleted::DestinationUnread)
        } else if self.is_incomplete() {
            Some(NotDeleted::SourceIncomplete)
        } else if hold_mutex(&self.doomed).len() as u64 > most {
            Some(NotDeleted::TooMany)
        } else {
            None
        };
        self.change_summary(|summary| summary.not_deleted = against);
        if against.is_none() && self.options.dry_run {
            let doomed = mem::take(&mut *hold_mutex(&self.doomed));
            for (name, side) in doomed {
                self.tell(&Item {
                    mark: Mark::Deleted,
                    name: &name,
                    size: side.size(),
                    reason: Reason::NotInSource,
                });
            }
        }
        against.is_none()
    }

    async fn delete_files(&self, tree: &dyn LocalTree, doomed: Names) {
        for (name, side) in doomed {
            let size = side.size();
            let (Side::File(facts), Ok(path)) = (side, TreePath::try_from(name.as_str())) else {
                continue;
            };
            self.tell_deleted(&name, size, tree.remove(&path, &facts).await);
        }
    }

    async fn delete_objects(&self, folder: &BucketFolder<'_>, doomed: Names) {
        let keyed = doomed.into_iter().filter_map(|(name, side)| {
            let key = folder.key(&name).ok()?;
            Some((name, side.size(), DeleteTarget { key, version: None }))
        });
        let keyed: Vec<_> = keyed.collect();
        for page in keyed.chunks(usize::from(PAGE)) {
            if self.courier.find_stop().is_some() {
                return;
            }
            let doomed: Vec<_> = page.iter().map(|(_, _, doomed)| doomed.clone()).collect();
            let many = || folder.objects.delete_many(&folder.bucket, &doomed);
            let outcomes = self.courier.make_call(many).await;
            let mut outcomes = outcomes.unwrap_or_default().into_iter();
            for (name, size, doomed) in page {
                let unspoken = || Err(Fault::new(FaultKind::Unreadable, "no outcome"));
                let outcome = match outcomes.next().unwrap_or_else(unspoken) {
                    Ok(()) => Ok(()),
                    Err(_) => self.delete_one(folder, &doomed.key).await,
                };
                self.tell_deleted(name, *size, outcome);
            }
        }
    }

    async fn delete_one(&self, folder: &BucketFolder<'_>, key: &AnyKey) -> Result<(), Fault> {
        let delete = || folder.objects.delete(&folder.bucket, key, None);
        self.courier.make_call(delete).await.map(drop)
    }

    fn tell_deleted(&self, name: &str, size: ByteSize, outcome: Result<(), Fault>) {
        match outcome {
            Ok(()) => {
                self.record(&ManifestRecord::Gone(name.to_owned()));
                self.tell(&Item { mark: Mark::Deleted, name, size, reason: Reason::NotInSource });
            }
            Err(fault) => self.tell_failed(name, size, ItemFault::Destination(fault)),
        }
    }
}
