//! Finds gaps in the listing of versions.

use datalake_core::fault::Fault;
use datalake_core::s3::BucketName;
use datalake_core::time::Timestamp;
use datalake_engine::{AnyKey, Lake, VersionEntry, VersionId, VersionKind, Walk};

/// An object that was deleted and was not written again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Its key.
    pub key: AnyKey,
    /// The delete marker that stands before its last content.
    pub marker: VersionId,
    /// When it was deleted.
    pub deleted: Timestamp,
    /// Its last content.
    pub version: VersionId,
    /// The size of that, in bytes.
    pub size: u64,
    /// When that was stored.
    pub stored: Timestamp,
}

/// The gaps of a whole listing, page by page.
pub struct GapWalk<'a> {
    versions: Walk<'a, VersionEntry>,
    open: OpenMarker,
}

impl<'a> GapWalk<'a> {
    /// Begins a walk through all versions below a prefix.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where the first look at the listing fails.
    pub async fn begin(
        lake: &'a dyn Lake,
        bucket: &'a BucketName,
        prefix: &str,
    ) -> Result<Self, Fault> {
        let versions = Walk::versions(lake, bucket, prefix).await?;
        Ok(Self { versions, open: OpenMarker(None) })
    }

    /// The gaps of the next page, of which there may be none; `None` at the end.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where the listing fails.
    pub async fn next(&mut self) -> Result<Option<Vec<Gap>>, Fault> {
        let page = self.versions.next().await?;
        Ok(page.map(|page| page.into_iter().filter_map(|entry| self.open.see(entry)).collect()))
    }
}

/// A marker that is the newest of its key, while content behind it is looked for: all that is kept
/// of a listing.
struct OpenMarker(Option<(AnyKey, VersionId, Timestamp)>);

impl OpenMarker {
    /// Takes the next version of the listing, in which those of a key come the newest first.
    fn see(&mut self, entry: VersionEntry) -> Option<Gap> {
        let VersionEntry { key, version, latest, modified, kind } = entry;
        let open = self.0.take().filter(|(marked, ..)| *marked == key);
        match kind {
            VersionKind::Content { size, .. } => {
                let (key, marker, deleted) = open?;
                Some(Gap { key, marker, deleted, version, size: size.0, stored: modified })
            }
            VersionKind::Marker if latest => {
                self.0 = Some((key, version, modified));
                None
            }
            // The content lies further back.
            VersionKind::Marker => {
                self.0 = open;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use datalake_core::size::ByteSize;

    use super::*;

    /// `key:m` is a marker, `key:3` content of three bytes; a capital letter is the latest.
    fn entries(text: &str) -> Vec<VersionEntry> {
        let entry = |(number, word): (usize, &str)| {
            let (key, kind) = word.split_once(':').unwrap();
            let kind = match kind.to_ascii_lowercase().as_str() {
                "m" => VersionKind::Marker,
                size => VersionKind::Content {
                    size: ByteSize(size.trim_end_matches('l').parse().unwrap()),
                    etag: "\"0\"".parse().unwrap(),
                },
            };
            VersionEntry {
                key: AnyKey::try_from(key).unwrap(),
                version: VersionId(number.to_string()),
                latest: word.ends_with(['M', 'L']),
                modified: Timestamp::from_unix(1000).unwrap(),
                kind,
            }
        };
        text.split_whitespace().enumerate().map(entry).collect()
    }

    #[track_caller]
    fn check(listing: &str, expected: &[(&str, &str, &str)]) {
        let mut open = OpenMarker(None);
        let found: Vec<_> = entries(listing).into_iter().filter_map(|e| open.see(e)).collect();
        let found: Vec<_> = found
            .iter()
            .map(|gap| (gap.key.as_str(), gap.marker.0.as_str(), gap.version.0.as_str()))
            .collect();
        assert_eq!(found, expected, "{listing}");
    }

    #[test]
    fn a_gap_is_a_marker_with_content_behind_it() {
        check("a:M a:3", &[("a", "0", "1")]);
        check("a:M a:3 a:4", &[("a", "0", "1")]);
        check("a:M a:m a:3", &[("a", "0", "2")]);
        check("a:3L a:m a:4", &[]);
        check("a:M b:3L", &[]);
        check("a:M b:M b:1 c:M c:m", &[("b", "1", "2")]);
        check("a:M a:3 b:M b:4", &[("a", "0", "1"), ("b", "2", "3")]);
    }
}
