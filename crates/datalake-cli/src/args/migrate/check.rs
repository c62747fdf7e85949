//! The command line of `migrate check`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use datalake_core::text::quote_word;
use datalake_operations::migration::CodeTarget;

use super::{What, Within};

const CHECK_EXAMPLES: &str = "\
Examples:
  sudo -E datalake migrate check                      Ask in each container that runs user code
  sudo -E datalake migrate check --load all           …and load every file, not a sample
  datalake migrate check --home /srv/dagster --python venv/bin/python --python-file defs.py
";

/// Flags of `migrate check`.
#[derive(Debug, Args)]
#[command(before_help = CHECK_EXAMPLES)]
pub struct MigrateCheck {
    /// What was migrated.
    #[command(flatten)]
    pub what: What,
    /// Have Dagster load one file of each I/O manager, or all
    #[arg(long, value_name = "HOW", default_value = "one", value_parser = PossibleValuesParser::new(["one", "all"]))]
    pub load: String,
    /// Ask this Python of this host instead of containers, with the variables of the env file
    #[arg(long, value_name = "PATH", requires = "code_place")]
    pub python: Option<String>,
    /// Where the code is.
    #[command(flatten)]
    pub place: CodePlaceFlags,
    /// What is kept within.
    #[command(flatten)]
    pub within: Within,
}

/// Where user code is, in Dagster's words.
#[derive(Debug, Args)]
#[command(next_help_heading = "User code for --python")]
#[group(id = "code_place", multiple = true)]
pub struct CodePlaceFlags {
    /// A file with definitions
    #[arg(long, value_name = "FILE", requires = "python", conflicts_with_all = ["module_name", "workspace"])]
    pub python_file: Option<PathBuf>,
    /// A module with definitions
    #[arg(long, value_name = "MODULE", requires = "python", conflicts_with = "workspace")]
    pub module_name: Option<String>,
    /// A workspace.yaml
    #[arg(long, value_name = "FILE", requires = "python")]
    pub workspace: Option<PathBuf>,
    /// The name of the definitions in the file or module
    #[arg(long, value_name = "NAME", requires = "python")]
    pub attribute: Option<String>,
    /// The folder to find modules in [default: the current one]
    #[arg(long, value_name = "DIR", requires = "python")]
    pub working_directory: Option<PathBuf>,
}

impl MigrateCheck {
    /// The flags as they were typed, for the next command.
    #[must_use]
    pub fn words(&self) -> String {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let flags = [
            ("python", self.python.clone()),
            ("python-file", path(&self.place.python_file)),
            ("module-name", self.place.module_name.clone()),
            ("workspace", path(&self.place.workspace)),
            ("attribute", self.place.attribute.clone()),
            ("working-directory", path(&self.place.working_directory)),
        ];
        let named = flags.into_iter().filter_map(|(flag, value)| Some((flag, value?)));
        let typed = named.map(|(flag, value)| format!(" --{flag} {}", quote_word(&value)));
        let load = if self.load == "all" { " --load all" } else { "" };
        self.what.words() + load + &typed.collect::<String>()
    }
}

impl CodePlaceFlags {
    /// The same with whole paths, which count from `here`.
    #[must_use]
    pub fn target(&self, here: &std::path::Path) -> CodeTarget {
        let whole = |path: &PathBuf| here.join(path).display().to_string();
        let folder =
            self.working_directory.as_ref().map_or_else(|| here.to_owned(), |it| here.join(it));
        CodeTarget {
            python_file: self.python_file.as_ref().map(whole),
            module_name: self.module_name.clone(),
            attribute: self.attribute.clone(),
            working_directory: Some(folder.display().to_string()),
            workspace: self.workspace.as_ref().map(whole),
        }
    }
}
