//! How a connection ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Lets the layer in front say how its connection ends.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConnectionEnd(Arc<AtomicBool>);

impl ConnectionEnd {
    /// Ends the connection with a TCP reset instead of a farewell.
    pub(crate) fn reset(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it ends so.
    pub(crate) fn is_reset(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
