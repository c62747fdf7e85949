//! Modal: its client, the token, the secret of the spec.

use datalake_core::doctor::{
    EnvFileLook, IdleProfiles, Look, ModalClientLook, ModalEvidence, ModalSecretAge,
    ModalSecretLook,
};
use datalake_core::fault::{Fault, FaultKind, Target};
use datalake_core::host::Mode;
use datalake_core::modal::ModalObject;
use datalake_core::plan::Action;
use datalake_core::receipt::Receipt;
use datalake_core::spec::ModalSpec;
use datalake_core::time::Timestamp;
use datalake_desired::{desire_vault, is_env_file};
use datalake_engine::{InstalledModalClient, ListedSecret, ModalAccount};

use super::ExaminationInput;
use super::leftovers::list_homes;
use super::settings::look_at_private_file;
use crate::{OperationError, VaultStanding, look_at_vault, read_vault_past};

/// When Modal's client is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModalQuestion {
    /// Always.
    Always,
    /// Where the spec names a secret in Modal.
    WhereNamed,
}

/// Looks at the client, its token file, and how the secret stands.
pub async fn examine_modal(
    input: &ExaminationInput<'_>,
    question: ModalQuestion,
    seen: &mut ModalEvidence,
) {
    let config = find_token_file(input);
    let not_asked = |why: &str, config| ModalEvidence { config, ..ModalEvidence::not_asked(why) };
    let spec = match input.spec.document.modal.clone().check() {
        Ok(spec) => spec,
        Err(error) => return *seen = not_asked(&error.to_string(), config),
    };
    if spec.is_none() && question == ModalQuestion::WhereNamed {
        return *seen = not_asked("the spec asks for nothing of Modal", config);
    }
    seen.config = config;
    let account = match (&input.spec.host, input.modal) {
        (Ok(_), Some(account)) => account,
        (Err(why), _) => return *seen = not_asked(why, seen.config.clone()),
        (Ok(_), None) => return *seen = not_asked("Modal cannot be asked", seen.config.clone()),
    };
    let about = match account.describe_client().await {
        Ok(about) => about,
        Err(fault) if fault.kind == FaultKind::NoClient => {
            return seen.client = Look::Saw(Err(fault.to_string()));
        }
        Err(fault) => return seen.client = Look::Unknown(fault),
    };
    if let Some(file) = find_profile_file(&about) {
        seen.config = Look::Saw(file);
    }
    let login = describe_login(&about);
    let has_token = !login.tokens.is_empty();
    seen.client = Look::Saw(Ok(login));
    if has_token {
        ask_modal(input, spec.as_ref(), account, seen).await;
    }
}

/// What only Modal itself can tell.
async fn ask_modal(
    input: &ExaminationInput<'_>,
    spec: Option<&ModalSpec>,
    account: &dyn ModalAccount,
    seen: &mut ModalEvidence,
) {
    let environment = spec.and_then(|spec| spec.secret.environment.as_ref());
    let listed = account.list_secrets(environment).await;
    let Some(spec) = spec else {
        seen.answer = Look::from(listed.map(drop));
        let why = "the spec names no secret in Modal".to_owned();
        (seen.secret, seen.age) = (Look::NotHere(why.clone()), Look::NotHere(why));
        return;
    };
    match listed {
        Err(fault) => seen.answer = Look::Unknown(fault),
        Ok(listed) => {
            seen.answer = Look::Saw(());
            seen.age = find_age(input, &spec.secret, &listed);
            seen.secret = judge_secret(input, spec, account).await;
        }
    }
}

/// The file that the client itself has read.
fn find_profile_file(about: &InstalledModalClient) -> Option<EnvFileLook> {
    let mode = about.mode?;
    Some(EnvFileLook {
        path: about.path.clone(),
        mode: Mode::new(mode).to_string(),
        is_private: Mode::new(mode & 0o077) == Mode::new(0),
        is_users: true,
    })
}

/// The token file in the home of whoever has called.
fn find_token_file(input: &ExaminationInput<'_>) -> Look<EnvFileLook> {
    let files =
        list_homes(input, None).into_iter().filter_map(|home| home.join(".modal.toml").ok());
    let looks = files.map(|path| look_at_private_file(input.context.files, &path, None));
    let all = looks.reduce(|one, other| match one {
        // One that is there says more than one that is not.
        Look::NotHere(_) => other,
        one => one,
    });
    all.unwrap_or_else(|| Look::NotHere("there is no home to look into".to_owned()))
}

