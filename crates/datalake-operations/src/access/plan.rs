//! The policy that the spec asks for, beside the one that is stored.

use std::fmt;

use datalake_core::policy::{
    AccessPolicy, AccessRole, AccessRoute, AccessStatement, CompiledPolicy, MergedPolicy,
    PolicyGround, RightsPrefix, SpecRole, compile_roles, find_denied_actor, find_lock_out,
    lint_policy, merge_policies,
};
use datalake_core::s3::BucketName;
use datalake_core::secret::AccessKeyId;
use datalake_core::spec::{StoreSpec, TablesPlace};
use datalake_core::text::printable;
use schemars::JsonSchema;
use serde::Serialize;

use super::{AccessLook, LintReport, find_own_project, read_stored_policy, watch_bucket};
use crate::lake::BucketClient;
use crate::{ErrorKind, OperationError};

/// The policies of all buckets of the spec.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AccessPlanReport {
    /// One for each bucket.
    pub buckets: Vec<BucketAccessPlan>,
}

/// The policy of one bucket.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BucketAccessPlan {
    /// The bucket.
    pub bucket: String,
    /// The project that owns it.
    pub project: String,
    /// Whether the stored policy differs.
    pub changes: bool,
    /// What each role becomes.
    pub roles: Vec<PlannedRole>,
    /// Statements of others in the stored policy, which stay.
    pub kept: usize,
    /// Whether it has to be stored with `x-amz-confirm-remove-self-bucket-access: true`.
    pub needs_header: bool,
    /// The document.
    pub document: String,
    /// Lines that begin with `-` or `+`: statements that go and come.
    pub diff: Vec<String>,
    /// What is wrong with the whole.
    pub lints: Vec<LintReport>,
}

/// A role, and how it is held.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlannedRole {
    /// Its name.
    pub role: String,
    /// The project of its key.
    pub project: String,
    /// The key.
    pub key: String,
    /// Whether it is only a guard against mistakes: the key is of the bucket's own project.
    pub guard_only: bool,
}

impl AccessPlanReport {
    /// Whether any stored policy differs.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.buckets.iter().any(|bucket| bucket.changes)
    }
}

/// Compares the policies that the spec asks for with the stored ones. Nothing is stored.
///
/// # Errors
///
/// [`OperationError`] where the spec has no roles, one of them cannot be held, the service does not
/// tell, or the whole would shut out the key that acts.
pub async fn plan_access(
    client: &BucketClient<'_>,
    acting: &AccessKeyId,
) -> Result<AccessPlanReport, OperationError> {
    let spec = client.spec;
    if spec.access.is_empty() {
        return Err(OperationError::new(
            ErrorKind::Config,
            "the spec has no roles below `access:`",
        )
        .advise("access: { modal: { project: p1234567, key: AKEXAMPLE, as: modal-worker } }"));
    }
    let lake = client.retrying();
    let owner = find_own_project(&lake).await?;
    let mut buckets = Vec::new();
    for (bucket, roles) in list_bucket_roles(client)? {
        let policy = read_stored_policy(&lake, &bucket).await?;
        let look = AccessLook { bucket, owner: owner.clone(), policy };
        buckets.push(BucketPlanner { look: &look, spec, acting }.plan(&roles)?);
    }
    Ok(AccessPlanReport { buckets })
}

/// The buckets of the spec, each with what the roles are there.
fn list_bucket_roles(
    client: &BucketClient<'_>,
) -> Result<Vec<(BucketName, Vec<AccessRole>)>, OperationError> {
    let spec = client.spec;
    let assets = RightsPrefix::from(&spec.prefix);
    let in_assets = spec.access.iter().map(|role| role.role_in_assets(&assets)).collect();
    let mut buckets = vec![(client.choose_bucket(None)?, in_assets)];
    if let Some(tables) = spec.tables.as_ref().and_then(TablesPlace::own_bucket) {
        let in_tables = spec.access.iter().filter_map(SpecRole::role_in_tables).collect();
        buckets.push((tables.clone(), in_tables));
    }
    Ok(buckets)
}

struct BucketPlanner<'a> {
    look: &'a AccessLook,
    spec: &'a StoreSpec,
    acting: &'a AccessKeyId,
}

impl BucketPlanner<'_> {
    fn plan(&self, roles: &[AccessRole]) -> Result<BucketAccessPlan, OperationError> {
        let ground = PolicyGround {
            bucket: self.look.bucket.clone(),
            owner: self.look.owner.clone(),
            actor: self.acting.clone(),
        };
        let compiled = compile_roles(&ground, roles)
            .map_err(|error| OperationError::of(ErrorKind::Config, &error))?;
        let merged = merge_policies(self.look.policy.as_ref(), &compiled.policy);
        self.refuse_lock_out(&merged)?;
        let watch = watch_bucket(self.look, self.spec, self.acting.clone());
        let lints = lint_policy(&merged.policy, &watch);
        let diff = list_changes(self.look.policy.as_ref(), &merged.policy);
        Ok(BucketAccessPlan {
            bucket: self.look.bucket.to_string(),
            project: self.look.owner.to_string(),
            changes: !diff.is_empty(),
            roles: list_planned(&compiled, roles),
            kept: merged.kept,
            needs_header: compiled.binds_owner,
            document: merged.policy.write(),
            diff,
            lints: lints.iter().map(LintReport::from).collect(),
        })
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

impl fmt::Display for AccessPlanReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.buckets.iter().try_for_each(|bucket| write!(f, "{bucket}"))
    }
}

impl fmt::Display for BucketAccessPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} of {}", self.bucket, self.project)?;
        for role in &self.roles {
            let how = if role.guard_only {
                "a guard against mistakes only: the key is of the bucket's own project"
            } else {
                "may do what is granted, and nothing else"
            };
            writeln!(f, "  {:<16} {}:{}  {how}", role.role, role.project, printable(&role.key))?;
        }
        for line in &self.diff {
            writeln!(f, "  {}", printable(line))?;
        }
        if !self.changes {
            writeln!(f, "  The stored policy is as planned.")?;
        }
        if self.kept > 0 {
            let kept = datalake_core::text::count_things(self.kept as u64, "statement");
            writeln!(f, "  {kept} of others in the stored policy: kept as they are.")?;
        }
        if self.needs_header {
            writeln!(f, "  To be stored with x-amz-confirm-remove-self-bucket-access: true.")?;
        }
        self.lints.iter().try_for_each(|lint| write!(f, "{lint}"))
    }
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
