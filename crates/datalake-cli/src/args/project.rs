//! Flags of `dagster init`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The examples of `dagster init`.
pub(super) const INIT_EXAMPLES: &str = "\
Examples:
  datalake dagster init --dry-run                       Show which files would come to this project
  datalake dagster init                                 Write them; a second call changes nothing
  datalake dagster init --layout dg lake                A new project in the folder lake
  datalake dagster init --layout single-file /srv/code  One file, for `python_file:`
  datalake dagster init --frames polars                 An I/O manager for parquet in the bucket, too
  datalake dagster init --project etl                   In the project etl of a workspace of `dg`
";

/// Flags of `dagster init`.
#[derive(Debug, Args)]
pub struct ProjectInit {
    /// The project's folder
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// Where files go; by default as DIR's dg.toml or pyproject.toml says
    #[arg(long, value_enum)]
    pub layout: Option<Layout>,
    /// The project, if DIR is a `dg` workspace with several
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// Also write an I/O manager that keeps frames of this engine as Parquet in the bucket
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub frames: Option<Frames>,
    /// Show what would be written; write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Where the files of a project go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Layout {
    /// Below the `defs` of a project of `create-dagster`; an empty DIR becomes one
    Dg,
    /// One file with definitions of its own, for `python_file:` or `-f`
    SingleFile,
}

/// Whose frames are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Frames {
    /// polars
    Polars,
    /// pandas, with pyarrow
    Pandas,
    /// duckdb, with its relations
    Duckdb,
}
