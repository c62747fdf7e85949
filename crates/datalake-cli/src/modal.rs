//! Modal: where its client is, what its secret has to hold, how it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::{
    Credentials, DesiredVault, Fault, FaultKind, FilledBody, Fingerprint, FingerprintKey, Found,
    HostPath, HostSpec, ModalClientPlace, ModalObject, ModalSpec, ModalToken, Observed, Spec,
    UnitName, VaultState, vault_part,
};
use datalake_engine::{Programs, Ran, SecretVault};
use datalake_host::{ContainerPrograms, HostPrograms};
use datalake_modal::ModalClient;
use datalake_quadlet::MODAL_VARIABLES;
use secrecy::SecretString;

use crate::deployment::{Ground, service_user};
use crate::desired::vault;
use crate::failure::Failure;
use crate::site::Site;
use crate::token;

/// Variables of this process that Modal's client is to have.
const PROXIES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"];

/// What a look at Modal may take where nothing is changed: all else is shown within five seconds.
pub(crate) const LOOKING: Duration = Duration::from_secs(4);

/// What is known of a secret of Modal's from earlier runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct VaultPast {
    /// What runs may have stored there, each with the copy of the env file that still has it.
    pub(crate) earlier: BTreeMap<Fingerprint, Option<Fingerprint>>,
    /// The apps that a run has left without new containers.
    pub(crate) owed: BTreeSet<ModalObject>,
}

impl VaultPast {
    /// What the records tell of the secret; of copies those of the env file count, wherever it was.
    ///
    /// # Errors
    ///
    /// [`Failure`] where a record cannot be read.
    pub(crate) fn of(
        secret: &ModalObject,
        site: &Site,
        fingerprints: &FingerprintKey,
    ) -> Result<Self, Failure> {
        let records = site.records();
        let history = records.history().map_err(|fault| site.state_failure(&fault))?;
        let stored = history.vault_contents(secret);
        let mut earlier: BTreeMap<_, _> = stored.into_iter().map(|print| (print, None)).collect();
        if !earlier.is_empty() {
            for copy in history.file_contents("s3.env") {
                // A copy that is gone brings nothing back; that is no failure before it is needed.
                let Ok(content) = records.copy(copy, fingerprints) else { continue };
                let print = fingerprints.of(vault_part(&content).expose());
                earlier.entry(print).and_modify(|kept| *kept = Some(copy));
            }
        }
        Ok(Self { earlier, owed: history.owed_apps() })
    }
}

/// Modal's client, wherever it is.
pub(crate) struct ModalPlace {
    programs: Box<dyn Programs>,
    program: Option<String>,
    /// What a client in a container is told of login and settings.
    variables: BTreeMap<String, SecretString>,
}

impl ModalPlace {
    /// The place that the spec names. One that cannot be used says so when it is asked.
    pub(crate) async fn of(site: &Site, host: &HostSpec, spec: Option<&ModalSpec>) -> Self {
        match spec.map(|spec| &spec.client) {
            None | Some(ModalClientPlace::SearchPath) => Self::on_host(None),
            Some(ModalClientPlace::Program(path)) => Self::on_host(Some(path.clone())),
            Some(ModalClientPlace::Container(unit)) => {
                let token = spec.and_then(|spec| spec.token.as_ref());
                let programs = inside(site, host, unit).await;
                match programs
                    .and_then(|programs| Ok((programs, for_container(std::env::vars_os(), token)?)))
                {
                    Ok((programs, variables)) => {
                        Self { programs: Box::new(programs), program: None, variables }
                    }
                    Err(fault) => Self::nowhere(fault),
                }
            }
        }
    }

    pub(crate) fn on_host(program: Option<String>) -> Self {
        let environment = variables().collect();
        let programs = Box::new(HostPrograms { environment });
        Self { programs, program, variables: BTreeMap::new() }
    }

    fn nowhere(fault: Fault) -> Self {
        Self { programs: Box::new(NoPlace(fault)), program: None, variables: BTreeMap::new() }
    }

    /// The client.
    pub(crate) fn client(&self) -> ModalClient<'_> {
        let client = ModalClient::new(self.programs.as_ref(), self.program.clone());
        client.with_variables(self.variables.clone())
    }
}

/// The client's own variables in this process, and the token that the containers are given, where
/// there is none: before the first run they have not got it. An environment without a token is no
/// fault: later the containers have one of their own.
fn for_container(
    own: impl Iterator<Item = (OsString, OsString)>,
    token: Option<&ModalToken>,
) -> Result<BTreeMap<String, SecretString>, Fault> {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?.into()))
    };
    let own = own.filter_map(text).filter(|(name, _)| name.starts_with("MODAL_"));
    let mut variables: BTreeMap<String, SecretString> = own.collect();
    let has_token = MODAL_VARIABLES.iter().all(|name| variables.contains_key(*name));
    let elsewhere = token.filter(|token| !has_token && **token != ModalToken::Environment);
    if let Some(token) = elsewhere {
        let unread = |failure: Failure| Fault::new(FaultKind::NoLogin, failure.messages.join("; "));
        let login = token::load(token).map_err(unread)?;
        let values = [login.expose_id(), login.expose_secret()].map(SecretString::from);
        variables.extend(MODAL_VARIABLES.map(str::to_owned).into_iter().zip(values));
    }
    Ok(variables)
}

