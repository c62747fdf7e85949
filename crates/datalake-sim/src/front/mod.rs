//! The layer in front of S3: faults, throttling, and the checks and answers
//! that are Hetzner's rather than S3's.

mod answers;
mod bodies;
mod checks;
mod connection_end;
mod throttle;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::Body as _;
use hyper::body::Incoming;
use s3s::Body;
use s3s::service::S3Service;

use self::answers::Answers;
use self::bodies::CountedBody;
pub(crate) use self::connection_end::ConnectionEnd;
use self::throttle::Throttle;
use crate::address;
use crate::errors::make_coded_error;
use crate::faults::{Effect, FaultPlan, FaultTarget, Faults};
use crate::journal::{JournalCounts, RequestJournal, RequestSeen};
use crate::query;
use crate::quirks::Quirk;
use crate::sim::Sim;

/// The parameter that asks for a later page.
const TOKEN: &str = "continuation-token";

/// What faults ask the backend to do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Injected {
    effects: Vec<Effect>,
    /// Store what is not the content that was signed: a service that changes bytes does not look.
    pub(crate) careless: bool,
}

impl Injected {
    /// Whether a write is acknowledged and not stored.
    pub(crate) fn loses(&self) -> bool {
        self.effects.contains(&Effect::Lose)
    }

    /// Whether a bit changes on the disk.
    pub(crate) fn flips(&self) -> bool {
        self.effects.contains(&Effect::FlipBit)
    }

    /// Whether another byte is stored than came.
    pub(crate) fn alters(&self) -> bool {
        self.effects.contains(&Effect::WrongByte)
    }
}

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection was dropped on purpose")]
pub(crate) struct Dropped;

/// See the module.
#[derive(Debug)]
pub(crate) struct Front {
    sim: Arc<Sim>,
    service: S3Service,
    faults: Mutex<Arc<Faults>>,
    throttle: Throttle,
    requests: AtomicU64,
    struck: AtomicU64,
    /// Bytes of bodies that came.
    received: Arc<AtomicU64>,
    pub(crate) journal: RequestJournal,
}

impl Front {
    pub(crate) fn new(sim: Arc<Sim>, service: S3Service, plan: FaultPlan) -> Self {
        Self {
            throttle: Throttle::new(sim.quirks.requests_per_second),
            sim,
            service,
            faults: Mutex::new(Arc::new(Faults::new(plan))),
            requests: AtomicU64::new(0),
            struck: AtomicU64::new(0),
            received: Arc::default(),
            journal: RequestJournal::default(),
        }
    }

