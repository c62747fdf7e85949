//! Rules for web pages of other origins as XML.

use std::fmt::Write as _;

use datalake_engine::{Cors, CorsMethod, CorsRule};
use quick_xml::escape::escape;

use crate::documents::UnknownDocument;
use crate::xml::{Element, parse_document};

/// Why an answer is no set of rules that can be kept whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnknownCors {
    /// It is another document.
    #[error(transparent)]
    Document(#[from] UnknownDocument),
    /// There is an element that [`CorsRule`] has no place for, or no usable value in one.
    #[error("CORS rule number {rule} holds a `{element}` that a rewrite would lose")]
    Element {
        /// The rule's place.
        rule: usize,
        /// The element.
        element: String,
    },
}

/// Reads the answer to `GetBucketCors`.
pub(crate) fn read_cors(document: &[u8]) -> Result<Cors, UnknownCors> {
    let root = parse_document(document).map_err(UnknownDocument::from)?;
    if root.name != "CORSConfiguration" {
        return Err(UnknownDocument::Other("CORSConfiguration").into());
    }
    let read = |(place, element): (usize, &Element)| {
        read_rule(element).map_err(|element| UnknownCors::Element { rule: place + 1, element })
    };
    root.children.iter().enumerate().map(read).collect::<Result<_, _>>().map(Cors)
}

fn read_rule(element: &Element) -> Result<CorsRule, String> {
    if element.name != "CORSRule" {
        return Err(element.name.clone());
    }
    let mut rule = CorsRule::default();
    for child in &element.children {
        let text = child.text.trim().to_owned();
        let unknown = || child.name.clone();
        match child.name.as_str() {
            "ID" => rule.id = Some(text).filter(|id| !id.is_empty()),
            "AllowedOrigin" => rule.origins.push(text),
            "AllowedMethod" => {
                let mut known = CorsMethod::ALL.into_iter();
                let method = known.find(|method| method.as_str() == text);
                rule.methods.push(method.ok_or_else(unknown)?);
            }
            "AllowedHeader" => rule.headers.push(text),
            "ExposeHeader" => rule.exposed.push(text),
            "MaxAgeSeconds" => rule.max_age = Some(text.parse().map_err(|_| unknown())?),
            _ => return Err(unknown()),
        }
    }
    Ok(rule)
}

/// Writes the body of `PutBucketCors`.
pub(crate) fn write_cors(cors: &Cors) -> String {
    let mut xml =
        "<CORSConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">".to_owned();
    for rule in &cors.0 {
        xml.push_str("<CORSRule>");
        let mut add = |name: &str, text: &str| {
            // Writing to a string cannot fail.
            let _ = write!(xml, "<{name}>{}</{name}>", escape(text));
        };
        rule.id.iter().for_each(|id| add("ID", id));
        rule.methods.iter().for_each(|method| add("AllowedMethod", method.as_str()));
        rule.origins.iter().for_each(|origin| add("AllowedOrigin", origin));
        rule.headers.iter().for_each(|header| add("AllowedHeader", header));
        rule.exposed.iter().for_each(|header| add("ExposeHeader", header));
        rule.max_age.iter().for_each(|age| add("MaxAgeSeconds", &age.to_string()));
        xml.push_str("</CORSRule>");
    }
    xml.push_str("</CORSConfiguration>");
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_read_back_as_written() {
        let rule = CorsRule {
            id: Some("a & <b>".to_owned()),
            origins: vec!["https://*.example.com".to_owned(), "*".to_owned()],
            methods: CorsMethod::ALL.to_vec(),
            headers: vec!["*".to_owned()],
            exposed: vec!["ETag".to_owned()],
            max_age: Some(3000),
        };
        let cors = Cors(vec![rule, CorsRule::default()]);

        assert_eq!(read_cors(write_cors(&cors).as_bytes()), Ok(cors));
    }

    #[test]
    fn what_a_rewrite_would_lose_is_named() {
        for (inside, element) in [
            ("<CORSRule><New>x</New></CORSRule>", "New"),
            ("<CORSRule><AllowedMethod>PATCH</AllowedMethod></CORSRule>", "AllowedMethod"),
            ("<CORSRule><MaxAgeSeconds>-1</MaxAgeSeconds></CORSRule>", "MaxAgeSeconds"),
            ("<Rule/>", "Rule"),
        ] {
            let document = format!("<CORSConfiguration>{inside}</CORSConfiguration>");
            let unknown = UnknownCors::Element { rule: 1, element: element.to_owned() };
            assert_eq!(read_cors(document.as_bytes()), Err(unknown));
        }
        assert!(read_cors(b"<Error/>").is_err());
    }
}