/// What Modal's client reads from the environment: its own variables, and the proxy.
pub(crate) fn variables() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        name.starts_with("MODAL_") || PROXIES.contains(&name.as_ref())
    })
}

async fn inside(site: &Site, host: &HostSpec, unit: &UnitName) -> Result<ContainerPrograms, Fault> {
    let told = |failure: Failure| Fault::new(FaultKind::Unreachable, failure.messages.join(": "));
    let ground = Ground::of(site, host.clone()).map_err(told)?.with_units([unit]);
    let user = service_user(&host.user, &ground.account)
        .map_err(|error| Fault::new(FaultKind::Denied, error.to_string()))?;
    let found = ground.found(site).await;
    let deployed = found.units.into_iter().find(|deployed| deployed.name == *unit);
    match deployed.map(|deployed| deployed.container) {
        // By its name: a run restarts it, and the new one has another id.
        Some(Found::Present(container)) => Ok(ContainerPrograms::new(user, container.name)),
        Some(Found::Unknown(fault)) => Err(fault),
        Some(Found::Absent) | None => {
            let text = format!("no container of unit `{unit}` runs, and Modal's client is in it");
            Err(Fault::new(FaultKind::Unreachable, text))
        }
    }
}

/// A place that cannot be used.
struct NoPlace(Fault);

#[async_trait]
impl Programs for NoPlace {
    async fn run(&self, _: &[String], _: &FilledBody, _: Duration) -> Result<Ran, Fault> {
        Err(self.0.clone())
    }
}

/// How a secret of Modal's stands.
#[derive(Debug, Clone)]
pub(crate) enum VaultStanding {
    /// It holds what it has to.
    InStep,
    /// It holds what an earlier run has stored there.
    Earlier,
    /// It is there, and somebody else has stored it.
    Foreign,
    /// It is not there.
    Absent,
    /// Nobody knows.
    Unknown(Fault),
}

/// Asks how the secret of the spec stands; `None` where the spec knows none.
///
/// # Errors
///
/// [`Failure`] where a value of the spec cannot be carried.
pub(crate) async fn standing(
    spec: &Spec,
    (keys, fingerprints): (&Credentials, &FingerprintKey),
    past: &VaultPast,
    client: &ModalClient<'_>,
) -> Result<Option<VaultStanding>, Failure> {
    let Some(wanted) = vault(spec, keys, fingerprints, past)? else { return Ok(None) };
    let (secret, asked) = asked(&wanted);
    let found = Found::from_answer(client.look(&secret, &asked).await);
    Ok(Some(standing_of(found, &wanted)))
}

/// How the secret of the spec stands by a look that was taken; `None` where the spec knows none.
///
/// # Errors
///
/// [`Failure`] where a value of the spec cannot be carried.
pub(crate) fn seen_standing(
    spec: &Spec,
    (keys, fingerprints): (&Credentials, &FingerprintKey),
    past: &VaultPast,
    observed: &Observed,
) -> Result<Option<VaultStanding>, Failure> {
    let Some(wanted) = vault(spec, keys, fingerprints, past)? else { return Ok(None) };
    Ok(Some(standing_of(observed.vault_secret(&wanted.secret), &wanted)))
}

fn standing_of(found: Found<VaultState>, wanted: &DesiredVault) -> VaultStanding {
    match found {
        Found::Present(VaultState::Holds(print)) if print == wanted.print => VaultStanding::InStep,
        Found::Present(VaultState::Holds(_)) => VaultStanding::Earlier,
        Found::Present(VaultState::Other | VaultState::Apart) => VaultStanding::Foreign,
        Found::Absent => VaultStanding::Absent,
        Found::Unknown(fault) => VaultStanding::Unknown(fault),
    }
}

/// The print of the lines that Modal would be given of this env file.
pub(crate) fn print_of(env_file: &FilledBody, fingerprints: &FingerprintKey) -> Fingerprint {
    fingerprints.of(vault_part(env_file).expose())
}

/// The question whether the secret holds what it has to, or what it held earlier.
pub(crate) fn asked(wanted: &DesiredVault) -> (ModalObject, Vec<Fingerprint>) {
    let prints = std::iter::once(wanted.print).chain(wanted.earlier.keys().copied());
    (wanted.secret.clone(), prints.collect())
}

/// Whether a path is that of an env file of ours.
pub(crate) fn is_env_file(path: &HostPath) -> bool {
    path.file_name() == "s3.env"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_cannot_be_read_is_not_one_that_is_not_there() {
        let [id, secret] = MODAL_VARIABLES.map(OsString::from);
        let own = || [(id.clone(), "ak-1".into()), (secret.clone(), "as-1".into())].into_iter();
        let nothing = std::iter::empty;
        let gone = ModalToken::File("no/such/file".to_owned());

        let fault = for_container(nothing(), Some(&gone)).err().unwrap();

        assert_eq!(fault.kind, FaultKind::NoLogin);
        assert!(fault.detail.contains("no/such/file"), "{}", fault.detail);
        assert_eq!(for_container(own(), Some(&gone)).unwrap().len(), 2);
        assert!(for_container(nothing(), Some(&ModalToken::Environment)).unwrap().is_empty());
    }
}
