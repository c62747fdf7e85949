//! The way to a service, step by step and without a key.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use datalake_core::doctor::{Greeting, Proxy, TlsLook};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::Endpoint;
use datalake_engine::Network;
use http::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::answer::clock_ahead;
use crate::certificate::shake_hands;
use crate::connect::Connector;
use crate::documents::read_error;
use crate::receiving::Receiving;
use crate::road::AGENT;
use crate::sending::PacedBody;
use crate::setup_error::{SetupError, judge_setup_error};
use crate::transport::{connection_failed, judge_client_error};
use crate::xml::parse_document;

/// This machine's way to S3 services.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainNetwork;

/// How long each step may take.
const LIMIT: Duration = Duration::from_secs(5);

/// The longest greeting that is read.
const GREETING: usize = 64 * 1024;

#[async_trait]
impl Network for PlainNetwork {
    fn proxy(&self, endpoint: &Endpoint) -> Option<Proxy> {
        let address: Uri = endpoint.to_string().parse().ok()?;
        if endpoint.is_loopback() {
            return None;
        }
        let proxy = Matcher::from_env().intercept(&address)?;
        // Without user and password, which the address may hold.
        let scheme = proxy.uri().scheme_str().unwrap_or("http");
        let host = proxy.uri().host().unwrap_or_default();
        let port = proxy.uri().port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        let is_usable = scheme == "http";
        Some(Proxy { address: format!("{scheme}://{host}{port}"), is_usable })
    }

    async fn addresses(&self, endpoint: &Endpoint) -> Result<Vec<IpAddr>, Fault> {
        let host = endpoint.host().trim_matches(['[', ']']);
        let found = timeout(LIMIT, lookup_host((host, endpoint.port()))).await;
        let late = |_| Fault::new(FaultKind::Unreachable, "no name service answers in time");
        let found = found.map_err(late)?.map_err(|error| no_address(&error))?;
        let mut all: Vec<_> = found.map(|address| address.ip()).collect();
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    async fn connect(&self, endpoint: &Endpoint) -> Result<(), Fault> {
        let host = endpoint.host().trim_matches(['[', ']']);
        let connected = timeout(LIMIT, TcpStream::connect((host, endpoint.port()))).await;
        let late = |_| Fault::new(FaultKind::Unreachable, "no connection in time");
        connected.map_err(late)?.map(drop).map_err(|error| connection_failed(&error))
    }

    async fn handshake(&self, endpoint: &Endpoint) -> Result<TlsLook, Fault> {
        let late = |_| Fault::new(FaultKind::Unreachable, "no TLS session in time");
        timeout(LIMIT, shake_hands(endpoint)).await.map_err(late)?
    }

    async fn greet(&self, endpoint: &Endpoint) -> Result<Greeting, Fault> {
        let late = |_| Fault::new(FaultKind::Unreachable, "no answer in time");
        timeout(LIMIT, fetch_greeting(endpoint)).await.map_err(late)?
    }
}

async fn fetch_greeting(endpoint: &Endpoint) -> Result<Greeting, Fault> {
    let connector = Connector::new(endpoint, &[]).map_err(|error| judge_setup_error(&error))?;
    let client: Client<Connector, PacedBody> =
        Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
    let mut request = Request::new(PacedBody::new(Vec::new()));
    let address = format!("{endpoint}/").parse().map_err(SetupError::Address);
    *request.uri_mut() = address.map_err(|error| judge_setup_error(&error))?;
    request.headers_mut().insert(http::header::USER_AGENT, AGENT);
    let answer = client.request(request).await.map_err(|error| judge_client_error(&error))?;
    let (parts, body) = answer.into_parts();
    let body = Receiving::new(body, LIMIT).beginning(GREETING).await?;
    let is_list = parse_document(&body).is_ok_and(|root| root.name == "ListAllMyBucketsResult");
    let is_s3 = is_list
        || read_error(&body).is_some()
        || parts.headers.contains_key("x-amz-request-id")
        // What the front end says where it is asked too often.
        || parts.status.as_u16() == 429;
    Ok(Greeting {
        status: parts.status.as_u16(),
        is_s3,
        clock_ahead: clock_ahead(&parts.headers, SystemTime::now()),
    })
}

/// The resolver's words for a name that is not there; every other fault leaves it open.
fn no_address(error: &std::io::Error) -> Fault {
    let text = error.to_string();
    let says = |words: &str| text.contains(words);
    let is_absent = says("Name or service not known")
        || says("No address associated")
        || says("nodename nor servname");
    let kind = if is_absent { FaultKind::Absent } else { FaultKind::Unreachable };
    Fault::new(kind, text)
}
