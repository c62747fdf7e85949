//! Contents that are cut, stand still or are something else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use datalake_core::fault::FaultKind;
use datalake_engine::*;
use futures::TryStreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::ResponseTemplate;

use crate::answers::{answering, is, ok, writing};
use crate::common::{bucket, store_at};

const HEAD: &str = "ETag: \"e\"\r\nLast-Modified: Sun, 22 Nov 2026 18:00:00 GMT\r\n";

fn source() -> ObjectSource {
    ObjectSource::current(&bucket(), &"k".try_into().unwrap())
}

async fn content(download: Download) -> Result<Vec<u8>, datalake_core::fault::Fault> {
    let pieces: Vec<_> = download.content.try_collect().await?;
    Ok(pieces.concat())
}

fn stored() -> ResponseTemplate {
    ok("content")
        .insert_header("etag", "\"e\"")
        .insert_header("last-modified", "Sun, 22 Nov 2026 18:00:00 GMT")
}

/// A service that answers each request with these bytes and then says no more, nor hangs up.
async fn falling_silent(bytes: String) -> datalake_s3::S3Store {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = store_at(&format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 8192]).await;
            let _ = stream.write_all(bytes.as_bytes()).await;
            open.push(stream);
        }
    });
    store.with_stall(Duration::from_millis(100))
}

#[tokio::test]
async fn a_content_that_is_cut_never_ends_well() {
    let cut = writing(
        b"HTTP/1.1 200 OK\r\nETag: \"e\"\r\nLast-Modified: Sun, 22 Nov 2026 18:00:00 GMT\r\n\
          Content-Length: 9\r\n\r\n1234",
    )
    .await;
    let download = cut.get(&source(), None).await.unwrap();
    assert_eq!(download.range, 0..9);
    is(content(download).await, FaultKind::Unreachable, "broke off");

    let unframed = writing(
        b"HTTP/1.1 200 OK\r\nETag: \"e\"\r\nLast-Modified: Sun, 22 Nov 2026 18:00:00 GMT\r\n\r\n1",
    )
    .await;
    is(unframed.get(&source(), None).await, FaultKind::Unreadable, "Content-Length");
}

#[tokio::test]
async fn a_content_that_stands_still_is_given_up() {
    let head = format!("HTTP/1.1 200 OK\r\n{HEAD}Content-Length: 9\r\n\r\n1234");
    let download = falling_silent(head).await.get(&source(), None).await.unwrap();

    is(content(download).await, FaultKind::Unreachable, "nothing came or went for 0.1 s");
}

#[tokio::test]
async fn a_service_that_says_nothing_is_given_up() {
    let store = falling_silent(String::new()).await;
    is(store.get(&source(), None).await, FaultKind::Unreachable, "nothing came or went");

    // More than the buffers between here and there take.
    let payload = Payload::of(vec![7; 32 << 20]);
    let (bucket, key) = (bucket(), "k".try_into().unwrap());
    let (attributes, when) = (&Attributes::NONE, &Precondition::None);
    let object = NewObject { bucket: &bucket, key: &key, payload: &payload, attributes, when };
    is(store.put(&object).await, FaultKind::Unreachable, "nothing came or went");
}

/// A service that begins each answer with these bytes and goes on with one byte at a time for ever.
async fn dripping(head: &'static str) -> datalake_s3::S3Store {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = store_at(&format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 8192]).await;
            let _ = stream.write_all(head.as_bytes()).await;
            let mut drops = tokio::time::interval(Duration::from_millis(5));
            while stream.write_all(b" ").await.is_ok() {
                drops.tick().await;
            }
        }
    });
    // Long enough that a busy machine does not keep a drop back so long.
    store.with_stall(Duration::from_millis(700)).with_deadline(Duration::from_millis(800))
}

#[tokio::test]
async fn an_answer_that_is_no_content_ends_though_its_bytes_go_on_coming() {
    let (bucket, key) = (bucket(), "k".try_into().unwrap());
    for status in ["200 OK", "403 Forbidden", "503 Slow Down"] {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: 60000\r\n\r\n<");
        let store = dripping(head.leak()).await;

        is(store.cors(&bucket).await, FaultKind::Unreachable, "not whole after 0.8 s");
        let ask = ListAsk::below("");
        is(store.list(&bucket, &ask, None).await, FaultKind::Unreachable, "not whole");
        let payload = Payload::of(vec![7; 9]);
        let (attributes, when) = (&Attributes::NONE, &Precondition::None);
        let object = NewObject { bucket: &bucket, key: &key, payload: &payload, attributes, when };
        is(store.put(&object).await, FaultKind::Unreachable, "not whole");
        if !status.starts_with('2') {
            is(store.get(&source(), None).await, FaultKind::Unreachable, "not whole");
        }
    }
    // A head that never ends is none either.
    let store = dripping("HTTP/1.1 200 OK\r\nx-long: ").await;
    is(store.get(&source(), None).await, FaultKind::Unreachable, "nothing came or went");
}

#[tokio::test]
async fn another_part_than_was_asked_for_is_not_taken() {
    let range = ByteRange::try_from(2..5).ok();
    for told in ["bytes 0-6/7", "bytes 2-4/*", "bytes 2-8/9", "2-4/7", ""] {
        let part = ResponseTemplate::new(206).set_body_bytes("nte");
        let part = part.insert_header("etag", "e").insert_header("content-range", told);
        let (_server, store) = answering(part).await;
        is(store.get(&source(), range).await, FaultKind::Unreadable, "");
    }
}

#[tokio::test]
async fn an_answer_without_tag_or_time_is_no_object() {
    for (header, value) in [("etag", ""), ("last-modified", "yesterday")] {
        let (_server, store) = answering(stored().insert_header(header, value)).await;

        is(store.get(&source(), None).await, FaultKind::Unreadable, "no usable");
        is(store.head(&source()).await, FaultKind::Unreadable, "no usable");
    }
}

/// A service that knows how many connections were open at one time.
async fn counting() -> (datalake_s3::S3Store, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = store_at(&format!("http://{}", listener.local_addr().unwrap()));
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let open = Arc::clone(&open);
            seen.fetch_max(open.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            tokio::spawn(async move {
                while stream.read(&mut [0; 8192]).await.is_ok_and(|read| read > 0) {
                    tokio::task::yield_now().await;
                    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
                }
                open.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
    (store, most)
}

#[tokio::test]
async fn no_more_connections_are_made_than_there_may_be() {
    let (store, most) = counting().await;
    let (store, bucket, key) = (store.with_connections(3), bucket(), "k".try_into().unwrap());

    let calls = (0..50).map(|_| store.delete(&bucket, &key, None));
    let outcomes = futures::future::join_all(calls).await;

    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(most.load(Ordering::Relaxed), 3);
}
