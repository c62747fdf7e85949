//! Bucket policies: read, kept word for word, and asked.

mod actions;
mod wildcard;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

pub(crate) use self::actions::action_of;
use self::wildcard::matches_pattern;

/// A bucket policy.
#[derive(Debug, Clone)]
pub(crate) struct BucketPolicy {
    /// The document as it was put.
    text: String,
    statements: Vec<SimStatement>,
}

/// Why a document is no policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InvalidPolicy {
    /// It is not JSON of the right shape.
    Malformed,
    /// It names an action that is not known.
    UnknownAction,
}

/// Who wants to do what with which thing.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    /// Absent for an anonymous caller.
    pub(crate) principal: Option<RequestPrincipal<'a>>,
    /// `s3:GetObject` and the like.
    pub(crate) action: &'a str,
    /// `arn:aws:s3:::bucket/key`.
    pub(crate) resource: &'a str,
    pub(crate) prefix: Option<&'a str>,
    /// What `x-amz-acl` says.
    pub(crate) acl: Option<&'a str>,
    pub(crate) tls: bool,
}

/// The key that signed a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestPrincipal<'a> {
    pub(crate) project: u64,
    pub(crate) access_key_id: &'a str,
}

/// What a policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PolicyVerdict {
    Allowed,
    Denied,
    Silent,
}

impl BucketPolicy {
    /// Reads a document and checks it.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidPolicy> {
        let document: PolicyDocument =
            serde_json::from_str(text).map_err(|_| InvalidPolicy::Malformed)?;
        let statements = document.statement.into_vec();
        let names = statements.iter().flat_map(|s| [&s.action, &s.not_action]).flatten();
        if !names.flat_map(ListOrValue::as_slice).all(|name| actions::is_known(name)) {
            return Err(InvalidPolicy::UnknownAction);
        }
        if statements.is_empty() || !statements.iter().all(SimStatement::is_complete) {
            return Err(InvalidPolicy::Malformed);
        }
        Ok(Self { text: text.to_owned(), statements })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Answers the question; a denial outweighs a permission.
    pub(crate) fn judge(&self, question: &Question<'_>, not_action_acts: bool) -> PolicyVerdict {
        let mut verdict = PolicyVerdict::Silent;
        for statement in &self.statements {
            if !statement.covers(question, not_action_acts) {
                continue;
            }
            match statement.effect {
                PolicyEffect::Deny => return PolicyVerdict::Denied,
                PolicyEffect::Allow => verdict = PolicyVerdict::Allowed,
            }
        }
        verdict
    }
}

impl Serialize for BucketPolicy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for BucketPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| D::Error::custom(format!("{error:?}")))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyDocument {
    statement: ListOrValue<SimStatement>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SimStatement {
    effect: PolicyEffect,
    principal: Option<Principals>,
    not_principal: Option<Principals>,
    action: Option<ListOrValue<String>>,
    not_action: Option<ListOrValue<String>>,
    resource: Option<ListOrValue<String>>,
    not_resource: Option<ListOrValue<String>>,
    #[serde(default)]
    condition: serde_json::Map<String, Value>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum PolicyEffect {
    Allow,
    Deny,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Principals {
    Everyone(String),
    Named {
        #[serde(rename = "AWS")]
        aws: ListOrValue<String>,
    },
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum ListOrValue<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> ListOrValue<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }

    fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

impl SimStatement {
    fn is_complete(&self) -> bool {
        let resources =
            self.resource.iter().chain(&self.not_resource).flat_map(ListOrValue::as_slice);
        (self.principal.is_some() || self.not_principal.is_some())
            && (self.action.is_some() || self.not_action.is_some())
            && (self.resource.is_some() || self.not_resource.is_some())
            && resources.into_iter().all(|name| name == "*" || name.starts_with("arn:aws:s3:::"))
            && self.condition.keys().all(|operator| {
                let plain = operator.strip_suffix(IF_EXISTS).unwrap_or(operator);
                CONDITIONS.contains(&plain)
            })
    }

    fn covers(&self, question: &Question<'_>, not_action_acts: bool) -> bool {
        let principal = match (&self.principal, &self.not_principal) {
            (Some(wanted), _) => wanted.include(question.principal),
            (None, Some(unwanted)) => !unwanted.include(question.principal),
            (None, None) => false,
        };
        let action = match (&self.action, &self.not_action) {
            (Some(wanted), _) => matches_any(wanted, question.action, true),
            (None, Some(unwanted)) => {
                not_action_acts && !matches_any(unwanted, question.action, true)
            }
            (None, None) => false,
        };
        let resource = match (&self.resource, &self.not_resource) {
            (Some(wanted), _) => matches_any(wanted, question.resource, false),
            (None, Some(unwanted)) => !matches_any(unwanted, question.resource, false),
            (None, None) => false,
        };
        principal
            && action
            && resource
            && self
                .condition
                .iter()
                .all(|(operator, keys)| meets_condition(operator, keys, question))
    }
}

fn matches_any(patterns: &ListOrValue<String>, text: &str, ignore_case: bool) -> bool {
    patterns.as_slice().iter().any(|pattern| {
        if ignore_case {
            matches_pattern(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
        } else {
            matches_pattern(pattern, text)
        }
    })
}

impl Principals {
    fn include(&self, caller: Option<RequestPrincipal<'_>>) -> bool {
        match self {
            Self::Everyone(star) => star == "*",
            Self::Named { aws } => aws.as_slice().iter().any(|name| {
                name == "*"
                    || caller.is_some_and(|caller| {
                        let RequestPrincipal { project, access_key_id } = caller;
                        let own = format!("arn:aws:iam:::user/p{project}");
                        *name == format!("{own}:{access_key_id}")
                            || *name == own
                            || *name == format!("{own}:*")
                            || *name == format!("arn:aws:iam::p{project}:root")
                    })
            }),
        }
    }
}

const CONDITIONS: [&str; 6] =
    ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "Bool", "Null"];

const IF_EXISTS: &str = "IfExists";

/// As Ceph 16 and 18: a missing key makes a condition false, and of several values under a negated
/// operator one that differs is enough.
fn meets_condition(operator: &str, keys: &Value, question: &Question<'_>) -> bool {
    let Some(keys) = keys.as_object() else { return false };
    let (plain, if_exists) = match operator.strip_suffix(IF_EXISTS) {
        Some(plain) => (plain, true),
        None => (operator, false),
    };
    keys.iter().all(|(key, wanted)| {
        let actual = value_of(key, question);
        if plain == "Null" {
            return actual.is_none();
        }
        let Some(actual) = actual else { return if_exists };
        let mut wanted = list_texts(wanted).into_iter();
        if plain.contains("Not") {
            wanted.any(|value| !matches_pattern(&value, &actual))
        } else {
            wanted.any(|value| matches_pattern(&value, &actual))
        }
    })
}

fn value_of(key: &str, question: &Question<'_>) -> Option<String> {
    match key.to_ascii_lowercase().as_str() {
        "aws:username" => question.principal.map(|caller| format!("p{}", caller.project)),
        "aws:securetransport" => question.tls.then(|| "true".to_owned()),
        "s3:prefix" => question.prefix.map(str::to_owned),
        "s3:x-amz-acl" => question.acl.map(str::to_owned),
        _ => None,
    }
}

fn list_texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(list_texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

#[cfg(test)]
mod tests;
