//! Pages of help: of commands, and of what all commands share.

use datalake_core::spec::SpecKey;

use crate::args::{build_strict_command, list_global_options};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::near::find_near;
use crate::render::Printer;

const CREDENTIALS: &str = include_str!("help/credentials.txt");
const ENVIRONMENT: &str = include_str!("help/environment.txt");

const TOPICS: [&str; 5] = ["credentials", "environment", "exit-codes", "global-options", "spec"];

/// Prints the page of a command or of a topic.
pub(super) fn show_help(words: &[String], printer: Printer) -> Result<Exit, Failure> {
    let topic = match words {
        [topic] => render_topic(topic),
        _ => None,
    };
    let text = match topic {
        Some(text) => text,
        None => render_command_page(words)?,
    };
    printer.text(&text);
    Ok(Exit::Done)
}

fn render_topic(topic: &str) -> Option<String> {
    Some(match topic {
        "credentials" => CREDENTIALS.to_owned(),
        "environment" => ENVIRONMENT.to_owned(),
        "exit-codes" => render_exit_codes(),
        "global-options" => list_global_options().render_long_help().to_string(),
        "spec" => render_spec_keys(),
        _ => return None,
    })
}

fn render_exit_codes() -> String {
    let line =
        |exit: Exit| format!("{:>4}  {}\n      {}\n", exit.code(), exit.meaning(), exit.next());
    Exit::ALL.map(line).concat()
}

fn render_spec_keys() -> String {
    let head = "Keys of datalake.yaml. `datalake init` writes a file with comments; \
                `datalake config explain` shows\neach value and its source.\n\n";
    let line = |key: SpecKey| format!("{}: {}\n    {}\n", key.name, key.takes, key.meaning);
    head.to_owned() + &SpecKey::ALL.map(line).concat()
}

fn render_command_page(words: &[String]) -> Result<String, Failure> {
    let mut command = build_strict_command();
    command.build();
    let mut at = &mut command;
    for word in words {
        let names: Vec<String> = at.get_subcommands().map(|it| it.get_name().to_owned()).collect();
        at = at.find_subcommand_mut(word).ok_or_else(|| refuse_unknown(word, &names))?;
    }
    Ok(at.render_long_help().to_string())
}

fn refuse_unknown(word: &str, names: &[String]) -> Failure {
    let message = format!("there is no command or topic `{word}`");
    let known = names.iter().map(String::as_str).chain(TOPICS);
    let hint = match find_near(known, word).first() {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("topics: {}; `datalake --help` lists the commands", TOPICS.join(", ")),
    };
    Failure::new(Exit::Usage, message).hint(hint)
}
