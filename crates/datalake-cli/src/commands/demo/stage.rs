//! Where the acts of the demo are played.

use datalake_core::text::printable;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use datalake_host::{CommandFault, ProgramCall, run_to_end};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::Printer;

/// The sandbox's folder, below the demo's.
const SANDBOX: &str = "sandbox";

/// An act that takes longer has gone wrong.
const LONGEST: Duration = Duration::from_mins(1);

/// One start of the program.
pub(super) struct Act {
    pub(super) title: &'static str,
    words: &'static str,
    variable: Option<(&'static str, &'static str)>,
    limit: Duration,
    ending: ActEnding,
    lines: usize,
}

/// How an act has to end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ActEnding {
    Exit(Exit),
    /// By a kill, its own or that of its limit.
    Killed,
}

impl Act {
    /// An act that ends well and shows the last lines of its result.
    pub(super) const fn new(title: &'static str, words: &'static str) -> Self {
        let ending = ActEnding::Exit(Exit::Done);
        Self { title, words, variable: None, limit: LONGEST, ending, lines: 8 }
    }

    pub(super) const fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.variable = Some((name, value));
        self
    }

    pub(super) const fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    pub(super) const fn ends(mut self, ending: ActEnding) -> Self {
        self.ending = ending;
        self
    }

    pub(super) const fn shows(mut self, lines: usize) -> Self {
        self.lines = lines;
        self
    }
}

/// The folder, and the program that plays in it.
pub(super) struct DemoStage {
    folder: PathBuf,
    program: OsString,
    printer: Printer,
}

impl DemoStage {
    pub(super) fn new(folder: &Path, printer: Printer) -> Result<Self, Failure> {
        let program = std::env::current_exe();
        let program = program.map_err(|error| Failure::io(Path::new("/proc/self/exe"), &error))?;
        Ok(Self { folder: folder.to_owned(), program: program.into(), printer })
    }

    /// The root of the pretend host.
    pub(super) fn host(&self) -> PathBuf {
        self.folder.join(SANDBOX).join("host")
    }

    /// Plays an act, shows it, and tells whether it has ended as it has to.
    pub(super) async fn play(&self, number: usize, act: &Act) -> Result<bool, Failure> {
        let shown = format!("\n{number}. {}\n   $ datalake --sandbox {}\n", act.title, act.words);
        self.printer.text(&shown);
        let (said, ended) = match run_to_end(&self.command(act)).await {
            Ok(ended) => {
                let said = [ended.stdout.expose(), ended.stderr.expose()].concat();
                (String::from_utf8_lossy(&said).into_owned(), Some(ended.status))
            }
            Err(CommandFault::TimedOut { .. }) => (String::new(), None),
            Err(fault) => return Err(Failure::of(Exit::Io, &fault)),
        };
        self.printer.text(&last_lines(&said, act.lines));
        let held = is_so(act.ending, ended, act.limit < LONGEST);
        self.printer.text(&format!("   {}\n", describe_end(ended, held)));
        Ok(held)
    }

    fn command(&self, act: &Act) -> ProgramCall {
        let sandbox = format!("--sandbox={}", self.folder.join(SANDBOX).display());
        let words = act.words.split(' ').map(OsString::from);
        // A home of its own: no file of the operator's says anything here.
        let home = ("HOME".into(), self.folder.clone().into());
        let variables = act.variable.map(|(name, value)| (name.into(), value.into()));
        ProgramCall {
            program: self.program.clone(),
            arguments: [sandbox.into(), "--no-input".into()].into_iter().chain(words).collect(),
            environment: variables.into_iter().chain([home]).collect::<BTreeMap<_, _>>(),
            directory: self.folder.clone(),
            limit: act.limit,
        }
    }
}

/// `None` is an end by the time limit, which kills.
fn is_so(wanted: ActEnding, ended: Option<ExitStatus>, is_short: bool) -> bool {
    match (wanted, ended) {
        (ActEnding::Killed, None) => is_short,
        (ActEnding::Killed, Some(status)) => status.signal().is_some(),
        (ActEnding::Exit(_), None) => false,
        (ActEnding::Exit(exit), Some(status)) => status.code() == Some(exit.code().into()),
    }
}

fn describe_end(ended: Option<ExitStatus>, held: bool) -> String {
    let how = match ended.map(|status| (status.code(), status.signal())) {
        Some((Some(code), _)) => format!("exit {code}"),
        Some((None, _)) | None => "killed".to_owned(),
    };
    if held { format!("({how}, as it should)") } else { format!("({how}: that is WRONG)") }
}

/// The last lines that say something, indented.
fn last_lines(said: &str, count: usize) -> String {
    let lines: Vec<_> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(count);
    let before = if from > 0 { format!("   | … {from} lines before\n") } else { String::new() };
    let last = lines.iter().skip(from).map(|line| format!("   | {}\n", printable(line)));
    before + &last.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_shown_and_the_rest_is_counted() {
        assert_eq!(last_lines("a\n\nb\nc\n", 2), "   | … 1 lines before\n   | b\n   | c\n");
        assert_eq!(last_lines("a\n", 2), "   | a\n");
        assert_eq!(last_lines("", 2), "");
    }

    #[test]
    fn an_end_counts_only_if_it_is_the_one_that_was_wanted() {
        let code = |code: i32| Some(ExitStatus::from_raw(code << 8));
        let killed = Some(ExitStatus::from_raw(9));
        assert!(is_so(ActEnding::Exit(Exit::Drift), code(3), false));
        assert!(!is_so(ActEnding::Exit(Exit::Done), code(3), false));
        assert!(!is_so(ActEnding::Exit(Exit::Done), killed, false));
        assert!(!is_so(ActEnding::Exit(Exit::Done), None, true));
        assert!(is_so(ActEnding::Killed, killed, false));
        assert!(!is_so(ActEnding::Killed, code(0), false));
        assert!(is_so(ActEnding::Killed, None, true));
        assert!(!is_so(ActEnding::Killed, None, false));
    }
}
