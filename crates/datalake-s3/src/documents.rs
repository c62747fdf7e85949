//! The small documents that S3 answers with and takes.

use datalake_core::s3::{BucketName, Region, Versioning};

use crate::xml::{Element, NotXml, parse_document};

/// Why an answer is not the document that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnknownDocument {
    /// The answer is not XML.
    #[error(transparent)]
    NotXml(#[from] NotXml),
    /// It is another document.
    #[error("the answer is not a `{0}`")]
    Other(&'static str),
    /// The bucket's versioning is in a state that S3 does not have.
    #[error("the answer holds an unknown versioning status")]
    Status,
    /// It does not hold the tag of what has been made.
    #[error("the answer has no usable ETag")]
    NoTag,
    /// It does not hold the id of the upload that has been begun.
    #[error("the answer has no usable upload id")]
    NoUpload,
    /// Not all buckets are in it.
    #[error("the service has listed a part of the buckets only")]
    Cut,
}

/// The answer to `ListBuckets`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BucketList {
    /// The account's id, where the service tells it.
    pub(crate) owner: Option<String>,
    /// The buckets.
    pub(crate) names: Vec<BucketName>,
}

/// The fields of an error document that are of use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ErrorDocument {
    /// What went wrong, as a word of the protocol.
    pub(crate) code: String,
    /// What went wrong, for people; often empty at Hetzner.
    pub(crate) message: Option<String>,
    /// The region that the service expects.
    pub(crate) region: Option<String>,
    /// The request's id, for the provider's support.
    pub(crate) request_id: Option<String>,
}

/// Reads the answer to `ListBuckets`; rust-s3's reader fails where there is no `Owner`.
///
/// A bucket whose name is none for [`BucketName`] is left out: nothing here can ask about it.
pub(crate) fn read_buckets(document: &[u8]) -> Result<BucketList, UnknownDocument> {
    let root = read_root(document, "ListAllMyBucketsResult")?;
    if root.child_text("ContinuationToken").is_some() {
        return Err(UnknownDocument::Cut);
    }
    let owner = root.child("Owner").and_then(|owner| owner.child_text("ID")).map(str::to_owned);
    let buckets = root.child("Buckets").map(|buckets| buckets.children.as_slice());
    let names = buckets.unwrap_or_default().iter().filter_map(|bucket| bucket.child_text("Name"));
    Ok(BucketList { owner, names: names.filter_map(|name| name.parse().ok()).collect() })
}

/// Reads the answer to `GetBucketVersioning`.
pub(crate) fn read_versioning(document: &[u8]) -> Result<Versioning, UnknownDocument> {
    let root = parse_document(document)?;
    // moto's name for it comes second.
    if !["VersioningConfiguration", "GetBucketVersioningResponse"].contains(&root.name.as_str()) {
        return Err(UnknownDocument::Other("VersioningConfiguration"));
    }
    match root.child_text("Status") {
        None => Ok(Versioning::Never),
        Some("Enabled") => Ok(Versioning::Enabled),
        Some("Suspended") => Ok(Versioning::Suspended),
        Some(_) => Err(UnknownDocument::Status),
    }
}

/// Writes the body of `PutBucketVersioning`; `None` for a state that cannot be set.
pub(crate) fn write_versioning(versioning: Versioning) -> Option<String> {
    let status = match versioning {
        Versioning::Never => return None,
        Versioning::Enabled => "Enabled",
        Versioning::Suspended => "Suspended",
    };
    Some(format!(
        "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Status>{status}</Status></VersioningConfiguration>"
    ))
}

/// Reads the answer to `CreateMultipartUpload`.
pub(crate) fn read_upload_id(document: &[u8]) -> Result<String, UnknownDocument> {
    let root = parse_document(document)?;
    // The second name is that of `rclone serve s3`.
    if !["InitiateMultipartUploadResult", "InitiateMultipartUpload"].contains(&root.name.as_str()) {
        return Err(UnknownDocument::Other("InitiateMultipartUploadResult"));
    }
    root.child_text("UploadId").map(str::to_owned).ok_or(UnknownDocument::NoUpload)
}

