//! A diagnosis as text: group by group, the cure right under each finding.

use datalake_core::doctor::{
    CheckOutcome, Diagnosis, DiagnosisVerdict, FindingId, Group, Remedy, Severity, Skipped,
};
use datalake_core::text::printable;
use schemars::JsonSchema;
use serde::Serialize;

use crate::advice::{named_for, words_of};

/// How wide cures are set.
const WIDTH: usize = 100;

/// The diagnosis for people and programs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DoctorReport {
    /// Whether nothing was found and nothing is unknown.
    pub is_sound: bool,
    /// How many checks came to what.
    pub counts: Counts,
    /// Every check, group by group.
    pub checks: Vec<CheckReport>,
    /// The command that comes next.
    pub next: String,
}

/// How many checks came to what.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Counts {
    /// Sound ones.
    sound: usize,
    /// Those that may become a problem.
    warnings: usize,
    /// Those that are one.
    wrong: usize,
    /// Those that depend on another that is wrong.
    skipped: usize,
    /// Those whose answer could not be learned.
    unknown: usize,
}

/// One check.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CheckReport {
    /// The id of the check; it stays the same between versions.
    id: &'static str,
    /// Its group.
    group: &'static str,
    /// What is so when it is sound.
    title: &'static str,
    /// What it has come to.
    outcome: Word,
    /// What was seen, or why nothing was.
    seen: Vec<String>,
    /// The check that it depends on, where that is why it was skipped.
    blocked_by: Option<&'static str>,
    /// What to do, for a finding.
    cure: Option<String>,
    /// Whether `--fix` does it.
    is_fixed_by_datalake: bool,
}

/// What a check has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Word {
    /// All is well.
    Sound,
    /// It may become a problem.
    Warning,
    /// It is a problem.
    Wrong,
    /// It depends on another check that is wrong.
    Skipped,
    /// The answer could not be learned.
    Unknown,
}

impl Word {
    /// The sign, the word, and the colour on a terminal.
    fn looks(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Sound => ("✓", "sound", "32"),
            Self::Warning => ("!", "warning", "33"),
            Self::Wrong => ("✗", "wrong", "31"),
            Self::Skipped => ("–", "skipped", "2"),
            Self::Unknown => ("?", "unknown", "35"),
        }
    }
}

impl DoctorReport {
    /// What is told of a group's checks, of all of them without one; `name` is how the next command
    /// names this place.
    pub(crate) fn of(found: &Diagnosis, only: Option<Group>, name: &str) -> Self {
        Self::chosen(found, &|id| only.is_none_or(|only| id.group() == only), name)
    }

    /// The same of these checks.
    pub(crate) fn chosen(
        found: &Diagnosis,
        is_chosen: &dyn Fn(FindingId) -> bool,
        name: &str,
    ) -> Self {
        let roots = found.roots_of(is_chosen);
        let is_shown = |id| is_chosen(id) || roots.contains(&id);
        let checks = found.chosen(is_shown).map(|(id, outcome)| report_check(id, outcome, name));
        let checks: Vec<_> = checks.collect();
        let mut counts = Counts::default();
        for check in &checks {
            *match check.outcome {
                Word::Sound => &mut counts.sound,
                Word::Warning => &mut counts.warnings,
                Word::Wrong => &mut counts.wrong,
                Word::Skipped => &mut counts.skipped,
                Word::Unknown => &mut counts.unknown,
            } += 1;
        }
        let next = suggest_next(found, &is_shown, name);
        let is_sound = found.verdict_of(is_chosen) == DiagnosisVerdict::Sound;
        Self { is_sound, counts, checks, next }
    }
}

fn report_check(id: FindingId, outcome: &CheckOutcome, name: &str) -> CheckReport {
    let (word, seen, cure) = match outcome {
        CheckOutcome::Sound(seen) => (Word::Sound, vec![seen.clone()], None),
        CheckOutcome::Finding(finding) => {
            let word = match finding.severity {
                Severity::Warning => Word::Warning,
                Severity::Wrong => Word::Wrong,
            };
            (word, finding.evidence.clone(), Some(named_for(&words_of(&finding.cure), name)))
        }
        CheckOutcome::Skipped(Skipped::After(root)) => {
            (Word::Skipped, vec![format!("it depends on {root}")], None)
        }
        CheckOutcome::Skipped(Skipped::NotHere(reason)) => {
            (Word::Skipped, vec![reason.clone()], None)
        }
        CheckOutcome::Unknown(reason) => (Word::Unknown, vec![reason.clone()], None),
    };
    CheckReport {
        id: id.as_str(),
        group: id.group().as_str(),
        title: id.title(),
        outcome: word,
        seen,
        blocked_by: match outcome {
            CheckOutcome::Skipped(Skipped::After(root)) => Some(root.as_str()),
            _ => None,
        },
        is_fixed_by_datalake: cure.is_some() && id.remedy() != Remedy::Person,
        cure,
    }
}

