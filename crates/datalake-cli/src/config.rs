//! The spec out of its layers: defaults, files, variables, flags.

mod file;
mod layer;
mod paths;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use datalake_core::schedule::ScheduleSpec;
use datalake_core::spec::{
    CostSpec, CredentialSource, HostDocument, HostSpec, InvalidSpec, ModalSpec, Spec, SpecDocument,
    StoreSpec, TablesDocument,
};
use datalake_core::text::printable;
use figment::Figment;
use figment::error::{Actual, Kind};

use crate::args::Values;
use crate::exit::Exit;
use crate::failure::Failure;
use layer::Layer;

/// The layers of the spec, joined.
pub(crate) struct Settings {
    figment: Figment,
    document: SpecDocument,
    /// Whether units are found besides those that flags name: no other layer names any.
    finds_units: bool,
    /// The folder of each file, by the name of its layer.
    folders: BTreeMap<String, PathBuf>,
    /// Every service user that any layer names.
    users: BTreeSet<String>,
}

/// Where the layers come from.
pub(crate) struct Sources<'a> {
    /// What a sandbox gives where nothing else is said.
    pub sandbox: Option<SpecDocument>,
    /// The files, the weakest first.
    pub files: Vec<PathBuf>,
    /// The file that must be there because the operator named it.
    pub named: Option<&'a Path>,
    /// The flags.
    pub values: &'a Values,
    /// The environment of Modal's that the command names.
    pub modal_environment: Option<&'a str>,
}

/// A key of the spec, its value and where it comes from.
pub(crate) struct Explained {
    /// The key, with dots between its parts.
    pub key: &'static str,
    /// The value as JSON; `None` where nothing is said.
    pub value: Option<serde_json::Value>,
    /// The name of its source.
    pub source: String,
}

impl Settings {
    /// Joins the layers.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a file that cannot be read, an unknown key or a value of a wrong type.
    pub(crate) fn load(sources: &Sources<'_>) -> Result<Self, Failure> {
        let mut layers = layers(sources)?;
        let folders = layers.iter().filter_map(Layer::place).collect();
        let users = layers.iter().filter_map(Layer::user).map(str::to_owned).collect();
        let flags = layers.pop();
        let below = layers.into_iter().fold(Figment::new(), Figment::merge);
        let below_flags = below.extract_inner::<HostDocument>("host").ok();
        let named_before = below_flags.and_then(|host| host.units);
        let finds_units = named_before.is_none();
        let figment = flags.into_iter().fold(below, Figment::merge);
        let mut document: SpecDocument = figment.extract().map_err(|error| wrong_type(&error))?;
        // `--unit` adds to what weaker layers name.
        if let (Some(units), Some(mut named)) = (&mut document.host.units, named_before) {
            named.retain(|unit| !units.contains(unit));
            units.splice(..0, named);
        }
        let settings = Self { figment, document, finds_units, folders, users };
        settings.require_no_user_in_endpoint()?;
        Ok(settings)
    }

    /// Refuses an endpoint with a user and a password in it before anything can print it.
    fn require_no_user_in_endpoint(&self) -> Result<(), Failure> {
        let endpoint = self.document.endpoint.as_deref().unwrap_or_default();
        if !endpoint.contains('@') {
            return Ok(());
        }
        let source = self.source("endpoint").unwrap_or_else(|| "the spec".to_owned());
        let message = format!("{source}: `endpoint` holds a user or a password");
        Err(Failure::new(Exit::Config, message).hint(
            "write `https://HOST`; the key pair comes from the environment, a file or a program",
        ))
    }

    /// The written form.
    #[must_use]
    pub(crate) fn document(&self) -> &SpecDocument {
        &self.document
    }

    /// The folder of the file that a key's value comes from; `None` for a variable, flag or default.
    #[must_use]
    pub(crate) fn folder_of(&self, key: &str) -> Option<&Path> {
        self.folders.get(&self.source(key)?).map(PathBuf::as_path)
    }

