//! How long a policy has to hold before it counts as proved.

use std::time::Duration;

use crate::s3::Endpoint;

/// How often, and over which time, all requests of a proof have to end as they should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProofPace {
    /// Rounds in a row.
    pub rounds: u32,
    /// The least time from the first of them to the last.
    pub span: Duration,
    /// The time from round to round.
    pub pause: Duration,
    /// How long it is waited for in all.
    pub limit: Duration,
}

/// What comes after a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofNext {
    /// Another round, after this time.
    Again(Duration),
    /// The policy holds.
    Proved,
    /// It was waited for long enough.
    TooLate,
}

/// A proof on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofCourse {
    pace: ProofPace,
    began: Duration,
    good: u32,
    good_since: Duration,
}

impl ProofPace {
    /// What fits the service at this address. At Hetzner a policy acts up to a minute late, and one gateway
    /// before another; elsewhere within a second.
    #[must_use]
    pub fn for_service(endpoint: &Endpoint) -> Self {
        if endpoint.hetzner_location().is_some() { Self::HETZNER } else { Self::PROMPT }
    }

    /// Hetzner's: over at least a minute, for at most six.
    pub const HETZNER: Self = Self {
        rounds: 13,
        span: Duration::from_mins(1),
        pause: Duration::from_secs(5),
        limit: Duration::from_mins(6),
    };

    /// That of gateways that act within a second.
    pub const PROMPT: Self = Self {
        rounds: 5,
        span: Duration::from_secs(2),
        pause: Duration::from_millis(500),
        limit: Duration::from_secs(30),
    };
}

impl ProofCourse {
    /// A proof that begins at this time.
    #[must_use]
    pub fn begin_proof(pace: ProofPace, now: Duration) -> Self {
        Self { pace, began: now, good: 0, good_since: now }
    }

    /// Rounds in a row that were as they should be.
    #[must_use]
    pub fn count_rounds(&self) -> u32 {
        self.good
    }

    /// How long it has taken until now.
    #[must_use]
    pub fn measure_elapsed(&self, now: Duration) -> Duration {
        now.saturating_sub(self.began)
    }

    /// Notes a round that began at `began`, and says what comes next. One that was not as it should be in
    /// everything begins the row anew.
    pub fn note_round(&mut self, is_good: bool, began: Duration, now: Duration) -> ProofNext {
        if is_good {
            if self.good == 0 {
                self.good_since = began;
            }
            self.good += 1;
            if self.good >= self.pace.rounds
                && began.saturating_sub(self.good_since) >= self.pace.span
            {
                return ProofNext::Proved;
            }
        } else {
            self.good = 0;
        }
        if self.measure_elapsed(now) >= self.pace.limit {
            return ProofNext::TooLate;
        }
        ProofNext::Again(self.pace.pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How a proof of these rounds ends, one every `pause`; the last one goes on for ever.
    fn run_rounds(pace: ProofPace, is_good: impl Fn(u64) -> bool) -> (ProofNext, u64) {
        let mut course = ProofCourse::begin_proof(pace, Duration::ZERO);
        let mut now = Duration::ZERO;
        loop {
            match course.note_round(is_good(now.as_secs()), now, now) {
                ProofNext::Again(pause) => now += pause,
                end => return (end, now.as_secs()),
            }
        }
    }

    #[test]
    fn a_policy_that_comes_late_is_never_green_early() {
        assert_eq!(run_rounds(ProofPace::HETZNER, |_| true), (ProofNext::Proved, 60));
        assert_eq!(run_rounds(ProofPace::HETZNER, |at| at >= 60), (ProofNext::Proved, 120));
        // A gateway that lags behind the others refuses nothing once more.
        let (end, at) = run_rounds(ProofPace::HETZNER, |at| at >= 5 && at != 60);
        assert_eq!((end, at), (ProofNext::Proved, 125));
    }

    #[test]
    fn what_never_holds_is_given_up() {
        assert_eq!(run_rounds(ProofPace::HETZNER, |_| false), (ProofNext::TooLate, 360));
        assert_eq!(run_rounds(ProofPace::PROMPT, |_| false).0, ProofNext::TooLate);
        assert_eq!(run_rounds(ProofPace::PROMPT, |_| true), (ProofNext::Proved, 2));
    }

    #[test]
    fn hetzner_is_known_by_its_address() {
        let pace = |text: &str| ProofPace::for_service(&text.parse().unwrap());

        assert_eq!(pace("https://fsn1.your-objectstorage.com"), ProofPace::HETZNER);
        assert_eq!(pace("https://s3.example.com"), ProofPace::PROMPT);
    }
}
