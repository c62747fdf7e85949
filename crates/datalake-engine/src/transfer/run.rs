//! A whole run.

use datalake_core::{ByteSize, Comparison, Known, SendReason, SkipReason};
use futures::channel::mpsc::Sender;
use futures::future::join3;
use futures::{StreamExt as _, stream};

use super::feed::{News, feed, list, walk};
use super::haul::{Haul, Task};
use super::manifest::Record;
use super::merge::Merge;
use super::planner::Planner;
use super::{
    ItemFault, Mark, Options, Reason, Route, StopCause, Stopped, Summary, TransferPorts,
    TransferWatch,
};

/// How an item came to its end.
pub(crate) enum Done {
    /// It was moved.
    Moved(Known),
    /// Its content is the same on both sides.
    Equal(Known),
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
/// [`Stopped`] when a listing breaks off, or something fails that all other items would meet too.
/// Then nothing was deleted.
pub async fn sync(
    route: &Route<'_>,
    options: &Options,
    ports: &TransferPorts<'_>,
    watch: &dyn TransferWatch,
) -> Result<Summary, Stopped> {
    let haul = Haul::new(route, options, ports, watch).map_err(Stopped::before_all)?;
    if let Err(cause) = haul.go().await {
        haul.courier.stop(cause);
    }
    let (summary, stopped) = (haul.summary(), haul.courier.stopped());
    let closed = if options.dry_run { Ok(()) } else { haul.ledger.close() };
    match stopped.or(closed.err()) {
        None => Ok(summary),
        Some(cause) => Err(Stopped { summary: Box::new(summary), cause }),
    }
}

impl Stopped {
    fn before_all(cause: StopCause) -> Self {
        Self { summary: Box::default(), cause }
    }
}

impl Haul<'_> {
    async fn go(&self) -> Result<(), StopCause> {
        let (to_source, source) = feed();
        let (to_destination, destination) = feed();
        let merge = Merge::new(source, destination, self.ledger.entries()?);
        join3(self.source(to_source), self.destination(to_destination), self.work(merge)).await;
        if self.options.dry_run {
            self.judge_deletion();
            return Ok(());
        }
        if self.courier.stopped().is_none() {
            self.delete().await;
            self.end_uploads().await;
        }
        match self.route {
            Route::Down(_, tree) => tree.flush().await.map_err(StopCause::Fault),
            Route::Up(..) | Route::Across(..) => Ok(()),
        }
    }

    async fn source(&self, sender: Sender<News>) {
        match self.route {
            Route::Up(tree, _) => {
                let nameless = |name: &str, oddity| {
                    self.mark_incomplete();
                    self.tell(Mark::Failed, (name, ByteSize(0)), Reason::Odd(oddity));
                };
                walk(*tree, sender, nameless).await;
            }
            Route::Down(folder, _) | Route::Across(folder, _) => {
                list(&self.courier, folder, sender).await;
            }
        }
    }

    async fn destination(&self, sender: Sender<News>) {
        match self.route {
            Route::Down(_, tree) => walk(*tree, sender, |_, _| ()).await,
            Route::Up(_, folder) | Route::Across(_, folder) => {
                list(&self.courier, folder, sender).await;
            }
        }
    }

    async fn work(&self, merge: Merge) {
        let tasks = stream::unfold(Planner::new(self, merge), |mut planner| async move {
            planner.next().await.map(|task| (task, planner))
        });
        let items = self.options.limits.items.max(1);
        tasks.map(|task| self.settle(task)).buffer_unordered(items).collect::<()>().await;
    }

    async fn settle(&self, task: Task) {
        let size = task.source.size();
        match self.carry_out(&task).await {
            Ok(Done::Moved(known)) => {
                self.record(&Record::Known(task.name.clone(), known));
                self.tell_moved(&task);
            }
            Ok(Done::Pretended) => self.tell_moved(&task),
            Ok(Done::Equal(known)) => {
                self.record(&Record::Known(task.name.clone(), known));
                let reason = Reason::Equal(SkipReason::SameContent);
                self.tell(Mark::Skipped, (&task.name, size), reason);
            }
            Ok(Done::Kept) => {
                let reason = Reason::Equal(SkipReason::NewerThere);
                self.tell(Mark::Skipped, (&task.name, size), reason);
            }
            Err(fault) => self.tell_failed(&task.name, size, fault),
        }
    }

    fn tell_moved(&self, task: &Task) {
        let mark = if task.destination.is_some() { Mark::Replaced } else { Mark::New };
        let why = task.why.unwrap_or(SendReason::Content);
        self.tell(mark, (&task.name, task.source.size()), Reason::Sent(why));
    }

    async fn carry_out(&self, task: &Task) -> Result<Done, ItemFault> {
        if task.why.is_none() {
            if let Some(known) = self.compare(task).await? {
                return Ok(Done::Equal(known));
            }
            let keeps = self.options.comparison == Comparison::KeepNewer;
            if keeps && self.is_newer_there(task).await? {
                return Ok(Done::Kept);
            }
        }
        if self.options.dry_run {
            return self.inspect(task).await.map(|()| Done::Pretended);
        }
        let moved = match self.route {
            Route::Up(tree, folder) => self.send(task, (*tree, folder)).await,
            Route::Down(folder, tree) => self.fetch(task, (folder, *tree)).await,
            Route::Across(from, to) => self.copy(task, (from, to)).await,
        };
        moved.map(Done::Moved)
    }
}
