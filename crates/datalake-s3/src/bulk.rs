//! Deleting many objects, and the list of parts that makes an object.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::{DeleteTarget, TakenPart};
use quick_xml::escape::escape;

use crate::answer::{escape_server_text, kind_of_code};
use crate::documents::UnknownDocument;
use crate::flat::{FlatRecord, read_records};

/// Writes the body of `DeleteObjects`.
pub(crate) fn write_deletion<'a>(doomed: impl Iterator<Item = &'a DeleteTarget>) -> String {
    let mut xml = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">".to_owned();
    for DeleteTarget { key, version } in doomed {
        // A reader turns a bare carriage return into a line feed.
        let key = escape(key.as_str()).replace('\r', "&#13;").replace('\n', "&#10;");
        let _ = write!(xml, "<Object><Key>{}</Key>", key.replace('\t', "&#9;"));
        if let Some(version) = version {
            let _ = write!(xml, "<VersionId>{}</VersionId>", escape(version.0.as_str()));
        }
        xml.push_str("</Object>");
    }
    xml.push_str("</Delete>");
    xml
}

/// What became of each object that `DeleteObjects` spoke of, by key and version.
#[derive(Debug, Default)]
pub(crate) struct Outcomes(BTreeMap<(String, Option<String>), Result<(), Fault>>);

impl Outcomes {
    /// Reads the answer to `DeleteObjects`.
    pub(crate) fn read(document: &[u8]) -> Result<Self, UnknownDocument> {
        let mut outcomes = BTreeMap::new();
        read_records(document, "DeleteResult", |record| {
            let outcome = match record.name() {
                "Deleted" => Ok(()),
                "Error" => Err(judge_record(record)),
                _ => return Ok(()),
            };
            let version = record.field("VersionId").filter(|version| !version.is_empty());
            if let Some(key) = record.field("Key") {
                outcomes.insert((key.to_owned(), version.map(str::to_owned)), outcome);
            }
            Ok::<(), UnknownDocument>(())
        })?;
        Ok(Self(outcomes))
    }

    /// What became of this one.
    pub(crate) fn of(&self, doomed: &DeleteTarget) -> Result<(), Fault> {
        let key = doomed.key.as_str().to_owned();
        let version = doomed.version.as_ref().map(|version| version.0.clone());
        let outcome = self.0.get(&(key, version)).cloned();
        let silent = "the service does not say what became of it";
        outcome.unwrap_or_else(|| Err(Fault::new(FaultKind::Unreadable, silent)))
    }
}

fn judge_record(record: &FlatRecord) -> Fault {
    let code = record.field("Code").unwrap_or_default().trim();
    Fault::new(kind_of_code(code), escape_server_text(code, 64))
}

/// Writes the body of `CompleteMultipartUpload`.
pub(crate) fn write_parts(parts: &[TakenPart]) -> String {
    let mut xml =
        "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">".to_owned();
    for TakenPart { number, etag } in parts {
        let (number, etag) = (number.get(), escape(etag.as_str()));
        let _ = write!(
            xml,
            "<Part><PartNumber>{number}</PartNumber><ETag>&quot;{etag}&quot;</ETag></Part>"
        );
    }
    xml.push_str("</CompleteMultipartUpload>");
    xml
}

#[cfg(test)]
mod tests {
    use super::*;
    use datalake_engine::VersionId;

    fn doomed(key: &str, version: Option<&str>) -> DeleteTarget {
        let version = version.map(|id| VersionId(id.to_owned()));
        DeleteTarget { key: key.try_into().unwrap(), version }
    }

    #[test]
    fn keys_survive_xml() {
        let xml = write_deletion([doomed("<a&b>\r\n\t", Some("v<")), doomed(" ", None)].iter());

        let body = xml.split_once("01/\">").unwrap().1;
        assert_eq!(
            body,
            "<Object><Key>&lt;a&amp;b&gt;&#13;&#10;&#9;</Key><VersionId>v&lt;</VersionId></Object>\
             <Object><Key> </Key></Object></Delete>"
        );
    }

    #[test]
    fn each_object_has_its_own_outcome() {
        let answer = b"<DeleteResult><Deleted><Key>a</Key></Deleted><Deleted><Key>b</Key>\
            <VersionId>1</VersionId></Deleted><Error><Key>b</Key><VersionId>2</VersionId>\
            <Code>AccessDenied</Code><Message/></Error></DeleteResult>";

        let outcomes = Outcomes::read(answer).unwrap();

        let kind = |key, version| outcomes.of(&doomed(key, version)).map_err(|fault| fault.kind);
        assert_eq!(kind("a", None), Ok(()));
        assert_eq!(kind("b", Some("1")), Ok(()));
        assert_eq!(kind("b", Some("2")), Err(FaultKind::Denied));
        assert_eq!(kind("b", None), Err(FaultKind::Unreadable));
    }

    #[test]
    fn an_error_is_no_list_of_outcomes() {
        assert!(Outcomes::read(b"<Error><Code>InternalError</Code></Error>").is_err());
        assert!(Outcomes::read(b"").is_err());
    }
}
