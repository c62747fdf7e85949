//! `cat`: contents of objects on standard output.

use std::io::{self, IsTerminal};

use datalake_engine::{ObjectSource, VersionId};
use datalake_operations::lake::{ContentEnd, ContentSink, ObjectReader, SinkAnswer};

use crate::args::{Cli, objects::Cat};
use crate::commands::usage::note_download;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{Printer, write_out};

pub(in crate::commands) async fn cat(
    cli: &Cli,
    flags: &Cat,
    printer: Printer,
) -> Result<Exit, Failure> {
    if printer.is_json() {
        return Err(Failure::new(
            Exit::Usage,
            "contents are printed as they are: there is no --json for them",
        ));
    }
    let remote = Remote::open(cli, printer).await?;
    let lake = remote.lake();
    for address in &flags.keys {
        let (bucket, key) = remote.client().parse_key(address)?;
        let version = flags.version_id.clone().map(VersionId);
        let source = ObjectSource { version, ..ObjectSource::current(&bucket, &key) };
        let (clock, span) = (&remote.site.clock, flags.range);
        let reader = ObjectReader { lake: &lake, clock, source: &source, span };
        let (mut output, mut read) = (StandardOutput::new(), 0);
        let ended = reader.read(&mut output, &mut read).await;
        note_download(&remote, &bucket, read, "cat");
        match ended? {
            ContentEnd::Whole => (),
            ContentEnd::NobodyReads => break,
            ContentEnd::Refused => return Err(not_for_a_terminal()),
        }
    }
    Ok(Exit::Done)
}

/// Standard output, which takes nothing that would steer a terminal.
struct StandardOutput {
    is_terminal: bool,
}

impl StandardOutput {
    fn new() -> Self {
        Self { is_terminal: io::stdout().is_terminal() }
    }
}

impl ContentSink for StandardOutput {
    fn take(&mut self, chunk: &[u8]) -> SinkAnswer {
        if self.is_terminal && steers_terminal(chunk) {
            SinkAnswer::Refused
        } else if write_out(chunk) {
            SinkAnswer::Taken
        } else {
            SinkAnswer::NobodyReads
        }
    }
}

/// Whether a terminal would take something in it for a command.
fn steers_terminal(content: &[u8]) -> bool {
    content.iter().any(|byte| byte.is_ascii_control() && !b"\t\n\r".contains(byte))
}

fn not_for_a_terminal() -> Failure {
    Failure::new(Exit::Usage, "the content has control characters, which would steer the terminal")
        .hint("send it on: `datalake cat KEY > FILE` or `| less`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_may_meet_a_terminal() {
        assert!(!steers_terminal("a\tb\r\n\u{e9}".as_bytes()));
        assert!(steers_terminal(b"\x1b[2J"));
        assert!(steers_terminal(b"\0"));
        assert!(steers_terminal(b"\x7f"));
    }
}
