//! The addresses that are told of runs.

use std::collections::BTreeMap;

use datalake_core::schedule::ScheduledJob;
use datalake_core::secret::FilledBody;

use crate::{ErrorKind, OperationError};

/// What an address is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PingStage {
    /// A run begins.
    Started,
    /// It has ended well.
    Ended,
    /// It has failed, or found something.
    Failed,
}

/// An address for each job. Whoever knows one can tell lies there.
pub(super) struct PingBook(BTreeMap<ScheduledJob, String>);

impl PingBook {
    /// Reads lines of `JOB=ADDRESS`.
    ///
    /// # Errors
    ///
    /// [`OperationError`] with the number of a line that is none, without its text.
    pub(super) fn parse_lines(content: &FilledBody) -> Result<Self, OperationError> {
        let text = String::from_utf8_lossy(content.expose());
        let mut addresses = BTreeMap::new();
        for (at, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let parts = line.split_once('=').and_then(|(job, address)| {
                let address = address.trim();
                is_address(address).then_some((job.trim().parse().ok()?, address.to_owned()))
            });
            let (job, address) = parts.ok_or_else(|| {
                let text = format!("line {}: expected `JOB=https://…`", at + 1);
                OperationError::new(ErrorKind::Config, text)
                    .advise("an address has no `#`, no blank and no name of a user")
            })?;
            if addresses.insert(job, address).is_some() {
                let text = format!("line {}: `{job}` already has an address", at + 1);
                return Err(OperationError::new(ErrorKind::Config, text));
            }
        }
        Ok(Self(addresses))
    }

    /// The address that is told of a stage of a job: `…/start` and `…/fail`, as healthchecks.io has it.
    pub(super) fn find_address(&self, job: ScheduledJob, stage: PingStage) -> Option<FilledBody> {
        let address = self.0.get(&job)?;
        let (path, query) = match address.split_once('?') {
            Some((path, query)) => (path, format!("?{query}")),
            None => (address.as_str(), String::new()),
        };
        let path = path.trim_end_matches('/');
        let ending = match stage {
            PingStage::Started => "/start",
            PingStage::Ended => "",
            PingStage::Failed => "/fail",
        };
        Some(FilledBody::new(format!("{path}{ending}{query}").into_bytes()))
    }

    /// Whether a job has an address.
    pub(super) fn has_job(&self, job: ScheduledJob) -> bool {
        self.0.contains_key(&job)
    }
}

/// Whether an address can be told, and means what it says: over https, or this machine itself. The name of
/// a user would not be sent, nor would what is behind a `#`, such as `/fail`.
fn is_address(text: &str) -> bool {
    let is_here = |rest: &str| {
        let mut names = ["127.0.0.1", "localhost", "[::1]"].into_iter();
        names.any(|name| rest.strip_prefix(name).is_some_and(|end| end.starts_with([':', '/'])))
    };
    let plain = || text.strip_prefix("http://").filter(|rest| is_here(rest));
    let Some(rest) = text.strip_prefix("https://").or_else(plain) else { return false };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let is_plain = text.chars().all(|c| c.is_ascii_graphic() && c != '#');
    is_plain && !host.is_empty() && !host.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_lines(text: &str) -> Result<PingBook, OperationError> {
        PingBook::parse_lines(&FilledBody::new(text.as_bytes().to_vec()))
    }

    #[test]
    fn each_job_has_a_line_and_each_stage_an_ending() {
        let book = parse_lines(
            "# mine\n\nusage = https://hc.example/u\nverify=https://hc.example/v/?a=1\n",
        );
        let book = book.unwrap();

        let told = |job, stage| {
            let address = book.find_address(job, stage);
            address.map(|it| String::from_utf8(it.expose().to_vec()).unwrap())
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(told(ScheduledJob::Usage, PingStage::Ended), some("https://hc.example/u"));
        assert_eq!(told(ScheduledJob::Usage, PingStage::Failed), some("https://hc.example/u/fail"));
        let started = told(ScheduledJob::Verify, PingStage::Started);
        assert_eq!(started, some("https://hc.example/v/start?a=1"));
        assert_eq!(told(ScheduledJob::Scrub, PingStage::Started), None);
    }

    #[test]
    fn a_broken_line_is_told_by_its_number_alone() {
        for line in [
            "https://hc.example/s3cret",
            "backup=https://s3cret",
            "usage=s3cret",
            "usage=ftp://hc.example/s3cret",
            "usage=http://hc.example/s3cret",
            "usage=http://localhost.example/s3cret",
            "usage=http://127.0.0.1@hc.example/s3cret",
            "usage=https://ops:s3cret@hc.example/u",
            "usage=https://hc.example/s3cret#frag",
            "usage=https://hc .example/s3cret",
            "usage=https://hc.exämple/s3cret",
            "usage=https:///s3cret",
        ] {
            let error = parse_lines(&format!("\n{line}\n")).err().unwrap();

            assert_eq!(error.messages, ["line 2: expected `JOB=https://…`"], "{line}");
        }
    }

    #[test]
    fn this_machine_is_told_without_https_and_each_job_has_one_address() {
        for host in ["127.0.0.1:8099", "localhost:8099", "[::1]:8099", "127.0.0.1"] {
            assert!(parse_lines(&format!("usage=http://{host}/u?a=@")).is_ok(), "{host}");
        }
        let error = parse_lines("usage=https://a.example/s3\nusage=https://b.example/s3");
        assert_eq!(error.err().unwrap().messages, ["line 2: `usage` already has an address"]);
    }
}
