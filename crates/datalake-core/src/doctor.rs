//! What is wrong between this machine and the bucket, and what cures it.
//!
//! An [`Examination`] holds what was seen, as plain values; [`diagnose`] judges it and touches
//! nothing. Every check has a stable id ([`FindingId`]), and every id a page that explains it
//! without a network. What could not be learned is [`CheckOutcome::Unknown`] and never sound.
//!
//! ```
//! use datalake_core::doctor::{Examination, FindingId, Look, CheckOutcome, diagnose};
//!
//! let mut seen = Examination::nothing("2026-11-22T18:00:00Z".parse()?);
//! seen.network.proxy = Look::Saw(None);
//! seen.network.addresses = Look::Saw(vec![]);
//!
//! let diagnosis = diagnose(&seen);
//!
//! assert!(matches!(diagnosis.of(FindingId::NetworkDns), CheckOutcome::Finding(_)));
//! assert!(matches!(diagnosis.of(FindingId::NetworkTcp), CheckOutcome::Skipped(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod code_servers;
mod containers;
mod dagster_yaml;
mod diagnose;
mod examination;
mod finding;
mod group;
mod history;
mod host;
mod id;
mod key;
mod lake;
mod leftovers;
mod locations;
mod look;
mod modal;
mod money;
mod network;
mod policy;
mod public_access;
mod python;
mod settings;
mod spec;
mod store;
mod switch;
mod tables;
mod trials;

pub use code_servers::{CodeServerLook, GivenSettings};
pub use containers::{Boto3Look, ContainerLook, ContainersEvidence, LifeLook};
pub use dagster_yaml::{YamlEvidence, YamlTrap, YamlTrapKind};
pub use diagnose::diagnose;
pub use examination::{Examination, ExaminedPlace};
pub use finding::{CheckOutcome, Diagnosis, DiagnosisVerdict, Finding, Severity, Skipped};
pub use group::{Group, InvalidGroup};
pub use history::lines_with_secrets;
pub use host::{HostEvidence, PodmanLook};
pub use id::{FindingId, InvalidFindingId, Remedy};
pub use key::{KeyEvidence, Unread};
pub use lake::{LakeEvidence, TriedPlace};
pub use locations::{LocationTrial, Usual};
pub use look::Look;
pub use modal::{IdleProfiles, ModalClientLook, ModalEvidence, ModalSecretAge, ModalSecretLook};
pub use money::{MoneyEvidence, UnfinishedUpload};
pub use network::{Greeting, NetworkEvidence, Proxy, TlsLook};
pub use policy::{PolicyTraits, read_policy};
pub use public_access::PublicAccessEvidence;
pub use python::{PythonEvidence, PythonTrap, PythonTrapKind};
pub use settings::{EnvFileLook, HandedOver, OldValue, Refusal, SettingsEvidence};
pub use spec::{SpecEvidence, SpecTrouble};
pub use store::{HeadAnswer, StoreEvidence};
pub use switch::{SwitchEvidence, SwitchStanding};
pub use tables::{TablesBucket, TablesEvidence};
pub use trials::{Tagging, TrialEvidence, TrialTimes};
