//! Which of Dagster's processes a command line starts.

/// A process of Dagster's that goes on running, or a command of its that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DagsterProcess {
    /// The webserver.
    Webserver,
    /// The daemon: schedules, sensors, the queue.
    Daemon,
    /// A code server, which runs user code.
    CodeServer,
    /// `dagster dev`: all of them in one.
    Dev,
    /// Any other command, such as `dagster instance migrate`.
    Command,
}

/// A process, and the words that start it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedProcess {
    /// The process.
    pub process: DagsterProcess,
    /// The words by which it is known: `dagster api grpc`. No argument is among them.
    pub words: String,
    /// Whether arguments name user code, by a file, a module or a package.
    pub names_code: bool,
    /// The workspace files that arguments name, as the process sees them.
    pub workspaces: Vec<String>,
}

/// The options by which a command names user code.
const CODE_OPTIONS: [&str; 7] = [
    "-f",
    "--python-file",
    "-m",
    "--module-name",
    "--package-name",
    "-p",
    "--autoload-defs-module-name",
];

/// The commands of `dagster` that are known.
const COMMANDS: [&str; 13] = [
    "api",
    "asset",
    "code-server",
    "debug",
    "definitions",
    "dev",
    "instance",
    "job",
    "project",
    "run",
    "schedule",
    "sensor",
    "utils",
];

/// Finds the process that the words of a command line start, through shells, `python -m` and other
/// programs that start it: `sh -c "exec dagster api grpc"`.
///
/// ```
/// use datalake_dagster::{DagsterProcess, find_process};
///
/// let words = ["sh", "-c", "exec dagster api grpc --port 4000"];
/// assert_eq!(find_process(&words).unwrap().process, DagsterProcess::CodeServer);
/// assert_eq!(find_process(&["postgres", "-c", "shared_buffers=1GB"]), None);
/// ```
#[must_use]
pub fn find_process<S: AsRef<str>>(words: &[S]) -> Option<StartedProcess> {
    let words: Vec<&str> = words.iter().flat_map(|word| split_script(word.as_ref())).collect();
    (0..words.len()).find_map(|at| process_at(words.get(at..)?))
}

/// The words of what may be a script.
fn split_script(word: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')' | '"' | '\'');
    word.split(ends).filter(|word| !word.is_empty())
}

fn process_at(words: &[&str]) -> Option<StartedProcess> {
    let (first, rest) = words.split_first()?;
    let (program, rest) = match module_of(words) {
        Some(found) => found,
        None => (program_name(first)?, rest),
    };
    let (process, words, rest) = match program {
        "dagster-webserver" | "dagit" => (DagsterProcess::Webserver, program.to_owned(), rest),
        "dagster-daemon" => (DagsterProcess::Daemon, program.to_owned(), rest),
        "dagster" => command_of_dagster(rest)?,
        "dg" if rest.first() == Some(&"dev") => (DagsterProcess::Dev, "dg dev".to_owned(), rest),
        _ => return None,
    };
    let names_code = rest.iter().any(|word| {
        let option = word.split_once('=').map_or(*word, |(option, _)| option);
        CODE_OPTIONS.contains(&option) && !(option == "-p" && process == DagsterProcess::Webserver)
    });
    let workspaces = match process {
        DagsterProcess::CodeServer => Vec::new(),
        _ => find_workspaces(rest),
    };
    Some(StartedProcess { process, words, names_code, workspaces })
}

/// `-w FILE` and `--workspace FILE`, which may be given several times.
fn find_workspaces(words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let file = match *word {
            "-w" | "--workspace" => words.next().copied(),
            word => word.strip_prefix("--workspace=").or_else(|| word.strip_prefix("-w")),
        };
        found.extend(file.map(str::to_owned));
    }
    found
}

/// `python -m MODULE`
fn module_of<'a>(words: &'a [&'a str]) -> Option<(&'a str, &'a [&'a str])> {
    let (first, rest) = words.split_first()?;
    if !program_name(first)?.starts_with("python") {
        return None;
    }
    let at = rest.iter().position(|word| *word == "-m")?;
    let program = match *rest.get(at + 1)? {
        "dagster" => "dagster",
        "dagster_webserver" => "dagster-webserver",
        "dagster_daemon" | "dagster._daemon" => "dagster-daemon",
        _ => return None,
    };
    Some((program, rest.get(at + 2..)?))
}

