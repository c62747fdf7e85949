//! Just enough of HTTP.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::ops::Range;

use crate::Failed;

/// How much is read at once.
const CHUNK: usize = 256 << 10;
/// What a signed request carries, so that no fewer bytes go than elsewhere.
const FILLER: &str = "x-amz-date: 20260101T000000Z\r\n\
    x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n\
    x-amz-meta-mtime: 1790000000.123456789\r\n\
    authorization: AWS4-HMAC-SHA256 Credential=EXAMPLE/20260101/fsn1/s3/aws4_request,\
    SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-mtime,\
    Signature=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n";

/// A connection.
pub(super) struct FloorConnection {
    stream: TcpStream,
    host: String,
    buffer: Vec<u8>,
    /// What of the buffer is the beginning of a body.
    body: Range<usize>,
    left: usize,
}

impl FloorConnection {
    pub(super) fn open(service: &str) -> Result<Self, Failed> {
        let stream = TcpStream::connect(service)?;
        stream.set_nodelay(true)?;
        let (host, buffer) = (service.to_owned(), vec![0; CHUNK]);
        Ok(Self { stream, host, buffer, body: 0..0, left: 0 })
    }

    /// Asks and takes the whole answer.
    pub(super) fn ask(&mut self, method: &str, to: &str, body: &[u8]) -> Result<Vec<u8>, Failed> {
        let mut request = self.request_head(method, to, body.len() as u64);
        request.extend_from_slice(body);
        self.stream.write_all(&request)?;
        self.answer()
    }

    /// Begins a request whose body is to follow.
    pub(super) fn begin(&mut self, method: &str, to: &str, length: u64) -> Result<(), Failed> {
        let head = self.request_head(method, to, length);
        Ok(self.stream.write_all(&head)?)
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        Ok(self.stream.write_all(bytes)?)
    }

    /// Asks for a part of an object; its body is to be read.
    pub(super) fn range(&mut self, to: &str, range: Range<u64>) -> Result<(), Failed> {
        let host = &self.host;
        let (first, last) = (range.start, range.end - 1);
        let head = format!(
            "GET /{to} HTTP/1.1\r\nhost: {host}\r\nrange: bytes={first}-{last}\r\n{FILLER}\r\n"
        );
        self.stream.write_all(head.as_bytes())?;
        self.head_of_answer().map(drop)
    }

    /// The size of an object.
    pub(super) fn head(&mut self, to: &str) -> Result<u64, Failed> {
        let head = self.request_head("HEAD", to, 0);
        self.stream.write_all(&head)?;
        Ok(self.head_of_answer()? as u64)
    }

    /// Takes the whole answer.
    pub(super) fn answer(&mut self) -> Result<Vec<u8>, Failed> {
        let mut whole = Vec::with_capacity(self.head_of_answer()?);
        self.body(|chunk| {
            whole.extend_from_slice(chunk);
            Ok(())
        })?;
        Ok(whole)
    }

    /// Reads the body of an answer.
    pub(super) fn body(
        &mut self,
        mut take: impl FnMut(&[u8]) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        take(self.buffer.get(self.body.clone()).unwrap_or_default())?;
        self.left -= self.body.len();
        while self.left > 0 {
            match self.stream.read(&mut self.buffer)? {
                0 => return Err(Failed::new("an answer broke off")),
                read => {
                    take(self.buffer.get(..read).unwrap_or_default())?;
                    self.left = self.left.saturating_sub(read);
                }
            }
        }
        Ok(())
    }

    fn request_head(&self, method: &str, to: &str, length: u64) -> Vec<u8> {
        let host = &self.host;
        let head = format!(
            "{method} /{to} HTTP/1.1\r\nhost: {host}\r\n{FILLER}content-length: {length}\r\n\r\n"
        );
        head.into_bytes()
    }

    /// Reads up to the body, and gives its length.
    fn head_of_answer(&mut self) -> Result<usize, Failed> {
        let mut filled = 0;
        loop {
            let room = self.buffer.get_mut(filled..).unwrap_or_default();
            let read = self.stream.read(room)?;
            if read == 0 {
                return Err(Failed::new("there was no answer"));
            }
            filled += read;
            let text = self.buffer.get(..filled).unwrap_or_default();
            let Some(end) = text.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(text.get(..end).unwrap_or_default()).to_lowercase();
            if !head.starts_with("http/1.1 2") {
                return Err(Failed::new(head));
            }
            let head = format!("{head}\r\n");
            let length = cut_between(&head, "content-length: ", "\r\n").unwrap_or("0").parse();
            self.left = length.map_err(|_| Failed::new("an answer of no length"))?;
            self.body = end + 4..filled;
            return Ok(self.left);
        }
    }
}

/// What stands between two texts.
pub(super) fn cut_between<'t>(text: &'t str, before: &str, behind: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(behind).map(|(found, _)| found)
}
