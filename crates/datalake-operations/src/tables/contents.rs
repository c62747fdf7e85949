//! Whether two objects have the same content, where their tags do not tell.

use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::transfer::{Hashes, Hashing};
use datalake_engine::{Clock, Lake, ObjectSource};

use crate::OperationError;
use crate::lake::{ContentEnd, ContentSink, ObjectReader, SinkAnswer};

/// A content that is hashed.
struct HashedContent(Hashes);

impl ContentSink for HashedContent {
    fn take(&mut self, chunk: &[u8]) -> SinkAnswer {
        self.0.update(chunk);
        SinkAnswer::Taken
    }
}

/// Reads both and compares their hashes.
///
/// # Errors
///
/// [`OperationError`] where not all of one comes.
pub(super) async fn have_same_content(
    lake: &dyn Lake,
    clock: &dyn Clock,
    objects: [&ObjectSource; 2],
) -> Result<bool, OperationError> {
    let mut hashes = Vec::new();
    for source in objects {
        let (mut sink, mut read) = (HashedContent(Hashes::begin(Hashing::Sha256)), 0);
        let reader = ObjectReader { lake, clock, source, span: None };
        match reader.read(&mut sink, &mut read).await? {
            ContentEnd::Whole => hashes.push(sink.0.digests().sha256),
            ContentEnd::Refused | ContentEnd::NobodyReads => {
                let fault = Fault::new(FaultKind::Unreadable, "it was not read to its end");
                return Err(OperationError::at_object(&source.bucket, &source.key, &fault));
            }
        }
    }
    Ok(matches!(hashes.as_slice(), [Some(one), Some(other)] if one == other))
}
