//! A whole run.

use datalake_core::size::ByteSize;
use datalake_core::transfer::{Comparison, Known, SendReason, SkipReason};
use futures::channel::mpsc::{Receiver, Sender, channel};
use futures::future::{join, join3, ready};
use futures::{SinkExt as _, StreamExt as _};

use super::compare::ComparedPair;
use super::feed::{FeedNews, list_bucket, make_feed, walk_tree};
use super::haul::{Haul, Task};
use super::manifest::ManifestRecord;
use super::merge::{Merge, SparedNames};
use super::planner::Planner;
use super::renames::UploadEnds;
use super::{
    Item, ItemFault, Mark, Options, Reason, Route, StopCause, Summary, TransferPorts,
    TransferStopped, TransferWatch,
};

/// So many items are found ahead of those that are being moved. They take some tens of megabytes.
const COUNTED_AHEAD: usize = 50_000;

/// How an item came to its end.
pub(crate) enum ItemOutcome {
    /// It was moved.
    Moved(Known),
    /// It was renamed, and copied by the service.
    Renamed(Known),
    /// Its content is the same on both sides.
    Equal(Known),
    /// It looks the same, and nothing tells more.
    Assumed(Known),
    /// The destination is another one and newer: it stays.
    Kept,
    /// It would have been moved.
    Pretended,
}

/// Makes the destination equal to the source.
///
/// The run may be dropped or killed at any time; the next one with the same manifest goes on from
/// there. Items that fail are told and do not end the run: see [`Summary::failed`].
///
/// # Errors
///
/// [`TransferStopped`] when a listing breaks off, or something fails that all other items would meet too.
/// Then nothing was deleted.
pub async fn sync(
    route: &Route<'_>,
    options: &Options,
    ports: &TransferPorts<'_>,
    watch: &dyn TransferWatch,
) -> Result<Summary, TransferStopped> {
    let haul = Haul::new(route, options, ports, watch).map_err(TransferStopped::before_all)?;
    if let Err(cause) = haul.go().await {
        haul.courier.stop(cause);
    }
    let (summary, stopped) = (haul.summary(), haul.courier.find_stop());
    let closed = if options.dry_run { Ok(()) } else { haul.ledger.close() };
    match stopped.or(closed.err()) {
        None => Ok(summary),
        Some(cause) => Err(TransferStopped { summary: Box::new(summary), cause }),
    }
}

impl TransferStopped {
    fn before_all(cause: StopCause) -> Self {
        Self { summary: Box::default(), cause }
    }
}