/// Reads the answer to `GetBucketLocation`; empty where the service names no location.
pub(crate) fn read_location(document: &[u8]) -> Result<String, UnknownDocument> {
    Ok(read_root(document, "LocationConstraint")?.text.trim().to_owned())
}

/// Writes the body of `CreateBucket`; `None` where a gateway knows best where it is.
///
/// A gateway may know its region by another name than the one it is signed for, and takes none
/// for its own.
pub(crate) fn write_location(region: &Region) -> Option<String> {
    match region {
        Region::Custom(_) => None,
        Region::Fsn1 | Region::Nbg1 | Region::Hel1 => Some(format!(
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
        )),
    }
}

/// Whether it is a listing of a bucket: what services answer that pass over the name of a setting.
pub(crate) fn is_listing(document: &[u8]) -> bool {
    parse_document(document).is_ok_and(|root| root.name == "ListBucketResult")
}

/// Reads an error document; `None` where it is something else.
pub(crate) fn read_error(document: &[u8]) -> Option<ErrorDocument> {
    let root = read_root(document, "Error").ok()?;
    let text = |name| root.child_text(name).map(str::to_owned);
    Some(ErrorDocument {
        code: text("Code")?,
        message: text("Message"),
        region: text("Region"),
        request_id: text("RequestId"),
    })
}

fn read_root(document: &[u8], name: &'static str) -> Result<Element, UnknownDocument> {
    let root = parse_document(document)?;
    if root.name == name { Ok(root) } else { Err(UnknownDocument::Other(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_read_with_and_without_an_owner() {
        let named = b"<ListAllMyBucketsResult><Owner><ID>p42</ID><DisplayName/></Owner><Buckets>\
            <Bucket><Name>one</Name><CreationDate>2026-01-01T00:00:00Z</CreationDate></Bucket>\
            <Bucket><Name>Not.Ours</Name></Bucket></Buckets></ListAllMyBucketsResult>";

        let list = read_buckets(named).unwrap();

        assert_eq!(list.owner.as_deref(), Some("p42"));
        assert_eq!(list.names, ["one".parse().unwrap()]);
        let empty = read_buckets(b"<ListAllMyBucketsResult/>").unwrap();
        assert_eq!(empty, BucketList { owner: None, names: vec![] });
    }

    #[test]
    fn a_part_of_the_buckets_is_not_taken_for_all() {
        let cut = b"<ListAllMyBucketsResult><ContinuationToken>x</ContinuationToken>\
            </ListAllMyBucketsResult>";

        assert_eq!(read_buckets(cut), Err(UnknownDocument::Cut));
    }

    #[test]
    fn versioning_reads_back_as_written() {
        for versioning in [Versioning::Enabled, Versioning::Suspended] {
            let xml = write_versioning(versioning).unwrap();
            assert_eq!(read_versioning(xml.as_bytes()), Ok(versioning));
        }
        assert_eq!(write_versioning(Versioning::Never), None);
        assert_eq!(read_versioning(b"<VersioningConfiguration/>"), Ok(Versioning::Never));
        assert_eq!(read_versioning(b"<GetBucketVersioningResponse/>"), Ok(Versioning::Never));
        let odd = b"<VersioningConfiguration><Status>On</Status></VersioningConfiguration>";
        assert_eq!(read_versioning(odd), Err(UnknownDocument::Status));
    }

    #[test]
    fn an_upload_begins_under_either_name() {
        for name in ["InitiateMultipartUploadResult", "InitiateMultipartUpload"] {
            let xml = format!("<{name}><UploadId>u</UploadId></{name}>");
            assert_eq!(read_upload_id(xml.as_bytes()).as_deref(), Ok("u"));
        }
        assert!(
            read_upload_id(b"<ListBucketResult><UploadId>u</UploadId></ListBucketResult>").is_err()
        );
    }

    #[test]
    fn only_an_error_with_a_code_is_an_error_document() {
        let error = read_error(b"<Error><Code>AccessDenied</Code><Message></Message></Error>");
        assert_eq!(error.unwrap().code, "AccessDenied");

        for other in ["<Error><Code/></Error>", "<Errors/>", "<html><Error/></html>", ""] {
            assert_eq!(read_error(other.as_bytes()), None, "{other}");
        }
    }
}
