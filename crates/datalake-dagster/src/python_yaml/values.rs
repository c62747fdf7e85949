//! The values of a tree: merge keys taken in, and of equal keys the last.

use std::collections::HashMap;
use std::rc::Rc;

use serde_yaml::{Mapping, Value};

use super::nodes::{Content, Node, Pair, YAML_TAG};
use super::scalar::read_scalar;
use super::{PythonYaml, RepeatedKey, YamlRefusal};

/// So many values at most: aliases of aliases can grow beyond any memory.
const MOST: usize = 100_000;

struct Builder {
    repeated: Vec<RepeatedKey>,
    built: usize,
}

/// Builds the value of a document.
pub(super) fn build_value(root: &Rc<Node>) -> Result<PythonYaml, YamlRefusal> {
    let mut builder = Builder { repeated: Vec::new(), built: 0 };
    let value = builder.build(root)?;
    // What an alias stands for is built more than once, and told once.
    let mut repeated = builder.repeated;
    repeated.sort_by_key(|key| (key.again, key.first));
    repeated.dedup();
    Ok(PythonYaml { value, repeated })
}

impl Builder {
    fn build(&mut self, node: &Node) -> Result<Value, YamlRefusal> {
        self.built += 1;
        if self.built > MOST {
            return Err(YamlRefusal::of_anchor(node.mark, "its aliases make too many values"));
        }
        let tag = node.tag.strip_prefix(YAML_TAG);
        match (tag, &node.content) {
            (Some("map"), Content::Pairs(pairs)) => self.build_mapping(pairs, node),
            (Some("set"), Content::Pairs(pairs)) => {
                let Value::Mapping(mapping) = self.build_mapping(pairs, node)? else {
                    return Ok(Value::Null);
                };
                Ok(Value::Sequence(mapping.into_keys().collect()))
            }
            (Some("seq"), Content::Items(items)) => {
                let items = items.iter().map(|item| self.build(item));
                Ok(Value::Sequence(items.collect::<Result<_, _>>()?))
            }
            (Some("omap" | "pairs"), Content::Items(items)) => {
                let items = items.iter().map(|item| self.build_lone_pair(item));
                Ok(Value::Sequence(items.collect::<Result<_, _>>()?))
            }
            (Some(known), Content::Text(text)) if is_scalar(known) => read_scalar(known, text)
                .ok_or_else(|| {
                    let reason = format!("`{}` is not a value for the tag '{}'", text, node.tag);
                    YamlRefusal::at(node.mark, reason)
                }),
            (Some(known), content) if is_scalar(known) || is_collection(known) => {
                let reason = format!("the tag '{}' does not fit {}", node.tag, name_of(content));
                Err(YamlRefusal::at(node.mark, reason))
            }
            _ => {
                let reason =
                    format!("could not determine a constructor for the tag '{}'", node.tag);
                Err(YamlRefusal::at(node.mark, reason))
            }
        }
    }

    fn build_mapping(&mut self, pairs: &[Pair], node: &Node) -> Result<Value, YamlRefusal> {
        let mut mapping = Mapping::new();
        let mut known: HashMap<Value, Value> = HashMap::new();
        for Pair { key, value } in self.merged_pairs(pairs, node)? {
            let key = self.build_key(&key)?;
            let value = self.build(&value)?;
            // The key that stood first stays, the value that stands last counts.
            let key = known.entry(as_python_compares(&key)).or_insert(key).clone();
            mapping.insert(key, value);
        }
        let mut lines: HashMap<Value, usize> = HashMap::new();
        for Pair { key, .. } in pairs.iter().filter(|pair| !is_merge(&pair.key)) {
            let (value, again) = (self.build_key(key)?, key.mark.line + 1);
            if let Some(first) = lines.insert(as_python_compares(&value), again) {
                let key = name_key(&value);
                self.repeated.push(RepeatedKey { key, first, again });
            }
        }
        Ok(Value::Mapping(mapping))
    }

    /// The pairs of a mapping, with those that `<<` takes in before its own.
    fn merged_pairs(&mut self, pairs: &[Pair], node: &Node) -> Result<Vec<Pair>, YamlRefusal> {
        self.built += pairs.len();
        if self.built > MOST {
            return Err(YamlRefusal::of_anchor(node.mark, "its aliases make too many values"));
        }
        let mut all = Vec::new();
        for pair in pairs.iter().filter(|pair| is_merge(&pair.key)) {
            match &pair.value.content {
                Content::Pairs(inner) => all.extend(self.merged_pairs(inner, node)?),
                // The first of them is the strongest.
                Content::Items(items) => {
                    for item in items.iter().rev() {
                        let Content::Pairs(inner) = &item.content else {
                            return Err(no_mapping(item));
                        };
                        all.extend(self.merged_pairs(inner, node)?);
                    }
                }
                Content::Text(_) => return Err(no_mapping(&pair.value)),
            }
        }
        all.extend(pairs.iter().filter(|pair| !is_merge(&pair.key)).cloned());
        Ok(all)
    }

    fn build_key(&mut self, key: &Node) -> Result<Value, YamlRefusal> {
        // `=` stands for itself as a key.
        if let (Some("value"), Content::Text(text)) = (key.tag.strip_prefix(YAML_TAG), &key.content)
        {
            return Ok(Value::String(text.clone()));
        }
        match self.build(key)? {
            Value::Sequence(_) | Value::Mapping(_) => {
                Err(YamlRefusal::at(key.mark, "found unhashable key"))
            }
            value => Ok(value),
        }
    }

    /// A mapping of one key, as a list of both.
    fn build_lone_pair(&mut self, item: &Node) -> Result<Value, YamlRefusal> {
        match &item.content {
            Content::Pairs(pairs) if pairs.len() == 1 => {
                let both = pairs.iter().flat_map(|pair| [&pair.key, &pair.value]);
                Ok(Value::Sequence(both.map(|node| self.build(node)).collect::<Result<_, _>>()?))
            }
            _ => Err(YamlRefusal::at(item.mark, "expected a mapping of length 1")),
        }
    }
}

/// To Python `true`, 1 and 1.0 are one key.
#[expect(clippy::cast_possible_truncation, reason = "only whole numbers are taken, and those fit")]
fn as_python_compares(key: &Value) -> Value {
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    match key {
        Value::Bool(truth) => Value::Number(u64::from(*truth).into()),
        Value::Number(number) if number.is_f64() => match number.as_f64() {
            Some(float) if float.fract().abs() <= 0.0 && float.abs() < WHOLE => {
                Value::Number((float as i64).into())
            }
            _ => key.clone(),
        },
        _ => key.clone(),
    }
}

fn is_merge(key: &Node) -> bool {
    key.tag.strip_prefix(YAML_TAG) == Some("merge")
}

fn is_scalar(tag: &str) -> bool {
    matches!(tag, "null" | "bool" | "int" | "float" | "str" | "binary" | "timestamp")
}

fn is_collection(tag: &str) -> bool {
    matches!(tag, "map" | "set" | "seq" | "omap" | "pairs")
}

fn name_of(content: &Content) -> &'static str {
    match content {
        Content::Text(_) => "a scalar",
        Content::Items(_) => "a sequence",
        Content::Pairs(_) => "a mapping",
    }
}

fn name_key(key: &Value) -> String {
    match key {
        Value::String(text) => text.clone(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        _ => "null".to_owned(),
    }
}

fn no_mapping(node: &Node) -> YamlRefusal {
    let found = name_of(&node.content);
    YamlRefusal::at(node.mark, format!("expected a mapping for merging, but found {found}"))
}
