//! What a job is called, and where its objects lie.

use std::fmt;
use std::str::FromStr;

use crate::text::serde_as_text;

/// Below it are the objects of all jobs, each in a folder of its own.
pub const JOBS_PREFIX: &str = "_datalake/jobs/";

/// What the keys of all of datalake's own objects begin with.
const OWN_PREFIX: &str = "_datalake/";

/// Whether a key is one of datalake's own objects: no job, transfer or deletion takes it along unless it
/// is named as such.
#[must_use]
pub fn is_own_key(key: &str) -> bool {
    key.starts_with(OWN_PREFIX)
}

/// What the names below a prefix begin with that are datalake's own objects; `None` where there are none
/// besides others, or where the prefix names them as such.
#[must_use]
pub fn find_own_names(prefix: &str) -> Option<&'static str> {
    OWN_PREFIX.strip_prefix(prefix).filter(|rest| !rest.is_empty())
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

/// What tells a plan from every other one of the same name: 16 hexadecimal digits, drawn by chance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(String);

/// The text is not the id of a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the id of a plan: it has 16 hexadecimal digits")]
pub struct InvalidJobId(String);

impl JobId {
    /// The id that a random number makes.
    #[must_use]
    pub fn of_number(number: u64) -> Self {
        Self(format!("{number:016x}"))
    }
}

impl FromStr for JobId {
    type Err = InvalidJobId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_id = text.len() == 16 && text.bytes().all(is_digit);
        if is_id { Ok(Self(text.to_owned())) } else { Err(InvalidJobId(text.to_owned())) }
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(JobId);

/// Where everything of one plan is but its manifest: nothing of another plan of that name is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobFolder {
    name: JobName,
    id: JobId,
}

impl JobFolder {
    /// The folder of a plan.
    #[must_use]
    pub fn of_plan(name: JobName, id: JobId) -> Self {
        Self { name, id }
    }

    /// The name of the job.
    #[must_use]
    pub fn job_name(&self) -> &JobName {
        &self.name
    }

    /// What all of its keys begin with.
    #[must_use]
    pub fn folder_prefix(&self) -> String {
        format!("{JOBS_PREFIX}{}/{}/", self.name, self.id)
    }

    /// The key of a shard.
    #[must_use]
    pub fn shard_key(&self, number: u32) -> String {
        format!("{}shards/{number:06}.json.zst", self.folder_prefix())
    }

    /// The key of a shard's receipt.
    #[must_use]
    pub fn receipt_key(&self, number: u32) -> String {
        format!("{}{number:06}.json", self.receipts_prefix())
    }

    /// Below it lie the receipts.
    #[must_use]
    pub fn receipts_prefix(&self) -> String {
        format!("{}receipts/", self.folder_prefix())
    }

    /// The key of the object that asks all workers to begin no further shard. It lies beside the receipts,
    /// so one listing tells of it, too.
    #[must_use]
    pub fn stop_key(&self) -> String {
        format!("{}stop", self.receipts_prefix())
    }

    /// The key of the object that says which run called the workers last. It lies beside the receipts, too.
    #[must_use]
    pub fn driver_key(&self) -> String {
        format!("{}driver", self.receipts_prefix())
    }

    /// The key of the roll-up of all receipts.
    #[must_use]
    pub fn roll_up_key(&self) -> String {
        format!("{}roll-up.json", self.folder_prefix())
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
    fn own_names_are_those_that_come_to_own_keys() {
        assert_eq!(find_own_names(""), Some("_datalake/"));
        assert_eq!(find_own_names("_data"), Some("lake/"));
        for prefix in ["raw/", "_datalake/", "_datalake/jobs/", "raw/_data"] {
            assert_eq!(find_own_names(prefix), None, "{prefix}");
        }
    }

    #[test]
    fn an_id_is_sixteen_digits_and_one_folder() {
        for number in [0, 26, u64::MAX] {
            let id = JobId::of_number(number);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for text in ["", "1a", "000000000000001A", "../0000000000001", "000000000000001a0"] {
            assert!(text.parse::<JobId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_key_of_a_receipt_tells_its_shard_and_no_other_key_does() {
        let name = JobFolder::of_plan("hash".parse().unwrap(), JobId::of_number(26));
        for number in [0, 7, 999_999, 1_000_000, u32::MAX] {
            assert_eq!(name.read_receipt_key(&name.receipt_key(number)), Some(number));
        }
        for key in [
            "_datalake/jobs/hash/000000000000001a/receipts/1.json",
            "_datalake/jobs/hash/000000000000001a/receipts/0000001.json",
            "_datalake/jobs/hash/000000000000001a/receipts/+00001.json",
            "_datalake/jobs/hash/000000000000001a/receipts/000001.json.tmp",
            "_datalake/jobs/other/000000000000001a/receipts/000001.json",
            "_datalake/jobs/hash/000000000000001b/receipts/000001.json",
            "_datalake/jobs/hash/receipts/000001.json",
            "_datalake/jobs/hash/000000000000001a/shards/000001.json.zst",
        ] {
            assert_eq!(name.read_receipt_key(key), None, "{key}");
        }
    }
}
