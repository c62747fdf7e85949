//! Bytes on their way to the disk and back, in blocks.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::PathBuf;

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use md5::{Digest as _, Md5};
use s3s::checksum::ChecksumHasher;
use s3s::dto::{Checksum, StreamingBlob};
use s3s::{S3Error, S3Result, s3_error};
use tokio::task::JoinHandle;

use super::disk::Disk;
use super::{Segment, StoredContent};
use crate::errors::{OrDisk as _, hash_mismatch};

/// How many bytes go to the disk, or come from it, at once.
const BLOCK: usize = 256 * 1024;

/// Up to here a detour over another thread costs more than the work.
const SMALL: usize = 64 * 1024;

/// A body below `tmp`, removed again unless it is kept.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) size: u64,
    pub(crate) md5: [u8; 16],
    pub(crate) checksum: Checksum,
    file: TemporaryFile,
}

impl Received {
    /// Moves the bytes to their bucket. Nothing is kept of an empty body.
    pub(crate) fn keep(mut self, disk: &Disk, bucket: &str) -> io::Result<Option<Segment>> {
        if self.size == 0 {
            return Ok(None);
        }
        let file = disk.fresh().to_string();
        fs::rename(&self.file.path, disk.body(bucket, &file))?;
        self.file.kept = true;
        Ok(Some(Segment { file, size: self.size }))
    }

    /// Changes one byte as bad memory does: before tags are made of it.
    pub(crate) fn alter(&mut self) -> io::Result<()> {
        self.flip_bit()?;
        let mut md5 = Md5::new();
        io::copy(&mut File::open(&self.file.path)?, &mut md5)?;
        self.md5 = md5.finalize().into();
        Ok(())
    }

    /// Changes one bit in the middle, as a dying disk does.
    pub(crate) fn flip_bit(&self) -> io::Result<()> {
        if self.size == 0 {
            return Ok(());
        }
        let mut file = File::options().read(true).write(true).open(&self.file.path)?;
        let mut byte = [0];
        file.seek(SeekFrom::Start(self.size / 2))?;
        file.read_exact(&mut byte)?;
        file.seek(SeekFrom::Start(self.size / 2))?;
        file.write_all(&byte.map(|byte| byte ^ 1))
    }
}

#[derive(Debug)]
struct TemporaryFile {
    path: PathBuf,
    kept: bool,
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if !self.kept {
            // What cannot be removed now is removed at the next start.
            fs::remove_file(&self.path).unwrap_or_default();
        }
    }
}

/// Takes a whole body in.
///
/// # Errors
///
/// The body ends early or is not what was signed; nothing is left of it then.
pub(crate) async fn receive_body(
    disk: &Disk,
    body: Option<StreamingBlob>,
    hasher: ChecksumHasher,
    takes_wrong_hash: bool,
) -> S3Result<Received> {
    let mut writer = Writer::Idle(Box::new(Sink::open(disk.temporary(), hasher).or_disk()?));
    let mut block = Vec::new();
    let mut chunks = stream::iter(body).flatten();
    while let Some(chunk) = chunks.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            // All of it has come by then.
            Err(error) if takes_wrong_hash && is_wrong_hash(error.as_ref()) => break,
            Err(error) => return Err(broken_body(error.as_ref())),
        };
        block.extend_from_slice(&chunk);
        if block.len() >= BLOCK {
            let full = std::mem::replace(&mut block, Vec::with_capacity(BLOCK + SMALL));
            let sink = writer.idle().await?;
            writer = Writer::Busy(tokio::task::spawn_blocking(move || sink.write(&full)));
        }
    }
    let sink = writer.idle().await?;
    let sink = if block.len() <= SMALL {
        sink.write(&block).or_disk()?
    } else {
        Writer::Busy(tokio::task::spawn_blocking(move || sink.write(&block))).idle().await?
    };
    Ok(sink.finish())
}

