//! The port to Modal's secrets.

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::modal::{
    AskedContent, ModalObject, VaultState, list_vault_variables, vault_marker,
};
use datalake_core::secret::{FilledBody, Fingerprint};
use datalake_engine::{ModalAccount as _, SecretVault, VaultContent};

use crate::answer::{Nothing, VaultLook};
use crate::client::{ASKING, CHANGING, ModalClient};
use crate::request::{Request, mark_contents, read_values};

#[async_trait]
impl SecretVault for ModalClient<'_> {
    async fn look(
        &self,
        secret: &ModalObject,
        asked: &[AskedContent],
    ) -> Result<VaultState, Fault> {
        let names = list_vault_variables().map(str::to_owned).collect();
        let request = Request::new("look", ASKING).about(secret);
        let request = Request { contents: mark_contents(asked), names, ..request };
        let looked: VaultLook = self.ask(&request, ASKING).await?;
        let marker_of = |content: &AskedContent| vault_marker(content.print);
        let is_wanted =
            !looked.lacks && looked.holds.is_some() && looked.holds == asked.first().map(marker_of);
        if !looked.merges && !self.may_replace() && !is_wanted {
            return Err(unmerged(&looked.version));
        }
        let Some(marker) = looked.holds else {
            return Ok(if looked.apart { VaultState::Apart } else { VaultState::Other });
        };
        let known = asked.iter().find(|content| marker_of(content) == marker);
        let unknown = || Fault::new(FaultKind::Unreadable, "Modal's client names another marker");
        let print = known.ok_or_else(unknown)?.print;
        Ok(if looked.lacks { VaultState::Lacks(print) } else { VaultState::Holds(print) })
    }

    async fn create(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault> {
        self.change("create", secret, read_values(lines, print)?).await
    }

    async fn update(&self, secret: &ModalObject, content: &VaultContent<'_>) -> Result<(), Fault> {
        let VaultContent { lines, print, before } = content;
        let values = read_values(lines, *print)?;
        let old = before.filter(|before| before != print).map(vault_marker);
        // Of what it held before, what is not in it any more.
        let stale = list_vault_variables().filter(|_| before.is_some()).map(str::to_owned);
        let gone = stale.filter(|name| !values.contains_key(name)).chain(old).collect();
        let request = Request::new("update", CHANGING).about(secret);
        let request = Request { values, names: gone, ..request };
        match self.ask(&request, CHANGING).await.map(|Nothing {}| ()) {
            Err(fault) if fault.kind == FaultKind::Unsupported && self.may_replace() => {
                let request = Request { what: "replace", names: Vec::new(), ..request };
                self.ask(&request, CHANGING).await.map(|Nothing {}| ())
            }
            Err(fault) if fault.kind == FaultKind::Unsupported => Err(unmerged(&fault.detail)),
            answer => answer,
        }
    }

    async fn clear(&self, secret: &ModalObject, print: Fingerprint) -> Result<(), Fault> {
        let names = list_vault_variables().map(str::to_owned).chain([vault_marker(print)]);
        let request = Request::new("clear", CHANGING).about(secret);
        let request = Request { names: names.collect(), ..request };
        match self.ask(&request, CHANGING).await.map(|Nothing {}| ()) {
            Err(fault) if fault.kind == FaultKind::Unsupported && self.may_replace() => {
                self.remove(secret).await
            }
            Err(fault) if fault.kind == FaultKind::Unsupported => Err(unmerged(&fault.detail)),
            answer => answer,
        }
    }

    async fn remove(&self, secret: &ModalObject) -> Result<(), Fault> {
        self.change("delete", secret, [].into()).await
    }

    async fn roll_over(&self, app: &ModalObject) -> Result<(), Fault> {
        let environment = app.environment.as_ref();
        let apps = self.list_apps(environment).await?;
        let is_meant = |name: &str| name == app.name.as_str();
        if !apps.iter().any(|listed| listed.is_deployed() && is_meant(&listed.description)) {
            return Err(Fault::new(FaultKind::Absent, "it is not deployed"));
        }
        let words = ["app", "rollover", app.name.as_str()];
        self.run(&words, environment, CHANGING).await.map(drop)
    }
}

/// A client that changes a secret only as a whole, and lists no names of variables.
fn unmerged(version: &str) -> Fault {
    let detail = format!(
        "Modal's client {version} can only replace a whole secret, and variables of others in it would \
         be gone"
    );
    Fault::new(FaultKind::Unsupported, detail)
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
