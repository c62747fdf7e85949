//! What the small program answers.

use datalake_core::{Fault, FaultKind, FilledBody};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What is known of Modal's client and its login; no part of a token is in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Client {
    /// Its version.
    pub version: String,
    /// The interpreter that has it.
    pub python: String,
    /// Whether the id and the secret of a token stand in the environment.
    pub in_environment: [bool; 2],
    /// Whether they stand in the active profile.
    pub in_profile: [bool; 2],
    /// Whether it has a login by OAuth instead.
    #[serde(default)]
    pub has_oauth: bool,
    /// The active profile's name.
    pub profile: String,
    /// The file with the profiles.
    pub path: String,
    /// That file's permission bits; `None` where there is no such file.
    pub mode: Option<u32>,
    /// The environment of Modal's that counts where none is named; empty where Modal decides.
    pub environment: String,
    /// The address of Modal.
    pub servers: String,
}

/// A secret as Modal lists it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ListedSecret {
    /// Its name.
    pub name: String,
    /// When it was created or replaced, in seconds since 1970.
    pub created: f64,
}

/// An app as Modal lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ListedApp {
    /// Its name.
    #[serde(alias = "Description")]
    pub description: String,
    /// How it stands: `deployed`, `stopped`, ….
    #[serde(alias = "State")]
    pub state: String,
}

impl ListedApp {
    /// Whether it is deployed, so that containers of it may run.
    #[must_use]
    pub fn is_deployed(&self) -> bool {
        self.state == "deployed"
    }
}

#[derive(Deserialize)]
pub(crate) struct Looked {
    pub(crate) holds: Option<String>,
    /// Whether none of the variables that were named is in it.
    #[serde(default)]
    pub(crate) apart: bool,
    /// Whether the client can change a part of a secret.
    #[serde(default = "can_merge")]
    pub(crate) merges: bool,
    #[serde(default)]
    pub(crate) version: String,
}

fn can_merge() -> bool {
    true
}

#[derive(Deserialize)]
pub(crate) struct Names {
    pub(crate) secrets: Vec<ListedSecret>,
}

#[derive(Deserialize)]
pub(crate) struct Nothing {}

#[derive(Deserialize)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) said: String,
}

#[derive(Deserialize)]
struct Refusal {
    error: Told,
}

#[derive(Deserialize)]
struct Told {
    kind: String,
    text: String,
}

/// Reads the answer: the last line of standard output. No fault repeats a line that is no answer.
pub(crate) fn read<T: DeserializeOwned>(stdout: &FilledBody) -> Result<T, Fault> {
    let text = String::from_utf8_lossy(stdout.expose());
    let last = text.lines().next_back().unwrap_or_default();
    if let Ok(Refusal { error }) = serde_json::from_str(last) {
        return Err(Fault::new(kind_of(&error.kind), detail_of(&error)));
    }
    let unreadable = |_| Fault::new(FaultKind::Unreadable, "Modal's client gave no answer");
    serde_json::from_str(last).map_err(unreadable)
}

/// The apps in `modal app list --json`, of clients before and from 1.5 on.
pub(crate) fn apps(json: &str) -> Result<Vec<ListedApp>, Fault> {
    let unreadable = |_| Fault::new(FaultKind::Unreadable, "Modal's list of apps");
    serde_json::from_str(json).map_err(unreadable)
}

/// What an error of the client means, by its class. An exit status of 1 stands for every refusal
/// and tells nothing.
fn kind_of(class: &str) -> FaultKind {
    match class {
        "NoClient" => FaultKind::NoClient,
        "NoLogin" => FaultKind::NoLogin,
        "CannotMerge" => FaultKind::Unsupported,
        "AuthError" => FaultKind::WrongLogin,
        "PermissionDeniedError" => FaultKind::Denied,
        "NotFoundError" => FaultKind::Absent,
        "AlreadyExistsError" => FaultKind::Disturbed,
        "ResourceExhaustedError" => FaultKind::Throttled,
        "ServiceError" | "InternalError" | "InternalFailure" => FaultKind::Unavailable,
        "ConnectionError" | "TimeoutError" | "TimedOut" => FaultKind::Unreachable,
        "InvalidError" | "ConflictError" | "Refused" => FaultKind::Refused,
        _ => FaultKind::Unreadable,
    }
}

fn detail_of(told: &Told) -> String {
    let text: String = told.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match told.kind.as_str() {
        "TimedOut" => "it has not answered in time".to_owned(),
        class if kind_of(class) == FaultKind::Unreadable => format!("{class}: {text}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> FilledBody {
        FilledBody::new(text.as_bytes().to_vec())
    }

    #[track_caller]
    fn check(stdout: &str, expected: Result<Option<&str>, (FaultKind, &str)>) {
        let found = read::<Looked>(&body(stdout));
        let found = found.map(|looked| looked.holds).map_err(|fault| (fault.kind, fault.detail));
        let expected = expected.map(|holds| holds.map(str::to_owned));
        assert_eq!(found, expected.map_err(|(kind, text)| (kind, text.to_owned())), "{stdout}");
    }

    #[test]
    fn the_last_line_is_the_answer() {
        check("{\"holds\": \"DATALAKE_FP_1\"}\n", Ok(Some("DATALAKE_FP_1")));
        check("talk\n{\"holds\": null}\n", Ok(None));
    }

    #[test]
    fn an_error_is_judged_by_its_class() {
        let error = |kind: &str| format!(r#"{{"error": {{"kind": "{kind}", "text": "words"}}}}"#);
        for (class, kind) in [
            ("NoClient", FaultKind::NoClient),
            ("NoLogin", FaultKind::NoLogin),
            ("AuthError", FaultKind::WrongLogin),
            ("NotFoundError", FaultKind::Absent),
            ("AlreadyExistsError", FaultKind::Disturbed),
            ("ConnectionError", FaultKind::Unreachable),
            ("Refused", FaultKind::Refused),
        ] {
            check(&error(class), Err((kind, "words")));
        }
        check(&error("TimedOut"), Err((FaultKind::Unreachable, "it has not answered in time")));
        check(&error("KeyError"), Err((FaultKind::Unreadable, "KeyError: words")));
    }

    #[test]
    fn what_is_no_answer_is_not_repeated() {
        let unreadable = (FaultKind::Unreadable, "Modal's client gave no answer");
        for text in ["", "canary", "{\"other\"", "[]"] {
            check(text, Err(unreadable));
        }
    }

    #[test]
    fn apps_are_read_in_both_spellings() {
        let new = r#"[{"app_id":"ap-1","description":"a","state":"deployed","tasks":"1"}]"#;
        let old = r#"[{"App ID":"ap-1","Description":"a","State":"stopped","Tasks":"0"}]"#;

        assert!(apps(new).unwrap()[0].is_deployed());
        assert!(!apps(old).unwrap()[0].is_deployed());
        assert_eq!(apps("Error").unwrap_err().kind, FaultKind::Unreadable);
    }
}
