//! Connections to the service: name, proxy, TLS, and limits on their number and on how long all
//! that may take.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use datalake_core::s3::Endpoint;
use futures::FutureExt as _;
use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower_service::Service;

use crate::connection::Connection;
use crate::setup_error::SetupError;

/// How long a connection may take until it can be used.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The most connections at one time; Hetzner permits 256 from one address.
const MOST: usize = 240;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Makes connections, straight or through the proxy that the environment names.
///
/// Where as many are open as there may be, the next one waits for one to close; a request that
/// waits for it goes over the first one that comes free.
#[derive(Clone)]
pub(crate) struct Connector {
    way: ConnectionWay,
    room: Arc<Semaphore>,
}

#[derive(Clone)]
enum ConnectionWay {
    Straight(HttpsConnector<HttpConnector>),
    Through(HttpsConnector<Tunnel<HttpConnector>>),
}

/// A connection was not made in time.
#[derive(Debug, thiserror::Error)]
#[error("no connection in time")]
pub(crate) struct TooSlow;

impl Connector {
    /// Prepares for one service, with this machine's certificates and `extra` ones.
    pub(crate) fn new(
        endpoint: &Endpoint,
        extra: &[CertificateDer<'static>],
    ) -> Result<Self, SetupError> {
        Self::through(&Matcher::from_env(), endpoint, build_tls(endpoint.is_https(), extra)?)
    }

    /// Prepares for one service with settings of TLS that are there already.
    pub(crate) fn with_tls(endpoint: &Endpoint, tls: ClientConfig) -> Result<Self, SetupError> {
        Self::through(&Matcher::from_env(), endpoint, tls)
    }

    fn through(
        proxies: &Matcher,
        endpoint: &Endpoint,
        tls: ClientConfig,
    ) -> Result<Self, SetupError> {
        let address: Uri = endpoint.to_string().parse().map_err(SetupError::Address)?;
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        // A proxy cannot reach this machine's loopback, and would see what is not meant for it.
        let proxy = proxies.intercept(&address).filter(|_| !endpoint.is_loopback());
        let secured = HttpsConnectorBuilder::new().with_tls_config(tls);
        let secured = secured.https_or_http().enable_http1();
        let Some(proxy) = proxy else {
            return Ok(Self::of(ConnectionWay::Straight(secured.wrap_connector(http))));
        };
        if proxy.uri().scheme_str() != Some("http") {
            return Err(SetupError::Proxy);
        }
        let tunnel = Tunnel::new(proxy.uri().clone(), http);
        let tunnel = match proxy.basic_auth() {
            Some(auth) => tunnel.with_auth(auth.clone()),
            None => tunnel,
        };
        Ok(Self::of(ConnectionWay::Through(secured.wrap_connector(tunnel))))
    }

    fn of(way: ConnectionWay) -> Self {
        Self { way, room: Arc::new(Semaphore::new(MOST)) }
    }

    /// What limits the number of connections.
    pub(crate) fn room(&self) -> Arc<Semaphore> {
        Arc::clone(&self.room)
    }
}

/// The certificates that this machine trusts, and `extra` ones.
pub(crate) fn trusted_roots(
    is_https: bool,
    extra: &[CertificateDer<'static>],
) -> Result<RootCertStore, SetupError> {
    let mut roots = RootCertStore::empty();
    // What this machine trusts is its owner's choice; reading it takes time, so only if needed.
    if is_https {
        let found = rustls_native_certs::load_native_certs();
        let (_, unfit) = roots.add_parsable_certificates(found.certs);
        if roots.is_empty() && extra.is_empty() {
            let count = unfit + found.errors.len();
            return Err(SetupError::NoRoots(count));
        }
    }
    for certificate in extra {
        roots.add(certificate.clone()).map_err(|error| SetupError::Certificate(error.into()))?;
    }
    Ok(roots)
}

fn build_tls(
    is_https: bool,
    extra: &[CertificateDer<'static>],
) -> Result<ClientConfig, SetupError> {
    let roots = trusted_roots(is_https, extra)?;
    let provider = rustls::crypto::ring::default_provider();
    let config = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(SetupError::Tls)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

impl Service<Uri> for Connector {
    type Response = Connection;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Connection, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match &mut self.way {
            ConnectionWay::Straight(way) => way.poll_ready(context),
            ConnectionWay::Through(way) => way.poll_ready(context),
        }
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connecting = match &mut self.way {
            ConnectionWay::Straight(way) => way.call(to).boxed(),
            ConnectionWay::Through(way) => way.call(to).boxed(),
        };
        let room = Arc::clone(&self.room);
        Box::pin(async {
            let place = room.acquire_owned().await?;
            match timeout(CONNECT_TIMEOUT, connecting).await {
                Ok(connected) => Ok(Connection { stream: connected?, _place: place }),
                Err(_) => Err(TooSlow.into()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    fn connector(proxy: &str, endpoint: &str) -> Result<Connector, SetupError> {
        let proxies = Matcher::builder().all(proxy).build();
        let endpoint: Endpoint = endpoint.parse().unwrap();
        Connector::through(&proxies, &endpoint, build_tls(endpoint.is_https(), &[])?)
    }

    #[tokio::test]
    async fn an_https_endpoint_is_reached_through_a_tunnel() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = format!("http://user:canary@{}", listener.local_addr().unwrap());
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            let length = stream.read(&mut request).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nno TLS").await.unwrap();
            String::from_utf8(request[..length].to_vec()).unwrap()
        });
        let mut connector = connector(&proxy, "https://s3.example.com").unwrap();

        let connected = connector.call("https://s3.example.com".parse().unwrap()).await;

        assert!(connected.is_err(), "what came through the tunnel was no TLS");
        let asked = asked.await.unwrap();
        assert!(asked.starts_with("CONNECT s3.example.com:443 HTTP/1.1\r\n"), "{asked}");
        assert!(asked.to_lowercase().contains("proxy-authorization: basic "), "{asked}");
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_not_passed_by() {
        let socks = connector("socks5://127.0.0.1:1", "https://s3.example.com");
        assert!(matches!(socks, Err(SetupError::Proxy)));

        let loopback = connector("socks5://127.0.0.1:1", "http://127.0.0.1:2");
        assert!(matches!(loopback.unwrap().way, ConnectionWay::Straight(_)));
    }
}
