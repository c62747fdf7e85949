//! Who is trusted at this place, and whether what its spec names stands the judgement.

use std::path::Path;

use datalake_core::{CredentialSource, SpecDocument};
use datalake_host::{
    GateFault, HostFiles, TrustedUsers, distrust_user, find_user, judge_program, judge_secret_file,
};

use crate::config::{Settings, Sources};
use crate::failure::Failure;

/// The same settings, if all that they name may be used. Whoever called `sudo` is not trusted where
/// that is the service user: then the files are judged once more without them.
///
/// # Errors
///
/// [`Failure`] for a spec, program or credentials file that somebody else may have put there.
pub(super) fn guarded(
    settings: Settings,
    sources: &Sources<'_>,
    host: &HostFiles,
) -> Result<Settings, Failure> {
    let settings = match service_user_of_sudo(&settings, host) {
        None => settings,
        Some(uid) => {
            distrust_user(uid);
            Settings::load(sources)?
        }
    };
    require_trusted(settings.document(), &TrustedUsers::of_process())?;
    Ok(settings)
}

/// The user who called `sudo`, where any layer of the spec takes them for the service user.
fn service_user_of_sudo(settings: &Settings, host: &HostFiles) -> Option<u32> {
    let caller = TrustedUsers::of_process().user_of_sudo()?;
    let is_caller = |name| find_user(host, name).is_ok_and(|user| user.owner.uid == caller);
    settings.users().any(is_caller).then_some(caller)
}

/// Programs and credentials that the spec names by their paths.
fn require_trusted(document: &SpecDocument, trusted: &TrustedUsers) -> Result<(), Failure> {
    let program = |path: &String| judge_program(path.as_ref(), trusted);
    let named = |key: &'static str| {
        move |fault: GateFault| -> Result<(), Failure> {
            if fault.is_distrust() {
                return Err(Failure::from(fault).within(format!("`{key}`")));
            }
            // Whoever uses it says what is wrong with it.
            Ok(())
        }
    };
    if let Some(client) = &document.modal.client {
        program(client).or_else(named("modal.client"))?;
    }
    match &document.credentials {
        Some(CredentialSource::Command(words)) => {
            let first = words.first().map_or(Ok(()), program);
            first.or_else(named("credentials.command"))
        }
        Some(CredentialSource::File(path)) => {
            judge_secret_file(Path::new(path), trusted).or_else(named("credentials.file"))
        }
        Some(CredentialSource::From(_) | CredentialSource::Fd(_)) | None => Ok(()),
    }
}
