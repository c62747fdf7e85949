//! How fast `datalake` is, beside others that do the same work on the same service in the same run.
//!
//! The service is a null service of this program: it speaks S3, believes every signature and keeps
//! no content, so that the clients are measured and not the service. `cargo xtask bench` builds and
//! starts all of it.

mod clients;
mod floor;
mod ground;
mod measure;
mod pattern;
mod peers;
mod report;
mod rounds;
mod rows;
mod server;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum as _};

pub use crate::clients::Client;
pub use crate::rows::BenchRow;

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench                                   All clients, five rounds
  cargo xtask bench --quick                           Small sizes, our own client and the floor
  cargo xtask bench --rows down --clients datalake,rclone --rounds 9
  cargo xtask bench --rows names,far                  A million names; a service far away with limits
";

#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", before_help = EXAMPLES, args_conflicts_with_subcommands = true)]
struct BenchCli {
    #[command(flatten)]
    wishes: Wishes,
    #[command(subcommand)]
    inner: Option<BenchCommand>,
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    /// The raw client that the others are compared with
    #[command(hide = true)]
    Floor(floor::Floor),
}

/// What is measured.
#[derive(Debug, Clone, Args)]
pub struct Wishes {
    /// Which work is done
    #[arg(long, value_enum, value_delimiter = ',', value_name = "ROW")]
    #[arg(default_values_t = BenchRow::USUAL)]
    pub rows: Vec<BenchRow>,
    /// Who does it
    #[arg(long, value_enum, value_delimiter = ',', value_name = "CLIENT")]
    #[arg(default_values_t = Client::ALL)]
    pub clients: Vec<Client>,
    /// How often each one does it, in turn
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// How many small files there are
    #[arg(long, default_value_t = 10_000)]
    pub files: u64,
    /// The size of a small file
    #[arg(long, default_value_t = 10 << 10, value_name = "BYTES")]
    pub size: u64,
    /// The size of the large file
    #[arg(long, default_value_t = 2 << 30, value_name = "BYTES")]
    pub large: u64,
    /// How many objects are listed
    #[arg(long, default_value_t = 100_000)]
    pub objects: u64,
    /// How many names there are in the row `names`
    #[arg(long, default_value_t = 1_000_000)]
    pub names: u64,
    /// Small sizes, one round, our own client and the floor: whether it works at all
    #[arg(long)]
    pub quick: bool,
    /// Where the files lie; what is in it is removed
    #[arg(long, value_name = "DIR", default_value = "/dev/shm/datalake-bench")]
    pub work: PathBuf,
    /// Where other clients are installed
    #[arg(long, value_name = "DIR", default_value = "target/bench")]
    pub tools: PathBuf,
    /// Our own client; the one beside this program if left out
    #[arg(long, value_name = "PROGRAM")]
    pub datalake: Option<PathBuf>,
    /// Write all figures into FILE, too
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

impl Wishes {
    /// All rows in small sizes, for this program alone.
    #[must_use]
    pub fn trial(datalake: PathBuf, work: PathBuf) -> Self {
        let tools = work.with_extension("tools");
        Self {
            rows: BenchRow::value_variants().to_vec(),
            clients: vec![Client::Datalake],
            rounds: 1,
            files: 50,
            size: 10 << 10,
            large: 40 << 20,
            objects: 3_000,
            names: 3_000,
            quick: false,
            work,
            tools,
            datalake: Some(datalake),
            json: None,
        }
    }
}

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failed(String);

impl Failed {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// Runs the command line `words`, the program's name first.
pub fn main(words: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    let done = match BenchCli::parse_from(words) {
        BenchCli { inner: Some(BenchCommand::Floor(floor)), .. } => floor::run_floor(&floor),
        BenchCli { wishes, .. } => measure_clients(wishes)
            .and_then(|table| Ok(std::io::stdout().lock().write_all(table.as_bytes())?)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            tell_operator(&failed.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Measures what is wished for and gives the table as Markdown.
///
/// # Errors
///
/// [`Failed`] where something cannot be started, or a client did not do the work.
pub fn measure_clients(mut wishes: Wishes) -> Result<String, Failed> {
    if wishes.quick {
        wishes.clients.retain(|client| client.is_ours() || *client == Client::Floor);
        wishes.rounds = 1;
        wishes.files = wishes.files.min(300);
        wishes.large = wishes.large.min(40 << 20);
        wishes.objects = wishes.objects.min(3_000);
        wishes.names = wishes.names.min(3_000);
    }
    let samples = rounds::measure_rows(&wishes)?;
    if let Some(file) = &wishes.json {
        let text = serde_json::to_vec_pretty(&samples).map_err(|e| Failed::new(e.to_string()))?;
        std::fs::write(file, text)?;
    }
    Ok(report::render_table(&samples))
}

/// Tells something on standard error.
fn tell_operator(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
}
