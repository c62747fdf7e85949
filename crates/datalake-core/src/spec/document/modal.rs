//! Modal's part of the spec, as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read::{names, names_shape};
use super::{InvalidSpec, parse_key_value, refuse_missing};
use crate::modal::{ModalName, ModalObject};
use crate::spec::{ModalClientPlace, ModalSpec, ModalToken};

/// `modal:`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ModalDocument {
    /// `secret:` — the secret in Modal that holds the same variables as the env file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// `environment:` — Modal's environment, unless the client's own word counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// `apps:` — the apps that use the secret: a list, or names with commas between them.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "names")]
    #[schemars(schema_with = "names_shape")]
    pub apps: Option<Vec<String>>,
    /// `client:` — the program `modal`, unless it is the one in `PATH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// `container:` — the unit in whose container the client is, unless it is on the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// `token:` — env, profile, or a file of mode 0600: Modal's token for Dagster's containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl ModalDocument {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks this part alone; `None` where nothing of Modal is asked for.
    ///
    /// # Errors
    ///
    /// The first [`InvalidSpec`].
    pub fn check(self) -> Result<Option<ModalSpec>, InvalidSpec> {
        if self.is_empty() {
            return Ok(None);
        }
        let name =
            self.secret.ok_or_else(|| refuse_missing("modal.secret", "the secret's name"))?;
        let environment: Option<ModalName> =
            self.environment.map(|text| parse_key_value("modal.environment", &text)).transpose()?;
        let app = |text: &String| {
            let name = parse_key_value("modal.apps", text)?;
            Ok(ModalObject { name, environment: environment.clone() })
        };
        let apps = self.apps.unwrap_or_default().iter().map(app).collect::<Result<_, _>>()?;
        Ok(Some(ModalSpec {
            secret: ModalObject {
                name: parse_key_value("modal.secret", &name)?,
                environment: environment.clone(),
            },
            apps,
            client: choose_client_place(self.client, self.container)?,
            token: self.token.map(|text| parse_key_value("modal.token", &text)).transpose()?,
        }))
    }
}

fn choose_client_place(
    program: Option<String>,
    container: Option<String>,
) -> Result<ModalClientPlace, InvalidSpec> {
    match (program, container) {
        (Some(_), Some(_)) => Err(InvalidSpec {
            key: "modal.container",
            reason: "`modal.client` names a program of the host: give one of the two".to_owned(),
        }),
        (Some(path), None) if path.starts_with('/') => Ok(ModalClientPlace::Program(path)),
        (Some(_), None) => Err(refuse_missing("modal.client", "an absolute path")),
        (None, Some(unit)) => {
            parse_key_value("modal.container", &unit).map(ModalClientPlace::Container)
        }
        (None, None) => Ok(ModalClientPlace::SearchPath),
    }
}

impl std::str::FromStr for ModalToken {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "env" => Self::Environment,
            "profile" => Self::Profile,
            path => Self::File(path.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: Result<Option<&str>, &str>) {
        let document: ModalDocument = serde_json::from_str(json).unwrap();
        let found = document.check();
        let secret = found.as_ref().map(|spec| spec.as_ref().map(|spec| spec.secret.to_string()));
        let secret = secret.map_err(|error| error.key);
        assert_eq!(secret, expected.map(|name| name.map(str::to_owned)), "{json}");
    }

    #[test]
    fn a_secret_is_enough_and_everything_else_needs_one() {
        check("{}", Ok(None));
        check(r#"{"secret":"hetzner-s3"}"#, Ok(Some("hetzner-s3")));
        check(r#"{"secret":"s","environment":"dev","apps":"a,b"}"#, Ok(Some("dev/s")));
        check(r#"{"apps":["a"]}"#, Err("modal.secret"));
        check(r#"{"secret":"has space"}"#, Err("modal.secret"));
        check(r#"{"secret":"s","apps":["-x"]}"#, Err("modal.apps"));
        check(r#"{"secret":"s","client":"modal"}"#, Err("modal.client"));
        check(r#"{"secret":"s","client":"/m","container":"u"}"#, Err("modal.container"));
    }

    #[test]
    fn the_token_comes_from_one_of_three_places() {
        let token = |text: &str| text.parse::<ModalToken>().unwrap();

        assert_eq!(token("env"), ModalToken::Environment);
        assert_eq!(token("profile"), ModalToken::Profile);
        assert_eq!(token("/run/token"), ModalToken::File("/run/token".to_owned()));
    }
}
