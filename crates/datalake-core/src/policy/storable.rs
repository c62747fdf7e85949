//! What gateways refuse to store.

use super::action::is_known_action;
use super::arn::{PARTITIONS, SERVICES, split_resource};
use super::condition::OPERATORS;
use super::document::{AccessPolicy, AccessStatement, PolicyCondition, StatementEffect};
use super::principal::PrincipalForm;
use super::version::CephVersion;

/// Why a gateway answers 400 to a policy, and keeps the old one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreRefusal {
    /// A part that is none of a policy, or of another type.
    #[error("{0} is not part of a policy")]
    Oddity(String),
    /// The version is not one of two dates.
    #[error("`{0}` is not a version of policies: 2008-10-17 or 2012-10-17")]
    Version(String),
    /// An action that it does not know.
    #[error("statement {0}: unknown action `{1}`")]
    Action(usize, String),
    /// A resource in another form.
    #[error(
        "statement {0}: `{1}` is not a resource: write arn:aws:s3:::BUCKET or arn:aws:s3:::BUCKET/KEY; no colon may be in a key"
    )]
    Resource(usize, String),
    /// A principal in another form.
    #[error("statement {0}: `{1}` is not a principal: write arn:aws:iam:::user/pPROJECT:KEY")]
    Principal(usize, String),
    /// Both `Principal` and `NotPrincipal`.
    #[error("statement {0} has both Principal and NotPrincipal")]
    BothPrincipals(usize),
    /// `NotPrincipal` in an `Allow`.
    #[error("statement {0} allows everybody but a NotPrincipal")]
    AllowsTheRest(usize),
    /// An operator that it does not know.
    #[error("statement {0}: unknown condition operator `{1}`")]
    Operator(usize, String),
    /// A key or value that it cannot read.
    #[error("statement {0}: the condition on `{1}` cannot be read")]
    Condition(usize, String),
}

/// Whether a gateway of this version would store the policy.
///
/// # Errors
///
/// The first [`StoreRefusal`].
pub fn check_storable(policy: &AccessPolicy, version: CephVersion) -> Result<(), StoreRefusal> {
    if let Some(oddity) = policy.oddities.first() {
        return Err(StoreRefusal::Oddity(oddity.clone()));
    }
    let is_date = |text: &&String| !matches!(text.as_str(), "2008-10-17" | "2012-10-17");
    if let Some(text) = policy.version.as_ref().filter(is_date) {
        return Err(StoreRefusal::Version(text.clone()));
    }
    for (index, statement) in policy.statements.iter().enumerate() {
        check_statement(statement, index + 1, version)?;
    }
    Ok(())
}

fn check_statement(
    statement: &AccessStatement,
    number: usize,
    version: CephVersion,
) -> Result<(), StoreRefusal> {
    let mut actions = statement.actions.iter().chain(&statement.not_actions);
    if let Some(name) = actions.find(|name| !is_known_action(name, version)) {
        return Err(StoreRefusal::Action(number, name.clone()));
    }
    let mut resources = statement.resources.iter().chain(&statement.not_resources);
    if let Some(text) = resources.find(|text| !is_resource(text)) {
        return Err(StoreRefusal::Resource(number, text.clone()));
    }
    let mut principals = statement.principals.iter().chain(&statement.not_principals);
    let is_refused = |text: &&String| PrincipalForm::read(text) == PrincipalForm::Refused;
    // 16 stores it, and means nobody.
    if version > CephVersion::Pacific
        && let Some(text) = principals.find(is_refused)
    {
        return Err(StoreRefusal::Principal(number, text.clone()));
    }
    let has_both = !statement.principals.is_empty() && !statement.not_principals.is_empty();
    if version >= CephVersion::Tentacle && has_both {
        return Err(StoreRefusal::BothPrincipals(number));
    }
    let allows_the_rest =
        statement.effect == StatementEffect::Allow && !statement.not_principals.is_empty();
    if version >= CephVersion::Tentacle && allows_the_rest {
        return Err(StoreRefusal::AllowsTheRest(number));
    }
    statement.conditions.iter().try_for_each(|condition| check_condition(condition, number))
}

fn is_resource(text: &str) -> bool {
    text == "*"
        || split_resource(text).is_some_and(|parts| {
            (parts.partition == "*" || PARTITIONS.contains(&parts.partition))
                && (parts.service == "*" || SERVICES.contains(&parts.service))
                && matches!(parts.account, "" | "*")
        })
}

fn check_condition(condition: &PolicyCondition, number: usize) -> Result<(), StoreRefusal> {
    if !OPERATORS.contains(&condition.plain_operator()) {
        return Err(StoreRefusal::Operator(number, condition.operator.clone()));
    }
    let is_torn = |value: &String| {
        value.starts_with('$') && !(value.starts_with("${") && value.ends_with('}'))
    };
    if KEYWORDS.contains(&condition.key.as_str()) || condition.values.iter().any(is_torn) {
        return Err(StoreRefusal::Condition(number, condition.key.clone()));
    }
    Ok(())
}

/// Words of the document itself; a gateway stumbles over a condition on one of them.
const KEYWORDS: [&str; 18] = [
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
    "AWS",
    "Federated",
    "Service",
    "CanonicalUser",
    "Allow",
    "Deny",
];
