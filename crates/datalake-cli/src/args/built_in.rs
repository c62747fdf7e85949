//! Flags of what needs no server: the built-in service, the demo, the schemas.

#[cfg(feature = "sandbox")]
use std::path::PathBuf;

use clap::Args;

pub(super) const SCHEMA_EXAMPLES: &str = "\
Examples:
  datalake schema                        List the kinds of documents
  datalake schema spec > schema.json     For an editor, to check and complete datalake.yaml
  datalake schema status                 For a program that reads `datalake status --json`
";

/// Flags of `schema`.
#[derive(Debug, Args)]
pub struct Schema {
    /// `spec`, or a kind of document [default: list all names]
    #[arg(value_name = "KIND")]
    pub kind: Option<String>,
}

#[cfg(feature = "sandbox")]
pub(super) const DEMO_EXAMPLES: &str = "\
Examples:
  datalake demo                    Play it in a temporary folder
  datalake demo --keep ./demo      Keep the folder, to look at the page and to go on from there
";

/// Flags of `demo`.
#[cfg(feature = "sandbox")]
#[derive(Debug, Args)]
pub struct Demo {
    /// Work in this new folder, and keep it
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// Flags of `sandbox`.
#[cfg(feature = "sandbox")]
#[derive(Debug, Args)]
pub struct SandboxFlags {
    /// Listen on this loopback port
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Serve HTTPS with a self-signed certificate
    #[arg(long)]
    pub tls: bool,
    /// Inject faults, such as "seed 7, 5% 503, cut-body@1024"
    #[arg(long, value_name = "PLAN")]
    pub faults: Option<String>,
    /// Know the key pairs of FILE, a line `ID SECRET` each, in place of the sandbox's own; to delete or
    /// add a key, as in a provider's console, edit the file
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// Behave like plain S3, without Hetzner's quirks
    #[arg(long)]
    pub plain: bool,
    /// Treat If-None-Match and If-Match in buckets with versioning as Ceph 16 and 18 do (ignored), as
    /// Ceph 20 does (racing), or as plain S3 does (obeyed) [default: ignored; with --plain: obeyed]
    #[arg(long, value_name = "HOW", value_parser = ["ignored", "racing", "obeyed"])]
    pub conditional_writes: Option<String>,
}
