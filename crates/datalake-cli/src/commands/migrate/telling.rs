//! What is told while a migration goes on.

use datalake_engine::transfer::Summary;
use datalake_operations::migration::{MigrationReporter, PauseChoice, PauseNews, PauseReporter};

use super::super::services::tell_service_news;
use super::super::transfer::Teller;
use crate::args::migrate::Pause;
use crate::render::Printer;

/// Tells how Dagster is kept from writing.
pub(super) struct PauseTalk(pub(super) Printer);

impl PauseReporter for PauseTalk {
    fn tell(&self, news: PauseNews<'_>) {
        match news {
            PauseNews::Stopping(names) => self.0.talk(&format!("stopping {names}")),
            PauseNews::Starting(names) => self.0.talk(&format!("starting {names}")),
            PauseNews::WaitingForRuns(runs) => {
                self.0.talk(&format!("waiting for runs to end: {runs}"));
            }
            PauseNews::Service(news) => tell_service_news(self.0)(news),
        }
    }
}

impl MigrationReporter for Teller {
    fn end_pass(&self, summary: &Summary) {
        self.ended(summary);
    }

    fn leave(&self, name: &str, why: &str) {
        Self::leave(self, name, why);
    }
}

/// How Dagster is kept from writing, as the flags say.
pub(super) fn pause_choice(flags: &Pause) -> PauseChoice {
    PauseChoice {
        webserver: flags.webserver.clone(),
        stop_daemon: flags.stop_daemon,
        wait: flags.wait,
        while_running: flags.while_running,
    }
}
