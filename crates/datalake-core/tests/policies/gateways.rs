//! What the three versions were measured to answer.

use datalake_core::policy::{
    AccessCall as Call, AccessRequest, AccessScene, AccessVerdict, Caller, CephVersion,
    check_storable, simulate_access,
};

use super::{FOREIGN, OTHER_OWN, OWN, ask, key, policy, scene, verdicts};

#[track_caller]
fn check(statements: &str, request: &AccessRequest, expected: &str) {
    let policy = policy(statements);
    assert_eq!(verdicts(&policy, request), expected, "{statements}\n{request:?}");
}

#[test]
fn principals_match_as_measured() {
    let own = key("p1111", OTHER_OWN);
    let get = ask(&own, Call::GetObject).of_key("raw/a");
    for (principal, expected) in [
        ("*", "RRR"),
        ("arn:aws:iam:::root", "RRR"),
        ("", "RRR"),
        ("Up1111", "RRR"),
        ("Up1111:*", "RRR"),
        ("Up1111:AKB11110000000000000", "RRR"),
        ("Up1111:AKA11110000000000000", "AAA"),
        ("UAKB11110000000000000", "AAA"),
        ("AKB11110000000000000", "AAA"),
        ("arn:aws:iam::p1111:user/AKB11110000000000000", "AAA"),
        ("arn:aws:iam::p1111:root", "AAA"),
    ] {
        let statement = format!(
            r#"{{"Effect":"Deny","Principal":{{"AWS":"{principal}"}},"Action":"s3:GetObject","Resource":"B/*"}}"#
        );
        check(&statement, &get, expected);
    }
}

