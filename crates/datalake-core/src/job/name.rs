//! What a job is called, and where its objects lie.

use std::fmt;
use std::str::FromStr;

use crate::text::serde_as_text;

/// Below it lie the objects of all jobs, each in a folder of its own.
pub const JOBS_PREFIX: &str = "_datalake/jobs/";

/// What the keys of all of datalake's own objects begin with.
const OWN_PREFIX: &str = "_datalake/";

/// Whether a key is one of datalake's own objects: no job, transfer or deletion takes it along unless it
/// is named as such.
#[must_use]
pub fn is_own_key(key: &str) -> bool {
    key.starts_with(OWN_PREFIX)
}

/// The name of a job: 1 to 63 lowercase letters, digits and hyphens, no hyphen at either end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobName(String);

/// The text is not a name for a job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a valid job name: it has 1 to 63 lowercase letters, digits and hyphens, and begins \
     and ends with a letter or digit"
)]
pub struct InvalidJobName(String);

impl JobName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of the manifest.
    #[must_use]
    pub fn manifest_key(&self) -> String {
        format!("{JOBS_PREFIX}{}/job.json", self.0)
    }

    /// The key of a shard.
    #[must_use]
    pub fn shard_key(&self, number: u32) -> String {
        format!("{JOBS_PREFIX}{}/shards/{number:06}.json.zst", self.0)
    }

    /// The key of a shard's receipt.
    #[must_use]
    pub fn receipt_key(&self, number: u32) -> String {
        format!("{}{number:06}.json", self.receipts_prefix())
    }

    /// Below it lie the receipts.
    #[must_use]
    pub fn receipts_prefix(&self) -> String {
        format!("{JOBS_PREFIX}{}/receipts/", self.0)
    }

    /// The key of the object that asks all workers to begin no further shard. It lies beside the receipts,
    /// so one listing tells of it, too.
    #[must_use]
    pub fn stop_key(&self) -> String {
        format!("{}stop", self.receipts_prefix())
    }

    /// The key of the roll-up of all receipts.
    #[must_use]
    pub fn roll_up_key(&self) -> String {
        format!("{JOBS_PREFIX}{}/roll-up.json", self.0)
    }

    /// The number of the shard whose receipt has this key; `None` for any other key.
    #[must_use]
    pub fn read_receipt_key(&self, key: &str) -> Option<u32> {
        let name = key.strip_prefix(&self.receipts_prefix())?.strip_suffix(".json")?;
        let is_number = name.len() >= 6 && name.bytes().all(|byte| byte.is_ascii_digit());
        let number = is_number.then(|| name.parse().ok())??;
        (self.receipt_key(number) == key).then_some(number)
    }
}

impl FromStr for JobName {
    type Err = InvalidJobName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_name = (1..=63).contains(&text.len())
            && text.bytes().all(|byte| is_plain(byte) || byte == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        if is_name { Ok(Self(text.to_owned())) } else { Err(InvalidJobName(text.to_owned())) }
    }
}

impl fmt::Display for JobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(JobName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_folder_and_nothing_else() {
        for text in ["a", "hash-2026", "7", &"x".repeat(63)] {
            assert_eq!(text.parse::<JobName>().unwrap().as_str(), text);
        }
        for text in ["", "-a", "a-", "A", "a/b", "a.b", "ä", "..", "a b", &"x".repeat(64)] {
            assert!(text.parse::<JobName>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_key_of_a_receipt_tells_its_shard_and_no_other_key_does() {
        let name: JobName = "hash".parse().unwrap();
        for number in [0, 7, 999_999, 1_000_000, u32::MAX] {
            assert_eq!(name.read_receipt_key(&name.receipt_key(number)), Some(number));
        }
        for key in [
            "_datalake/jobs/hash/receipts/1.json",
            "_datalake/jobs/hash/receipts/0000001.json",
            "_datalake/jobs/hash/receipts/+00001.json",
            "_datalake/jobs/hash/receipts/000001.json.tmp",
            "_datalake/jobs/other/receipts/000001.json",
            "_datalake/jobs/hash/shards/000001.json.zst",
        ] {
            assert_eq!(name.read_receipt_key(key), None, "{key}");
        }
    }
}