    /// Every service user that any layer names, the default among them.
    pub(crate) fn users(&self) -> impl Iterator<Item = &str> {
        self.users.iter().map(String::as_str)
    }

    /// The spec, checked.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a missing or wrong value, naming where it comes from.
    pub(crate) fn spec(&self) -> Result<Spec, Failure> {
        let mut spec = self.document.clone().check().map_err(|error| self.invalid(error))?;
        spec.host.finds_units = self.finds_units;
        Ok(spec)
    }

    /// The part of the spec that tells of the S3 service, checked; a bucket need not be in it.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a missing or wrong value, naming where it comes from.
    pub(crate) fn store_spec(&self) -> Result<StoreSpec, Failure> {
        self.document.clone().check_store().map_err(|error| self.invalid(error))
    }

    /// The part of the spec that tells of Modal, checked; neither bucket nor service need be in it.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a missing or wrong value, naming where it comes from.
    pub(crate) fn check_modal(&self) -> Result<Option<ModalSpec>, Failure> {
        self.document.modal.clone().check().map_err(|error| self.invalid(error))
    }

    /// Whether the containers are to be given a token of Modal's.
    #[must_use]
    pub(crate) fn gives_modal_token(&self) -> bool {
        self.document.modal.token.is_some()
    }

    /// The part of the spec that tells of the Dagster host, checked.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a missing or wrong value, naming where it comes from.
    pub(crate) fn host(&self) -> Result<HostSpec, Failure> {
        let host = self.document.host.clone().check().map_err(|error| self.invalid(error))?;
        Ok(HostSpec { finds_units: self.finds_units, ..host })
    }

    /// The part of the spec that tells of money, checked.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a missing or wrong value, naming where it comes from.
    pub(crate) fn cost(&self) -> Result<CostSpec, Failure> {
        self.document.cost.clone().check().map_err(|error| self.invalid(error))
    }

    fn invalid(&self, error: InvalidSpec) -> Failure {
        let source = self.source(error.key);
        let failure = Failure::from(error);
        match source {
            Some(source) => failure.hint(format!(
                "the value comes from {source}; `datalake config explain` shows all of them"
            )),
            None => failure.hint("`datalake init` writes a datalake.yaml"),
        }
    }

    /// The part of the spec that tells what runs by itself, checked.
    pub(crate) fn read_schedule(&self) -> Result<ScheduleSpec, Failure> {
        self.document.schedule.clone().check_schedule().map_err(|error| self.invalid(error))
    }

    /// The values that none of these files has, each with where it comes from.
    pub(crate) fn list_unfiled(&self, files: &[String]) -> Vec<String> {
        let is_filed = |source: &String| source == "default" || files.contains(source);
        let set = self.explain().filter(|it| it.value.is_some() && !is_filed(&it.source));
        set.map(|it| format!("`{}` comes from {}", it.key, it.source)).collect()
    }

    /// Every key with its value and source.
    pub(crate) fn explain(&self) -> impl Iterator<Item = Explained> {
        SpecDocument::KEYS.into_iter().map(|key| {
            let value = self.figment.find_value(key).ok();
            Explained {
                key,
                value: value.and_then(|value| serde_json::to_value(value).ok()),
                source: self.source(key).unwrap_or_else(|| "not set".to_owned()),
            }
        })
    }

    fn source(&self, key: &str) -> Option<String> {
        self.figment.find_metadata(key).map(|metadata| metadata.name.to_string())
    }
}

