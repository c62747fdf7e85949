//! Why no client could be set up.

use datalake_core::fault::{Fault, FaultKind};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why no store could be set up; nothing has been sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The certificate is not in PEM form.
    #[error("the extra certificate is not in PEM form")]
    Certificate(#[source] BoxError),
    /// This machine trusts nobody.
    #[error("this machine has no usable root certificates ({0} could not be read)")]
    NoRoots(usize),
    /// TLS cannot be set up.
    #[error("no HTTPS client can be set up here")]
    Tls(#[source] rustls::Error),
    /// The proxy that the environment names cannot be used.
    #[error("the proxy of the environment is none that is spoken to by plain http")]
    Proxy,
    /// The endpoint is not an address that requests can be sent to.
    #[error("the endpoint cannot be used as an address")]
    Address(#[source] http::uri::InvalidUri),
    /// rust-s3 takes neither these keys nor this address.
    #[error("requests cannot be signed")]
    Signer(#[source] BoxError),
}

/// The same as a fault of the service.
pub(crate) fn judge_setup_error(error: &SetupError) -> Fault {
    Fault::new(FaultKind::Refused, error.to_string())
}