fn command_of_dagster<'a>(words: &'a [&'a str]) -> Option<(DagsterProcess, String, &'a [&'a str])> {
    let (command, rest) = words.split_first()?;
    let whole = |process, words: &str| Some((process, words.to_owned(), rest));
    match (*command, rest.first().copied()) {
        ("api", Some("grpc")) => whole(DagsterProcess::CodeServer, "dagster api grpc"),
        ("code-server", Some("start")) => {
            whole(DagsterProcess::CodeServer, "dagster code-server start")
        }
        ("dev", _) => whole(DagsterProcess::Dev, "dagster dev"),
        (command, _) if COMMANDS.contains(&command) => {
            whole(DagsterProcess::Command, &format!("dagster {command}"))
        }
        _ => None,
    }
}

/// The last part of a plain path of a program.
fn program_name(word: &str) -> Option<&str> {
    let is_plain = !word.contains([':', '=', '@', ',']) && !word.starts_with('-');
    let is_path = word.starts_with(['/', '.', '$']) || !word.contains('/');
    if is_plain && is_path { word.rsplit('/').next() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &[&str], expected: Option<(DagsterProcess, &str)>) {
        let found = find_process(words);
        let found = found.as_ref().map(|found| (found.process, found.words.as_str()));
        assert_eq!(found, expected, "{words:?}");
    }

    #[test]
    fn each_process_is_known_by_its_words() {
        let web = Some((DagsterProcess::Webserver, "dagster-webserver"));
        check(&["dagster-webserver", "-h", "0.0.0.0", "-p", "3000"], web);
        check(&["/opt/venv/bin/dagster-webserver"], web);
        check(&["python", "-m", "dagster_webserver", "-p", "3000"], web);
        check(&["dagit"], Some((DagsterProcess::Webserver, "dagit")));
        let daemon = Some((DagsterProcess::Daemon, "dagster-daemon"));
        check(&["dagster-daemon", "run"], daemon);
        check(&["python3.12", "-u", "-m", "dagster._daemon", "run"], daemon);
        let code = Some((DagsterProcess::CodeServer, "dagster api grpc"));
        check(&["dagster", "api", "grpc", "--port", "4000"], code);
        check(&["dagster", "code-server", "start"], {
            Some((DagsterProcess::CodeServer, "dagster code-server start"))
        });
        check(&["python", "-m", "dagster", "api", "grpc"], code);
        check(&["uv", "run", "dagster", "dev"], Some((DagsterProcess::Dev, "dagster dev")));
        check(&["dagster", "instance", "migrate"], {
            Some((DagsterProcess::Command, "dagster instance"))
        });
    }

    #[test]
    fn a_shell_and_other_starters_are_seen_through() {
        let code = Some((DagsterProcess::CodeServer, "dagster api grpc"));
        check(&["sh", "-c", "cd /app && exec dagster api grpc -p 4000"], code);
        check(&["bash", "-lc", "source venv/bin/activate; dagster api grpc"], code);
        check(&["tini", "--", "dagster", "api", "grpc"], code);
        check(&["env", "A=b", "dagster", "api", "grpc"], code);
    }

    #[test]
    fn a_word_of_somebody_else_is_no_process() {
        check(&["postgres", "-D", "dagster"], None);
        check(&["psql", "-U", "dagster", "-d", "dagster"], None);
        check(&["curl", "http://dagster-webserver:3000/dagit"], None);
        check(&["backup", "--of=dagster-daemon"], None);
        check(&["tar", "-C", "data/dagster-daemon"], None);
        check(&[], None);
    }

    #[test]
    fn arguments_may_name_user_code() {
        let names = |words: &[&str]| find_process(words).unwrap().names_code;
        assert!(names(&["dagster-webserver", "-f", "code.py"]));
        assert!(names(&["dagster", "api", "grpc", "--module-name=etl.definitions"]));
        assert!(!names(&["dagster-webserver", "-p", "3000", "-w", "workspace.yaml"]));
    }

    #[test]
    fn arguments_may_name_workspace_files() {
        let names = |words: &[&str]| find_process(words).unwrap().workspaces;
        let both = ["dagster-webserver", "-w", "a.yaml", "-p", "3000", "-w", "/opt/b.yaml"];
        assert_eq!(names(&both), ["a.yaml", "/opt/b.yaml"]);
        assert_eq!(names(&["dagster-daemon", "run", "--workspace", "a.yaml"]), ["a.yaml"]);
        assert_eq!(
            names(&["dagster", "dev", "--workspace=/a.yaml", "-wb.yaml"]),
            ["/a.yaml", "b.yaml"]
        );
        assert_eq!(names(&["sh", "-c", "exec dagster-webserver -w a.yaml"]), ["a.yaml"]);
        assert!(names(&["dagster-webserver", "-w"]).is_empty());
        assert!(names(&["dagster", "api", "grpc", "-w", "a.yaml"]).is_empty());
    }
}
