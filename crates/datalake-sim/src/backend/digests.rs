//! The digests that a client sends along with a body.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use s3s::{S3Request, S3Result, TrailingHeaders, s3_error};

use crate::quirks::Quirk;
use crate::sim::Sim;
use crate::state::body::Received;

pub(super) fn check_md5(received: &Received, wanted: Option<&str>) -> S3Result<()> {
    let Some(wanted) = wanted else { return Ok(()) };
    match BASE64_STANDARD.decode(wanted) {
        Ok(digest) if digest == received.md5 => Ok(()),
        Ok(digest) if digest.len() == received.md5.len() => Err(s3_error!(BadDigest)),
        _ => Err(s3_error!(InvalidDigest)),
    }
}

const CHECKSUMS: [&str; 5] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

/// Prepares the checksums that the client promises, unless they are ignored.
pub(super) fn prepare_hasher<T>(sim: &Sim, request: &S3Request<T>) -> ChecksumHasher {
    let mut hasher = ChecksumHasher::default();
    if sim.has(Quirk::IgnoresChecksums) {
        return hasher;
    }
    let trailer = request.headers.get("x-amz-trailer").and_then(|value| value.to_str().ok());
    for name in CHECKSUMS {
        let header = format!("x-amz-checksum-{name}");
        if !request.headers.contains_key(&header) && trailer != Some(header.as_str()) {
            continue;
        }
        match name {
            "crc32" => hasher.crc32 = Some(Crc32::default()),
            "crc32c" => hasher.crc32c = Some(Crc32c::default()),
            "crc64nvme" => hasher.crc64nvme = Some(Crc64Nvme::default()),
            "sha1" => hasher.sha1 = Some(Sha1::default()),
            _ => hasher.sha256 = Some(Sha256::default()),
        }
    }
    hasher
}

/// Compares the checksums that [`prepare_hasher`] prepared.
pub(super) fn check_checksums<T>(received: &Received, request: &S3Request<T>) -> S3Result<()> {
    let found = &received.checksum;
    let trailers = request.trailing_headers.as_ref().and_then(TrailingHeaders::take);
    let values = [
        &found.checksum_crc32,
        &found.checksum_crc32c,
        &found.checksum_crc64nvme,
        &found.checksum_sha1,
        &found.checksum_sha256,
    ];
    for (name, value) in CHECKSUMS.into_iter().zip(values) {
        let header = format!("x-amz-checksum-{name}");
        let promised = request
            .headers
            .get(&header)
            .or_else(|| trailers.as_ref().and_then(|trailers| trailers.get(&header)));
        if let (Some(value), Some(promised)) = (value, promised)
            && promised.as_bytes() != value.as_bytes()
        {
            return Err(s3_error!(BadDigest));
        }
    }
    Ok(())
}
