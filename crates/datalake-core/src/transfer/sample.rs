//! A share of many names, the same for the same round.

use sha2::{Digest as _, Sha256};

/// A share of all names; which ones depends on the round, so that some rounds together meet all.
///
/// Ten rounds of a tenth, numbered one after the other, meet each name exactly once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subset {
    percent: u8,
    round: u64,
}

impl Subset {
    /// All names.
    pub const ALL: Self = Self { percent: 100, round: 0 };

    /// So many percent, 1 to 100, of all names; `None` outside.
    #[must_use]
    pub fn of(percent: u8, round: u64) -> Option<Self> {
        (1..=100).contains(&percent).then_some(Self { percent, round })
    }

    /// Whether all names belong to it.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.percent == 100
    }

    /// Whether a name belongs to it.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        if self.is_all() {
            return true;
        }
        let digest = Sha256::digest(name.as_bytes());
        let number = digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
        let percent = u64::from(self.percent);
        // The round's window of the hundred slots, going round.
        let start = self.round.wrapping_mul(percent) % 100;
        (number % 100 + 100 - start) % 100 < percent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_rounds_of_a_tenth_meet_each_name_once() {
        for name in (0..500).map(|number| format!("raw/{number}")) {
            let met = (40..50).filter(|round| Subset::of(10, *round).unwrap().holds(&name)).count();

            assert_eq!(met, 1, "{name}");
        }
    }

    #[test]
    fn a_tenth_is_about_a_tenth() {
        let subset = Subset::of(10, 3).unwrap();

        let met = (0..10_000).filter(|number| subset.holds(&number.to_string())).count();

        assert!((900..1100).contains(&met), "{met}");
        assert!(Subset::of(0, 0).is_none() && Subset::of(101, 0).is_none());
    }
}
