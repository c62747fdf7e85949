//! The `compute_logs` block of a `dagster.yaml`: read, replaced by one for S3, and put back.
//!
//! The file is changed as text. The editor is our own, and small: a
//! root key is a line, its block ends where a line stands no deeper. A lossless YAML tree would do
//! the same and lose the comments inside the old block; here the lines of the old block stay, as
//! comments between two marks, so that taking the new block out gives the very bytes from before
//! without any record of them. What such a simple reader may get wrong (keys inside odd quoted
//! texts, anchors that are used elsewhere) does no harm: the result is parsed again, and refused
//! unless it differs from before in `compute_logs` alone.
//!
//! The file is read as Dagster reads it ([`read_python_yaml`](crate::read_python_yaml)). Of two equal
//! keys Dagster takes the last; a file with two is not changed: an edit of the first would have no
//! effect.

mod between;
mod notes;
mod present;
mod region;

use datalake_core::secret::{FileBody, Piece};
use serde_yaml::{Mapping, Value};

use crate::python_yaml::{RepeatedKey, YamlRefusal, read_python_yaml};

pub use notes::LogNote;
pub use present::{ComputeLogs, Setting};

use present::{LOCAL_LOG_MANAGER, read_present};
use region::{BlockPlace, Chunk};

/// The key prefix under which compute logs go.
pub const LOGS_PREFIX: &str = "compute-logs";

/// The class that sends compute logs to S3.
pub const S3_LOG_MANAGER: &str = "S3ComputeLogManager";

const KEY: &str = "compute_logs";

/// A `dagster.yaml` that keeps every byte.
pub struct DagsterYaml {
    text: String,
    root: Mapping,
}

/// Why a `dagster.yaml` cannot be read or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnfitYaml {
    /// Dagster cannot read it: it is not YAML, or it is more than one document.
    #[error("it cannot be read as YAML: {0}")]
    NotYaml(YamlRefusal),
    /// A key is in it twice.
    #[error("a key appears twice, and Dagster takes the last one: {0}")]
    Twice(RepeatedKey),
    /// It holds something else than keys and values.
    #[error("it is not a mapping of keys to values")]
    NoMapping,
    /// There is a block of `compute_logs` that Dagster cannot load.
    #[error("its `compute_logs` names no `class`, so Dagster cannot load it")]
    NoClass,
    /// There is a block for S3 that Dagster cannot load.
    #[error("its `compute_logs` for S3 names no `bucket`, so Dagster cannot load it")]
    NoBucket,
    /// `compute_logs` is written in a form that is not changed.
    #[error("its `compute_logs` is written in a form that datalake does not change")]
    Form,
    /// Something outside of `compute_logs` uses an anchor of the block.
    #[error("its `compute_logs` has an anchor that is used elsewhere in the file")]
    Anchor,
    /// The marks are not as datalake has written them.
    #[error("the lines `# datalake: …` in it are not as datalake has written them")]
    Marks,
}

/// A `dagster.yaml` after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditedYaml {
    text: String,
    body: FileBody,
}

impl EditedYaml {
    /// The text after the change.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The change as pieces: what is kept is named by its place in the old text.
    #[must_use]
    pub fn body(&self) -> &FileBody {
        &self.body
    }
}

impl DagsterYaml {
    /// Reads a file, strictly.
    ///
    /// ```
    /// use datalake_dagster::{ComputeLogs, DagsterYaml, Setting};
    ///
    /// let yaml = DagsterYaml::parse("telemetry: {enabled: false}  # quiet\n")?;
    /// assert_eq!(yaml.compute_logs(), ComputeLogs::Unsaid);
    ///
    /// let s3 = yaml.with_s3_logs(&Setting::Text("/opt/dagster/storage".to_owned()))?;
    /// assert!(s3.text().starts_with("telemetry: {enabled: false}  # quiet\n"));
    /// let back = DagsterYaml::parse(s3.text())?.without_s3_logs()?;
    /// assert_eq!(back.text(), "telemetry: {enabled: false}  # quiet\n");
    /// # Ok::<(), datalake_dagster::UnfitYaml>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UnfitYaml`]. Dagster takes a key that stands twice, which is refused here.
    pub fn parse(text: &str) -> Result<Self, UnfitYaml> {
        Ok(Self { text: text.to_owned(), root: parse_mapping(text)? })
    }

    /// The file as Dagster takes it: of two equal keys the last counts. It is for reading alone.
    pub(crate) fn with_value(text: &str, value: Value) -> Result<Self, UnfitYaml> {
        Ok(Self { text: text.to_owned(), root: root_of(value)? })
    }

    /// What the file says.
    pub(crate) fn root(&self) -> &Mapping {
        &self.root
    }

    /// Whether the file holds a block of datalake's.
    #[must_use]
    pub fn has_own_block(text: &str) -> bool {
        region::has_mark(text)
    }

    /// Who keeps what steps print.
    #[must_use]
    pub fn compute_logs(&self) -> ComputeLogs {
        read_present(&self.root)
    }

    /// The class that keeps what steps print, by its name.
    #[must_use]
    pub fn log_manager(&self) -> String {
        match self.compute_logs() {
            ComputeLogs::Unsaid | ComputeLogs::Local(_) | ComputeLogs::NoClass => {
                LOCAL_LOG_MANAGER.to_owned()
            }
            ComputeLogs::S3 { .. } => S3_LOG_MANAGER.to_owned(),
            ComputeLogs::Other(class) => class,
        }
    }

    /// The file without datalake's block, and with the lines that stood there before. Lines that others
    /// have written between the marks stay; those inside the block become comments.
    ///
    /// # Errors
    ///
    /// [`UnfitYaml::Marks`] where the marks are not as they were written.
    pub fn without_s3_logs(&self) -> Result<EditedYaml, UnfitYaml> {
        match region::remove_block(&self.text, &any_block())? {
            Some(chunks) => self.edited(&chunks, None),
            None => Ok(self.unchanged()),
        }
    }

