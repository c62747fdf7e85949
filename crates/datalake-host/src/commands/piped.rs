//! Programs that are fed and read byte by byte.

use std::io;

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_engine::PipedProgram;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::open_program::{OpenProgram, read_some};
use super::{CommandFault, JudgeEnd, LONGEST_ERRORS, ProgramCall};

/// A program between two pipes; dropped, it is ended with all that it has started. Its standard error is
/// read all the time: a program that cannot write there does not go on.
pub(crate) struct FedProgram {
    open: OpenProgram,
    /// Whether something has come of it since it was last sent something.
    is_answered: bool,
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
        Ok(Self { open: OpenProgram::start_open(call, judge_end)?, is_answered: false })
    }

    /// Why an exchange did not come to its end.
    async fn explain_end(&mut self, error: io::Error) -> Fault {
        match error.kind() {
            io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof | io::ErrorKind::WriteZero => {
                self.open.explain_end(Vec::new()).await
            }
            _ => self.open.explain_error(error),
        }
    }

    async fn write_bytes(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let OpenProgram { stdin, stderr, said, .. } = &mut self.open;
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
        let OpenProgram { stdout, stderr, said, .. } = &mut self.open;
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
            self.open.said.clear();
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