#[test]
fn a_listing_without_a_prefix_gets_past_a_negated_condition() {
    let list = |prefix: &str| {
        let request = ask(&key("p1111", OTHER_OWN), Call::ListObjects);
        if prefix.is_empty() { request } else { request.with_value("s3:prefix", prefix) }
    };
    let deny = |condition: &str| {
        format!(
            r#"{{"Effect":"Deny","Principal":{{"AWS":"Up1111:{OTHER_OWN}"}},"Action":"s3:ListBucket",
                "Resource":"B","Condition":{condition}}}"#
        )
    };
    let plain = deny(r#"{"StringNotLike":{"s3:prefix":"raw/*"}}"#);
    check(&plain, &list("out/"), "RRR");
    check(&plain, &list("raw/"), "AAA");
    check(&plain, &list(""), "AAA");
    let closed = deny(r#"{"StringNotLikeIfExists":{"s3:prefix":"raw/*"}}"#);
    check(&closed, &list(""), "RRR");
    check(&closed, &ask(&key("p1111", OTHER_OWN), Call::HeadBucket), "RRR");
    let two = deny(r#"{"StringNotLikeIfExists":{"s3:prefix":["raw/*","out/*"]}}"#);
    check(&two, &list("out/"), "RRA");
}

#[test]
fn not_action_enforces_nothing_and_transport_is_never_false() {
    let put = ask(&key("p1111", OTHER_OWN), Call::PutObject).of_key("raw/a");
    check(
        r#"{"Effect":"Deny","Principal":"*","NotAction":"s3:GetObject","Resource":"B/*"}"#,
        &put,
        "AAA",
    );
    check(
        r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"B/*",
            "Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#,
        &put,
        "AAA",
    );
}

#[test]
fn deleting_several_objects_asks_about_the_bucket_on_16_and_18() {
    let foreign = key("p2222", FOREIGN);
    let request = ask(&foreign, Call::DeleteObjects).of_key("raw/a");
    let grant = |resources: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"Up2222:{FOREIGN}"}},"Action":"s3:DeleteObject",
                "Resource":{resources}}}"#
        )
    };
    check(&grant(r#""B/raw/*""#), &request, "RRA");
    check(&grant(r#"["B","B/raw/*"]"#), &request, "AAA");
    check(&grant(r#"["B","B/raw/*"]"#), &ask(&foreign, Call::DeleteObjects).of_key("out/a"), "RRR");
    check(&grant(r#""B/raw/*""#), &ask(&foreign, Call::DeleteObject).of_key("raw/a"), "AAA");
}

#[test]
fn objects_belong_to_the_project_that_wrote_them() {
    let foreign = "p2222".parse().unwrap();
    let read = ask(&key("p1111", OWN), Call::GetObject).of_object("raw/a", &foreign);
    let nothing =
        r#"{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"B/none"}"#;
    check(nothing, &read, "RRR");
    let back =
        r#"{"Effect":"Allow","Principal":{"AWS":"Up1111"},"Action":"s3:*","Resource":["B","B/*"]}"#;
    check(back, &read, "AAA");
    // Its own project reads it without a grant.
    check(nothing, &ask(&key("p2222", FOREIGN), Call::GetObject).of_key("raw/a"), "AAA");
    // The bucket's own keys copy it on 20 all the same.
    let copy =
        ask(&key("p1111", OWN), Call::CopyObject).of_key("raw/b").from_source("raw/a", &foreign);
    check(nothing, &copy, "RRA");
}

#[test]
fn a_missing_object_is_hidden_from_who_may_not_list() {
    let missing = |who: Caller| ask(&who, Call::HeadObject).of_missing("raw/none");
    let grant = format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"Up2222:{FOREIGN}"}},"Action":"s3:GetObject","Resource":"B/*"}},
           {{"Effect":"Allow","Principal":{{"AWS":"Up2222:{FOREIGN}"}},"Action":"s3:ListBucket","Resource":"B",
             "Condition":{{"StringLike":{{"s3:prefix":"raw/*"}}}}}}"#
    );
    check(&grant, &missing(key("p2222", FOREIGN)), "RRA");
    check(&grant, &missing(key("p1111", OWN)), "AAA");
    let deny = r#"{"Effect":"Deny","Principal":"*","Action":"s3:ListBucket","Resource":"B"}"#;
    check(deny, &missing(key("p1111", OWN)), "AAR");
}

#[test]
fn on_20_the_owners_keys_change_a_policy_that_was_stored_without_the_header() {
    let deny = policy(&format!(
        r#"{{"Effect":"Deny","Principal":{{"AWS":"Up1111:{OTHER_OWN}"}},"Action":"s3:*","Resource":["B","B/*"]}}"#
    ));
    let request = ask(&key("p1111", OTHER_OWN), Call::DeleteBucketPolicy);

    assert_eq!(verdicts(&deny, &request), "RRA");
    let bound = AccessScene { binds_owner: true, ..scene(&deny, CephVersion::Tentacle) };
    assert_eq!(simulate_access(&bound, &request).verdict, AccessVerdict::Refused);
}

#[test]
fn the_acl_header_is_seen_on_a_plain_put_alone() {
    let deny = r#"{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"B/*",
        "Condition":{"StringLike":{"s3:x-amz-acl":"public-*"}}}"#;
    let put = |call| {
        let request = ask(&key("p1111", OWN), call).of_key("raw/a");
        request.with_value("s3:x-amz-acl", "public-read")
    };
    check(deny, &put(Call::PutObject), "RRR");
    check(deny, &put(Call::CreateMultipartUpload), "AAA");
    check(deny, &put(Call::CopyObject), "AAA");
}

#[test]
fn the_source_of_a_copied_part_is_not_asked_about_on_16() {
    let own = "p1111".parse().unwrap();
    let copy = ask(&key("p1111", OTHER_OWN), Call::UploadPartCopy)
        .of_key("raw/b")
        .from_source("secret/a", &own);
    let deny =
        r#"{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"B/secret/*"}"#;
    check(deny, &copy, "ARR");
}

#[test]
fn a_condition_on_what_is_not_known_leaves_it_open() {
    let deny = r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"B/*",
        "Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}"#;
    let get = ask(&key("p1111", OWN), Call::GetObject).of_key("raw/a");
    check(deny, &get, "???");
    check(deny, &get.clone().with_value("aws:SourceIp", "10.1.1.1"), "AAA");
    check(deny, &get.with_value("aws:SourceIp", "8.8.8.8"), "RRR");
}

#[test]
fn what_a_gateway_refuses_to_store_is_known() {
    for (statement, refused) in [
        (r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"B/*"}"#, ""),
        (
            r#"{"Effect":"Allow","Principal":"*","Action":"s3:Nonsense","Resource":"B/*"}"#,
            "16 18 20",
        ),
        (
            r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetBucketEncryption","Resource":"B"}"#,
            "16",
        ),
        (
            r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObjectAttributes","Resource":"B/*"}"#,
            "16 18",
        ),
        (r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"B/a:b"}"#, "16 18 20"),
        (
            r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"lane-access/*"}"#,
            "16 18 20",
        ),
        (r#"{"Effect":"Allow","NotPrincipal":"*","Action":"s3:*","Resource":"B/*"}"#, "20"),
        (
            r#"{"Effect":"Deny","Principal":{"AWS":"a:b"},"Action":"s3:*","Resource":"B/*"}"#,
            "18 20",
        ),
        (
            r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"B/*","Condition":{"StringFoo":{"a":"b"}}}"#,
            "16 18 20",
        ),
        (
            r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"B/*","Condition":{"Bool":{"aws:SecureTransport":true}}}"#,
            "16 18 20",
        ),
        (
            r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"B/*","Foo":1}"#,
            "16 18 20",
        ),
    ] {
        let policy = policy(statement);
        let refusing: Vec<String> = CephVersion::ALL
            .into_iter()
            .filter(|version| check_storable(&policy, *version).is_err())
            .map(|version| version.to_string())
            .collect();
        assert_eq!(refusing.join(" "), refused, "{statement}");
    }
}