    pub(crate) fn set_faults(&self, plan: FaultPlan) {
        let faults = Arc::new(Faults::new(plan));
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    pub(crate) fn counts(&self) -> JournalCounts {
        JournalCounts {
            requests: self.requests.load(Ordering::Relaxed),
            struck: self.struck.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
        }
    }

    /// Answers one request, or ends its connection.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        line: &ConnectionEnd,
    ) -> Result<Response<Body>, Dropped> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let seen = describe_request(&request);
        let request = request.map(|body| CountedBody::new(body, Arc::clone(&self.received)));
        let effects = self.effects(number, &request);
        if !effects.is_empty() {
            self.struck.fetch_add(1, Ordering::Relaxed);
        }
        let answers = Answers::new(&self.sim, number, &request);
        let has_body = !request.body().is_end_stream();
        let mut answer = self.answer_with(request, &effects, &answers).await;
        if has_body && let Ok(answer) = &mut answer {
            close_after_refusal(answer);
        }
        let silent = answer.is_err() || effects.contains(&Effect::Timeout);
        let reset = effects.contains(&Effect::ResetAfter) || effects.contains(&Effect::Reset);
        let status = answer.as_ref().ok().filter(|_| !silent && !reset);
        self.journal.note(RequestSeen { status: status.map(|a| a.status().as_u16()), ..seen });
        if reset {
            line.reset();
            return Err(Dropped);
        }
        if effects.contains(&Effect::Timeout) {
            std::future::pending::<()>().await;
        }
        answer
    }

    fn faults(&self) -> Arc<Faults> {
        Arc::clone(&self.faults.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn effects(&self, number: u64, request: &Request<CountedBody>) -> Vec<Effect> {
        let query = request.uri().query().unwrap_or_default();
        self.faults().strike(&FaultTarget {
            number,
            method: request.method(),
            part: query::find_value(query, "partNumber").and_then(|part| part.parse().ok()),
            reads: request.method() == Method::GET
                && !address::find_address(request).key.is_empty()
                && !["uploadId", "acl", "tagging", "retention", "legal-hold"]
                    .iter()
                    .any(|name| query::has_parameter(query, name)),
            completes: request.method() == Method::POST && query::has_parameter(query, "uploadId"),
            continues: query::has_parameter(query, TOKEN),
        })
    }

    async fn answer_with(
        &self,
        request: Request<CountedBody>,
        effects: &[Effect],
        answers: &Answers,
    ) -> Result<Response<Body>, Dropped> {
        let uploads = request.method() == Method::PUT;
        let query = request.uri().query().unwrap_or_default();
        let token = query::find_value(query, TOKEN).unwrap_or_default();
        for effect in effects {
            match effect {
                Effect::Delay(time) => tokio::time::sleep(*time).await,
                Effect::Reset => return Err(Dropped),
                Effect::Archived => {
                    let archived = make_coded_error(StatusCode::FORBIDDEN, "InvalidObjectState");
                    return Ok(answers.of_error(archived).await);
                }
                Effect::Status(status) => {
                    let status = StatusCode::from_u16(*status).map_err(|_| Dropped)?;
                    return Ok(answers.of_status(status));
                }
                Effect::CutBody(bytes) if uploads => {
                    bodies::swallow_body(request.into_body(), *bytes).await;
                    return Err(Dropped);
                }
                _ => (),
            }
        }
        let mut answer = if self.throttle.is_over() {
            answers.of_status(StatusCode::TOO_MANY_REQUESTS)
        } else {
            self.serve(request, effects, answers).await?
        };
        for effect in effects {
            answer = match effect {
                Effect::CutBody(bytes) => answer.map(|body| bodies::cut_body(body, *bytes)),
                Effect::WrongByte if !uploads && answer.status().is_success() => {
                    answer.map(bodies::alter_body)
                }
                Effect::WrongEtag => answers::with_wrong_etag(answer).await,
                Effect::LoopToken => answers::with_token(answer, &token).await,
                _ => answer,
            };
        }
        Ok(answer)
    }

    async fn serve(
        &self,
        request: Request<CountedBody>,
        effects: &[Effect],
        answers: &Answers,
    ) -> Result<Response<Body>, Dropped> {
        if let Err(error) = checks::check_signature(&self.sim, &request) {
            return Ok(answers.of_error(error).await);
        }
        let mut request = match checks::check_body(request).await {
            Ok(request) => request,
            Err(error) => return Ok(answers.of_error(error).await),
        };
        request.extensions_mut().insert(Injected {
            effects: effects.to_vec(),
            careless: self.sim.has(Quirk::TakesWrongHashes) || self.faults().changes_writes(),
        });
        let answer = self.service.call(request).await.map_err(|_| Dropped)?;
        Ok(answers.dress(answer).await)
    }
}

/// Says that the connection ends after a refusal, as it does where the request's body was left
/// unread: a client that is not told sends its next request into a connection about to close.
fn close_after_refusal(answer: &mut Response<Body>) {
    let status = answer.status();
    if status.is_client_error() || status.is_server_error() {
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}

fn describe_request(request: &Request<Incoming>) -> RequestSeen {
    let signed = request.headers().get("x-amz-date").and_then(|value| value.to_str().ok());
    RequestSeen {
        signed: signed.unwrap_or_default().to_owned(),
        method: request.method().to_string(),
        host: address::read_host(request).to_owned(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        status: None,
        headers: request.headers().keys().map(|name| name.as_str().to_owned()).collect(),
    }
}
