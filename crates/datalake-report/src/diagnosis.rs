//! A diagnosis as text: what is wrong with its cure right below, and a count for each group.

use datalake_core::advice::Advice;
use datalake_core::doctor::{
    CheckOutcome, Diagnosis, DiagnosisVerdict, FindingId, Group, Remedy, Severity, Skipped,
};
use datalake_core::text::printable;
use schemars::JsonSchema;
use serde::Serialize;

/// How wide cures are set.
const WIDTH: usize = 100;

/// The diagnosis for people and programs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DoctorReport {
    /// Whether nothing was found and nothing is unknown.
    pub is_sound: bool,
    /// How many checks came to what.
    pub counts: OutcomeCounts,
    /// Every check, group by group.
    pub checks: Vec<CheckReport>,
    /// The command that comes next.
    pub next: String,
    #[serde(skip)]
    is_bare: bool,
}

/// How many checks came to what.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct OutcomeCounts {
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
pub struct CheckReport {
    /// The id of the check; it stays the same between versions.
    id: &'static str,
    /// Its group.
    group: &'static str,
    /// What is checked, in a few words.
    title: &'static str,
    /// What it has come to.
    outcome: OutcomeWord,
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
enum OutcomeWord {
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

impl OutcomeWord {
    /// Whether a person has to know of it.
    fn needs_somebody(self) -> bool {
        match self {
            Self::Warning | Self::Wrong | Self::Unknown => true,
            Self::Sound | Self::Skipped => false,
        }
    }

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

/// How the front end words things: the cure of a finding, and itself.
#[derive(Clone, Copy)]
pub struct DoctorWording<'a> {
    /// The program as it is called for this place.
    pub program: &'a str,
    /// A cure in words, its commands as they are typed.
    pub describe_cure: &'a dyn Fn(&Advice) -> String,
    /// Whether nothing says yet which bucket and which service.
    pub is_bare: bool,
}

/// How much of a diagnosis is shown, and how.
#[derive(Debug, Clone, Copy)]
pub struct DoctorView {
    /// Every check, not only those that need somebody.
    pub is_whole: bool,
    /// Colour, as terminals take it.
    pub has_colour: bool,
}

impl DoctorReport {
    /// What is told of a group's checks, of all of them without one.
    #[must_use]
    pub fn report_on(found: &Diagnosis, only: Option<Group>, wording: &DoctorWording<'_>) -> Self {
        Self::chosen(found, &|id| only.is_none_or(|only| id.group() == only), wording)
    }

    /// The same of these checks.
    #[must_use]
    pub fn chosen(
        found: &Diagnosis,
        is_chosen: &dyn Fn(FindingId) -> bool,
        wording: &DoctorWording<'_>,
    ) -> Self {
        let roots = found.roots_of(is_chosen);
        let is_shown = |id| is_chosen(id) || roots.contains(&id);
        let shown = found.chosen(is_shown);
        let checks: Vec<_> =
            shown.map(|(id, outcome)| report_check(id, outcome, wording)).collect();
        let mut counts = OutcomeCounts::default();
        for check in &checks {
            counts.add_outcome(check.outcome);
        }
        let next = if wording.is_bare {
            format!("{} init", wording.program)
        } else {
            suggest_next(found, &is_shown, wording.program)
        };
        let is_sound = found.verdict_of(is_chosen) == DiagnosisVerdict::Sound;
        Self { is_sound, counts, checks, next, is_bare: wording.is_bare }
    }
}

impl OutcomeCounts {
    fn add_outcome(&mut self, outcome: OutcomeWord) {
        *match outcome {
            OutcomeWord::Sound => &mut self.sound,
            OutcomeWord::Warning => &mut self.warnings,
            OutcomeWord::Wrong => &mut self.wrong,
            OutcomeWord::Skipped => &mut self.skipped,
            OutcomeWord::Unknown => &mut self.unknown,
        } += 1;
    }

