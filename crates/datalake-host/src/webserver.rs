//! Dagster's webserver, asked over HTTP.

use std::time::Duration;

use datalake_core::{Fault, FaultKind};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

/// What a whole answer may take, however it comes: a moment where Dagster has to load code.
const LIMIT: Duration = Duration::from_secs(20);
/// The longest answer that is read.
const LARGEST: usize = 64 << 20;

/// A webserver of Dagster.
pub struct DagsterWeb {
    client: Client,
    address: String,
}

impl DagsterWeb {
    /// The webserver at an address such as `http://127.0.0.1:3000`; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where no client can be set up.
    pub fn new(address: &str) -> Result<Self, Fault> {
        Self::within(address, LIMIT)
    }

    fn within(address: &str, limit: Duration) -> Result<Self, Fault> {
        // A webserver of this machine is asked straight, and no answer leads elsewhere.
        let client = Client::builder().no_proxy().timeout(limit).redirect(Policy::none()).build();
        let client = client.map_err(|error| Fault::new(FaultKind::Io, error.to_string()))?;
        Ok(Self { client, address: address.trim_end_matches('/').to_owned() })
    }

    /// The answer to a GraphQL query, as it came.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where nobody answers, or not with success.
    pub async fn ask(&self, query: &str) -> Result<Vec<u8>, Fault> {
        let body = serde_json::json!({ "query": query }).to_string();
        let request = self.client.post(format!("{}/graphql", self.address));
        let sent = request.header(CONTENT_TYPE, "application/json").body(body).send().await;
        let answer = sent.map_err(|error| unreachable(&error))?;
        if !answer.status().is_success() {
            let detail = format!("it answers {}", answer.status().as_u16());
            return Err(Fault::new(FaultKind::Unreadable, detail));
        }
        whole(answer).await
    }
}

async fn whole(mut answer: Response) -> Result<Vec<u8>, Fault> {
    let mut content = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| unreachable(&error))? {
        content.extend_from_slice(&chunk);
        if content.len() > LARGEST {
            return Err(Fault::new(FaultKind::Unreadable, "its answer is too long"));
        }
    }
    Ok(content)
}

fn unreachable(error: &reqwest::Error) -> Fault {
    let mut detail = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        detail = error.to_string();
        source = error.source();
    }
    Fault::new(FaultKind::Unreachable, detail)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn an_answer_that_comes_a_byte_at_a_time_ends_too() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 8192]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n").await;
            let mut drops = tokio::time::interval(Duration::from_millis(5));
            while stream.write_all(b" ").await.is_ok() {
                drops.tick().await;
            }
        });

        let web = DagsterWeb::within(&address, Duration::from_millis(200)).unwrap();

        assert_eq!(web.ask("{}").await.unwrap_err().kind, FaultKind::Unreachable);
    }
}
