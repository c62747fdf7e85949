//! Rules for web pages of other origins, as S3 names their parts.

use datalake_core::text::printable;
use datalake_engine::{Cors, CorsMethod, CorsRule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rules as S3 names their parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Document")]
pub struct CorsDocument {
    /// The rules.
    #[serde(rename = "CORSRules")]
    pub rules: Vec<CorsDocumentRule>,
}

/// A rule of a bucket for browsers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
#[schemars(rename = "Rule")]
pub struct CorsDocumentRule {
    /// Its id.
    #[serde(rename = "ID", default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Pages of these origins may ask.
    pub allowed_origins: Vec<String>,
    /// With these methods.
    pub allowed_methods: Vec<String>,
    /// With these headers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_headers: Vec<String>,
    /// And may read these headers of the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expose_headers: Vec<String>,
    /// For so many seconds a browser keeps the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<u32>,
}

impl CorsDocument {
    /// The rules.
    ///
    /// # Errors
    ///
    /// What is wrong with the first that is none, in words.
    pub fn read_rules(self) -> Result<Cors, String> {
        self.rules.into_iter().map(CorsRule::try_from).collect::<Result<_, _>>().map(Cors)
    }
}

impl TryFrom<CorsDocumentRule> for CorsRule {
    type Error = String;

    fn try_from(rule: CorsDocumentRule) -> Result<Self, String> {
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

impl From<&Cors> for CorsDocument {
    fn from(cors: &Cors) -> Self {
        let rule = |rule: &CorsRule| CorsDocumentRule {
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
