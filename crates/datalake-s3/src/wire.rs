//! Sends requests that rust-s3 has signed, over an HTTP client of our own.
//!
//! rust-s3's own sending loses the headers of an error answer, follows redirects with the
//! signature, and takes no certificate and no connect timeout.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use datalake_core::{BucketName, Credentials, Endpoint, Fault, FaultKind, Region};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Method, Response};
use s3::Bucket;
use s3::command::{Command, HttpMethod};
use s3::request::Request;
use s3::request::tokio_backend::ReqwestRequest;

use crate::answer::{Answer, clock_ahead, printable};
use crate::transport::unreachable;

/// Why no store could be set up; nothing has been sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The certificate is no PEM.
    #[error("the extra certificate is not in PEM form")]
    Certificate(#[source] reqwest::Error),
    /// The HTTP client cannot be made.
    #[error("no HTTPS client can be set up here")]
    Client(#[source] reqwest::Error),
    /// rust-s3 takes neither these keys nor this address.
    #[error("requests cannot be signed")]
    Signer(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// One request before it is signed.
pub(crate) struct Call<'a> {
    /// What to do.
    pub(crate) command: Command<'a>,
    /// The bucket to do it in; `None` for the service.
    pub(crate) bucket: Option<&'a BucketName>,
    /// The object's key; empty for the bucket itself.
    pub(crate) key: &'a str,
    /// A query parameter that the command does not set by itself.
    pub(crate) query: Option<(&'static str, &'a str)>,
    /// The longest body of an answer that is read.
    pub(crate) limit: usize,
}

/// Signs and sends.
pub(crate) struct Wire {
    client: Client,
    // Making one costs a whole HTTP client, so each call takes a copy with other names in it.
    template: Box<Bucket>,
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest part of an error's body that is looked at.
const ERROR_LIMIT: usize = 64 * 1024;

impl Wire {
    /// Prepares for one service, with this machine's certificates and `extra` PEM.
    pub(crate) fn new(
        endpoint: &Endpoint,
        region: &Region,
        keys: &Credentials,
        extra: &[Certificate],
    ) -> Result<Self, SetupError> {
        // Repeating is for the engine, which waits and counts; the number is the whole process's.
        s3::set_retries(0);
        let client = client(endpoint, extra).build().map_err(SetupError::Client)?;
        let region =
            s3::Region::Custom { region: region.to_string(), endpoint: endpoint.to_string() };
        let signer = |error: s3::error::S3Error| SetupError::Signer(Box::new(error));
        let template = Bucket::new("", region, signing_keys(keys)?).map_err(signer)?;
        Ok(Self { client, template: template.with_path_style() })
    }

    /// The region's name as rust-s3 takes it.
    pub(crate) fn region(&self) -> s3::Region {
        self.template.region.clone()
    }

    /// Sends one request and reads the answer, whatever its status.
    pub(crate) async fn send(&self, call: Call<'_>) -> Result<Answer, Fault> {
        let mut bucket = self.template.clone();
        bucket.name = call.bucket.map(ToString::to_string).unwrap_or_default();
        let query = call.query.map(|(name, value)| (name.to_owned(), value.to_owned()));
        bucket.extra_query = query.into_iter().collect::<HashMap<_, _>>();
        let request =
            self.signed(&bucket, call.key, call.command).await.map_err(|error| unsigned(&error))?;
        let response = self.client.execute(request).await.map_err(|error| unreachable(&error))?;
        read(response, call.limit).await
    }

    async fn signed(
        &self,
        bucket: &Bucket,
        key: &str,
        command: Command<'_>,
    ) -> Result<reqwest::Request, s3::error::S3Error> {
        let method = match command.http_verb() {
            HttpMethod::Delete => Method::DELETE,
            HttpMethod::Get => Method::GET,
            HttpMethod::Put => Method::PUT,
            HttpMethod::Post => Method::POST,
            HttpMethod::Head => Method::HEAD,
        };
        let signed = ReqwestRequest::new(bucket, key, command).await?;
        let request = self.client.request(method, signed.url()?).headers(signed.headers().await?);
        Ok(request.body(signed.request_body()?).build()?)
    }
}

fn client(endpoint: &Endpoint, extra: &[Certificate]) -> ClientBuilder {
    let client = Client::builder()
        .user_agent(concat!("datalake/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        // A redirect would carry the signature to a host that nobody has named.
        .redirect(Policy::none())
        // rust-s3 brings the bundled roots along; what this machine trusts is its owner's choice.
        .tls_built_in_webpki_certs(false);
    let client =
        extra.iter().fold(client, |client, extra| client.add_root_certificate(extra.clone()));
    // A proxy cannot reach this machine's loopback, and would see what is not meant for it.
    if endpoint.is_loopback() { client.no_proxy() } else { client }
}

fn signing_keys(keys: &Credentials) -> Result<s3::creds::Credentials, SetupError> {
    let (id, secret) = (keys.id.as_str(), keys.secret.expose());
    s3::creds::Credentials::new(Some(id), Some(secret), None, None, None)
        .map_err(|error| SetupError::Signer(Box::new(error)))
}

async fn read(mut response: Response, limit: usize) -> Result<Answer, Fault> {
    let status = response.status();
    let clock_ahead = clock_ahead(response.headers(), SystemTime::now());
    let limit = if status.is_success() { limit } else { ERROR_LIMIT };
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
        let room = limit - body.len();
        if chunk.len() > room && status.is_success() {
            let detail = format!("the answer is longer than {limit} bytes");
            return Err(Fault::new(FaultKind::Unreadable, detail));
        }
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if body.len() == limit && !status.is_success() {
            break;
        }
    }
    let headers = std::mem::take(response.headers_mut());
    Ok(Answer { status, headers, body: Bytes::from(body), clock_ahead })
}

fn unsigned(error: &s3::error::S3Error) -> Fault {
    let cause = printable(&error.to_string(), 200);
    Fault::new(FaultKind::Refused, format!("the request could not be signed: {cause}"))
}
