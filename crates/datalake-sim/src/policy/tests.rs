use super::*;

const OWN: RequestPrincipal<'static> = RequestPrincipal { project: 1, access_key_id: "ONE" };

#[track_caller]
fn check_policy(statement: &str, principal: Option<RequestPrincipal<'_>>, expected: PolicyVerdict) {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
    let question = Question {
        principal,
        action: "s3:GetObject",
        resource: "arn:aws:s3:::lake/a/b",
        prefix: None,
        acl: None,
        tls: false,
    };

    let verdict = BucketPolicy::parse(&text).unwrap().judge(&question, false);

    assert_eq!(verdict, expected, "{statement}");
}

#[test]
fn a_principal_is_a_project_and_a_key() {
    let deny = |principal: &str| {
        format!(
            r#"{{"Effect": "Deny", "Principal": {{"AWS": "{principal}"}}, "Action": "s3:*", "Resource": "*"}}"#
        )
    };

    check_policy(&deny("arn:aws:iam:::user/p1:ONE"), Some(OWN), PolicyVerdict::Denied);
    check_policy(&deny("arn:aws:iam:::user/p2:ONE"), Some(OWN), PolicyVerdict::Silent);
    check_policy(&deny("arn:aws:iam::1:user/ONE"), Some(OWN), PolicyVerdict::Silent);
    check_policy(&deny("*"), None, PolicyVerdict::Denied);
}

#[test]
fn resources_and_actions_have_wildcards() {
    let allow = |action: &str, resource: &str| {
        format!(
            r#"{{"Effect": "Allow", "Principal": "*", "Action": ["{action}"], "Resource": ["{resource}"]}}"#
        )
    };

    check_policy(&allow("s3:Get*", "arn:aws:s3:::lake/a/*"), None, PolicyVerdict::Allowed);
    check_policy(&allow("s3:getobject", "arn:aws:s3:::*"), None, PolicyVerdict::Allowed);
    check_policy(&allow("s3:Put*", "arn:aws:s3:::lake/*"), None, PolicyVerdict::Silent);
    check_policy(&allow("s3:Get*", "arn:aws:s3:::lake/b/*"), None, PolicyVerdict::Silent);
}

#[test]
fn not_action_enforces_nothing() {
    check_policy(
        r#"{"Effect": "Deny", "Principal": "*", "NotAction": "s3:PutObject", "Resource": "*"}"#,
        Some(OWN),
        PolicyVerdict::Silent,
    );
}

#[test]
fn an_unknown_action_spoils_the_whole_document() {
    let text = r#"{"Statement": [{"Effect": "Deny", "Principal": "*",
        "Action": ["s3:GetObject", "s3:GetObjectAttributes"], "Resource": "*"}]}"#;

    assert_eq!(BucketPolicy::parse(text).unwrap_err(), InvalidPolicy::UnknownAction);
}

#[test]
fn a_statement_without_a_principal_is_malformed() {
    let text = r#"{"Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}"#;

    assert_eq!(BucketPolicy::parse(text).unwrap_err(), InvalidPolicy::Malformed);
}
