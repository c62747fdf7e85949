use std::sync::Arc;

use super::*;

/// What programs answer, one after the other, and what they were asked.
#[derive(Default)]
struct Script {
    answers: Mutex<Vec<Result<&'static str, FaultKind>>>,
    programs: Mutex<Vec<String>>,
    inputs: Mutex<Vec<String>>,
}

/// Programs that answer as they are told.
#[derive(Clone)]
struct ToldPrograms(Arc<Script>);

impl ToldPrograms {
    fn new(answers: &[Result<&'static str, FaultKind>]) -> Self {
        let answers = Mutex::new(answers.iter().rev().copied().collect());
        Self(Arc::new(Script { answers, ..Script::default() }))
    }

    fn note_start(&self, words: &[String]) {
        let words = words.join(" ");
        assert!(!words.contains("as-1"), "what is secret is in no argument");
        let program = words.split(' ').next().unwrap_or_default().to_owned();
        hold_mutex(&self.0.programs).push(program);
    }

    fn answer_input(&self, input: &FilledBody) -> Result<FilledBody, Fault> {
        let input = String::from_utf8(input.expose().to_vec()).unwrap();
        hold_mutex(&self.0.inputs).push(input);
        let answer = hold_mutex(&self.0.answers).pop().unwrap();
        let answer = answer.map_err(|kind| Fault::new(kind, "told"))?;
        Ok(FilledBody::new(answer.as_bytes().to_vec()))
    }

    fn list_programs(&self) -> Vec<String> {
        hold_mutex(&self.0.programs).clone()
    }
}

#[async_trait]
impl Programs for ToldPrograms {
    async fn run(&self, words: &[String], input: &FilledBody, _: Duration) -> Result<Ran, Fault> {
        self.note_start(words);
        let stdout = self.answer_input(input)?;
        Ok(Ran { is_done: true, stdout, stderr: FilledBody::new(Vec::new()) })
    }

    async fn open_conversation(&self, words: &[String]) -> Result<Box<dyn Conversation>, Fault> {
        self.note_start(words);
        Ok(Box::new(self.clone()))
    }
}

#[async_trait]
impl Conversation for ToldPrograms {
    async fn ask_line(&mut self, line: &FilledBody, _: Duration) -> Result<FilledBody, Fault> {
        self.answer_input(line)
    }
}

const SCRIPT_OF_PYTHON: Result<&str, FaultKind> = Ok("/opt/bin/modal\n#!/opt/bin/python3\n");
const NOTHING_LISTED: Result<&str, FaultKind> = Ok("{\"secrets\": []}");

const TODAYS: Result<&str, FaultKind> = Ok(r#"{"version": "1.6.4", "python": "/opt/bin/python3",
    "in_environment": [true, true], "in_profile": [false, false], "profile": "default",
    "path": ".modal.toml", "mode": null, "environment": "", "servers": ""}"#);

const OLD: Result<&str, FaultKind> = Ok(r#"{"version": "1.0.5", "python": "/opt/bin/python3",
    "in_environment": [true, true], "in_profile": [false, false], "profile": "default",
    "path": ".modal.toml", "mode": null, "environment": "", "servers": ""}"#);

#[tokio::test]
async fn one_interpreter_is_started_for_all_questions() {
    let told =
        ToldPrograms::new(&[SCRIPT_OF_PYTHON, TODAYS, NOTHING_LISTED, NOTHING_LISTED, TODAYS]);
    let client = ModalClient::new(&told, None);

    client.list_secrets(None).await.unwrap();
    client.list_secrets(None).await.unwrap();
    client.describe_client().await.unwrap();

    assert_eq!(told.list_programs(), ["sh", "/opt/bin/python3"]);
}

#[tokio::test]
async fn after_a_question_without_an_answer_another_process_is_asked() {
    let silent = Err(FaultKind::Unreachable);
    let told = ToldPrograms::new(&[SCRIPT_OF_PYTHON, TODAYS, silent, TODAYS, NOTHING_LISTED]);
    let client = ModalClient::new(&told, None);

    let fault = client.list_secrets(None).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unreachable);
    client.list_secrets(None).await.unwrap();

    assert_eq!(told.list_programs(), ["sh", "/opt/bin/python3", "/opt/bin/python3"]);
}

#[tokio::test]
async fn a_client_that_is_too_old_is_asked_nothing_but_what_it_is() {
    let told = ToldPrograms::new(&[SCRIPT_OF_PYTHON, OLD]);

    let fault = ModalClient::new(&told, None).list_secrets(None).await.unwrap_err();

    assert_eq!(fault.kind, FaultKind::Unsupported);
    let line = "type: /opt/bin/python3 -m pip install --upgrade modal";
    assert!(fault.detail.ends_with(line), "{}", fault.detail);
}

