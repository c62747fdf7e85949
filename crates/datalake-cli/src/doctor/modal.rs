//! Modal: its client, the token, the secret of the spec.

use datalake_core::doctor::{
    EnvFileLook, Examination, Look, ModalClientLook, ModalEvidence, ModalSecretAge, ModalSecretLook,
};
use datalake_core::{
    Action, Fault, FaultKind, ModalObject, ModalSpec, Mode, Receipt, Target, Timestamp,
};
use datalake_modal::{Client, ListedSecret, ModalClient};

use super::settings::private_file;
use super::shells::homes;
use crate::modal::{ModalPlace, VaultPast, VaultStanding, is_env_file, standing};
use crate::site::Site;

/// When Modal's client is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Always.
    Always,
    /// Where the spec names a secret in Modal.
    WhereNamed,
}

/// Looks at the client, its token file, and how the secret stands.
pub(crate) async fn look(site: &Site, asked: Asked, seen: &mut Examination) {
    seen.modal.config = token_file(site);
    let spec = match site.settings.document().modal.clone().check() {
        Ok(spec) => spec,
        Err(error) => return not_here(&error.to_string(), &mut seen.modal),
    };
    if spec.is_none() && asked == Asked::WhereNamed {
        return not_here("the spec asks for nothing of Modal", &mut seen.modal);
    }
    let host = match site.settings.host() {
        Ok(host) => host,
        Err(failure) => return not_here(&failure.messages.join(": "), &mut seen.modal),
    };
    let place = ModalPlace::of(site, &host, spec.as_ref()).await;
    let client = place.client();
    let about = match client.about().await {
        Ok(about) => about,
        Err(fault) if fault.kind == FaultKind::NoClient => {
            return seen.modal.client = Look::Saw(Err(fault.to_string()));
        }
        Err(fault) => return seen.modal.client = Look::Unknown(fault),
    };
    if let Some(file) = file_of(&about) {
        seen.modal.config = Look::Saw(file);
    }
    let login = login(&about);
    let has_token = !login.tokens.is_empty();
    seen.modal.client = Look::Saw(Ok(login));
    if has_token {
        in_service(site, spec.as_ref(), &client, &mut seen.modal).await;
    }
}

/// What only Modal itself can tell.
async fn in_service(
    site: &Site,
    spec: Option<&ModalSpec>,
    client: &ModalClient<'_>,
    seen: &mut ModalEvidence,
) {
    let environment = spec.and_then(|spec| spec.secret.environment.as_ref());
    let listed = client.secrets(environment).await;
    let Some(spec) = spec else {
        seen.answer = Look::from(listed.map(drop));
        return no_secret("the spec names no secret in Modal", seen);
    };
    match listed {
        Err(fault) => seen.answer = Look::Unknown(fault),
        Ok(listed) => {
            seen.answer = Look::Saw(());
            seen.age = age(site, &spec.secret, &listed);
            seen.secret = secret(site, spec, client).await;
        }
    }
}

/// The file that the client itself has read.
fn file_of(about: &Client) -> Option<EnvFileLook> {
    let mode = about.mode?;
    Some(EnvFileLook {
        path: about.path.clone(),
        mode: Mode::new(mode).to_string(),
        is_private: Mode::new(mode & 0o077) == Mode::new(0),
        is_users: true,
    })
}

/// The token file in the home of whoever has called.
fn token_file(site: &Site) -> Look<EnvFileLook> {
    let files = homes(site, None).into_iter().filter_map(|home| home.join(".modal.toml").ok());
    let looks = files.map(|path| private_file(site, &path, None));
    let all = looks.reduce(|one, other| match one {
        // One that is there says more than one that is not.
        Look::NotHere(_) => other,
        one => one,
    });
    all.unwrap_or_else(|| Look::NotHere("there is no home to look into".to_owned()))
}

