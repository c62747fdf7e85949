//! Why there was no answer, in words that people understand.

use std::error::Error;
use std::io::ErrorKind;

use datalake_core::{Fault, FaultKind};

use crate::answer::printable;

/// Judges an error of the HTTP client: no connection, or an answer that broke off.
///
/// The URL stays out of it: its query may say more than a log should hold.
pub(crate) fn unreachable(error: &reqwest::Error) -> Fault {
    let chain = chain(error);
    let last = chain.last().map(|error| printable(&error.to_string(), 200)).unwrap_or_default();
    Fault::new(FaultKind::Unreachable, cause(error, &chain, &last))
}

fn cause(error: &reqwest::Error, chain: &[&(dyn Error + 'static)], last: &str) -> String {
    let texts: Vec<String> = chain.iter().map(ToString::to_string).collect();
    let says =
        |words: &[&str]| texts.iter().any(|text| words.iter().any(|word| text.contains(word)));
    if error.is_timeout() {
        let what = if error.is_connect() { "no connection" } else { "no whole answer" };
        return format!("{what} in time");
    }
    if says(&["dns error", "failed to lookup address"]) {
        return format!("its name has no address: {last}");
    }
    // The words of rustls, which this crate does not know by type.
    if says(&["certificate", "UnknownIssuer"]) {
        return format!("its TLS certificate is not trusted: {last}");
    }
    if says(&["corrupt message", "HandshakeFail", "received fatal alert", "tls handshake"]) {
        return format!("no TLS session, perhaps the port speaks plain http: {last}");
    }
    if let Some(text) = chain.iter().find_map(|error| connection_fault(*error)) {
        return text.to_owned();
    }
    if error.is_connect() {
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
        ErrorKind::PermissionDenied => Some("this host does not permit the connection"),
        _ => None,
    }
}

/// All errors below the outermost, whose own text holds the URL.
fn chain(error: &reqwest::Error) -> Vec<&(dyn Error + 'static)> {
    let mut chain = Vec::new();
    let mut next = error.source();
    while let Some(error) = next {
        chain.push(error);
        next = error.source();
    }
    chain
}