fn describe_login(about: &InstalledModalClient) -> ModalClientLook {
    let InstalledModalClient { version, python, profile, path, .. } = about;
    let places = [
        (about.in_environment == [true, true], "the environment".to_owned()),
        (about.in_profile == [true, true], format!("profile `{profile}` of {path}")),
        (about.has_oauth, "an OAuth login".to_owned()),
    ];
    let tokens = places.into_iter().filter_map(|(is_whole, place)| is_whole.then_some(place));
    ModalClientLook {
        version: version.clone(),
        python: python.clone(),
        tokens: tokens.collect(),
        idle_profiles: find_idle_profiles(about),
    }
}

/// The profiles where there are several, and none of them is the one that counts.
fn find_idle_profiles(about: &InstalledModalClient) -> Option<IdleProfiles> {
    let InstalledModalClient { path, profile, profiles, .. } = about;
    let is_idle = profiles.len() > 1 && !profiles.contains(profile);
    is_idle.then(|| IdleProfiles { path: path.clone(), names: profiles.clone() })
}

async fn judge_secret(
    input: &ExaminationInput<'_>,
    spec: &ModalSpec,
    account: &dyn ModalAccount,
) -> Look<ModalSecretLook> {
    let Some(whole) = &input.spec.whole else {
        return Look::NotHere("the spec is not whole".to_owned());
    };
    let keys = match input.keys.read_sound_pair(&whole.credentials).await {
        Ok(keys) => keys,
        Err(why) => {
            return Look::NotHere(format!("what it has to hold is unknown without keys: {why}"));
        }
    };
    let standing = async {
        let fingerprints = input.context.fingerprint_key()?;
        let past = read_vault_past(input.context, &spec.secret, &fingerprints)?;
        Ok(match desire_vault(whole, &keys, &fingerprints, &past)? {
            Some(wanted) => Some(look_at_vault(&wanted, account).await),
            None => None,
        })
    };
    let standing: Result<_, OperationError> = standing.await;
    match standing {
        Ok(Some(VaultStanding::InStep)) => Look::Saw(ModalSecretLook::InStep),
        Ok(Some(VaultStanding::Earlier)) => Look::Saw(ModalSecretLook::Earlier),
        Ok(Some(VaultStanding::Incomplete)) => Look::Saw(ModalSecretLook::Incomplete),
        Ok(Some(VaultStanding::Foreign)) => Look::Saw(ModalSecretLook::Foreign),
        Ok(Some(VaultStanding::Absent)) => Look::Saw(ModalSecretLook::Absent),
        Ok(Some(VaultStanding::Unknown(fault))) => Look::Unknown(fault),
        Ok(None) => Look::NotHere("the spec names no secret in Modal".to_owned()),
        Err(error) => Look::Unknown(Fault::new(FaultKind::Refused, error.to_string())),
    }
}

fn find_age(
    input: &ExaminationInput<'_>,
    secret: &ModalObject,
    listed: &[ListedSecret],
) -> Look<ModalSecretAge> {
    let found = listed.iter().find(|listed| listed.name == secret.name.as_str());
    let Some(found) = found else { return Look::NotHere("it does not exist".to_owned()) };
    let history = match input.context.records().history() {
        Ok(history) => history,
        Err(fault) => return Look::Unknown(fault),
    };
    let Some(written) = history.iter().rev().find(|receipt| has_written_env_file(receipt)) else {
        return Look::NotHere("no run has written the env file".to_owned());
    };
    let written = (written.run.to_string(), written.started);
    match whole_seconds(found.created).and_then(|seconds| Timestamp::from_unix(seconds).ok()) {
        Some(stored) => Look::Saw(ModalSecretAge { stored, written }),
        None => Look::Unknown(Fault::new(FaultKind::Unreadable, "when it was stored")),
    }
}

/// Whole seconds since 1970, as far as they can be a time.
fn whole_seconds(since: f64) -> Option<i64> {
    // Seconds of a receipt are whole, too; what lies beyond a `u64` ends at its bounds.
    std::time::Duration::try_from_secs_f64(since).ok()?.as_secs().try_into().ok()
}

fn has_written_env_file(receipt: &Receipt) -> bool {
    let is_env_file =
        |action: &Action| matches!(action.target(), Target::Path(path) if is_env_file(&path));
    receipt.steps.iter().any(|taken| taken.is_done() && is_env_file(&taken.step.action))
}
