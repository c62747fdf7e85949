//! A client of Modal's that a test tells what to answer: no Python, no network.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::Call;

/// Stands for the interpreter that the client's program names: each line of standard input is a request,
/// and gets a line for an answer. What is stored is kept as it came, and only its marker is told.
const INTERPRETER: &str = r#"#!/bin/sh
PATH=/usr/bin:/bin
cd "${0%/*}/.." || exit 1
[ ! -e broken ] || { echo 'ImportError: no module named grpclib' >&2; exit 1; }
echo start >> starts
error() { echo "{\"error\": {\"kind\": \"$1\", \"text\": \"$2\"}}"; exit 0; }
answer() {
  case "$request" in
    *'"do":"about"'*) cat about; exit 0 ;;
  esac
  [ ! -e refusal ] || error $(cat refusal)
  [ ! -e silent ] || sleep 1000
  case "$request" in
    *'"environment":"dve"'*)
      echo '{"error": {"kind": "NoEnvironment", "text": "dve", "names": ["main", "dev"]}}'
      exit 0 ;;
  esac
  case "$request" in
    *'"do":"names"'*) cat names ;;
    *'"do":"look"'*)
      [ -e stored ] || error NotFoundError nothing
      marker=$(grep -o 'DATALAKE_FP_[0-9a-f]*' stored || echo none)
      grep -q AWS_ACCESS_KEY_ID stored && apart=false || apart=true
      merges=true lacks=false
      [ ! -e old-client ] || merges=false
      grep -q AWS_REGION stored || lacks=true
      told="\"merges\": $merges, \"version\": \"1.2.6\"}"
      case "$request" in
        *"$marker"*) echo "{\"holds\": \"$marker\", \"lacks\": $lacks, $told" ;;
        *) echo "{\"holds\": null, \"apart\": $apart, $told" ;;
      esac ;;
    *'"do":"update"'* | *'"do":"clear"'*)
      [ ! -e old-client ] || error CannotMerge 1.2.6
      case "$request" in
        # What is taken out is named as well.
        *'"do":"update"'*) printf '%s\n' "$request" | sed 's/"names":\[[^]]*\],*//' > stored ;;
        *) if [ -e others ]; then echo > stored; else rm -f stored; fi ;;
      esac
      echo '{}' ;;
    *'"do":"create"'* | *'"do":"replace"'*) printf '%s\n' "$request" > stored; echo '{}' ;;
    *'"do":"variables"'*)
      [ -e stored ] || error NotFoundError nothing
      cat others ;;
    *'"do":"delete"'*) rm -f stored; echo '{}' ;;
    *'"do":"run"'*) echo '{"status": 0, "stdout": "[]", "said": ""}' ;;
  esac
}
while IFS= read -r request; do (answer); done
"#;

/// The client, and what Modal holds.
pub(crate) struct FakeModal(TempDir);

impl FakeModal {
    /// A client of today's with the token of the environment; Modal holds nothing.
    pub(crate) fn new() -> Self {
        let modal = Self(TempDir::new().unwrap());
        let bin = modal.path("bin");
        fs::create_dir(&bin).unwrap();
        let python = bin.join("python3");
        program(&python, INTERPRETER);
        program(&bin.join("modal"), &format!("#!{}\n", python.display()));
        modal.is_about("1.6.4", true, false);
        modal.lists(&[]);
        modal
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// What the client tells of itself: its version, and whether environment and profile have a
    /// token.
    pub(crate) fn is_about(&self, version: &str, environment: bool, profile: bool) {
        let about = serde_json::json!({
            "version": version, "python": self.path("bin/python3"),
            "in_environment": [environment, environment], "in_profile": [profile, profile],
            "profile": "default", "path": ".modal.toml", "mode": null, "environment": "",
            "servers": "https://api.modal.example",
        });
        fs::write(self.path("about"), format!("{about}\n")).unwrap();
    }

    /// The interpreter cannot load the client any more.
    pub(crate) fn break_client(&self) {
        fs::write(self.path("broken"), "").unwrap();
    }

    /// How often the interpreter was started.
    pub(crate) fn count_starts(&self) -> usize {
        fs::read_to_string(self.path("starts")).unwrap_or_default().lines().count()
    }

    /// Somebody takes a variable out of the secret.
    pub(crate) fn lose_variable(&self, name: &str) {
        let stored = self.stored().unwrap().replace(name, "GONE");
        fs::write(self.path("stored"), stored).unwrap();
    }

    /// The secrets that Modal lists, with the seconds since 1970 at which each was stored.
    pub(crate) fn lists(&self, secrets: &[(&str, u64)]) {
        let listed: Vec<_> = secrets
            .iter()
            .map(|(name, created)| serde_json::json!({ "name": name, "created": created }))
            .collect();
        let names = serde_json::json!({ "secrets": listed });
        fs::write(self.path("names"), format!("{names}\n")).unwrap();
    }

    /// Every question is answered by an error of this class.
    pub(crate) fn refuses(&self, class: &str) {
        fs::write(self.path("refusal"), format!("{class} no")).unwrap();
    }

    /// Every question is answered again.
    pub(crate) fn recovers(&self) {
        for name in ["refusal", "silent"] {
            let _ = fs::remove_file(self.path(name));
        }
    }

    /// From now on a client that can only replace a whole secret.
    pub(crate) fn is_old(&self) {
        fs::write(self.path("old-client"), "").unwrap();
    }

    /// No question is answered any more.
    pub(crate) fn falls_silent(&self) {
        fs::write(self.path("silent"), "").unwrap();
    }

    /// Others have these variables in the secret; `None` for a client that cannot list them.
    pub(crate) fn others_have(&self, names: Option<&[&str]>, version: &str) {
        let others = serde_json::json!({ "names": names, "version": version });
        fs::write(self.path("others"), format!("{others}\n")).unwrap();
    }

    /// Somebody else stores this in place of the secret.
    pub(crate) fn is_replaced_by(&self, variables: &str) {
        fs::write(self.path("stored"), variables).unwrap();
    }

    /// The request that the secret was stored by, if it is there.
    pub(crate) fn stored(&self) -> Option<String> {
        fs::read_to_string(self.path("stored")).ok()
    }

    /// The call with a secret of that name in the spec, and this client.
    pub(crate) fn named_in(&self, call: Call, secret: &str) -> Call {
        call.env("PATH", "/usr/bin:/bin")
            .env("DATALAKE_MODAL__SECRET", secret)
            .env("DATALAKE_MODAL__CLIENT", self.path("bin/modal"))
    }
}

fn program(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}
