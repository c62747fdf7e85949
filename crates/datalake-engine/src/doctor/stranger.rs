//! Small values of the trials.

use std::collections::BTreeMap;

/// The tags of an object.
pub type Tags = BTreeMap<String, String>;

/// What somebody without a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Strangers {
    /// List the bucket.
    pub may_list: bool,
    /// Read an object in it.
    pub may_read: bool,
}
