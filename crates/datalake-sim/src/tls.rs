//! Certificates: of an authority of the simulator's own, or one that the operator has put there.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SerialNumber,
};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SigningKey, SingleCertAndKey};
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

use crate::address::find_host_bucket;

/// What is needed to speak TLS.
pub(crate) struct Identity {
    /// The certificate that clients must trust.
    pub(crate) certificate_pem: String,
    pub(crate) acceptor: TlsAcceptor,
}

/// Reads `server.pem` and `server.key` in `dir`, the certificate of a host with another name;
/// without them the authority there, or a new one, signs for this machine's own names.
pub(crate) fn load_identity(dir: &Path) -> io::Result<Identity> {
    let own = (dir.join("server.pem"), dir.join("server.key"));
    if own.0.exists() && own.1.exists() {
        return read_server_certificate(&own.0, &own.1);
    }
    let (certificate, key) = (dir.join("authority.pem"), dir.join("authority.key"));
    if !(certificate.exists() && key.exists()) {
        make_authority(&certificate, &key)?;
    }
    let certificate_pem = fs::read_to_string(&certificate)?;
    let key = KeyPair::from_pem(&fs::read_to_string(&key)?).map_err(io::Error::other)?;
    let certificates = HostCertificates::new(Issuer::new(describe_authority(), key))?;
    build_identity(certificate_pem, Arc::new(certificates))
}

fn read_server_certificate(certificate: &Path, key: &Path) -> io::Result<Identity> {
    let certificate_pem = fs::read_to_string(certificate)?;
    let chain = CertificateDer::pem_slice_iter(certificate_pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(io::Error::other)?;
    let signing = any_supported_type(&key).map_err(io::Error::other)?;
    let certified = CertifiedKey::new(chain, signing);
    certified.keys_match().map_err(io::Error::other)?;
    build_identity(certificate_pem, Arc::new(SingleCertAndKey::from(certified)))
}

fn make_authority(certificate: &Path, key: &Path) -> io::Result<()> {
    let made = KeyPair::generate().map_err(io::Error::other)?;
    let signed = describe_authority().self_signed(&made).map_err(io::Error::other)?;
    let mut file =
        fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(key)?;
    file.write_all(made.serialize_pem().as_bytes())?;
    // The certificate comes last and whole: without it, both are made anew.
    let unfinished = certificate.with_extension("new");
    fs::write(&unfinished, signed.pem())?;
    fs::rename(unfinished, certificate)
}

fn build_identity(
    certificate_pem: String,
    certificates: Arc<dyn ResolvesServerCert>,
) -> io::Result<Identity> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Identity { certificate_pem, acceptor: TlsAcceptor::from(Arc::new(config)) })
}

/// The authority, whose key lies in a folder: who trusts it, trusts it for
/// loopback names and nothing else.
fn describe_authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "datalake sandbox authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("localhost".to_owned()),
            GeneralSubtree::IpAddress(CidrSubnet::V4([127, 0, 0, 0], [255, 0, 0, 0])),
        ],
        excluded_subtrees: Vec::new(),
    });
    params
}

/// A certificate for each host that clients ask for.
///
/// A wildcard would not do: OpenSSL and webpki, among others, take none with a
/// single label after it, as in `*.localhost`.
#[derive(Debug)]
struct HostCertificates {
    authority: Issuer<'static, KeyPair>,
    key: KeyPair,
    signing: Arc<dyn SigningKey>,
    /// For `127.0.0.1` and `localhost`.
    own: Arc<CertifiedKey>,
    buckets: Mutex<BTreeMap<String, Arc<CertifiedKey>>>,
}

/// How many certificates are kept; anybody can ask for any name.
const MOST: usize = 1000;

impl HostCertificates {
    fn new(authority: Issuer<'static, KeyPair>) -> io::Result<Self> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let signing = any_supported_type(&der).map_err(io::Error::other)?;
        let own = sign_host(&authority, &key, None).map_err(io::Error::other)?;
        let own = Arc::new(CertifiedKey::new(vec![own.into()], Arc::clone(&signing)));
        Ok(Self { authority, key, signing, own, buckets: Mutex::default() })
    }

    fn find_or_sign(&self, host: &str) -> Option<Arc<CertifiedKey>> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = buckets.get(host) {
            return Some(Arc::clone(found));
        }
        let signed = sign_host(&self.authority, &self.key, Some(host)).ok()?;
        let signed = CertifiedKey::new(vec![signed.into()], Arc::clone(&self.signing));
        if buckets.len() == MOST {
            buckets.clear();
        }
        Some(Arc::clone(buckets.entry(host.to_owned()).or_insert(Arc::new(signed))))
    }
}

impl ResolvesServerCert for HostCertificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let host = hello.server_name().filter(|name| find_host_bucket(name).is_some());
        let found = host.and_then(|host| self.find_or_sign(host));
        Some(found.unwrap_or_else(|| Arc::clone(&self.own)))
    }
}

/// Signs a certificate for the service's own names and those of a bucket.
fn sign_host(
    authority: &Issuer<'static, KeyPair>,
    key: &KeyPair,
    bucket: Option<&str>,
) -> Result<rcgen::Certificate, rcgen::Error> {
    let names = ["127.0.0.1", "localhost"].into_iter().chain(bucket);
    let mut params = CertificateParams::new(names.map(str::to_owned).collect::<Vec<_>>())?;
    params.distinguished_name.push(DnType::CommonName, "datalake sandbox");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    // Without it, all certificates of one key would have the same number.
    params.serial_number = Some(SerialNumber::from_slice(Uuid::new_v4().as_bytes()));
    params.signed_by(key, authority)
}
