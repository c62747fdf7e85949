//! The layer in front of S3: faults, throttling, and the checks and answers
//! that are Hetzner's rather than S3's.

mod answers;
mod bodies;
mod checks;
mod throttle;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::Body as _;
use hyper::body::Incoming;
use s3s::Body;
use s3s::service::S3Service;

use self::answers::Answers;
use self::bodies::Counted;
use self::throttle::Throttle;
use crate::connection::Line;
use crate::faults::{Effect, FaultPlan, Faults, Target};
use crate::journal::{Counts, Journal, RequestSeen};
use crate::query;
use crate::sim::Sim;

/// The parameter that asks for a later page.
const TOKEN: &str = "continuation-token";

/// What a fault asks the backend to do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Injected {
    /// Acknowledge and do not store.
    pub(crate) lose: bool,
    /// Change a bit on the disk.
    pub(crate) flip: bool,
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
    pub(crate) journal: Journal,
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
            journal: Journal::default(),
        }
    }

    pub(crate) fn set_faults(&self, plan: FaultPlan) {
        let faults = Arc::new(Faults::new(plan));
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            requests: self.requests.load(Ordering::Relaxed),
            struck: self.struck.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
        }
    }

    /// Answers one request, or ends its connection.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        line: &Line,
    ) -> Result<Response<Body>, Dropped> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let seen = seen(&request);
        let request = request.map(|body| Counted::new(body, Arc::clone(&self.received)));
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

    fn effects(&self, number: u64, request: &Request<Counted>) -> Vec<Effect> {
        let faults = Arc::clone(&self.faults.lock().unwrap_or_else(PoisonError::into_inner));
        let query = request.uri().query().unwrap_or_default();
        faults.strike(&Target {
            number,
            method: request.method(),
            part: query::value(query, "partNumber").and_then(|part| part.parse().ok()),
            completes: request.method() == Method::POST && query::has(query, "uploadId"),
            continues: query::has(query, TOKEN),
        })
    }

    async fn answer_with(
        &self,
        request: Request<Counted>,
        effects: &[Effect],
        answers: &Answers,
    ) -> Result<Response<Body>, Dropped> {
        let uploads = request.method() == Method::PUT;
        let query = request.uri().query().unwrap_or_default();
        let token = query::value(query, TOKEN).unwrap_or_default();
        for effect in effects {
            match effect {
                Effect::Delay(time) => tokio::time::sleep(*time).await,
                Effect::Reset => return Err(Dropped),
                Effect::Status(status) => {
                    let status = StatusCode::from_u16(*status).map_err(|_| Dropped)?;
                    return Ok(answers.of_status(status));
                }
                Effect::CutBody(bytes) if uploads => {
                    bodies::swallow(request.into_body(), *bytes).await;
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
                Effect::CutBody(bytes) => answer.map(|body| bodies::cut(body, *bytes)),
                Effect::WrongEtag => answers::with_wrong_etag(answer).await,
                Effect::LoopToken => answers::with_token(answer, &token).await,
                _ => answer,
            };
        }
        Ok(answer)
    }

    async fn serve(
        &self,
        request: Request<Counted>,
        effects: &[Effect],
        answers: &Answers,
    ) -> Result<Response<Body>, Dropped> {
        if let Err(error) = checks::signature(&self.sim, &request) {
            return Ok(answers.of_error(error).await);
        }
        let mut request = match checks::body(request).await {
            Ok(request) => request,
            Err(error) => return Ok(answers.of_error(error).await),
        };
        request.extensions_mut().insert(Injected {
            lose: effects.contains(&Effect::Lose),
            flip: effects.contains(&Effect::FlipBit),
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

fn seen(request: &Request<Incoming>) -> RequestSeen {
    RequestSeen {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        status: None,
        headers: request.headers().keys().map(|name| name.as_str().to_owned()).collect(),
    }
}