impl Haul<'_> {
    async fn go(&self) -> Result<(), StopCause> {
        let (to_source, source) = make_feed();
        let (to_destination, destination) = make_feed();
        let merge = Merge::new(source, destination, self.ledger.entries()?);
        let merge = merge.without_names(SparedNames::of_route(self.route));
        join3(self.source(to_source), self.destination(to_destination), self.work(merge)).await;
        if self.options.dry_run {
            self.judge_deletion();
            return Ok(());
        }
        if self.courier.find_stop().is_none() {
            self.delete().await;
            self.end_uploads().await;
        }
        match self.route {
            Route::Down(_, tree) => tree.flush().await.map_err(StopCause::Fault),
            Route::Up(..) | Route::Across(..) => Ok(()),
        }
    }

    async fn source(&self, sender: Sender<FeedNews>) {
        match self.route {
            Route::Up(tree, _) => {
                let nameless = |name: &str, oddity| {
                    self.mark_incomplete();
                    self.tell(&Item {
                        mark: Mark::Failed,
                        name,
                        size: ByteSize(0),
                        reason: Reason::Odd(oddity),
                    });
                };
                walk_tree(*tree, sender, nameless).await;
            }
            Route::Down(folder, _) | Route::Across(folder, _) => {
                list_bucket(&self.courier, folder, sender).await;
            }
        }
    }

    async fn destination(&self, sender: Sender<FeedNews>) {
        match self.route {
            Route::Down(_, tree) => walk_tree(*tree, sender, |_, _| ()).await,
            Route::Up(_, folder) | Route::Across(_, folder) => {
                list_bucket(&self.courier, folder, sender).await;
            }
        }
    }

    async fn work(&self, merge: Merge) {
        let (to_workers, tasks) = channel(COUNTED_AHEAD);
        join(self.plan_tasks(merge, to_workers), self.settle_tasks(tasks)).await;
    }

    /// Finds what is to be moved, ahead of those who move it: so the whole is known early.
    async fn plan_tasks(&self, merge: Merge, mut to_workers: Sender<Task>) {
        let mut planner = Planner::new(self, merge);
        while let Some(task) = planner.next().await {
            if to_workers.send(task).await.is_err() {
                return;
            }
        }
        if self.courier.find_stop().is_none() {
            self.tell_planning_ended();
        }
    }

    /// Moves what was found; after a stop, only what has begun.
    async fn settle_tasks(&self, tasks: Receiver<Task>) {
        let goes_on = |_: &Task| ready(self.courier.find_stop().is_none());
        let items = self.options.limits.items.max(1);
        let settled = tasks.take_while(goes_on).map(|task| self.settle(task));
        settled.buffer_unordered(items).collect::<()>().await;
    }

    async fn settle(&self, task: Task) {
        let size = task.source.size();
        match self.carry_out(&task).await {
            Ok(ItemOutcome::Moved(known)) => {
                self.record(&ManifestRecord::Known(task.name.clone(), known));
                self.tell_moved(&task, task.why);
            }
            Ok(ItemOutcome::Renamed(known)) => {
                self.record(&ManifestRecord::Known(task.name.clone(), known));
                self.tell_moved(&task, SendReason::Renamed);
            }
            Ok(ItemOutcome::Pretended) => self.tell_moved(&task, task.why),
            Ok(ItemOutcome::Equal(known)) => {
                self.record(&ManifestRecord::Known(task.name.clone(), known));
                let reason = Reason::Equal(SkipReason::SameContent);
                self.tell(&Item { mark: Mark::Skipped, name: &task.name, size, reason });
            }
            Ok(ItemOutcome::Assumed(known)) => {
                self.record(&ManifestRecord::Known(task.name.clone(), known));
                let reason = Reason::Equal(SkipReason::LooksEqual);
                self.tell(&Item { mark: Mark::Skipped, name: &task.name, size, reason });
            }
            Ok(ItemOutcome::Kept) => {
                let reason = Reason::Equal(SkipReason::NewerThere);
                self.tell(&Item { mark: Mark::Skipped, name: &task.name, size, reason });
            }
            Err(fault) => self.tell_failed(&task.name, size, fault),
        }
        self.tell_settled(size);
    }

    fn tell_moved(&self, task: &Task, why: SendReason) {
        let mark = if task.destination.is_some() { Mark::Replaced } else { Mark::New };
        self.tell(&Item {
            mark,
            name: &task.name,
            size: task.source.size(),
            reason: Reason::Sent(why),
        });
    }

    async fn carry_out(&self, task: &Task) -> Result<ItemOutcome, ItemFault> {
        if task.compare {
            match self.compare(task).await? {
                ComparedPair::Same(known) => return Ok(ItemOutcome::Equal(known)),
                ComparedPair::Assumed(known) => return Ok(ItemOutcome::Assumed(known)),
                ComparedPair::Differs => (),
            }
            let keeps = self.options.comparison == Comparison::KeepNewer && !task.replaces_own();
            if keeps && self.is_newer_there(task).await? {
                return Ok(ItemOutcome::Kept);
            }
        }
        self.require_unchanged_here(task).await?;
        if self.options.dry_run {
            return self.inspect(task).await.map(|()| ItemOutcome::Pretended);
        }
        let moved = match self.route {
            Route::Up(tree, folder) => {
                if let Some(known) =
                    self.copy_renamed(task, UploadEnds { tree: *tree, folder }).await?
                {
                    return Ok(ItemOutcome::Renamed(known));
                }
                self.send(task, *tree, folder).await
            }
            Route::Down(folder, tree) => self.fetch(task, folder, *tree).await,
            Route::Across(from, to) => self.copy(task, from, to).await,
        };
        moved.map(ItemOutcome::Moved)
    }
}

impl Task {
    /// Whether the destination is what the last run left there.
    fn replaces_own(&self) -> bool {
        match (&self.known, &self.destination) {
            (Some(known), Some(there)) => known.is_destination(there),
            _ => false,
        }
    }
}
