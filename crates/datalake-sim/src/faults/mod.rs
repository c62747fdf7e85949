//! Faults on purpose: a seed and rules, the same every time.

mod parse;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::Method;
use serde::{Deserialize, Serialize};

pub use self::parse::InvalidFaultPlan;

/// Which faults a simulator makes.
///
/// The same plan makes the same faults in the same order: whether a rule strikes
/// depends on the seed, the rule and the number of the request, nothing else.
///
/// # Text form
///
/// Rules are separated by commas; the words of a rule come in any order.
///
/// | word | meaning |
/// |---|---|
/// | `503`, `500`, `429`, … | answers with this status; nothing is carried out |
/// | `cut-body@N` | a download, or an upload, ends after `N` bytes with the connection |
/// | `wrong-etag` | the answer to a write carries an `ETag` that is wrong |
/// | `lose` | a write is acknowledged and not stored |
/// | `wrong-byte` | one byte is another one: of a written body before it is stored, so that its tag says so; of a download on its way, under the right tag. While a plan changes written bytes, bodies with a wrong hash are taken |
/// | `loop-token` | a later page of a listing names itself as the next one |
/// | `archived` | a read of a content is refused: the object lies in an archive |
/// | `flip-bit` | one bit of a written body changes on the disk |
/// | `delay 200ms`, `delay 2s` | waits first |
/// | `reset` | the connection is reset; nothing is carried out |
/// | `reset-after` | the request is carried out, then the connection is reset |
/// | `timeout` | the request is carried out and never answered |
/// | `5%`, `0.5%`, `1/200` | how often the rule strikes; always without |
/// | `on PUT` | only requests with this method |
/// | `part 3` | only this part of an upload |
/// | `after 100` | not the first 100 requests |
/// | `times 2` | at most twice |
/// | `seed 7` | the seed, in a rule of its own; 0 without |
///
/// # Examples
///
/// ```
/// use datalake_sim::{Effect, FaultPlan};
///
/// let plan: FaultPlan = "seed 7, 5% 503, wrong-etag part 3, lose 1/200".parse()?;
///
/// assert_eq!(plan.seed, 7);
/// assert_eq!(plan.rules[0].effect, Effect::Status(503));
/// assert_eq!(plan.rules[1].part, Some(3));
/// # Ok::<(), datalake_sim::InvalidFaultPlan>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultPlan {
    /// Where the dice start.
    pub seed: u64,
    /// All rules that strike one request act on it.
    pub rules: Vec<Rule>,
}

/// One kind of fault and when it strikes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// What happens.
    pub effect: Effect,
    /// How often.
    #[serde(default)]
    pub chance: Chance,
    /// Only requests with this method.
    #[serde(default)]
    pub method: Option<String>,
    /// Only this part of an upload.
    #[serde(default)]
    pub part: Option<u16>,
    /// How many requests pass before the rule begins.
    #[serde(default)]
    pub after: u64,
    /// How many times the rule strikes at most.
    #[serde(default)]
    pub times: Option<u64>,
}

impl Rule {
    /// A rule that strikes every request.
    pub fn always(effect: Effect) -> Self {
        Self { effect, chance: Chance::default(), method: None, part: None, after: 0, times: None }
    }
}

/// What a fault does to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Answers with this status; nothing is carried out.
    Status(u16),
    /// Ends a body after so many bytes, and the connection with it.
    CutBody(u64),
    /// Answers a write with a wrong `ETag`.
    WrongEtag,
    /// Acknowledges a write and does not store it.
    Lose,
    /// Changes one bit of a written body on the disk.
    FlipBit,
    /// Refuses a read of a content, as of an object in an archive.
    Archived,
    /// Changes one byte of a written body before it is stored, or of a download on its way.
    WrongByte,
    /// Names a later page of a listing as the one that follows it.
    LoopToken,
    /// Waits first.
    Delay(Duration),
    /// Resets the connection; nothing is carried out.
    Reset,
    /// Carries the request out and resets the connection.
    ResetAfter,
    /// Carries the request out and never answers.
    Timeout,
}

/// How often a rule strikes: `hits` times out of `of`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chance {
    /// How many times.
    pub hits: u64,
    /// Out of how many.
    pub of: u64,
}

impl Default for Chance {
    fn default() -> Self {
        Self { hits: 1, of: 1 }
    }
}

/// A request as the rules see it.
#[derive(Debug)]
pub(crate) struct FaultTarget<'a> {
    /// The number of the request, from 0.
    pub(crate) number: u64,
    pub(crate) method: &'a Method,
    pub(crate) part: Option<u16>,
    /// Whether it reads the content of an object.
    pub(crate) reads: bool,
    /// Whether it ends an upload in parts.
    pub(crate) completes: bool,
    /// Whether it asks for a later page of a listing.
    pub(crate) continues: bool,
}

