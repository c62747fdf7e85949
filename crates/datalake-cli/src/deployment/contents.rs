//! What the containers and the env file hold.

use datalake_core::{Fault, FaultKind, FilledBody, FingerprintKey, Found, HostPath};
use datalake_engine::{Files, Prints, Seen, environment_prints};
use datalake_quadlet::parse_env;

use super::{Environments, HandedOver};
use crate::render::Redactor;
use crate::site::Site;

/// What is handed over, and what the containers' environments hold. They are secret.
pub(crate) struct Contents {
    pub(super) handed_over: HandedOver,
    /// In the order of the units.
    pub(super) containers: Vec<Found<FilledBody>>,
}

impl Contents {
    /// The same by fingerprints.
    pub(crate) fn prints(&self, key: &FingerprintKey) -> Environments {
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
    pub(crate) fn redactor(&self) -> Redactor {
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

pub(super) fn content(site: &Site, path: &HostPath) -> Found<FilledBody> {
    match site.host.look(path) {
        Ok(Seen::File { content, .. }) => Found::Present(content),
        Ok(Seen::Folder(_)) => Found::Unknown(Fault::new(FaultKind::NotPlain, "it is a folder")),
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
