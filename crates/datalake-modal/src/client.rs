//! Modal's client, asked through a small program in its own interpreter, which is kept from the first
//! question to the last: to start one takes longer than all answers.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::modal::{ModalName, ModalObject};
use datalake_core::secret::FilledBody;
use datalake_engine::{
    Conversation, InstalledModalClient, ListedApp, ListedSecret, ModalAccount, Programs, Ran,
    SecretVariables, hold_mutex,
};
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use crate::answer::{ClientEnd, ListedNames, read_answer, read_apps};
use crate::interpreter::{Launcher, judge_launcher, print_head_command};
use crate::request::Request;
use crate::version::require_usable;

/// The small program.
const SCRIPT: &str = include_str!("client.py");

/// What a question may take. The client itself gives up after a minute.
pub(crate) const ASKING: Duration = Duration::from_secs(40);

/// What a change may take.
pub(crate) const CHANGING: Duration = Duration::from_secs(50);

/// What is added for the small program to say so itself before it is ended.
const GRACE: Duration = Duration::from_secs(5);

/// Modal's client, as it is installed on the host or in a container.
pub struct ModalClient<'a> {
    programs: &'a dyn Programs,
    program: Option<String>,
    variables: BTreeMap<String, SecretString>,
    python: OnceLock<String>,
    may_replace: bool,
    /// The small program, between two questions.
    talk: Mutex<Option<ClientTalk>>,
}

/// The small program, and what it has said of its client.
struct ClientTalk {
    conversation: Box<dyn Conversation>,
    about: InstalledModalClient,
}

impl<'a> ModalClient<'a> {
    /// The client whose program is `program`; without one, `modal` in the search path, or the package
    /// that `python3` has.
    #[must_use]
    pub fn new(programs: &'a dyn Programs, program: Option<String>) -> Self {
        let (variables, python, talk) = (BTreeMap::new(), OnceLock::new(), Mutex::new(None));
        Self { programs, program, variables, python, may_replace: false, talk }
    }

    /// The same with variables that the programs cannot be given without others seeing them: they
    /// go with each request.
    #[must_use]
    pub fn with_variables(self, variables: BTreeMap<String, SecretString>) -> Self {
        Self { variables, ..self }
    }

    /// The same, but a client that cannot change a part of a secret may replace all of it.
    #[must_use]
    pub fn with_replacing(self, may_replace: bool) -> Self {
        Self { may_replace, ..self }
    }

    /// Refuses a client that is too old for anything.
    ///
    /// # Errors
    ///
    /// A [`Fault`] of kind `Unsupported` with the line to type; others where the client gives no answer.
    pub async fn require_usable(&self) -> Result<(), Fault> {
        require_usable(&self.describe_client().await?)
    }

    pub(crate) fn may_replace(&self) -> bool {
        self.may_replace
    }

