//! The shape of a kind of document, as `datalake schema KIND` tells it.

use jsonschema::Validator;
use serde_json::{Value, json};

/// Deeper keys are in the schema.
const DEPTH: usize = 3;

/// A schema, and what documents are held to.
pub(super) struct Shape {
    schema: Value,
    strict: Validator,
}

impl Shape {
    /// The schema of a document in its envelope.
    pub(super) fn of(schema: Value) -> Self {
        let strict = jsonschema::validator_for(&without_more(&schema)).unwrap();
        Self { schema, strict }
    }

    /// What a document has that its schema does not know, or the other way round.
    pub(super) fn problems(&self, document: &Value) -> Vec<String> {
        let told = |error: jsonschema::ValidationError<'_>| {
            format!("{}: {error}", error.instance_path())
        };
        self.strict.iter_errors(document).map(told).collect()
    }

    /// What the document is, where its type says so.
    pub(super) fn meaning(&self) -> String {
        meaning(self.resolved(self.data()))
    }

    /// Key, form and meaning, a line each.
    pub(super) fn table(&self) -> String {
        let mut rows = String::new();
        self.walk(self.data(), "", 0, &mut rows);
        match rows.is_empty() {
            true => rows,
            false => format!("| key | form | |\n|---|---|---|\n{rows}\n"),
        }
    }

    fn data(&self) -> &Value {
        &self.schema["properties"]["data"]
    }

    fn walk(&self, schema: &Value, above: &str, depth: usize, rows: &mut String) {
        let schema = self.resolved(schema);
        for choice in choices(schema) {
            self.walk(choice, above, depth, rows);
        }
        if let Some(items) = schema.get("items") {
            self.walk(items, &format!("{above}[]"), depth, rows);
        }
        let (Some(properties), true) = (schema["properties"].as_object(), depth < DEPTH) else {
            return;
        };
        let required = |name: &str| {
            schema["required"].as_array().is_some_and(|names| names.iter().any(|is| is == name))
        };
        for (name, inner) in properties {
            let key = format!("{above}.{name}");
            let key = key.trim_start_matches('.');
            let absent = if required(name) { "" } else { "; may be absent" };
            let form = self.forms(inner).join(" or ");
            rows.push_str(&format!("| `{key}` | {form}{absent} | {} |\n", meaning(inner)));
            self.walk(inner, key, depth + 1, rows);
        }
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
            Some(name) => &self.schema["$defs"][name],
            None => schema,
        }
    }

    /// What a value is, in words.
    fn forms(&self, schema: &Value) -> Vec<String> {
        let schema = self.resolved(schema);
        let mut forms = Vec::new();
        if let Some(word) = schema["const"].as_str() {
            return vec![format!("`{word}`")];
        }
        for choice in choices(schema) {
            forms.extend(self.forms(choice));
        }
        let words = schema["enum"].as_array().into_iter().flatten();
        forms.extend(words.filter_map(Value::as_str).map(|word| format!("`{word}`")));
        let types = match &schema["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect::<Vec<_>>(),
        };
        let is_of_words = !forms.is_empty();
        forms.extend(types.into_iter().filter_map(|of| word(of, is_of_words)));
        if forms.is_empty() {
            forms.push("anything".to_owned());
        }
        let mut seen = Vec::new();
        forms.retain(|form| !seen.contains(form) && { seen.push(form.clone()); true });
        forms
    }
}

fn word(of: &str, is_of_words: bool) -> Option<String> {
    let word = match of {
        // The words themselves were told.
        "string" if is_of_words => return None,
        "string" => "text",
        "integer" => "number",
        "number" => "decimal number",
        "boolean" => "true or false",
        "array" => "list",
        other => other,
    };
    Some(word.to_owned())
}

fn choices(schema: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf"].into_iter().filter_map(|key| schema[key].as_array()).flatten()
}

/// The first paragraph, on one line.
fn meaning(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    let first = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    first.replace("[`", "`").replace("`]", "`").replace('|', "\\|")
}

/// The same schema, which takes no key that it does not know.
fn without_more(schema: &Value) -> Value {
    match schema {
        Value::Array(list) => list.iter().map(without_more).collect(),
        Value::Object(object) => {
            let mut inner: serde_json::Map<_, _> =
                object.iter().map(|(key, value)| (key.clone(), without_more(value))).collect();
            if inner.get("properties").is_some_and(Value::is_object) && inner.contains_key("type") {
                inner.entry("additionalProperties").or_insert(json!(false));
            }
            inner.into()
        }
        other => other.clone(),
    }
}
