//! Rights that are wider or narrower than they seem.

use super::{Lints, PolicyLintId, PolicyWatch};
use crate::policy::arn::split_resource;
use crate::policy::document::{AccessPolicy, AccessStatement, StatementEffect};
use crate::policy::lock_out::{LockOut, find_lock_out};
use crate::policy::principal::PrincipalForm;
use crate::policy::statement::{has_action, has_resource};

pub(super) fn lint_rights(policy: &AccessPolicy, watch: &PolicyWatch, lints: &mut Lints) {
    lint_lock_out(policy, watch, lints);
    if let Some(count @ 1..) = watch.public_objects {
        let sentence = format!("everybody can read {count} objects by their ACL");
        lints.push(PolicyLintId::PublicObjects, None, sentence);
    }
    for (index, statement) in policy.statements.iter().enumerate() {
        let number = Some(index + 1);
        match statement.effect {
            StatementEffect::Allow => {
                lint_open_writing(statement, watch, &mut |id, sentence| {
                    lints.push(id, number, sentence);
                });
                lint_foreign_writer(&Grant { policy, statement, watch }, number, lints);
            }
            StatementEffect::Deny => {
                lint_denial(policy, &Denial { statement, watch }, number, lints);
            }
        }
        lint_deletion(statement, watch, number, lints);
    }
}

fn lint_lock_out(policy: &AccessPolicy, watch: &PolicyWatch, lints: &mut Lints) {
    let sentence = match find_lock_out(policy, &watch.actor) {
        None => return,
        Some(LockOut::ThisKey) => {
            "the acting key could not change the policy any more; only a new key of the project could"
        }
        Some(LockOut::WholeProject) => {
            "no key of the bucket's project could change the policy any more; only the provider could"
        }
    };
    lints.push(PolicyLintId::LockOut, None, sentence.to_owned());
}

/// Who can write a pickle runs code where it is read.
fn lint_open_writing(
    statement: &AccessStatement,
    watch: &PolicyWatch,
    push: &mut dyn FnMut(PolicyLintId, String),
) {
    let is_open = statement
        .principals
        .iter()
        .any(|text| PrincipalForm::read(text) == PrincipalForm::Everyone)
        || !statement.not_principals.is_empty() && statement.principals.is_empty();
    if !is_open || !has_action(statement, "s3:PutObject") {
        return;
    }
    let reached =
        watch.pickles.iter().find(|prefix| reaches_prefix(statement, watch, prefix.as_str()));
    match reached {
        Some(prefix) => push(
            PolicyLintId::WritablePickles,
            format!(
                "everybody can store pickles below `{prefix}`: whoever does runs code in Dagster"
            ),
        ),
        None if reaches_prefix(statement, watch, "") => {
            push(PolicyLintId::WritableByAll, "everybody can store objects".to_owned());
        }
        None => (),
    }
}

/// Whether a statement may speak of an object below the prefix.
fn reaches_prefix(statement: &AccessStatement, watch: &PolicyWatch, prefix: &str) -> bool {
    let below = format!("{}/{prefix}", watch.actor.bucket);
    if statement.resources.is_empty() {
        return !statement.not_resources.is_empty();
    }
    statement.resources.iter().any(|resource| {
        if resource == "*" {
            return true;
        }
        let Some(parts) = split_resource(resource) else { return false };
        let fixed = parts.name.split(['*', '?']).next().unwrap_or_default();
        let has_wildcard = fixed.len() < parts.name.len();
        fixed.starts_with(&below) || (has_wildcard && below.starts_with(fixed))
    })
}

struct Grant<'a> {
    policy: &'a AccessPolicy,
    statement: &'a AccessStatement,
    watch: &'a PolicyWatch,
}

