//! Values for tests.

use datalake_core::spec::{SpecDocument, StoreSpec};
use datalake_engine::NoCheckpoints;
use datalake_engine::memory::{MemoryClock, MemoryFiles, MemoryState};

use crate::HostContext;

/// An empty host in memory.
pub(crate) struct TestHost {
    files: MemoryFiles,
    state: MemoryState,
    clock: MemoryClock,
}

impl Default for TestHost {
    fn default() -> Self {
        let (files, state) = Default::default();
        Self { files, state, clock: MemoryClock::new(0) }
    }
}

impl TestHost {
    pub(crate) fn context(&self) -> HostContext<'_> {
        HostContext {
            files: &self.files,
            state: &self.state,
            state_name: "/state",
            clock: &self.clock,
            checkpoints: &NoCheckpoints,
            machine: None,
            root_name: None,
            variables: HostContext::usual_variables(),
        }
    }
}

/// The least that a spec says of a service.
pub(crate) fn store_spec() -> StoreSpec {
    let document = SpecDocument { region: Some("fsn1".to_owned()), ..SpecDocument::default() };
    document.check_store().unwrap()
}
