//! What an examination is about, and who is asked.

use std::path::PathBuf;

use async_trait::async_trait;
use datalake_core::doctor::SpecTrouble;
use datalake_core::fault::Fault;
use datalake_core::host::HostPath;
use datalake_core::s3::{Endpoint, Region};
use datalake_core::secret::Credentials;
use datalake_core::spec::{CredentialSource, HostSpec, InvalidSpec, Spec, SpecDocument, StoreSpec};
use datalake_engine::{Files, ModalAccount, Network, TestedStores};

use crate::{Advice, HostContext, OperationError, Quiet};

/// What an examination is about, and who is asked.
#[derive(Clone, Copy)]
pub struct ExaminationInput<'a> {
    /// Where the host is.
    pub context: &'a HostContext<'a>,
    /// The spec, as far as it can be read.
    pub spec: &'a ReadSpec<'a>,
    /// Who has called.
    pub caller: &'a Caller,
    /// Folders of Python files besides those that the units mount.
    pub code: &'a [CodeFolder],
    /// Where the key pair comes from.
    pub keys: &'a dyn KeySource,
    /// S3 services.
    pub services: &'a dyn TestedStores,
    /// The way to them.
    pub network: &'a dyn Network,
    /// Modal, where the spec names a host.
    pub modal: Option<&'a dyn ModalAccount>,
    /// Who is told what is looked at.
    pub reporter: &'a dyn ExaminationReporter,
}

/// The spec, as far as it can be read: a diagnosis begins where a run would stop.
pub struct ReadSpec<'a> {
    /// The written form.
    pub document: &'a SpecDocument,
    /// The whole spec, where nothing is missing or wrong.
    pub whole: Option<Spec>,
    /// Its part about the S3 service, or what is wrong with it.
    pub store: Result<StoreSpec, String>,
    /// The endpoint that is named, or that of the region, whatever else is wrong.
    pub endpoint: Option<Endpoint>,
    /// Its part about the Dagster host, or what is wrong with it.
    pub host: Result<HostSpec, String>,
    /// Values that are missing or wrong.
    pub troubles: Vec<SpecTrouble>,
}

/// Who has called, as far as the process itself knows.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The caller's home.
    pub home: Option<HostPath>,
    /// The user who has become root by `sudo`.
    pub sudo_user: Option<String>,
}

/// A folder of Python files that the operator names.
pub struct CodeFolder {
    /// What it was called.
    pub name: PathBuf,
    /// The files in it, or why it could not be opened.
    pub files: Result<Box<dyn Files>, Fault>,
}

/// Reads the key pair, which may mean to ask the operator for it.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// The pair that comes from `source`; its halves may have changed places.
    async fn read_pair(&self, source: &CredentialSource) -> Result<Credentials, NoKeyPair>;

    /// The same pair, whose halves are in their places.
    async fn read_sound_pair(
        &self,
        source: &CredentialSource,
    ) -> Result<Credentials, OperationError>;

    /// All secrets that the spec names, whose halves are in their places.
    async fn read_keys(&self, spec: &Spec) -> Result<Credentials, OperationError>;
}

/// Why there is no key pair. No part of a secret is in it.
#[derive(Debug)]
pub enum NoKeyPair {
    /// There is one, and something is wrong with its form.
    Flaw(OperationError),
    /// It cannot be read.
    Unread(OperationError),
    /// There is none, and nobody to ask.
    None,
}

/// A key pair that is known already.
pub struct KnownKeys(
    /// The pair.
    pub Credentials,
);

#[async_trait]
impl KeySource for KnownKeys {
    async fn read_pair(&self, _: &CredentialSource) -> Result<Credentials, NoKeyPair> {
        Ok(self.0.clone())
    }

    async fn read_sound_pair(&self, _: &CredentialSource) -> Result<Credentials, OperationError> {
        Ok(self.0.clone())
    }

    async fn read_keys(&self, _: &Spec) -> Result<Credentials, OperationError> {
        Ok(self.0.clone())
    }
}

impl ExaminationReporter for Quiet {
    fn begin(&self, _: ExaminedPart) {}

    fn end(&self, _: ExaminedPart) {}

    fn word(&self, advice: &Advice) -> String {
        match advice {
            Advice::Text(words) => words.clone(),
            Advice::Commands(words, commands) => commands
                .iter()
                .fold(words.clone(), |words, it| words.replacen("{}", &format!("{it:?}"), 1)),
            other => format!("{other:?}"),
        }
    }
}

/// A part of an examination that may take a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExaminedPart {
    /// systemd, podman and the files of the host.
    Host,
    /// The service, and its locations.
    Service,
    /// What a provision would change.
    Changes,
    /// The S3 clients in the containers.
    Clients,
}

/// Is told what is looked at, and words what is advised.
pub trait ExaminationReporter: Send + Sync {
    /// A part begins.
    fn begin(&self, part: ExaminedPart);

    /// It has ended.
    fn end(&self, part: ExaminedPart);

    /// An advice in words.
    fn word(&self, advice: &Advice) -> String;
}

/// A part of an examination, as long as it lasts.
pub(super) struct PartInHand<'a> {
    reporter: &'a dyn ExaminationReporter,
    part: ExaminedPart,
}

impl Drop for PartInHand<'_> {
    fn drop(&mut self) {
        self.reporter.end(self.part);
    }
}

impl<'a> ExaminationInput<'a> {
    pub(super) fn begin(&self, part: ExaminedPart) -> PartInHand<'a> {
        self.reporter.begin(part);
        PartInHand { reporter: self.reporter, part }
    }
}

impl<'a> ReadSpec<'a> {
    /// What a written spec says, as far as it can be read.
    #[must_use]
    pub fn of(document: &'a SpecDocument) -> Self {
        let whole = document.clone().check();
        let cost = document.cost.clone().check();
        let troubles = [whole.as_ref().err(), cost.as_ref().err()].into_iter().flatten();
        let trouble = |error: &InvalidSpec| SpecTrouble {
            what: error.to_string(),
            cure: format!("put `{}` right", error.key),
        };
        let region = || document.region.as_deref()?.parse::<Region>().ok()?.endpoint();
        Self {
            document,
            troubles: troubles.map(trouble).collect(),
            whole: whole.ok(),
            store: document.clone().check_store().map_err(|error| error.to_string()),
            endpoint: document
                .endpoint
                .as_deref()
                .map_or_else(region, |endpoint| endpoint.parse().ok()),
            host: document.host.clone().check().map_err(|error| error.to_string()),
        }
    }
}
