//! What the small program is asked.

use std::collections::BTreeMap;
use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::modal::{AskedContent, ModalName, ModalObject, vault_marker};
use datalake_core::secret::{FilledBody, Fingerprint};
use datalake_core::spec::CatalogName;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

/// The longest key and the longest value that Modal takes, in characters.
const LONGEST: [(&str, usize); 2] = [("key", 16_384), ("value", 32_768)];

/// A request; its JSON form may hold secrets.
#[derive(Serialize)]
pub(crate) struct Request<'a> {
    #[serde(rename = "do")]
    pub(crate) what: &'static str,
    pub(crate) seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'a ModalName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) environment: Option<&'a ModalName>,
    /// What the secret may hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) contents: Vec<MarkedContent<'a>>,
    /// Names of variables: to be looked for, or to be taken out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) names: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) values: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) words: Vec<&'a str>,
}

/// A content by its marker, with the variables that belong to it.
#[derive(Serialize)]
pub(crate) struct MarkedContent<'a> {
    pub(crate) marker: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) variables: &'a [String],
}

#[derive(Serialize)]
struct SentRequest<'a> {
    #[serde(flatten)]
    request: &'a Request<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    variables: BTreeMap<&'a str, &'a str>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(what: &'static str, limit: Duration) -> Self {
        Self {
            what,
            seconds: limit.as_secs(),
            name: None,
            environment: None,
            contents: Vec::new(),
            names: Vec::new(),
            values: BTreeMap::new(),
            words: Vec::new(),
        }
    }

    pub(crate) fn about(self, object: &'a ModalObject) -> Self {
        Self { name: Some(&object.name), environment: object.environment.as_ref(), ..self }
    }

    /// What goes to the small program: the request, and variables for the client.
    pub(crate) fn body(
        &self,
        variables: &BTreeMap<String, SecretString>,
    ) -> Result<FilledBody, Fault> {
        let exposed = variables.iter().map(|(name, value)| (name.as_str(), value.expose_secret()));
        let variables = exposed.collect();
        let json = serde_json::to_vec(&SentRequest { request: self, variables });
        json.map(FilledBody::new).map_err(|_| Fault::new(FaultKind::Refused, "no request"))
    }
}

/// These contents by their markers, in their order; without one of them a look only tells whether the
/// secret is there.
pub(crate) fn mark_contents(asked: &[AskedContent]) -> Vec<MarkedContent<'_>> {
    let marked = |content: &'_ AskedContent| vault_marker(content.print);
    asked
        .iter()
        .map(|content| MarkedContent { marker: marked(content), variables: &content.variables })
        .collect()
}

/// The variables in lines of an env file, and the marker of their content.
pub(crate) fn read_values(
    lines: &FilledBody,
    print: Fingerprint,
) -> Result<BTreeMap<String, String>, Fault> {
    let refused = |detail: String| Fault::new(FaultKind::Refused, detail);
    let text = std::str::from_utf8(lines.expose());
    let text = text.map_err(|_| refused("the variables are not UTF-8 text".to_owned()))?;
    let mut values = BTreeMap::from([(vault_marker(print), "1".to_owned())]);
    let is_comment = |line: &str| line.is_empty() || line.starts_with('#');
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !is_comment(line)) {
        let Some((key, value)) = line.split_once('=') else {
            return Err(refused(format!("line {} is not `KEY=VALUE`", number + 1)));
        };
        for ((what, longest), part) in LONGEST.into_iter().zip([key, value]) {
            if part.chars().count() > longest {
                let key: String = key.chars().take(64).collect();
                let text = format!(
                    "the {what} of `{key}` is too long: Modal takes {longest} characters at most"
                );
                return Err(refused(text));
            }
        }
        // By this name it is known later whose the catalog's variables are.
        if let Some(catalog) = CatalogName::part_of_variable(key) {
            values.insert(format!("DATALAKE_CATALOG_{catalog}"), "1".to_owned());
        }
        values.insert(key.to_owned(), value.to_owned());
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use datalake_core::secret::FingerprintKey;

    use super::*;

    fn print() -> Fingerprint {
        FingerprintKey::new([1; 32]).of(b"x")
    }

    fn check(lines: &str) -> Result<Vec<String>, String> {
        let values = read_values(&FilledBody::new(lines.as_bytes().to_vec()), print());
        values.map(|values| values.into_keys().collect()).map_err(|fault| fault.detail)
    }

    #[test]
    fn every_line_becomes_a_variable_and_the_marker_comes_along() {
        let keys = check("# a comment\nA=1\n\nB=x=y\n").unwrap();

        assert_eq!(keys, ["A".to_owned(), "B".to_owned(), vault_marker(print())]);
    }

    #[test]
    fn a_catalog_has_a_marker_by_which_its_variables_are_known_to_be_ours() {
        let keys = check("PYICEBERG_CATALOG__PROD__TYPE=rest\nPYICEBERG_CATALOG__PROD__URI=x\n");

        assert_eq!(keys.unwrap()[0], "DATALAKE_CATALOG_PROD");
    }

    #[test]
    fn what_modal_would_refuse_is_told_before_without_the_value() {
        assert_eq!(check("A=1\nsecret\n"), Err("line 2 is not `KEY=VALUE`".to_owned()));
        let told = check(&format!("A={}\n", "s".repeat(32_769))).unwrap_err();
        assert_eq!(told, "the value of `A` is too long: Modal takes 32768 characters at most");
        let told = check(&format!("{}=1\n", "K".repeat(16_385))).unwrap_err();
        assert!(told.starts_with("the key of `KKK"), "{told}");
        assert!(told.len() < 200, "{told}");
    }

    #[test]
    fn a_request_holds_what_it_needs_and_no_more() {
        let name = ModalObject { name: "s".parse().unwrap(), environment: None };
        let asked = [AskedContent { print: print(), variables: vec!["A".to_owned()] }];
        let request = Request {
            contents: mark_contents(&asked),
            ..Request::new("look", Duration::from_secs(20)).about(&name)
        };

        let json =
            String::from_utf8(request.body(&BTreeMap::new()).unwrap().expose().to_vec()).unwrap();

        let marker = vault_marker(print());
        let content = format!(r#"{{"marker":"{marker}","variables":["A"]}}"#);
        let expected = format!(r#"{{"do":"look","seconds":20,"name":"s","contents":[{content}]}}"#);
        assert_eq!(json, expected);
    }
}