    /// Has the command line of the client do something, and gives what it prints.
    pub(crate) async fn run(
        &self,
        words: &[&str],
        environment: Option<&ModalName>,
        limit: Duration,
    ) -> Result<String, Fault> {
        let request = Request { words: words.to_vec(), environment, ..Request::new("run", limit) };
        let ClientEnd { status, stdout, said } = self.ask(&request, limit).await?;
        if status == 0 { Ok(stdout) } else { Err(Fault::new(FaultKind::Refused, said)) }
    }

    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        request: &Request<'_>,
        limit: Duration,
    ) -> Result<T, Fault> {
        let body = request.body(&self.variables)?;
        let mut talk = match self.take_talk() {
            Some(talk) => talk,
            None => self.start_talk().await?,
        };
        if request.what != "about" {
            require_usable(&talk.about)?;
        }
        // After a fault there is no use in asking this process again.
        let answer = talk.conversation.ask_line(&body, limit + GRACE).await.map_err(of_program)?;
        let read: Result<T, Fault> = read_answer(&answer);
        // One that gave up on a request has ended itself.
        if !read.as_ref().is_err_and(|fault| fault.kind == FaultKind::Unreachable) {
            *hold_mutex(&self.talk) = Some(talk);
        }
        read
    }

    fn take_talk(&self) -> Option<ClientTalk> {
        hold_mutex(&self.talk).take()
    }

    /// Starts the small program. What client it is, it is asked first.
    async fn start_talk(&self) -> Result<ClientTalk, Fault> {
        let words = [self.python().await?, "-I", "-c", SCRIPT].map(str::to_owned);
        let mut conversation = self.programs.open_conversation(&words).await.map_err(of_program)?;
        let body = Request::new("about", ASKING).body(&self.variables)?;
        let answer = conversation.ask_line(&body, ASKING + GRACE).await;
        let answer = answer.map_err(|fault| match fault.kind {
            // What a Python that is broken says of itself holds nothing of the request.
            FaultKind::Unreadable => {
                no_client(&format!("`{}` cannot start: {}", words[0], fault.detail))
            }
            _ => of_program(fault),
        })?;
        Ok(ClientTalk { about: read_answer(&answer)?, conversation })
    }

    async fn python(&self) -> Result<&str, Fault> {
        if let Some(python) = self.python.get() {
            return Ok(python);
        }
        let program = self.program.as_deref().unwrap_or("modal");
        let launcher = match self.look_at_program(program).await? {
            Launcher::Shim(words) => self.follow_shim(&words).await?,
            launcher => launcher,
        };
        let python = match (launcher, &self.program) {
            (Launcher::Python(python), _) => python,
            (_, Some(program)) => {
                return Err(no_client(&format!("`{program}` is not a Python program")));
            }
            (_, None) => "python3".to_owned(),
        };
        Ok(self.python.get_or_init(|| python))
    }

    async fn look_at_program(&self, program: &str) -> Result<Launcher, Fault> {
        let ran = self.run_program(&print_head_command(program)).await?;
        Ok(judge_launcher(&String::from_utf8_lossy(ran.stdout.expose()), program))
    }

    /// The program that a stand-in of pyenv, asdf or mise would run.
    async fn follow_shim(&self, words: &[String]) -> Result<Launcher, Fault> {
        let ran = self.run_program(words).await?;
        let printed = String::from_utf8_lossy(ran.stdout.expose());
        let path = printed.trim();
        if ran.is_done && path.starts_with('/') {
            return self.look_at_program(path).await;
        }
        let said = String::from_utf8_lossy(ran.stderr.expose());
        let first = said.lines().next().unwrap_or_default();
        Err(no_client(&format!("`{}` names none: {first:?}", words.join(" "))))
    }

    /// Has the interpreter of the client run a file with these words behind it, to its end.
    pub(crate) async fn run_python(&self, words: &[&str], limit: Duration) -> Result<Ran, Fault> {
        let words: Vec<_> = [&[self.python().await?], words].concat();
        let words: Vec<_> = words.into_iter().map(str::to_owned).collect();
        self.run_within(&words, limit).await
    }

    async fn run_program(&self, words: &[String]) -> Result<Ran, Fault> {
        self.run_within(words, ASKING).await
    }

    async fn run_within(&self, words: &[String], limit: Duration) -> Result<Ran, Fault> {
        let nothing = FilledBody::new(Vec::new());
        self.programs.run(words, &nothing, limit).await.map_err(of_program)
    }
}

#[async_trait]
impl ModalAccount for ModalClient<'_> {
    async fn describe_client(&self) -> Result<InstalledModalClient, Fault> {
        self.ask(&Request::new("about", ASKING), ASKING).await
    }

    async fn list_secrets(
        &self,
        environment: Option<&ModalName>,
    ) -> Result<Vec<ListedSecret>, Fault> {
        let request = Request { environment, ..Request::new("names", ASKING) };
        self.ask(&request, ASKING).await.map(|ListedNames { secrets }| secrets)
    }

    async fn list_variables(&self, secret: &ModalObject) -> Result<SecretVariables, Fault> {
        self.ask(&Request::new("variables", ASKING).about(secret), ASKING).await
    }

    async fn list_apps(&self, environment: Option<&ModalName>) -> Result<Vec<ListedApp>, Fault> {
        read_apps(&self.run(&["app", "list", "--json"], environment, ASKING).await?)
    }

    async fn log_tail(&self, app: &ModalObject, lines: u32) -> Result<FilledBody, Fault> {
        let (name, lines) = (app.name.as_str(), lines.to_string());
        let words = ["app", "logs", name, "--tail", &lines, "--timestamps"];
        let text = self.run(&words, app.environment.as_ref(), CHANGING).await?;
        Ok(FilledBody::new(text.into_bytes()))
    }
}

/// A program that is not there is no secret that is not there.
fn of_program(fault: Fault) -> Fault {
    match fault.kind {
        FaultKind::Absent => no_client(&fault.detail),
        _ => fault,
    }
}

fn no_client(detail: &str) -> Fault {
    Fault::new(FaultKind::NoClient, detail)
}

#[cfg(test)]
mod tests;
