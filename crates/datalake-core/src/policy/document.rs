//! A bucket policy as values.

use std::fmt;

use super::json::{JsonMember, JsonNode};
use super::read::read_policy_node;
use super::write::{write_policy_node, write_statement};

/// A bucket policy. What the reader does not know is kept, and named in [`oddities`](Self::oddities).
#[derive(Debug, Clone, PartialEq)]
pub struct AccessPolicy {
    /// `Version`; a gateway takes it as `2008-10-17` where nothing is said.
    pub version: Option<String>,
    /// `Id`.
    pub id: Option<String>,
    /// `Statement`, one or several.
    pub statements: Vec<AccessStatement>,
    /// What is not part of a policy as it is known, each with its place. A gateway refuses to store a
    /// document that has any.
    pub oddities: Vec<String>,
    pub(super) rest: Vec<JsonMember>,
}

/// One statement of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessStatement {
    /// `Sid`.
    pub sid: Option<String>,
    /// `Effect`; a gateway takes it as `Deny` where nothing is said.
    pub effect: StatementEffect,
    /// `Principal`, as written; `*` for everyone.
    pub principals: Vec<String>,
    /// `NotPrincipal`.
    pub not_principals: Vec<String>,
    /// `Action`.
    pub actions: Vec<String>,
    /// `NotAction`.
    pub not_actions: Vec<String>,
    /// `Resource`.
    pub resources: Vec<String>,
    /// `NotResource`.
    pub not_resources: Vec<String>,
    /// `Condition`: all of them must hold.
    pub conditions: Vec<PolicyCondition>,
    pub(super) rest: Vec<JsonMember>,
    /// What stands in the place of a statement and is not one.
    pub(super) instead: Option<JsonNode>,
}

/// Whether a statement grants or refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementEffect {
    /// It grants.
    Allow,
    /// It refuses, and wins over whatever grants.
    Deny,
}

/// An operator, the key that it looks at, and the values that it compares with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyCondition {
    /// Such as `StringLike` or `NumericGreaterThanIfExists`.
    pub operator: String,
    /// Such as `s3:prefix`.
    pub key: String,
    /// One or several.
    pub values: Vec<String>,
}

/// The text is not a bucket policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAccessPolicy {
    /// It is not JSON.
    #[error("invalid JSON: {0}")]
    Json(String),
    /// It is JSON of another shape.
    #[error("not a bucket policy: expected a JSON object with `Statement`")]
    Shape,
}

impl AccessPolicy {
    /// An empty one of the usual version.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            version: Some("2012-10-17".to_owned()),
            id: None,
            statements: Vec::new(),
            oddities: Vec::new(),
            rest: Vec::new(),
        }
    }

    /// Reads a policy of anybody's.
    ///
    /// # Errors
    ///
    /// [`InvalidAccessPolicy`] where the text is not an object with statements. Anything else that is
    /// odd is kept.
    pub fn read(text: &str) -> Result<Self, InvalidAccessPolicy> {
        let node: JsonNode = serde_json::from_str(text)
            .map_err(|error| InvalidAccessPolicy::Json(error.to_string()))?;
        read_policy_node(node).ok_or(InvalidAccessPolicy::Shape)
    }

    /// The document as JSON text, one member a line; what was not known is in it as it was read.
    #[must_use]
    pub fn write(&self) -> String {
        // Texts, lists and objects of texts always have a form in JSON.
        serde_json::to_string_pretty(&write_policy_node(self)).unwrap_or_default()
    }

    /// The document on one line, as it is sent.
    #[must_use]
    pub fn write_compact(&self) -> String {
        serde_json::to_string(&write_policy_node(self)).unwrap_or_default()
    }

    /// Whether both hold the same statements, however they are written.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.statements == other.statements && self.rest == other.rest
    }
}

impl AccessStatement {
    /// One that holds nothing yet.
    #[must_use]
    pub fn new(effect: StatementEffect, sid: &str) -> Self {
        Self {
            sid: Some(sid.to_owned()),
            effect,
            principals: Vec::new(),
            not_principals: Vec::new(),
            actions: Vec::new(),
            not_actions: Vec::new(),
            resources: Vec::new(),
            not_resources: Vec::new(),
            conditions: Vec::new(),
            rest: Vec::new(),
            instead: None,
        }
    }

    /// The statement as JSON text on one line.
    #[must_use]
    pub fn write(&self) -> String {
        serde_json::to_string(&write_statement(self)).unwrap_or_default()
    }

    /// The same for this principal.
    #[must_use]
    pub fn for_principal(mut self, principal: &str) -> Self {
        self.principals = vec![principal.to_owned()];
        self
    }

    /// The same for these actions.
    #[must_use]
    pub fn with_actions<'a>(mut self, actions: impl IntoIterator<Item = &'a str>) -> Self {
        self.actions = actions.into_iter().map(str::to_owned).collect();
        self
    }

    /// The same on these resources.
    #[must_use]
    pub fn on_resources(mut self, resources: impl IntoIterator<Item = String>) -> Self {
        self.resources = resources.into_iter().collect();
        self
    }

    /// The same on all but these resources.
    #[must_use]
    pub fn on_other_resources(mut self, resources: impl IntoIterator<Item = String>) -> Self {
        self.not_resources = resources.into_iter().collect();
        self
    }

    /// The same under one more condition.
    #[must_use]
    pub fn under(mut self, condition: PolicyCondition) -> Self {
        self.conditions.push(condition);
        self
    }
}

impl PolicyCondition {
    /// A condition of these parts.
    #[must_use]
    pub fn new(operator: &str, key: &str, values: Vec<String>) -> Self {
        Self { operator: operator.to_owned(), key: key.to_owned(), values }
    }

    /// The operator without `IfExists`.
    #[must_use]
    pub fn plain_operator(&self) -> &str {
        self.operator.strip_suffix(IF_EXISTS).unwrap_or(&self.operator)
    }

    /// Whether it holds where the key is missing, because the operator ends in `IfExists`.
    #[must_use]
    pub fn holds_if_missing(&self) -> bool {
        self.operator.ends_with(IF_EXISTS)
    }
}

const IF_EXISTS: &str = "IfExists";

impl fmt::Display for StatementEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        })
    }
}
