//! Programs that are started on the host or inside a container.

use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::secret::FilledBody;

/// A place where programs can be started.
#[async_trait]
pub trait Programs: Send + Sync {
    /// Runs a program, the first of `words`, with `input` as its standard input, to its end, and ends it
    /// after `limit`. `Absent`: there is no such program. Whatever status it ends with is no fault.
    async fn run(
        &self,
        words: &[String],
        input: &FilledBody,
        limit: Duration,
    ) -> Result<Ran, Fault>;

    /// Starts a program that answers each line of its standard input by a line of its standard output.
    /// `Absent`: there is no such program. `Unsupported`: no program can be kept here.
    async fn open_conversation(&self, _words: &[String]) -> Result<Box<dyn Conversation>, Fault> {
        Err(Fault::new(FaultKind::Unsupported, "no program can be talked to here"))
    }

    /// Starts a program that is fed and read byte by byte. `Absent`: there is no such program.
    /// `Unsupported`: no program can be kept here.
    async fn open_pipes(&self, _words: &[String]) -> Result<Box<dyn PipedProgram>, Fault> {
        Err(Fault::new(FaultKind::Unsupported, "no program can be fed here"))
    }
}

/// A program that is fed through its standard input and read through its standard output, both of any
/// length. Dropped, it is ended. After a fault there is no use in going on with it.
#[async_trait]
pub trait PipedProgram: Send {
    /// Writes all of these bytes. `Unreadable`: it has ended, and the detail is the last line of its
    /// standard error.
    async fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), Fault>;

    /// Waits for so many bytes. Faults as those of [`PipedProgram::send_bytes`].
    async fn receive_bytes(&mut self, length: usize) -> Result<Vec<u8>, Fault>;
}

/// A program that is kept and asked one question after the other. Dropped, it is ended.
#[async_trait]
pub trait Conversation: Send {
    /// Gives the program a line, which may be secret, and waits for its own. After a fault there is no
    /// use in asking again. `Absent`: there is no such program. `Unreadable`: it has ended instead, and
    /// the detail is the last line of its standard error.
    async fn ask_line(&mut self, line: &FilledBody, limit: Duration) -> Result<FilledBody, Fault>;
}

/// How a program has ended, and what it has printed.
pub struct Ran {
    /// Whether it says that it has done its work.
    pub is_done: bool,
    /// Its standard output, which may hold secrets.
    pub stdout: FilledBody,
    /// The end of its standard error, which may hold secrets as well.
    pub stderr: FilledBody,
}
