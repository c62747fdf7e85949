//! Dagster's webserver, asked over HTTP.

use std::time::Duration;

use datalake_core::{Fault, FaultKind};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

/// An answer takes a moment where Dagster has to load code.
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
        // A webserver of this machine is asked straight, and no answer leads elsewhere.
        let client = Client::builder().no_proxy().timeout(LIMIT).redirect(Policy::none()).build();
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
