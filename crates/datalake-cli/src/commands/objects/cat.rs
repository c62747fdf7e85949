//! `cat`: contents of objects on standard output.

use std::io::{self, IsTerminal};

use datalake_core::{BucketName, Fault, FaultKind};
use datalake_engine::{
    AnyKey, ByteRange, Clock, Download, Lake, ObjectSource, StoredObject, VersionId,
};
use futures::StreamExt as _;

use crate::args::Cli;
use crate::args::objects::{ByteSpan, Cat};
use crate::commands::usage::note_download;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{Remote, at_object};
use crate::render::{Printer, write_out};

/// How often one content is taken up again where it broke off, without a byte in between.
const TRIES: u32 = 5;

/// How the printing of a content ended.
enum End {
    Whole,
    NobodyReads,
}

pub(in crate::commands) async fn cat(
    cli: &Cli,
    flags: &Cat,
    printer: Printer,
) -> Result<Exit, Failure> {
    if printer.is_json() {
        return Err(Failure::new(
            Exit::Usage,
            "`cat` has no --json: it prints contents as they are",
        ));
    }
    let remote = Remote::open(cli, printer).await?;
    let lake = remote.lake();
    for address in &flags.keys {
        let (bucket, key) = remote.key(address)?;
        let version = flags.version_id.clone().map(VersionId);
        let source = ObjectSource { version, ..ObjectSource::current(&bucket, &key) };
        let content = Content { lake: &lake, clock: &remote.site.clock, bucket, key };
        let mut read = 0;
        let ended = content.print(source, flags.range, &mut read).await;
        note_download(&remote, &content.bucket, (read, "cat"));
        match ended? {
            End::Whole => (),
            End::NobodyReads => break,
        }
    }
    Ok(Exit::Done)
}

/// A content on its way to standard output.
struct Content<'a> {
    lake: &'a dyn Lake,
    clock: &'a dyn Clock,
    bucket: BucketName,
    key: AnyKey,
}

impl Content<'_> {
    async fn print(
        &self,
        source: ObjectSource,
        span: Option<ByteSpan>,
        read: &mut u64,
    ) -> Result<End, Failure> {
        let failed = at_object(&self.bucket, &self.key);
        let Some(range) = self.range(&source, span).await? else { return Ok(End::Whole) };
        let mut download = self.lake.get(&source, range).await.map_err(&failed)?;
        // What comes later has to be of the same content.
        let source = source.if_match(download.object.etag.clone());
        let (mut at, end, mut tries) = (download.range.start, download.range.end, 0);
        loop {
            let before = at;
            let poured = pour(&mut download, &mut at).await;
            *read += at - before;
            match poured {
                Ok(end) => return Ok(end),
                Err(Broken::Terminal) => return Err(not_for_a_terminal()),
                Err(Broken::Input(fault, came)) => {
                    tries = if came { 1 } else { tries + 1 };
                    if tries > TRIES || !may_go_away(&fault) {
                        return Err(failed(fault));
                    }
                    self.clock.sleep(std::time::Duration::from_millis(250) * tries).await;
                    let Ok(rest) = ByteRange::try_from(at..end) else { return Ok(End::Whole) };
                    download = self.lake.get(&source, Some(rest)).await.map_err(&failed)?;
                }
            }
        }
    }

    /// The bytes that are meant; `None` for none at all.
    async fn range(
        &self,
        source: &ObjectSource,
        span: Option<ByteSpan>,
    ) -> Result<Option<Option<ByteRange>>, Failure> {
        let range = match span {
            None => return Ok(Some(None)),
            Some(ByteSpan::Between(first, last)) => first..last + 1,
            Some(ByteSpan::From(first)) => first..self.head(source).await?.size.0.max(first),
            Some(ByteSpan::Last(count)) => {
                let size = self.head(source).await?.size.0;
                size.saturating_sub(count)..size
            }
        };
        Ok(ByteRange::try_from(range).ok().map(Some))
    }

    async fn head(&self, source: &ObjectSource) -> Result<StoredObject, Failure> {
        self.lake.head(source).await.map_err(at_object(&self.bucket, &self.key))
    }
}

/// What has ended the printing.
enum Broken {
    /// The service; and whether anything had come.
    Input(Fault, bool),
    Terminal,
}

async fn pour(download: &mut Download, at: &mut u64) -> Result<End, Broken> {
    let is_terminal = io::stdout().is_terminal();
    let mut came = false;
    loop {
        let chunk = match download.content.next().await {
            None => return Ok(End::Whole),
            Some(Err(fault)) => return Err(Broken::Input(fault, came)),
            Some(Ok(chunk)) => chunk,
        };
        if is_terminal && steers(&chunk) {
            return Err(Broken::Terminal);
        }
        if !write_out(&chunk) {
            return Ok(End::NobodyReads);
        }
        (*at, came) = (*at + chunk.len() as u64, true);
    }
}

/// Whether a terminal would take something in it for a command.
fn steers(content: &[u8]) -> bool {
    content.iter().any(|byte| byte.is_ascii_control() && !b"\t\n\r".contains(byte))
}

fn may_go_away(fault: &Fault) -> bool {
    matches!(
        fault.kind,
        FaultKind::Unreachable
            | FaultKind::Unavailable
            | FaultKind::Throttled
            | FaultKind::Unreadable
    )
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
        assert!(!steers("a\tb\r\n\u{e9}".as_bytes()));
        assert!(steers(b"\x1b[2J"));
        assert!(steers(b"\0"));
        assert!(steers(b"\x7f"));
    }
}
