//! One way to the service for all requests: one pool of connections, one signer.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{Endpoint, Region};
use datalake_core::secret::Credentials;
use datalake_core::transfer::Bandwidth;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, USER_AGENT};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::answer::{Answer, clock_ahead};
use crate::call::Call;
use crate::connect::Connector;
use crate::pace::DirectionPace;
use crate::receiving::Receiving;
use crate::request_log::LoggedRequest;
use crate::sending::PacedBody;
use crate::setup_error::SetupError;
use crate::signer::{SignedSubject, Signer, format_stamp};
use crate::transport::{judge_client_error, stalled};
use crate::waiting::SilenceClock;

/// Signs requests and sends them.
pub(crate) struct Road {
    client: Client<Connector, PacedBody>,
    connector: Connector,
    pub(crate) signer: Signer,
    scheme: Scheme,
    authority: Authority,
    host: HeaderValue,
    room: Arc<Semaphore>,
    /// How fast contents go out, where that is limited.
    up: Option<Arc<DirectionPace>>,
    /// The same of those that come in.
    pub(crate) down: Option<Arc<DirectionPace>>,
    /// What is waited for.
    pub(crate) waiting: SilenceClock,
    /// How long a connection may stand still.
    pub(crate) stall: Duration,
    /// How long an answer may take that is no content.
    pub(crate) whole: Duration,
}

/// An answer whose body has not been read.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    clock_ahead: Option<i64>,
    pub(crate) body: Receiving,
    /// When an answer that is no content has to be whole.
    ends: Instant,
    whole: Duration,
}

/// The longest part of an error's body that is looked at.
const ERROR_LIMIT: usize = 64 * 1024;

/// How long a connection may stand still if nobody says otherwise.
const STALL: Duration = Duration::from_secs(30);
/// So many times as long may pass while the service copies or joins: ten minutes.
const LONG: u32 = 20;

/// When an answer that is no content has to be whole: a service that sends a byte a second never stands
/// still.
const WHOLE: Duration = Duration::from_mins(1);

/// How long a connection waits for its next request.
const IDLE: Duration = Duration::from_secs(50);

/// How much is read from a connection at once: what many connections hold adds up, and more at once
/// makes nothing faster.
const BUFFER: usize = 128 * 1024;

/// The same where contents have a pace.
const SMALL_BUFFER: usize = 16 * 1024;

/// How often progress is looked for.
const LOOK: Duration = Duration::from_secs(1);

pub(crate) const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("datalake/", env!("CARGO_PKG_VERSION")));

