//! `init`: asks what only the operator knows, and writes a commented `datalake.yaml`.

use std::io::IsTerminal;
use std::path::PathBuf;

use datalake_core::spec::{Ambient, CredentialSource, SpecDocument};
use datalake_core::text::printable;
use datalake_host::{Existing, SystemClock};
use datalake_operations::discovery::{
    DiscoveredUser, InterviewOutside, SpecInterview, SpecPrompt, SpecQuestion, describe_sources,
};
use datalake_operations::{OperationError, write_spec_text};
use datalake_s3::{PlainNetwork, S3Services};
use inquire::validator::Validation;

use super::discover::look_at_users;
use crate::args::{self, Cli};
use crate::config::named_document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::has_service;
use crate::named_path;
use crate::render::{DocumentKind, Printer};
use crate::secrets::{self, NoPair};
use crate::site::{me, own_name};

pub(super) const INIT: DocumentKind = DocumentKind::of::<SpecDocument>("init");

pub(super) async fn init(cli: &Cli, flags: &args::Init, printer: Printer) -> Result<Exit, Failure> {
    if flags.no_tables && cli.values.tables_bucket.is_some() {
        let message = "--no-tables and --tables-bucket say the opposite of each other";
        return Err(Failure::new(Exit::Usage, message).hint("give one of the two"));
    }
    let path = cli.place.config.clone().unwrap_or_else(|| PathBuf::from("datalake.yaml"));
    let name = printable(&path.display().to_string());
    if named_path::is_taken(&path) && !flags.force {
        return Err(Failure::new(Exit::Usage, format!("`{name}` already exists"))
            .hint("add --force to replace it"));
    }
    let may_ask = !cli.place.no_input && std::io::stdin().is_terminal();
    let (report, named) = (look_at_users(cli), named_document(&cli.values)?);
    if flags.no_tables && named.tables.is_some() {
        // Every later command would read the variable, whatever the spec says.
        let message = "--no-tables and the variables say the opposite of each other";
        return Err(Failure::new(Exit::Usage, message).hint("unset DATALAKE_TABLES__…"));
    }
    let found = report.only_user();
    let outside =
        if may_ask && !has_service(cli) { Some(open_outside(&named).await) } else { None };
    let interview = SpecInterview {
        named: &named,
        wants_tables: !flags.no_tables,
        found,
        prompt: may_ask.then_some(&Terminal as &dyn SpecPrompt),
        outside,
        clock: &SystemClock,
    };
    let answered = interview.complete_spec().await?;
    let existing = if flags.force { Existing::IsReplaced } else { Existing::Stays };
    named_path::write_file(&path, write_spec_text(&answered.document).as_bytes(), existing)?;
    let sudo = if needs_sudo(cli, found) { "sudo -E " } else { "" };
    let (name_here, sources) = (own_name(cli), describe_sources(&answered, &named, found));
    let text = format!("Wrote {name}:\n{sources}\nNext: {sudo}{name_here} provision --dry-run\n");
    printer.result(INIT, &answered.document, &text);
    Ok(Exit::Done)
}

/// Whether this person becomes root for what comes next: only root and the user that runs Dagster
/// can change this machine. `-E` hands the key pair on.
fn needs_sudo(cli: &Cli, found: Option<&DiscoveredUser>) -> bool {
    let is_this_machine = cli.place.root.is_none() && !has_service(cli);
    is_this_machine
        && match me().uid {
            0 => std::env::var_os("SUDO_USER").is_some(),
            uid => found.is_none_or(|user| user.uid != uid),
        }
}

/// The services, and the key pair that lies ready: nobody is asked for it here.
async fn open_outside(named: &SpecDocument) -> InterviewOutside<'static> {
    let source = named.credentials.clone().unwrap_or(CredentialSource::From(Ambient::Env));
    let keys = secrets::read(&source, None, false).await.map_err(|reason| match reason {
        NoPair::None => "there is no key pair yet".to_owned(),
        NoPair::Flaw(failure) | NoPair::Unread(failure) => failure.messages.join(": "),
    });
    InterviewOutside { network: &PlainNetwork, services: &S3Services, keys }
}

/// The person at the terminal.
struct Terminal;

impl SpecPrompt for Terminal {
    fn ask(&self, question: &SpecQuestion) -> Result<String, OperationError> {
        let (text, find_error) = (question.text, question.find_error);
        let answer = if question.choices.is_empty() {
            let validate = move |text: &str| {
                Ok(find_error(text)
                    .map_or(Validation::Valid, |error| Validation::Invalid(error.into())))
            };
            let prompt = inquire::Text::new(text).with_validator(validate);
            let mut prompt = prompt.with_default(&question.proposed);
            prompt.help_message = question.help.as_deref();
            prompt.prompt()
        } else {
            let mut prompt = inquire::Select::new(text, question.choices.clone());
            prompt.help_message = question.help.as_deref().or(prompt.help_message);
            prompt.prompt()
        };
        answer.map_err(|error| Failure::of(Exit::Interrupted, &error).into())
    }
}
