//! The null service: speaks S3 and costs as little as it can.
//!
//! It believes every signature, hashes nothing and keeps no content. It runs on one thread, so that
//! the client has the other processors for itself.

mod answers;
mod body;
mod limits;
mod listing;
mod query;
mod store;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

pub(crate) use self::limits::{ServedCounts, ServerLimits};
pub(crate) use self::store::{BenchObject, Store};

use self::answers::{ReadRequest, answer_request, slow_down};
use self::body::Body;
use self::limits::RequestGate;
use crate::Failed;

/// A service that runs in a thread of its own until the program ends.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shared: Arc<ServerShared>,
}

struct ServerShared {
    store: Mutex<Store>,
    gate: Mutex<RequestGate>,
}

impl Server {
    /// Starts a service on a free port of this machine.
    pub(crate) fn start(limits: ServerLimits) -> Result<Self, Failed> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(ServerShared {
            store: Mutex::default(),
            gate: Mutex::new(RequestGate::new(limits)),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || runtime.block_on(accept_connections(listener, serving)));
        Ok(Self { address, shared })
    }

    /// Looks at what is stored, or changes it.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        hold_mutex(&self.shared.store)
    }

    /// What was asked since the last time.
    pub(crate) fn take_counts(&self) -> ServedCounts {
        std::mem::take(&mut hold_mutex(&self.shared.gate).counts)
    }
}

/// Seconds since 1970.
pub(crate) fn read_clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default()
}

async fn accept_connections(listener: TcpListener, shared: Arc<ServerShared>) {
    loop {
        // A connection that broke before it was taken is no reason to stop.
        let Ok((stream, _)) = listener.accept().await else { continue };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            hold_mutex(&shared.gate).open += 1;
            serve_connection(stream, &shared).await;
            hold_mutex(&shared.gate).open -= 1;
        });
    }
}

async fn serve_connection(stream: TcpStream, shared: &Arc<ServerShared>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| handle_request(request, Arc::clone(shared)));
    let mut http = hyper::server::conn::http1::Builder::new();
    http.max_buf_size(256 << 10);
    // Clients hang up as they like.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

async fn handle_request(
    request: Request<Incoming>,
    shared: Arc<ServerShared>,
) -> Result<Response<Body>, Infallible> {
    let (parts, mut body) = request.into_parts();
    let mut length = 0;
    while let Some(Ok(frame)) = body.frame().await {
        length += frame.data_ref().map_or(0, |data| data.len() as u64);
    }
    let asked = ReadRequest { parts, length };
    let (admitted, latency) = {
        let mut gate = hold_mutex(&shared.gate);
        (gate.admits(asked.writes(), Instant::now()), gate.limits.latency)
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    if !admitted {
        return Ok(slow_down());
    }
    Ok(answer_request(&asked, &mut hold_mutex(&shared.store)))
}

fn hold_mutex<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
