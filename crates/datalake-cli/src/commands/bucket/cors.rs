//! `bucket cors`.

use std::path::Path;

use datalake_core::s3::BucketName;
use datalake_core::text::printable;
use datalake_engine::{BucketSettings, Cors, CorsMethod, CorsRule};
use datalake_operations::lake::at_bucket;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::args::bucket::{CorsCommand, CorsSet};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path;
use crate::remote::Remote;
use crate::render::{DocumentKind, cors_text};

pub(super) const CORS: DocumentKind = DocumentKind::of::<Document>("cors");

/// Rules are no longer than this.
const LARGEST: u64 = 1 << 20;

/// The rules as S3 names their parts.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Document {
    /// The rules.
    #[serde(rename = "CORSRules")]
    rules: Vec<Rule>,
}

/// A rule of a bucket for browsers.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Rule {
    /// Its id.
    #[serde(rename = "ID", default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Pages of these origins may ask.
    allowed_origins: Vec<String>,
    /// With these methods.
    allowed_methods: Vec<String>,
    /// With these headers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allowed_headers: Vec<String>,
    /// And may read these headers of the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    expose_headers: Vec<String>,
    /// For so many seconds a browser keeps the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_age_seconds: Option<u32>,
}

/// What `show --json` has printed, given back.
#[derive(Deserialize)]
struct PrintedCors {
    data: Document,
}

pub(super) async fn cors(remote: &Remote, what: &CorsCommand) -> Result<Exit, Failure> {
    match what {
        CorsCommand::Show(named) => {
            let bucket = remote.client().choose_bucket(named.bucket.as_ref())?;
            let cors = remote.lake().cors(&bucket).await.map_err(at_bucket(&bucket))?;
            shown(remote, &cors);
            Ok(Exit::Done)
        }
        CorsCommand::Set(CorsSet { file, named }) => {
            let cors = read(file)?;
            change(remote, &remote.client().choose_bucket(named.bucket.as_ref())?, &cors).await
        }
        CorsCommand::Remove(named) => {
            change(remote, &remote.client().choose_bucket(named.bucket.as_ref())?, &Cors::default())
                .await
        }
    }
}

async fn change(remote: &Remote, bucket: &BucketName, cors: &Cors) -> Result<Exit, Failure> {
    let (lake, failed) = (remote.lake(), at_bucket(bucket));
    lake.set_cors(bucket, cors).await.map_err(&failed)?;
    let found = lake.cors(bucket).await.map_err(&failed)?;
    shown(remote, &found);
    Ok(Exit::Done)
}

fn shown(remote: &Remote, cors: &Cors) {
    remote.site.printer.result(CORS, Document::from(cors), &cors_text(cors));
}

fn read(file: &Path) -> Result<Cors, Failure> {
    let text = named_path::read_text(file, LARGEST)?;
    let unfit = |message: String| {
        let name = printable(&file.display().to_string());
        Failure::new(Exit::Usage, format!("`{name}`: {message}"))
            .hint("`datalake bucket cors set --help` tells the form")
    };
    let printed = serde_yaml::from_str::<PrintedCors>(&text).map(|printed| printed.data);
    let document = printed.or_else(|_| serde_yaml::from_str::<Document>(&text));
    let document = document.map_err(|error| unfit(printable(&error.to_string())))?;
    let rules: Result<Vec<_>, String> =
        document.rules.into_iter().map(CorsRule::try_from).collect();
    let rules = rules.map_err(unfit)?;
    if rules.is_empty() {
        return Err(unfit("there is no rule in it".to_owned()).hint("datalake bucket cors remove"));
    }
    Ok(Cors(rules))
}

impl TryFrom<Rule> for CorsRule {
    type Error = String;

    fn try_from(rule: Rule) -> Result<Self, String> {
        let method = |text: &String| {
            let mut known = CorsMethod::ALL.into_iter();
            known.find(|method| method.as_str() == text).ok_or_else(|| {
                format!("`{}` is none of GET, HEAD, PUT, POST, DELETE", printable(text))
            })
        };
        let methods: Vec<_> = rule.allowed_methods.iter().map(method).collect::<Result<_, _>>()?;
        if methods.is_empty() || rule.allowed_origins.is_empty() {
            return Err("a rule needs AllowedMethods and AllowedOrigins".to_owned());
        }
        Ok(Self {
            id: rule.id,
            origins: rule.allowed_origins,
            methods,
            headers: rule.allowed_headers,
            exposed: rule.expose_headers,
            max_age: rule.max_age_seconds,
        })
    }
}

impl From<&Cors> for Document {
    fn from(cors: &Cors) -> Self {
        let rule = |rule: &CorsRule| Rule {
            id: rule.id.clone(),
            allowed_origins: rule.origins.clone(),
            allowed_methods: rule.methods.iter().map(|method| method.as_str().to_owned()).collect(),
            allowed_headers: rule.headers.clone(),
            expose_headers: rule.exposed.clone(),
            max_age_seconds: rule.max_age,
        };
        Self { rules: cors.0.iter().map(rule).collect() }
    }
}
