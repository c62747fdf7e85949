//! "Is it me or them": how every location answers, now and usually.

use super::diagnose::FindingCheck;
use super::look::{Judged, warning, wrong};
use super::{Examination, FindingId};

/// How one location has answered a few requests of a stranger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocationTrial {
    /// Its name, such as `fsn1`.
    pub name: String,
    /// Whether the spec's bucket lies there.
    pub is_own: bool,
    /// How often it was asked.
    pub tries: u32,
    /// How often it did not answer, or with a fault of its own.
    pub failures: u32,
    /// The usual time of its answers, in milliseconds; `None` where there was none.
    pub millis: Option<u32>,
    /// What the last failure was.
    pub fault: Option<String>,
    /// How it answered in earlier examinations; `None` for none.
    pub usual: Option<Usual>,
}

/// How a location has answered before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usual {
    /// In how many examinations.
    pub examinations: u32,
    /// How many of a hundred requests failed.
    pub failures_percent: u32,
    /// The usual time, in milliseconds.
    pub millis: u32,
}

/// An answer that takes longer than this can be felt.
const SLOW: u32 = 1000;

/// An answer that takes so many times as long as usual is told.
const UNUSUAL: u32 = 4;

pub(super) const CHECKS: &[FindingCheck] =
    &[FindingCheck { id: FindingId::NetworkLocations, after: &[], judge: judge_locations }];

fn judge_locations(seen: &Examination) -> Judged {
    let all = seen.network.locations.seen()?;
    let lines: Vec<_> = all.iter().map(describe_trial).collect();
    let (dead, alive): (Vec<_>, Vec<_>) = all.iter().partition(|trial| trial.is_dead());
    if alive.is_empty() {
        return Err(wrong(lines, none_answers(all)));
    }
    let Some(own) = all.iter().find(|trial| trial.is_own) else {
        return if dead.is_empty() { Ok(lines.join("; ")) } else { Err(warning(lines, THEM)) };
    };
    if own.is_dead() {
        return Err(wrong(lines, THEM));
    }
    if own.failures > 0 {
        return Err(warning(lines, if alive.len() > 1 { THEM } else { ONE_ALONE }));
    }
    if own.is_slow() {
        return Err(warning(lines, own_is_slow(own, all)));
    }
    Ok(lines.join("; "))
}

const THEM: &str = "it is them, not you: other locations answer. Look at status.hetzner.com and wait; \
                    a new bucket in another location is the way if it stays so";

const ONE_ALONE: &str = "with only one address it is impossible to say whether it is you or them: try from \
                         another network";

fn none_answers(all: &[LocationTrial]) -> &'static str {
    if all.len() > 1 {
        "it is you, most likely: no location answers. Look at this machine's network, firewall and \
         name service"
    } else {
        ONE_ALONE
    }
}

fn own_is_slow(own: &LocationTrial, all: &[LocationTrial]) -> &'static str {
    let others_are_slow = all.iter().all(|trial| trial.name == own.name || trial.is_slow());
    if all.len() == 1 {
        ONE_ALONE
    } else if others_are_slow {
        "it is you, most likely: all locations are slow from here"
    } else {
        THEM
    }
}

impl LocationTrial {
    fn is_dead(&self) -> bool {
        self.failures >= self.tries
    }

    /// Slow for anybody, and slower than it usually is from here.
    fn is_slow(&self) -> bool {
        let usual = self.usual.map_or(0, |usual| usual.millis.saturating_mul(UNUSUAL));
        self.millis.is_some_and(|millis| millis > SLOW && millis > usual)
    }
}

fn describe_trial(trial: &LocationTrial) -> String {
    let LocationTrial { name, tries, failures, .. } = trial;
    let mut text = match trial.millis {
        Some(millis) => format!("{name}: {millis} ms, {failures} of {tries} failed"),
        None => format!("{name}: {failures} of {tries} failed"),
    };
    if let Some(fault) = &trial.fault {
        text.push_str(&format!(" ({fault})"));
    }
    if let Some(Usual { examinations, failures_percent, millis }) = trial.usual {
        text.push_str(&format!(
            "; usually {millis} ms, {failures_percent} % failed (of {examinations} looks)"
        ));
    }
    text
}