/// What a foreign key writes belongs to its project.
fn lint_foreign_writer(grant: &Grant<'_>, number: Option<usize>, lints: &mut Lints) {
    let owner = grant.watch.actor.owner.as_str();
    let foreign = grant.statement.principals.iter().find(|text| match PrincipalForm::read(text) {
        PrincipalForm::Project(project) | PrincipalForm::Key { project, .. } => project != owner,
        PrincipalForm::Everyone => true,
        PrincipalForm::Nobody | PrincipalForm::Refused => false,
    });
    let Some(foreign) = foreign else { return };
    if !has_action(grant.statement, "s3:PutObject")
        || !reaches_prefix(grant.statement, grant.watch, "")
    {
        return;
    }
    if !grants_back(grant) {
        let sentence = format!(
            "what `{foreign}` stores belongs to its project, and the bucket's own keys get 403 for it"
        );
        lints.push(PolicyLintId::ForeignWriter, number, sentence);
    }
    let sentence = format!(
        "`{foreign}` can make what it stores public, by a copy, an upload in parts or a grant header"
    );
    lints.push(PolicyLintId::PublicWays, number, sentence);
}

fn grants_back(grant: &Grant<'_>) -> bool {
    let actor = &grant.watch.actor;
    let sample = format!("{}/0f3a9c", actor.bucket);
    grant.policy.statements.iter().any(|statement| {
        let names_owner = statement.principals.iter().any(|text| {
            PrincipalForm::read(text).names_key(actor.owner.as_str(), actor.key.as_str())
        });
        statement.effect == StatementEffect::Allow
            && statement.conditions.is_empty()
            && names_owner
            && has_action(statement, "s3:GetObject")
            && has_resource(statement, &sample)
    })
}

struct Denial<'a> {
    statement: &'a AccessStatement,
    watch: &'a PolicyWatch,
}

fn lint_denial(
    policy: &AccessPolicy,
    denial: &Denial<'_>,
    number: Option<usize>,
    lints: &mut Lints,
) {
    let statement = denial.statement;
    let stops_acl =
        has_action(statement, "s3:PutObjectAcl") && !has_action(statement, "s3:PutObject");
    if stops_acl && !policy.statements.iter().any(|other| looks_at_acl(other, statement)) {
        let sentence = "a PUT with the header x-amz-acl: public-read still makes an object public";
        lints.push(PolicyLintId::AclHeader, number, sentence.to_owned());
    }
    let owner = denial.watch.actor.owner.as_str();
    let of_own_project = statement.principals.iter().any(|text| match PrincipalForm::read(text) {
        PrincipalForm::Project(project) | PrincipalForm::Key { project, .. } => project == owner,
        _ => false,
    });
    let about_policy = ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"];
    if of_own_project && about_policy.iter().any(|action| has_action(statement, action)) {
        let sentence =
            "on Ceph 20 these keys can still remove the policy, unless it was stored with a header";
        lints.push(PolicyLintId::OwnersPolicy, number, sentence.to_owned());
    }
}

/// A Deny of `PutObject` for the same principals that looks at the header.
fn looks_at_acl(other: &AccessStatement, statement: &AccessStatement) -> bool {
    other.effect == StatementEffect::Deny
        && other.principals == statement.principals
        && has_action(other, "s3:PutObject")
        && (other.conditions.is_empty()
            || other.conditions.iter().any(|condition| condition.key == "s3:x-amz-acl"))
}

/// 16 and 18 ask about the bucket itself before several objects are deleted.
fn lint_deletion(
    statement: &AccessStatement,
    watch: &PolicyWatch,
    number: Option<usize>,
    lints: &mut Lints,
) {
    if !has_action(statement, "s3:DeleteObject") {
        return;
    }
    let bucket = watch.actor.bucket.as_str();
    let has_bucket = has_resource(statement, bucket);
    let sentence = match statement.effect {
        StatementEffect::Allow if !has_bucket && reaches_prefix(statement, watch, "") => {
            "deleting several objects with one call is refused for all of them on Ceph 16 and 18"
        }
        StatementEffect::Deny if has_bucket && !statement.not_resources.is_empty() => {
            "NotResource leaves the bucket itself out, so deleting several objects with one call is \
             refused for all of them on Ceph 16 and 18"
        }
        _ => return,
    };
    lints.push(PolicyLintId::DeleteObjects, number, sentence.to_owned());
}
