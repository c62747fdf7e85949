//! One source of settings.

use std::path::{Path, PathBuf};

use datalake_core::spec::SpecDocument;
use datalake_core::text::printable;
use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};

use super::file::{Doubt, SpecText, read_named_spec, read_spec};
use super::paths::{guarded_key, settle_paths};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::near::find_near;

/// Below these keys stand names of the operator's.
const OWN_NAMES: [&str; 4] = ["cost.plans.", "catalogs.", "access.", "schedule.jobs."];
/// This section says something even with nothing below it.
const TABLES: &str = "tables.";
const EMPTY_TABLES: &str = "write `tables: {}` for a bucket named after `bucket:`, or leave it out";
/// Besides settings: what tests say, and the markers that datalake's secret in Modal holds, which come
/// along into every container that has it.
const NO_SETTINGS: [&str; 3] = ["TEST_", "FP_", "CATALOG_"];
/// Below this key stands where the key pair comes from.
const CREDENTIALS: &str = "credentials";

/// Settings with the name of where they stand.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    name: String,
    values: Dict,
    /// The folder that the file lies in, from which its paths count.
    folder: Option<PathBuf>,
}

impl Layer {
    /// The settings of a document made by this program.
    pub(crate) fn document(name: &str, document: &SpecDocument) -> Result<Self, Failure> {
        let value = Value::serialize(document)
            .map_err(|err| Failure::new(Exit::Bug, format!("{name}: {err}")))?;
        let values = value.into_dict().unwrap_or_default();
        Ok(Self { name: name.to_owned(), values, folder: None })
    }

    /// The settings of a YAML file that lies where specs lie; `None` where there is no such file.
    pub(crate) fn file(path: &Path) -> Result<Option<Self>, Failure> {
        read_spec(path)?.map(|spec| Self::of_text(path, &spec)).transpose()
    }

    /// The settings of the YAML file that the operator has named. Of one that somebody else may have
    /// put there only plain values count.
    pub(crate) fn named_file(path: &Path) -> Result<Option<Self>, Failure> {
        read_named_spec(path)?.map(|spec| Self::of_text(path, &spec)).transpose()
    }

    fn of_text(path: &Path, spec: &SpecText) -> Result<Self, Failure> {
        let SpecText { text, doubt } = spec;
        let name = printable(&path.display().to_string());
        let not_yaml = |detail: String| Failure::new(Exit::Config, format!("{name}: {detail}"));
        let yaml: serde_yaml::Value = serde_yaml::from_str(text).map_err(|error| {
            let place = format!("{name}{}: invalid YAML", place_of(&error));
            let failure = Failure::new(Exit::Config, place);
            if has_tab(text, &error) {
                failure.hint("YAML is indented with blanks: put them where the tab is")
            } else {
                failure
            }
        })?;
        let value = Value::serialize(yaml)
            .map_err(|_| not_yaml("it is not a mapping of keys to values".into()))?;
        let values = match value {
            Value::Dict(_, values) => match values.get("tables") {
                Some(Value::Empty(..) | Value::Array(..)) => {
                    return Err(
                        not_yaml("`tables`: expected keys below it".into()).hint(EMPTY_TABLES)
                    );
                }
                _ => without_empty_sections(values, ""),
            },
            Value::Empty(..) => Dict::new(),
            _ => return Err(not_yaml("it is not a mapping of keys to values".into())),
        };
        let folder = path.parent().map(Path::to_owned);
        let layer = Self { name, values, folder }.checked()?;
        match (doubt, guarded_key(&layer.values)) {
            (Some(doubt), Some(key)) => Err(layer.guarded(key, doubt)),
            _ => Ok(layer.settled()),
        }
    }

    /// The same; its paths count from the folder of its file, or from the one that this process is in.
    fn settled(self) -> Self {
        let folder = self.folder.clone().unwrap_or_default();
        Self { values: settle_paths(self.values, &folder), ..self }
    }

    /// Says that a value counts only from a trusted file.
    fn guarded(&self, key: &str, doubt: &Doubt) -> Failure {
        let within = |failure: Failure| {
            failure.within(format!("{}: `{key}`", self.name)).hint(
                "programs, credentials files and the endpoint count only from a file that root or you \
                 own and no one else may write to; the flags --endpoint and --credentials-file do, too",
            )
        };
        match doubt {
            Doubt::Gate(fault) => within(Failure::from(fault.clone()).under(Exit::Denied)),
            Doubt::Descriptor => {
                let text = "it comes from a descriptor, so its writer is unknown";
                within(Failure::new(Exit::Denied, text))
            }
        }
    }

