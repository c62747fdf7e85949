//! Conditions that never hold, or hold too seldom.

use super::{Lints, Numbered, PolicyLintId};
use crate::policy::document::{AccessPolicy, AccessStatement, PolicyCondition, StatementEffect};
use crate::policy::statement::has_action;

pub(super) fn lint_conditions(policy: &AccessPolicy, numbered: &Numbered<'_>, lints: &mut Lints) {
    let number = Some(numbered.number);
    for condition in &numbered.statement.conditions {
        lint_operator(condition, number, lints);
        lint_key(condition, number, lints);
    }
    if bypasses_prefix(policy, numbered.statement) {
        let sentence =
            "a listing without a prefix passes: a missing s3:prefix makes the condition false";
        lints.push(PolicyLintId::PrefixBypass, number, sentence.to_owned());
    }
}

fn lint_operator(condition: &PolicyCondition, number: Option<usize>, lints: &mut Lints) {
    let PolicyCondition { operator, key, values } = condition;
    let plain = condition.plain_operator();
    if (plain.starts_with("StringNot") || plain == "NumericNotEquals") && values.len() > 1 {
        let sentence = format!(
            "{operator} on {key} has {} values: Ceph 16 and 18 refuse what differs from any of them, \
             that is everything",
            values.len()
        );
        lints.push(PolicyLintId::NegatedList, number, sentence);
    }
    if plain == "Null" && values.iter().any(|value| value != "true") {
        let sentence =
            format!("Null on {key} is not \"true\": versions of Ceph read that differently");
        lints.push(PolicyLintId::NullValue, number, sentence);
    }
    if plain.starts_with("Arn") {
        let sentence = format!("{operator} never holds");
        lints.push(PolicyLintId::DeadCondition, number, sentence);
    }
}

fn lint_key(condition: &PolicyCondition, number: Option<usize>, lints: &mut Lints) {
    let key = condition.key.as_str();
    match key {
        "aws:SecureTransport" => {
            let sentence =
                "aws:SecureTransport is never false: the gateway leaves it out over http";
            lints.push(PolicyLintId::SecureTransport, number, sentence.to_owned());
        }
        "aws:SourceIp" => {
            let sentence = "the address is that of the gateway's peer, not one that a proxy names";
            lints.push(PolicyLintId::SourceAddress, number, sentence.to_owned());
        }
        _ if !is_set_by_gateway(key) => {
            let sentence = format!("the gateway never sets `{key}`");
            lints.push(PolicyLintId::UnknownConditionKey, number, sentence);
        }
        _ => (),
    }
}

/// The keys that were seen to work, in this spelling.
fn is_set_by_gateway(key: &str) -> bool {
    const KEYS: [&str; 20] = [
        "aws:CurrentTime",
        "aws:EpochTime",
        "aws:PrincipalType",
        "aws:Referer",
        "aws:SecureTransport",
        "aws:SourceIp",
        "aws:UserAgent",
        "aws:username",
        "s3:LocationConstraint",
        "s3:RequestObjectTagKeys",
        "s3:delimiter",
        "s3:max-keys",
        "s3:object-lock-remaining-retention-days",
        "s3:prefix",
        "s3:x-amz-acl",
        "s3:x-amz-copy-source",
        "s3:x-amz-metadata-directive",
        "s3:x-amz-server-side-encryption",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "s3:x-amz-storage-class",
    ];
    KEYS.contains(&key)
        || ["s3:ExistingObjectTag/", "s3:RequestObjectTag/", "s3:x-amz-grant-"]
            .iter()
            .any(|start| key.starts_with(start))
}

/// A Deny of listings that looks at a prefix which need not be there, with no statement for the same
/// principals beside it that denies listings without one.
fn bypasses_prefix(policy: &AccessPolicy, statement: &AccessStatement) -> bool {
    let lists = ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"];
    let is_open = |condition: &PolicyCondition| {
        condition.key == "s3:prefix"
            && condition.plain_operator() != "Null"
            && !condition.holds_if_missing()
            && !condition.plain_operator().starts_with("ForAllValues:")
    };
    let is_of_listing = lists.iter().any(|action| has_action(statement, action));
    if statement.effect != StatementEffect::Deny
        || !is_of_listing
        || !statement.conditions.iter().any(is_open)
    {
        return false;
    }
    let closes = |other: &&AccessStatement| {
        other.effect == StatementEffect::Deny
            && other.principals == statement.principals
            && other.not_principals == statement.not_principals
            && lists
                .iter()
                .all(|action| !has_action(statement, action) || has_action(other, action))
            && other.conditions.iter().all(|condition| {
                condition.plain_operator() == "Null" && condition.key == "s3:prefix"
            })
    };
    !policy.statements.iter().any(|other| closes(&other))
}
