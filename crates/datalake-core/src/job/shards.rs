//! A listing, cut into pieces that a worker does at one time.

use bytesize::ByteSize;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plain_size;

/// The most keys in a shard.
pub const SHARD_KEYS: usize = 1_000;

/// The most bytes in a shard of more than one object: so much is done within minutes.
pub const SHARD_BYTES: ByteSize = ByteSize::gib(2);

/// An object as it was when the job was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShardEntry {
    /// Its key, byte for byte.
    pub key: String,
    /// Its size.
    #[serde(with = "plain_size")]
    #[schemars(with = "u64")]
    pub size: ByteSize,
    /// Its entity tag, without quotes.
    pub etag: String,
}

/// A piece of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobShard {
    /// Its number, from 0 on.
    pub number: u32,
    /// Its objects, in the order of keys.
    pub entries: Vec<ShardEntry>,
}

/// Cuts objects, as they are listed, into shards; it holds one shard at a time.
#[derive(Debug, Default)]
pub struct ShardCutter {
    next: u32,
    entries: Vec<ShardEntry>,
    bytes: u64,
}

impl JobShard {
    /// The contents of all its objects together.
    #[must_use]
    pub fn sum_bytes(&self) -> ByteSize {
        ByteSize(self.entries.iter().map(|entry| entry.size.as_u64()).sum())
    }
}

impl ShardCutter {
    /// Takes the next object; gives a shard where that is whole without it.
    pub fn add_entry(&mut self, entry: ShardEntry) -> Option<JobShard> {
        let bytes = self.bytes.saturating_add(entry.size.as_u64());
        let is_full = self.entries.len() == SHARD_KEYS
            || !self.entries.is_empty() && bytes > SHARD_BYTES.as_u64();
        let whole = if is_full { self.cut_shard() } else { None };
        self.bytes = self.bytes.saturating_add(entry.size.as_u64());
        self.entries.push(entry);
        whole
    }

    /// The last shard; `None` where nothing is left.
    pub fn take_last_shard(mut self) -> Option<JobShard> {
        self.cut_shard()
    }

    fn cut_shard(&mut self) -> Option<JobShard> {
        if self.entries.is_empty() {
            return None;
        }
        let shard = JobShard { number: self.next, entries: std::mem::take(&mut self.entries) };
        self.next += 1;
        self.bytes = 0;
        Some(shard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_shard(sizes: impl IntoIterator<Item = u64>) -> Vec<JobShard> {
        let mut cutter = ShardCutter::default();
        let mut shards = Vec::new();
        for (number, size) in sizes.into_iter().enumerate() {
            let key = format!("k/{number:07}");
            shards.extend(cutter.add_entry(ShardEntry {
                key,
                size: ByteSize(size),
                etag: "e".into(),
            }));
        }
        shards.extend(cutter.take_last_shard());
        shards
    }

    #[test]
    fn shards_are_bounded_by_keys_and_by_bytes() {
        let lengths = |sizes: Vec<u64>| -> Vec<usize> {
            cut_shard(sizes).iter().map(|shard| shard.entries.len()).collect()
        };
        let gib = 1 << 30;
        assert_eq!(lengths(vec![]), Vec::<usize>::new());
        assert_eq!(lengths(vec![1; 1_000]), [1_000]);
        assert_eq!(lengths(vec![1; 2_001]), [1_000, 1_000, 1]);
        assert_eq!(lengths(vec![gib; 5]), [2, 2, 1]);
        assert_eq!(lengths(vec![5 * gib, 1, 1]), [1, 2], "one object may be larger than a shard");
    }

    #[test]
    fn every_object_is_in_one_shard_in_its_order() {
        let sizes = (0..5_000_u64).map(|number| number * 1_000_003 % (700 << 20));

        let shards = cut_shard(sizes);

        let keys: Vec<_> =
            shards.iter().flat_map(|shard| &shard.entries).map(|entry| &entry.key).collect();
        assert_eq!(keys.len(), 5_000);
        assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
        for (number, shard) in shards.iter().enumerate() {
            assert_eq!(shard.number as usize, number);
            assert!(shard.entries.len() <= SHARD_KEYS);
            assert!(shard.entries.len() == 1 || shard.sum_bytes() <= SHARD_BYTES, "{number}");
        }
    }

    #[test]
    fn odd_keys_come_back_byte_for_byte() {
        let keys = ["a%2Fb", "a b", "ü", "a//b", "a/", &"x".repeat(1_024), "\u{1}"];
        let entry = |key: &str| ShardEntry { key: key.into(), size: ByteSize(1), etag: "e".into() };
        let shard = JobShard { number: 0, entries: keys.into_iter().map(entry).collect() };

        let json = serde_json::to_vec(&shard).unwrap();

        assert_eq!(serde_json::from_slice::<JobShard>(&json).unwrap(), shard);
    }
}
