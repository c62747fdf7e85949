//! What the small program answers.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::secret::FilledBody;
use datalake_engine::{ListedApp, ListedSecret};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
pub(crate) struct VaultLook {
    pub(crate) holds: Option<String>,
    /// Whether a variable of that content is not there any more.
    #[serde(default)]
    pub(crate) lacks: bool,
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
    /// The environments that there are.
    #[serde(default)]
    names: Vec<String>,
}

/// Reads an answer. No fault repeats a line that is none.
pub(crate) fn read_answer<T: DeserializeOwned>(line: &FilledBody) -> Result<T, Fault> {
    if let Ok(ClientRefusal { error }) = serde_json::from_slice(line.expose()) {
        return Err(Fault::new(kind_of(&error.kind), detail_of(&error)));
    }
    let unreadable = |_| Fault::new(FaultKind::Unreadable, "Modal's client gave no answer");
    serde_json::from_slice(line.expose()).map_err(unreadable)
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
        "NoClient" | "CannotStart" => FaultKind::NoClient,
        "NoLogin" => FaultKind::NoLogin,
        "CannotMerge" => FaultKind::Unsupported,
        "AuthError" => FaultKind::WrongLogin,
        "PermissionDeniedError" => FaultKind::Denied,
        "NotFoundError" => FaultKind::Absent,
        "AlreadyExistsError" => FaultKind::Disturbed,
        "ResourceExhaustedError" => FaultKind::Throttled,
        "ServiceError" | "InternalError" | "InternalFailure" => FaultKind::Unavailable,
        "ConnectionError" | "TimeoutError" | "TimedOut" => FaultKind::Unreachable,
        "InvalidError" | "ConflictError" | "Refused" | "NoEnvironment" => FaultKind::Refused,
        _ => FaultKind::Unreadable,
    }
}

fn detail_of(told: &ClientError) -> String {
    let text: String = told.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match told.kind.as_str() {
        "TimedOut" => "it did not answer in time".to_owned(),
        "CannotStart" => format!("it cannot start: {text}"),
        "NoEnvironment" => describe_environments(&text, &told.names),
        class if kind_of(class) == FaultKind::Unreadable => format!("{class}: {text}"),
        _ => text,
    }
}

/// What there is instead of an environment: those that are near to it, or all.
fn describe_environments(wanted: &str, names: &[String]) -> String {
    let distance = |name: &str| strsim::damerau_levenshtein(name, wanted);
    let is_near = |name: &&String| distance(name) <= 1 || strsim::jaro_winkler(name, wanted) > 0.8;
    let mut near: Vec<_> = names.iter().filter(is_near).collect();
    near.sort_by_key(|name| distance(name));
    let quoted = |names: Vec<&String>| {
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let rest = match (near.is_empty(), names.is_empty()) {
        (false, _) => format!("did you mean {}?", quoted(near)),
        (true, false) => format!("there are {}", quoted(names.iter().take(20).collect())),
        (true, true) => "it lists none".to_owned(),
    };
    format!("Modal has no environment `{wanted}`: {rest}")
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
    fn a_line_is_the_answer() {
        check("{\"holds\": \"DATALAKE_FP_1\"}", Ok(Some("DATALAKE_FP_1")));
        check("{\"holds\": null}", Ok(None));
    }

    #[test]
    fn an_environment_that_is_not_there_is_never_an_absent_secret() {
        let error = |names: &str| {
            format!(
                r#"{{"error": {{"kind": "NoEnvironment", "text": "dve", "names": [{names}]}}}}"#
            )
        };
        let told = "Modal has no environment `dve`: did you mean `dev`?";
        check(&error(r#""main", "dev""#), Err((FaultKind::Refused, told)));
        let told = "Modal has no environment `dve`: there are `main`, `staging`";
        check(&error(r#""main", "staging""#), Err((FaultKind::Refused, told)));
        check(
            &error(""),
            Err((FaultKind::Refused, "Modal has no environment `dve`: it lists none")),
        );
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
        check(&error("TimedOut"), Err((FaultKind::Unreachable, "it did not answer in time")));
        let broken = "it cannot start: words";
        check(&error("CannotStart"), Err((FaultKind::NoClient, broken)));
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
