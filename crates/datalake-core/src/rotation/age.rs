//! How old a key pair may become.

use crate::time::Timestamp;

/// The days after which a key pair is to be changed. Hetzner's guide says "rotate keys regularly" and
/// names no time; 90 days is recommendation 1.14 of the CIS AWS Foundations Benchmark 1.3.0
/// (2020-08-07).
pub const LONGEST_KEY_AGE: u64 = 90;

/// Whole days from one time to another; none where the clock was set back.
#[must_use]
pub fn count_key_days(since: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.unix() - since.unix()).unwrap_or_default() / 86_400
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_counts_once_it_is_over() {
        let at = |text: &str| text.parse().unwrap();
        let days = |now: &str| count_key_days(at("2026-01-01T12:00:00Z"), at(now));

        assert_eq!(days("2026-01-02T11:59:59Z"), 0);
        assert_eq!(days("2026-01-02T12:00:00Z"), 1);
        assert_eq!(days("2026-04-01T12:00:00Z"), LONGEST_KEY_AGE);
        assert_eq!(days("2025-01-01T12:00:00Z"), 0);
    }
}
