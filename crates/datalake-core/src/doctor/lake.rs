//! S3 clients where user code runs.

use super::diagnose::FindingCheck;
use super::host::MANAGED;
use super::look::{Judged, Look, Not, warning, wrong};
use super::{Examination, FindingId};
use crate::advice::Advice;
use crate::clients::{ClientTrial, ClientVerdict};

/// What was seen of clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LakeEvidence {
    /// What came of trying them, in each container in which user code runs.
    pub places: Look<Vec<TriedPlace>>,
}

/// A place in which clients were tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriedPlace {
    /// The unit.
    pub unit: String,
    /// What came of each client.
    pub trials: Look<Vec<ClientTrial>>,
}

pub(super) const CHECKS: &[FindingCheck] =
    &[FindingCheck { id: FindingId::LakeClients, after: MANAGED, judge: judge_clients }];

impl Default for LakeEvidence {
    fn default() -> Self {
        Self { places: Look::nobody() }
    }
}

impl LakeEvidence {
    /// Nothing of it was asked, for this reason.
    #[must_use]
    pub fn not_asked(reason: &str) -> Self {
        Self { places: Look::NotHere(reason.to_owned()) }
    }
}

fn judge_clients(seen: &Examination) -> Judged {
    let places = seen.lake.places.seen()?;
    let of_verdict = |wanted: ClientVerdict| {
        let tried = places.iter().filter_map(|place| match &place.trials {
            Look::Saw(trials) => Some((place, trials)),
            Look::NotHere(_) | Look::Unknown(_) => None,
        });
        let all = tried.flat_map(|(place, trials)| trials.iter().map(move |trial| (place, trial)));
        all.filter(move |(_, trial)| trial.verdict() == wanted)
    };
    let lines = |wanted: ClientVerdict| -> Vec<String> {
        let line = |(place, trial): (&TriedPlace, &ClientTrial)| {
            format!("{}: {} {}", place.unit, trial.title(), trial.describe())
        };
        of_verdict(wanted).map(line).collect()
    };
    let cure = |wanted: ClientVerdict| {
        let first = of_verdict(wanted).find_map(|(_, trial)| trial.cure());
        first.unwrap_or_else(|| Advice::from("see what each of them says"))
    };
    let broken = lines(ClientVerdict::Broken);
    if !broken.is_empty() {
        return Err(wrong(broken, cure(ClientVerdict::Broken)));
    }
    let needing = lines(ClientVerdict::NeedsLines);
    if !needing.is_empty() {
        return Err(warning(needing, cure(ClientVerdict::NeedsLines)));
    }
    let unknown = places.iter().filter_map(|place| match &place.trials {
        Look::Unknown(fault) => Some(format!("{}: {fault}", place.unit)),
        Look::Saw(_) | Look::NotHere(_) => None,
    });
    let untried: Vec<_> = unknown.chain(lines(ClientVerdict::Untried)).collect();
    if !untried.is_empty() {
        return Err(Not::LookedAt(untried));
    }
    let works = lines(ClientVerdict::Works).len();
    Ok(format!("{works} in {} containers write, read, list and lose nothing", places.len()))
}
