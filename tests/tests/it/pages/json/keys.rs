//! The keys of documents of one kind, as far as they were seen.

use std::collections::BTreeSet;

use serde_json::Value;

/// Keys with the forms of their values, in the order in which they were met.
pub(super) struct Keys(Vec<Key>);

struct Key {
    path: String,
    forms: BTreeSet<&'static str>,
    /// How many of the objects around it had it, and how many there were.
    seen: (usize, usize),
}

/// Deeper keys are seen in the sample.
const DEPTH: usize = 3;

impl Keys {
    pub(super) fn of(data: &Value) -> Self {
        let mut keys = Self(Vec::new());
        keys.add(data);
        keys
    }

    /// Takes in another document.
    pub(super) fn add(&mut self, data: &Value) {
        self.walk("", 0, &[data]);
    }

    fn walk(&mut self, above: &str, depth: usize, values: &[&Value]) {
        let objects: Vec<_> = values.iter().filter_map(|value| value.as_object()).collect();
        let mut names: Vec<&String> = Vec::new();
        for name in objects.iter().flat_map(|object| object.keys()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        for name in names {
            let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
            let found: Vec<_> = objects.iter().filter_map(|object| object.get(name)).collect();
            self.note(&path, &found, objects.len());
            if depth + 1 < DEPTH {
                let lists = found.iter().filter_map(|value| value.as_array());
                let inner: Vec<_> = lists.flatten().collect();
                self.walk(&path, depth + 1, &found);
                self.walk(&format!("{path}[]"), depth + 1, &inner);
            }
        }
    }

    fn note(&mut self, path: &str, found: &[&Value], of: usize) {
        let at = self.0.iter().position(|key| key.path == path).unwrap_or_else(|| {
            self.0.push(Key { path: path.to_owned(), forms: BTreeSet::new(), seen: (0, 0) });
            self.0.len() - 1
        });
        let key = &mut self.0[at];
        key.forms.extend(found.iter().map(|value| form(value)));
        key.seen = (key.seen.0 + found.len(), key.seen.1 + of);
    }

    pub(super) fn table(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let row = |key: &Key| {
            let forms = key.forms.iter().copied().collect::<Vec<_>>().join(" or ");
            let absent = if key.seen.0 < key.seen.1 { "; may be absent" } else { "" };
            format!("| `{}` | {forms}{absent} |\n", key.path)
        };
        format!("| key | form |\n|---|---|\n{}\n", self.0.iter().map(row).collect::<String>())
    }
}

fn form(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.is_f64() => "decimal number",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}
