//! The key pair: from the environment, a private file, a descriptor, a program, or a question.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use datalake_core::secret::{Credentials, FilledBody};
use datalake_core::spec::{Ambient, CredentialSource};
use datalake_core::text::printable;
use datalake_host::{
    CommandFault, ProgramCall, SecretFileFault, read_secret_descriptor, read_secret_file,
    run_program,
};
use datalake_operations::{
    ID_VARIABLE as ID, OperationError, SECRET_VARIABLE as SECRET, parse_key_pair, read_key_pair,
};

use crate::exit::Exit;
use crate::failure::Failure;

/// How long a program may take to print the key pair; it may ask on its own for a passphrase.
const COMMAND_LIMIT: Duration = Duration::from_mins(1);

/// Why there is no key pair.
pub(crate) enum NoPair {
    /// There is one, and something is wrong with its form.
    Flaw(Failure),
    /// It cannot be read.
    Unread(Failure),
    /// There is none in the environment, and nobody to ask.
    None,
}

fn refuse_pair(error: OperationError) -> NoPair {
    NoPair::Flaw(error.into())
}

impl From<NoPair> for Failure {
    fn from(reason: NoPair) -> Self {
        match reason {
            NoPair::Flaw(failure) | NoPair::Unread(failure) => failure,
            NoPair::None => Self::new(Exit::Config, "there is no key pair")
                .hint(format!("export {ID} and {SECRET}, or give --credentials-file FILE")),
        }
    }
}

impl From<Failure> for NoPair {
    fn from(failure: Failure) -> Self {
        Self::Unread(failure)
    }
}

/// Reads the key pair, whose halves have to be in their places. It never passes through the layers of the spec, so no error of theirs can
/// print it.
///
/// # Errors
///
/// [`Failure`] without any part of the secret.
pub(crate) async fn load(source: &CredentialSource, may_ask: bool) -> Result<Credentials, Failure> {
    in_their_places(read(source, None, may_ask).await?)
}

/// The same pair, unless its halves look exchanged.
pub(crate) fn in_their_places(keys: Credentials) -> Result<Credentials, Failure> {
    if keys.look_swapped() {
        return Err(Failure::new(Exit::Config, "access key id and secret look exchanged")
            .hint("at Hetzner the id has 20 characters and the secret 40"));
    }
    Ok(keys)
}

/// The same of a pair whose halves may have changed places. A program runs in `folder`, that of the
/// spec which names it.
///
/// # Errors
///
/// [`NoPair`] without any part of the secret.
pub(crate) async fn read(
    source: &CredentialSource,
    folder: Option<&Path>,
    may_ask: bool,
) -> Result<Credentials, NoPair> {
    Ok(match source {
        CredentialSource::From(Ambient::Env) => from_environment(may_ask)?,
        CredentialSource::From(Ambient::Prompt) => ask_pair(may_ask)?,
        CredentialSource::File(path) => {
            let name = format!("credentials file `{}`", printable(path));
            let content = private_file(Path::new(path), &name)?;
            read_key_pair(content.expose(), &name).map_err(refuse_pair)?
        }
        CredentialSource::Fd(number) => {
            let name = format!("credentials from descriptor {number}");
            let content = read_secret_descriptor(*number).map_err(|error| {
                Failure::of(Exit::Config, &error)
                    .within(name.clone())
                    .hint("open it for the command: `--credentials-fd 3 3< FILE`")
            })?;
            read_key_pair(content.expose(), &name).map_err(refuse_pair)?
        }
        CredentialSource::Command(words) => {
            let here = || std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
            let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.map_or_else(here, Path::to_owned);
            from_command(words, folder, COMMAND_LIMIT).await?
        }
    })
}