    /// The file with a block that sends compute logs to the bucket which the containers' variables
    /// name, by way of files in `local_dir`.
    ///
    /// A block of datalake's is replaced by what it would be today; lines that others have written
    /// between the marks stay in their places.
    ///
    /// # Errors
    ///
    /// [`UnfitYaml`] where the result would differ in anything else.
    pub fn with_s3_logs(&self, local_dir: &Setting) -> Result<EditedYaml, UnfitYaml> {
        if let Some(chunks) = region::renew_block(&self.text, &render_block(local_dir))? {
            return self.edited(&chunks, Some(local_dir));
        }
        let base = self.without_s3_logs()?;
        let at = |place| {
            let chunks = region::insert_block(&base.text, &render_block(local_dir), place)?;
            self.edited(&chunks, Some(local_dir))
        };
        if parse_mapping(&base.text)?.contains_key(KEY) {
            return at(BlockPlace::Said);
        }
        // A text block that ends the file without an end of line would get one.
        at(BlockPlace::Last).or_else(|refused| at(BlockPlace::First).map_err(|_| refused))
    }

    /// What an operator should know about logs that go to a bucket as the file has it.
    #[must_use]
    pub fn log_notes(&self) -> Vec<LogNote> {
        notes::list_notes(&self.root)
    }

    /// Parses the result, and compares all that is not ours.
    fn edited(&self, chunks: &[Chunk], s3: Option<&Setting>) -> Result<EditedYaml, UnfitYaml> {
        let text: String = chunks.iter().map(Chunk::text).collect();
        let mut after = parse_mapping(&text).map_err(|error| match error {
            UnfitYaml::NotYaml(refusal) if refusal.is_anchor => UnfitYaml::Anchor,
            _ => UnfitYaml::Form,
        })?;
        let mut before = self.root.clone();
        let (_, ours) = (before.remove(KEY), after.remove(KEY));
        let is_as_meant = match s3 {
            None => true,
            Some(local_dir) => {
                let wanted = render_block(local_dir).join("\n");
                let wanted = serde_yaml::from_str::<Mapping>(&wanted).ok();
                let wanted = wanted.as_ref().and_then(|wanted| wanted.get(KEY));
                ours.as_ref().zip(wanted).is_some_and(|(ours, wanted)| holds_all(ours, wanted))
            }
        };
        if before != after || !is_as_meant {
            return Err(UnfitYaml::Form);
        }
        Ok(EditedYaml { body: make_body(&self.text, chunks), text })
    }

    fn unchanged(&self) -> EditedYaml {
        let body = FileBody::new([Piece::Kept(0..self.text.len())]);
        EditedYaml { text: self.text.clone(), body }
    }
}

/// Whether `ours` says all that `wanted` says. What it says besides, others have written there.
fn holds_all(ours: &Value, wanted: &Value) -> bool {
    match (ours, wanted) {
        (Value::Mapping(ours), Value::Mapping(wanted)) => wanted
            .iter()
            .all(|(key, wanted)| ours.get(key).is_some_and(|ours| holds_all(ours, wanted))),
        (ours, wanted) => ours == wanted,
    }
}

/// The lines of the block by their keys alone, whatever folder it names.
fn any_block() -> Vec<String> {
    render_block(&Setting::Text(String::new()))
}

/// The lines of the block, without indentation and ends.
fn render_block(local_dir: &Setting) -> Vec<String> {
    vec![
        format!("{KEY}:"),
        "  module: dagster_aws.s3.compute_log_manager".to_owned(),
        format!("  class: {S3_LOG_MANAGER}"),
        "  config:".to_owned(),
        "    bucket: {env: DAGSTER_S3_BUCKET}".to_owned(),
        format!("    prefix: {LOGS_PREFIX}"),
        "    endpoint_url: {env: DAGSTER_S3_ENDPOINT_URL}".to_owned(),
        // On the shared volume: live logs show, and those from before go on to.
        format!("    local_dir: {}", yaml_of(local_dir)),
        "    skip_empty_files: true".to_owned(),
    ]
}

/// A text in quotes as JSON has them, which YAML reads alike.
fn yaml_of(setting: &Setting) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match setting {
        Setting::Text(text) => quoted(text),
        Setting::Variable(name) => format!("{{env: {}}}", quoted(name)),
    }
}

fn parse_mapping(text: &str) -> Result<Mapping, UnfitYaml> {
    let yaml = read_python_yaml(text).map_err(UnfitYaml::NotYaml)?;
    match yaml.repeated.into_iter().next() {
        Some(key) => Err(UnfitYaml::Twice(key)),
        None => root_of(yaml.value),
    }
}

fn root_of(value: Value) -> Result<Mapping, UnfitYaml> {
    match value {
        Value::Null => Ok(Mapping::new()),
        Value::Mapping(root) => Ok(root),
        _ => Err(UnfitYaml::NoMapping),
    }
}

/// The change as pieces. What is kept stands in `old` in the same order, so a search from the left
/// always finds it.
fn make_body(old: &str, chunks: &[Chunk]) -> FileBody {
    let mut from = 0;
    FileBody::new(chunks.iter().filter(|chunk| !chunk.text().is_empty()).map(|chunk| match chunk {
        Chunk::Own(text) => Piece::text(text),
        Chunk::Kept(text) => match old.get(from..).and_then(|rest| rest.find(text.as_str())) {
            Some(at) => {
                let start = from + at;
                from = start + text.len();
                Piece::Kept(start..from)
            }
            None => Piece::text(text),
        },
    }))
}
