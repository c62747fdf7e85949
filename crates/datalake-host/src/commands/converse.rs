//! Programs that are kept and asked line by line.

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::secret::FilledBody;
use datalake_engine::Conversation;
use tokio::io::AsyncReadExt;
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::time::timeout;

use super::start::{ProcessGroup, start_program};
use super::{
    CommandFault, LARGEST_OUTPUT, LONGEST_ERRORS, ProgramCall, ProgramEnd, fault_of_command,
    write_line,
};
use crate::escape::escape_bytes;

/// What an end without an answer means.
pub(crate) type JudgeEnd = fn(&ProgramEnd) -> Fault;

/// A program that answers lines; dropped, it is ended with all that it has started.
pub(crate) struct KeptProgram {
    name: String,
    group: ProcessGroup,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    /// What it has printed and nobody has been given.
    printed: Vec<u8>,
    /// The end of its standard error.
    said: Vec<u8>,
    judge_end: JudgeEnd,
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
        let nothing = FilledBody::new(Vec::new());
        let (mut group, _) = start_program(call, Some(&nothing))?;
        let (stdin, stdout) = (group.child.stdin.take(), group.child.stdout.take());
        let stderr = group.child.stderr.take();
        let name = escape_bytes(call.program.as_encoded_bytes());
        let (printed, said) = (Vec::new(), Vec::new());
        Ok(Self { name, group, stdin, stdout, stderr, printed, said, judge_end })
    }

    async fn exchange_lines(&mut self, line: &[u8]) -> Result<FilledBody, Fault> {
        let Self { stdin, stdout, stderr, printed, said, name, .. } = self;
        let system =
            |source| fault_of_command(CommandFault::System { program: name.clone(), source });
        let reading = async { read_line(stdout, stderr, printed, said).await };
        let (answer, ()) = tokio::try_join!(reading, write_line(stdin, line)).map_err(system)?;
        match answer {
            AnswerLine::Whole(answer) => Ok(FilledBody::new(answer)),
            AnswerLine::TooLong => Err(fault_of_command(CommandFault::TooMuch(name.clone()))),
            AnswerLine::Ended => {
                let ended = self.sum_up().await.map_err(|source| {
                    fault_of_command(CommandFault::System { program: self.name.clone(), source })
                })?;
                Err((self.judge_end)(&ended))
            }
        }
    }

    /// How it has ended, after its standard output has.
    async fn sum_up(&mut self) -> io::Result<ProgramEnd> {
        while read_some(&mut self.stderr, &mut self.said).await? > 0 {}
        let status = self.group.child.wait().await?;
        let stdout = FilledBody::new(std::mem::take(&mut self.printed));
        Ok(ProgramEnd { status, stdout, stderr: FilledBody::new(std::mem::take(&mut self.said)) })
    }
}

#[async_trait]
impl Conversation for KeptProgram {
    async fn ask_line(&mut self, line: &FilledBody, limit: Duration) -> Result<FilledBody, Fault> {
        let answer = timeout(limit, self.exchange_lines(line.expose())).await;
        answer.unwrap_or_else(|_| {
            let program = self.name.clone();
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
