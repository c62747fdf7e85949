//! Everything that was seen.

use super::containers::ContainersEvidence;
use super::dagster_yaml::YamlEvidence;
use super::host::HostEvidence;
use super::key::KeyEvidence;
use super::lake::LakeEvidence;
use super::modal::ModalEvidence;
use super::money::MoneyEvidence;
use super::network::NetworkEvidence;
use super::public_access::PublicAccessEvidence;
use super::python::PythonEvidence;
use super::settings::SettingsEvidence;
use super::spec::SpecEvidence;
use super::store::StoreEvidence;
use super::switch::SwitchEvidence;
use super::tables::TablesEvidence;
use super::trials::TrialEvidence;
use crate::time::Timestamp;

/// Everything that was seen, as plain values without any secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// When it was looked at.
    pub now: Timestamp,
    /// Where it was looked.
    pub place: ExaminedPlace,
    /// The spec.
    pub spec: SpecEvidence,
    /// The way to the service.
    pub network: NetworkEvidence,
    /// The key pair and what it opens.
    pub key: KeyEvidence,
    /// The bucket.
    pub store: StoreEvidence,
    /// Whether ACLs can make objects public.
    pub public_access: PublicAccessEvidence,
    /// What came of trying it out.
    pub trials: TrialEvidence,
    /// Tables, and what they rely on.
    pub tables: TablesEvidence,
    /// The service user, its systemd and its podman.
    pub host: HostEvidence,
    /// Files that hand the settings over, or other ones.
    pub settings: SettingsEvidence,
    /// What runs.
    pub containers: ContainersEvidence,
    /// S3 clients where user code runs.
    pub lake: LakeEvidence,
    /// Dagster's own settings.
    pub dagster_yaml: YamlEvidence,
    /// The operator's Python files.
    pub python: PythonEvidence,
    /// Whether Dagster reads from the bucket what was moved there.
    pub switch: SwitchEvidence,
    /// Modal.
    pub modal: ModalEvidence,
    /// What costs money.
    pub money: MoneyEvidence,
}

/// Where an examination was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExaminedPlace {
    /// On the machine itself.
    Machine,
    /// In a folder that stands for one: a sandbox, or another root.
    Folder,
}

impl Examination {
    /// Nothing looked at yet.
    #[must_use]
    pub fn nothing(now: Timestamp) -> Self {
        Self {
            now,
            place: ExaminedPlace::Machine,
            spec: SpecEvidence::default(),
            network: NetworkEvidence::default(),
            key: KeyEvidence::default(),
            store: StoreEvidence::default(),
            public_access: PublicAccessEvidence::default(),
            trials: TrialEvidence::default(),
            tables: TablesEvidence::default(),
            host: HostEvidence::default(),
            settings: SettingsEvidence::default(),
            containers: ContainersEvidence::default(),
            lake: LakeEvidence::default(),
            dagster_yaml: YamlEvidence::default(),
            python: PythonEvidence::default(),
            switch: SwitchEvidence::default(),
            modal: ModalEvidence::default(),
            money: MoneyEvidence::default(),
        }
    }
}