#[tokio::test]
async fn a_client_that_cannot_start_is_none() {
    let broken = Ok(r#"{"error": {"kind": "CannotStart", "text": "ImportError: no grpclib"}}"#);
    for (answer, expected) in [
        (broken, "it cannot start: ImportError: no grpclib"),
        (Err(FaultKind::Unreadable), "`/opt/bin/python3` cannot start: told"),
    ] {
        let told = ToldPrograms::new(&[SCRIPT_OF_PYTHON, answer]);

        let fault = ModalClient::new(&told, None).describe_client().await.unwrap_err();

        assert_eq!((fault.kind, fault.detail.as_str()), (FaultKind::NoClient, expected));
    }
}

#[tokio::test]
async fn a_stand_in_leads_to_the_interpreter_of_the_real_program() {
    let shim =
        "/opt/asdf-home/shims/modal\n#!/usr/bin/env bash\nexec /opt/asdf exec \"modal\" \"$@\"\n";
    let real = Ok("/opt/real/modal\n");
    let told = ToldPrograms::new(&[Ok(shim), real, SCRIPT_OF_PYTHON, TODAYS, NOTHING_LISTED]);

    ModalClient::new(&told, None).list_secrets(None).await.unwrap();

    assert_eq!(told.list_programs(), ["sh", "/opt/asdf", "sh", "/opt/bin/python3"]);
}

#[tokio::test]
async fn without_a_script_python3_is_asked_unless_one_was_named() {
    let told = ToldPrograms::new(&[Ok(""), Err(FaultKind::Absent)]);
    let fault = ModalClient::new(&told, None).list_secrets(None).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::NoClient);
    assert_eq!(told.list_programs(), ["sh", "python3"]);

    let told = ToldPrograms::new(&[Ok("")]);
    let client = ModalClient::new(&told, Some("/opt/bin/modal".to_owned()));
    let fault = client.list_secrets(None).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::NoClient);
    assert_eq!(fault.detail, "`/opt/bin/modal` is not a Python program");
}

#[tokio::test]
async fn where_not_even_a_shell_is_the_client_is_what_is_missing() {
    let told = ToldPrograms::new(&[Err(FaultKind::Absent)]);

    let fault = ModalClient::new(&told, None).list_secrets(None).await.unwrap_err();

    assert_eq!(fault.kind, FaultKind::NoClient);
}

#[tokio::test]
async fn a_token_for_a_client_in_a_container_goes_with_the_requests() {
    let told = ToldPrograms::new(&[SCRIPT_OF_PYTHON, TODAYS, NOTHING_LISTED]);
    let variables = [("MODAL_TOKEN_SECRET".to_owned(), "as-1".into())].into();

    ModalClient::new(&told, None).with_variables(variables).list_secrets(None).await.unwrap();

    let expected = r#"{"do":"names","seconds":40,"variables":{"MODAL_TOKEN_SECRET":"as-1"}}"#;
    assert_eq!(hold_mutex(&told.0.inputs)[2], expected);
}

#[tokio::test]
async fn a_place_that_cannot_be_reached_is_not_one_without_a_client() {
    let told = ToldPrograms::new(&[Err(FaultKind::NoManager)]);

    let fault = ModalClient::new(&told, None).list_secrets(None).await.unwrap_err();

    assert_eq!(fault.kind, FaultKind::NoManager);
}

#[tokio::test]
async fn a_job_is_deployed_called_and_ended_by_the_clients_own_words() {
    use datalake_engine::ShardEngine as _;

    let done = Ok(r#"{"status": 0, "stdout": "", "said": ""}"#);
    let apps = Ok(
        r#"{"status": 0, "stdout": "[{\"description\": \"datalake-job-a\", \"state\": \"deployed\"}]", "said": ""}"#,
    );
    let told = ToldPrograms::new(&[SCRIPT_OF_PYTHON, TODAYS, done, Ok(""), apps, done, apps]);
    let client = ModalClient::new(&told, None);
    let name = |job: &str| crate::name_job_app(&job.parse().unwrap(), None).unwrap();
    let job = |app| crate::ModalJob { client: &client, file: "/srv/job.py".to_owned(), app };
    let (own, other) = (job(name("a")), job(name("b")));

    own.deploy_worker().await.unwrap();
    own.call_worker("0-9,12").await.unwrap();
    own.end_workers().await.unwrap();
    let absent = other.end_workers().await.unwrap_err();

    assert_eq!(absent.kind, FaultKind::Absent);
    assert_eq!(told.list_programs(), ["sh", "/opt/bin/python3", "/opt/bin/python3"]);
    let inputs = hold_mutex(&told.0.inputs).join("\n");
    assert!(inputs.contains(r#"["deploy","/srv/job.py"]"#), "{inputs}");
    assert!(inputs.contains(r#"["app","stop","datalake-job-a","--yes"]"#), "{inputs}");
}