/// Reads a file of secrets that nobody else may read, write or exchange.
///
/// # Errors
///
/// [`Failure`] without any part of the content.
pub(crate) fn private_file(path: &Path, name: &str) -> Result<FilledBody, Failure> {
    read_secret_file(path).map_err(|error| match error {
        SecretFileFault::Distrusted(fault) => Failure::from(fault).within(name),
        SecretFileFault::TooWide(_) => {
            let path = printable(&path.display().to_string());
            Failure::of(Exit::Config, &error).within(name).hint(format!("chmod 600 {path}"))
        }
        _ => Failure::of(Exit::Config, &error).within(name),
    })
}

fn from_environment(may_ask: bool) -> Result<Credentials, NoPair> {
    match (std::env::var(ID), std::env::var(SECRET)) {
        (Ok(id), Ok(secret)) => {
            parse_key_pair(&id, &secret, "the environment").map_err(refuse_pair)
        }
        (Err(_), Err(_)) if may_ask && std::io::stdin().is_terminal() => ask_pair(true),
        (Err(_), Err(_)) => Err(NoPair::None),
        (Err(_), Ok(_)) => Err(refuse_half(ID, SECRET).into()),
        (Ok(_), Err(_)) => Err(refuse_half(SECRET, ID).into()),
    }
}

fn refuse_half(absent: &str, present: &str) -> Failure {
    Failure::new(Exit::Config, format!("{absent} is not set, and {present} is"))
        .hint("export both, or neither and give --credentials-file FILE")
}

fn ask_pair(may_ask: bool) -> Result<Credentials, NoPair> {
    if !may_ask || !std::io::stdin().is_terminal() {
        return Err(Failure::new(
            Exit::Usage,
            "the key pair has to be typed, but there is no terminal",
        )
        .hint("use --credentials-file FILE or `credentials: { from: env }`")
        .into());
    }
    let unanswered = |error: inquire::InquireError| Failure::of(Exit::Interrupted, &error);
    let id = inquire::Text::new("Access key id:").prompt().map_err(unanswered)?;
    let secret = inquire::Password::new("Secret access key:")
        .without_confirmation()
        .prompt()
        .map_err(unanswered)?;
    parse_key_pair(id.trim(), secret.trim(), "the terminal").map_err(refuse_pair)
}

async fn from_command(
    words: &[String],
    directory: PathBuf,
    limit: Duration,
) -> Result<Credentials, NoPair> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Failure::new(Exit::Config, "`credentials.command` names no program").into());
    };
    let command = ProgramCall {
        program: program.into(),
        arguments: arguments.iter().map(Into::into).collect(),
        environment: passed_on(),
        directory,
        limit,
    };
    let output = run_program(&command).await.map_err(|error| match error {
        CommandFault::Distrusted(fault) => Failure::from(fault).within("credentials command"),
        error => Failure::of(Exit::Config, &error).within("credentials command").hint(format!(
            "it has to print {ID}=… and {SECRET}=…, without a question and within {} seconds",
            limit.as_secs()
        )),
    })?;
    read_key_pair(output.stdout.expose(), &format!("what `{program}` prints")).map_err(refuse_pair)
}

/// What programs such as pass and gpg need to find their store and to ask for a passphrase.
fn passed_on() -> BTreeMap<OsString, OsString> {
    const NAMES: [&str; 6] = [
        "DBUS_SESSION_BUS_ADDRESS",
        "DISPLAY",
        "GNUPGHOME",
        "GPG_TTY",
        "PASSWORD_STORE_DIR",
        "XDG_RUNTIME_DIR",
    ];
    NAMES.iter().filter_map(|name| Some((name.into(), std::env::var_os(name)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_that_does_not_end_is_told_so() {
        let words = ["sleep", "1000"].map(str::to_owned);

        let failure = from_command(&words, "/".into(), Duration::from_millis(20))
            .await
            .err()
            .map(Failure::from)
            .unwrap();

        assert_eq!(failure.exit, Exit::Config);
        let expected = ["credentials command", "program `sleep` did not finish within 20ms"];
        assert_eq!(failure.messages, expected);
        assert!(failure.hints.concat().contains("without a question"), "{:?}", failure.hints);
    }
}
