//! Decides how the S3 settings reach the containers: what the operator asks for, if podman can.

use std::collections::BTreeSet;

use datalake_core::{
    Fault, FaultKind, Handover, HostSpec, PodmanSecret, SecretName, Target, UnitName,
};
use datalake_engine::{Containers, NoSecrets, Secrets};
use datalake_host::{Account, Podman, PodmanSecrets, ServiceUser};
use datalake_quadlet::PodmanVersion;

use crate::deployment::service_user;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::site::Site;

/// How the S3 settings reach the containers, and what an earlier way may have left behind.
pub(crate) struct Way {
    /// How.
    pub handover: Handover,
    /// The secrets that runs have had podman keep.
    pub once_stored: BTreeSet<PodmanSecret>,
    /// The installed podman, where it was asked.
    pub podman: Option<PodmanVersion>,
}

/// What podman said of its version.
enum Podmans {
    /// There is none to ask: a sandbox, or another root.
    Nobody,
    /// This one is installed.
    Version(PodmanVersion),
    /// It could not be asked, or its answer makes no sense.
    Unknown(Fault),
}

impl Way {
    /// The way for this host.
    ///
    /// # Errors
    ///
    /// [`Failure`] where the podman of this machine cannot do what is asked for, or nothing is
    /// asked for and it does not tell its version.
    pub(crate) async fn of(
        site: &Site,
        host: &HostSpec,
        account: &Account,
    ) -> Result<Self, Failure> {
        let podman = match user(site, &host.user, account) {
            None => Podmans::Nobody,
            // A stranger can tell how files stand, and nothing of podman.
            Some(Err(failure)) => match host.handover {
                Some(wish) if wish != Handover::PodmanSecret => {
                    return Self::with(wish, None, site);
                }
                _ => return Err(failure),
            },
            Some(Ok(user)) => asked(&Podman::new(user)).await,
        };
        let handover = decided(host.handover, &podman);
        let version = match podman {
            Podmans::Version(version) => Some(version),
            Podmans::Nobody | Podmans::Unknown(_) => None,
        };
        Self::with(handover.map_err(|failure| failure.for_user(&host.user))?, version, site)
    }

    fn with(
        handover: Handover,
        podman: Option<PodmanVersion>,
        site: &Site,
    ) -> Result<Self, Failure> {
        let history = site.records().history().map_err(|fault| site.state_failure(&fault))?;
        Ok(Self { handover, once_stored: history.stored_secrets(), podman })
    }

    /// The secrets of podman's that have to be looked at.
    #[must_use]
    pub(crate) fn secrets(&self) -> Vec<PodmanSecret> {
        let mut secrets = self.once_stored.clone();
        if self.handover == Handover::PodmanSecret {
            secrets.extend(SecretName::ALL.map(podman_secret));
        }
        secrets.into_iter().collect()
    }
}

/// The name under which podman keeps a secret.
///
/// # Panics
///
/// Never: all of them are names of secrets.
#[must_use]
pub(crate) fn podman_secret(name: SecretName) -> PodmanSecret {
    let text = match name {
        SecretName::AccessKeyId => "datalake-s3-access-key-id",
        SecretName::SecretAccessKey => "datalake-s3-secret-access-key",
        SecretName::ModalTokenId => "datalake-modal-token-id",
        SecretName::ModalTokenSecret => "datalake-modal-token-secret",
    };
    text.parse().expect("letters and hyphens make a name")
}

/// What the service user's podman keeps; on this machine alone.
#[must_use]
pub(crate) fn secrets(site: &Site, user_name: &UnitName, account: &Account) -> Box<dyn Secrets> {
    match user(site, user_name, account) {
        Some(Ok(user)) => Box::new(PodmanSecrets::new(user)),
        Some(Err(_)) | None => Box::new(NoSecrets),
    }
}

/// The service user as this process can act for it; `None` where this is not the machine itself.
fn user(site: &Site, name: &UnitName, account: &Account) -> Option<Result<ServiceUser, Failure>> {
    site.is_this_machine().then(|| service_user(name, account).map_err(Failure::from))
}

