//! One request, put to the gateways of three versions in mind.

use std::fmt;

use datalake_core::policy::{
    AccessCall, AccessRequest, Caller, CephVersion, ProjectId, check_storable, simulate_access,
};
use datalake_core::spec::StoreSpec;
use datalake_core::text::{printable, printable_key};
use schemars::JsonSchema;
use serde::Serialize;

use super::AccessLook;
use crate::{ErrorKind, OperationError};

/// What somebody wants to know.
#[derive(Debug, Clone)]
pub struct SimulationQuestion {
    /// A role of the spec, `PROJECT:KEY`, a key of the bucket's own project, or `anonymous`.
    pub who: String,
    /// The call, or the action that it needs.
    pub call: AccessCall,
    /// The key or prefix; empty for the bucket itself.
    pub resource: String,
    /// The project that has written the object, where that is not the bucket's own.
    pub object_owner: Option<ProjectId>,
    /// Values under keys of conditions, as `s3:x-amz-acl=public-read`.
    pub values: Vec<String>,
    /// The versions that are asked.
    pub versions: Vec<CephVersion>,
}

/// What gateways would answer.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SimulationReport {
    /// The bucket.
    pub bucket: String,
    /// The key, with its project; `null` for somebody without one.
    pub key: Option<String>,
    /// The call.
    pub call: String,
    /// The key of the object, or the prefix of a listing.
    pub resource: String,
    /// The answers by version.
    pub answers: Vec<SimulatedAnswer>,
}

/// The answer of one version.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SimulatedAnswer {
    /// The version of Ceph.
    pub ceph: CephVersion,
    /// `allowed`, `refused` or `undecided`.
    pub verdict: String,
    /// Why, in words.
    pub reason: String,
}

/// Answers a question.
///
/// # Errors
///
/// [`OperationError`] for a key that nobody knows, a value that is none, and a policy that a gateway
/// would not store.
pub fn simulate_question(
    look: &AccessLook,
    spec: &StoreSpec,
    question: &SimulationQuestion,
) -> Result<SimulationReport, OperationError> {
    let caller = find_caller(look, spec, &question.who)?;
    let mut request = AccessRequest::new(caller.clone(), question.call);
    if question.call.names_object() {
        let owner = question.object_owner.as_ref().unwrap_or(&look.owner);
        request = request.of_object(&question.resource, owner);
    } else if !question.resource.is_empty() {
        request = request.with_value("s3:prefix", &question.resource);
    }
    for value in &question.values {
        let Some((key, value)) = value.split_once('=') else {
            let message = format!("`{}` is not KEY=VALUE", printable(value));
            return Err(OperationError::new(ErrorKind::Usage, message));
        };
        request = request.with_value(key, value);
    }
    let mut answers = Vec::new();
    for version in &question.versions {
        answers.push(answer_version(look, &request, *version)?);
    }
    let key = match &caller {
        Caller::Anonymous => None,
        Caller::Key { project, key } => Some(format!("{project}:{key}")),
    };
    Ok(SimulationReport {
        bucket: look.bucket.to_string(),
        key,
        call: question.call.name().to_owned(),
        resource: question.resource.clone(),
        answers,
    })
}

fn answer_version(
    look: &AccessLook,
    request: &AccessRequest,
    version: CephVersion,
) -> Result<SimulatedAnswer, OperationError> {
    if let Some(policy) = &look.policy {
        check_storable(policy, version).map_err(|refusal| {
            let message = format!("Ceph {version} refuses to store this policy");
            OperationError::of(ErrorKind::Config, &refusal).within(message)
        })?;
    }
    let answer = simulate_access(&look.scene(version), request);
    let told = answer.to_string();
    let reason = told.split_once(": ").map_or(told.as_str(), |(_, reason)| reason);
    Ok(SimulatedAnswer {
        ceph: version,
        verdict: answer.verdict.to_string(),
        reason: reason.to_owned(),
    })
}

fn find_caller(look: &AccessLook, spec: &StoreSpec, who: &str) -> Result<Caller, OperationError> {
    if who == "anonymous" {
        return Ok(Caller::Anonymous);
    }
    let role =
        spec.access.iter().find(|role| role.name.as_str() == who || role.key.as_str() == who);
    if let Some(role) = role {
        return Ok(Caller::Key { project: role.project.clone(), key: role.key.clone() });
    }
    let invalid = |error: String| {
        let message = format!("`{}` names no key", printable(who));
        OperationError::new(ErrorKind::Usage, error).within(message).advise(
            "write a role of the spec, PROJECT:KEY, a key of the bucket's project, or anonymous",
        )
    };
    let (project, key) = match who.split_once(':') {
        Some((project, key)) => (project.parse().map_err(|it| invalid(format!("{it}")))?, key),
        None => (look.owner.clone(), who),
    };
    Ok(Caller::Key { project, key: key.parse().map_err(|it| invalid(format!("{it}")))? })
}

impl fmt::Display for SimulationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = self.key.as_deref().unwrap_or("anybody without a key");
        let resource = printable_key(&self.resource);
        writeln!(f, "{} by {} on s3://{}/{resource}", self.call, printable(who), self.bucket)?;
        for answer in &self.answers {
            writeln!(f, "  Ceph {}  {}: {}", answer.ceph, answer.verdict, answer.reason)?;
        }
        Ok(())
    }
}
