//! Modal: where its client is, what its secret has to hold, how it stands.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::spec::{HostSpec, ModalClientPlace, ModalSpec, ModalToken};
use datalake_engine::Programs;
use datalake_host::HostPrograms;
use datalake_modal::ModalClient;
use datalake_operations::modal::{UnusablePrograms, enter_client_unit};
use datalake_quadlet::MODAL_VARIABLES;
use secrecy::SecretString;

use crate::failure::Failure;
use crate::site::Site;
use crate::token;

/// Variables of this process that Modal's client is to have.
const PROXIES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"];

/// What a look at Modal may take where nothing is changed: all else is shown within five seconds.
pub(crate) const LOOKING: Duration = Duration::from_secs(4);

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
                let programs = enter_client_unit(&site.context(), host, unit).await;
                match programs
                    .and_then(|programs| Ok((programs, for_container(std::env::vars_os(), token)?)))
                {
                    Ok((programs, variables)) => Self { programs, program: None, variables },
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
        Self {
            programs: Box::new(UnusablePrograms(fault)),
            program: None,
            variables: BTreeMap::new(),
        }
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
