//! Modal's token for Dagster's containers: from the environment, the client's profile, or a file.

use std::path::{Path, PathBuf};

use datalake_core::secret::{InvalidKeyText, ModalLogin};
use datalake_core::spec::ModalToken;
use datalake_core::text::printable;
use datalake_modal::read_profile;
use datalake_quadlet::{MODAL_VARIABLES, parse_env};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::secrets::private_file;

/// Reads the token. It never passes through the layers of the spec, so no error of theirs can print it.
///
/// # Errors
///
/// [`Failure`] without any part of the token.
pub(crate) fn load(source: &ModalToken) -> Result<ModalLogin, Failure> {
    match source {
        ModalToken::Environment => {
            let found = MODAL_VARIABLES.map(|name| std::env::var(name).ok());
            read_login(found, "the environment", &MODAL_VARIABLES)
        }
        ModalToken::File(path) => {
            let name = format!("token file `{}`", printable(path));
            let content = read_private(Path::new(path), &name)?;
            let entries = parse_env(&content)
                .map_err(|error| Failure::of(Exit::Config, &error).within(name.clone()))?;
            let value = |name| {
                let found = entries.iter().find(|(key, _)| key == name);
                found.map(|(_, value)| value.clone())
            };
            read_login(MODAL_VARIABLES.map(value), &name, &MODAL_VARIABLES)
        }
        ModalToken::Profile => {
            let path = find_profiles()?;
            let name = format!("`{}`", printable(&path.display().to_string()));
            let content = String::from_utf8(read_private(&path, &name)?).unwrap_or_default();
            let found = read_profile(&content, std::env::var("MODAL_PROFILE").ok().as_deref());
            let found =
                found.map_err(|text| Failure::new(Exit::Config, text).within(name.clone()))?;
            read_login(found, &name, &["token_id", "token_secret"])
        }
    }
}

/// The file in which Modal's client keeps its profiles.
fn find_profiles() -> Result<PathBuf, Failure> {
    if let Some(path) = std::env::var_os("MODAL_CONFIG_PATH") {
        return Ok(path.into());
    }
    let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    home.map(|home| home.join(".modal.toml")).ok_or_else(|| {
        Failure::new(Exit::Config, "HOME is not set, and Modal's profiles are under it")
    })
}

fn read_private(path: &Path, name: &str) -> Result<Vec<u8>, Failure> {
    private_file(path, name).map(|content| content.expose().to_vec())
}

fn read_login(
    found: [Option<String>; 2],
    source: &str,
    names: &[&str; 2],
) -> Result<ModalLogin, Failure> {
    let whole = "Modal's token for the containers";
    let [Some(id), Some(secret)] = found else {
        let missing = if found[0].is_none() { names[0] } else { names[1] };
        return Err(Failure::new(Exit::Config, format!("{whole}: {source} has no {missing}"))
            .hint(
                "`modal: { token: env }`, `profile`, or the path of a file of mode 0600 with the \
                   lines MODAL_TOKEN_ID=… and MODAL_TOKEN_SECRET=…",
            ));
    };
    let wrong = |error: InvalidKeyText| Failure::of(Exit::Config, &error).within(source.to_owned());
    ModalLogin::new(&id, &secret).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_and_what_is_there_is_not() {
        let failure =
            read_login([Some("ak-1".to_owned()), None], "the environment", &MODAL_VARIABLES);

        let failure = failure.err().unwrap();
        assert_eq!(failure.exit, Exit::Config);
        let text = [failure.messages, failure.hints].concat().join("\n");
        assert!(text.contains("the environment has no MODAL_TOKEN_SECRET"), "{text}");
        assert!(!text.contains("ak-1"), "{text}");
    }
}
