//! Programs whose output is handed over line by line.

use std::io;

use datalake_core::secret::FilledBody;
use datalake_engine::LineSink;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::start::start_program;
use super::{CommandFault, LONGEST_COMPLAINT, ProgramCall, read_end, write_all};
use crate::escape::escape_bytes;

/// A line that is longer is handed over in pieces.
const LONGEST_LINE: usize = 64 << 10;

/// Runs a program and hands its standard output to `sink` line by line, until it ends or `sink`
/// says `false`. It has no limit of time: dropping the call ends the program, too.
///
/// # Errors
///
/// [`CommandFault`], also for a program that ends with a status other than 0 by itself.
pub async fn follow_program(command: &ProgramCall, sink: LineSink<'_>) -> Result<(), CommandFault> {
    follow_output(command, None, sink).await
}

/// Follows a program with `input`, which may be secret, as its standard input; see [`follow_program`].
///
/// # Errors
///
/// [`CommandFault`], as for [`follow_program`]; a program that does not read all of it is none.
pub async fn follow_with_input(
    command: &ProgramCall,
    input: &FilledBody,
    sink: LineSink<'_>,
) -> Result<(), CommandFault> {
    follow_output(command, Some(input), sink).await
}

async fn follow_output(
    command: &ProgramCall,
    input: Option<&FilledBody>,
    sink: LineSink<'_>,
) -> Result<(), CommandFault> {
    let name = escape_bytes(command.program.as_encoded_bytes());
    let (mut group, content) = start_program(command, input)?;
    let (stdout, stderr) = (group.child.stdout.take(), group.child.stderr.take());
    let stdin = group.child.stdin.take();
    let outputs = tokio::try_join!(
        hand_over(stdout, sink),
        async { read_end(stderr, LONGEST_COMPLAINT).await.map_err(FollowEnd::System) },
        async { write_all(stdin, content).await.map_err(FollowEnd::System) },
    );
    let ended = match outputs {
        Ok(((), stderr, ())) => group.child.wait().await.map(|status| (status, stderr)),
        Err(FollowEnd::Enough) => {
            group.end().await;
            return Ok(());
        }
        Err(FollowEnd::System(source)) => Err(source),
    };
    match ended {
        Ok((status, _)) if status.success() => Ok(()),
        Ok((status, stderr)) => {
            Err(CommandFault::Failed { program: name, status, stderr: escape_bytes(&stderr) })
        }
        Err(source) => {
            group.end().await;
            Err(CommandFault::System { program: name, source })
        }
    }
}

/// Why no more lines are handed over.
enum FollowEnd {
    Enough,
    System(io::Error),
}

async fn hand_over(
    output: Option<impl AsyncRead + Unpin>,
    sink: LineSink<'_>,
) -> Result<(), FollowEnd> {
    let Some(mut output) = output else {
        return Ok(());
    };
    let mut buffer = Vec::new();
    while output.read_buf(&mut buffer).await.map_err(FollowEnd::System)? > 0 {
        while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = buffer.drain(..=end).collect();
            hand_line(line.strip_suffix(b"\n").unwrap_or(&line), sink)?;
        }
        if buffer.len() > LONGEST_LINE {
            hand_line(&std::mem::take(&mut buffer), sink)?;
        }
    }
    if buffer.is_empty() { Ok(()) } else { hand_line(&buffer, sink) }
}

fn hand_line(line: &[u8], sink: LineSink<'_>) -> Result<(), FollowEnd> {
    if sink(line) { Ok(()) } else { Err(FollowEnd::Enough) }
}
