//! What versioning has left in a bucket.

use std::fmt;

use crate::text::printable;

/// What versioning has left in a bucket where it is suspended.
///
/// A delete marker with the version `null` refuses `If-None-Match: *` on Ceph 16, 18 and 20 (measured
/// 2026-11-30), so a table that was deleted there cannot be made again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VersionTraces {
    /// So many delete markers were met.
    pub markers: u64,
    /// So many old versions were met.
    pub old_versions: u64,
    /// The first keys that have one of either.
    pub keys: Vec<String>,
    /// Whether there may be more of them: the search ends where it has found some.
    pub may_be_more: bool,
}

impl VersionTraces {
    /// So many keys are named.
    pub const NAMED: usize = 3;

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.markers == 0 && self.old_versions == 0
    }
}

impl fmt::Display for VersionTraces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |count: u64, what: &str| match count {
            0 => None,
            1 => Some(format!("1 {what}")),
            count => Some(format!("{count} {what}s")),
        };
        let least = if self.may_be_more { "at least " } else { "" };
        let counts =
            [counted(self.markers, "delete marker"), counted(self.old_versions, "old version")];
        let counts: Vec<_> = counts.into_iter().flatten().collect();
        let keys: Vec<_> = self.keys.iter().map(|key| format!("`{}`", printable(key))).collect();
        let dots = if self.markers + self.old_versions > keys.len() as u64 { ", …" } else { "" };
        write!(f, "{least}{}: {}{dots}", counts.join(" and "), keys.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_counted_and_the_first_of_them_named() {
        let keys = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let one = VersionTraces { markers: 1, keys: keys(&["a"]), ..VersionTraces::default() };
        let many = VersionTraces {
            markers: 4,
            old_versions: 1,
            keys: keys(&["a", "b", "c"]),
            may_be_more: true,
        };

        assert_eq!(one.to_string(), "1 delete marker: `a`");
        let told = "at least 4 delete markers and 1 old version: `a`, `b`, `c`, …";
        assert_eq!(many.to_string(), told);
    }
}
