//! The record of a run while it goes on: intent before each step, outcome after it.
//!
//! A journal is lines of `CHECKSUM JSON`. Each line is durable before what it announces happens, so
//! a run that was killed can be judged afterwards. A torn last line is what a kill leaves; it is
//! dropped. A broken line before others is damage, and nothing is guessed from it.

use datalake_core::host::UnitName;
use datalake_core::plan::Plan;
use datalake_core::receipt::{Outcome, Receipt, RunKind, StepReceipt};
use datalake_core::time::{RunId, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JournalRecord {
    /// The run begins. Always the first line, and only that.
    Begin(Box<Begin>),
    /// The step of this number, from 0, begins.
    Intent(usize),
    /// The step of this number has ended.
    Outcome(usize, Outcome),
}

/// Everything about a run that is known before its first step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// The version of the journal's form.
    pub schema_version: u32,
    /// The run.
    pub run: RunId,
    /// What it is for.
    pub kind: RunKind,
    /// The service user whose services and podman secrets it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UnitName>,
    /// When it began.
    pub started: Timestamp,
    /// The runs that it takes over.
    pub continues: Vec<RunId>,
    /// Their steps that are done.
    pub taken_over: Vec<StepReceipt>,
    /// Its own steps.
    pub plan: Plan,
}

/// A journal read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    /// Its first line.
    pub begin: Begin,
    /// The outcomes of its own steps, in order; fewer than steps when it was cut off.
    pub outcomes: Vec<Outcome>,
    /// The step that was begun and has no outcome.
    pub in_flight: Option<usize>,
}

/// The journal cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the journal is damaged: {reason}")]
pub struct DamagedJournal {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// The bytes of a record, line end included.
#[must_use]
pub fn encode_record(record: &JournalRecord) -> Vec<u8> {
    encode_line(record)
}

/// The bytes of a line `CHECKSUM JSON`, line end included.
pub fn encode_line<T: Serialize>(record: &T) -> Vec<u8> {
    let json = serde_json::to_string(record).expect("records have text keys and finite numbers");
    format!("{} {json}\n", checksum_record(json.as_bytes())).into_bytes()
}

/// Reads a journal back.
///
/// # Errors
///
/// [`DamagedJournal`] for anything but a torn last line.
pub fn decode_journal(bytes: &[u8]) -> Result<Journal, DamagedJournal> {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let lines = bytes.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n');
    let mut journal: Option<Journal> = None;
    for (line, text) in lines.enumerate().filter(|(_, text)| !text.is_empty()) {
        let damaged = |reason| DamagedJournal { line: line + 1, reason };
        let record = decode_line(text).map_err(damaged)?;
        match (record, &mut journal) {
            (JournalRecord::Begin(begin), None) => {
                if begin.schema_version != Receipt::SCHEMA_VERSION {
                    return Err(damaged("another release has written it"));
                }
                journal = Some(Journal { begin: *begin, outcomes: Vec::new(), in_flight: None });
            }
            (record, Some(journal)) => journal.add(record).map_err(damaged)?,
            (_, None) => return Err(damaged("the first line does not begin a run")),
        }
    }
    journal.ok_or(DamagedJournal { line: 1, reason: "it is empty" })
}

impl Journal {
    fn add(&mut self, record: JournalRecord) -> Result<(), &'static str> {
        let next = self.outcomes.len();
        match record {
            JournalRecord::Intent(step) if step == next && self.in_flight.is_none() => {
                self.in_flight = Some(step);
            }
            JournalRecord::Outcome(step, outcome) if step == next => {
                self.outcomes.push(outcome);
                self.in_flight = None;
            }
            _ => return Err("it does not follow the line before it"),
        }
        if next < self.begin.plan.steps.len() { Ok(()) } else { Err("the plan has no such step") }
    }
}

/// Reads a line that [`encode_line`] has written, without its end.
///
/// # Errors
///
/// What is wrong with it.
pub fn decode_line<T: DeserializeOwned>(text: &[u8]) -> Result<T, &'static str> {
    let (sum, json) = text.split_at_checked(CHECKSUM_LENGTH).ok_or("it is too short")?;
    let json = json.strip_prefix(b" ").ok_or("it has no checksum")?;
    if checksum_record(json).as_bytes() != sum {
        return Err("its checksum does not fit");
    }
    serde_json::from_slice(json).map_err(|_| "it holds no record")
}

const CHECKSUM_LENGTH: usize = 16;

/// The checksum of a record.
pub(crate) fn checksum_record(json: &[u8]) -> String {
    let digest = Sha256::digest(json);
    digest.iter().take(CHECKSUM_LENGTH / 2).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use datalake_core::plan::{Action, Guard, Step, Undo, Way};
    use proptest::prelude::*;

    use super::*;

    fn begin() -> JournalRecord {
        let path: datalake_core::host::HostPath = "/a".parse().unwrap();
        let step = Step {
            guard: Guard::PathAbsent(path.clone()),
            action: Action::RemoveFile(path.clone()),
            undo: Undo { guard: Guard::PathAbsent(path), way: Way::OneWay(String::new()) },
            why: String::new(),
        };
        JournalRecord::Begin(Box::new(Begin {
            schema_version: 1,
            run: "R-1".parse().unwrap(),
            kind: RunKind::Provision,
            user: None,
            started: Timestamp::from_unix(0).unwrap(),
            continues: vec![],
            taken_over: vec![],
            plan: Plan::of_steps(vec![step.clone(), step]),
        }))
    }

    fn whole() -> Vec<u8> {
        let records = [
            begin(),
            JournalRecord::Intent(0),
            JournalRecord::Outcome(0, Outcome::Done),
            JournalRecord::Intent(1),
        ];
        records.iter().flat_map(encode_record).collect()
    }

    #[test]
    fn a_journal_tells_what_was_done_and_what_was_in_flight() {
        let journal = decode_journal(&whole()).unwrap();

        assert_eq!(journal.outcomes, [Outcome::Done]);
        assert_eq!(journal.in_flight, Some(1));
    }

    #[test]
    fn records_out_of_order_are_damage() {
        for records in [
            vec![JournalRecord::Intent(0)],
            vec![begin(), JournalRecord::Intent(1)],
            vec![begin(), begin()],
            vec![begin(), JournalRecord::Intent(0), JournalRecord::Intent(0)],
        ] {
            let bytes: Vec<u8> = records.iter().flat_map(encode_record).collect();
            assert!(decode_journal(&bytes).is_err(), "{records:?}");
        }
    }

    proptest! {
        #[test]
        fn a_torn_end_loses_at_most_the_last_record(cut in 0..whole().len()) {
            let bytes = &whole()[..cut];
            let lines = bytes.split(|byte| *byte == b'\n').count() - 1;

            match decode_journal(bytes) {
                Ok(journal) => prop_assert_eq!(
                    1 + journal.outcomes.len() * 2 + usize::from(journal.in_flight.is_some()),
                    lines
                ),
                Err(_) => prop_assert_eq!(lines, 0),
            }
        }

        #[test]
        fn a_changed_byte_is_never_misread(at in 0..whole().len(), to: u8) {
            let mut bytes = whole();
            let same = bytes[at] == to;
            bytes[at] = to;

            if let Ok(journal) = decode_journal(&bytes) {
                let lost_end = at >= bytes.len() - 30;
                prop_assert!(same || lost_end, "{:?}", journal);
            }
        }
    }
}
