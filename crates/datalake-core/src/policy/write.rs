//! A policy as JSON: fields in their usual order, one value by itself, several as a list.

use super::document::{AccessPolicy, AccessStatement, PolicyCondition};
use super::json::{JsonMember, JsonNode};

pub(super) fn write_policy_node(policy: &AccessPolicy) -> JsonNode {
    let mut members = Vec::new();
    let mut push_text = |name: &str, text: &Option<String>| {
        members.extend(text.iter().map(|text| JsonMember::new(name, JsonNode::text(text))));
    };
    push_text("Version", &policy.version);
    push_text("Id", &policy.id);
    let statements = policy.statements.iter().map(write_statement).collect();
    members.push(JsonMember::new("Statement", JsonNode::List(statements)));
    members.extend(policy.rest.iter().cloned());
    JsonNode::Object(members)
}

pub(super) fn write_statement(statement: &AccessStatement) -> JsonNode {
    // A statement that was no object is kept as it was.
    if let Some(value) = &statement.instead {
        return value.clone();
    }
    let mut members = Vec::new();
    if let Some(sid) = &statement.sid {
        members.push(JsonMember::new("Sid", JsonNode::text(sid)));
    }
    let effect = JsonNode::text(&statement.effect.to_string());
    if !statement.rest.iter().any(|member| member.name == "Effect") {
        members.push(JsonMember::new("Effect", effect));
    }
    for (name, texts) in
        [("Principal", &statement.principals), ("NotPrincipal", &statement.not_principals)]
    {
        if !texts.is_empty() {
            let named = JsonMember::new("AWS", JsonNode::texts(texts));
            members.push(JsonMember::new(name, JsonNode::Object(vec![named])));
        }
    }
    for (name, texts) in [
        ("Action", &statement.actions),
        ("NotAction", &statement.not_actions),
        ("Resource", &statement.resources),
        ("NotResource", &statement.not_resources),
    ] {
        if !texts.is_empty() {
            members.push(JsonMember::new(name, JsonNode::texts(texts)));
        }
    }
    if !statement.conditions.is_empty() {
        members.push(JsonMember::new("Condition", write_conditions(&statement.conditions)));
    }
    members.extend(statement.rest.iter().cloned());
    JsonNode::Object(members)
}

/// Neighbours of one operator share its object, unless they look at the same key.
fn write_conditions(conditions: &[PolicyCondition]) -> JsonNode {
    let mut operators: Vec<JsonMember> = Vec::new();
    for condition in conditions {
        let key = JsonMember::new(&condition.key, JsonNode::texts(&condition.values));
        match operators.last_mut() {
            Some(JsonMember { name, value: JsonNode::Object(keys) })
                if *name == condition.operator
                    && keys.iter().all(|other| other.name != condition.key) =>
            {
                keys.push(key);
            }
            _ => operators.push(JsonMember::new(&condition.operator, JsonNode::Object(vec![key]))),
        }
    }
    JsonNode::Object(operators)
}
