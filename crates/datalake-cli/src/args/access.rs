//! The command line of `access`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use datalake_core::policy::{AccessCall, CephVersion, ProjectId, RoleName, RolePreset};
use datalake_core::secret::AccessKeyId;

const PLAN_EXAMPLES: &str = "\
Examples:
  datalake access plan          Show the policy that the roles of the spec need
  datalake access plan --json   The same, with the whole document
";

const APPLY_EXAMPLES: &str = "\
Examples:
  datalake access apply --dry-run                  Show what would be stored
  datalake access apply --key-file modal.env       Store the policies, and prove them with that key
  datalake access apply --again                    Store them also where they seem to be there
";

const GRANT_EXAMPLES: &str = "\
Examples:
  datalake access grant AKMODAL --project p7654321 --as modal-worker      Write the role into datalake.yaml
  datalake access grant AKMODAL --key-file modal.env --as modal-worker    The same; the service names the project
  datalake access grant AKREPORTS --project p7654321 read raw list raw    With rights one by one
";

const ADOPT_EXAMPLES: &str = "\
Examples:
  datalake access adopt --dry-run   Count the objects that keys of other projects have written
  datalake access adopt             Make them the bucket's own; may be run again
";

const PROVE_EXAMPLES: &str = "\
Examples:
  datalake access prove --key-file modal.env       Prove the role of this key by what is refused and allowed
  datalake access prove --key-file a --key-file b  The same with two keys
";

const RESET_EXAMPLES: &str = "\
Examples:
  datalake access reset --dry-run   Show what would be taken out of the policies
  datalake access reset             Take datalake's statements out; those of others stay
";

const SHOW_EXAMPLES: &str = "\
Examples:
  datalake access show                                         The policy of the spec's bucket
  datalake access show --document policy.json --project p123   A policy in a file; nothing is sent
";

const SIMULATE_EXAMPLES: &str = "\
Examples:
  datalake access simulate modal PutObject assets/a       May the key of this role store it?
  datalake access simulate p123:AKEXAMPLE ListObjects     May this key list the whole bucket?
  datalake access simulate anonymous s3:GetObject raw/a   May anybody read it?
";

/// What `access` does.
#[derive(Debug, Subcommand)]
pub enum AccessCommand {
    /// Show who may do what in the bucket, and what is wrong with its policy (exit 3)
    #[command(before_help = SHOW_EXAMPLES)]
    Show(AccessShow),
    /// Show the policies that the roles of the spec need, and what differs (exit 3); stores nothing
    #[command(before_help = PLAN_EXAMPLES)]
    Plan,
    /// Store the policies that the roles need; with a role's key, proved by requests or put back
    #[command(before_help = APPLY_EXAMPLES)]
    Apply(AccessApply),
    /// Write a role into datalake.yaml; nothing else in it changes, and nothing is stored
    #[command(before_help = GRANT_EXAMPLES)]
    Grant(AccessGrant),
    /// Prove the stored policies by requests of the keys that they hold (exit 4 where one does not hold)
    #[command(before_help = PROVE_EXAMPLES)]
    Prove(AccessProve),
    /// Make objects of other projects the bucket's own, by copies onto themselves
    #[command(before_help = ADOPT_EXAMPLES)]
    Adopt(AccessAdopt),
    /// Take datalake's statements out of the policies, after objects of other projects were adopted
    #[command(before_help = RESET_EXAMPLES)]
    Reset(AccessChange),
    /// Predict how Ceph's gateway answers one request; the exit code does not depend on it
    #[command(before_help = SIMULATE_EXAMPLES)]
    Simulate(AccessSimulate),
}

