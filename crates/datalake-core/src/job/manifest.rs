//! What a job is, frozen when it was planned.

use bytesize::ByteSize;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{JobFolder, JobId, JobName, SHARD_KEYS, plain_size};
use crate::time::Timestamp;

/// What is done to each object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JobKind {
    /// Its content is read, and its SHA-256 kept in the receipt.
    Checksum,
    /// It is brought to the destination under its name, and its SHA-256 kept in the receipt.
    Copy,
    /// It is stored at the destination as one Zstandard frame, under its name with `.zst` behind it;
    /// what is Zstandard already is unpacked before. The receipt has the SHA-256 of what was stored.
    Recompress,
    /// A function of the operator's is given its content and key. What it returns is stored at the
    /// destination under the same name, and the receipt has the SHA-256 of that; where it returns
    /// nothing, that of what it was given.
    Python,
}

impl JobKind {
    /// Whether it needs a place to write to; `None` where it may have one.
    #[must_use]
    pub fn needs_destination(self) -> Option<bool> {
        match self {
            Self::Checksum => Some(false),
            Self::Copy | Self::Recompress => Some(true),
            Self::Python => None,
        }
    }
}

/// The operator's function of a job of kind [`JobKind::Python`]. The code itself is not in the bucket:
/// who can write there must not decide what is run elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobCode {
    /// The name of the function.
    pub function: String,
    /// The SHA-256 of the file that has it, in hexadecimal digits.
    pub sha256: String,
}

/// What all workers together may ask of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobBrake {
    /// Requests a second to one bucket; `None` for any number.
    pub requests_per_second: Option<u32>,
    /// Connections at one time.
    pub connections: u32,
}

/// The most workers at one time, whatever the service takes.
const MOST_WORKERS: u32 = 20;

/// How many requests a second one worker sends where nothing holds it back.
const REQUESTS_OF_WORKER: u32 = 30;

/// The most shards of a job: whoever looks at one goes through the numbers of all.
const MOST_SHARDS: u32 = 10_000_000;

/// What a job is. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobManifest {
    /// The version of this form.
    pub schema_version: u32,
    /// Its name.
    pub name: JobName,
    /// Which plan of that name it is: its shards and receipts are in a folder of this name.
    pub id: JobId,
    /// What is done.
    pub kind: JobKind,
    /// The bucket and prefix whose objects it is done to, as `s3://BUCKET/PREFIX`.
    pub source: String,
    /// Where copies go, in the same form; `None` for a kind that writes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    /// The function of kind `python`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<JobCode>,
    /// When it was planned.
    pub planned: Timestamp,
    /// How many shards there are; their numbers begin with 0.
    pub shards: u32,
    /// How many objects there are.
    pub objects: u64,
    /// The contents of all of them together.
    #[serde(with = "plain_size")]
    #[schemars(with = "u64")]
    pub bytes: ByteSize,
    /// What all workers together may ask of the service.
    pub brake: JobBrake,
}

impl JobManifest {
    /// The version of this form.
    pub const SCHEMA_VERSION: u32 = 1;

    /// Where its shards and receipts are.
    #[must_use]
    pub fn find_folder(&self) -> JobFolder {
        JobFolder::of_plan(self.name.clone(), self.id.clone())
    }

    /// Whether a plan can have come to such numbers of shards and objects.
    #[must_use]
    pub fn is_plausible(&self) -> bool {
        let shards = u64::from(self.shards);
        (1..=MOST_SHARDS).contains(&self.shards)
            && (shards..=shards * SHARD_KEYS as u64).contains(&self.objects)
    }
}

impl JobBrake {
    /// What each of so many workers may ask, so that all together keep within this; at least one request
    /// a second, and one connection.
    #[must_use]
    pub fn share_among(self, workers: u32) -> Self {
        let part = |whole: u32| (whole / workers.max(1)).max(1);
        Self {
            requests_per_second: self.requests_per_second.map(part),
            connections: part(self.connections),
        }
    }

    /// The same, and no more than `other`.
    #[must_use]
    pub fn keep_within(self, other: Self) -> Self {
        let requests = [self.requests_per_second, other.requests_per_second];
        Self {
            requests_per_second: requests.into_iter().flatten().min(),
            connections: self.connections.min(other.connections),
        }
    }

