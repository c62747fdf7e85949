//! The requests that came, for tests that count them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// A request that a simulator has seen, and how it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestSeen {
    /// `GET` and the like.
    pub method: String,
    /// The host as it was sent; a bucket may be in it.
    pub host: String,
    /// The path as it was sent.
    pub path: String,
    /// The query as it was sent, without the question mark.
    pub query: String,
    /// The status of the answer; absent when a fault swallowed it.
    pub status: Option<u16>,
    /// The names of the request's headers, in lowercase.
    pub headers: Vec<String>,
    /// When the client says that it has signed it, as it was sent; empty where nothing is signed.
    pub signed: String,
}

/// What came since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalCounts {
    /// Requests.
    pub requests: u64,
    /// Requests that met a fault.
    pub struck: u64,
    /// Bytes of their bodies, of broken-off ones too.
    pub received: u64,
}

/// How many requests are remembered.
const MOST: usize = 10_000;

/// The latest requests.
#[derive(Debug, Default)]
pub(crate) struct RequestJournal(Mutex<VecDeque<RequestSeen>>);

impl RequestJournal {
    pub(crate) fn note(&self, request: RequestSeen) {
        let mut requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if requests.len() == MOST {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    pub(crate) fn all(&self) -> Vec<RequestSeen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
