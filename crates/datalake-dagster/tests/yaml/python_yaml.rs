//! What `PyYAML` makes of texts: recorded, and asked anew where Python has it.

use std::io::Write as _;
use std::process::{ChildStdin, Stdio};

use datalake_dagster::read_python_yaml;
use serde_json::{Value as Json, json};
use serde_yaml::Value;

/// Texts with what `PyYAML` 6.0.3 made of them; null for what it refuses.
const RECORDED: &str = include_str!("python_yaml.json");
const SCRIPT: &str = include_str!("python_yaml.py");

/// So many texts are put together of others.
const GENERATED: usize = 4000;

fn recorded() -> Vec<(String, Json)> {
    let cases: Vec<Json> = serde_json::from_str(RECORDED).unwrap();
    let case = |case: &Json| (case["text"].as_str().unwrap().to_owned(), case["read"].clone());
    cases.iter().map(case).collect()
}

/// Our outcome in the form of the script.
fn read(text: &str) -> Json {
    match read_python_yaml(text) {
        Ok(yaml) => json!({ "value": typed(&yaml.value) }),
        Err(_) => Json::Null,
    }
}

fn typed(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => json!(truth),
        Value::String(text) => json!(text),
        Value::Number(number) if number.is_f64() => {
            let number = number.as_f64().unwrap();
            let bits = format!("{:016x}", number.to_bits());
            json!({ "float": if number.is_nan() { "nan".to_owned() } else { bits } })
        }
        Value::Number(number) => json!(number),
        Value::Sequence(items) => json!({ "seq": items.iter().map(typed).collect::<Vec<_>>() }),
        Value::Mapping(map) => {
            let pairs: Vec<_> = map.iter().map(|(k, v)| json!([typed(k), typed(v)])).collect();
            json!({ "map": pairs })
        }
        Value::Tagged(_) => panic!("tags are gone"),
    }
}

/// What the real `PyYAML` makes of these texts; `None` where there is none.
#[expect(clippy::disallowed_types, reason = "the test asks Python, the crate nobody")]
fn ask_python(texts: &[String]) -> Option<Vec<Json>> {
    use std::process::Command;

    let has_yaml = Command::new("python3").args(["-c", "import yaml"]).output();
    if !has_yaml.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let mut python = Command::new("python3")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input: ChildStdin = python.stdin.take().unwrap();
    input.write_all(serde_json::to_string(texts).unwrap().as_bytes()).unwrap();
    drop(input);
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// Texts made of pieces of others, always the same ones.
fn generated() -> Vec<String> {
    let texts: Vec<Vec<char>> = recorded().iter().map(|(text, _)| text.chars().collect()).collect();
    let signs: Vec<char> = "\t  \n:#-[]{},'\"|>&*!%?~=<01x\u{85}\u{feff}".chars().collect();
    let mut state: u64 = 20_261_201;
    let mut below = move |limit: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % limit.max(1)
    };
    let mut text = || {
        let (first, second) = (&texts[below(texts.len())], &texts[below(texts.len())]);
        let mut text = first[..below(first.len() + 1)].to_vec();
        text.extend(&second[below(second.len() + 1)..]);
        for _ in 0..below(3) {
            text.insert(below(text.len() + 1), signs[below(signs.len())]);
        }
        text.into_iter().collect()
    };
    (0..GENERATED).map(|_| text()).collect()
}

#[test]
fn texts_are_read_as_python_has_read_them() {
    for (text, expected) in recorded() {
        assert_eq!(read(&text), expected, "{text:?}");
    }
}

#[test]
fn where_python_has_pyyaml_it_reads_the_same() {
    let mut texts: Vec<_> = recorded().into_iter().map(|(text, _)| text).collect();
    texts.extend(generated());
    let Some(outcomes) = ask_python(&texts) else { return };

    let cases = texts.iter().zip(outcomes);
    let differing: Vec<_> = cases.filter(|(text, expected)| read(text) != *expected).collect();
    let shown = differing.iter().take(5).map(|(text, expected)| (text, read(text), expected));
    assert!(differing.is_empty(), "{} differ: {:#?}", differing.len(), shown.collect::<Vec<_>>());
}