impl Road {
    /// Prepares for one service; nothing is sent yet.
    pub(crate) fn new(
        endpoint: &Endpoint,
        region: &Region,
        keys: &Credentials,
        extra: &[CertificateDer<'static>],
    ) -> Result<Self, SetupError> {
        let uri: Uri = endpoint.to_string().parse().map_err(SetupError::Address)?;
        let scheme = uri.scheme().cloned().unwrap_or(Scheme::HTTPS);
        let default = if scheme == Scheme::HTTPS { 443 } else { 80 };
        let authority = match uri.port_u16() {
            Some(port) if port != default => format!("{}:{port}", endpoint.host()),
            _ => endpoint.host().to_owned(),
        };
        let authority: Authority = authority.parse().map_err(SetupError::Address)?;
        let host = HeaderValue::from_str(authority.as_str())
            .map_err(|error| SetupError::Signer(error.into()))?;
        let connector = Connector::new(endpoint, extra)?;
        let room = connector.room();
        Ok(Self {
            client: build_client(&connector, BUFFER),
            connector,
            signer: Signer::new(keys, region),
            scheme,
            authority,
            host,
            room,
            up: None,
            down: None,
            waiting: SilenceClock::default(),
            stall: STALL,
            whole: WHOLE,
        })
    }

    /// Limits how fast contents go out and come in; for a road that has not been used yet.
    pub(crate) fn set_bandwidth(&mut self, bandwidth: &Bandwidth, utc_offset: i32) {
        self.up = Some(DirectionPace::new(bandwidth.clone(), utc_offset));
        self.down = Some(DirectionPace::new(bandwidth.clone(), utc_offset));
        // What is read or held at once goes in one burst.
        self.client = build_client(&self.connector, SMALL_BUFFER);
    }

    /// Changes the most connections at one time; for a road that has not been used yet.
    pub(crate) fn set_connections(&self, count: usize) {
        let now = self.room.available_permits();
        self.room.forget_permits(now.saturating_sub(count));
        self.room.add_permits(count.saturating_sub(now));
    }

    /// The address of the service, such as `https://fsn1.your-objectstorage.com`.
    pub(crate) fn base(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    /// The value of the `Host` header.
    pub(crate) fn host(&self) -> &str {
        self.authority.as_str()
    }

    /// Signs and sends a call; the answer's body is still to come.
    pub(crate) async fn send(&self, call: Call<'_>) -> Result<Reply, Fault> {
        let times = if call.is_long { LONG } else { 1 };
        let (patience, whole) = (self.stall * times, self.whole * times);
        let request = self.signed(call)?;
        self.go_within(request, patience, whole).await
    }

    /// Signs and sends a call and reads a whole success of up to `limit` bytes.
    pub(crate) async fn ask(&self, call: Call<'_>, limit: usize) -> Result<Answer, Fault> {
        self.send(call).await?.whole(limit).await
    }

    /// Sends what is signed already.
    pub(crate) async fn go(
        &self,
        request: Request<PacedBody>,
        patience: Duration,
    ) -> Result<Reply, Fault> {
        self.go_within(request, patience, self.whole).await
    }

    async fn go_within(
        &self,
        request: Request<PacedBody>,
        patience: Duration,
        whole: Duration,
    ) -> Result<Reply, Fault> {
        let (logged, began) = (LoggedRequest::begin_log(&request), Instant::now());
        let reply = self.go_unlogged(request, patience, whole).await;
        match (&logged, &reply) {
            (None, _) => (),
            (Some(logged), Ok(Reply { status, headers, .. })) => {
                logged.note_answer(*status, headers, began.elapsed());
            }
            (Some(logged), Err(fault)) => logged.note_failure(fault, began.elapsed()),
        }
        reply
    }

    async fn go_unlogged(
        &self,
        request: Request<PacedBody>,
        patience: Duration,
        whole: Duration,
    ) -> Result<Reply, Fault> {
        let progress = request.body().progress();
        let whole = whole.max(patience);
        let mut ends = Instant::now() + whole;
        let open = self.waiting.begin();
        let mut response = self.client.request(request);
        let (mut seen, mut moved) = (0, Instant::now());
        let response = loop {
            match tokio::time::timeout(patience.min(LOOK), &mut response).await {
                Ok(Ok(response)) => break response,
                Ok(Err(error)) => {
                    open.note_failure();
                    return Err(judge_client_error(&error));
                }
                Err(_) if progress.bytes() > seen => {
                    (seen, moved) = (progress.bytes(), Instant::now());
                    ends = moved + whole;
                    open.note_move();
                }
                Err(_) if moved.elapsed() >= patience => {
                    open.note_failure();
                    return Err(stalled(patience));
                }
                Err(_) => (),
            }
        };
        open.note_move();
        drop(open);
        let (parts, body) = response.into_parts();
        Ok(Reply {
            status: parts.status,
            clock_ahead: clock_ahead(&parts.headers, SystemTime::now()),
            headers: parts.headers,
            body: Receiving::new(body, patience),
            ends,
            whole,
        })
    }

    fn signed(&self, call: Call<'_>) -> Result<Request<PacedBody>, Fault> {
        let now = OffsetDateTime::now_utc();
        let (path, query) = (call.path(), call.query());
        let pace = self.up.as_ref().filter(|_| call.sends_content());
        let (hash, chunks) = call.body();
        let mut headers = call.headers;
        let date = format_stamp(now);
        // Digits and letters only, so these are header values.
        for (name, text) in [("x-amz-date", &date), ("x-amz-content-sha256", &hash)] {
            headers.insert(name, HeaderValue::from_str(text).map_err(|_| unsigned())?);
        }
        headers.insert(HOST, self.host.clone());
        let authorization = {
            let mut lines = Vec::with_capacity(headers.len());
            for (name, value) in &headers {
                lines.push((name.as_str(), value.to_str().map_err(|_| unsigned())?));
            }
            lines.sort_unstable();
            let subject = SignedSubject {
                method: call.method.as_str(),
                path: &path,
                query: &query,
                headers: &lines,
                payload: &hash,
            };
            self.signer.authorization(&subject, now).map_err(|_| unsigned())?
        };
        let value = HeaderValue::from_str(&authorization).map_err(|_| unsigned())?;
        headers.insert(AUTHORIZATION, value);
        headers.insert(USER_AGENT, AGENT);
        let body = PacedBody::paced(chunks, pace);
        if matches!(call.method, Method::PUT | Method::POST) {
            let length = http_body::Body::size_hint(&body).lower();
            headers.insert(CONTENT_LENGTH, length.into());
        }
        let mut request = Request::new(body);
        *request.method_mut() = call.method;
        *request.uri_mut() = self.uri(path, &query)?;
        *request.headers_mut() = headers;
        Ok(request)
    }

    fn uri(&self, mut path: String, query: &str) -> Result<Uri, Fault> {
        if !query.is_empty() {
            path.push('?');
            path.push_str(query);
        }
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(PathAndQuery::try_from(path).map_err(|_| unsigned())?);
        Uri::from_parts(parts).map_err(|_| unsigned())
    }
}

impl Reply {
    /// Reads a success up to `limit` bytes, or the beginning of an error, before its time is over.
    pub(crate) async fn whole(self, limit: usize) -> Result<Answer, Fault> {
        let (ends, seconds) = (self.ends, self.whole.as_secs_f32());
        let late = |_| {
            let detail = format!("the answer was not whole after {seconds} s");
            Fault::new(FaultKind::Unreachable, detail)
        };
        timeout_at(ends, self.read_whole(limit)).await.map_err(late)?
    }

    async fn read_whole(mut self, limit: usize) -> Result<Answer, Fault> {
        let body = if self.status.is_success() {
            let too_long = || {
                let detail = format!("the answer is longer than {limit} bytes");
                Fault::new(FaultKind::Unreadable, detail)
            };
            self.body.collect(limit).await?.ok_or_else(too_long)?
        } else {
            self.body.beginning(ERROR_LIMIT).await?
        };
        let Self { status, headers, clock_ahead, .. } = self;
        Ok(Answer { status, headers, body, clock_ahead })
    }
}

/// A client that reads and holds up to so many bytes of a connection at once.
fn build_client(connector: &Connector, buffer: usize) -> Client<Connector, PacedBody> {
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE)
        .pool_timer(TokioTimer::new())
        .http1_max_buf_size(buffer)
        .build(connector.clone())
}

fn unsigned() -> Fault {
    Fault::new(FaultKind::Refused, "the request cannot be written as HTTP")
}
