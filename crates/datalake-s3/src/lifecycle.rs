//! Lifecycle rules as XML.
//!
//! rust-s3's own lifecycle type drops elements that it does not know, and a rewrite would then
//! lose them; here they are named and refused.

use std::fmt::Write as _;

use datalake_core::s3::{Lifecycle, LifecycleRule};
use datalake_core::time::Days;
use quick_xml::escape::escape;

use crate::xml::{Element, NotXml, parse_document};

/// Why an answer is no set of rules that can be kept whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnknownRule {
    /// The answer is not XML.
    #[error(transparent)]
    NotXml(#[from] NotXml),
    /// The document is another one.
    #[error("the answer is not a lifecycle configuration")]
    OtherDocument,
    /// There is an element that [`LifecycleRule`] has no place for.
    #[error("lifecycle rule {rule} holds `{element}`, which a rewrite would lose")]
    Element {
        /// The rule's id, or its place.
        rule: String,
        /// The element with those around it.
        element: String,
    },
    /// An element has no value, or one that cannot be used.
    #[error("lifecycle rule {rule} has no usable `{element}`")]
    Value {
        /// The rule's id, or its place.
        rule: String,
        /// The element with those around it.
        element: String,
    },
}

/// Reads the answer to `GetBucketLifecycleConfiguration`.
pub(crate) fn read_lifecycle(document: &[u8]) -> Result<Lifecycle, UnknownRule> {
    let root = parse_document(document)?;
    if root.name != "LifecycleConfiguration" {
        return Err(UnknownRule::OtherDocument);
    }
    let mut rules: Vec<(String, LifecycleRule)> = Vec::new();
    for (place, element) in root.children.iter().enumerate() {
        let reader = RuleReader { element, called: name_rule(element, place) };
        let (id, rule) = reader.read()?;
        if rules.iter().any(|(other, _)| *other == id) {
            return Err(reader.value(&["ID"]));
        }
        rules.push((id, rule));
    }
    Ok(Lifecycle::new(rules))
}

/// Writes the body of `PutBucketLifecycleConfiguration`.
#[must_use]
pub(crate) fn write_lifecycle(rules: &Lifecycle) -> String {
    let mut xml =
        "<LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">".to_owned();
    for (id, rule) in rules.iter() {
        write_rule(&mut xml, id, rule);
    }
    xml.push_str("</LifecycleConfiguration>");
    xml
}

fn write_rule(xml: &mut String, id: &str, rule: &LifecycleRule) {
    let status = if rule.enabled { "Enabled" } else { "Disabled" };
    let days = |element: &str, days: Option<Days>| {
        days.map_or(String::new(), |days| format!("<{element}>{}</{element}>", days.count()))
    };
    let mut expiration = days("Days", rule.expire);
    if rule.expire_markers {
        expiration.push_str("<ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>");
    }
    let actions = [
        ("Expiration", expiration),
        ("NoncurrentVersionExpiration", days("NoncurrentDays", rule.expire_noncurrent)),
        ("AbortIncompleteMultipartUpload", days("DaysAfterInitiation", rule.abort_uploads)),
    ];
    let (id, prefix) = (escape(id), escape(rule.prefix.as_str()));
    // Writing to a string cannot fail.
    let _ = write!(
        xml,
        "<Rule><ID>{id}</ID><Filter><Prefix>{prefix}</Prefix></Filter><Status>{status}</Status>"
    );
    for (element, content) in actions {
        if !content.is_empty() {
            let _ = write!(xml, "<{element}>{content}</{element}>");
        }
    }
    xml.push_str("</Rule>");
}

struct RuleReader<'a> {
    element: &'a Element,
    called: String,
}

impl RuleReader<'_> {
    fn read(&self) -> Result<(String, LifecycleRule), UnknownRule> {
        if self.element.name != "Rule" {
            return Err(self.unknown(&[&self.element.name]));
        }
        let mut rule = LifecycleRule::default();
        let mut id = None;
        let mut enabled = None;
        let mut prefixes = Vec::new();
        for child in &self.element.children {
            match child.name.as_str() {
                "ID" => id = Some(child.text.clone()),
                "Status" => enabled = Some(self.status(child)?),
                "Prefix" => prefixes.push(child.text.clone()),
                "Filter" => prefixes.push(self.filter(child)?),
                "Expiration" => self.expiration(child, &mut rule)?,
                "NoncurrentVersionExpiration" => {
                    rule.expire_noncurrent = Some(self.only_days(child, "NoncurrentDays")?);
                }
                "AbortIncompleteMultipartUpload" => {
                    rule.abort_uploads = Some(self.only_days(child, "DaysAfterInitiation")?);
                }
                other => return Err(self.unknown(&[other])),
            }
        }
        let id = id.filter(|id| !id.is_empty()).ok_or_else(|| self.value(&["ID"]))?;
        rule.enabled = enabled.ok_or_else(|| self.value(&["Status"]))?;
        prefixes.dedup();
        rule.prefix = match prefixes.as_slice() {
            [] => String::new(),
            [prefix] => prefix.clone(),
            _ => return Err(self.value(&["Filter"])),
        };
        Ok((id, rule))
    }

    fn status(&self, status: &Element) -> Result<bool, UnknownRule> {
        match status.text.trim() {
            "Enabled" => Ok(true),
            "Disabled" => Ok(false),
            _ => Err(self.value(&["Status"])),
        }
    }

    fn filter(&self, filter: &Element) -> Result<String, UnknownRule> {
        match filter.children.as_slice() {
            [] => Ok(String::new()),
            [prefix] if prefix.name == "Prefix" => Ok(prefix.text.clone()),
            children => {
                let other = children.iter().find(|child| child.name != "Prefix");
                Err(self.unknown(&["Filter", other.map_or("Prefix", |child| child.name.as_str())]))
            }
        }
    }

    fn expiration(&self, from: &Element, rule: &mut LifecycleRule) -> Result<(), UnknownRule> {
        for child in &from.children {
            match (child.name.as_str(), child.text.trim()) {
                ("Days", _) => rule.expire = Some(self.days(from, "Days")?),
                ("ExpiredObjectDeleteMarker", "true") => rule.expire_markers = true,
                ("ExpiredObjectDeleteMarker", "false") => rule.expire_markers = false,
                (other, _) => return Err(self.unknown(&["Expiration", other])),
            }
        }
        Ok(())
    }

    /// The days of an action that consists of this one element.
    fn only_days(&self, action: &Element, name: &str) -> Result<Days, UnknownRule> {
        match action.children.iter().find(|child| child.name != name) {
            Some(other) => Err(self.unknown(&[&action.name, &other.name])),
            None => self.days(action, name),
        }
    }

    fn days(&self, action: &Element, name: &str) -> Result<Days, UnknownRule> {
        let count = action.child_text(name).and_then(|text| text.parse().ok());
        let days = count.and_then(|count| Days::new(count).ok());
        days.ok_or_else(|| self.value(&[&action.name, name]))
    }

    fn unknown(&self, path: &[&str]) -> UnknownRule {
        UnknownRule::Element { rule: self.called.clone(), element: path.join("/") }
    }

    fn value(&self, path: &[&str]) -> UnknownRule {
        UnknownRule::Value { rule: self.called.clone(), element: path.join("/") }
    }
}

fn name_rule(rule: &Element, place: usize) -> String {
    match rule.child_text("ID") {
        Some(id) => format!("`{id}`"),
        None => format!("number {}", place + 1),
    }
}

#[cfg(test)]
mod tests;
