//! Bad days: each with its own message, hint and exit code, and nothing changed (show 8 of the main
//! road).

mod credentials;
mod disk;
mod files;
mod host;
mod lock;
mod other_hosts;
mod rollback;
mod service;
mod spec;

use std::path::Path;

use snapbox::IntoData;
use snapbox::assert_data_eq;

use crate::support::{Call, Host, Ran, Service, Tree, shown};

/// A usual host, a service, and the proof that neither is touched.
struct Day {
    host: Host,
    service: Service,
}

impl Day {
    fn new() -> Self {
        Self { host: Host::usual(), service: Service::hetzner() }
    }

    /// `provision --yes` with a working key.
    fn provision(&self) -> Call {
        self.host.call(&self.service, "provision --yes")
    }

    /// The same without any key.
    fn provision_without_key(&self) -> Call {
        self.host.without_key(&self.service, "provision --yes")
    }

    /// Everything but who was the last to hold the lock.
    fn tree(&self) -> Tree {
        self.host.tree().without(Path::new("var/lib/datalake/lock"))
    }

    /// Runs what must be refused with this exit code and text, before anything is changed.
    #[track_caller]
    fn refuses(&self, call: Call, code: i32, text: impl IntoData) -> Ran {
        let (before, sent) = (self.tree(), self.service.writes().len());

        let ran = call.run().exits(code);

        assert_data_eq!(without_waiting(&shown(&ran.stderr)), text);
        self.tree().must_be(&before, "nothing may change");
        let writes = self.service.writes();
        assert_eq!(writes.get(sent..), Some(&[][..]), "nothing may be written to the store");
        ran
    }
}

/// Without the line on what is waited for: whether it comes is a matter of how long tries take.
fn without_waiting(text: &str) -> String {
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !line.starts_with("waiting for ")).collect()
}
