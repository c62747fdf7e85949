//! The services of a deployment, as far as a plan has to know them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::host::UnitName;
use crate::secret::Fingerprint;

/// Whether a unit's service runs, and with which settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceState {
    /// It does not run, or does not stay up.
    Down,
    /// It runs, with whatever settings.
    Up,
    /// It runs, and the first process of its container has these S3 settings in its environment.
    UpWith(Fingerprint),
}

/// The state of each unit's service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ServiceStates(BTreeMap<UnitName, ServiceState>);

impl ServiceState {
    /// Whether a service that is found to be `found` is as this asks.
    #[must_use]
    pub fn is_met_by(self, found: Self) -> bool {
        match self {
            Self::Down => found == Self::Down,
            Self::Up => found != Self::Down,
            Self::UpWith(_) => found == self,
        }
    }
}

impl ServiceStates {
    /// The states in the order of the units' names.
    pub fn iter(&self) -> impl Iterator<Item = (&UnitName, ServiceState)> {
        self.0.iter().map(|(unit, state)| (unit, *state))
    }

    /// The units whose service has to run, or runs.
    pub fn up(&self) -> impl Iterator<Item = &UnitName> {
        self.iter().filter(|(_, state)| *state != ServiceState::Down).map(|(unit, _)| unit)
    }

    /// The units whose service must not run, or does not.
    pub fn down(&self) -> impl Iterator<Item = &UnitName> {
        self.iter().filter(|(_, state)| *state == ServiceState::Down).map(|(unit, _)| unit)
    }

    /// Whether services that are found to be `found` are as this asks.
    #[must_use]
    pub fn are_met_by(&self, found: &Self) -> bool {
        self.iter()
            .all(|(unit, state)| found.0.get(unit).is_some_and(|found| state.is_met_by(*found)))
    }

    /// The states of those among `units`.
    #[must_use]
    pub fn limit_to(&self, units: &[UnitName]) -> Self {
        let all = self.iter().filter(|(unit, _)| units.contains(unit));
        all.map(|(unit, state)| (unit.clone(), state)).collect()
    }

    /// The same, with whatever settings.
    ///
    /// The way back runs what the files say by then, which need not be what ran before: someone may
    /// have edited a file and not restarted.
    #[must_use]
    pub fn with_any_settings(&self) -> Self {
        let any = |state| if state == ServiceState::Down { state } else { ServiceState::Up };
        self.iter().map(|(unit, state)| (unit.clone(), any(state))).collect()
    }
}

impl FromIterator<(UnitName, ServiceState)> for ServiceStates {
    fn from_iter<I: IntoIterator<Item = (UnitName, ServiceState)>>(states: I) -> Self {
        Self(states.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::FingerprintKey;

    #[test]
    fn any_settings_will_do_unless_some_are_asked_for() {
        let with =
            |text: &str| ServiceState::UpWith(FingerprintKey::new([7; 32]).of(text.as_bytes()));
        let (up, down) = (ServiceState::Up, ServiceState::Down);

        assert!(up.is_met_by(with("a")) && up.is_met_by(up) && !up.is_met_by(down));
        assert!(with("a").is_met_by(with("a")) && !with("a").is_met_by(with("b")));
        assert!(!with("a").is_met_by(up) && down.is_met_by(down) && !down.is_met_by(up));
    }

    #[test]
    fn a_unit_that_was_not_found_meets_nothing() {
        let unit: UnitName = "dagster-daemon".parse().unwrap();
        let asked: ServiceStates = [(unit, ServiceState::Down)].into_iter().collect();

        assert!(!asked.are_met_by(&ServiceStates::default()));
        assert!(asked.are_met_by(&asked));
    }
}
