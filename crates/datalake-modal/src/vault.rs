//! The port to Modal's secrets.

use async_trait::async_trait;
use datalake_core::{Fault, FaultKind, FilledBody, Fingerprint, ModalObject, VaultState};
use datalake_engine::SecretVault;

use crate::answer::{Looked, Nothing};
use crate::client::{ASKING, CHANGING, ModalClient};
use crate::request::{Request, markers, values};

#[async_trait]
impl SecretVault for ModalClient<'_> {
    async fn look(&self, secret: &ModalObject, asked: &[Fingerprint]) -> Result<VaultState, Fault> {
        let keys = markers(asked);
        let request = Request { keys: keys.clone(), ..Request::new("look", ASKING).about(secret) };
        let Looked { holds } = self.ask(&request, ASKING).await?;
        let Some(marker) = holds else { return Ok(VaultState::Other) };
        let known = keys.iter().zip(asked).find(|(key, _)| **key == marker);
        let unknown = || Fault::new(FaultKind::Unreadable, "Modal's client names another marker");
        known.map(|(_, print)| VaultState::Holds(*print)).ok_or_else(unknown)
    }

    async fn create(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault> {
        self.change("create", secret, values(lines, print)?).await
    }

    async fn replace(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault> {
        self.change("replace", secret, values(lines, print)?).await
    }

    async fn remove(&self, secret: &ModalObject) -> Result<(), Fault> {
        self.change("delete", secret, [].into()).await
    }

    async fn roll_over(&self, app: &ModalObject) -> Result<(), Fault> {
        let environment = app.environment.as_ref();
        let apps = self.apps(environment).await?;
        let is_meant = |name: &str| name == app.name.as_str();
        if !apps.iter().any(|listed| listed.is_deployed() && is_meant(&listed.description)) {
            return Err(Fault::new(FaultKind::Absent, "it is not deployed"));
        }
        let words = ["app", "rollover", app.name.as_str()];
        self.run(&words, environment, CHANGING).await.map(drop)
    }
}

impl ModalClient<'_> {
    async fn change(
        &self,
        what: &'static str,
        secret: &ModalObject,
        values: std::collections::BTreeMap<String, String>,
    ) -> Result<(), Fault> {
        let request = Request { values, ..Request::new(what, CHANGING).about(secret) };
        self.ask(&request, CHANGING).await.map(|Nothing {}| ())
    }
}