fn login(about: &Client) -> ModalClientLook {
    let Client { version, python, profile, path, .. } = about;
    let places = [
        (about.in_environment == [true, true], "the environment".to_owned()),
        (about.in_profile == [true, true], format!("profile `{profile}` of {path}")),
        (about.has_oauth, "an OAuth login".to_owned()),
    ];
    let tokens = places.into_iter().filter_map(|(is_whole, place)| is_whole.then_some(place));
    ModalClientLook { version: version.clone(), python: python.clone(), tokens: tokens.collect() }
}

async fn secret(site: &Site, spec: &ModalSpec, client: &ModalClient<'_>) -> Look<ModalSecretLook> {
    let Ok(whole) = site.spec() else {
        return Look::NotHere("the spec is not whole".to_owned());
    };
    let keys = match site.keys_from(&whole.credentials).await {
        Ok(keys) => keys,
        Err(failure) => {
            let why = failure.messages.join(": ");
            return Look::NotHere(format!("nobody knows what it has to hold without keys: {why}"));
        }
    };
    let told = async {
        let fingerprints = site.records().fingerprint_key(&site.clock);
        let fingerprints = fingerprints.map_err(|fault| site.state_failure(&fault))?;
        let past = VaultPast::of(&spec.secret, site, &fingerprints)?;
        standing(&whole, (&keys, &fingerprints), &past, client).await
    };
    match told.await {
        Ok(Some(VaultStanding::InStep)) => Look::Saw(ModalSecretLook::InStep),
        Ok(Some(VaultStanding::Earlier)) => Look::Saw(ModalSecretLook::Earlier),
        Ok(Some(VaultStanding::Foreign)) => Look::Saw(ModalSecretLook::Foreign),
        Ok(Some(VaultStanding::Absent)) => Look::Saw(ModalSecretLook::Absent),
        Ok(Some(VaultStanding::Unknown(fault))) => Look::Unknown(fault),
        Ok(None) => Look::NotHere("the spec names no secret in Modal".to_owned()),
        Err(failure) => Look::Unknown(Fault::new(FaultKind::Refused, failure.messages.join(": "))),
    }
}

fn age(site: &Site, secret: &ModalObject, listed: &[ListedSecret]) -> Look<ModalSecretAge> {
    let found = listed.iter().find(|listed| listed.name == secret.name.as_str());
    let Some(found) = found else { return Look::NotHere("it is not there".to_owned()) };
    let history = match site.records().history() {
        Ok(history) => history,
        Err(fault) => return Look::Unknown(fault),
    };
    let Some(written) = history.iter().rev().find(|receipt| has_written(receipt)) else {
        return Look::NotHere("no run has written the env file".to_owned());
    };
    let written = (written.run.to_string(), written.started);
    match seconds(found.created).and_then(|seconds| Timestamp::from_unix(seconds).ok()) {
        Some(stored) => Look::Saw(ModalSecretAge { stored, written }),
        None => Look::Unknown(Fault::new(FaultKind::Unreadable, "when it was stored")),
    }
}

/// Whole seconds since 1970, as far as they can be a time.
fn seconds(since: f64) -> Option<i64> {
    // Seconds of a receipt are whole, too; what lies beyond a `u64` ends at its bounds.
    std::time::Duration::try_from_secs_f64(since).ok()?.as_secs().try_into().ok()
}

fn has_written(receipt: &Receipt) -> bool {
    let is_env_file =
        |action: &Action| matches!(action.target(), Target::Path(path) if is_env_file(&path));
    receipt.steps.iter().any(|taken| taken.is_done() && is_env_file(&taken.step.action))
}

fn not_here(why: &str, seen: &mut ModalEvidence) {
    seen.client = Look::NotHere(why.to_owned());
    seen.answer = Look::NotHere(why.to_owned());
    no_secret(why, seen);
}

fn no_secret(why: &str, seen: &mut ModalEvidence) {
    seen.secret = Look::NotHere(why.to_owned());
    seen.age = Look::NotHere(why.to_owned());
}
