//! Addresses in memory that are told of runs.

use std::sync::Mutex;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::HostPath;
use datalake_core::secret::FilledBody;

use crate::{Pings, hold_mutex};

/// Keeps what it was told.
#[derive(Debug, Default)]
pub struct MemoryPings {
    told: Mutex<Vec<(String, String)>>,
    /// Whether nobody answers.
    pub is_silent: bool,
    file: String,
}

impl MemoryPings {
    /// Addresses that stand in a file of this content.
    #[must_use]
    pub fn with_file(content: &str) -> Self {
        Self { file: content.to_owned(), ..Self::default() }
    }

    /// Addresses and what each was told, in order.
    #[must_use]
    pub fn list_told(&self) -> Vec<(String, String)> {
        hold_mutex(&self.told).clone()
    }
}

#[async_trait]
impl Pings for MemoryPings {
    fn read_addresses(&self, _: &HostPath) -> Result<FilledBody, Fault> {
        Ok(FilledBody::new(self.file.clone().into_bytes()))
    }

    async fn send_text(&self, address: &FilledBody, text: &str) -> Result<(), Fault> {
        if self.is_silent {
            return Err(Fault::new(FaultKind::Unreachable, "connection refused"));
        }
        let address = String::from_utf8_lossy(address.expose()).into_owned();
        hold_mutex(&self.told).push((address, text.to_owned()));
        Ok(())
    }
}
