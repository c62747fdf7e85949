//! The command line of `key`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::descriptor;

const CHECK_EXAMPLES: &str = "\
Examples:
  datalake key check                           Does the key pair of the spec work, and is it in use?
  datalake key check --new-key-file new.env    Could this pair take its place?
";

const AGE_EXAMPLES: &str = "\
Examples:
  datalake key age          Since when is the key pair in use (exit 3 after 90 days)
  datalake key age --json   The same for programs
";

const ROTATE_EXAMPLES: &str = "\
Examples:
  datalake key rotate --new-key-file new.env   Bring this pair to host and Modal, then refuse the old one
  datalake key rotate                          Ask for the pair; or go on with a change that was begun
  datalake key rotate --status                 How far has it come?
";

const ABORT_EXAMPLES: &str = "\
Examples:
  datalake key abort   Go back to the old pair, wherever the change has come to
";

const FINISH_EXAMPLES: &str = "\
Examples:
  datalake key finish   After the old key was deleted in the Console: take it out of the policies
";

/// What `key` does.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Tell whether the key pair works everywhere, and whether a new one could take its place (exit 3)
    #[command(before_help = CHECK_EXAMPLES)]
    Check(NewKeyFlags),
    /// Tell since when the key pair is in use (exit 3 after 90 days)
    #[command(before_help = AGE_EXAMPLES)]
    Age,
    /// Bring a new key pair to policies, host and Modal without downtime, then refuse the old one
    #[command(before_help = ROTATE_EXAMPLES)]
    Rotate(KeyRotate),
    /// Go back to the old key pair
    #[command(before_help = ABORT_EXAMPLES)]
    Abort(KeyConfirm),
    /// End the change once the old key is deleted (exit 3 where the service still knows it)
    #[command(before_help = FINISH_EXAMPLES)]
    Finish(KeyConfirm),
}

/// How a change is confirmed.
#[derive(Debug, Args)]
pub struct KeyConfirm {
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Go on: the services that datalake does not restart here were restarted by hand
    #[arg(long)]
    pub restarted: bool,
}

/// Flags of `key rotate`.
#[derive(Debug, Args)]
pub struct KeyRotate {
    /// Where the new key pair comes from.
    #[command(flatten)]
    pub new_key: NewKeyFlags,
    /// How it is confirmed.
    #[command(flatten)]
    pub confirm: KeyConfirm,
    /// Show how far the change has come, and what comes next; change nothing
    #[arg(long)]
    pub status: bool,
}

/// Where the new key pair comes from.
#[derive(Debug, Default, Args)]
pub struct NewKeyFlags {
    /// Read the new key pair from FILE (mode 0600)
    #[arg(long, value_name = "FILE", conflicts_with = "new_key_fd")]
    pub new_key_file: Option<PathBuf>,
    /// Read the new key pair from open file descriptor N
    #[arg(long, value_name = "N", value_parser = descriptor)]
    pub new_key_fd: Option<i32>,
}
