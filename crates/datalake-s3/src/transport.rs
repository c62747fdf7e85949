//! Why there was no answer, in words that people understand.

use std::error::Error;
use std::io::ErrorKind;
use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use hyper_util::client::legacy;

use crate::answer::escape_server_text;
use crate::connect::TooSlow;

/// Judges an error of the HTTP client: no connection, or no answer.
pub(crate) fn judge_client_error(error: &legacy::Error) -> Fault {
    judge_error_chain(error, error.is_connect())
}

/// Judges the end of a body that came too early.
pub(crate) fn broken_off(error: &hyper::Error) -> Fault {
    judge_error_chain(error, false)
}

/// Judges why a connection has not come about.
pub(crate) fn not_connected(error: &(dyn Error + Send + Sync + 'static)) -> Fault {
    judge_error_chain(error, true)
}

/// The same of an error of the operating system alone.
pub(crate) fn connection_failed(error: &std::io::Error) -> Fault {
    judge_error_chain(error, true)
}

/// A connection on which nothing has moved for so long.
pub(crate) fn stalled(stall: Duration) -> Fault {
    let seconds = stall.as_secs_f32();
    Fault::new(FaultKind::Unreachable, format!("nothing came or went for {seconds} s"))
}

fn judge_error_chain(error: &(dyn Error + 'static), connecting: bool) -> Fault {
    let chain = list_causes(error);
    let last =
        chain.last().map(|error| escape_server_text(&error.to_string(), 200)).unwrap_or_default();
    Fault::new(FaultKind::Unreachable, describe_cause(&chain, connecting, &last))
}

fn describe_cause(chain: &[&(dyn Error + 'static)], connecting: bool, last: &str) -> String {
    let texts: Vec<String> = chain.iter().map(ToString::to_string).collect();
    let says =
        |words: &[&str]| texts.iter().any(|text| words.iter().any(|word| text.contains(word)));
    if chain.iter().any(|error| error.is::<TooSlow>()) {
        return "no connection in time".to_owned();
    }
    if says(&["dns error", "failed to lookup address"]) {
        return format!("its name has no address: {last}");
    }
    // The words of rustls, which wraps its errors in those of the operating system.
    if says(&["certificate", "UnknownIssuer"]) {
        return format!("its TLS certificate is not trusted: {last}");
    }
    if says(&["corrupt message", "HandshakeFail", "received fatal alert", "tls handshake"]) {
        return format!("no TLS session, perhaps the port speaks plain http: {last}");
    }
    if let Some(text) = chain.iter().find_map(|error| connection_fault(*error)) {
        return text.to_owned();
    }
    if connecting {
        return format!("no connection: {last}");
    }
    format!("the answer broke off: {last}")
}

fn connection_fault(error: &(dyn Error + 'static)) -> Option<&'static str> {
    match error.downcast_ref::<std::io::Error>()?.kind() {
        ErrorKind::ConnectionRefused => Some("connection refused: nothing listens there"),
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => {
            Some("no way through the network")
        }
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            Some("the connection broke off")
        }
        ErrorKind::TimedOut => Some("no connection in time"),
        ErrorKind::PermissionDenied => Some("this host does not permit the connection"),
        _ => None,
    }
}

fn list_causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut chain = vec![error];
    let mut next = error.source();
    while let Some(error) = next {
        chain.push(error);
        next = error.source();
    }
    chain
}
