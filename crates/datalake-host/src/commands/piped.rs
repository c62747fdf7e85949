//! Programs that are fed and read byte by byte.

use std::io;

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::secret::FilledBody;
use datalake_engine::PipedProgram;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};

use super::start::{ProcessGroup, start_program};
use super::{
    CommandFault, JudgeEnd, LONGEST_ERRORS, ProgramCall, ProgramEnd, fault_of_command, read_some,
};
use crate::escape::escape_bytes;

/// A program between two pipes; dropped, it is ended with all that it has started. Its standard error is
/// read all the time: a program that cannot write there does not go on.
pub(crate) struct FedProgram {
    name: String,
    group: ProcessGroup,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    /// The end of its standard error.
    said: Vec<u8>,
    /// Whether something has come of it since it was last sent something.
    is_answered: bool,
    judge_end: JudgeEnd,
}

impl FedProgram {
    /// Starts the program; its limit counts for nothing.
    ///
    /// # Errors
    ///
    /// [`CommandFault`] where it cannot be started.
    pub(crate) fn start_between_pipes(
        call: &ProgramCall,
        judge_end: JudgeEnd,
    ) -> Result<Self, CommandFault> {
        let nothing = FilledBody::new(Vec::new());
        let (mut group, _) = start_program(call, Some(&nothing))?;
        let (stdin, stdout) = (group.child.stdin.take(), group.child.stdout.take());
        let stderr = group.child.stderr.take();
        let name = escape_bytes(call.program.as_encoded_bytes());
        let (said, is_answered) = (Vec::new(), false);
        Ok(Self { name, group, stdin, stdout, stderr, said, is_answered, judge_end })
    }

    /// Why an exchange did not come to its end.
    async fn explain_end(&mut self, error: io::Error) -> Fault {
        let is_end = matches!(
            error.kind(),
            io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof | io::ErrorKind::WriteZero
        );
        let summed = if is_end { self.sum_up_end().await } else { Err(error) };
        match summed {
            Ok(ended) => (self.judge_end)(&ended),
            Err(source) => {
                fault_of_command(CommandFault::System { program: self.name.clone(), source })
            }
        }
    }

    /// How it has ended, after one of its pipes has.
    async fn sum_up_end(&mut self) -> io::Result<ProgramEnd> {
        (self.stdin, self.stdout) = (None, None);
        while read_some(&mut self.stderr, &mut self.said).await? > 0 {}
        let status = self.group.child.wait().await?;
        let stderr = FilledBody::new(std::mem::take(&mut self.said));
        Ok(ProgramEnd { status, stdout: FilledBody::new(Vec::new()), stderr })
    }

    async fn write_bytes(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let Self { stdin, stderr, said, .. } = self;
        let Some(input) = stdin else { return Err(io::ErrorKind::BrokenPipe.into()) };
        while !bytes.is_empty() {
            tokio::select! {
                written = input.write(bytes) => bytes = bytes.get(written?..).unwrap_or_default(),
                read = read_some(stderr, said), if stderr.is_some() => { read?; }
            }
        }
        input.flush().await
    }

    async fn read_bytes(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let Self { stdout, stderr, said, .. } = self;
        let Some(output) = stdout else { return Err(io::ErrorKind::UnexpectedEof.into()) };
        let mut output = output.take(length as u64);
        let mut bytes = Vec::with_capacity(length.min(LONGEST_ERRORS));
        while bytes.len() < length {
            tokio::select! {
                read = output.read_buf(&mut bytes) => {
                    if read? == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                read = read_some(stderr, said), if stderr.is_some() => { read?; }
            }
        }
        Ok(bytes)
    }
}

#[async_trait]
impl PipedProgram for FedProgram {
    async fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if std::mem::take(&mut self.is_answered) {
            // What it said before an answer explains no later end.
            self.said.clear();
        }
        match self.write_bytes(bytes).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.explain_end(error).await),
        }
    }

    async fn receive_bytes(&mut self, length: usize) -> Result<Vec<u8>, Fault> {
        match self.read_bytes(length).await {
            Ok(bytes) => {
                self.is_answered = true;
                Ok(bytes)
            }
            Err(error) => Err(self.explain_end(error).await),
        }
    }
}
