//! A TLS handshake that tells the certificate's end, also where it is not trusted.

use std::sync::{Arc, Mutex, PoisonError};

use datalake_core::doctor::TlsLook;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::Endpoint;
use datalake_core::time::Timestamp;
use http::Uri;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tower_service::Service as _;

use crate::connect::{Connector, trusted_roots};
use crate::setup_error::{SetupError, judge_setup_error};
use crate::transport::not_connected;

/// Judges as every other connection of this crate does, and keeps the certificate that it was shown.
#[derive(Debug)]
struct Witness {
    judge: Arc<WebPkiServerVerifier>,
    shown: Arc<Mutex<Option<Vec<u8>>>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(end_entity.to_vec());
        let judge = &self.judge;
        judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

/// Shakes hands with `endpoint`; nothing else is sent.
pub(crate) async fn shake_hands(endpoint: &Endpoint) -> Result<TlsLook, Fault> {
    let shown = Arc::new(Mutex::new(None));
    let config = build_tls_config(endpoint, &shown).map_err(|error| judge_setup_error(&error))?;
    let mut connector =
        Connector::with_tls(endpoint, config).map_err(|error| judge_setup_error(&error))?;
    let address: Uri = endpoint.to_string().parse().map_err(|error: http::uri::InvalidUri| {
        Fault::new(FaultKind::Refused, error.to_string())
    })?;
    let connected = connector.call(address).await;
    let shown = shown.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (connected, shown) {
        (Ok(_), shown) => {
            Ok(TlsLook { refused: None, expires: shown.as_deref().and_then(read_expiry) })
        }
        (Err(error), Some(shown)) => {
            let refused = Some(not_connected(error.as_ref()).detail);
            Ok(TlsLook { refused, expires: read_expiry(&shown) })
        }
        (Err(error), None) => Err(not_connected(error.as_ref())),
    }
}

fn build_tls_config(
    endpoint: &Endpoint,
    shown: &Arc<Mutex<Option<Vec<u8>>>>,
) -> Result<ClientConfig, SetupError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = Arc::new(trusted_roots(endpoint.is_https(), &[])?);
    let judge = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build();
    let judge =
        judge.map_err(|error| SetupError::Tls(rustls::Error::General(error.to_string())))?;
    let witness = Witness { judge, shown: Arc::clone(shown) };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(SetupError::Tls)?;
    // The witness judges exactly as the usual verifier does; it only remembers.
    let config = config.dangerous().with_custom_certificate_verifier(Arc::new(witness));
    Ok(config.with_no_client_auth())
}

/// When the certificate runs out.
fn read_expiry(der: &[u8]) -> Option<Timestamp> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    Timestamp::from_unix(certificate.validity().not_after.timestamp()).ok()
}
