use super::*;

fn answer(status: u16, body: &str) -> Answer {
    Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        clock_ahead: Some(0),
    }
}

fn with(mut answer: Answer, name: &'static str, value: &str) -> Answer {
    answer.headers.insert(name, value.parse().unwrap());
    answer
}

fn error(status: u16, code: &str) -> Answer {
    answer(status, &format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message/></Error>"))
}

#[track_caller]
fn check(answer: &Answer, kind: FaultKind) {
    assert_eq!(judge_answer(answer).kind, kind, "{answer:?}");
}

#[test]
fn the_code_decides_before_the_status() {
    for (status, code, kind) in [
        (403, "InvalidAccessKeyId", FaultKind::UnknownAccessKey),
        (403, "SignatureDoesNotMatch", FaultKind::WrongSecret),
        (403, "RequestTimeTooSkewed", FaultKind::ClockSkew),
        (403, "AccessDenied", FaultKind::Denied),
        (400, "AuthorizationHeaderMalformed", FaultKind::WrongRegion),
        (301, "PermanentRedirect", FaultKind::WrongRegion),
        (400, "IllegalLocationConstraintException", FaultKind::WrongRegion),
        (409, "BucketAlreadyExists", FaultKind::TakenBucket),
        (409, "BucketAlreadyOwnedByYou", FaultKind::TakenBucket),
        (404, "NoSuchBucket", FaultKind::Absent),
        (404, "NoSuchKey", FaultKind::Absent),
        (404, "NoSuchVersion", FaultKind::Absent),
        (404, "NoSuchLifecycleConfiguration", FaultKind::Absent),
        (501, "NotImplemented", FaultKind::Unsupported),
        (503, "SlowDown", FaultKind::Throttled),
        (503, "ServiceUnavailable", FaultKind::Unavailable),
        (500, "InternalError", FaultKind::Unavailable),
        (200, "InternalError", FaultKind::Unavailable),
        (200, "AccessDenied", FaultKind::Denied),
        (403, "InvalidObjectState", FaultKind::Archived),
        (403, "ObjectNotInActiveTierError", FaultKind::Archived),
        (400, "KeyTooLongError", FaultKind::UnfitName),
        (404, "SomethingNew", FaultKind::Refused),
        (400, "InvalidArgument", FaultKind::Refused),
    ] {
        check(&error(status, code), kind);
    }
}

#[test]
fn without_a_code_the_status_decides() {
    for (status, kind) in [
        (403, FaultKind::Denied),
        (404, FaultKind::Absent),
        (301, FaultKind::WrongRegion),
        (302, FaultKind::Unreadable),
        (307, FaultKind::Unreadable),
        (400, FaultKind::Refused),
        (401, FaultKind::Denied),
        (429, FaultKind::Throttled),
        (500, FaultKind::Unavailable),
        (501, FaultKind::Unsupported),
        (502, FaultKind::Unavailable),
        (503, FaultKind::Throttled),
        (504, FaultKind::Unavailable),
        (200, FaultKind::Unreadable),
    ] {
        check(&answer(status, ""), kind);
    }
    check(&with(answer(400, ""), "x-amz-bucket-region", "hel1"), FaultKind::WrongRegion);
}

#[test]
fn a_page_of_another_server_says_nothing_about_a_bucket() {
    let page = "<!DOCTYPE html><html><body>Not Found</body></html>";

    check(&answer(404, page), FaultKind::Unreadable);
    check(&answer(429, page), FaultKind::Throttled);
    check(&answer(403, page), FaultKind::Denied);
}

#[test]
fn a_clock_far_off_explains_a_refused_signature() {
    for code in ["SignatureDoesNotMatch", "AccessDenied", "RequestTimeTooSkewed"] {
        for (ahead, way) in [(-1200, "1200 s ahead of"), (1200, "1200 s behind")] {
            let fault = judge_answer(&Answer { clock_ahead: Some(ahead), ..error(403, code) });

            assert_eq!(fault.kind, FaultKind::ClockSkew, "{code}");
            assert!(fault.detail.contains(&format!("this host's clock is {way}")), "{fault}");
        }
    }
    let close = Answer { clock_ahead: Some(900), ..error(403, "AccessDenied") };
    check(&close, FaultKind::Denied);
    let other = Answer { clock_ahead: Some(9000), ..error(404, "NoSuchKey") };
    check(&other, FaultKind::Absent);
}

#[test]
fn the_wait_that_is_asked_for_is_kept() {
    let wait = |value: &str| {
        let slow = with(error(503, "SlowDown"), "date", "Sun, 22 Nov 2026 18:00:00 GMT");
        judge_answer(&with(slow, "retry-after", value)).wait
    };

    assert_eq!(wait("7"), Some(Duration::from_secs(7)));
    assert_eq!(wait("Sun, 22 Nov 2026 18:00:30 GMT"), Some(Duration::from_secs(30)));
    assert_eq!(wait("99999999999"), Some(LONGEST_WAIT));
    assert_eq!(wait("Sun, 22 Nov 2026 17:00:00 GMT"), None);
    assert_eq!(wait("soon"), None);
    assert_eq!(judge_answer(&with(error(403, "AccessDenied"), "retry-after", "7")).wait, None);
}

#[test]
fn the_detail_has_code_status_region_and_request() {
    let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>hel1</Region>\
        <RequestId>inner</RequestId></Error>";

    let detail = judge_answer(&answer(400, body)).detail;
    let named = judge_answer(&with(answer(400, body), "x-amz-request-id", "tx1-fsn1")).detail;

    let start = "AuthorizationHeaderMalformed, status 400, it names the region `hel1`, request";
    assert_eq!(detail, format!("{start} inner"));
    assert_eq!(named, format!("{start} tx1-fsn1"));
}

#[test]
fn a_redirect_is_named_by_its_host_alone() {
    let moved = with(answer(302, ""), "location", "https://u:p@login.example.org/?token=t");

    let detail = judge_answer(&moved).detail;

    assert_eq!(detail, "status 302, a redirect to `login.example.org`");
}

#[test]
fn a_hostile_text_stays_short_and_on_its_line() {
    let body = format!(
        "<Error><Code>X\u{1b}[31m\ny</Code><Message>{}</Message></Error>",
        "m".repeat(9000)
    );

    let detail = judge_answer(&answer(400, &body)).detail;

    assert!(detail.starts_with("X\\u{1b}[31m\\ny, status 400, `mmm"), "{detail}");
    assert!(detail.len() < 600);
}

#[test]
fn an_empty_message_is_left_out() {
    assert_eq!(judge_answer(&error(400, "InvalidArgument")).detail, "InvalidArgument, status 400");
}

#[test]
fn the_clocks_are_compared_in_whole_seconds() {
    let headers = with(answer(200, ""), "date", "Thu, 01 Jan 1970 00:10:00 GMT").headers;

    let ahead = |now| clock_ahead(&headers, UNIX_EPOCH + Duration::from_secs(now));

    assert_eq!(ahead(540), Some(60));
    assert_eq!(ahead(660), Some(-60));
    assert_eq!(clock_ahead(&HeaderMap::new(), UNIX_EPOCH), None);
}
