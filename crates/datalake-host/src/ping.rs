//! Addresses that are told of runs, over HTTP.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::HostPath;
use datalake_core::secret::FilledBody;
use datalake_engine::Pings;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;

use crate::secret_file::{SecretFileFault, read_secret_file};
use crate::webserver::{build_client, fault_of_connection};

/// What an answer may take.
const LIMIT: Duration = Duration::from_secs(10);

/// What its body may take, and how many bytes of it matter.
const LISTENING: Duration = Duration::from_secs(2);
const LONGEST: usize = 256;

/// Tells addresses over HTTP: each once, and no answer leads elsewhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct HttpPings;

#[async_trait]
impl Pings for HttpPings {
    fn read_addresses(&self, file: &HostPath) -> Result<FilledBody, Fault> {
        read_secret_file(Path::new(file.as_str())).map_err(|fault| match fault {
            SecretFileFault::Unreadable(fault) => fault,
            fault => Fault::new(FaultKind::Denied, fault.to_string()),
        })
    }

    async fn send_text(&self, address: &FilledBody, text: &str) -> Result<(), Fault> {
        let late = |_| Fault::new(FaultKind::Unreachable, "operation timed out");
        tokio::time::timeout(LIMIT, send_ping(address, text)).await.map_err(late)?
    }
}

/// No fault repeats the address: it is a secret.
async fn send_ping(address: &FilledBody, text: &str) -> Result<(), Fault> {
    let unfit = || Fault::new(FaultKind::Unreadable, "it is not an address");
    let address = std::str::from_utf8(address.expose()).map_err(|_| unfit())?;
    let uri: Uri = address.parse().map_err(|_| unfit())?;
    let host = uri.host().ok_or_else(unfit)?;
    let is_local = matches!(host, "127.0.0.1" | "[::1]" | "localhost");
    if uri.scheme_str() != Some("https") && !is_local {
        let detail = "only https is told, except for this machine itself";
        return Err(Fault::new(FaultKind::Unsupported, detail));
    }
    let request = Request::builder().method(Method::POST).header(CONTENT_TYPE, "text/plain");
    let request = request.uri(&uri).body(Full::new(Bytes::from(text.to_owned())));
    let client = build_client(address)?;
    let answer = client.request(request.map_err(|_| unfit())?).await;
    let answer = answer.map_err(|error| fault_of_connection(&error))?;
    if !answer.status().is_success() {
        let detail = format!("{host} answers {}", answer.status().as_u16());
        return Err(Fault::new(FaultKind::Refused, detail));
    }
    match read_words(answer.into_body()).await.trim() {
        "OK (not found)" => {
            let detail = format!("{host} does not know this address");
            Err(Fault::new(FaultKind::Refused, detail))
        }
        "OK (rate limited)" => {
            let detail = format!("{host} takes no more for now");
            Err(Fault::new(FaultKind::Refused, detail))
        }
        _ => Ok(()),
    }
}

/// What an answer says, if that is short and comes at once. healthchecks.io answers 200 whatever becomes of
/// an address with a UUID (github.com/bdd/runitor, issue 66), and says in words that it has no such check.
async fn read_words(body: Incoming) -> String {
    let read = Limited::new(body, LONGEST).collect();
    match tokio::time::timeout(LISTENING, read).await {
        Ok(Ok(words)) => String::from_utf8_lossy(&words.to_bytes()).into_owned(),
        Ok(Err(_)) | Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// What comes of a ping that is answered so, and what was asked.
    async fn answer_ping(status: &'static str) -> (Result<(), Fault>, String) {
        answer_with(status, "").await
    }

    async fn answer_with(status: &'static str, body: &'static str) -> (Result<(), Fault>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/s3cret-uuid/fail", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 8192];
            let length = stream.read(&mut asked).await.unwrap();
            let length_of_body = body.len();
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length_of_body}");
            let text = format!("{head}\r\n\r\n{body}");
            stream.write_all(text.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&asked[..length]).into_owned()
        });
        let told = HttpPings.send_text(&FilledBody::new(address.into_bytes()), "exit 3").await;
        (told, served.await.unwrap())
    }

    #[tokio::test]
    async fn an_address_is_told() {
        let (told, asked) = answer_ping("200 OK").await;

        told.unwrap();
        assert!(asked.starts_with("POST /s3cret-uuid/fail HTTP/1.1\r\n"), "{asked}");
    }

    #[tokio::test]
    async fn a_refusal_does_not_repeat_the_address() {
        let (told, _) = answer_ping("404 Not Found").await;

        let fault = told.unwrap_err();
        assert_eq!(fault.detail, "127.0.0.1 answers 404");
    }

    #[tokio::test]
    async fn a_service_that_does_not_know_the_address_was_not_told() {
        for (said, detail) in [
            ("OK", None),
            ("", None),
            ("OK (not found)\n", Some("127.0.0.1 does not know this address")),
            ("OK (rate limited)", Some("127.0.0.1 takes no more for now")),
        ] {
            let (told, _) = answer_with("200 OK", said).await;

            assert_eq!(told.err().map(|fault| fault.detail).as_deref(), detail, "{said}");
        }
    }

    #[tokio::test]
    async fn what_is_no_address_is_told_without_it() {
        for text in ["s3cret", "ftp://s3cret.example", "http://s3cret.example/x", "https://"] {
            let told = HttpPings.send_text(&FilledBody::new(text.as_bytes().to_vec()), "").await;

            let fault = told.unwrap_err();
            assert!(!fault.to_string().contains("s3cret"), "{fault}");
        }
    }
}