/// How policies are changed.
#[derive(Debug, Args)]
pub struct AccessChange {
    /// Show the plan; change nothing (exit 3)
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// Flags of `access apply`.
#[derive(Debug, Args)]
pub struct AccessApply {
    /// How policies are changed.
    #[command(flatten)]
    pub change: AccessChange,
    /// Prove the role of the key pair in FILE with mode 0600 (repeatable)
    #[arg(long = "key-file", value_name = "FILE")]
    pub key_files: Vec<PathBuf>,
    /// Store the policies even if they are as planned: how they were stored cannot be seen
    #[arg(long)]
    pub again: bool,
}

/// Flags of `access grant`.
#[derive(Debug, Args)]
pub struct AccessGrant {
    /// The access key
    #[arg(value_name = "KEY")]
    pub key: AccessKeyId,
    /// The project of the key; best a second one, without buckets
    #[arg(long, value_name = "PROJECT", required_unless_present = "key_file")]
    pub project: Option<ProjectId>,
    /// Ask the service for the project, with the key pair in FILE with mode 0600
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Rights with a name: dagster, modal-worker, backup-writer, observer or migrator
    #[arg(long = "as", value_name = "PRESET", conflicts_with = "rights")]
    pub preset: Option<RolePreset>,
    /// The name of the role [default: that of the preset or of the key]
    #[arg(long, value_name = "NAME")]
    pub name: Option<RoleName>,
    /// Show the line and change nothing (exit 3)
    #[arg(long)]
    pub dry_run: bool,
    /// read PREFIX… write PREFIX… list PREFIX…, any of them; `*` is the whole bucket
    #[arg(value_name = "RIGHTS")]
    pub rights: Vec<String>,
}

/// Flags of `access adopt`.
#[derive(Debug, Args)]
pub struct AccessAdopt {
    /// How it is confirmed.
    #[command(flatten)]
    pub change: AccessChange,
    /// Copy at most N objects
    #[arg(long = "max", value_name = "N", default_value_t = u64::MAX, hide_default_value = true)]
    pub most: u64,
}

/// Flags of `access prove`.
#[derive(Debug, Args)]
pub struct AccessProve {
    /// Prove the role of the key pair in FILE with mode 0600 (repeatable)
    #[arg(long = "key-file", value_name = "FILE", required = true)]
    pub key_files: Vec<PathBuf>,
}

/// The policy that is meant.
#[derive(Debug, Args)]
pub struct PolicySource {
    /// Read the policy from FILE instead of the bucket
    #[arg(long, value_name = "FILE", requires = "project")]
    pub document: Option<PathBuf>,
    /// The project that owns the bucket, for a policy from a file
    #[arg(long, value_name = "PROJECT", requires = "document")]
    pub project: Option<ProjectId>,
}

/// Flags of `access show`.
#[derive(Debug, Args)]
pub struct AccessShow {
    /// The policy that is meant.
    #[command(flatten)]
    pub source: PolicySource,
    /// The version of Ceph that the policy is read as: 16, 18 or 20
    #[arg(long, value_name = "VERSION", default_value = "18")]
    pub dialect: CephVersion,
}

/// Flags of `access simulate`.
#[derive(Debug, Args)]
pub struct AccessSimulate {
    /// A role of the spec, PROJECT:KEY, a key of the bucket's project, or anonymous
    #[arg(value_name = "KEY")]
    pub who: String,
    /// A call (`PutObject`) or the action that it needs (`s3:PutObject`)
    #[arg(value_name = "ACTION")]
    pub call: AccessCall,
    /// The key of an object, or the prefix of a listing
    #[arg(value_name = "RESOURCE", default_value = "")]
    pub resource: String,
    /// The project that has stored the object, if it is not the bucket's own
    #[arg(long, value_name = "PROJECT")]
    pub object_owner: Option<ProjectId>,
    /// A value under the key of a condition, such as s3:x-amz-acl=public-read (repeatable)
    #[arg(long = "with", value_name = "KEY=VALUE")]
    pub values: Vec<String>,
    /// Ask only this version of Ceph: 16, 18 or 20
    #[arg(long, value_name = "VERSION")]
    pub dialect: Option<CephVersion>,
    /// The policy that is meant.
    #[command(flatten)]
    pub source: PolicySource,
}
