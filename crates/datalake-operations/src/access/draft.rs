//! The steps from the stored policy of a bucket to the wanted one.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::plan::{Action, Guard, Step, Undo, Way};
use datalake_core::policy::{
    AccessPolicy, AccessRole, AccessRoute, AccessStatement, CompiledPolicy, MergedPolicy,
    NewPolicy, PolicyGround, PolicyText, ProjectId, compile_roles, find_denied_actor,
    find_lock_out, lint_policy, merge_policies,
};
use datalake_core::s3::BucketName;
use datalake_core::secret::AccessKeyId;
use datalake_core::spec::StoreSpec;

use super::plan::{AccessGoal, BucketAccessPlan, PlannedRole, PublicAccessStanding};
use super::{AccessLook, LintReport, watch_bucket};
use crate::{ErrorKind, OperationError};

pub(super) struct BucketPlanner<'a> {
    pub(super) look: &'a AccessLook,
    pub(super) spec: &'a StoreSpec,
    pub(super) acting: &'a AccessKeyId,
    pub(super) goal: AccessGoal,
}

/// What is shown of a bucket, and what is to be done.
pub(super) struct BucketDraft {
    pub(super) report: BucketAccessPlan,
    pub(super) steps: Vec<Step>,
}

impl BucketPlanner<'_> {
    /// Plans one bucket.
    pub(super) fn draft_policy(&self, roles: &[AccessRole]) -> Result<BucketDraft, OperationError> {
        let roles = if self.goal == AccessGoal::Reset { &[] } else { roles };
        let compiled = compile_roles(&self.find_ground(), roles)
            .map_err(|error| OperationError::of(ErrorKind::Config, &error))?;
        let merged = merge_policies(self.look.policy.as_ref(), &compiled.policy);
        self.refuse_lock_out(&merged)?;
        let watch = watch_bucket(self.look, self.spec, self.acting.clone());
        let lints = lint_policy(&merged.policy, &watch);
        let diff = list_changes(self.look.policy.as_ref(), &merged.policy);
        let (public_access, blocking) = self.plan_public_access()?;
        let mut steps: Vec<Step> = blocking.into_iter().collect();
        if !diff.is_empty() || self.goal == AccessGoal::SpecAgain {
            steps.push(self.store_policy(&merged.policy, compiled.binds_owner));
        }
        let report = BucketAccessPlan {
            bucket: self.look.bucket.to_string(),
            project: self.look.owner.to_string(),
            changes: !diff.is_empty(),
            roles: list_planned(&compiled, roles),
            kept: merged.kept,
            needs_header: compiled.binds_owner,
            document: if merged.policy.statements.is_empty() {
                String::new()
            } else {
                merged.policy.write()
            },
            diff,
            public_access,
            lints: lints.iter().map(LintReport::from).collect(),
        };
        Ok(BucketDraft { report, steps })
    }

    fn find_ground(&self) -> PolicyGround {
        PolicyGround {
            bucket: self.look.bucket.clone(),
            owner: self.look.owner.clone(),
            actor: self.acting.clone(),
        }
    }

    fn store_policy(&self, policy: &AccessPolicy, binds_owner: bool) -> Step {
        let place = PolicyPlace {
            bucket: &self.look.bucket,
            owner: &self.look.owner,
            old: self.look.text.as_ref(),
            why: "each key may do what its role needs, and nothing else",
        };
        place.plan_storing(policy, binds_owner)
    }

    /// A service that offers no such block keeps no policy back: it is shown. What could not be learned is
    /// not taken for that.
    fn plan_public_access(&self) -> Result<(PublicAccessStanding, Option<Step>), OperationError> {
        let bucket = &self.look.bucket;
        let now = match &self.look.public_access {
            None => return Ok((PublicAccessStanding::Left, None)),
            Some(Err(fault)) if is_not_offered(fault) => {
                return Ok((PublicAccessStanding::NotOffered(fault.to_string()), None));
            }
            Some(Err(fault)) => {
                let error = OperationError::at_bucket(bucket, fault);
                return Err(error.within("whether ACLs can make objects public is not known"));
            }
            Some(Ok(now)) => *now,
        };
        let wanted = now.against_acls();
        if now == wanted {
            return Ok((PublicAccessStanding::Blocked, None));
        }
        if self.goal == AccessGoal::Reset {
            return Ok((PublicAccessStanding::Left, None));
        }
        let step = Step {
            guard: Guard::PublicAccessIs(bucket.clone(), now),
            action: Action::SetPublicAccess(bucket.clone(), wanted),
            undo: Undo {
                guard: Guard::PublicAccessIs(bucket.clone(), wanted),
                way: Way::Back(Action::SetPublicAccess(bucket.clone(), now)),
            },
            why: "no policy keeps a writer from making its objects public".to_owned(),
        };
        Ok((PublicAccessStanding::ToBlock, Some(step)))
    }

    /// Nothing that shuts out the acting key is ever offered, whoever wrote the statement.
    fn refuse_lock_out(&self, merged: &MergedPolicy) -> Result<(), OperationError> {
        let watch = watch_bucket(self.look, self.spec, self.acting.clone());
        if find_lock_out(&merged.policy, &watch.actor).is_none() {
            return Ok(());
        }
        let place = match find_denied_actor(&merged.policy, &watch.actor) {
            Some(number) => format!("statement {number} of the stored policy"),
            None => "the stored policy".to_owned(),
        };
        Err(OperationError::new(
            ErrorKind::Config,
            format!(
                "bucket `{}`: {place} would shut out the key that datalake uses",
                self.look.bucket
            ),
        )
        .advise("the statement is not one of datalake's: take the key out of it first"))
    }
}

