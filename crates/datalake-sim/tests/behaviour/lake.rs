//! A simulator with a bucket, and signed requests to it.

use std::time::Duration;

use datalake_sim::{Config, Running, SimKey, start};
use hmac::{Hmac, Mac as _};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, Url};
use s3::Region;
use s3::signing;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::format_description;

/// A running simulator with the bucket `lake`.
pub(crate) struct Lake {
    pub(crate) sim: Running,
    pub(crate) dir: TempDir,
    pub(crate) http: Client,
}

impl Lake {
    pub(crate) async fn plain() -> Self {
        Self::with(|config| *config = Config::plain(config.dir.clone())).await
    }

    pub(crate) async fn hetzner() -> Self {
        Self::with(|_| ()).await
    }

    /// The Hetzner profile with changes; its bucket is there for good.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::hetzner(dir.path());
        change(&mut config);
        let sim = start(config).await.unwrap();
        let lake = Self { sim, dir, http: Client::builder().no_proxy().build().unwrap() };
        assert_eq!(lake.put("/lake").go().await.status, 200);
        lake.settle();
        lake
    }

    /// Waits out the delays of new buckets and policies.
    pub(crate) fn settle(&self) {
        self.sim.advance(Duration::from_mins(5)).unwrap();
    }

    pub(crate) fn advance_days(&self, days: u64) {
        self.sim.advance(Duration::from_hours(24 * days)).unwrap();
    }

    /// `path` is `/bucket/key?query`, percent-encoded.
    pub(crate) fn call(&self, method: Method, path: &str) -> Call<'_> {
        Call {
            lake: self,
            method,
            url: format!("{}{path}", self.sim.endpoint()).parse().unwrap(),
            headers: HeaderMap::new(),
            body: Vec::new(),
            key: Some(SimKey::sandbox()),
            region: "fsn1".to_owned(),
            hash: None,
            host: self.sim.addr().to_string(),
            sent: None,
        }
    }

    pub(crate) fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::GET, path)
    }

    pub(crate) fn head(&self, path: &str) -> Call<'_> {
        self.call(Method::HEAD, path)
    }

    pub(crate) fn put(&self, path: &str) -> Call<'_> {
        self.call(Method::PUT, path)
    }

    pub(crate) fn post(&self, path: &str) -> Call<'_> {
        self.call(Method::POST, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call<'_> {
        self.call(Method::DELETE, path)
    }

    /// Switches versioning of the bucket `lake`.
    pub(crate) async fn versioning(&self, status: &str) {
        let body =
            format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        assert_eq!(self.put("/lake?versioning").body(body).go().await.status, 200);
    }

    /// Puts an object and returns its version id.
    pub(crate) async fn put_version(&self, path: &str, body: &str) -> String {
        let answer = self.put(path).body(body).go().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.header("x-amz-version-id").unwrap_or_default().to_owned()
    }
}

/// A key of another project.
pub(crate) fn foreign_key() -> SimKey {
    SimKey {
        access_key_id: "FOREIGN0000000000001".to_owned(),
        secret_access_key: "foreignForeignForeignForeignForeign00001".to_owned(),
        project: 2_000_002,
    }
}

/// A request that is about to be signed and sent.
pub(crate) struct Call<'a> {
    lake: &'a Lake,
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Vec<u8>,
    key: Option<SimKey>,
    region: String,
    hash: Option<String>,
    host: String,
    /// The host that is sent, where it is another one than the signed one.
    sent: Option<String>,
}

impl Call<'_> {
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    pub(crate) fn key(mut self, key: SimKey) -> Self {
        self.key = Some(key);
        self
    }

    pub(crate) fn anonymous(mut self) -> Self {
        self.key = None;
        self
    }

    pub(crate) fn region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        self
    }

    /// Says another hash of the body than the right one.
    pub(crate) fn hash(mut self, hash: &str) -> Self {
        self.hash = Some(hash.to_owned());
        self
    }

    /// Sends another host than the one that is signed.
    pub(crate) fn sent_to(mut self, host: &str) -> Self {
        self.sent = Some(host.to_owned());
        self
    }

    /// Names another host than the address, which is signed as it is sent.
    pub(crate) fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    pub(crate) async fn go(self) -> Answer {
        self.try_go().await.unwrap()
    }

    pub(crate) async fn try_go(mut self) -> Result<Answer, reqwest::Error> {
        self.headers.insert("host", self.host.parse().unwrap());
        if let Some(key) = self.key.clone() {
            self.sign(&key);
        }
        if let Some(host) = &self.sent {
            self.headers.insert("host", host.parse().unwrap());
        }
        let request = self
            .lake
            .http
            .request(self.method, self.url)
            .headers(self.headers)
            .timeout(Duration::from_secs(20))
            .body(self.body);
        let response = request.send().await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        Ok(Answer { status, headers, body: response.bytes().await?.into() })
    }

    fn sign(&mut self, key: &SimKey) {
        let now = OffsetDateTime::now_utc();
        let format = format_description!("[year][month][day]T[hour][minute][second]Z");
        let region = Region::Custom { region: self.region.clone(), endpoint: String::new() };
        let hash = self.hash.clone().unwrap_or_else(|| digits(&Sha256::digest(&self.body)));
        for (name, value) in [
            ("host", self.host.clone()),
            ("x-amz-date", now.format(format).unwrap()),
            ("x-amz-content-sha256", hash.clone()),
        ] {
            self.headers.insert(name, value.parse().unwrap());
        }
        let canonical = self.canonical(&hash);
        let text = signing::string_to_sign(&now, &region, &canonical).unwrap();
        let secret = signing::signing_key(&now, &key.secret_access_key, &region, "s3").unwrap();
        let mut hmac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
        hmac.update(text.as_bytes());
        let authorization = signing::authorization_header(
            &key.access_key_id,
            &now,
            &region,
            &signing::signed_header_string(&self.headers),
            &digits(&hmac.finalize().into_bytes()),
        );
        self.headers.insert("authorization", authorization.unwrap().parse().unwrap());
    }

    /// The canonical request; the one of rust-s3 sorts `a-b` before `a`.
    fn canonical(&self, hash: &str) -> String {
        let mut names: Vec<_> =
            self.headers.keys().map(reqwest::header::HeaderName::as_str).collect();
        names.sort_unstable();
        let line = |name: &&str| format!("{name}:{}\n", self.headers[*name].to_str().unwrap());
        [
            self.method.as_str(),
            &signing::canonical_uri_string(&self.url),
            &signing::canonical_query_string(&self.url),
            &names.iter().map(line).collect::<String>(),
            &names.join(";"),
            hash,
        ]
        .join("\n")
    }
}

pub(crate) fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The text of the first element with this name; empty without one.
    pub(crate) fn element(&self, name: &str) -> String {
        self.elements(name).into_iter().next().unwrap_or_default()
    }

    /// The texts of all elements with this name.
    pub(crate) fn elements(&self, name: &str) -> Vec<String> {
        let text = self.text();
        let tag = format!("<{name}>");
        let pieces = text.split(&tag).skip(1);
        pieces.map(|piece| piece.split('<').next().unwrap().to_owned()).collect()
    }

    /// The status and the code of an error.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status, self.element("Code"))
    }
}

/// A refusal to compare with.
pub(crate) fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
