//! What the operator asked for: [`SpecDocument`] as it is written, [`Spec`] as it is understood.

mod catalogs;
mod document;
mod handover;
mod logs;
mod tables;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::host::{HostPath, UnitName};
use crate::modal::ModalObject;
use crate::policy::SpecRole;
use crate::price::{Account, Money, PriceList, Vat};
use crate::s3::{BucketName, Endpoint, KeyPrefix, LOGS_PREFIX, Presets, Region};
use crate::time::Days;
use crate::transfer::Bandwidth;

pub use catalogs::{Catalog, CatalogName, CatalogUri, InvalidCatalog, Warehouse};
pub use document::{
    AccessRoleDocument, CatalogDocument, CostDocument, HostDocument, InvalidSpec, JobTimerDetails,
    JobTimerDocument, LimitsDocument, ModalDocument, PlanDocument, ProtectDocument,
    ScheduleDocument, SpecDocument, SpecKey, TablesDocument,
};
pub use handover::{Handover, InvalidHandover};
pub use logs::{InvalidLogs, Logs};
pub use tables::{TablesPlace, name_tables_bucket};

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
    /// Where tables live; `None` where nothing is said of them.
    pub tables: Option<TablesPlace>,
    /// Iceberg REST catalogs that clients are to find, by their names.
    pub catalogs: BTreeMap<CatalogName, Catalog>,
    /// Where what steps print is kept.
    pub logs: Logs,
    /// What Modal has to know; `None` where nobody uses Modal.
    pub modal: Option<ModalSpec>,
}

impl Spec {
    /// The bucket that holds tables: their own, or that of the assets; `None` where the spec does not
    /// speak of tables.
    #[must_use]
    pub fn tables_bucket(&self) -> Option<&BucketName> {
        Some(self.tables.as_ref()?.bucket(&self.bucket))
    }

    /// All buckets, that of the assets first.
    #[must_use]
    pub fn list_buckets(&self) -> Vec<BucketName> {
        let own = self.tables.as_ref().and_then(TablesPlace::own_bucket);
        [&self.bucket].into_iter().chain(own).cloned().collect()
    }
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
    /// Whether those that are found on the host count as well: the operator has not listed them.
    pub finds_units: bool,
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
    /// Abort unfinished uploads after this time; `None` keeps and pays them for good.
    pub abort_uploads: Option<Days>,
    /// Objects below these prefixes expire.
    pub expire: BTreeMap<String, Days>,
    /// What steps have printed goes after so long, below [`LOGS_PREFIX`]; `None` keeps and pays it for
    /// good.
    pub logs_expire: Option<Days>,
    /// Remove delete markers without versions.
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
    /// Where tables live; `None` where nothing is said of them.
    pub tables: Option<TablesPlace>,
    /// What other keys may do.
    pub access: Vec<SpecRole>,
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
    pub plans: Vec<PriceList>,
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

impl ServiceLimits {
    /// What the service at this endpoint allows: Hetzner 750 requests a second to one bucket and 256
    /// connections from one address. Nothing is known of others, which say so when they have enough.
    #[must_use]
    pub fn of(endpoint: &Endpoint) -> Self {
        let requests_per_second = endpoint.hetzner_location().map(|_| 750);
        Self { requests_per_second, connections: 256, bandwidth: None }
    }
}

impl Protect {
    /// The lifecycle rules that this asks for.
    #[must_use]
    pub fn presets(&self) -> Presets {
        let logs = self.logs_expire.map(|days| (LOGS_PREFIX.to_owned(), days));
        Presets {
            expire: self.expire.clone().into_iter().chain(logs).collect(),
            noncurrent: self.keep_old_versions,
            abort_uploads: self.abort_uploads,
            expired_markers: self.expired_markers,
        }
    }
}
