//! Dagster's webserver, asked over HTTP.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::Webservers;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};

/// What a whole answer may take, however it comes: a moment where Dagster has to load code.
const LIMIT: Duration = Duration::from_secs(20);
/// The longest answer that is read.
const LARGEST: usize = 64 << 20;

/// Webservers of Dagster, asked over HTTP.
#[derive(Debug, Clone, Copy, Default)]
pub struct HttpWebservers;

/// Asks straight, through no proxy; no answer leads elsewhere.
pub(crate) type WebClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A webserver of Dagster.
///
/// It is asked straight, through no proxy, and no answer leads elsewhere.
struct DagsterWeb {
    client: WebClient,
    address: String,
    limit: Duration,
}

impl DagsterWeb {
    /// The webserver at an address such as `http://127.0.0.1:3000`; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where no client can be set up.
    fn new(address: &str) -> Result<Self, Fault> {
        Self::within(address, LIMIT)
    }

    fn within(address: &str, limit: Duration) -> Result<Self, Fault> {
        let address = address.trim_end_matches('/').to_owned();
        Ok(Self { client: build_client(&address)?, address, limit })
    }

    /// The answer to a GraphQL query, as it came.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where nobody answers, or not with success.
    async fn ask(&self, query: &str) -> Result<Vec<u8>, Fault> {
        let late = |_| Fault::new(FaultKind::Unreachable, "operation timed out");
        tokio::time::timeout(self.limit, self.ask_patiently(query)).await.map_err(late)?
    }

    async fn ask_patiently(&self, query: &str) -> Result<Vec<u8>, Fault> {
        let body = serde_json::json!({ "query": query }).to_string();
        let address = format!("{}/graphql", self.address);
        let address: Uri = address.parse().map_err(|error| fault_of_connection(&error))?;
        let mut request =
            Request::builder().method(Method::POST).header(CONTENT_TYPE, "application/json");
        if let Some(login) = login_in(&address) {
            request = request.header(AUTHORIZATION, login);
        }
        let request = request.uri(address).body(Full::new(Bytes::from(body)));
        let request = request.map_err(|error| fault_of_connection(&error))?;
        let answer =
            self.client.request(request).await.map_err(|error| fault_of_connection(&error))?;
        if !answer.status().is_success() {
            let detail = format!("it answers {}", answer.status().as_u16());
            return Err(Fault::new(FaultKind::Unreadable, detail));
        }
        read_whole(answer.into_body()).await
    }
}

#[async_trait]
impl Webservers for HttpWebservers {
    async fn query(&self, address: &str, query: &str) -> Result<Vec<u8>, Fault> {
        DagsterWeb::new(address)?.ask(query).await
    }
}

/// A client for an address; nothing is sent yet.
///
/// # Errors
///
/// A [`Fault`] where it cannot be set up.
pub(crate) fn build_client(address: &str) -> Result<WebClient, Fault> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    let secured = HttpsConnectorBuilder::new().with_tls_config(load_trust(address)?);
    let connector = secured.https_or_http().enable_http1().wrap_connector(http);
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

