//! The secrets that the service user's podman keeps.

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::UnitName;
use datalake_core::secret::{FilledBody, PodmanSecret};
use datalake_engine::Secrets;
use serde::Deserialize;

use crate::acting::ServiceUser;
use crate::commands::{fault_of_command, run_program, run_with_input};

/// The secrets of this user's podman; 4.7 is the first that can show and replace them.
#[derive(Debug, Clone)]
pub struct PodmanSecrets(ServiceUser);

impl PodmanSecrets {
    /// The secrets of this user's podman.
    #[must_use]
    pub fn new(user: ServiceUser) -> Self {
        Self(user)
    }
}

#[async_trait]
impl Secrets for PodmanSecrets {
    async fn look(&self, name: &PodmanSecret) -> Result<FilledBody, Fault> {
        self.0.require_manager()?;
        let words = ["secret", "inspect", "--showsecret", name.as_str()];
        let output = run_program(&self.0.podman(&words)).await.map_err(fault_of_command)?;
        value_of(output.stdout.expose())
    }

    async fn store(&self, name: &PodmanSecret, value: &FilledBody) -> Result<(), Fault> {
        self.0.require_manager()?;
        let words = ["secret", "create", "--replace", name.as_str(), "-"];
        let stored = run_with_input(&self.0.podman(&words), value).await;
        stored.map(drop).map_err(fault_of_command)
    }

    async fn remove(&self, name: &PodmanSecret) -> Result<(), Fault> {
        self.0.require_manager()?;
        match run_program(&self.0.podman(&["secret", "rm", name.as_str()]))
            .await
            .map_err(fault_of_command)
        {
            Err(fault) if fault.kind != FaultKind::Absent => Err(fault),
            _ => Ok(()),
        }
    }

    fn user(&self) -> Option<&UnitName> {
        Some(self.0.name())
    }
}

/// A secret in the words of `podman secret inspect --showsecret`.
#[derive(Deserialize)]
struct ShownSecret {
    #[serde(rename = "SecretData")]
    value: Option<String>,
}

/// The value in podman's answer. No error repeats a part of the answer.
fn value_of(json: &[u8]) -> Result<FilledBody, Fault> {
    let unreadable = |what: &str| Fault::new(FaultKind::Unreadable, what);
    let shown: Vec<ShownSecret> =
        serde_json::from_slice(json).map_err(|_| unreadable("podman's answer about a secret"))?;
    let value = shown.into_iter().next().and_then(|shown| shown.value);
    let value = value.ok_or_else(|| unreadable("podman does not show the secret"))?;
    // podman puts this character in the place of bytes that are no text.
    if value.contains('\u{fffd}') {
        return Err(unreadable("the secret is not UTF-8 text"));
    }
    Ok(FilledBody::new(value.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: Result<&[u8], &str>) {
        let found = value_of(json.as_bytes());
        let found = found.as_ref().map(FilledBody::expose).map_err(|fault| fault.detail.as_str());
        assert_eq!(found, expected, "{json}");
    }

    #[test]
    fn the_value_is_read_byte_for_byte() {
        // podman 5.4.2, shortened.
        check(
            r#"[ { "ID": "f1", "Spec": { "Name": "x" }, "SecretData": "a\"b\\c\nd" } ]"#,
            Ok(b"a\"b\\c\nd"),
        );
        check(r#"[{"SecretData":""}]"#, Ok(b""));
    }

    #[test]
    fn no_value_is_not_an_empty_one_and_none_is_told() {
        check(r#"[{"ID":"f1"}]"#, Err("podman does not show the secret"));
        check("[]", Err("podman does not show the secret"));
        check(r#"[{"SecretData":["s3cret"]}]"#, Err("podman's answer about a secret"));
        check("[{\"SecretData\":\"a\u{fffd}\"}]", Err("the secret is not UTF-8 text"));
    }
}
