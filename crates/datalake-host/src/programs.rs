//! Programs started on this host, or in a container of the service user's.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::secret::FilledBody;
use datalake_engine::{Conversation, PipedProgram, Programs, Ran};

use crate::acting::ServiceUser;
use crate::commands::{
    CommandFault, FedProgram, KeptProgram, ProgramCall, ProgramEnd, fault_of_command,
    run_to_end_with_input,
};

/// The statuses with which `podman exec` says that the container has no such program, or that it may
/// not be run.
const NO_PROGRAM: [i32; 2] = [126, 127];

/// The status with which podman says that it could not even try.
const NOT_TRIED: i32 = 125;

/// Programs of this host, started as the user that this process runs as, in `/`.
#[derive(Debug, Clone, Default)]
pub struct HostPrograms {
    /// Variables besides those that every program gets.
    pub environment: BTreeMap<OsString, OsString>,
}

/// Programs inside a container, started by `podman exec --interactive`.
#[derive(Debug, Clone)]
pub struct ContainerPrograms {
    user: ServiceUser,
    container: String,
}

impl ContainerPrograms {
    /// The programs of the container of this id or name.
    #[must_use]
    pub fn new(user: ServiceUser, container: impl Into<String>) -> Self {
        Self { user, container: container.into() }
    }
}

#[async_trait]
impl Programs for HostPrograms {
    async fn run(
        &self,
        words: &[String],
        input: &FilledBody,
        limit: Duration,
    ) -> Result<Ran, Fault> {
        let command = self.make_call(words, limit)?;
        run_to_end_with_input(&command, input).await.map(sum_up_end).map_err(fault_of_start)
    }

    async fn open_conversation(&self, words: &[String]) -> Result<Box<dyn Conversation>, Fault> {
        let command = self.make_call(words, Duration::MAX)?;
        let kept =
            KeptProgram::start_conversation(&command, fault_of_end).map_err(fault_of_start)?;
        Ok(Box::new(kept))
    }

    async fn open_pipes(&self, words: &[String]) -> Result<Box<dyn PipedProgram>, Fault> {
        let command = self.make_call(words, Duration::MAX)?;
        let fed =
            FedProgram::start_between_pipes(&command, fault_of_end).map_err(fault_of_start)?;
        Ok(Box::new(fed))
    }
}

impl HostPrograms {
    fn make_call(&self, words: &[String], limit: Duration) -> Result<ProgramCall, Fault> {
        let (program, arguments) = words.split_first().ok_or_else(refuse_empty_call)?;
        Ok(ProgramCall {
            program: program.into(),
            arguments: arguments.iter().map(OsString::from).collect(),
            environment: self.environment.clone(),
            directory: PathBuf::from("/"),
            limit,
        })
    }
}

fn fault_of_start(fault: CommandFault) -> Fault {
    match fault {
        CommandFault::NotFound(_) => Fault::new(FaultKind::Absent, fault.to_string()),
        fault => fault_of_command(fault),
    }
}

/// A program that has ended without an answer; what it has said last may tell why.
fn fault_of_end(ended: &ProgramEnd) -> Fault {
    let said = read_complaint(ended);
    let last = said.rsplit("\\n").next().unwrap_or_default();
    Fault::new(FaultKind::Unreadable, last)
}

fn fault_of_end_inside(ended: &ProgramEnd) -> Fault {
    find_podman_fault(ended).unwrap_or_else(|| fault_of_end(ended))
}

/// What podman says of itself by its status, where it has not run the program.
fn find_podman_fault(ended: &ProgramEnd) -> Option<Fault> {
    match ended.status.code() {
        Some(code) if NO_PROGRAM.contains(&code) => {
            Some(Fault::new(FaultKind::Absent, read_complaint(ended)))
        }
        Some(NOT_TRIED) => Some(Fault::new(FaultKind::Unreachable, read_complaint(ended))),
        _ => None,
    }
}

#[async_trait]
impl Programs for ContainerPrograms {
    async fn run(
        &self,
        words: &[String],
        input: &FilledBody,
        limit: Duration,
    ) -> Result<Ran, Fault> {
        self.user.require_manager()?;
        let command = ProgramCall { limit, ..self.user.podman(&self.words(words)) };
        let ended = run_to_end_with_input(&command, input).await.map_err(fault_of_command)?;
        find_podman_fault(&ended).map_or_else(|| Ok(sum_up_end(ended)), Err)
    }

    async fn open_conversation(&self, words: &[String]) -> Result<Box<dyn Conversation>, Fault> {
        self.user.require_manager()?;
        let command = self.user.podman(&self.words(words));
        let kept = KeptProgram::start_conversation(&command, fault_of_end_inside)
            .map_err(fault_of_command)?;
        Ok(Box::new(kept))
    }
}

impl ContainerPrograms {
    fn words<'a>(&'a self, words: &'a [String]) -> Vec<&'a str> {
        let exec = ["exec", "--interactive", &self.container];
        exec.into_iter().chain(words.iter().map(String::as_str)).collect()
    }
}