/// A plan at work.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    plan: FaultPlan,
    /// How many times each rule struck.
    struck: Vec<AtomicU64>,
}

impl Faults {
    pub(crate) fn new(plan: FaultPlan) -> Self {
        let struck = plan.rules.iter().map(|_| AtomicU64::new(0)).collect();
        Self { plan, struck }
    }

    /// Whether written bodies are changed at times.
    pub(crate) fn changes_writes(&self) -> bool {
        let writes = |rule: &Rule| rule.method.as_deref().is_none_or(|method| method == "PUT");
        self.plan.rules.iter().any(|rule| rule.effect == Effect::WrongByte && writes(rule))
    }

    /// The effects on one request.
    pub(crate) fn strike(&self, target: &FaultTarget<'_>) -> Vec<Effect> {
        let rules = self.plan.rules.iter().zip(&self.struck).zip(0_u64..);
        rules
            .filter(|((rule, struck), index)| {
                rule.is_about(target)
                    && rule.chance.hits_at(roll_dice(self.plan.seed, *index, target.number))
                    && rule.times.is_none_or(|most| struck.fetch_add(1, Ordering::Relaxed) < most)
            })
            .map(|((rule, _), _)| rule.effect)
            .collect()
    }
}

impl Rule {
    fn is_about(&self, target: &FaultTarget<'_>) -> bool {
        let method = target.method.as_str();
        let writes = method == "PUT" || target.completes;
        let sensible = match self.effect {
            Effect::WrongEtag | Effect::Lose | Effect::FlipBit => writes,
            Effect::WrongByte => method == "PUT" || target.reads,
            Effect::Archived => target.reads,
            Effect::LoopToken => target.continues,
            Effect::CutBody(_) => method == "PUT" || method == "GET",
            Effect::Status(_)
            | Effect::Delay(_)
            | Effect::Reset
            | Effect::ResetAfter
            | Effect::Timeout => true,
        };
        sensible
            && target.number >= self.after
            && self.part.is_none_or(|part| target.part == Some(part))
            && self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
    }
}

impl Chance {
    fn hits_at(self, dice: u64) -> bool {
        dice % self.of.max(1) < self.hits
    }
}

/// A number that looks random and is not (`SplitMix64`).
fn roll_dice(seed: u64, rule: u64, request: u64) -> u64 {
    let mut state = seed
        .wrapping_add(rule.wrapping_mul(0x9E37_79B9_7F4A_7C15))
        .wrapping_add(request.wrapping_mul(0xD1B5_4A32_D192_ED03));
    state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(number: u64) -> FaultTarget<'static> {
        FaultTarget {
            number,
            method: &Method::PUT,
            part: None,
            reads: false,
            completes: false,
            continues: false,
        }
    }

    fn hits(plan: &str, requests: u64) -> Vec<u64> {
        let faults = Faults::new(plan.parse().unwrap());
        (0..requests).filter(|number| !faults.strike(&put(*number)).is_empty()).collect()
    }

    #[test]
    fn a_seed_strikes_the_same_requests_every_time() {
        assert_eq!(hits("seed 1, 5% 503", 1000), hits("seed 1, 5% 503", 1000));
        assert_ne!(hits("seed 1, 5% 503", 1000), hits("seed 2, 5% 503", 1000));
    }

    #[test]
    fn a_chance_is_about_kept() {
        let struck = hits("5% 503", 10_000).len();

        assert!((400..600).contains(&struck), "{struck}");
    }

    #[test]
    fn a_rule_begins_late_and_ends_early() {
        assert_eq!(hits("403 after 3 times 2", 100), [3, 4]);
    }

    #[test]
    fn a_rule_about_writes_leaves_reads_alone() {
        let faults = Faults::new("lose".parse().unwrap());
        let read = FaultTarget { method: &Method::GET, ..put(0) };

        assert_eq!(faults.strike(&read), []);
        assert_eq!(faults.strike(&put(0)), [Effect::Lose]);
    }

    #[test]
    fn a_wrong_byte_leaves_listings_alone() {
        let faults = Faults::new("wrong-byte".parse().unwrap());
        let listing = FaultTarget { method: &Method::GET, ..put(0) };
        let read = FaultTarget { method: &Method::GET, reads: true, ..put(0) };

        assert_eq!(faults.strike(&listing), []);
        assert_eq!(faults.strike(&read), [Effect::WrongByte]);
        assert_eq!(faults.strike(&put(0)), [Effect::WrongByte]);
    }
}
