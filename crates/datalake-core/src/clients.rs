//! S3 clients of user code: what came of trying them, and what helps.

use serde::Serialize;

use crate::advice::{Advice, AdvisedCommand};

/// What came of trying one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientTrial {
    /// Its name, such as `deltalake`.
    pub client: String,
    /// The version that is installed; `None` where there is none.
    pub version: Option<String>,
    /// How it ended.
    pub end: ClientEnd,
    /// Hosts besides the service that it wanted to ask, as far as that was seen.
    pub elsewhere: Vec<String>,
}

/// How the trial of a client ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientEnd {
    /// It is not installed, or lacks something: then this.
    Absent(Option<String>),
    /// Nobody has tried it, for this reason.
    Untried(String),
    /// It writes, reads and lists with what the environment says, and several writers at once lose
    /// nothing.
    Works,
    /// The same with the lines of its snippet: no variable helps, for this reason.
    NeedsLines(String),
    /// Writers were told of so many appends that they are there, and fewer are.
    Loses {
        /// Told to be there.
        told: u64,
        /// There.
        kept: u64,
    },
    /// It does not work.
    Failed {
        /// What it was at: `import`, `write`, `read`, `list` or `append`.
        step: String,
        /// What it said.
        reason: String,
    },
}

/// The ends in a word each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClientVerdict {
    /// It works with what the environment says.
    Works,
    /// It works with lines in the code.
    NeedsLines,
    /// It loses what was written, or does not work.
    Broken,
    /// It is not installed.
    Absent,
    /// Nobody knows.
    Untried,
}

/// What the names of AWS's hosts end with.
const AWS: &str = "amazonaws.com";

impl ClientTrial {
    /// The end in a word.
    #[must_use]
    pub fn verdict(&self) -> ClientVerdict {
        match &self.end {
            ClientEnd::Works | ClientEnd::NeedsLines(_) if self.asks_aws() => ClientVerdict::Broken,
            ClientEnd::Works => ClientVerdict::Works,
            ClientEnd::NeedsLines(_) => ClientVerdict::NeedsLines,
            ClientEnd::Loses { .. } | ClientEnd::Failed { .. } => ClientVerdict::Broken,
            ClientEnd::Absent(_) => ClientVerdict::Absent,
            ClientEnd::Untried(_) => ClientVerdict::Untried,
        }
    }

    fn asks_aws(&self) -> bool {
        self.elsewhere.iter().any(|host| host.ends_with(AWS))
    }

