//! The shape of a kind of document, as `datalake schema KIND` tells it.

use serde_json::Value;

/// Deeper keys are in the schema.
const DEPTH: usize = 3;

/// A key, what may stand there, and what it means.
struct Row {
    key: String,
    forms: Vec<String>,
    meaning: String,
}

/// The schema of a document in its envelope.
pub(super) struct Shape(pub(super) Value);

impl Shape {
    /// What the document is, where its type says so.
    pub(super) fn meaning(&self) -> String {
        meaning(self.resolved(self.data()))
    }

    /// Key, form and meaning, a line each.
    pub(super) fn table(&self) -> String {
        let mut rows = Vec::new();
        self.walk(self.data(), "", &mut rows);
        if rows.is_empty() {
            return String::new();
        }
        let row = |Row { key, forms, meaning }: &Row| {
            assert!(!meaning.is_empty(), "{}: {key} has no meaning", self.0["title"]);
            format!("| `{key}` | {} | {meaning} |\n", forms.join(" or "))
        };
        format!("| key | form | |\n|---|---|---|\n{}\n", rows.iter().map(row).collect::<String>())
    }

    fn data(&self) -> &Value {
        &self.0["properties"]["data"]
    }

    fn walk(&self, schema: &Value, above: &str, rows: &mut Vec<Row>) {
        let schema = self.resolved(schema);
        for choice in choices(schema) {
            self.walk(choice, above, rows);
        }
        if let Some(items) = schema.get("items") {
            self.walk(items, &format!("{above}[]"), rows);
        }
        if let Some(values) = schema.get("additionalProperties").filter(|is| is.is_object()) {
            self.walk(values, &format!("{above}.*"), rows);
        }
        let names = above.split('.').filter(|part| !["", "*", "[]"].contains(part));
        let (Some(properties), true) = (schema["properties"].as_object(), names.count() < DEPTH)
        else {
            return;
        };
        let required = |name: &str| {
            schema["required"].as_array().is_some_and(|names| names.iter().any(|is| is == name))
        };
        for (name, inner) in properties {
            let key = format!("{above}.{name}");
            let key = key.trim_start_matches('.');
            let mut forms = self.forms(inner);
            if !required(name) {
                forms.push("absent".to_owned());
            }
            match rows.iter_mut().find(|row| row.key == key) {
                // The tag that tells the choices of an enum apart.
                Some(row) => row.forms.append(&mut forms),
                None => {
                    let of_key = [meaning(inner), of_choice(schema, inner)].into_iter();
                    let mut told = of_key.chain(self.of_types(inner));
                    let meaning = told.find(|text| !text.is_empty()).unwrap_or_default();
                    rows.push(Row { key: key.to_owned(), forms, meaning });
                }
            }
            self.walk(inner, key, rows);
        }
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
            Some(name) => &self.0["$defs"][name],
            None => schema,
        }
    }

    /// What the types of a value say.
    fn of_types(&self, schema: &Value) -> Vec<String> {
        let choices = choices(schema).map(|choice| self.resolved(choice));
        [self.resolved(schema)].into_iter().chain(choices).map(meaning).collect()
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
        if let Some(items) = schema.get("items").filter(|_| forms == ["list"]) {
            forms = vec![format!("list of {}", self.forms(items).join(" or "))];
        }
        if forms.is_empty() {
            forms.push("anything".to_owned());
        }
        let mut seen = Vec::new();
        forms.retain(|form| {
            !seen.contains(form) && {
                seen.push(form.clone());
                true
            }
        });
        forms
    }
}

/// What a choice of an enum says, of its one key or of the key that tells it from the others.
fn of_choice(schema: &Value, inner: &Value) -> String {
    match schema["properties"].as_object().map(serde_json::Map::len) {
        _ if inner.get("const").is_some() => "Which of these it is.".to_owned(),
        Some(1) => meaning(schema),
        _ => String::new(),
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
