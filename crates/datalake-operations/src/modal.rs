//! The secret and the apps in Modal.

mod apps;
mod left;
mod place;
mod secret;
mod words;

use datalake_core::modal::ModalObject;
use datalake_core::spec::{ModalClientPlace, ModalSpec};

pub use self::apps::{Apps, find_apps_after};
pub use self::left::{LeftSecret, find_cleared_secret, find_left_secret};
pub use self::place::{UnusablePrograms, enter_client_unit};
pub use self::secret::{SecretGoal, SecretInHand};
pub use self::words::{describe_apps_after, describe_left_secret, tell_left_secret};
use crate::{ErrorKind, OperationError};

/// Modal's part of a spec, which needs no bucket beside it.
///
/// # Errors
///
/// [`OperationError`] where it names nothing of Modal's.
pub fn require_modal(modal: Option<ModalSpec>) -> Result<ModalSpec, OperationError> {
    modal.ok_or_else(|| {
        OperationError::new(ErrorKind::Config, "the spec names no secret in Modal")
            .advise("add `modal: { secret: hetzner-s3, apps: [dagster-compute] }` to datalake.yaml")
    })
}

/// Sees to it that Modal's client is on this host, and can read a file here.
///
/// # Errors
///
/// [`OperationError`] where it is in a container.
pub fn require_client_here(modal: &ModalSpec) -> Result<(), OperationError> {
    let ModalClientPlace::Container(unit) = &modal.client else { return Ok(()) };
    let text = format!("Modal's client is in the container of `{unit}`, and the file here");
    Err(OperationError::new(ErrorKind::Config, text)
        .advise("deploy it from a machine with a client: `modal: { client: … }`"))
}

/// The app that is meant where none is named: the first one of the spec.
///
/// # Errors
///
/// [`OperationError`] never, as long as the usual name is one.
pub fn choose_app(modal: &ModalSpec) -> Result<ModalObject, OperationError> {
    if let Some(app) = modal.apps.first() {
        return Ok(app.clone());
    }
    let name = "dagster-compute".parse();
    let name = name.map_err(|error| OperationError::of(ErrorKind::Bug, &error))?;
    Ok(ModalObject { name, environment: modal.secret.environment.clone() })
}

/// The apps that are named, or all of the spec.
///
/// # Errors
///
/// [`OperationError`] for a text that is no name, and where no app is meant.
pub fn choose_apps(
    modal: &ModalSpec,
    named: &[String],
) -> Result<Vec<ModalObject>, OperationError> {
    let app = |text: &String| {
        let name = text.parse().map_err(|error| OperationError::of(ErrorKind::Usage, &error))?;
        Ok(ModalObject { name, environment: modal.secret.environment.clone() })
    };
    let named = named.iter().map(app).collect::<Result<Vec<_>, OperationError>>()?;
    let apps = if named.is_empty() { modal.apps.clone() } else { named };
    if apps.is_empty() {
        return Err(OperationError::new(
            ErrorKind::Usage,
            "no app is named, and the spec names none",
        ));
    }
    Ok(apps)
}

#[cfg(test)]
mod tests;
