//! Programs that are kept and asked line by line.

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::secret::FilledBody;
use datalake_engine::Conversation;
use tokio::io::AsyncReadExt;
use tokio::process::{ChildStderr, ChildStdout};
use tokio::time::timeout;

use super::open_program::{OpenProgram, read_some};
use super::{CommandFault, JudgeEnd, LARGEST_OUTPUT, ProgramCall, fault_of_command, write_line};

/// A program that answers lines; dropped, it is ended with all that it has started.
pub(crate) struct KeptProgram {
    open: OpenProgram,
    /// What it has printed and nobody has been given.
    printed: Vec<u8>,
}

impl KeptProgram {
    /// Starts the program. Its limit counts for nothing: each question has one of its own.
    ///
    /// # Errors
    ///
    /// [`CommandFault`] where it cannot be started.
    pub(crate) fn start_conversation(
        call: &ProgramCall,
        judge_end: JudgeEnd,
    ) -> Result<Self, CommandFault> {
        let open = OpenProgram::start_open(call, judge_end)?;
        Ok(Self { open, printed: Vec::new() })
    }

    async fn exchange_lines(&mut self, line: &[u8]) -> Result<FilledBody, Fault> {
        let Self { open, printed } = self;
        let OpenProgram { stdin, stdout, stderr, said, .. } = &mut *open;
        let reading = async { read_line(stdout, stderr, printed, said).await };
        let exchanged = tokio::try_join!(reading, write_line(stdin, line));
        match exchanged.map_err(|error| open.explain_error(error))?.0 {
            AnswerLine::Whole(answer) => Ok(FilledBody::new(answer)),
            AnswerLine::TooLong => Err(fault_of_command(CommandFault::TooMuch(open.copy_name()))),
            AnswerLine::Ended => Err(open.explain_end(std::mem::take(printed)).await),
        }
    }
}

#[async_trait]
impl Conversation for KeptProgram {
    async fn ask_line(&mut self, line: &FilledBody, limit: Duration) -> Result<FilledBody, Fault> {
        let answer = timeout(limit, self.exchange_lines(line.expose())).await;
        answer.unwrap_or_else(|_| {
            let program = self.open.copy_name();
            Err(fault_of_command(CommandFault::TimedOut { program, limit }))
        })
    }
}

enum AnswerLine {
    Whole(Vec<u8>),
    TooLong,
    Ended,
}

/// Reads to the end of a line, and meanwhile all of standard error: a program that cannot write there
/// does not go on.
async fn read_line(
    stdout: &mut Option<ChildStdout>,
    stderr: &mut Option<ChildStderr>,
    printed: &mut Vec<u8>,
    said: &mut Vec<u8>,
) -> io::Result<AnswerLine> {
    loop {
        if let Some(end) = printed.iter().position(|byte| *byte == b'\n') {
            let mut line: Vec<u8> = printed.drain(..=end).collect();
            line.pop();
            return Ok(AnswerLine::Whole(line));
        }
        if printed.len() > LARGEST_OUTPUT {
            return Ok(AnswerLine::TooLong);
        }
        let Some(output) = stdout else { return Ok(AnswerLine::Ended) };
        tokio::select! {
            read = output.read_buf(printed) => {
                if read? == 0 {
                    *stdout = None;
                }
            }
            read = read_some(stderr, said), if stderr.is_some() => { read?; }
        }
    }
}
