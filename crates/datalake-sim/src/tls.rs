//! A certificate of the simulator's own.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// What is needed to speak TLS.
pub(crate) struct Identity {
    pub(crate) certificate_pem: String,
    pub(crate) acceptor: TlsAcceptor,
}

/// Reads the certificate in `dir`, or makes one for `127.0.0.1` and `localhost`.
pub(crate) fn load_identity(dir: &Path) -> io::Result<Identity> {
    let (certificate, key) = (dir.join("certificate.pem"), dir.join("certificate.key"));
    if !(certificate.exists() && key.exists()) {
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
        let mut file =
            fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(&key)?;
        file.write_all(made.signing_key.serialize_pem().as_bytes())?;
        // The certificate comes last and whole: without it, both are made anew.
        fs::write(dir.join("certificate.new"), made.cert.pem())?;
        fs::rename(dir.join("certificate.new"), &certificate)?;
    }
    let certificate_pem = fs::read_to_string(&certificate)?;
    let chain =
        CertificateDer::from_pem_slice(certificate_pem.as_bytes()).map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_file(&key).map_err(io::Error::other)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![chain], key))
        .map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Identity { certificate_pem, acceptor: TlsAcceptor::from(Arc::new(config)) })
}
