//! Modal's secrets, in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::modal::{AskedContent, ModalName, ModalObject, VaultState};
use datalake_core::secret::{FilledBody, Fingerprint};

use crate::hold_mutex;
use crate::modal::{InstalledModalClient, ListedApp, ListedSecret, ModalAccount, SecretVariables};
use crate::vault::{SecretVault, VaultContent};

/// A secret's marker, if it bears one, and its lines: datalake's, then those of others.
type Kept = (Option<Fingerprint>, Vec<u8>);

/// A secret: the marker with datalake's lines, and the lines of others.
#[derive(Default)]
struct VaultParts {
    own: Option<(Fingerprint, Vec<u8>)>,
    others: Vec<u8>,
}

/// Secrets and apps of Modal's in memory.
#[derive(Default)]
pub struct MemoryVault {
    secrets: Mutex<BTreeMap<ModalObject, VaultParts>>,
    apps: Mutex<BTreeMap<ModalObject, u32>>,
    logs: Mutex<BTreeMap<ModalObject, String>>,
    /// Whether the client has no token.
    pub is_without_login: bool,
}

impl MemoryVault {
    /// Everything that is kept, for comparing.
    #[must_use]
    pub fn everything(&self) -> BTreeMap<ModalObject, Kept> {
        let whole = |(secret, parts): (&ModalObject, &VaultParts)| {
            let (marker, own) = parts.own.clone().unzip();
            let lines = [own.unwrap_or_default(), parts.others.clone()].concat();
            (secret.clone(), (marker, lines))
        };
        hold_mutex(&self.secrets).iter().map(whole).collect()
    }

    /// Lines of somebody else, in a secret of their own or beside datalake's.
    pub fn put_foreign(&self, secret: &ModalObject, lines: &[u8]) {
        hold_mutex(&self.secrets).entry(secret.clone()).or_default().others = lines.to_vec();
    }

    /// Takes a variable of datalake's out, as somebody else does who edits a secret.
    pub fn lose_variable(&self, secret: &ModalObject, name: &str) {
        let mut secrets = hold_mutex(&self.secrets);
        let Some((_, lines)) = secrets.get_mut(secret).and_then(|parts| parts.own.as_mut()) else {
            return;
        };
        let start = format!("{name}=").into_bytes();
        let kept = lines.split_inclusive(|byte| *byte == b'\n');
        *lines = kept.filter(|line| !line.starts_with(&start)).flatten().copied().collect();
    }

    /// Deploys an app.
    pub fn deploy(&self, app: &ModalObject) {
        hold_mutex(&self.apps).insert(app.clone(), 0);
    }

    /// Says that an app has logged this.
    pub fn write_log(&self, app: &ModalObject, text: &str) {
        hold_mutex(&self.logs).insert(app.clone(), text.to_owned());
    }

    /// How often an app was given new containers.
    #[must_use]
    pub fn rollovers(&self, app: &ModalObject) -> u32 {
        hold_mutex(&self.apps).get(app).copied().unwrap_or_default()
    }
}

fn has_all(lines: &[u8], variables: &[String]) -> bool {
    let text = String::from_utf8_lossy(lines);
    let names: Vec<_> = text.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    variables.iter().all(|name| names.contains(&name.as_str()))
}

#[async_trait]
impl SecretVault for MemoryVault {
    async fn look(
        &self,
        secret: &ModalObject,
        asked: &[AskedContent],
    ) -> Result<VaultState, Fault> {
        let secrets = hold_mutex(&self.secrets);
        let absent = || Fault::new(FaultKind::Absent, "no such secret");
        Ok(match &secrets.get(secret).ok_or_else(absent)?.own {
            Some((marker, lines)) => match asked.iter().find(|content| content.print == *marker) {
                Some(content) if has_all(lines, &content.variables) => VaultState::Holds(*marker),
                Some(_) => VaultState::Lacks(*marker),
                None => VaultState::Other,
            },
            None => VaultState::Apart,
        })
    }

