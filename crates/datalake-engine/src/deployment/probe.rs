//! The proof from inside a container: a program for its Python, and what that printed.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::UnitName;
use serde::Deserialize;

use crate::ports::Probe;

/// The program; it holds no secret and reads them where the container has them.
const PROGRAM: &str = include_str!("probe.py");

/// The step of the program in which Dagster loads the class that stores compute logs.
const LOGS_STEP: &str = "compute logs";

/// What is shown of a container's words.
const LONGEST: usize = 300;

/// How it was proved that a container can use the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessProof {
    /// By this client in the container's Python.
    By(String),
    /// The container has no Python; only its environment was looked at.
    NoPython,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ProbeOutput {
    Failed { failed: String, reason: String },
    Proved { by: String },
}

impl Probe {
    /// The words that have `python` of the unit's container carry it out.
    pub(super) fn words(&self, python: &str, unit: &UnitName) -> Vec<String> {
        let key = format!("{}-{unit}", self.key);
        let words = [python, "-I", "-c", PROGRAM, self.bucket.as_str(), &key, &self.content];
        words.into_iter().chain(self.log_manager.as_deref()).map(str::to_owned).collect()
    }
}

/// Reads the last line that the program printed in the container of `unit`; its Python may have said
/// something before.
pub(super) fn read_proof(unit: &UnitName, printed: &[u8]) -> Result<AccessProof, Fault> {
    let lines = printed.split(|byte| *byte == b'\n');
    let last = lines.rev().find(|line| !line.is_empty()).unwrap_or_default();
    match serde_json::from_slice(last) {
        Ok(ProbeOutput::Proved { by }) => Ok(AccessProof::By(shorten_text(&by))),
        Ok(ProbeOutput::Failed { failed, reason }) => {
            let detail = format!("`{unit}`, {}: {}", shorten_text(&failed), shorten_text(&reason));
            let is_of_logs = failed == LOGS_STEP;
            let kind = if is_of_logs { FaultKind::LogsUnproved } else { FaultKind::Unproved };
            Err(Fault::new(kind, detail))
        }
        Err(error) => {
            let detail = format!("`{unit}`: its Python printed something else: {error}");
            Err(Fault::new(FaultKind::Unproved, detail))
        }
    }
}

/// A container may say anything, so it is cut, and escaped for terminals and receipts.
fn shorten_text(text: &str) -> String {
    let harmless = |c: char| {
        if c.is_control() { c.escape_unicode().to_string() } else { c.to_string() }
    };
    text.chars().take(LONGEST).map(harmless).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(printed: &str) -> Result<AccessProof, String> {
        read_proof(&"dagster-daemon".parse().unwrap(), printed.as_bytes())
            .map_err(|fault| fault.detail)
    }

    #[test]
    fn the_keeper_of_logs_is_asked_for_only_where_it_matters() {
        let words = |log_manager: Option<&str>| {
            let probe = Probe {
                bucket: "acme-assets".parse().unwrap(),
                key: "assets/.probe".parse().unwrap(),
                content: "here".to_owned(),
                log_manager: log_manager.map(str::to_owned),
            };
            probe.words("python3", &"dagster-daemon".parse().unwrap()).split_off(4)
        };

        assert_eq!(words(None), ["acme-assets", "assets/.probe-dagster-daemon", "here"]);
        assert_eq!(words(Some("S3ComputeLogManager")).last().unwrap(), "S3ComputeLogManager");
    }

    #[test]
    fn what_a_container_says_is_a_proof_or_a_reason() {
        assert_eq!(
            judged(r#"{"by": "boto3 1.44.5"}"#),
            Ok(AccessProof::By("boto3 1.44.5".to_owned()))
        );
        assert_eq!(
            judged(r#"{"failed": "put", "reason": "403 AccessDenied"}"#),
            Err("`dagster-daemon`, put: 403 AccessDenied".to_owned())
        );
        assert_eq!(judged("hello\n{\"by\": \"x\"}\n\n"), Ok(AccessProof::By("x".to_owned())));
        assert_eq!(
            judged(r#"{"failed": "put", "reason": "\u001b]0;x"}"#),
            Err("`dagster-daemon`, put: \\u{1b}]0;x".to_owned())
        );
        assert!(judged("").is_err() && judged("[]").is_err());
    }

    #[test]
    fn the_step_and_not_the_words_of_a_container_decides_the_kind_of_fault() {
        let kind = |printed: &str| {
            read_proof(&"dagster-daemon".parse().unwrap(), printed.as_bytes()).unwrap_err().kind
        };

        let of_logs = r#"{"failed": "compute logs", "reason": "no module named dagster_aws"}"#;
        assert_eq!(kind(of_logs), FaultKind::LogsUnproved);
        let of_a_bucket = r#"{"failed": "put", "reason": "404 /compute logs/ is no bucket"}"#;
        assert_eq!(kind(of_a_bucket), FaultKind::Unproved);
        assert!(PROGRAM.contains(&format!("step = \"{LOGS_STEP}\"")), "both name the step alike");
    }
}