/// Where a policy is to be stored, and what is there now.
pub(crate) struct PolicyPlace<'a> {
    /// The bucket.
    pub(crate) bucket: &'a BucketName,
    /// The project that owns it.
    pub(crate) owner: &'a ProjectId,
    /// The stored document.
    pub(crate) old: Option<&'a PolicyText>,
    /// Why it is to be another one.
    pub(crate) why: &'a str,
}

impl PolicyPlace<'_> {
    pub(crate) fn plan_storing(&self, policy: &AccessPolicy, binds_owner: bool) -> Step {
        // A gateway stores no policy without statements.
        let new = (!policy.statements.is_empty()).then(|| {
            let text = PolicyText::new(policy.write_compact());
            NewPolicy { text, binds_owner }
        });
        self.plan_document(new)
    }

    /// The old document goes along in the way back, byte for byte.
    pub(crate) fn plan_document(&self, new: Option<NewPolicy>) -> Step {
        let (bucket, old) = (self.bucket, self.old.cloned());
        let back = old.clone().map(|text| NewPolicy::for_bucket_of(self.owner, text));
        let after = new.as_ref().map(|new| new.text.clone());
        Step {
            guard: Guard::PolicyIs(bucket.clone(), old),
            action: Action::SetPolicy(bucket.clone(), new),
            undo: Undo {
                guard: Guard::PolicyIs(bucket.clone(), after),
                way: Way::Back(Action::SetPolicy(bucket.clone(), back)),
            },
            why: self.why.to_owned(),
        }
    }
}

/// Whether a service says that it knows no block of public access.
pub(crate) fn is_not_offered(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::Unsupported | FaultKind::Refused)
}

fn list_planned(compiled: &CompiledPolicy, roles: &[AccessRole]) -> Vec<PlannedRole> {
    let planned = roles.iter().zip(&compiled.routes).map(|(role, (name, route))| PlannedRole {
        role: name.to_string(),
        project: role.project.to_string(),
        key: role.key.to_string(),
        guard_only: *route == AccessRoute::Denied,
    });
    planned.collect()
}

/// Statements that go and come, one a line.
fn list_changes(stored: Option<&AccessPolicy>, wanted: &AccessPolicy) -> Vec<String> {
    let old = stored.map(|policy| policy.statements.as_slice()).unwrap_or_default();
    let line = |mark: char, statement: &AccessStatement| format!("{mark} {}", statement.write());
    let gone = old.iter().filter(|one| !wanted.statements.contains(one)).map(|one| line('-', one));
    let new = wanted.statements.iter().filter(|one| !old.contains(one)).map(|one| line('+', one));
    gone.chain(new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_statement_by_statement() {
        let old = AccessPolicy::read(
            r#"{"Statement":[{"Sid":"a","Effect":"Deny"},{"Sid":"b","Effect":"Deny"}]}"#,
        )
        .unwrap();
        let new = AccessPolicy::read(
            r#"{"Statement":[{"Sid":"b","Effect":"Deny"},{"Sid":"c","Effect":"Allow"}]}"#,
        )
        .unwrap();

        let changes = list_changes(Some(&old), &new);

        let expected = [r#"- {"Sid":"a","Effect":"Deny"}"#, r#"+ {"Sid":"c","Effect":"Allow"}"#];
        assert_eq!(changes, expected);
        assert!(list_changes(Some(&new), &new).is_empty());
        assert_eq!(list_changes(None, &new).len(), 2);
    }
}