/// What cures most, or explains the first finding.
fn suggest_next(found: &Diagnosis, is_chosen: &dyn Fn(FindingId) -> bool, name: &str) -> String {
    let findings = found.chosen(is_chosen).filter_map(|(id, outcome)| match outcome {
        CheckOutcome::Finding(finding) => Some((id, finding.severity)),
        CheckOutcome::Sound(_) | CheckOutcome::Skipped(_) | CheckOutcome::Unknown(_) => None,
    });
    let findings: Vec<_> = findings.collect();
    let wrong = findings.iter().find(|(_, severity)| *severity == Severity::Wrong);
    match wrong.or(findings.first()) {
        None => format!("{name} status"),
        Some((id, _)) if id.remedy() == Remedy::Person => format!("{name} doctor --explain {id}"),
        Some((id, _)) => format!("{name} doctor --fix {id}"),
    }
}

/// The report as text; the last line is the next command.
#[must_use]
pub(crate) fn diagnosis(report: &DoctorReport, colour: bool) -> String {
    let mut text = String::new();
    let mut group = "";
    for check in &report.checks {
        if check.group != group {
            let gap = if group.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}{}\n", check.group));
            group = check.group;
        }
        text.push_str(&render_check(check, colour));
    }
    let Counts { sound, warnings, wrong, skipped, unknown } = &report.counts;
    text.push_str(&format!(
        "\n{sound} sound, {warnings} warnings, {wrong} wrong, {skipped} skipped, {unknown} unknown.\n"
    ));
    text + &format!("Next: {}\n", report.next)
}

fn render_check(check: &CheckReport, colour: bool) -> String {
    let (sign, word, code) = check.outcome.looks();
    let mut mark = format!("{sign} {word:<7}");
    if colour {
        mark = format!("\x1b[{code}m{mark}\x1b[0m");
    }
    let mut seen = check.seen.iter().map(|line| printable(line).replace('\n', " "));
    let first = seen.next().unwrap_or_default();
    let mut text = format!("  {mark}  {}: {first}\n", check.id);
    seen.for_each(|line| text.push_str(&format!("             {line}\n")));
    if let Some(cure) = &check.cure {
        for (at, line) in wrap_text(&printable(cure), WIDTH - 19).iter().enumerate() {
            let head = if at == 0 { "cure: " } else { "      " };
            text.push_str(&format!("             {head}{line}\n"));
        }
    }
    text
}

/// Words in lines of at most `width` characters.
fn wrap_text(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use datalake_core::doctor::{Examination, Look, SwitchStanding, diagnose};

    use super::*;

    fn report(change: impl FnOnce(&mut Examination)) -> DoctorReport {
        let mut seen = Examination::nothing("2026-11-22T18:00:00Z".parse().unwrap());
        change(&mut seen);
        DoctorReport::of(&diagnose(&seen), Some(Group::Python), "datalake")
    }

    #[test]
    fn unknown_is_not_sound() {
        let unknown = report(|_| ());
        let sound = report(|seen| {
            seen.python.traps = Look::Saw(vec![]);
            let (time, green) = ("2026-11-22T18:00:00Z".parse().unwrap(), 1);
            let (red, unknown) = (Vec::new(), Vec::new());
            let checked = SwitchStanding::Checked { time, green, red, unknown };
            seen.switch.standing = Look::Saw(checked);
        });

        assert!(!unknown.is_sound && sound.is_sound);
        let line =
            "  ? unknown  python-modal-words: the answer cannot be used (nobody has looked at it)";
        assert!(diagnosis(&unknown, false).contains(line), "{}", diagnosis(&unknown, false));
        assert!(diagnosis(&sound, false).ends_with("Next: datalake status\n"));
    }

    #[test]
    fn the_cure_stands_right_below_what_is_wrong() {
        use datalake_core::doctor::{PythonTrap, PythonTrapKind};
        let trap = PythonTrap {
            path: "a\u{1b}.py".to_owned(),
            line: 3,
            kind: PythonTrapKind::ModalWord,
            word: "modal.Stub".to_owned(),
            instead: Some("modal.App".to_owned()),
        };
        let text = diagnosis(&report(|seen| seen.python.traps = Look::Saw(vec![trap])), false);

        let expected = "  ✗ wrong    python-modal-words: a\\u{1b}.py, line 3: `modal.Stub`; today `modal.App`\n             cure: write today's words";
        assert!(text.contains(expected), "{text}");
        assert!(text.ends_with("Next: datalake doctor --explain python-modal-words\n"), "{text}");
    }

    #[test]
    fn long_texts_are_set_in_lines() {
        assert_eq!(wrap_text("a bb ccc dddd", 6), ["a bb", "ccc", "dddd"]);
        assert_eq!(wrap_text("", 6), [""; 0]);
    }
}
