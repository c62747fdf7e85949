//! Programs that stay open between their pipes.

use std::io;

use datalake_core::fault::Fault;
use datalake_core::secret::FilledBody;
use tokio::io::AsyncReadExt as _;
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};

use super::start::{ProcessGroup, start_program};
use super::{CommandFault, LONGEST_ERRORS, ProgramCall, ProgramEnd, fault_of_command};
use crate::escape::escape_bytes;

/// What an end without an answer means.
pub(crate) type JudgeEnd = fn(&ProgramEnd) -> Fault;

/// A program and its pipes; dropped, it is ended with all that it has started.
pub(super) struct OpenProgram {
    name: String,
    group: ProcessGroup,
    pub(super) stdin: Option<ChildStdin>,
    pub(super) stdout: Option<ChildStdout>,
    pub(super) stderr: Option<ChildStderr>,
    /// The end of its standard error.
    pub(super) said: Vec<u8>,
    judge_end: JudgeEnd,
}

impl OpenProgram {
    /// Starts the program; its limit counts for nothing.
    ///
    /// # Errors
    ///
    /// [`CommandFault`] where it cannot be started.
    pub(super) fn start_open(
        call: &ProgramCall,
        judge_end: JudgeEnd,
    ) -> Result<Self, CommandFault> {
        let nothing = FilledBody::new(Vec::new());
        let (mut group, _) = start_program(call, Some(&nothing))?;
        let (stdin, stdout) = (group.child.stdin.take(), group.child.stdout.take());
        let stderr = group.child.stderr.take();
        let name = escape_bytes(call.program.as_encoded_bytes());
        Ok(Self { name, group, stdin, stdout, stderr, said: Vec::new(), judge_end })
    }

    /// Its name, as it is shown.
    pub(super) fn copy_name(&self) -> String {
        self.name.clone()
    }

    /// Why it did not answer, after one of its pipes has ended; `printed` is what nobody was given.
    pub(super) async fn explain_end(&mut self, printed: Vec<u8>) -> Fault {
        match self.sum_up_end(printed).await {
            Ok(ended) => (self.judge_end)(&ended),
            Err(error) => self.explain_error(error),
        }
    }

    /// The system does not let it be used.
    pub(super) fn explain_error(&self, source: io::Error) -> Fault {
        fault_of_command(CommandFault::System { program: self.copy_name(), source })
    }

    async fn sum_up_end(&mut self, printed: Vec<u8>) -> io::Result<ProgramEnd> {
        (self.stdin, self.stdout) = (None, None);
        while read_some(&mut self.stderr, &mut self.said).await? > 0 {}
        let status = self.group.child.wait().await?;
        let stderr = FilledBody::new(std::mem::take(&mut self.said));
        Ok(ProgramEnd { status, stdout: FilledBody::new(printed), stderr })
    }
}

/// Reads what there is of standard error, and keeps the end of it; 0 when there is no more.
pub(super) async fn read_some(
    stderr: &mut Option<ChildStderr>,
    said: &mut Vec<u8>,
) -> io::Result<usize> {
    let Some(output) = stderr else { return Ok(0) };
    let read = output.read_buf(said).await?;
    if read == 0 {
        *stderr = None;
    }
    let surplus = said.len().saturating_sub(LONGEST_ERRORS);
    said.drain(..surplus);
    Ok(read)
}