    /// The settings of `DATALAKE_…` variables: `__` between the parts of a key, `_` for `-`.
    pub(crate) fn variables(
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Vec<Self>, Failure> {
        let ours = variables.filter_map(|(name, value)| {
            let key = name.strip_prefix("DATALAKE_")?;
            let is_setting = !NO_SETTINGS.iter().any(|start| key.starts_with(start));
            is_setting.then(|| (name.clone(), key_of(key), value))
        });
        ours.map(|(name, key, value)| {
            let values = nested(&key, Value::from(value));
            let layer = Self { name: format!("variable {name}"), values, folder: None };
            layer.checked().map(Self::settled)
        })
        .collect()
    }

    /// Refuses keys that nobody reads, and a second source of the key pair.
    fn checked(self) -> Result<Self, Failure> {
        for key in flat_keys(&self.values, "") {
            let above = format!("{key}.");
            let known = |known: &&str| {
                **known == key || known.starts_with(&above) || is_below_own_names(&key)
            };
            if !SpecDocument::KEYS.iter().any(known) {
                return Err(self.unknown(&key));
            }
        }
        match self.values.get(CREDENTIALS).and_then(Value::as_dict) {
            Some(sources) if sources.len() > 1 => Err(self.two_sources()),
            _ => Ok(self),
        }
    }

    fn two_sources(&self) -> Failure {
        let message = format!("{}: `{CREDENTIALS}`: expected one source, not several", self.name);
        Failure::new(Exit::Config, message).hint("give one of from, file, command, fd")
    }

    fn unknown(&self, key: &str) -> Failure {
        let failure = Failure::new(Exit::Config, format!("{}: unknown key `{key}`", self.name));
        match find_near(SpecDocument::KEYS, key).first() {
            Some(known) => failure.hint(format!("did you mean `{known}`?")),
            None => failure.hint(format!("the keys are: {}", SpecDocument::KEYS.join(", "))),
        }
    }

    /// Its name, and the folder of its file.
    pub(crate) fn place(&self) -> Option<(String, PathBuf)> {
        Some((self.name.clone(), self.folder.clone()?))
    }

    /// The service user that it names.
    pub(crate) fn user(&self) -> Option<&str> {
        self.values.get("host")?.as_dict()?.get("user")?.as_str()
    }

    /// Whether it says which S3 service is meant.
    pub(crate) fn names_service(&self) -> bool {
        ["endpoint", "region"].iter().any(|key| self.values.contains_key(*key))
    }

    /// Whether it says where the key pair comes from.
    pub(crate) fn has_credentials(&self) -> bool {
        self.values.contains_key(CREDENTIALS)
    }

    /// The same without a word on the key pair.
    pub(crate) fn without_credentials(mut self) -> Self {
        self.values.remove(CREDENTIALS);
        self
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.values.clone())]))
    }
}

/// Where a YAML error is, as it stands behind a path, without the text that it may repeat.
fn place_of(error: &serde_yaml::Error) -> String {
    let place = error.location().map(|at| format!(":{}:{}", at.line(), at.column()));
    place.unwrap_or_default()
}

/// Whether there is a tab in the line that a YAML error is about.
fn has_tab(text: &str, error: &serde_yaml::Error) -> bool {
    let line = error.location().and_then(|at| text.lines().nth(at.line().checked_sub(1)?));
    line.is_some_and(|line| line.contains('\t'))
}

/// The same without sections that have no key below them: `host:` and nothing says nothing. Only
/// `tables: {}` asks for something.
fn without_empty_sections(values: Dict, above: &str) -> Dict {
    let kept = values.into_iter().filter_map(|(key, value)| {
        let below = format!("{above}{key}.");
        let is_section = OWN_NAMES.contains(&below.as_str())
            || SpecDocument::KEYS.iter().any(|known| known.starts_with(&below));
        match value {
            Value::Empty(..) if is_section => None,
            Value::Dict(_, inner) if is_section && inner.is_empty() && below != TABLES => None,
            Value::Dict(tag, inner) if is_section => {
                Some((key, Value::Dict(tag, without_empty_sections(inner, &below))))
            }
            value => Some((key, value)),
        }
    });
    kept.collect()
}

fn is_below_own_names(key: &str) -> bool {
    OWN_NAMES.iter().any(|above| key.starts_with(above))
}

fn key_of(variable: &str) -> String {
    variable.to_ascii_lowercase().replace("__", ".").replace('_', "-")
}

fn nested(key: &str, value: Value) -> Dict {
    match key.split_once('.') {
        None => Dict::from([(key.to_owned(), value)]),
        Some((first, rest)) => Dict::from([(first.to_owned(), Value::from(nested(rest, value)))]),
    }
}

fn flat_keys(values: &Dict, above: &str) -> Vec<String> {
    let keys = values.iter().flat_map(|(key, value)| {
        let key = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        match value {
            Value::Dict(_, inner) if !inner.is_empty() => flat_keys(inner, &key),
            _ => vec![key],
        }
    });
    keys.collect()
}