fn layers(sources: &Sources<'_>) -> Result<Vec<Layer>, Failure> {
    let mut layers = vec![Layer::document("default", &SpecDocument::defaults())?];
    if let Some(document) = &sources.sandbox {
        layers.push(Layer::document("sandbox", document)?);
    }
    let files = sources.files.iter().map(|file| Layer::file(file));
    let files: Vec<_> = files.collect::<Result<_, _>>()?;
    let has_spec = files.iter().any(Option::is_some) || sources.named.is_some();
    let variables = Layer::variables(utf8_variables())?;
    let mut flags = flags_as_document(sources.values);
    flags.modal.environment = sources.modal_environment.map(str::to_owned);
    let flags = Layer::document("the command line", &flags)?;
    // What a container was handed is one service: it mixes with no other one.
    let is_elsewhere = variables.iter().chain([&flags]).any(Layer::names_service);
    if !has_spec && sources.sandbox.is_none() && !is_elsewhere {
        let given = SpecDocument::read_handed_over(|name| std::env::var(name).ok());
        for (name, document) in given {
            layers.push(Layer::document(&format!("variable {name}"), &document)?);
        }
    }
    layers.extend(files.into_iter().flatten());
    if let Some(file) = sources.named {
        let absent = || {
            let name = printable(&file.display().to_string());
            Failure::new(Exit::Config, format!("there is no `{name}`"))
                .hint("`datalake init` writes it")
        };
        layers.push(Layer::named_file(file)?.ok_or_else(absent)?);
    }
    layers.extend(variables);
    layers.push(flags);
    // The strongest word on the key pair counts whole: `from:` below does not mix with `file:`.
    let strongest = layers.iter().rposition(Layer::has_credentials);
    let weaker = |(at, layer): (usize, Layer)| {
        if Some(at) == strongest { layer } else { layer.without_credentials() }
    };
    Ok(layers.into_iter().enumerate().map(weaker).collect())
}

fn utf8_variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
    })
}

/// What variables and flags say of the spec, whatever files there are.
pub(crate) fn named_document(values: &Values) -> Result<SpecDocument, Failure> {
    let mut layers = Layer::variables(utf8_variables())?;
    layers.push(Layer::document("the command line", &flags_as_document(values))?);
    let figment = layers.into_iter().fold(Figment::new(), Figment::merge);
    figment.extract().map_err(|error| wrong_type(&error))
}

/// What flags say of the spec.
fn flags_as_document(values: &Values) -> SpecDocument {
    let file = values.credentials_file.clone().map(CredentialSource::File);
    let tables = |bucket| TablesDocument { bucket: Some(bucket), prefix: None };
    SpecDocument {
        region: values.region.clone(),
        endpoint: values.endpoint.clone(),
        bucket: values.bucket.clone(),
        prefix: values.prefix.clone(),
        credentials: values.credentials_fd.map(CredentialSource::Fd).or(file),
        host: HostDocument {
            user: values.user.clone(),
            units: (!values.units.is_empty()).then(|| values.units.clone()),
            handover: values.handover.clone(),
            dagster_home: None,
            links: None,
        },
        tables: values.tables_bucket.clone().map(tables),
        ..SpecDocument::default()
    }
}

/// What was expected, without the names of types.
fn in_words(expected: &str) -> String {
    match expected {
        "i32" => "a whole number",
        "a sequence" => "a list",
        "a map" => "keys below it",
        text if text.starts_with("struct ") => "keys below it",
        // The key pair's source is the only choice among keys.
        text if text.contains("enum") => "one of from, file, command, fd",
        text => text,
    }
    .to_owned()
}

/// The error without the value, which may be a secret that stands in the wrong place.
fn wrong_type(error: &figment::Error) -> Failure {
    let source = error.metadata.as_ref().map_or("the spec", |metadata| metadata.name.as_ref());
    let expected = match &error.kind {
        Kind::InvalidType(_, expected)
        | Kind::InvalidValue(_, expected)
        | Kind::InvalidLength(_, expected) => in_words(expected),
        Kind::UnknownVariant(_, known) | Kind::UnknownField(_, known) => {
            format!("one of {}", known.join(", "))
        }
        _ => "another form".to_owned(),
    };
    let key = error.path.join(".");
    let failure = Failure::new(Exit::Config, format!("{source}: `{key}`: expected {expected}"));
    match &error.kind {
        Kind::InvalidType(
            Actual::Bool(_) | Actual::Unsigned(_) | Actual::Signed(_) | Actual::Float(_),
            _,
        ) => failure
            .hint("put into quotes what YAML takes for a number or a yes: `bucket: \"00123\"`"),
        _ => failure,
    }
}