fn sum_up_end(ended: ProgramEnd) -> Ran {
    Ran { is_done: ended.status.success(), stdout: ended.stdout, stderr: ended.stderr }
}

fn read_complaint(ended: &ProgramEnd) -> String {
    crate::escape::escape_bytes(ended.stderr.expose())
}

fn refuse_empty_call() -> Fault {
    Fault::new(FaultKind::Refused, "there is no program to run")
}

#[cfg(test)]
mod tests {
    use datalake_core::host::Owner;

    use super::*;
    use datalake_core::host::{UnitManager, UserAccount};

    fn input(text: &str) -> FilledBody {
        FilledBody::new(text.as_bytes().to_vec())
    }

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[tokio::test]
    async fn a_program_gets_its_input_and_a_failure_of_its_own_is_no_fault() {
        let host = HostPrograms::default();
        let limit = Duration::from_mins(1);

        let ran = host.run(&words("cat"), &input("secret"), limit).await.unwrap();
        assert_eq!((ran.is_done, ran.stdout.expose()), (true, &b"secret"[..]));
        assert!(!host.run(&words("false"), &input(""), limit).await.unwrap().is_done);
        let absent = host.run(&words("no-such-program-here"), &input(""), limit).await;
        assert_eq!(absent.err().unwrap().kind, FaultKind::Absent);
    }

    #[tokio::test]
    async fn a_program_that_takes_too_long_gives_no_answer() {
        let limit = Duration::from_millis(20);

        let ran = HostPrograms::default().run(&words("sleep 1000"), &input(""), limit).await;

        assert_eq!(ran.err().unwrap().kind, FaultKind::Unreachable);
    }

    #[tokio::test]
    async fn a_program_that_is_kept_answers_each_line() {
        let host = HostPrograms::default();
        let script = "while read line; do echo \"$$ $line\"; done";
        let shell = ["sh", "-c", script].map(str::to_owned);
        let limit = Duration::from_mins(1);
        let mut kept = host.open_conversation(&shell).await.unwrap();

        let first = kept.ask_line(&input("one"), limit).await.unwrap();
        let second = kept.ask_line(&input("two"), limit).await.unwrap();

        let texts =
            [&first, &second].map(|body| String::from_utf8_lossy(body.expose()).into_owned());
        let process = texts[0].strip_suffix(" one").unwrap();
        assert_eq!(texts[1], format!("{process} two"), "the same process");
    }

    #[tokio::test]
    async fn a_program_that_ends_instead_of_answering_is_told_by_its_last_words() {
        let shell = ["sh", "-c", "echo talk >&2; echo broken >&2; exit 1"].map(str::to_owned);
        let mut kept = HostPrograms::default().open_conversation(&shell).await.unwrap();

        let fault = kept.ask_line(&input("x"), Duration::from_mins(1)).await.err().unwrap();

        assert_eq!((fault.kind, fault.detail.as_str()), (FaultKind::Unreadable, "broken"));
        let absent =
            HostPrograms::default().open_conversation(&words("no-such-program-here")).await;
        assert_eq!(absent.err().unwrap().kind, FaultKind::Absent);
    }

    #[tokio::test]
    async fn a_program_that_is_fed_is_given_and_gives_bytes_of_any_length() {
        let shell = ["sh", "-c", "echo talk >&2; cat; exit 0"].map(str::to_owned);
        let mut fed = HostPrograms::default().open_pipes(&shell).await.unwrap();

        for length in [1, 4_000, 60_000] {
            let bytes: Vec<u8> = (0..length).map(|number: u32| number.to_le_bytes()[0]).collect();
            fed.send_bytes(&bytes).await.unwrap();
            assert_eq!(fed.receive_bytes(bytes.len()).await.unwrap(), bytes);
        }
    }

    #[tokio::test]
    async fn a_program_that_ends_while_it_is_fed_is_told_by_its_last_words() {
        let shell = ["sh", "-c", "head -c 5; echo broken >&2; exit 1"].map(str::to_owned);
        let mut fed = HostPrograms::default().open_pipes(&shell).await.unwrap();

        let sent = fed.send_bytes(b"hello").await;
        let first = fed.receive_bytes(5).await;
        let second = fed.receive_bytes(1).await;

        assert_eq!((sent.is_ok(), first.unwrap().as_slice()), (true, &b"hello"[..]));
        let fault = second.unwrap_err();
        assert_eq!((fault.kind, fault.detail.as_str()), (FaultKind::Unreadable, "broken"));
    }

    #[test]
    fn a_program_in_a_container_keeps_its_input_open() {
        let account = UserAccount {
            owner: Owner { uid: 900, gid: 900 },
            home: "/var/lib/dagster".parse().unwrap(),
            manager: UnitManager::User,
        };
        let user = ServiceUser::new(&"dagster-user".parse().unwrap(), &account, 900).unwrap();
        let inside = ContainerPrograms::new(user, "dagster-daemon");

        assert_eq!(
            inside.words(&words("python3 -c x")).join(" "),
            "exec --interactive dagster-daemon python3 -c x"
        );
    }
}
