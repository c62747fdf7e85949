//! Listings of services that cut, repeat or garble them.

use std::sync::atomic::{AtomicU32, Ordering};

use datalake_core::fault::FaultKind;
use datalake_engine::*;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::answers::{answering, is, ok};
use crate::common::{bucket, store_at};

fn page(key: &str, rest: &str) -> String {
    format!(
        "<ListBucketResult><Contents><Key>{key}</Key><Size>1</Size><ETag>e</ETag>\
         <LastModified>2026-11-22T18:00:00Z</LastModified></Contents>{rest}</ListBucketResult>"
    )
}

#[tokio::test]
async fn a_cut_listing_is_never_an_empty_or_last_page() {
    let whole = page("a", "<IsTruncated>false</IsTruncated>");
    let no_way = page("a", "<IsTruncated>true</IsTruncated>");
    for body in ["", "<ListBucketResult>", &whole[..whole.len() - 3], &no_way] {
        let (_server, store) = answering(ok(body)).await;

        is(store.list(&bucket(), &ListAsk::below(""), None).await, FaultKind::Unreadable, "");
        // A whole listing of objects is none of these.
        let kind = if body == no_way { FaultKind::Unsupported } else { FaultKind::Unreadable };
        is(store.list_versions(&bucket(), &ListAsk::below(""), None).await, kind, "");
        is(store.list_uploads(&bucket(), &ListAsk::below(""), None).await, kind, "");
    }
}

#[tokio::test]
async fn an_error_is_never_an_empty_page() {
    for (status, code, kind) in [
        (403, "AccessDenied", FaultKind::Denied),
        (503, "SlowDown", FaultKind::Throttled),
        (200, "InternalError", FaultKind::Unavailable),
        (404, "NoSuchBucket", FaultKind::Absent),
    ] {
        let body = format!("<Error><Code>{code}</Code></Error>");
        let answer = ResponseTemplate::new(status).set_body_string(body);
        let (_server, store) = answering(answer).await;

        is(store.list(&bucket(), &ListAsk::below(""), None).await, kind, code);
    }
}

#[tokio::test]
async fn a_listing_that_goes_in_circles_is_found_out() {
    let server = MockServer::start().await;
    let count = AtomicU32::new(0);
    let circle = move |_: &wiremock::Request| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let rest = format!(
            "<IsTruncated>true</IsTruncated>\
             <NextContinuationToken>{number}</NextContinuationToken>"
        );
        ok(page(["a", "b"][number as usize % 2], &rest))
    };
    Mock::given(any()).respond_with(circle).mount(&server).await;
    let (store, bucket) = (store_at(&server.uri()), bucket());
    let mut pages = ObjectPages::new(&store, &bucket, ListAsk::below(""));

    pages.next().await.unwrap();
    pages.next().await.unwrap();
    let fault = pages.next().await;

    is(fault, FaultKind::Unreadable, "not come in the order of its keys");
}

#[tokio::test]
async fn a_token_that_stays_is_found_out_at_once() {
    let rest = "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>";
    let (_server, store) = answering(ok(page("a", rest))).await;
    let token = PageToken { text: "t".to_owned(), id: None };

    let listed = store.list(&bucket(), &ListAsk::below(""), Some(&token)).await;

    is(listed, FaultKind::Unreadable, "goes on where it began");
}

#[tokio::test]
async fn names_that_nobody_asked_for_are_found_out() {
    let body = page("other/a", "<IsTruncated>false</IsTruncated>");
    let (_server, store) = answering(ok(body)).await;
    let bucket = bucket();
    let mut pages = ObjectPages::new(&store, &bucket, ListAsk::below("mine/"));

    is(pages.next().await, FaultKind::Unreadable, "not asked for");
}