fn is_wrong_hash(error: &(dyn std::error::Error + 'static)) -> bool {
    error.to_string().contains("Sha256Mismatch")
}

fn broken_body(error: &(dyn std::error::Error + 'static)) -> S3Error {
    // The error types of s3s are private; their words are all there is.
    let text = error.to_string();
    if is_wrong_hash(error) {
        hash_mismatch()
    } else if text.contains("SignatureMismatch") {
        s3_error!(SignatureDoesNotMatch)
    } else {
        s3_error!(IncompleteBody)
    }
}

/// Writes one block while the next one comes in.
enum Writer {
    Idle(Box<Sink>),
    Busy(JoinHandle<io::Result<Box<Sink>>>),
}

impl Writer {
    async fn idle(self) -> S3Result<Box<Sink>> {
        match self {
            Self::Idle(sink) => Ok(sink),
            Self::Busy(task) => task.await.map_err(S3Error::internal_error)?.or_disk(),
        }
    }
}

struct Sink {
    file: File,
    temporary: TemporaryFile,
    size: u64,
    md5: Md5,
    hasher: ChecksumHasher,
}

impl Sink {
    fn open(path: PathBuf, hasher: ChecksumHasher) -> io::Result<Self> {
        let file = File::create_new(&path)?;
        let temporary = TemporaryFile { path, kept: false };
        Ok(Self { file, temporary, size: 0, md5: Md5::new(), hasher })
    }

    fn write(mut self: Box<Self>, block: &[u8]) -> io::Result<Box<Self>> {
        self.file.write_all(block)?;
        self.md5.update(block);
        self.hasher.update(block);
        self.size += u64::try_from(block.len()).unwrap_or(u64::MAX);
        Ok(self)
    }

    fn finish(self) -> Received {
        Received {
            size: self.size,
            md5: self.md5.finalize().into(),
            checksum: self.hasher.finalize(),
            file: self.temporary,
        }
    }
}

/// Gives the bytes of `range` of an object.
///
/// The first file is opened at once: a version that is deleted meanwhile is
/// still read to its end, as long as it is one file.
pub(crate) fn send_content(
    disk: &Disk,
    bucket: &str,
    content: &StoredContent,
    range: Range<u64>,
) -> io::Result<StreamingBlob> {
    let mut pieces = list_stretches(disk, bucket, content, range);
    let Some(first) = pieces.first_mut() else {
        return Ok(StreamingBlob::from(s3s::Body::empty()));
    };
    first.open()?;
    if pieces.len() == 1
        && let Some(first) = pieces.first_mut()
        && first.left <= SMALL as u64
    {
        return Ok(StreamingBlob::from(s3s::Body::from(first.read()?)));
    }
    pieces.reverse();
    let blocks = stream::try_unfold(pieces, |mut pieces| async move {
        while let Some(mut piece) = pieces.pop() {
            if piece.left == 0 {
                continue;
            }
            let (piece, block) = tokio::task::spawn_blocking(move || {
                piece.open()?;
                piece.read().map(|block| (piece, block))
            })
            .await
            .map_err(io::Error::other)??;
            pieces.push(piece);
            return Ok(Some((block, pieces)));
        }
        Ok::<_, io::Error>(None)
    });
    Ok(StreamingBlob::wrap(blocks))
}

/// A stretch of one file.
struct FileStretch {
    path: PathBuf,
    file: Option<File>,
    from: u64,
    left: u64,
}

impl FileStretch {
    fn open(&mut self) -> io::Result<()> {
        if self.file.is_none() {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(self.from))?;
            self.file = Some(file);
        }
        Ok(())
    }

    /// Reads the next block.
    fn read(&mut self) -> io::Result<Bytes> {
        let length = usize::try_from(self.left).unwrap_or(BLOCK).min(BLOCK);
        let mut block = vec![0; length];
        if let Some(file) = &mut self.file {
            file.read_exact(&mut block)?;
        }
        self.left -= u64::try_from(length).unwrap_or(self.left);
        Ok(block.into())
    }
}

fn list_stretches(
    disk: &Disk,
    bucket: &str,
    content: &StoredContent,
    range: Range<u64>,
) -> Vec<FileStretch> {
    let mut start = 0;
    let mut pieces = Vec::new();
    for segment in &content.segments {
        let end = start + segment.size;
        if range.start < end && start < range.end {
            let from = range.start.max(start) - start;
            let left = range.end.min(end) - start - from;
            let path = disk.body(bucket, &segment.file);
            pieces.push(FileStretch { path, file: None, from, left });
        }
        start = end;
    }
    pieces
}