    /// What a group has come to, in one line.
    fn describe_counts(&self) -> String {
        let parts = [
            (self.sound, "in order"),
            (self.wrong, "wrong"),
            (self.warnings, if self.warnings == 1 { "warning" } else { "warnings" }),
            (self.unknown, "unknown"),
            (self.skipped, "skipped"),
        ];
        let parts = parts.iter().filter(|(number, _)| *number > 0);
        parts.map(|(number, what)| format!("{number} {what}")).collect::<Vec<_>>().join(", ")
    }
}

fn report_check(id: FindingId, outcome: &CheckOutcome, wording: &DoctorWording<'_>) -> CheckReport {
    let (word, seen, cure) = match outcome {
        CheckOutcome::Sound(seen) => (OutcomeWord::Sound, vec![seen.clone()], None),
        CheckOutcome::Finding(finding) => {
            let word = match finding.severity {
                Severity::Warning => OutcomeWord::Warning,
                Severity::Wrong => OutcomeWord::Wrong,
            };
            (word, finding.evidence.clone(), Some((wording.describe_cure)(&finding.cure)))
        }
        CheckOutcome::Skipped(Skipped::After(root)) => {
            (OutcomeWord::Skipped, vec![format!("it depends on {root}")], None)
        }
        CheckOutcome::Skipped(Skipped::NotHere(reason)) => {
            (OutcomeWord::Skipped, vec![reason.clone()], None)
        }
        CheckOutcome::Unknown(reason) => (OutcomeWord::Unknown, vec![reason.clone()], None),
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

/// The report as text: for each group a count, and below it what needs somebody; the last line is the
/// next command.
#[must_use]
pub fn render_diagnosis(report: &DoctorReport, view: DoctorView) -> String {
    let mut text = String::new();
    for checks in report.checks.chunk_by(|one, other| one.group == other.group) {
        let mut counts = OutcomeCounts::default();
        for check in checks {
            counts.add_outcome(check.outcome);
        }
        let group = checks.first().map_or("", |check| check.group);
        text.push_str(&format!("{group:<14}{}\n", counts.describe_counts()));
        let needs = |check: &CheckReport| !report.is_bare && check.outcome.needs_somebody();
        let shown = checks.iter().filter(|check| view.is_whole || needs(check));
        shown.for_each(|check| text.push_str(&render_check(check, view.has_colour)));
    }
    let OutcomeCounts { sound, warnings, wrong, skipped, unknown } = &report.counts;
    text.push_str(&format!(
        "\n{sound} sound, {warnings} warnings, {wrong} wrong, {skipped} skipped, {unknown} unknown.\n"
    ));
    if report.is_bare {
        text.push_str("No spec says which bucket to use. Set that first; -v shows every check.\n");
    }
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
        let describe_cure = |advice: &Advice| match advice {
            Advice::Text(words) => words.clone(),
            other => format!("{other:?}"),
        };
        let wording =
            DoctorWording { program: "datalake", describe_cure: &describe_cure, is_bare: false };
        DoctorReport::report_on(&diagnose(&seen), Some(Group::Python), &wording)
    }

    fn render_all(report: &DoctorReport) -> String {
        render_diagnosis(report, DoctorView { is_whole: false, has_colour: false })
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
            "  ? unknown  python-modal-words: the answer cannot be used (it was not checked)";
        assert!(render_all(&unknown).contains(line), "{}", render_all(&unknown));
        assert_eq!(
            render_all(&sound),
            "python        7 in order\n\n7 sound, 0 warnings, 0 wrong, 0 skipped, 0 unknown.\nNext: datalake status\n"
        );
        let whole = render_diagnosis(&sound, DoctorView { is_whole: true, has_colour: true });
        assert!(whole.contains("\x1b[32m✓ sound  \x1b[0m  python-switch: "), "{whole}");
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
        let text = render_all(&report(|seen| seen.python.traps = Look::Saw(vec![trap])));

        let expected = "  ✗ wrong    python-modal-words: a\\u{1b}.py:3: `modal.Stub`; today `modal.App`\n             cure: write today's words";
        assert!(text.contains(expected), "{text}");
        assert!(text.ends_with("Next: datalake doctor --explain python-modal-words\n"), "{text}");
    }

    #[test]
    fn long_texts_are_set_in_lines() {
        assert_eq!(wrap_text("a bb ccc dddd", 6), ["a bb", "ccc", "dddd"]);
        assert_eq!(wrap_text("", 6), [""; 0]);
    }
}
