//! Contents read.

use datalake_engine::ObjectSource;

use crate::lake::test_service::{TestService, key};
use crate::lake::{ContentEnd, ContentSink, ObjectReader, SinkAnswer};
use crate::{ErrorKind, OperationError};

/// Keeps what it takes, and answers otherwise from some byte on.
#[derive(Default)]
struct TestSink {
    taken: Vec<u8>,
    ends: Option<(usize, SinkAnswer)>,
}

impl ContentSink for TestSink {
    fn take(&mut self, chunk: &[u8]) -> SinkAnswer {
        match self.ends {
            Some((after, answer)) if self.taken.len() >= after => answer,
            _ => {
                self.taken.extend_from_slice(chunk);
                SinkAnswer::Taken
            }
        }
    }
}

async fn read(
    service: &TestService,
    text: &str,
    span: Option<&str>,
    sink: &mut TestSink,
) -> Result<(ContentEnd, u64), OperationError> {
    let lake = service.client().retrying();
    let source = ObjectSource::current(&service.bucket, &key(text));
    let span = span.map(|span| span.parse().unwrap());
    let reader = ObjectReader { lake: &lake, clock: &service.clock, source: &source, span };
    let mut read = 0;
    reader.read(sink, &mut read).await.map(|end| (end, read))
}

#[tokio::test]
async fn a_content_or_a_span_of_it_is_read() {
    let service = TestService::with_keys(&["0123456789"]).await;
    let table = [
        (None, "0123456789"),
        (Some("2-4"), "234"),
        (Some("7-"), "789"),
        (Some("-3"), "789"),
        (Some("-30"), "0123456789"),
        (Some("10-"), ""),
        (Some("99-"), ""),
        (Some("-0"), ""),
    ];
    for (span, expected) in table {
        let mut sink = TestSink::default();
        let ended = read(&service, "0123456789", span, &mut sink).await.unwrap();
        assert_eq!(ended, (ContentEnd::Whole, expected.len() as u64), "{span:?}");
        assert_eq!(sink.taken, expected.as_bytes(), "{span:?}");
    }
}

#[tokio::test]
async fn a_sink_can_end_the_reading() {
    let service = TestService::with_keys(&["0123456789"]).await;
    for (answer, end) in [
        (SinkAnswer::NobodyReads, ContentEnd::NobodyReads),
        (SinkAnswer::Refused, ContentEnd::Refused),
    ] {
        let mut sink = TestSink { ends: Some((0, answer)), ..TestSink::default() };
        assert_eq!(read(&service, "0123456789", None, &mut sink).await.unwrap(), (end, 0));
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_explained() {
    let service = TestService::with_keys(&["raw/a"]).await;
    let mut sink = TestSink::default();

    let folder = read(&service, "raw", None, &mut sink).await.unwrap_err();
    assert_eq!(folder.messages, ["`s3://acme-lake/raw/` is a folder, not an object"]);
    let span = read(&service, "raw", Some("-3"), &mut sink).await.unwrap_err();
    assert_eq!(span, folder);
    let wildcard = read(&service, "raw/*", None, &mut sink).await.unwrap_err();
    assert_eq!(wildcard.kind, ErrorKind::Usage);
}
