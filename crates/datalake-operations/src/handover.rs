//! Decides how the S3 settings reach the containers: what the operator asks for, if podman can.

use datalake_core::fault::{Fault, FaultKind, Target};
use datalake_core::host::{UnitName, UserAccount};
use datalake_core::spec::{Handover, HostSpec};
use datalake_desired::HandoverChoice;
use datalake_engine::{Containers, NoSecrets, Secrets, UserPorts};
use datalake_quadlet::PodmanVersion;

use crate::ErrorKind;
use crate::HostContext;
use crate::OperationError;

/// What podman said of its version.
enum PodmanAnswer {
    /// There is none to ask: a sandbox, or another root.
    Nobody,
    /// This one is installed.
    Version(PodmanVersion),
    /// It could not be asked, or its answer makes no sense.
    Unknown(Fault),
}

/// The way for this host.
///
/// # Errors
///
/// [`OperationError`] where the podman of this machine cannot do what is asked for, or nothing is
/// asked for and it does not tell its version.
pub async fn choose_handover(
    context: &HostContext<'_>,
    host: &HostSpec,
    account: &UserAccount,
) -> Result<HandoverChoice, OperationError> {
    let podman = match act_for_user(context, &host.user, account) {
        None => PodmanAnswer::Nobody,
        // A stranger can tell how files stand, and nothing of podman.
        Some(Err(failure)) => match host.handover {
            Some(wish) if wish != Handover::PodmanSecret => {
                return choice_of(wish, None, context);
            }
            _ => return Err(failure),
        },
        Some(Ok(user)) => ask_podman(user.containers.as_ref()).await,
    };
    let handover = decide_handover(host.handover, &podman);
    let version = match podman {
        PodmanAnswer::Version(version) => Some(version),
        PodmanAnswer::Nobody | PodmanAnswer::Unknown(_) => None,
    };
    choice_of(handover.map_err(|failure| failure.for_user(&host.user))?, version, context)
}

fn choice_of(
    handover: Handover,
    podman: Option<PodmanVersion>,
    context: &HostContext<'_>,
) -> Result<HandoverChoice, OperationError> {
    let history = context.history()?;
    Ok(HandoverChoice { handover, once_stored: history.stored_secrets(), podman })
}

/// What the service user's podman keeps; on this machine alone.
#[must_use]
pub fn podman_secrets(
    context: &HostContext<'_>,
    user_name: &UnitName,
    account: &UserAccount,
) -> Box<dyn Secrets> {
    match act_for_user(context, user_name, account) {
        Some(Ok(user)) => user.secrets,
        Some(Err(_)) | None => Box::new(NoSecrets),
    }
}

/// What runs for the service user; `None` where this is not the machine itself.
fn act_for_user(
    context: &HostContext<'_>,
    name: &UnitName,
    account: &UserAccount,
) -> Option<Result<UserPorts, OperationError>> {
    Some(context.machine?.act_for(name, account).map_err(OperationError::from))
}

async fn ask_podman(podman: &dyn Containers) -> PodmanAnswer {
    match podman.version().await {
        Ok(text) => match text.parse() {
            Ok(version) => PodmanAnswer::Version(version),
            Err(error) => PodmanAnswer::Unknown(Fault::new(
                FaultKind::Unreadable,
                datalake_quadlet::InvalidVersion::to_string(&error),
            )),
        },
        Err(fault) => PodmanAnswer::Unknown(fault),
    }
}

fn decide_handover(
    wish: Option<Handover>,
    podman: &PodmanAnswer,
) -> Result<Handover, OperationError> {
    match (wish, podman) {
        (None, PodmanAnswer::Nobody) => Ok(Handover::EnvFile),
        (Some(Handover::PodmanSecret), PodmanAnswer::Nobody) => Err(no_podman()),
        (Some(wish), PodmanAnswer::Nobody | PodmanAnswer::Unknown(_)) => Ok(wish),
        (Some(wish), PodmanAnswer::Version(version)) if version.supports(wish) => Ok(wish),
        (Some(wish), PodmanAnswer::Version(version)) => Err(refuse_handover(wish, *version)),
        (None, PodmanAnswer::Version(version)) => {
            version.usual_handover().ok_or_else(|| no_quadlets(*version))
        }
        (None, PodmanAnswer::Unknown(fault)) if fault.kind == FaultKind::NoManager => {
            Err(OperationError::at(&Target::Services, fault))
        }
        (None, PodmanAnswer::Unknown(fault)) => {
            Err(OperationError::about("the version of podman", fault)
                .under(ErrorKind::Config)
                .advise(
                    "it decides how the settings reach the containers; `host: { handover: … }` in \
                 datalake.yaml does so as well: env-file, podman-secret or in-place",
                ))
        }
    }
}

fn no_podman() -> OperationError {
    let message = "`handover: podman-secret` needs the podman of the machine itself: there is none \
                   to keep secrets in a sandbox or below --root";
    OperationError::new(ErrorKind::Config, message)
        .advise("`--handover env-file` or `--handover in-place` work here")
}

fn refuse_handover(wish: Handover, version: PodmanVersion) -> OperationError {
    if !version.supports_quadlets() {
        return no_quadlets(version);
    }
    let message = format!("`handover: {wish}` needs podman 5.0, and {version} is installed");
    OperationError::new(ErrorKind::Config, message)
        .advise("podman 4.4 to 4.9 ignore drop-ins without a word")
        .advise("`handover: in-place` works with it, or install podman 5.0 or newer")
}

fn no_quadlets(version: PodmanVersion) -> OperationError {
    let message = format!("podman {version} is installed, which knows no quadlets");
    OperationError::new(ErrorKind::Config, message)
        .advise("4.4 is the first that does, 5.0 the first to be used")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wish: Option<Handover>, podman: &str, expected: Result<Handover, &str>) {
        let podman = match podman {
            "" => PodmanAnswer::Nobody,
            "?" => {
                PodmanAnswer::Unknown(Fault::new(FaultKind::Unreachable, "there is no `podman`"))
            }
            text => PodmanAnswer::Version(text.parse().unwrap()),
        };
        match (decide_handover(wish, &podman), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(failure), Err(words)) => {
                let text = format!("{failure}\n{:?}", failure.advice);
                assert!(text.contains(words), "{words}: {text}");
                assert_eq!(failure.kind, ErrorKind::Config);
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
