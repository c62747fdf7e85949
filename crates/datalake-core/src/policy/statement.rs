//! Whether a statement speaks of a request.

use super::action::fits_action;
use super::arn::fits_resource;
use super::condition::{Truth, meets_condition};
use super::document::{AccessPolicy, AccessStatement, StatementEffect};
use super::principal::PrincipalForm;
use super::request::{AccessRequest, Caller};
use super::version::CephVersion;

/// What a policy is asked: may this request do `action` on `resource`?
pub(super) struct PolicyQuestion<'a> {
    pub(super) request: &'a AccessRequest,
    pub(super) version: CephVersion,
    /// Such as `s3:GetObject`.
    pub(super) action: &'a str,
    /// `BUCKET` or `BUCKET/KEY`.
    pub(super) resource: &'a str,
}

/// What a policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PolicySays {
    /// The statement of this index denies.
    Denies(usize),
    /// The statement of this index denies, if a condition holds of which nothing is known.
    MayDeny(usize),
    /// The statement of this index allows.
    Allows(usize),
    /// The statement of this index allows, if a condition holds of which nothing is known.
    MayAllow(usize),
    /// Nothing.
    Nothing,
}

/// Asks the whole policy; a Deny wins over every Allow.
pub(super) fn ask_policy(policy: &AccessPolicy, question: &PolicyQuestion<'_>) -> PolicySays {
    let mut says = PolicySays::Nothing;
    for (index, statement) in policy.statements.iter().enumerate() {
        let found = match (statement.effect, speaks_of(statement, question)) {
            (_, Truth::No) => continue,
            (StatementEffect::Deny, Truth::Yes) => return PolicySays::Denies(index),
            (StatementEffect::Deny, Truth::Open) => PolicySays::MayDeny(index),
            (StatementEffect::Allow, Truth::Yes) => PolicySays::Allows(index),
            (StatementEffect::Allow, Truth::Open) => PolicySays::MayAllow(index),
        };
        says = match (says, found) {
            (PolicySays::MayDeny(_), _) => says,
            (_, PolicySays::MayDeny(_)) | (PolicySays::Nothing | PolicySays::MayAllow(_), _) => {
                found
            }
            _ => says,
        };
    }
    says
}

/// Whether all parts of a statement fit.
pub(super) fn speaks_of(statement: &AccessStatement, question: &PolicyQuestion<'_>) -> Truth {
    let fits = speaks_to(statement, &question.request.caller)
        && has_action(statement, question.action)
        && has_resource(statement, question.resource);
    if !fits {
        return Truth::No;
    }
    let look = |key: &str| question.request.look_up(key);
    statement.conditions.iter().fold(Truth::Yes, |truth, condition| {
        truth.and(meets_condition(condition, question.version, &look))
    })
}

/// Whether a statement means this caller. One with neither principals nor their opposite means nobody.
pub(super) fn speaks_to(statement: &AccessStatement, caller: &Caller) -> bool {
    let names = |principals: &[String]| principals.iter().any(|text| names_caller(text, caller));
    let (named, unnamed) = (&statement.principals, &statement.not_principals);
    if named.is_empty() && unnamed.is_empty() {
        return false;
    }
    (named.is_empty() || names(named)) && (unnamed.is_empty() || !names(unnamed))
}

fn names_caller(principal: &str, caller: &Caller) -> bool {
    let form = PrincipalForm::read(principal);
    match caller {
        Caller::Anonymous => form.names_key("anonymous", ""),
        Caller::Key { project, key } => form.names_key(project.as_str(), key.as_str()),
    }
}

/// `NotAction` enforces nothing: a statement without `Action` never speaks.
pub(super) fn has_action(statement: &AccessStatement, action: &str) -> bool {
    let names = |patterns: &[String]| patterns.iter().any(|pattern| fits_action(pattern, action));
    names(&statement.actions) && !names(&statement.not_actions)
}

/// Where a statement has both, `NotResource` is not looked at.
pub(super) fn has_resource(statement: &AccessStatement, resource: &str) -> bool {
    let names =
        |patterns: &[String]| patterns.iter().any(|pattern| fits_resource(pattern, resource));
    if !statement.resources.is_empty() {
        return names(&statement.resources);
    }
    !statement.not_resources.is_empty() && !names(&statement.not_resources)
}
