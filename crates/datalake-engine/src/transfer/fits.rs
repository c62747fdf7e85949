//! Whether hashes are those of a content.

use datalake_core::s3::ETag;
use datalake_core::transfer::{ContentDigest, PartPlan, TagForm};
use sha2::{Digest as _, Sha256};

use super::{Digests, Hashing};

/// Whether hashes of the parts of a content, or of the whole, are those of its digest or its tag.
pub(crate) fn are_right(
    by: Hashing,
    digests: &[Digests],
    digest: Option<ContentDigest>,
    etag: &ETag,
) -> bool {
    match by {
        Hashing::Sha256 => {
            let parts: Option<Vec<_>> = digests.iter().map(|part| part.sha256).collect();
            parts.is_some_and(|parts| sha256_fits(digest, &parts))
        }
        Hashing::Md5 | Hashing::Both => {
            let parts: Option<Vec<_>> = digests.iter().map(|part| part.md5).collect();
            parts.is_some_and(|parts| md5_fits(etag, &parts))
        }
    }
}

/// Whether hashes of parts, or of the whole, are those of a digest.
fn sha256_fits(digest: Option<ContentDigest>, parts: &[[u8; 32]]) -> bool {
    let Some(digest) = digest else { return false };
    match (digest.part, parts) {
        (None, [whole]) => *whole == digest.sha256,
        (None, _) => false,
        (Some(_), parts) => {
            let whole: [u8; 32] = Sha256::digest(parts.as_flattened()).into();
            whole == digest.sha256
        }
    }
}

/// The digest of a content whose parts have these hashes; `None` where SHA-256 was not asked for.
pub(crate) fn digest_of(digests: &[Digests], plan: PartPlan) -> Option<ContentDigest> {
    let parts: Option<Vec<_>> = digests.iter().map(|part| part.sha256).collect();
    match parts?.as_slice() {
        [whole] => Some(ContentDigest { sha256: *whole, part: None }),
        parts => {
            let whole = Sha256::digest(parts.as_flattened());
            Some(ContentDigest { sha256: whole.into(), part: Some(plan.part_size()) })
        }
    }
}

/// Whether MD5s of parts, or of the whole, make a tag.
pub(crate) fn md5_fits(etag: &ETag, parts: &[[u8; 16]]) -> bool {
    match (etag.form(), parts) {
        (TagForm::Md5(tag), [whole]) => tag == *whole,
        (TagForm::Parts(tag, count), parts) => {
            usize::from(count) == parts.len()
                && ETag::of_parts(parts).form() == TagForm::Parts(tag, count)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_not_taken_for_one_of_another_number_of_parts() {
        let tag = ETag::of_parts(&[[1; 16], [2; 16]]);

        assert!(md5_fits(&tag, &[[1; 16], [2; 16]]));
        assert!(!md5_fits(&tag, &[[2; 16], [1; 16]]));
        assert!(!md5_fits(&ETag::of_md5([1; 16]), &[[1; 16], [1; 16]]));
    }
}