    /// How many workers an engine elsewhere runs at one time for so many shards: no more than can each
    /// send what one worker sends.
    #[must_use]
    pub fn choose_workers(self, shards: u32) -> u32 {
        let paced = self.requests_per_second.map_or(MOST_WORKERS, |all| all / REQUESTS_OF_WORKER);
        self.bound_workers(paced.min(MOST_WORKERS).min(shards))
    }

    /// The most workers that can keep within this together, of so many that are wanted.
    #[must_use]
    pub fn bound_workers(self, wanted: u32) -> u32 {
        let requests = self.requests_per_second.unwrap_or(u32::MAX);
        wanted.min(requests).min(self.connections).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make_brake(requests: Option<u32>, connections: u32) -> JobBrake {
        JobBrake { requests_per_second: requests, connections }
    }

    #[test]
    fn shares_never_come_to_more_than_the_whole() {
        for wanted in [0, 1, 3, 20, 256, 1_000] {
            let whole = make_brake(Some(750), 256);
            let workers = whole.bound_workers(wanted);
            let share = whole.share_among(workers);

            let requests = share.requests_per_second.map(|requests| requests * workers);
            assert!(requests.is_some_and(|sum| sum <= 750), "{wanted}: {share:?}");
            assert!(share.connections * workers <= 256, "{wanted}: {share:?}");
            assert!(share.connections >= 1);
        }
        assert_eq!(make_brake(Some(750), 256).share_among(20), make_brake(Some(37), 12));
        assert_eq!(make_brake(None, 8).share_among(4), make_brake(None, 2));
    }

    #[test]
    fn an_engine_elsewhere_runs_no_more_workers_than_the_service_bears_and_shards_are_left() {
        for (requests, connections, shards, workers) in [
            (Some(750), 256, 1_000, 20),
            (Some(750), 256, 3, 3),
            (Some(100), 256, 1_000, 3),
            (Some(5), 256, 1_000, 1),
            (None, 8, 1_000, 8),
            (None, 256, 0, 1),
        ] {
            let brake = make_brake(requests, connections);
            assert_eq!(brake.choose_workers(shards), workers, "{brake:?}");
        }
    }

    #[test]
    fn the_narrower_of_two_brakes_counts() {
        let both = make_brake(None, 256).keep_within(make_brake(Some(750), 4));
        assert_eq!(both, make_brake(Some(750), 4));
        let both = make_brake(Some(20), 8).keep_within(make_brake(Some(750), 256));
        assert_eq!(both, make_brake(Some(20), 8));
    }

    fn make_manifest() -> JobManifest {
        JobManifest {
            schema_version: JobManifest::SCHEMA_VERSION,
            name: "hash".parse().unwrap(),
            id: JobId::of_number(26),
            kind: JobKind::Checksum,
            source: "s3://lake/raw/".to_owned(),
            destination: None,
            code: None,
            planned: Timestamp::from_unix(1_800_000_000).unwrap(),
            shards: 3,
            objects: 2_500,
            bytes: ByteSize::mib(7),
            brake: make_brake(Some(750), 256),
        }
    }

    #[test]
    fn numbers_that_no_plan_comes_to_are_not_plausible() {
        for (shards, objects, is_plausible) in [
            (1, 1, true),
            (3, 2_500, true),
            (10_000_000, 10_000_000, true),
            (0, 0, false),
            (0, 3, false),
            (3, 2, false),
            (3, 3_001, false),
            (u32::MAX, u64::MAX, false),
            (10_000_001, 10_000_001, false),
        ] {
            let manifest = JobManifest { shards, objects, ..make_manifest() };
            assert_eq!(manifest.is_plausible(), is_plausible, "{objects} in {shards}");
        }
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let manifest = make_manifest();

        let json = serde_json::to_string(&manifest).unwrap();

        assert_eq!(serde_json::from_str::<JobManifest>(&json).unwrap(), manifest);
        assert!(json.contains(r#""kind":"checksum""#), "{json}");
    }
}
