//! Programs whose output is handed over line by line.

use std::io;

use datalake_core::FilledBody;
use datalake_engine::LineSink;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::start::started;
use super::{Command, CommandFault, LONGEST_COMPLAINT, read_end, write_all};
use crate::escape::escaped;

/// A line that is longer is handed over in pieces.
const LONGEST_LINE: usize = 64 << 10;

/// Runs a program and hands its standard output to `sink` line by line, until it ends or `sink`
/// says `false`. It has no limit of time: dropping the call ends the program, too.
///
/// # Errors
///
/// [`CommandFault`], also for a program that ends with a status other than 0 by itself.
pub async fn follow(command: &Command, sink: LineSink<'_>) -> Result<(), CommandFault> {
    followed(command, None, sink).await
}

/// Follows a program with `input`, which may be secret, as its standard input; see [`follow`].
///
/// # Errors
///
/// [`CommandFault`], as for [`follow`]; a program that does not read all of it is none.
pub async fn follow_with_input(
    command: &Command,
    input: &FilledBody,
    sink: LineSink<'_>,
) -> Result<(), CommandFault> {
    followed(command, Some(input), sink).await
}

async fn followed(
    command: &Command,
    input: Option<&FilledBody>,
    sink: LineSink<'_>,
) -> Result<(), CommandFault> {
    let name = escaped(command.program.as_encoded_bytes());
    let (mut group, content) = started(command, input)?;
    let (stdout, stderr) = (group.child.stdout.take(), group.child.stderr.take());
    let stdin = group.child.stdin.take();
    let outputs = tokio::try_join!(
        hand_over(stdout, sink),
        async { read_end(stderr, LONGEST_COMPLAINT).await.map_err(Ending::System) },
        async { write_all(stdin, content).await.map_err(Ending::System) },
    );
    let ended = match outputs {
        Ok(((), stderr, ())) => group.child.wait().await.map(|status| (status, stderr)),
        Err(Ending::Enough) => {
            group.end().await;
            return Ok(());
        }
        Err(Ending::System(source)) => Err(source),
    };
    match ended {
        Ok((status, _)) if status.success() => Ok(()),
        Ok((status, stderr)) => {
            Err(CommandFault::Failed { program: name, status, stderr: escaped(&stderr) })
        }
        Err(source) => {
            group.end().await;
            Err(CommandFault::System { program: name, source })
        }
    }
}

/// Why no more lines are handed over.
enum Ending {
    Enough,
    System(io::Error),
}

async fn hand_over(
    output: Option<impl AsyncRead + Unpin>,
    sink: LineSink<'_>,
) -> Result<(), Ending> {
    let Some(mut output) = output else {
        return Ok(());
    };
    let mut buffer = Vec::new();
    while output.read_buf(&mut buffer).await.map_err(Ending::System)? > 0 {
        while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = buffer.drain(..=end).collect();
            hand(line.strip_suffix(b"\n").unwrap_or(&line), sink)?;
        }
        if buffer.len() > LONGEST_LINE {
            hand(&std::mem::take(&mut buffer), sink)?;
        }
    }
    if buffer.is_empty() { Ok(()) } else { hand(&buffer, sink) }
}

fn hand(line: &[u8], sink: LineSink<'_>) -> Result<(), Ending> {
    if sink(line) { Ok(()) } else { Err(Ending::Enough) }
}
