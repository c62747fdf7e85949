//! What the program that tries clients answers.

use datalake_core::clients::{ClientEnd, ClientTrial};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::text::printable;
use serde::Deserialize;

/// The last line that the program prints.
#[derive(Deserialize)]
struct Answer {
    python: String,
    clients: Vec<AnsweredClient>,
}

#[derive(Deserialize)]
struct AnsweredClient {
    client: String,
    version: Option<String>,
    end: AnsweredEnd,
    step: Option<String>,
    reason: Option<String>,
    lines: Option<String>,
    told: Option<u64>,
    kept: Option<u64>,
    #[serde(default)]
    elsewhere: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AnsweredEnd {
    Works,
    Failed,
    Absent,
    Untried,
}

/// The clients of a Python, as they were tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TriedPython {
    /// Its version.
    pub(super) version: String,
    /// What came of each client.
    pub(super) trials: Vec<ClientTrial>,
}

/// Reads the last line that was printed; the clients may have said something before.
pub(super) fn read_answer(printed: &[u8]) -> Result<TriedPython, Fault> {
    let lines = printed.split(|byte| *byte == b'\n');
    let last = lines.rev().find(|line| !line.is_empty()).unwrap_or_default();
    let answer: Answer = serde_json::from_slice(last).map_err(|error| {
        Fault::new(FaultKind::Unreadable, format!("its Python printed something else: {error}"))
    })?;
    let trials = answer.clients.into_iter().map(AnsweredClient::judge).collect();
    Ok(TriedPython { version: printable(&answer.python), trials })
}

impl AnsweredClient {
    /// An end that names too little of what happened is none that is known.
    fn judge(self) -> ClientTrial {
        let reason = self.reason.as_deref().map(printable);
        let end = match (self.end, self.told, self.kept) {
            (AnsweredEnd::Absent, ..) => ClientEnd::Absent(reason),
            (AnsweredEnd::Untried, ..) => ClientEnd::Untried(reason.unwrap_or_default()),
            (AnsweredEnd::Failed, ..) => ClientEnd::Failed {
                step: printable(&self.step.unwrap_or_default()),
                reason: reason.unwrap_or_else(|| "it says nothing".to_owned()),
            },
            (AnsweredEnd::Works, Some(told), Some(kept)) if kept < told => {
                ClientEnd::Loses { told, kept }
            }
            (AnsweredEnd::Works, ..) => match self.lines {
                Some(lines) => ClientEnd::NeedsLines(printable(&lines)),
                None => ClientEnd::Works,
            },
        };
        ClientTrial {
            client: printable(&self.client),
            version: self.version.as_deref().map(printable),
            end,
            elsewhere: self.elsewhere.iter().map(|host| printable(host)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(client: &str, expected: &ClientEnd) {
        let line = format!("talk\n{{\"python\": \"3.11.7\", \"clients\": [{client}]}}\n");
        let found = read_answer(line.as_bytes()).unwrap();
        assert_eq!((found.version.as_str(), &found.trials[0].end), ("3.11.7", expected));
    }

    #[test]
    fn each_answer_has_its_end() {
        let text = |text: &str| text.to_owned();
        check(r#"{"client":"a","end":"absent"}"#, &ClientEnd::Absent(None));
        check(
            r#"{"client":"a","end":"absent","reason":"no s3fs"}"#,
            &ClientEnd::Absent(Some(text("no s3fs"))),
        );
        check(r#"{"client":"a","end":"works","step":"list"}"#, &ClientEnd::Works);
        check(r#"{"client":"a","end":"works","told":8,"kept":8}"#, &ClientEnd::Works);
        check(
            r#"{"client":"a","end":"works","told":8,"kept":3,"lines":"x"}"#,
            &ClientEnd::Loses { told: 8, kept: 3 },
        );
        check(r#"{"client":"a","end":"works","lines":"x"}"#, &ClientEnd::NeedsLines(text("x")));
        check(
            r#"{"client":"a","end":"failed","step":"write","reason":"no\nway"}"#,
            &ClientEnd::Failed { step: text("write"), reason: text("no\\nway") },
        );
        check(
            r#"{"client":"a","end":"untried","reason":"late"}"#,
            &ClientEnd::Untried(text("late")),
        );
    }

    #[test]
    fn a_python_that_says_something_else_tells_nothing() {
        for printed in ["", "Traceback\n", "{}\n", r#"{"python":"3","clients":[{"client":"a"}]}"#] {
            let fault = read_answer(printed.as_bytes()).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Unreadable, "{printed}");
        }
    }
}
