//! Listings as S3 writes them.

use datalake_core::{BucketName, ByteSize, ETag, Timestamp};
use datalake_engine::{
    AnyKey, ObjectEntry, ObjectPage, PageToken, Part, PartEntry, PartNumber, PartPage, Upload,
    UploadId, UploadPage, VersionEntry, VersionId, VersionKind, VersionPage,
};

use crate::documents::UnknownDocument;
use crate::encode::decode;
use crate::flat::{Record, read};

/// Why an answer is no page of a listing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnknownListing {
    /// It is another document.
    #[error(transparent)]
    Document(#[from] UnknownDocument),
    /// A field is missing or has no usable value.
    #[error("the listing has no usable `{0}`")]
    Field(&'static str),
    /// More is to come, and there is no way to it.
    #[error("the listing is cut and does not say where it goes on")]
    NoWay,
    /// The way on leads back.
    #[error("the listing goes on where it began")]
    Loop,
}

/// What all listings have in common.
#[derive(Default)]
struct Frame {
    truncated: Option<bool>,
    encoded: bool,
    next: Option<String>,
    next_id: Option<String>,
}

impl Frame {
    /// A frame that knows how the texts of `document` are written, which the document itself may
    /// tell last. No text in it can look like that element.
    fn of(document: &[u8]) -> Self {
        let text = std::str::from_utf8(document).unwrap_or_default();
        let encoded = text.contains("<EncodingType>url</EncodingType>");
        Self { encoded, ..Self::default() }
    }

    /// Takes a record that is about the listing as a whole.
    fn take(&mut self, record: &Record) -> Result<(), UnknownListing> {
        let text = record.text();
        match record.name() {
            "IsTruncated" => {
                let value = text.trim().parse().map_err(|_| UnknownListing::Field("IsTruncated"));
                self.truncated = Some(value?);
            }
            "EncodingType" if self.encoded != (text.trim() == "url") => {
                return Err(UnknownListing::Field("EncodingType"));
            }
            "NextContinuationToken" | "NextKeyMarker" | "NextPartNumberMarker" => {
                self.next = Some(text.to_owned()).filter(|text| !text.is_empty());
            }
            "NextVersionIdMarker" | "NextUploadIdMarker" => {
                self.next_id = Some(text.to_owned()).filter(|text| !text.is_empty());
            }
            _ => (),
        }
        Ok(())
    }

    fn text(&self, text: &str, field: &'static str) -> Result<String, UnknownListing> {
        let text = if self.encoded { decode(text) } else { Some(text.to_owned()) };
        text.ok_or(UnknownListing::Field(field))
    }

    /// Whether there is a next page.
    fn goes_on(&self) -> Result<bool, UnknownListing> {
        self.truncated.ok_or(UnknownListing::Field("IsTruncated"))
    }

    /// The way to the next page of keys; markers are encoded as keys are, tokens are not.
    fn marker(&self, asked: Option<&PageToken>) -> Result<Option<PageToken>, UnknownListing> {
        if !self.goes_on()? {
            return Ok(None);
        }
        let key = self.next.as_ref().ok_or(UnknownListing::NoWay)?;
        let text = self.text(key, "NextKeyMarker")?;
        let token = PageToken { text, id: self.next_id.clone() };
        if Some(&token) == asked { Err(UnknownListing::Loop) } else { Ok(Some(token)) }
    }
}

/// Reads the answer to `ListObjectsV2`.
pub(crate) fn read_objects(
    document: &[u8],
    asked: Option<&PageToken>,
) -> Result<ObjectPage, UnknownListing> {
    let mut frame = Frame::of(document);
    let mut page = ObjectPage::default();
    read(document, "ListBucketResult", |record| {
        match record.name() {
            "Contents" => page.objects.push(object(record, &frame)?),
            "CommonPrefixes" => {
                page.prefixes.push(frame.text(field(record, "Prefix")?, "Prefix")?);
            }
            _ => frame.take(record)?,
        }
        Ok::<(), UnknownListing>(())
    })?;
    if frame.goes_on()? {
        let text = frame.next.ok_or(UnknownListing::NoWay)?;
        if asked.is_some_and(|asked| asked.text == text) {
            return Err(UnknownListing::Loop);
        }
        page.next = Some(PageToken { text, id: None });
    }
    Ok(page)
}

/// Reads the answer to `ListObjectVersions`.
pub(crate) fn read_versions(
    document: &[u8],
    asked: Option<&PageToken>,
) -> Result<VersionPage, UnknownListing> {
    let mut frame = Frame::of(document);
    let mut versions = Vec::new();
    read(document, "ListVersionsResult", |record| {
        let kind = match record.name() {
            "Version" => VersionKind::Content { size: size(record)?, etag: etag(record)? },
            "DeleteMarker" => VersionKind::Marker,
            _ => return frame.take(record),
        };
        let latest = field(record, "IsLatest")?.trim().parse();
        versions.push(VersionEntry {
            key: key(record, &frame)?,
            version: VersionId(field(record, "VersionId")?.to_owned()),
            latest: latest.map_err(|_| UnknownListing::Field("IsLatest"))?,
            modified: time(record, "LastModified")?,
            kind,
        });
        Ok::<(), UnknownListing>(())
    })?;
    put_in_order(&mut versions);
    Ok(VersionPage { versions, next: frame.marker(asked)? })
}

/// Some services tell all versions of a page first and all markers then.
fn put_in_order(versions: &mut [VersionEntry]) {
    let in_order = versions
        .is_sorted_by(|one, next| one.key < next.key || (one.key == next.key && !next.latest));
    if !in_order {
        versions.sort_by(|one, other| {
            let newest = other.latest.cmp(&one.latest).then(other.modified.cmp(&one.modified));
            one.key.cmp(&other.key).then(newest)
        });
    }
}

/// Reads the answer to `ListMultipartUploads`.
pub(crate) fn read_uploads(
    document: &[u8],
    bucket: &BucketName,
    asked: Option<&PageToken>,
) -> Result<UploadPage, UnknownListing> {
    let mut frame = Frame::of(document);
    let mut uploads = Vec::new();
    read(document, "ListMultipartUploadsResult", |record| {
        if record.name() != "Upload" {
            return frame.take(record);
        }
        let id = UploadId(field(record, "UploadId")?.to_owned());
        let upload = Upload { bucket: bucket.clone(), key: key(record, &frame)?, id };
        uploads.push((upload, time(record, "Initiated")?));
        Ok::<(), UnknownListing>(())
    })?;
    Ok(UploadPage { uploads, next: frame.marker(asked)? })
}

/// Reads the answer to `ListParts`.
pub(crate) fn read_parts(
    document: &[u8],
    asked: Option<PartNumber>,
) -> Result<PartPage, UnknownListing> {
    let mut frame = Frame::default();
    let mut parts = Vec::new();
    read(document, "ListPartsResult", |record| {
        if record.name() != "Part" {
            return frame.take(record);
        }
        let number = number(field(record, "PartNumber")?, "PartNumber")?;
        let part = Part { number, etag: etag(record)? };
        let modified = time(record, "LastModified")?;
        parts.push(PartEntry { part, size: size(record)?, modified });
        Ok(())
    })?;
    if !frame.goes_on()? {
        return Ok(PartPage { parts, next: None });
    }
    let next = frame.next.ok_or(UnknownListing::NoWay)?;
    let next = number(&next, "NextPartNumberMarker")?;
    if asked.is_some_and(|asked| next <= asked) {
        return Err(UnknownListing::Loop);
    }
    Ok(PartPage { parts, next: Some(next) })
}

fn object(record: &Record, frame: &Frame) -> Result<ObjectEntry, UnknownListing> {
    Ok(ObjectEntry {
        key: key(record, frame)?,
        size: size(record)?,
        etag: etag(record)?,
        modified: time(record, "LastModified")?,
    })
}

fn key(record: &Record, frame: &Frame) -> Result<AnyKey, UnknownListing> {
    let text = frame.text(field(record, "Key")?, "Key")?;
    text.try_into().map_err(|_| UnknownListing::Field("Key"))
}

fn size(record: &Record) -> Result<ByteSize, UnknownListing> {
    let size = field(record, "Size")?.trim().parse();
    size.map(ByteSize).map_err(|_| UnknownListing::Field("Size"))
}

fn etag(record: &Record) -> Result<ETag, UnknownListing> {
    field(record, "ETag")?.parse().map_err(|_| UnknownListing::Field("ETag"))
}

fn time(record: &Record, name: &'static str) -> Result<Timestamp, UnknownListing> {
    field(record, name)?.trim().parse().map_err(|_| UnknownListing::Field(name))
}

fn number(text: &str, name: &'static str) -> Result<PartNumber, UnknownListing> {
    let number = text.trim().parse().ok().and_then(|number| PartNumber::new(number).ok());
    number.ok_or(UnknownListing::Field(name))
}

fn field<'r>(record: &'r Record, name: &'static str) -> Result<&'r str, UnknownListing> {
    record.field(name).ok_or(UnknownListing::Field(name))
}

#[cfg(test)]
mod tests;