/// What this machine trusts; nothing where no certificate is shown.
fn load_trust(address: &str) -> Result<ClientConfig, Fault> {
    let mut roots = RootCertStore::empty();
    if address.starts_with("https:") {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = rustls::crypto::ring::default_provider();
    let config = ClientConfig::builder_with_provider(provider.into());
    let config = config.with_safe_default_protocol_versions();
    let config = config.map_err(|error| Fault::new(FaultKind::Io, error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// The header for the user and the password that an address names.
fn login_in(address: &Uri) -> Option<String> {
    let (login, _) = address.authority()?.as_str().rsplit_once('@')?;
    let login = if login.contains(':') { login.to_owned() } else { format!("{login}:") };
    Some(format!("Basic {}", BASE64_STANDARD.encode(decode_percent(&login))))
}

/// A text in which `%40` stands for `@`.
fn decode_percent(text: &str) -> Vec<u8> {
    let (mut decoded, mut rest) = (Vec::new(), text);
    while let Some((plain, coded)) = rest.split_once('%') {
        decoded.extend_from_slice(plain.as_bytes());
        let byte = coded.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(byte.unwrap_or(b'%'));
        rest = if byte.is_some() { coded.get(2..).unwrap_or_default() } else { coded };
    }
    decoded.extend_from_slice(rest.as_bytes());
    decoded
}

async fn read_whole(mut body: Incoming) -> Result<Vec<u8>, Fault> {
    let mut content = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| fault_of_connection(&error))?;
        content.extend_from_slice(frame.data_ref().map(Bytes::as_ref).unwrap_or_default());
        if content.len() > LARGEST {
            return Err(Fault::new(FaultKind::Unreadable, "its answer is too long"));
        }
    }
    Ok(content)
}

pub(crate) fn fault_of_connection(error: &dyn Error) -> Fault {
    let mut detail = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        detail = error.to_string();
        source = error.source();
    }
    Fault::new(FaultKind::Unreachable, detail)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers one request with this text, and tells what was asked.
    async fn answer(text: &'static str, user: &str) -> (Result<Vec<u8>, Fault>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{user}{}/", listener.local_addr().unwrap());
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut request, mut part) = (Vec::new(), [0; 8192]);
            while !request.ends_with(b"}") {
                let length = stream.read(&mut part).await.unwrap();
                request.extend_from_slice(&part[..length]);
            }
            stream.write_all(text.as_bytes()).await.unwrap();
            String::from_utf8(request).unwrap()
        });
        let answer = DagsterWeb::new(&address).unwrap().ask("{version}").await;
        (answer, asked.await.unwrap())
    }

    #[tokio::test]
    async fn a_query_goes_as_json_to_graphql() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

        let (answer, asked) = answer(text, "").await;

        assert_eq!(answer.unwrap(), b"{}");
        assert!(asked.starts_with("POST /graphql HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains("content-type: application/json\r\n"), "{asked}");
        assert!(asked.ends_with(r#"{"query":"{version}"}"#) && !asked.contains("authorization"));
    }

    #[tokio::test]
    async fn a_user_and_a_password_in_the_address_go_as_a_header() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

        let (_, asked) = answer(text, "me:a%40b@").await;

        // me:a@b
        assert!(asked.contains("authorization: Basic bWU6YUBi\r\n"), "{asked}");
        assert!(asked.contains("host: 127.0.0.1:"), "{asked}");
    }

    #[tokio::test]
    async fn an_answer_that_leads_elsewhere_is_not_followed() {
        let text = "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n";

        let (answer, _) = answer(text, "").await;

        let fault = answer.unwrap_err();
        assert_eq!((fault.kind, fault.detail.as_str()), (FaultKind::Unreadable, "it answers 302"));
    }

    #[tokio::test]
    async fn where_nobody_listens_the_system_says_so() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);

        let fault = DagsterWeb::new(&address).unwrap().ask("{}").await.unwrap_err();

        assert_eq!(fault.kind, FaultKind::Unreachable);
        assert!(fault.detail.contains("refused"), "{}", fault.detail);
    }

    #[tokio::test]
    async fn what_is_no_address_is_unreachable() {
        for address in ["127.0.0.1:3000", "nonsense", "http://"] {
            let fault = DagsterWeb::new(address).unwrap().ask("{}").await.unwrap_err();

            assert_eq!(fault.kind, FaultKind::Unreachable, "{address}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_comes_a_byte_at_a_time_ends_too() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 8192]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n").await;
            let mut drops = tokio::time::interval(Duration::from_millis(5));
            while stream.write_all(b" ").await.is_ok() {
                drops.tick().await;
            }
        });

        let web = DagsterWeb::within(&address, Duration::from_millis(200)).unwrap();

        assert_eq!(web.ask("{}").await.unwrap_err().kind, FaultKind::Unreachable);
    }
}
