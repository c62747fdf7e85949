//! What the small program answers.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::secret::FilledBody;
use datalake_engine::{ListedApp, ListedSecret};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
pub(crate) struct VaultLook {
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
pub(crate) struct ListedNames {
    pub(crate) secrets: Vec<ListedSecret>,
}

#[derive(Deserialize)]
pub(crate) struct Nothing {}

#[derive(Deserialize)]
pub(crate) struct ClientEnd {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) said: String,
}

#[derive(Deserialize)]
struct ClientRefusal {
    error: ClientError,
}

#[derive(Deserialize)]
struct ClientError {
    kind: String,
    text: String,
}

/// Reads the answer: the last line of standard output. No fault repeats a line that is no answer.
pub(crate) fn read_answer<T: DeserializeOwned>(stdout: &FilledBody) -> Result<T, Fault> {
    let text = String::from_utf8_lossy(stdout.expose());
    let last = text.lines().next_back().unwrap_or_default();
    if let Ok(ClientRefusal { error }) = serde_json::from_str(last) {
        return Err(Fault::new(kind_of(&error.kind), detail_of(&error)));
    }
    let unreadable = |_| Fault::new(FaultKind::Unreadable, "Modal's client gave no answer");
    serde_json::from_str(last).map_err(unreadable)
}

/// The apps in `modal app list --json`, of clients before and from 1.5 on.
pub(crate) fn read_apps(json: &str) -> Result<Vec<ListedApp>, Fault> {
    let unreadable = |_| Fault::new(FaultKind::Unreadable, "Modal's list of apps");
    serde_json::from_str(json).map_err(unreadable)
}

/// What an error of the client means, by its class. An exit status of 1 stands for every refusal
/// and tells nothing.
fn kind_of(class: &str) -> FaultKind {
    match class {
        "NoClient" => FaultKind::NoClient,
        "NoLogin" => FaultKind::NoLogin,
        "CannotMerge" | "TooOld" => FaultKind::Unsupported,
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

fn detail_of(told: &ClientError) -> String {
    let text: String = told.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match told.kind.as_str() {
        "TimedOut" => "it has not answered in time".to_owned(),
        "TooOld" => format!(
            "Modal's client {text} is too old: 1.1.2 is the first that can create, list and delete secrets"
        ),
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
        let found = read_answer::<VaultLook>(&body(stdout));
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
        let too_old = "Modal's client words is too old: 1.1.2 is the first that can create, list and \
                       delete secrets";
        check(&error("TooOld"), Err((FaultKind::Unsupported, too_old)));
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

        assert!(read_apps(new).unwrap()[0].is_deployed());
        assert!(!read_apps(old).unwrap()[0].is_deployed());
        assert_eq!(read_apps("Error").unwrap_err().kind, FaultKind::Unreadable);
    }
}
