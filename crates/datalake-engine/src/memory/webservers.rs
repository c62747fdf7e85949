//! Webservers of Dagster in memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};

use crate::hold_mutex;
use crate::webservers::Webservers;

/// Webservers whose answers are written down beforehand: each gives its next one, and the last one
/// again and again, whatever is asked. Others do not answer.
#[derive(Debug, Default)]
pub struct MemoryWebservers(Mutex<BTreeMap<String, VecDeque<String>>>);

impl MemoryWebservers {
    /// The same with these answers of the webserver at an address.
    #[must_use]
    pub fn with(self, address: &str, answers: &[&str]) -> Self {
        let answers = answers.iter().map(|answer| (*answer).to_owned()).collect();
        hold_mutex(&self.0).insert(address.to_owned(), answers);
        self
    }
}

#[async_trait]
impl Webservers for MemoryWebservers {
    async fn query(&self, address: &str, _: &str) -> Result<Vec<u8>, Fault> {
        let mut all = hold_mutex(&self.0);
        let answers = all.get_mut(address);
        let next = answers.and_then(|answers| {
            if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }
        });
        let refused = || Fault::new(FaultKind::Unreachable, "Connection refused");
        next.map(String::into_bytes).ok_or_else(refused)
    }
}
