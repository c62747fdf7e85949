//! The pure core of `datalake`: what is wanted, what is found, and the way between.
//!
//! Values go in and values come out; nothing here reads a clock, a file, the environment or the
//! network. A tool that embeds it makes the calls that the command line makes:
//!
//! 1. observe the world with ports of its own (or those of `datalake-engine`) into [`Observed`];
//! 2. turn what is wanted into [`Desired`];
//! 3. [`plan_provision`] the way, [`lint`] it and [`rehearse`] it;
//! 4. carry out the [`Plan`] and keep the [`Receipt`], from which [`plan_rollback`] makes the way
//!    back.
//!
//! ```
//! use datalake_core::{
//!     Desired, DesiredBucket, Found, Lifecycle, Observed, Service, plan_provision,
//! };
//!
//! let desired = Desired {
//!     bucket: DesiredBucket {
//!         name: "acme-dagster-assets".parse()?,
//!         versioning: true,
//!         lifecycle: Lifecycle::protection(Some("30d".parse()?), None),
//!     },
//!     probe: "assets/.probe".parse()?,
//!     folders: vec![],
//!     secrets: vec![],
//!     files: vec![],
//!     absent: vec![],
//!     absent_secrets: vec![],
//!     services: None,
//!     log_manager: None,
//!     vault: None,
//! };
//! let mut observed = Observed::nothing();
//! observed.service = Found::Present(Service { clock_ahead: 0, owner: None });
//! observed.buckets.insert(desired.bucket.name.clone(), Found::Absent);
//!
//! let plan = plan_provision(&desired, &observed).unwrap();
//!
//! let verbs: Vec<_> = plan.steps.iter().map(|step| step.action.verb()).collect();
//! assert_eq!(verbs, ["create bucket", "prove access", "set versioning", "set lifecycle"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod body;
mod bucket;
mod credentials;
mod desired;
pub mod doctor;
mod document;
mod endpoint;
mod env;
mod fault;
mod file;
mod fingerprint;
mod handover;
mod history;
mod host_plan;
mod host_steps;
mod key_pattern;
mod lifecycle;
mod lint;
mod logs;
mod modal;
mod model;
mod object;
mod observed;
mod path;
mod plan;
mod podman_secret;
pub mod price;
mod provision;
mod receipt;
mod region;
mod services;
mod size;
mod spec;
mod tables;
mod text;
mod transfer;
mod usage;
mod vault_steps;
mod when;
mod wildcard;

pub use body::{FileBody, FilledBody, KeptOutside, Piece, SecretName, Unfilled};
pub use bucket::{BucketName, InvalidBucketName, NameRule};
pub use bytesize::ByteSize;
pub use credentials::{AccessKeyId, Credentials, InvalidKeyText, ModalLogin, SecretAccessKey};
pub use desired::{
    Desired, DesiredBucket, DesiredFile, DesiredFolder, DesiredSecret, DesiredServices,
    DesiredVault, Unwanted,
};
pub use document::{
    CostDocument, HostDocument, InvalidSpec, LimitsDocument, ModalDocument, PlanDocument,
    ProtectDocument, SpecDocument, SpecKey,
};
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use env::first_unfit;
pub use fault::{Fault, FaultKind, Target};
pub use file::{Entry, FileState, Folder, InvalidMode, Mode, Owner};
pub use fingerprint::{Fingerprint, FingerprintKey, InvalidFingerprint};
pub use handover::{Handover, InvalidHandover};
pub use history::{History, RunState, Unfinished};
pub use host_plan::{DesiredFiles, plan_files};
pub use key_pattern::{InvalidKeyPattern, KeyPattern};
pub use lifecycle::{Expire, InvalidExpire, Lifecycle, LifecycleRule, Presets, Versioning};
pub use lint::{PlanFault, lint};
pub use logs::{InvalidLogs, Logs};
pub use modal::{
    InvalidModalName, ModalName, ModalObject, VAULT_VARIABLES, VaultState, vault_marker, vault_part,
};
pub use model::{Conflict, Standing, imagine, rehearse};
pub use object::{ETag, InvalidETag, InvalidKey, KeyPrefix, ObjectKey};
pub use observed::{BucketState, Found, Observed, Service};
pub use path::{HostPath, InvalidPath};
pub use plan::{Action, Guard, Pending, Plan, Step, Undo, Way};
pub use podman_secret::{InvalidPodmanSecret, PodmanSecret};
pub use provision::{Blocker, plan_provision};
pub use receipt::{Outcome, Receipt, RunKind, StepReceipt, left_by_rollback, plan_rollback};
pub use region::{InvalidRegion, Region, RegionName};
pub use services::{ServiceState, ServiceStates};
pub use size::{InvalidSize, size_of};
pub use spec::{
    Ambient, CostSpec, CredentialSource, HostSpec, InvalidUnitName, ModalClientPlace, ModalSpec,
    ModalToken, Protect, ServiceLimits, Spec, StoreSpec, UnitName,
};
pub use tables::{FoundTable, TableKind, TableSearch, TableSign, table_of_key};
pub use transfer::{
    Bandwidth, Comparison, ContentDigest, FileFacts, FileTime, Filter, InvalidBandwidth,
    InvalidFileTime, InvalidPattern, Known, LARGEST_PUT, MOST_PARTS, ObjectFacts, PartPlan,
    SMALLEST_PART, SendReason, Side, SkipReason, Subset, TagForm, TooLarge, TreePath, UnfitName,
    Verdict, judge,
};
pub use usage::{
    LargestGroups, SMALLEST_BILLED, Tally, Usage, UsageGroups, billed_size, billed_together,
};
pub use vault_steps::{leave_unknown_vaults, plan_vault, plan_vault_removal};
pub use when::{Days, InvalidDays, InvalidRunId, InvalidTimestamp, RunId, Timestamp};

/// The samples of the page about embedding, which are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
struct Embedding;