async fn asked(podman: &Podman) -> Podmans {
    match podman.version().await {
        Ok(text) => match text.parse() {
            Ok(version) => Podmans::Version(version),
            Err(error) => Podmans::Unknown(Fault::new(
                FaultKind::Unreadable,
                datalake_quadlet::InvalidVersion::to_string(&error),
            )),
        },
        Err(fault) => Podmans::Unknown(fault),
    }
}

fn decided(wish: Option<Handover>, podman: &Podmans) -> Result<Handover, Failure> {
    match (wish, podman) {
        (None, Podmans::Nobody) => Ok(Handover::EnvFile),
        (Some(Handover::PodmanSecret), Podmans::Nobody) => Err(no_podman()),
        (Some(wish), Podmans::Nobody | Podmans::Unknown(_)) => Ok(wish),
        (Some(wish), Podmans::Version(version)) if version.supports(wish) => Ok(wish),
        (Some(wish), Podmans::Version(version)) => Err(refused(wish, *version)),
        (None, Podmans::Version(version)) => {
            version.usual_handover().ok_or_else(|| no_quadlets(*version))
        }
        (None, Podmans::Unknown(fault)) if fault.kind == FaultKind::NoManager => {
            Err(Failure::at(&Target::Services, fault))
        }
        (None, Podmans::Unknown(fault)) => {
            Err(Failure::about("the version of podman", fault).under(Exit::Config).hint(
                "it decides how the settings reach the containers; `host: { handover: … }` in \
                 datalake.yaml does so as well: env-file, podman-secret or in-place",
            ))
        }
    }
}

fn no_podman() -> Failure {
    let message = "`handover: podman-secret` needs the podman of the machine itself: there is none \
                   to keep secrets in a sandbox or below --root";
    Failure::new(Exit::Config, message)
        .hint("`--handover env-file` or `--handover in-place` work here")
}

fn refused(wish: Handover, version: PodmanVersion) -> Failure {
    if !version.supports_quadlets() {
        return no_quadlets(version);
    }
    let message = format!("`handover: {wish}` needs podman 5.0, and {version} is installed");
    Failure::new(Exit::Config, message)
        .hint("podman 4.4 to 4.9 ignore drop-ins without a word")
        .hint("`handover: in-place` works with it, or install podman 5.0 or newer")
}

fn no_quadlets(version: PodmanVersion) -> Failure {
    let message = format!("podman {version} is installed, which knows no quadlets");
    Failure::new(Exit::Config, message).hint("4.4 is the first that does, 5.0 the first to be used")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wish: Option<Handover>, podman: &str, expected: Result<Handover, &str>) {
        let podman = match podman {
            "" => Podmans::Nobody,
            "?" => Podmans::Unknown(Fault::new(FaultKind::Unreachable, "there is no `podman`")),
            text => Podmans::Version(text.parse().unwrap()),
        };
        match (decided(wish, &podman), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(failure), Err(words)) => {
                let text = [failure.messages, failure.hints].concat().join("\n");
                assert!(text.contains(words), "{words}: {text}");
                assert_eq!(failure.exit, Exit::Config);
            }
            (found, expected) => panic!("{found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn the_installed_podman_decides_where_nobody_else_does() {
        check(None, "5.4.2", Ok(Handover::EnvFile));
        check(None, "4.9.3", Ok(Handover::InPlace));
        check(None, "4.3.1", Err("knows no quadlets"));
        check(None, "", Ok(Handover::EnvFile));
        check(None, "?", Err("there is no `podman`"));
    }

    #[test]
    fn a_wish_is_granted_where_podman_can() {
        for wish in Handover::ALL {
            check(Some(wish), "5.0.0", Ok(wish));
            check(Some(wish), "?", Ok(wish));
        }
        check(Some(Handover::InPlace), "4.4.0", Ok(Handover::InPlace));
        check(Some(Handover::InPlace), "", Ok(Handover::InPlace));
        check(Some(Handover::InPlace), "4.3.0", Err("knows no quadlets"));
        check(Some(Handover::EnvFile), "4.9.3", Err("`handover: in-place` works with it"));
        check(Some(Handover::PodmanSecret), "4.9.3", Err("ignore drop-ins without a word"));
        check(Some(Handover::PodmanSecret), "", Err("none to keep secrets in a sandbox"));
    }
}
