//! Listings as S3 writes them.

use datalake_core::s3::{BucketName, ETag};
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use datalake_core::transfer::FileTime;
use datalake_engine::{
    AnyKey, ObjectEntry, ObjectPage, PageToken, PartEntry, PartNumber, PartPage, TakenPart, Upload,
    UploadId, UploadPage, VersionEntry, VersionId, VersionKind, VersionPage,
};

use crate::documents::UnknownDocument;
use crate::encode::decode_percent;
use crate::flat::{FlatRecord, read_records};

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
    fn take(&mut self, record: &FlatRecord) -> Result<(), UnknownListing> {
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
        let text = if self.encoded { decode_percent(text) } else { Some(text.to_owned()) };
        text.ok_or(UnknownListing::Field(field))
    }

    /// Whether there is a next page.
    fn goes_on(&self) -> bool {
        // `rclone serve s3` leaves it out; clients then go on where they are told a way.
        self.truncated.unwrap_or_else(|| self.next.is_some())
    }

    /// The way to the next page of keys; markers are encoded as keys are, tokens are not.
    fn marker(&self, asked: Option<&PageToken>) -> Result<Option<PageToken>, UnknownListing> {
        if !self.goes_on() {
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
    read_records(document, "ListBucketResult", |record| {
        match record.name() {
            "Contents" => page.objects.push(read_object(record, &frame)?),
            "CommonPrefixes" => {
                page.prefixes.push(frame.text(find_field(record, "Prefix")?, "Prefix")?);
            }
            _ => frame.take(record)?,
        }
        Ok::<(), UnknownListing>(())
    })?;
    if frame.goes_on() {
        let text = frame.next.ok_or(UnknownListing::NoWay)?;
        if asked.is_some_and(|asked| asked.text == text) {
            return Err(UnknownListing::Loop);
        }
        page.next = Some(PageToken { text, id: None });
    }
    Ok(page)
}

/// The owner's id in a record.
const OWNER: &str = "Owner/ID";

/// Reads the answer to `ListObjectVersions`.
pub(crate) fn read_versions(
    document: &[u8],
    asked: Option<&PageToken>,
) -> Result<VersionPage, UnknownListing> {
    let mut frame = Frame::of(document);
    let mut versions = Vec::new();
    read_records(document, "ListVersionsResult", |record| {
        let kind = match record.name() {
            "Version" => {
                VersionKind::Content { size: read_size(record)?, etag: read_etag(record)? }
            }
            "DeleteMarker" => VersionKind::Marker,
            _ => return frame.take(record),
        };
        let latest = find_field(record, "IsLatest")?.trim().parse();
        versions.push(VersionEntry {
            key: read_key(record, &frame)?,
            version: VersionId(find_field(record, "VersionId")?.to_owned()),
            latest: latest.map_err(|_| UnknownListing::Field("IsLatest"))?,
            modified: read_time(record, "LastModified")?,
            stored: read_exact_time(record, "LastModified")?,
            owner: record.field(OWNER).filter(|owner| !owner.is_empty()).map(str::to_owned),
            kind,
        });
        Ok::<(), UnknownListing>(())
    })?;
    put_in_order(&mut versions);
    Ok(VersionPage { versions, next: frame.marker(asked)? })
}

/// Some services tell all versions of a page first and all markers then.
fn put_in_order(versions: &mut [VersionEntry]) {
    let in_order = versions.is_sorted_by(|one, next| {
        one.key < next.key || (one.key == next.key && !next.latest && one.stored >= next.stored)
    });
    if !in_order {
        versions.sort_by(|one, other| {
            let newest = other.latest.cmp(&one.latest).then(other.stored.cmp(&one.stored));
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
    read_records(document, "ListMultipartUploadsResult", |record| {
        if record.name() != "Upload" {
            return frame.take(record);
        }
        let id = UploadId(find_field(record, "UploadId")?.to_owned());
        let upload = Upload { bucket: bucket.clone(), key: read_key(record, &frame)?, id };
        uploads.push((upload, read_time(record, "Initiated")?));
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
    read_records(document, "ListPartsResult", |record| {
        if record.name() != "Part" {
            return frame.take(record);
        }
        let number = read_part_number(find_field(record, "PartNumber")?, "PartNumber")?;
        let part = TakenPart { number, etag: read_etag(record)? };
        let modified = read_time(record, "LastModified")?;
        parts.push(PartEntry { part, size: read_size(record)?, modified });
        Ok(())
    })?;
    if !frame.goes_on() {
        return Ok(PartPage { parts, next: None });
    }
    let next = frame.next.ok_or(UnknownListing::NoWay)?;
    let next = read_part_number(&next, "NextPartNumberMarker")?;
    if asked.is_some_and(|asked| next <= asked) {
        return Err(UnknownListing::Loop);
    }
    Ok(PartPage { parts, next: Some(next) })
}

fn read_object(record: &FlatRecord, frame: &Frame) -> Result<ObjectEntry, UnknownListing> {
    Ok(ObjectEntry {
        key: read_key(record, frame)?,
        size: read_size(record)?,
        etag: read_etag(record)?,
        modified: read_time(record, "LastModified")?,
    })
}

fn read_key(record: &FlatRecord, frame: &Frame) -> Result<AnyKey, UnknownListing> {
    let text = frame.text(find_field(record, "Key")?, "Key")?;
    text.try_into().map_err(|_| UnknownListing::Field("Key"))
}

fn read_size(record: &FlatRecord) -> Result<ByteSize, UnknownListing> {
    let size = find_field(record, "Size")?.trim().parse();
    size.map(ByteSize).map_err(|_| UnknownListing::Field("Size"))
}

fn read_etag(record: &FlatRecord) -> Result<ETag, UnknownListing> {
    find_field(record, "ETag")?.parse().map_err(|_| UnknownListing::Field("ETag"))
}

fn read_time(record: &FlatRecord, name: &'static str) -> Result<Timestamp, UnknownListing> {
    find_field(record, name)?.trim().parse().map_err(|_| UnknownListing::Field(name))
}

fn read_exact_time(record: &FlatRecord, name: &'static str) -> Result<FileTime, UnknownListing> {
    let text = find_field(record, name)?.trim();
    FileTime::from_rfc3339(text).map_err(|_| UnknownListing::Field(name))
}

fn read_part_number(text: &str, name: &'static str) -> Result<PartNumber, UnknownListing> {
    let number = text.trim().parse().ok().and_then(|number| PartNumber::new(number).ok());
    number.ok_or(UnknownListing::Field(name))
}

fn find_field<'r>(record: &'r FlatRecord, name: &'static str) -> Result<&'r str, UnknownListing> {
    record.field(name).ok_or(UnknownListing::Field(name))
}

#[cfg(test)]
mod tests;
