//! The text form of a fault plan; the grammar stands at [`FaultPlan`].

use std::str::FromStr;
use std::time::Duration;

use super::{Chance, Effect, FaultPlan, Rule};

/// A text that is not a fault plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid fault rule `{rule}`: {problem}")]
pub struct InvalidFaultPlan {
    /// The rule that was not understood.
    pub rule: String,
    /// What is wrong with it.
    pub problem: String,
}

impl FaultPlan {
    /// Reads the text form.
    ///
    /// # Errors
    ///
    /// [`InvalidFaultPlan`] names the rule and the word.
    pub fn parse(text: &str) -> Result<Self, InvalidFaultPlan> {
        let mut plan = Self::default();
        for rule in text.split(',').map(str::trim).filter(|rule| !rule.is_empty()) {
            let invalid = |problem| InvalidFaultPlan { rule: rule.to_owned(), problem };
            if let Some(seed) = rule.strip_prefix("seed ") {
                plan.seed = parse_number(Some(seed)).map_err(invalid)?;
            } else {
                plan.rules.push(parse_rule(rule).map_err(invalid)?);
            }
        }
        Ok(plan)
    }
}

impl FromStr for FaultPlan {
    type Err = InvalidFaultPlan;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

fn parse_rule(text: &str) -> Result<Rule, String> {
    let mut words = text.split_whitespace();
    let mut effect = None;
    let mut rule = Rule::always(Effect::Lose);
    while let Some(word) = words.next() {
        match word {
            "part" => rule.part = Some(parse_number(words.next())?),
            "after" => rule.after = parse_number(words.next())?,
            "times" => rule.times = Some(parse_number(words.next())?),
            "on" => rule.method = Some(words.next().ok_or("a method is missing")?.to_owned()),
            _ if is_chance(word) => rule.chance = parse_chance(word)?,
            _ if effect.is_some() => return Err(format!("`{word}` is one effect too many")),
            "delay" => {
                effect = Some(Effect::Delay(parse_duration(words.next().unwrap_or_default())?));
            }
            _ => effect = Some(simple_effect(word)?),
        }
    }
    rule.effect = effect.ok_or("it has no effect")?;
    Ok(rule)
}

fn simple_effect(word: &str) -> Result<Effect, String> {
    if let Some(bytes) = word.strip_prefix("cut-body@") {
        return Ok(Effect::CutBody(parse_number(Some(bytes))?));
    }
    match word {
        "wrong-etag" => Ok(Effect::WrongEtag),
        "lose" => Ok(Effect::Lose),
        "flip-bit" => Ok(Effect::FlipBit),
        "archived" => Ok(Effect::Archived),
        "wrong-byte" => Ok(Effect::WrongByte),
        "loop-token" => Ok(Effect::LoopToken),
        "reset" => Ok(Effect::Reset),
        "reset-after" => Ok(Effect::ResetAfter),
        "timeout" => Ok(Effect::Timeout),
        _ => match word.parse() {
            Ok(status @ 400..=599) => Ok(Effect::Status(status)),
            _ => Err(format!("unknown fault `{word}`")),
        },
    }
}

fn is_chance(word: &str) -> bool {
    word.ends_with('%') || word.contains('/')
}

fn parse_chance(word: &str) -> Result<Chance, String> {
    if let Some((hits, of)) = word.split_once('/') {
        let chance = Chance { hits: parse_number(Some(hits))?, of: parse_number(Some(of))? };
        return if chance.of == 0 {
            Err(format!("`{word}` is not a probability"))
        } else {
            Ok(chance)
        };
    }
    let percent = word.trim_end_matches('%');
    let (whole, fraction) = percent.split_once('.').unwrap_or((percent, ""));
    let digits = u32::try_from(fraction.len()).ok().filter(|digits| *digits <= 6);
    let scale = 10_u64.pow(digits.ok_or_else(|| format!("`{word}` is too exact"))?);
    let hits = parse_number(Some(&format!("{whole}{fraction}")))?;
    Ok(Chance { hits, of: 100 * scale })
}

fn parse_duration(word: &str) -> Result<Duration, String> {
    if let Some(milliseconds) = word.strip_suffix("ms") {
        return Ok(Duration::from_millis(parse_number(Some(milliseconds))?));
    }
    match word.strip_suffix('s') {
        Some(seconds) => Ok(Duration::from_secs(parse_number(Some(seconds))?)),
        None => Err(format!("`{word}` is not a duration such as `200ms` or `2s`")),
    }
}

fn parse_number<T: FromStr>(word: Option<&str>) -> Result<T, String> {
    let word = word.ok_or("a number is missing")?.trim();
    word.parse().map_err(|_| format!("`{word}` is not a number in range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Rule) {
        assert_eq!(text.parse::<FaultPlan>().unwrap().rules, [expected], "{text:?}");
    }

    #[test]
    fn words_come_in_any_order() {
        let five_percent = Chance { hits: 5, of: 100 };
        let rule = Rule { chance: five_percent, ..Rule::always(Effect::Status(503)) };
        check("5% 503", rule.clone());
        check("503 5%", rule);
        check("cut-body@1024", Rule::always(Effect::CutBody(1024)));
        let third = Rule { part: Some(3), ..Rule::always(Effect::WrongEtag) };
        check("wrong-etag part 3", third);
        let chance = Chance { hits: 1, of: 200 };
        check("lose 1/200", Rule { chance, ..Rule::always(Effect::Lose) });
        let delay = Effect::Delay(Duration::from_millis(200));
        let chance = Chance { hits: 5, of: 1000 };
        check("delay 200ms 0.5%", Rule { chance, ..Rule::always(delay) });
        let rule = Rule {
            method: Some("PUT".to_owned()),
            times: Some(2),
            after: 100,
            ..Rule::always(Effect::Reset)
        };
        check("reset on PUT after 100 times 2", rule);
    }

    #[test]
    fn a_wrong_word_is_named() {
        for (text, word) in [
            ("5% 503, explode", "explode"),
            ("200", "200"),
            ("5%", "no effect"),
            ("delay 5", "`5`"),
            ("lose 1/0", "1/0"),
            ("lose reset", "reset"),
            ("part 99999999 lose", "99999999"),
        ] {
            let error = text.parse::<FaultPlan>().unwrap_err();
            assert!(error.problem.contains(word), "{error}");
        }
    }

    #[test]
    fn an_empty_text_is_a_plan_without_rules() {
        assert_eq!("".parse(), Ok(FaultPlan::default()));
    }
}
