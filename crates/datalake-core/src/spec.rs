//! What the operator asked for.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::price::{Account, Money, Plan, Vat};
use crate::text::serde_as_text;
use crate::{
    Bandwidth, BucketName, Days, Endpoint, Handover, HostPath, KeyPrefix, Logs, ModalObject,
    Presets, Region,
};

/// What the operator asked for, validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Where the bucket lies.
    pub region: Region,
    /// The service's address.
    pub endpoint: Endpoint,
    /// The bucket of the assets.
    pub bucket: BucketName,
    /// The prefix of the assets' keys.
    pub prefix: KeyPrefix,
    /// Where the key pair comes from.
    pub credentials: CredentialSource,
    /// The Dagster host.
    pub host: HostSpec,
    /// How the bucket guards what is in it.
    pub protect: Protect,
    /// Where what steps print is kept.
    pub logs: Logs,
    /// What Modal has to know; `None` where nobody uses Modal.
    pub modal: Option<ModalSpec>,
}

/// Where the key pair comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum CredentialSource {
    /// `from: env` reads `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` from the environment.
    From(Ambient),
    /// `file: PATH` reads the two variables from a file of mode 0600.
    File(String),
    /// `command: [PROGRAM, ARGUMENT, …]` reads them from what a program prints.
    Command(Vec<String>),
    /// `fd: NUMBER` reads them from an open file descriptor.
    Fd(i32),
}

/// Sources that need no further word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ambient {
    /// The environment.
    Env,
    /// A question on the terminal.
    Prompt,
}

/// The Dagster host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostSpec {
    /// The user whose rootless podman runs Dagster.
    pub user: UnitName,
    /// The quadlet container units that need the bucket, without `.container`.
    pub units: Vec<UnitName>,
    /// The way in which the settings reach the containers; `None` leaves it to the installed podman.
    pub handover: Option<Handover>,
    /// The folder on the host that is Dagster's `DAGSTER_HOME`; `None` looks it up in the units.
    pub dagster_home: Option<HostPath>,
    /// Symbolic links to Dagster's folders that may be followed; no others are.
    pub links: Vec<HostPath>,
}

/// What Modal has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModalSpec {
    /// The secret that holds the same variables as the env file.
    pub secret: ModalObject,
    /// The apps that use it.
    pub apps: Vec<ModalObject>,
    /// Where Modal's client is.
    pub client: ModalClientPlace,
    /// Where the token comes from that Dagster's containers are given; `None` where they are given
    /// none.
    pub token: Option<ModalToken>,
}

/// Where Modal's client is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModalClientPlace {
    /// The program `modal` in `PATH`, or the package beside `python3`.
    SearchPath,
    /// The program at this absolute path.
    Program(String),
    /// Inside the container of this unit.
    Container(UnitName),
}

/// Where a token of Modal's comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModalToken {
    /// `MODAL_TOKEN_ID` and `MODAL_TOKEN_SECRET` of the environment.
    Environment,
    /// The active profile of `~/.modal.toml`.
    Profile,
    /// The two variables in a file of mode 0600.
    File(String),
}

/// How the bucket guards what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protect {
    /// Keep old versions. `false` leaves the bucket as it is.
    pub versioning: bool,
    /// Old versions go after so long; `None` keeps them for good.
    pub keep_old_versions: Option<Days>,
    /// Unfinished uploads go after so long; `None` keeps and pays them for good.
    pub abort_uploads: Option<Days>,
    /// Objects below these prefixes expire.
    pub expire: BTreeMap<String, Days>,
    /// Delete markers without versions go.
    pub expired_markers: bool,
}

/// The part of a [`Spec`] that commands about buckets and objects need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSpec {
    /// Where the buckets lie.
    pub region: Region,
    /// The service's address.
    pub endpoint: Endpoint,
    /// The bucket that is meant where no other is named.
    pub bucket: Option<BucketName>,
    /// The prefix of the assets' keys.
    pub prefix: KeyPrefix,
    /// Where the key pair comes from.
    pub credentials: CredentialSource,
    /// How a bucket guards what is in it.
    pub protect: Protect,
    /// What transfers keep within.
    pub limits: ServiceLimits,
}

/// What things cost, and what they may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostSpec {
    /// The name of the price list that counts; it is among `plans`.
    pub plan: String,
    /// The tax that comes on top; `None` tells sums without it.
    pub vat: Option<Vat>,
    /// What a month may cost.
    pub budget: Option<Money>,
    /// What the account pays already.
    pub account: Account,
    /// What this machine reads stays in Hetzner's network, and is free.
    pub on_hetzner: bool,
    /// All price lists: the known ones and those of the spec.
    pub plans: Vec<Plan>,
}

/// What a service allows from one address, and what the operator does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceLimits {
    /// Requests per second to one bucket; `None` for any number.
    pub requests_per_second: Option<u32>,
    /// Connections at one time.
    pub connections: u32,
    /// Bytes per second; `None` for any number.
    pub bandwidth: Option<Bandwidth>,
}

impl Default for ServiceLimits {
    /// What Hetzner allows.
    fn default() -> Self {
        Self { requests_per_second: Some(750), connections: 256, bandwidth: None }
    }
}

impl Protect {
    /// The lifecycle rules that this asks for.
    #[must_use]
    pub fn presets(&self) -> Presets {
        Presets {
            expire: self.expire.clone(),
            noncurrent: self.keep_old_versions,
            abort_uploads: self.abort_uploads,
            expired_markers: self.expired_markers,
        }
    }
}

/// The name of a user or unit: letters, digits, `-`, `_`, `.` and `@`, not first `-` or `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitName(String);

/// The text is no name of a user or unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no name of a user or unit")]
pub struct InvalidUnitName(String);

impl UnitName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UnitName {
    type Err = InvalidUnitName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text.strip_suffix(".container").unwrap_or(text);
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.@".contains(&b);
        let is_name = (1..=200).contains(&bare.len())
            && bare.bytes().all(plain)
            && !bare.starts_with(['-', '.']);
        if is_name { Ok(Self(bare.to_owned())) } else { Err(InvalidUnitName(text.to_owned())) }
    }
}

impl fmt::Display for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(UnitName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_named_with_or_without_its_ending() {
        let name: UnitName = "dagster-webserver.container".parse().unwrap();

        assert_eq!(name.as_str(), "dagster-webserver");
        for text in ["", "-x", ".x", "a b", "a/b", "a\n", ".container"] {
            assert!(text.parse::<UnitName>().is_err(), "{text:?}");
        }
    }
}