    async fn create(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault> {
        let mut secrets = hold_mutex(&self.secrets);
        if secrets.contains_key(secret) {
            return Err(Fault::new(FaultKind::Disturbed, "it exists"));
        }
        let own = Some((print, lines.expose().to_vec()));
        secrets.insert(secret.clone(), VaultParts { own, others: Vec::new() });
        Ok(())
    }

    async fn update(&self, secret: &ModalObject, content: &VaultContent<'_>) -> Result<(), Fault> {
        let absent = || Fault::new(FaultKind::Absent, "no such secret");
        let mut secrets = hold_mutex(&self.secrets);
        let parts = secrets.get_mut(secret).ok_or_else(absent)?;
        parts.own = Some((content.print, content.lines.expose().to_vec()));
        Ok(())
    }

    async fn clear(&self, secret: &ModalObject, _: Fingerprint) -> Result<(), Fault> {
        let mut secrets = hold_mutex(&self.secrets);
        if let Some(parts) = secrets.get_mut(secret) {
            parts.own = None;
            if parts.others.is_empty() {
                secrets.remove(secret);
            }
        }
        Ok(())
    }

    async fn remove(&self, secret: &ModalObject) -> Result<(), Fault> {
        hold_mutex(&self.secrets).remove(secret);
        Ok(())
    }

    async fn roll_over(&self, app: &ModalObject) -> Result<(), Fault> {
        let absent = || Fault::new(FaultKind::Absent, "no such app is deployed");
        *hold_mutex(&self.apps).get_mut(app).ok_or_else(absent)? += 1;
        Ok(())
    }
}

#[async_trait]
impl ModalAccount for MemoryVault {
    async fn describe_client(&self) -> Result<InstalledModalClient, Fault> {
        Ok(InstalledModalClient {
            version: "1.6.0".to_owned(),
            python: "python3".to_owned(),
            in_environment: [false; 2],
            in_profile: [!self.is_without_login; 2],
            has_oauth: false,
            profile: "default".to_owned(),
            profiles: vec!["default".to_owned()],
            path: "/home/op/.modal.toml".to_owned(),
            mode: None,
            environment: String::new(),
            servers: "https://api.modal.com".to_owned(),
        })
    }

    async fn list_secrets(
        &self,
        environment: Option<&ModalName>,
    ) -> Result<Vec<ListedSecret>, Fault> {
        let secrets = hold_mutex(&self.secrets);
        let inside = secrets.keys().filter(|secret| secret.environment.as_ref() == environment);
        let listed =
            |secret: &ModalObject| ListedSecret { name: secret.name.to_string(), created: 0.0 };
        Ok(inside.map(listed).collect())
    }

    async fn list_variables(&self, secret: &ModalObject) -> Result<SecretVariables, Fault> {
        let secrets = hold_mutex(&self.secrets);
        let absent = || Fault::new(FaultKind::Absent, "no such secret");
        let parts = secrets.get(secret).ok_or_else(absent)?;
        let own = parts.own.as_ref().map(|(_, lines)| lines.as_slice()).unwrap_or_default();
        let text = String::from_utf8_lossy(&[own, &parts.others].concat()).into_owned();
        let names = text.lines().filter_map(|line| line.split_once('='));
        let names = names.map(|(name, _)| name.to_owned()).collect();
        Ok(SecretVariables { names: Some(names), version: "1.6.0".to_owned() })
    }

    async fn log_tail(&self, app: &ModalObject, _: u32) -> Result<FilledBody, Fault> {
        let refused = || Fault::new(FaultKind::Refused, "there is no such app");
        let text = hold_mutex(&self.logs).get(app).cloned().ok_or_else(refused)?;
        Ok(FilledBody::new(text.into_bytes()))
    }

    async fn list_apps(&self, environment: Option<&ModalName>) -> Result<Vec<ListedApp>, Fault> {
        let apps = hold_mutex(&self.apps);
        let inside = apps.keys().filter(|app| app.environment.as_ref() == environment);
        let listed = |app: &ModalObject| ListedApp {
            description: app.name.to_string(),
            state: "deployed".to_owned(),
        };
        Ok(inside.map(listed).collect())
    }
}