    /// Name and version.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.client),
            None => self.client.clone(),
        }
    }

    /// What was seen, without the name.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.end {
            ClientEnd::Absent(None) => "not installed".to_owned(),
            ClientEnd::Absent(Some(lacks)) => format!("cannot be tried: {lacks}"),
            ClientEnd::Untried(reason) => format!("not tried: {reason}"),
            ClientEnd::Loses { told, kept } => {
                format!("loses commits: {told} writers reported success, {kept} commits exist")
            }
            ClientEnd::Failed { step, reason } => format!("fails at `{step}`: {reason}"),
            ClientEnd::Works | ClientEnd::NeedsLines(_) if self.asks_aws() => {
                format!("asks AWS: {}", self.elsewhere.join(", "))
            }
            ClientEnd::Works => "works".to_owned(),
            ClientEnd::NeedsLines(reason) => format!("works with lines in the code: {reason}"),
        }
    }

    /// What helps; `None` where nothing has to.
    #[must_use]
    pub fn cure(&self) -> Option<Advice> {
        match &self.end {
            ClientEnd::NeedsLines(_) => self.snippet().map(|client| {
                let command = AdvisedCommand::PrintSnippet(client.to_owned());
                Advice::naming("{} prints the lines", [command])
            }),
            ClientEnd::Loses { .. } => Some(Advice::naming(
                "tables lose commits in a bucket with versions: add `tables: { bucket: NAME }` to the spec, and {} \
                 creates a bucket for them",
                [AdvisedCommand::Provision],
            )),
            ClientEnd::Failed { reason, .. } => Some(self.cure_failure(reason)),
            ClientEnd::Works if self.asks_aws() => Some(self.cure_failure(AWS)),
            ClientEnd::Works | ClientEnd::Absent(_) | ClientEnd::Untried(_) => None,
        }
    }

    fn cure_failure(&self, reason: &str) -> Advice {
        let says = |words: &[&str]| words.iter().any(|word| reason.contains(word));
        let provisioned = |variable: &str, what: &str| {
            let words = format!("`{variable}` is missing, {what}: {{}} hands it over");
            Advice::naming(words, [AdvisedCommand::Provision])
        };
        if says(&["URL scheme is not allowed", "BadScheme"]) {
            return provisioned("AWS_ALLOW_HTTP=true", "without which it refuses plain http");
        }
        if says(&["411", "MissingContentLength"]) {
            let variable = "AWS_REQUEST_CHECKSUM_CALCULATION=when_required";
            return provisioned(variable, "without which it sends bodies of unknown length");
        }
        if says(&["is not in the environment"]) {
            return Advice::naming("{} hands it over", [AdvisedCommand::Provision]);
        }
        if self.asks_aws() || says(&[AWS]) {
            return self.cure_aws();
        }
        if says(&["SIGABRT", "SIGSEGV", "SIGBUS"]) {
            return Advice::from(
                "the client takes its process with it, whatever the service: a step that is tried \
                 again for it writes twice. Try another version of it",
            );
        }
        Advice::naming(
            "see what it says; {} shows whether the containers have the variables of the spec",
            [AdvisedCommand::Status],
        )
    }

    fn cure_aws(&self) -> Advice {
        match self.snippet() {
            Some(client) => Advice::naming(
                "it does not know the endpoint: the variables are not those of the spec, or the \
                 code needs the lines that {} prints",
                [AdvisedCommand::PrintSnippet(client.to_owned())],
            ),
            None => Advice::naming(
                "it does not know the endpoint: {} hands over the variables of the spec",
                [AdvisedCommand::Provision],
            ),
        }
    }

    /// The name under which there are lines for it, if there are.
    fn snippet(&self) -> Option<&'static str> {
        match self.client.as_str() {
            "duckdb" => Some("duckdb"),
            "polars" | "polars-delta" => Some("polars"),
            "deltalake" => Some("delta"),
            "pyiceberg" | "pyiceberg-fsspec" => Some("pyiceberg"),
            "pandas" => Some("pandas"),
            "pyarrow" => Some("pyarrow"),
            "dlt" => Some("dlt"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(end: ClientEnd, elsewhere: &[&str]) -> ClientTrial {
        let elsewhere = elsewhere.iter().map(|&host| host.to_owned()).collect();
        ClientTrial { client: "duckdb".to_owned(), version: Some("1".to_owned()), end, elsewhere }
    }

    fn failed(reason: &str) -> ClientEnd {
        ClientEnd::Failed { step: "write".to_owned(), reason: reason.to_owned() }
    }

    #[track_caller]
    fn check(trial: &ClientTrial, verdict: ClientVerdict, cure: &str) {
        let told = match trial.cure() {
            None => String::new(),
            Some(Advice::Commands(words, commands)) => format!("{words} {commands:?}"),
            Some(advice) => format!("{advice:?}"),
        };
        assert_eq!(trial.verdict(), verdict, "{trial:?}");
        assert!(told.contains(cure) && told.is_empty() == cure.is_empty(), "{told}");
    }

    #[test]
    fn each_end_has_its_verdict_and_what_helps() {
        let loses = ClientEnd::Loses { told: 8, kept: 3 };
        check(&trial(ClientEnd::Works, &[]), ClientVerdict::Works, "");
        check(&trial(ClientEnd::Absent(None), &[]), ClientVerdict::Absent, "");
        check(&trial(ClientEnd::Untried("late".into()), &[]), ClientVerdict::Untried, "");
        check(&trial(ClientEnd::NeedsLines("x".into()), &[]), ClientVerdict::NeedsLines, "Snippet");
        check(&trial(loses, &[]), ClientVerdict::Broken, "tables: { bucket");
        check(
            &trial(failed("URL scheme is not allowed"), &[]),
            ClientVerdict::Broken,
            "ALLOW_HTTP",
        );
        check(&trial(failed("HTTP status 411"), &[]), ClientVerdict::Broken, "CHECKSUM");
        check(&trial(failed("ended with SIGABRT"), &[]), ClientVerdict::Broken, "another version");
        check(&trial(failed("b.s3.eu.amazonaws.com"), &[]), ClientVerdict::Broken, "endpoint");
        check(
            &trial(failed("`X` is not in the environment"), &[]),
            ClientVerdict::Broken,
            "Provision",
        );
        check(&trial(failed("whatever"), &[]), ClientVerdict::Broken, "Status");
    }

    #[test]
    fn who_asks_aws_is_broken_and_who_asks_somebody_else_is_not() {
        let aws = trial(ClientEnd::Works, &["sts.eu-central-1.amazonaws.com"]);
        check(&aws, ClientVerdict::Broken, "Snippet");
        assert!(aws.describe().contains("sts.eu-central-1"), "{}", aws.describe());
        check(&trial(ClientEnd::Works, &["telemetry.example.org"]), ClientVerdict::Works, "");
    }
}
