//! `config`: the spec, and where each value comes from.

use datalake_core::spec::SpecDocument;
use datalake_core::text::printable;
use schemars::JsonSchema;
use serde::Serialize;
use serde_yaml::with::singleton_map_recursive;

use crate::args::{Cli, ConfigCommand};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};
use crate::site::Site;

pub(super) const CONFIG: DocumentKind = DocumentKind::of::<SpecDocument>("config");
pub(super) const CONFIG_VALUES: DocumentKind = DocumentKind::of::<Vec<Setting>>("config-values");
pub(super) const PATHS: DocumentKind = DocumentKind::of::<Paths>("paths");

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[CONFIG, CONFIG_VALUES, PATHS];

/// A value of the spec.
#[derive(Serialize, JsonSchema)]
struct Setting {
    /// The key, with dots between its parts.
    key: &'static str,
    /// The value that holds; `null` where there is none.
    value: Option<serde_json::Value>,
    /// Where it comes from.
    source: String,
}

/// Where datalake reads and writes on this machine.
#[derive(Serialize, JsonSchema)]
struct Paths {
    /// The folder that all paths of the host are under.
    root: String,
    /// The folder of journal, receipts and copies.
    state: String,
    /// The files of the spec, the stronger last.
    spec_files: Vec<String>,
}

pub(super) async fn config(
    cli: &Cli,
    show: ConfigCommand,
    printer: Printer,
) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    match show {
        ConfigCommand::Show => {
            let document = site.settings.document();
            let text = write_yaml(document).map_err(|error| Failure::of(Exit::Bug, &error))?;
            printer.result(CONFIG, document, &text);
        }
        ConfigCommand::Explain => explain_values(&site, printer),
        ConfigCommand::Paths => show_paths(&site, printer),
    }
    Ok(Exit::Done)
}

/// The spec as `datalake.yaml` has it: what else would be a tag of YAML's is a key.
fn write_yaml(document: &SpecDocument) -> Result<String, serde_yaml::Error> {
    let value = singleton_map_recursive::serialize(document, serde_yaml::value::Serializer)?;
    serde_yaml::to_string(&value)
}

fn explain_values(site: &Site, printer: Printer) {
    let values: Vec<_> = site
        .settings
        .explain()
        .map(|explained| Setting {
            key: explained.key,
            value: explained.value,
            source: explained.source,
        })
        .collect();
    let line = |setting: &Setting| {
        let shown = setting.value.as_ref().map_or_else(|| "-".to_owned(), show_value);
        format!("{:<26} {:<36} {}\n", setting.key, printable(&shown), setting.source)
    };
    let text: String = values.iter().map(line).collect();
    printer.result(CONFIG_VALUES, &values, &text);
}

fn show_value(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn show_paths(site: &Site, printer: Printer) {
    let paths = Paths {
        root: site.root.display().to_string(),
        state: site.state_path.display().to_string(),
        spec_files: site.files.iter().map(|file| file.display().to_string()).collect(),
    };
    let mut text = format!("root   {}\nstate  {}\n", paths.root, paths.state);
    paths.spec_files.iter().for_each(|file| text.push_str(&format!("spec   {file}\n")));
    printer.result(PATHS, &paths, &text);
}
