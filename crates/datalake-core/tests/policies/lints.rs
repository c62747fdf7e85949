//! What is wrong with policies of others.

use datalake_core::policy::{LockOut, PolicyLintId, PolicyWatch, find_lock_out, lint_policy};

use super::{actor, policy};

#[track_caller]
fn check(statements: &str, expected: &[&str]) {
    let watch = PolicyWatch {
        actor: actor(),
        pickles: vec!["assets".parse().unwrap()],
        public_objects: None,
    };
    let found = lint_policy(&policy(statements), &watch);
    let found: Vec<&str> = found.iter().map(|lint| lint.id.as_str()).collect();
    assert_eq!(found, expected, "{statements}");
}

/// A Deny for another key of the project.
fn deny(rest: &str) -> String {
    format!(r#"{{"Effect":"Deny","Principal":{{"AWS":"Up1111:AKB"}},{rest}}}"#)
}

#[test]
fn forms_that_mean_something_else_are_found() {
    check(&deny(r#""Action":"s3:GetObject","Resource":"B/*""#), &[]);
    check(&deny(r#""NotAction":"s3:GetObject","Resource":"B/*""#), &["not-action"]);
    check(&deny(r#""Action":"s3:Nonsense","Resource":"B/*""#), &["not-storable"]);
    for principal in ["UAKB", "AKB", "arn:aws:iam::p1111:user/AKB"] {
        let statement = format!(
            r#"{{"Effect":"Deny","Principal":{{"AWS":"{principal}"}},"Action":"s3:GetObject","Resource":"B/*"}}"#
        );
        check(&statement, &["principal-nobody"]);
    }
    check(
        r#"{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam:::root"},"Action":"s3:GetObject","Resource":"B/*"}"#,
        &["principal-everyone"],
    );
}

#[test]
fn conditions_that_do_not_hold_are_found() {
    let list = |condition: &str| {
        deny(&format!(r#""Action":"s3:ListBucket","Resource":"B","Condition":{condition}"#))
    };
    check(&list(r#"{"StringNotLike":{"s3:prefix":"raw/*"}}"#), &["prefix-bypass"]);
    check(&list(r#"{"StringNotLikeIfExists":{"s3:prefix":"raw/*"}}"#), &[]);
    let null = list(r#"{"Null":{"s3:prefix":"true"}}"#);
    check(&format!("{},{null}", list(r#"{"StringNotLike":{"s3:prefix":"raw/*"}}"#)), &[]);
    check(&list(r#"{"StringNotLikeIfExists":{"s3:prefix":["raw/*","out/*"]}}"#), &["negated-list"]);
    check(&list(r#"{"Bool":{"aws:SecureTransport":"false"}}"#), &["secure-transport"]);
    check(&list(r#"{"StringLike":{"aws:userid":"x"}}"#), &["unknown-condition-key"]);
    check(&list(r#"{"StringLikeIfExists":{"s3:Prefix":"x"}}"#), &["unknown-condition-key"]);
    check(&list(r#"{"Null":{"s3:prefix":"false"}}"#), &["null-value"]);
    check(&list(r#"{"ArnLike":{"aws:username":"x"}}"#), &["dead-condition"]);
    check(
        &list(r#"{"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","1.2.3.4"]}}"#),
        &["source-address"],
    );
}

#[test]
fn rights_that_are_too_wide_or_too_narrow_are_found() {
    let acl = deny(r#""Action":"s3:PutObjectAcl","Resource":"B/*""#);
    check(&acl, &["acl-header"]);
    let header = deny(
        r#""Action":"s3:PutObject","Resource":"B/*","Condition":{"StringLike":{"s3:x-amz-acl":"public-*"}}"#,
    );
    check(&format!("{acl},{header}"), &[]);
    check(&deny(r#""Action":"s3:DeleteObject","NotResource":"B/raw/*""#), &["delete-objects"]);
    check(&deny(r#""Action":"s3:DeleteObject","NotResource":["B","B/raw/*"]"#), &[]);
    check(&deny(r#""Action":"s3:*","Resource":["B","B/*"]"#), &["owners-policy"]);
    let foreign = |action: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"Up2222:AK"}},"Action":"{action}","Resource":"B/raw/*"}}"#
        )
    };
    check(&foreign("s3:GetObject"), &[]);
    check(&foreign("s3:PutObject"), &["foreign-writer", "public-ways"]);
    check(&foreign("s3:DeleteObject"), &["delete-objects"]);
    let back =
        r#"{"Effect":"Allow","Principal":{"AWS":"Up1111"},"Action":"s3:*","Resource":["B","B/*"]}"#;
    check(&format!("{},{back}", foreign("s3:PutObject")), &["public-ways"]);
}

#[test]
fn a_prefix_of_pickles_that_everybody_can_write_is_wrong() {
    let open = |resource: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":"*","Action":"s3:Put*","Resource":"{resource}"}}"#
        )
    };
    for resource in ["B/*", "B/assets/*", "B/assets/x/*", "B/as*", "*"] {
        check(&open(resource), &["writable-pickles", "foreign-writer", "public-ways"]);
    }
    check(&open("B/inbox/*"), &["writable-by-all", "foreign-writer", "public-ways"]);
    assert!(PolicyLintId::WritablePickles.advice().contains("Remove"));
}

#[test]
fn public_objects_are_wrong_where_somebody_has_looked() {
    let watch = PolicyWatch { actor: actor(), pickles: Vec::new(), public_objects: Some(2) };
    let found = lint_policy(&policy(""), &watch);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].to_string(), "public-objects: everybody can read 2 objects by their ACL");
}

#[test]
fn six_ways_to_lock_oneself_out_are_known() {
    for (statement, expected) in [
        (
            r#"{"Effect":"Deny","Principal":{"AWS":["Up1111:AKA11110000000000000","Up1111:AKB"]},"Action":"s3:*","Resource":["B","B/*"]}"#,
            LockOut::ThisKey,
        ),
        (
            r#"{"Effect":"Deny","Principal":{"AWS":"Up1111"},"Action":"s3:*","Resource":["B","B/*"]}"#,
            LockOut::WholeProject,
        ),
        (
            r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}"#,
            LockOut::WholeProject,
        ),
        (
            r#"{"Effect":"Deny","NotPrincipal":{"AWS":"Up1112:AKA11110000000000000"},"Action":"s3:*","Resource":["B","B/*"]}"#,
            LockOut::WholeProject,
        ),
        (
            r#"{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam:::root"},"Action":"s3:PutBucketPolicy","Resource":"B"}"#,
            LockOut::WholeProject,
        ),
        (
            r#"{"Effect":"Deny","Principal":"*","Action":"s3:*BucketPolicy","Resource":"B","Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.1"}}}"#,
            LockOut::WholeProject,
        ),
    ] {
        assert_eq!(find_lock_out(&policy(statement), &actor()), Some(expected), "{statement}");
        let watch = PolicyWatch { actor: actor(), pickles: Vec::new(), public_objects: None };
        let found = lint_policy(&policy(statement), &watch);
        assert_eq!(found[0].id, PolicyLintId::LockOut, "{statement}");
    }
    let other =
        r#"{"Effect":"Deny","Principal":{"AWS":"Up1111:AKB"},"Action":"s3:*","Resource":"B/*"}"#;
    assert_eq!(find_lock_out(&policy(other), &actor()), None);
}
