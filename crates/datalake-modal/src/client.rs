//! Modal's client, asked through a small program in its own interpreter.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::modal::{ModalName, ModalObject};
use datalake_core::secret::FilledBody;
use datalake_engine::{
    InstalledModalClient, ListedApp, ListedSecret, ModalAccount, Programs, SecretVariables,
};
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use crate::answer::{ClientEnd, ListedNames, read_answer, read_apps};
use crate::interpreter::{named_in, print_head_command};
use crate::request::Request;

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
}

impl<'a> ModalClient<'a> {
    /// The client whose program is `program`; without one, `modal` in the search path, or the package
    /// that `python3` has.
    #[must_use]
    pub fn new(programs: &'a dyn Programs, program: Option<String>) -> Self {
        let (variables, python) = (BTreeMap::new(), OnceLock::new());
        Self { programs, program, variables, python, may_replace: false }
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
        let words = [self.python().await?, "-I", "-c", SCRIPT].map(str::to_owned);
        let body = request.body(&self.variables)?;
        let ran = self.programs.run(&words, &body, limit + GRACE).await.map_err(of_program)?;
        let answer = read_answer(&ran.stdout);
        match answer {
            // What a Python that is broken says of itself holds nothing of the request.
            Err(fault) if fault.kind == FaultKind::Unreadable && !ran.is_done => {
                let said = String::from_utf8_lossy(ran.stderr.expose());
                let last = said.lines().next_back().unwrap_or_default();
                Err(Fault::new(FaultKind::Unreadable, format!("{}: {last:?}", fault.detail)))
            }
            answer => answer,
        }
    }

    async fn python(&self) -> Result<&str, Fault> {
        if let Some(python) = self.python.get() {
            return Ok(python);
        }
        let program = self.program.as_deref().unwrap_or("modal");
        let nothing = FilledBody::new(Vec::new());
        let ran = self
            .programs
            .run(&print_head_command(program), &nothing, ASKING)
            .await
            .map_err(of_program)?;
        let named = named_in(&String::from_utf8_lossy(ran.stdout.expose()));
        let python = match (named, &self.program) {
            (Some(python), _) => python,
            (None, Some(program)) => {
                return Err(no_client(&format!("`{program}` is no program of Python's")));
            }
            (None, None) => "python3".to_owned(),
        };
        Ok(self.python.get_or_init(|| python))
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
mod tests {
    use std::sync::Mutex;

    use datalake_engine::Ran;

    use super::*;

    /// Programs that answer as they are told, one after the other.
    struct Told(
        Mutex<Vec<Result<&'static str, FaultKind>>>,
        Mutex<Vec<String>>,
        Mutex<Vec<String>>,
    );

    impl Told {
        fn new(answers: &[Result<&'static str, FaultKind>]) -> Self {
            Self(
                Mutex::new(answers.iter().rev().copied().collect()),
                Mutex::default(),
                Mutex::default(),
            )
        }
    }

    #[async_trait]
    impl Programs for Told {
        async fn run(
            &self,
            words: &[String],
            input: &FilledBody,
            _: Duration,
        ) -> Result<Ran, Fault> {
            let input = String::from_utf8(input.expose().to_vec()).unwrap();
            let words = words.join(" ");
            self.1.lock().unwrap().push(words.split(' ').next().unwrap().to_owned());
            assert!(!words.contains("as-1"), "what is secret is in no argument");
            self.2.lock().unwrap().push(input);
            let answer = self.0.lock().unwrap().pop().unwrap();
            let stdout = answer.map_err(|kind| Fault::new(kind, "told"))?;
            let body = |text: &str| FilledBody::new(text.as_bytes().to_vec());
            Ok(Ran { is_done: true, stdout: body(stdout), stderr: body("") })
        }
    }

    #[tokio::test]
    async fn the_interpreter_of_the_client_is_asked_and_found_once() {
        let told = Told::new(&[
            Ok("#!/opt/bin/python3\n"),
            Ok("{\"secrets\": []}"),
            Ok("{\"secrets\": []}"),
        ]);
        let client = ModalClient::new(&told, None);

        client.list_secrets(None).await.unwrap();
        client.list_secrets(None).await.unwrap();

        assert_eq!(*told.1.lock().unwrap(), ["sh", "/opt/bin/python3", "/opt/bin/python3"]);
    }

    #[tokio::test]
    async fn without_a_script_python3_is_asked_unless_one_was_named() {
        let told = Told::new(&[Ok(""), Err(FaultKind::Absent)]);
        let fault = ModalClient::new(&told, None).list_secrets(None).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::NoClient);
        assert_eq!(*told.1.lock().unwrap(), ["sh", "python3"]);

        let told = Told::new(&[Ok("")]);
        let client = ModalClient::new(&told, Some("/opt/bin/modal".to_owned()));
        let fault = client.list_secrets(None).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::NoClient);
        assert_eq!(fault.detail, "`/opt/bin/modal` is no program of Python's");
    }

    #[tokio::test]
    async fn where_not_even_a_shell_is_the_client_is_what_is_missing() {
        let told = Told::new(&[Err(FaultKind::Absent)]);

        let fault = ModalClient::new(&told, None).list_secrets(None).await.unwrap_err();

        assert_eq!(fault.kind, FaultKind::NoClient);
    }

    #[tokio::test]
    async fn a_token_for_a_client_in_a_container_goes_with_the_request() {
        let told = Told::new(&[Ok("#!/usr/bin/python3\n"), Ok("{\"secrets\": []}")]);
        let variables = [("MODAL_TOKEN_SECRET".to_owned(), "as-1".into())].into();

        ModalClient::new(&told, None).with_variables(variables).list_secrets(None).await.unwrap();

        let requests = told.2.lock().unwrap();
        let expected = r#"{"do":"names","seconds":40,"variables":{"MODAL_TOKEN_SECRET":"as-1"}}"#;
        assert_eq!(*requests, ["", expected]);
    }

    #[tokio::test]
    async fn a_place_that_cannot_be_reached_is_not_one_without_a_client() {
        let told = Told::new(&[Err(FaultKind::NoManager)]);

        let fault = ModalClient::new(&told, None).list_secrets(None).await.unwrap_err();

        assert_eq!(fault.kind, FaultKind::NoManager);
    }
}
