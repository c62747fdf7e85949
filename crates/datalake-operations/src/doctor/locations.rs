//! Which locations are asked, and how they answered before.

use datalake_core::doctor::{LocationTrial, Usual};
use datalake_core::s3::{Endpoint, Region};
use datalake_core::time::Timestamp;
use datalake_engine::{LocationAddress, StateFolder};
use serde::{Deserialize, Serialize};

/// The file in the state folder: one trial a line.
const FILE: &str = "doctor/locations.jsonl";

/// So many trials are kept of all locations together.
const KEPT: usize = 90;

/// The trials of earlier examinations.
pub(super) struct LocationHistory(Vec<KeptTrial>);

#[derive(Serialize, Deserialize)]
struct KeptTrial {
    at: Timestamp,
    name: String,
    tries: u32,
    failures: u32,
    millis: Option<u32>,
}

impl LocationHistory {
    /// Reads what is there; lines of another form are passed over.
    pub(super) fn read(state: &dyn StateFolder) -> Self {
        let content = state.read(FILE).unwrap_or_default();
        let lines = content.split(|byte| *byte == b'\n');
        Self(lines.filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }

    /// How a location usually answers.
    fn usual(&self, name: &str) -> Option<Usual> {
        let of_it: Vec<_> = self.0.iter().filter(|kept| kept.name == name).collect();
        let mut times: Vec<_> = of_it.iter().filter_map(|kept| kept.millis).collect();
        times.sort_unstable();
        let millis = *times.get(times.len() / 2)?;
        let sum = |of: fn(&KeptTrial) -> u32| of_it.iter().map(|kept| of(kept)).sum::<u32>();
        let (tries, failures) = (sum(|kept| kept.tries), sum(|kept| kept.failures));
        Some(Usual {
            examinations: u32::try_from(of_it.len()).unwrap_or(u32::MAX),
            failures_percent: failures * 100 / tries.max(1),
            millis,
        })
    }

    /// Keeps these trials, too. Where nothing can be written, the next look knows less: no harm.
    pub(super) fn keep(self, trials: &[LocationTrial], at: Timestamp, state: &dyn StateFolder) {
        let new = trials.iter().map(|trial| KeptTrial {
            at,
            name: trial.name.clone(),
            tries: trial.tries,
            failures: trial.failures,
            millis: trial.millis,
        });
        let all: Vec<_> = self.0.into_iter().chain(new).collect();
        let newest = all.iter().skip(all.len().saturating_sub(KEPT));
        let lines = newest.filter_map(|kept| serde_json::to_string(kept).ok());
        let content: String = lines.map(|line| line + "\n").collect();
        let _ = state.write(FILE, content.as_bytes());
    }
}

/// All of Hetzner's locations, or the one address of another service.
pub(super) fn list_locations(
    endpoint: &Endpoint,
    own: Option<&Endpoint>,
    history: &LocationHistory,
) -> Vec<LocationAddress> {
    let location = |name: &str, endpoint: Endpoint| LocationAddress {
        usual: history.usual(name),
        name: name.to_owned(),
        is_own: own == Some(&endpoint),
        endpoint,
    };
    if endpoint.hetzner_location().is_none() {
        let name = endpoint.to_string();
        return vec![location(&name, endpoint.clone())];
    }
    let all = [Region::Fsn1, Region::Nbg1, Region::Hel1];
    all.iter().filter_map(|it| Some(location(it.as_str(), it.endpoint()?))).collect()
}

#[cfg(test)]
mod tests {
    use datalake_engine::memory::MemoryState;

    use super::*;

    fn trial(name: &str, failures: u32, millis: u32) -> LocationTrial {
        LocationTrial {
            name: name.to_owned(),
            is_own: true,
            tries: 4,
            failures,
            millis: (failures < 4).then_some(millis),
            fault: None,
            usual: None,
        }
    }

    #[test]
    fn what_is_usual_comes_from_the_last_looks() {
        let state = MemoryState::default();
        let now = "2026-11-22T18:00:00Z".parse().unwrap();
        assert_eq!(LocationHistory::read(&state).usual("fsn1"), None);
        for (failures, millis) in [(0, 10), (4, 0), (0, 30), (0, 20)] {
            LocationHistory::read(&state).keep(&[trial("fsn1", failures, millis)], now, &state);
        }

        let usual = LocationHistory::read(&state).usual("fsn1").unwrap();

        assert_eq!((usual.examinations, usual.failures_percent, usual.millis), (4, 25, 20));
        assert_eq!(LocationHistory::read(&state).usual("hel1"), None);
        (0..100).for_each(|_| {
            LocationHistory::read(&state).keep(&[trial("hel1", 0, 5)], now, &state);
        });
        assert_eq!(LocationHistory::read(&state).usual("hel1").unwrap().examinations, 90);
    }

    #[test]
    fn another_service_is_asked_alone() {
        let history = LocationHistory(Vec::new());
        let own: Endpoint = "http://127.0.0.1:9000".parse().unwrap();
        let asked_of = |endpoint: &Endpoint| {
            let asked = list_locations(endpoint, Some(endpoint), &history);
            asked.iter().filter(|it| it.is_own).count() * 10 + asked.len()
        };

        assert_eq!(asked_of(&own), 11);
        assert_eq!(asked_of(&Region::Hel1.endpoint().unwrap()), 13);
    }
}
