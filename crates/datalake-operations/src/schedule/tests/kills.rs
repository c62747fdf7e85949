//! Runs that die while systemd is told of the timers.

use datalake_core::schedule::ScheduledJob;
use datalake_engine::recover;
use futures::FutureExt as _;

use super::{Host, make_spec};
use crate::choose_run_to_undo;

/// What is killed amid the timers.
#[derive(Debug, Clone, Copy)]
enum Killed {
    Apply,
    Rollback,
}

impl Host {
    /// Undoes what `rollback` would undo.
    async fn undo_last_run(&self) {
        let context = self.make_context();
        let receipt = choose_run_to_undo(&context, None).unwrap().unwrap();
        self.undo_run(&receipt).await;
    }

    /// Lets a run die in the midst of the timers, after so many of them.
    async fn kill_amid_timers(&mut self, after: usize, kill: Killed) {
        self.machine.timers.stalls_after = Some(after);
        let lives = match kill {
            Killed::Apply => self.apply_spec(&make_spec()).map(drop).now_or_never(),
            Killed::Rollback => self.undo_last_run().now_or_never(),
        };
        assert!(lives.is_none(), "it came to its end");
        self.machine.timers.stalls_after = None;
        recover(&self.make_ports(&self.make_context())).await.unwrap();
    }
}

#[tokio::test]
async fn killed_amid_the_timers_it_goes_on_or_back() {
    for after in 0..=2 {
        for kill in [Killed::Apply, Killed::Rollback] {
            let note = format!("{kill:?} killed after {after} timers");
            let mut host = Host::new();
            let before = host.take_picture().await;
            if let Killed::Rollback = kill {
                host.apply_spec(&make_spec()).await.unwrap();
            }
            host.kill_amid_timers(after, kill).await;
            host.undo_last_run().await;
            assert_eq!(host.take_picture().await, before, "{note}, then back");

            host.apply_spec(&make_spec()).await.unwrap();
            host.kill_amid_timers(after, Killed::Rollback).await;
            host.apply_spec(&make_spec()).await.unwrap();
            assert!(host.plan_timers(&make_spec()).await.unwrap().is_empty(), "{note}");
            assert_eq!(host.take_picture().await.1, [ScheduledJob::Usage, ScheduledJob::KeyAge]);
            host.undo_last_run().await;
            assert_eq!(host.take_picture().await, before, "{note}, on, then back");
        }
    }
}

#[tokio::test]
async fn killed_as_it_sets_up_timers_the_next_one_goes_on() {
    for after in 0..=2 {
        let mut host = Host::new();
        let before = host.take_picture().await;
        host.kill_amid_timers(after, Killed::Apply).await;
        host.apply_spec(&make_spec()).await.unwrap();

        assert!(host.plan_timers(&make_spec()).await.unwrap().is_empty(), "{after}");
        assert_eq!(host.take_picture().await.1, [ScheduledJob::Usage, ScheduledJob::KeyAge]);
        host.undo_last_run().await;
        assert_eq!(host.take_picture().await, before, "{after}");
    }
}
