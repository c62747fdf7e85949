//! How much of a job one machine does at one time.

use super::JobKind;

/// The most objects of a shard at one time, whatever the service takes.
const MOST_KEYS: usize = 32;

/// So many shards, and so many objects of each, are done at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkAtOnce {
    /// Shards.
    pub shards: usize,
    /// Objects of each of them.
    pub keys: usize,
}

impl JobKind {
    /// How many connections an object takes at one time: a content that is being read has its own to its
    /// end, and what it becomes is stored through another one.
    #[must_use]
    pub fn count_connections(self) -> usize {
        match self {
            // A function is given all of a content before what it returns is stored.
            Self::Checksum | Self::Python => 1,
            Self::Copy | Self::Recompress => 2,
        }
    }

    /// What a worker of several shards does at one time with so many connections.
    #[must_use]
    pub fn split_connections(self, connections: usize) -> WorkAtOnce {
        let wanted = match self {
            Self::Checksum => 4,
            Self::Copy | Self::Recompress | Self::Python => 2,
        };
        let shards = wanted.min(connections / self.count_connections()).max(1);
        WorkAtOnce { shards, keys: self.bound_keys(connections / shards) }
    }

    /// How many objects of one shard are done at one time with so many connections: contents that are
    /// compressed or given to a function take memory and processors.
    #[must_use]
    pub fn bound_keys(self, connections: usize) -> usize {
        let most = match self {
            Self::Checksum => MOST_KEYS,
            Self::Copy => 8,
            Self::Recompress | Self::Python => 4,
        };
        (connections / self.count_connections()).clamp(1, most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [JobKind; 4] =
        [JobKind::Checksum, JobKind::Copy, JobKind::Recompress, JobKind::Python];

    /// Otherwise all of them are taken by contents that wait for what they become to be stored.
    #[test]
    fn there_is_always_a_connection_for_what_an_object_becomes() {
        for kind in KINDS {
            for connections in kind.count_connections()..=600 {
                let WorkAtOnce { shards, keys } = kind.split_connections(connections);

                let taken = shards * keys * kind.count_connections();
                assert!(taken <= connections, "{kind:?} with {connections}: {shards} of {keys}");
                assert!(shards > 0 && keys > 0);
            }
        }
    }

    #[test]
    fn many_connections_are_used() {
        let shards_and_keys = |kind: JobKind| {
            let WorkAtOnce { shards, keys } = kind.split_connections(256);
            (shards, keys)
        };

        assert_eq!(KINDS.map(shards_and_keys), [(4, 32), (2, 8), (2, 4), (2, 4)]);
    }
}
