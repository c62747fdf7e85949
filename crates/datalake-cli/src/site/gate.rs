//! Who is trusted at this place, and whether what its spec names stands the judgement.

use datalake_engine::find_user;
use std::path::Path;

use datalake_core::spec::{CredentialSource, SpecDocument};
use datalake_host::{
    GateFault, HostFiles, TrustedUsers, distrust_user, judge_program, judge_secret_file,
};

use crate::args::Command;
use crate::config::{Settings, Sources};
use crate::failure::Failure;

/// The same settings, if all that they name for this command may be used. Whoever called `sudo` is not trusted where
/// that is the service user: then the files are judged once more without them.
///
/// # Errors
///
/// [`Failure`] for a spec, program or credentials file that somebody else may have put there.
pub(super) fn guarded(
    settings: Settings,
    sources: &Sources<'_>,
    host: &HostFiles,
    command: &Command,
) -> Result<Settings, Failure> {
    let settings = match service_user_of_sudo(&settings, host) {
        None => settings,
        Some(uid) => {
            distrust_user(uid);
            Settings::load(sources)?
        }
    };
    let (document, trusted) = (settings.document(), TrustedUsers::of_process());
    if runs_modal(command) {
        require_client(document, &trusted)?;
    }
    if reads_keys(command) {
        require_credentials(document, &trusted)?;
    }
    Ok(settings)
}

/// The user who called `sudo`, where any layer of the spec takes them for the service user.
fn service_user_of_sudo(settings: &Settings, host: &HostFiles) -> Option<u32> {
    let caller = TrustedUsers::of_process().user_of_sudo()?;
    let is_caller = |name| find_user(host, name).is_ok_and(|user| user.owner.uid == caller);
    settings.users().any(is_caller).then_some(caller)
}

/// Whether it may run Modal's client. Whoever starts a program judges it, too: here it is refused
/// before anything is done.
fn runs_modal(command: &Command) -> bool {
    matches!(
        command,
        Command::Provision(_)
            | Command::Status
            | Command::Doctor(_)
            | Command::Rollback(_)
            | Command::Modal { .. }
            | Command::Key { .. }
    )
}

/// Whether it may read the key pair. Whoever reads it judges its file or program, too.
fn reads_keys(command: &Command) -> bool {
    !matches!(
        command,
        Command::Config { .. }
            | Command::Discover
            | Command::History(_)
            | Command::Dagster { .. }
            | Command::Schedule { .. }
    )
}

/// The client of Modal that the spec names by its path.
fn require_client(document: &SpecDocument, trusted: &TrustedUsers) -> Result<(), Failure> {
    let judged = document.modal.client.as_ref().map(|it| judge_program(it.as_ref(), trusted));
    require_undoubted("modal.client", judged)
}

/// The file or program that gives the key pair.
fn require_credentials(document: &SpecDocument, trusted: &TrustedUsers) -> Result<(), Failure> {
    match &document.credentials {
        Some(CredentialSource::Command(words)) => {
            let judged = words.first().map(|program| judge_program(program.as_ref(), trusted));
            require_undoubted("credentials.command", judged)
        }
        Some(CredentialSource::File(path)) => {
            let judged = judge_secret_file(Path::new(path), trusted);
            require_undoubted("credentials.file", Some(judged))
        }
        Some(CredentialSource::From(_) | CredentialSource::Fd(_)) | None => Ok(()),
    }
}

/// Whoever uses it says what else is wrong with it.
fn require_undoubted(key: &str, judged: Option<Result<(), GateFault>>) -> Result<(), Failure> {
    match judged {
        Some(Err(fault)) if fault.is_distrust() => {
            Err(Failure::from(fault).within(format!("`{key}`")))
        }
        _ => Ok(()),
    }
}
