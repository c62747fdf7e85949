//! Sends requests that rust-s3 has signed, over an HTTP client of our own.
//!
//! rust-s3's own sending loses the headers of an error answer, follows redirects with the
//! signature, and takes no certificate and no connect timeout.

use std::collections::HashMap;

use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, Endpoint, Region};
use datalake_core::secret::Credentials;
use http::{Request, Uri};
use rustls::pki_types::CertificateDer;
use s3::Bucket;
use s3::command::{Command, HttpMethod};
use s3::request::Request as _;
use s3::request::tokio_backend::ReqwestRequest;
use tokio::time::{Duration, timeout};

use crate::answer::{Answer, escape_server_text};
use crate::road::{AGENT, Road};
use crate::sending::PacedBody;
use crate::setup_error::SetupError;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// One request before it is signed.
pub(crate) struct UnsignedCall<'a> {
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
pub(crate) struct SigningSender {
    pub(crate) road: Road,
    // Making one costs a whole HTTP client, so each call takes a copy with other names in it.
    template: Box<Bucket>,
}

/// How long a command may take, with its whole answer.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

impl SigningSender {
    /// Prepares for one service, with this machine's certificates and `extra` PEM.
    pub(crate) fn new(
        endpoint: &Endpoint,
        region: &Region,
        keys: &Credentials,
        extra: &[CertificateDer<'static>],
    ) -> Result<Self, SetupError> {
        // Repeating is for the engine, which waits and counts; the number is the whole process's.
        s3::set_retries(0);
        let road = Road::new(endpoint, region, keys, extra)?;
        let region =
            s3::Region::Custom { region: region.to_string(), endpoint: endpoint.to_string() };
        let signer = |error: s3::error::S3Error| SetupError::Signer(Box::new(error));
        let template = Bucket::new("", region, signing_keys(keys)?).map_err(signer)?;
        Ok(Self { road, template: template.with_path_style() })
    }

    /// The region's name as rust-s3 takes it.
    pub(crate) fn region(&self) -> s3::Region {
        self.template.region.clone()
    }

    /// Sends one request and reads the answer, whatever its status.
    pub(crate) async fn send(&self, call: UnsignedCall<'_>) -> Result<Answer, Fault> {
        let mut bucket = self.template.clone();
        bucket.name = call.bucket.map(ToString::to_string).unwrap_or_default();
        let query = call.query.map(|(name, value)| (name.to_owned(), value.to_owned()));
        bucket.extra_query = query.into_iter().collect::<HashMap<_, _>>();
        let request = sign_request(&bucket, call.key, call.command)
            .await
            .map_err(|error| unsigned(&*error))?;
        let exchange =
            async { self.road.go(request, COMMAND_TIMEOUT).await?.whole(call.limit).await };
        let late = |_| Fault::new(FaultKind::Unreachable, "no whole answer in time");
        timeout(COMMAND_TIMEOUT, exchange).await.map_err(late)?
    }
}

async fn sign_request(
    bucket: &Bucket,
    key: &str,
    command: Command<'_>,
) -> Result<Request<PacedBody>, BoxError> {
    let method = match command.http_verb() {
        HttpMethod::Delete => http::Method::DELETE,
        HttpMethod::Get => http::Method::GET,
        HttpMethod::Put => http::Method::PUT,
        HttpMethod::Post => http::Method::POST,
        HttpMethod::Head => http::Method::HEAD,
    };
    let signed = ReqwestRequest::new(bucket, key, command).await?;
    let uri: Uri = signed.url()?.as_str().parse()?;
    let mut request = Request::new(PacedBody::new(vec![Bytes::from(signed.request_body()?)]));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = signed.headers().await?;
    request.headers_mut().insert(http::header::USER_AGENT, AGENT);
    Ok(request)
}

fn signing_keys(keys: &Credentials) -> Result<s3::creds::Credentials, SetupError> {
    let (id, secret) = (keys.id.as_str(), keys.secret.expose());
    s3::creds::Credentials::new(Some(id), Some(secret), None, None, None)
        .map_err(|error| SetupError::Signer(Box::new(error)))
}

fn unsigned(error: &(dyn std::error::Error + Send + Sync)) -> Fault {
    let cause = escape_server_text(&error.to_string(), 200);
    Fault::new(FaultKind::Refused, format!("the request could not be signed: {cause}"))
}
