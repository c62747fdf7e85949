//! S3 errors that s3s has no name for, and the way from the file system to them.

use http::StatusCode;
use s3s::{S3Error, S3ErrorCode, S3Result};

/// The code of an error that goes out with its status and without a body.
pub(crate) const BODYLESS: &str = "Bodyless";

/// An error with a code of our own choice.
pub(crate) fn make_coded_error(status: StatusCode, code: &'static str) -> S3Error {
    let mut error = S3Error::new(S3ErrorCode::Custom(code.into()));
    error.set_status_code(status);
    error
}

/// The body is not the one that was signed.
pub(crate) fn hash_mismatch() -> S3Error {
    make_coded_error(StatusCode::BAD_REQUEST, "XAmzContentSHA256Mismatch")
}

/// The file system below the simulator failed.
pub(crate) fn wrap_disk_error(error: std::io::Error) -> S3Error {
    S3Error::internal_error(error)
}

/// Shortens the way from an I/O result to an S3 result.
pub(crate) trait OrDisk<T> {
    /// Turns an I/O error into `InternalError`.
    fn or_disk(self) -> S3Result<T>;
}

impl<T> OrDisk<T> for std::io::Result<T> {
    fn or_disk(self) -> S3Result<T> {
        self.map_err(wrap_disk_error)
    }
}
