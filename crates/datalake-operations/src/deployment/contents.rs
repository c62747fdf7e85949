//! What the containers and the env file hold.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, Prints, environment_prints};
use datalake_core::plan::Found;
use datalake_core::secret::{FilledBody, FingerprintKey};
use datalake_engine::SeenEntry;
use datalake_quadlet::parse_env;

use super::{Environments, HandedOverSettings};
use crate::HostContext;
use crate::Redactor;

/// What is handed over, and what the containers' environments hold. They are secret.
pub struct EnvironmentContents {
    pub(super) handed_over: HandedOverSettings,
    /// In the order of the units.
    pub(super) containers: Vec<Found<FilledBody>>,
}

impl EnvironmentContents {
    /// The same by fingerprints.
    pub fn prints(&self, key: &FingerprintKey) -> Environments {
        let of_container = |environment: &Found<FilledBody>| {
            by_ref(environment).map(|content| environment_prints(content, key))
        };
        let env_file = match &self.handed_over.settings {
            Found::Present(content) => env_file_prints(content, key),
            Found::Absent => Found::Absent,
            Found::Unknown(fault) => Found::Unknown(fault.clone()),
        };
        Environments {
            env_file,
            source: self.handed_over.source,
            containers: self.containers.iter().map(of_container).collect(),
        }
    }

    /// What hides in logs the secrets that are in use now.
    pub fn redactor(&self) -> Redactor {
        let mut redactor = Redactor::default();
        if let Found::Present(content) = &self.handed_over.settings {
            redactor.learn(content, b'\n');
        }
        for content in self.containers.iter().filter_map(Found::present) {
            redactor.learn(content, b'\0');
        }
        redactor
    }
}

pub(super) fn read_content(context: &HostContext<'_>, path: &HostPath) -> Found<FilledBody> {
    match context.files.look(path) {
        Ok(SeenEntry::File { content, .. }) => Found::Present(content),
        Ok(SeenEntry::Folder(_)) => {
            Found::Unknown(Fault::new(FaultKind::NotPlain, "it is a folder"))
        }
        Err(fault) => Found::from_answer(Err(fault)),
    }
}

fn env_file_prints(content: &FilledBody, key: &FingerprintKey) -> Found<Prints> {
    match parse_env(content.expose()) {
        Ok(entries) => {
            let print = |(name, value): (String, String)| (name, key.of(value.as_bytes()));
            Found::Present(entries.into_iter().map(print).collect())
        }
        Err(error) => Found::Unknown(Fault::new(FaultKind::Unreadable, error.to_string())),
    }
}

fn by_ref<T>(found: &Found<T>) -> Found<&T> {
    match found {
        Found::Present(value) => Found::Present(value),
        Found::Absent => Found::Absent,
        Found::Unknown(fault) => Found::Unknown(fault.clone()),
    }
}
