//! What an operator should know about logs that go to a bucket.

use std::fmt;

use serde_yaml::{Mapping, Value};

use super::{KEY, S3_LOG_MANAGER};

/// The variables that a run's container needs for assets and logs.
const NEEDED: [&str; 8] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_DEFAULT_REGION",
    "AWS_REQUEST_CHECKSUM_CALCULATION",
    "AWS_RESPONSE_CHECKSUM_VALIDATION",
    "DAGSTER_S3_BUCKET",
    "DAGSTER_S3_ENDPOINT_URL",
    "DAGSTER_S3_REGION",
];

/// Something that an operator should know; its text tells what is so and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogNote {
    /// `region` does not reach the client.
    Region,
    /// `upload_extra_args` asks for encryption by the server.
    Encryption,
    /// `show_url_only` makes links to AWS.
    UrlOnly,
    /// `upload_interval` leaves partial objects behind.
    UploadInterval,
    /// Empty files are uploaded, too.
    EmptyFiles,
    /// There is no `local_dir`.
    NoLocalDir,
    /// `local_dir` is counted from each process's working folder.
    RelativeLocalDir(String),
    /// The prefix is left to Dagster.
    NoPrefix,
    /// Runs start in containers that lack these variables.
    RunContainers(Vec<&'static str>),
}

impl LogNote {
    /// The stable name.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Region => "logs-region-without-effect",
            Self::Encryption => "logs-encryption-refused",
            Self::UrlOnly => "logs-url-to-aws",
            Self::UploadInterval => "logs-partial-objects",
            Self::EmptyFiles => "logs-empty-objects",
            Self::NoLocalDir => "logs-without-local-dir",
            Self::RelativeLocalDir(_) => "logs-relative-local-dir",
            Self::NoPrefix => "logs-prefix-of-assets",
            Self::RunContainers(_) => "logs-run-containers",
        }
    }
}

impl fmt::Display for LogNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Region => {
                "`region` has no effect: the client takes AWS_DEFAULT_REGION; take the line out"
            }
            Self::Encryption => {
                "`upload_extra_args` asks for ServerSideEncryption, which the store refuses: no log \
                 would arrive; take it out"
            }
            Self::UrlOnly => {
                "`show_url_only` shows links to the console of AWS, where the logs are not; take it \
                 out"
            }
            Self::UploadInterval => {
                "`upload_interval` leaves `.partial` objects behind for ever, on which a later \
                 listing of logs fails; a `local_dir` on the shared volume shows live logs without it"
            }
            Self::EmptyFiles => {
                "empty files are uploaded, too, about every second object; `skip_empty_files: true`"
            }
            Self::NoLocalDir => {
                "without `local_dir` on the shared volume neither live logs show nor those from before"
            }
            Self::RelativeLocalDir(dir) => {
                return write!(
                    f,
                    "`{dir}` is counted from each process's working folder: webserver and daemon may \
                     not mean the same; write the whole path, without a variable"
                );
            }
            Self::NoPrefix => {
                "without `prefix` logs are under `dagster/`, like assets whose I/O manager has none"
            }
            Self::RunContainers(names) => {
                return write!(
                    f,
                    "runs start in containers that get only what `run_launcher.config.env_vars` \
                     lists; add {}",
                    names.join(", ")
                );
            }
        })
    }
}

pub(super) fn list_notes(root: &Mapping) -> Vec<LogNote> {
    let block = root.get(KEY).cloned().unwrap_or_default();
    let mut notes: Vec<_> = run_containers(root).into_iter().collect();
    if block.get("class").and_then(Value::as_str) != Some(S3_LOG_MANAGER) {
        return notes;
    }
    let config = block.get("config").cloned().unwrap_or_default();
    let said = |key: &str| config.get(key).filter(|value| !value.is_null());
    let args = said("upload_extra_args");
    let found = [
        (said("region").is_some(), LogNote::Region),
        (args.is_some_and(|args| args.get("ServerSideEncryption").is_some()), LogNote::Encryption),
        (said("show_url_only").is_some_and(is_true), LogNote::UrlOnly),
        (said("upload_interval").is_some(), LogNote::UploadInterval),
        (!said("skip_empty_files").is_some_and(is_true), LogNote::EmptyFiles),
        (said("local_dir").is_none(), LogNote::NoLocalDir),
        (said("prefix").is_none(), LogNote::NoPrefix),
    ];
    notes.extend(found.into_iter().filter_map(|(is_so, note)| is_so.then_some(note)));
    let dir = said("local_dir").and_then(Value::as_str).filter(|dir| !dir.starts_with('/'));
    notes.extend(dir.map(|dir| LogNote::RelativeLocalDir(dir.to_owned())));
    notes
}

fn is_true(value: &Value) -> bool {
    value.as_bool() == Some(true)
}

fn run_containers(root: &Mapping) -> Option<LogNote> {
    let launcher = root.get("run_launcher")?;
    if launcher.get("class").and_then(Value::as_str) != Some("DockerRunLauncher") {
        return None;
    }
    let listed = launcher.get("config").and_then(|config| config.get("env_vars"));
    let listed = listed.and_then(Value::as_sequence).cloned().unwrap_or_default();
    let listed: Vec<_> = listed.iter().filter_map(Value::as_str).collect();
    // An entry may bring its value: `NAME=VALUE`.
    let is_listed = |name: &&str| listed.iter().any(|entry| entry.split('=').next() == Some(name));
    let missing: Vec<_> = NEEDED.into_iter().filter(|name| !is_listed(name)).collect();
    (!missing.is_empty()).then_some(LogNote::RunContainers(missing))
}
