//! The S3 service of a test: a simulator inside of it, or one outside where a lane names it.

use std::time::Duration;

use datalake_sim::{Config, JournalCounts, Quirks, RequestSeen, Running, SimKey, start};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A key pair as a test writes it down.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyPair {
    pub(crate) id: &'static str,
    pub(crate) secret: &'static str,
    project: u64,
}

/// The key of the tests' project.
pub(crate) const KEY: KeyPair = KeyPair {
    id: "TESTKEY0000000000001",
    secret: "q7/Zk2+Vx9mTt4RbL8wNcY3hJ6sFpD1gQe5uAoXz",
    project: 11,
};

/// The key of somebody else's project.
pub(crate) const OTHER_KEY: KeyPair = KeyPair {
    id: "TESTKEY0000000000002",
    secret: "another0Project0another0Project0another0",
    project: 22,
};

/// A second key of the tests' project.
pub(crate) const SECOND_KEY: KeyPair = KeyPair {
    id: "TESTKEY0000000000003",
    secret: "guarded0Guarded0guarded0Guarded0guarded0",
    project: 11,
};

/// The variable with the address of a service outside, whose key is [`KEY`]. Tests that bend the
/// service itself need the simulator and fail there.
const OUTSIDE: &str = "DATALAKE_TEST_ENDPOINT";
/// The variable with its region.
const OUTSIDE_REGION: &str = "DATALAKE_TEST_REGION";

/// A service; a simulator ends with the test.
pub(crate) struct Service {
    at: At,
    runtime: Runtime,
}

enum At {
    Inside { running: Running, _dir: TempDir },
    Outside { endpoint: String, region: String },
}

impl Service {
    /// Hetzner's ways, two projects.
    pub(crate) fn hetzner() -> Self {
        Self::with(|config| config)
    }

    /// The same with changes.
    pub(crate) fn with(change: impl FnOnce(Config) -> Config) -> Self {
        let dir = TempDir::new().unwrap();
        let keys = [KEY, OTHER_KEY, SECOND_KEY].map(|key| SimKey {
            access_key_id: key.id.to_owned(),
            secret_access_key: key.secret.to_owned(),
            project: key.project,
        });
        let config = Config { keys: keys.to_vec(), ..Config::hetzner(dir.path()) };
        let runtime = runtime();
        let running = runtime.block_on(start(change(config))).unwrap();
        Self { at: At::Inside { running, _dir: dir }, runtime }
    }

    /// The one outside, where there is one.
    pub(crate) fn outside() -> Option<Self> {
        let endpoint = std::env::var(OUTSIDE).ok()?;
        let region = std::env::var(OUTSIDE_REGION).unwrap();
        Some(Self { at: At::Outside { endpoint, region }, runtime: runtime() })
    }

    /// The same, whose buckets are there at once.
    pub(crate) fn quick() -> Self {
        Self::with(|config| {
            let quirks = Quirks { bucket_delay: Duration::ZERO, ..config.quirks };
            Config { quirks, ..config }
        })
    }

    /// Runs something of a test's own to its end.
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Moves the calendar on by so many days.
    pub(crate) fn advance(&self, days: u64) {
        self.running().advance(Duration::from_secs(days * 86_400)).unwrap();
    }

    /// Moves the calendar on.
    pub(crate) fn advance_by(&self, length: Duration) {
        self.running().advance(length).unwrap();
    }

    pub(crate) fn endpoint(&self) -> String {
        match &self.at {
            At::Inside { running, .. } => running.endpoint(),
            At::Outside { endpoint, .. } => endpoint.clone(),
        }
    }

    pub(crate) fn region(&self) -> &str {
        match &self.at {
            At::Inside { .. } => "fsn1",
            At::Outside { region, .. } => region,
        }
    }

    /// Fails the test where the service is one outside.
    #[track_caller]
    pub(crate) fn must_be_a_simulator(&self) {
        self.running();
    }

    #[track_caller]
    fn running(&self) -> &Running {
        match &self.at {
            At::Inside { running, .. } => running,
            At::Outside { endpoint, .. } => panic!("no simulator at {endpoint}"),
        }
    }

    /// The certificate of a service that speaks TLS.
    pub(crate) fn certificate(&self) -> String {
        self.running().certificate_pem().unwrap()
    }

    pub(crate) fn set_clock_offset(&self, seconds: i64) {
        self.running().set_clock_offset(seconds);
    }

    /// Deletes a key, as one does in the Console.
    pub(crate) fn forget_key(&self, key: KeyPair) {
        self.running().forget_key(key.id);
    }

    pub(crate) fn set_faults(&self, plan: &str) {
        self.running().set_faults(plan.parse().unwrap());
    }

    pub(crate) fn requests(&self) -> Vec<RequestSeen> {
        self.running().requests()
    }

    /// How much came since the start.
    pub(crate) fn counts(&self) -> JournalCounts {
        self.running().counts()
    }

    /// The requests that could have changed something.
    pub(crate) fn writes(&self) -> Vec<String> {
        let reads = |request: &RequestSeen| ["GET", "HEAD"].contains(&request.method.as_str());
        let writes = self.requests().into_iter().filter(|request| !reads(request));
        writes.map(|request| format!("{} {}", request.method, request.path)).collect()
    }

    /// Ends it, so that nothing listens at its address any more.
    pub(crate) fn stop(self) -> String {
        let endpoint = self.endpoint();
        if let At::Inside { running, .. } = self.at {
            self.runtime.block_on(running.stop());
        }
        endpoint
    }
}

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().unwrap()
}
