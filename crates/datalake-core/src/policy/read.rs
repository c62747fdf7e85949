//! The tolerant reader: what it does not know it keeps and names.

use super::document::{AccessPolicy, AccessStatement, PolicyCondition, StatementEffect};
use super::json::{JsonMember, JsonNode};

/// The policy in a value of JSON; `None` where that is not an object. Gateways take one without
/// statements.
pub(super) fn read_policy_node(node: JsonNode) -> Option<AccessPolicy> {
    let JsonNode::Object(members) = node else { return None };
    let mut policy = AccessPolicy { version: None, ..AccessPolicy::empty() };
    let mut has_statements = false;
    for member in members {
        match (member.name.as_str(), member.value) {
            ("Version", JsonNode::Text(text)) if policy.version.is_none() => {
                policy.version = Some(text);
            }
            ("Id", JsonNode::Text(text)) if policy.id.is_none() => policy.id = Some(text),
            ("Statement", value) if !has_statements => {
                has_statements = true;
                read_statements(value, &mut policy);
            }
            (name, value) => {
                policy.oddities.push(format!("`{name}`"));
                policy.rest.push(JsonMember::new(name, value));
            }
        }
    }
    Some(policy)
}

fn read_statements(value: JsonNode, policy: &mut AccessPolicy) {
    let nodes = match value {
        JsonNode::List(nodes) => nodes,
        one => vec![one],
    };
    for node in nodes {
        let number = policy.statements.len() + 1;
        let mut statement = AccessStatement::new(StatementEffect::Deny, "");
        statement.sid = None;
        match node {
            JsonNode::Object(members) => {
                for member in members {
                    if let Err(member) = read_member(member, &mut statement) {
                        policy.oddities.push(format!("statement {number}: `{}`", member.name));
                        statement.rest.push(member);
                    }
                }
            }
            other => {
                policy.oddities.push(format!("statement {number} is not an object"));
                statement.instead = Some(other);
            }
        }
        policy.statements.push(statement);
    }
}

/// Takes a member of a statement, or gives it back.
fn read_member(member: JsonMember, statement: &mut AccessStatement) -> Result<(), JsonMember> {
    let JsonMember { name, value } = member;
    let taken = match name.as_str() {
        "Sid" => match &value {
            JsonNode::Text(text) if statement.sid.is_none() => {
                statement.sid = Some(text.clone());
                Some(())
            }
            _ => None,
        },
        "Effect" => read_effect(&value).map(|effect| statement.effect = effect),
        "Principal" => {
            read_principals(&value).and_then(|found| fill(&mut statement.principals, found))
        }
        "NotPrincipal" => {
            read_principals(&value).and_then(|found| fill(&mut statement.not_principals, found))
        }
        "Action" => read_texts(&value).and_then(|found| fill(&mut statement.actions, found)),
        "NotAction" => read_texts(&value).and_then(|found| fill(&mut statement.not_actions, found)),
        "Resource" => read_texts(&value).and_then(|found| fill(&mut statement.resources, found)),
        "NotResource" => {
            read_texts(&value).and_then(|found| fill(&mut statement.not_resources, found))
        }
        "Condition" => {
            read_conditions(&value).and_then(|found| fill(&mut statement.conditions, found))
        }
        _ => None,
    };
    taken.ok_or(JsonMember { name, value })
}

/// A field that comes twice is none of a policy.
fn fill<T>(field: &mut Vec<T>, found: Vec<T>) -> Option<()> {
    if !field.is_empty() {
        return None;
    }
    *field = found;
    Some(())
}

fn read_effect(value: &JsonNode) -> Option<StatementEffect> {
    match value {
        JsonNode::Text(text) if text == "Allow" => Some(StatementEffect::Allow),
        JsonNode::Text(text) if text == "Deny" => Some(StatementEffect::Deny),
        _ => None,
    }
}

/// A gateway takes every text that begins with `*` for everyone.
fn read_principals(value: &JsonNode) -> Option<Vec<String>> {
    match value {
        JsonNode::Text(text) if text.starts_with('*') => Some(vec!["*".to_owned()]),
        JsonNode::Object(members) => match members.as_slice() {
            [only] if only.name == "AWS" => read_texts(&only.value),
            _ => None,
        },
        _ => None,
    }
}

fn read_texts(value: &JsonNode) -> Option<Vec<String>> {
    let read_one = |node: &JsonNode| match node {
        JsonNode::Text(text) => Some(text.clone()),
        _ => None,
    };
    match value {
        JsonNode::List(nodes) => nodes.iter().map(read_one).collect(),
        one => read_one(one).map(|text| vec![text]),
    }
}

fn read_conditions(value: &JsonNode) -> Option<Vec<PolicyCondition>> {
    let JsonNode::Object(operators) = value else { return None };
    let mut conditions = Vec::new();
    for operator in operators {
        let JsonNode::Object(keys) = &operator.value else { return None };
        for key in keys {
            let values = read_values(&key.value)?;
            conditions.push(PolicyCondition::new(&operator.name, &key.name, values));
        }
    }
    Some(conditions)
}

/// Texts and numbers; a bare `true` is refused by gateways.
fn read_values(value: &JsonNode) -> Option<Vec<String>> {
    let read_one = |node: &JsonNode| match node {
        JsonNode::Text(text) => Some(text.clone()),
        JsonNode::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match value {
        JsonNode::List(nodes) => nodes.iter().map(read_one).collect(),
        one => read_one(one).map(|text| vec![text]),
    }
}
