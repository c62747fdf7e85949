//! Streams made into objects.

use std::future::{pending, ready};

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::S3Address;
use datalake_engine::transfer::ByteStream;
use futures::{StreamExt as _, stream};

use super::bed::{Bed, Told, fault};
use crate::transfer::{StreamedObject, TransferChoices};
use crate::{ErrorKind, OperationError};

fn content(text: &'static str) -> ByteStream<'static> {
    stream::iter([Ok(text.into())]).boxed()
}

async fn store(
    bed: &Bed,
    key: &str,
    content: ByteStream<'static>,
    stops: bool,
) -> Result<Vec<String>, OperationError> {
    let (context, told) = (bed.context(), Told::default());
    let address: S3Address = key.parse().unwrap();
    let (bucket, key) = StreamedObject::read_key(&context.client, &address)?;
    let options = TransferChoices::default().choose_options(&context)?;
    let object = StreamedObject {
        context: &context,
        bucket: &bucket,
        key: &key,
        options: &options,
        reporter: &told,
    };
    if stops {
        object.store(content, ready(())).await
    } else {
        object.store(content, pending()).await
    }?;
    Ok(told.lines())
}

#[tokio::test(start_paused = true)]
async fn a_stream_becomes_one_object() {
    let bed = Bed::new(&[], &[]).await;

    let told = store(&bed, "s3://acme-lake/dumps/x.sql", content("hello"), false).await;

    assert_eq!(told.unwrap().len(), 1);
    assert_eq!(bed.list_keys().await, ["dumps/x.sql"]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_or_is_stopped_becomes_none() {
    let bed = Bed::new(&[], &[]).await;
    let broken: [Result<_, Fault>; 2] = [Ok("half".into()), Err(fault(FaultKind::Io))];
    let broken = stream::iter(broken).boxed();

    let broken = store(&bed, "s3://acme-lake/x", broken, false).await.unwrap_err();
    let stopped = store(&bed, "s3://acme-lake/x", stream::pending().boxed(), true).await;

    assert_eq!(broken.kind, ErrorKind::Io);
    assert_eq!(broken.messages[0], "standard input cannot be read");
    assert_eq!(stopped.unwrap_err().kind, ErrorKind::Interrupted);
    assert!(bed.list_keys().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stream_needs_a_whole_key_and_a_bucket_that_exists() {
    let bed = Bed::new(&[], &[]).await;
    for key in ["s3://acme-lake/", "s3://acme-lake/dumps/", "s3://acme-lake/a/../b"] {
        let error = store(&bed, key, content("x"), false).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Usage, "{key}");
    }
    let absent = store(&bed, "s3://other-lake/x", content("x"), false).await.unwrap_err();
    assert_eq!(absent.kind, ErrorKind::Absent);
    assert!(absent.to_string().contains("bucket `other-lake`"), "{absent}");
}
