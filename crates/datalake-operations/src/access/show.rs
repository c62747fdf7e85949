//! Who may do what, in words.

use std::fmt;

use datalake_core::policy::{
    AccessCall, CephVersion, KeyAccess, PolicyLint, PolicyLintSeverity, lint_policy, survey_policy,
};
use datalake_core::secret::AccessKeyId;
use datalake_core::spec::StoreSpec;
use datalake_core::text::{printable, printable_key};
use schemars::JsonSchema;
use serde::Serialize;

use super::draft::is_not_offered;
use super::{AccessLook, watch_bucket};

/// What the policy of a bucket lets each key do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AccessReport {
    /// The bucket.
    pub bucket: String,
    /// The project that owns it.
    pub project: String,
    /// The version of Ceph that is taken for the gateway.
    pub ceph: CephVersion,
    /// How many statements the policy has; `null` where there is no policy.
    pub statements: Option<usize>,
    /// What each key may do.
    pub keys: Vec<KeyReport>,
    /// What is wrong with the policy.
    pub lints: Vec<LintReport>,
}

/// What one key may do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct KeyReport {
    /// Its project; `null` for everybody without a key.
    pub project: Option<String>,
    /// The key; `null` for every key that the policy does not name.
    pub key: Option<String>,
    /// What it may do with the bucket.
    pub bucket: Vec<String>,
    /// What it may do with objects, by prefix.
    pub prefixes: Vec<PrefixReport>,
}

/// What a key may do below a prefix.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PrefixReport {
    /// The prefix; empty for all keys that no other one fits.
    pub prefix: String,
    /// The calls that are allowed.
    pub calls: Vec<String>,
}

/// Something that is wrong with a policy.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LintReport {
    /// Which.
    pub id: String,
    /// Whether it is wrong, or a warning only.
    pub wrong: bool,
    /// The statement, counted from 1; `null` for the whole policy.
    pub statement: Option<usize>,
    /// What is so.
    pub sentence: String,
    /// What to do about it.
    pub advice: String,
}

impl From<&PolicyLint> for LintReport {
    fn from(lint: &PolicyLint) -> Self {
        Self {
            id: lint.id.to_string(),
            wrong: lint.id.severity() == PolicyLintSeverity::Wrong,
            statement: lint.statement,
            sentence: lint.sentence.clone(),
            advice: lint.id.advice().to_owned(),
        }
    }
}

impl AccessReport {
    /// Whether something is wrong.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        self.lints.iter().any(|lint| lint.wrong)
    }
}

/// Tells what a policy lets each key do, and what is wrong with it for the key that acts.
#[must_use]
pub fn show_access(
    look: &AccessLook,
    spec: &StoreSpec,
    acting: Option<&AccessKeyId>,
    version: CephVersion,
) -> AccessReport {
    // Without one, any key of the project that the policy does not name.
    let acting = acting.cloned().or_else(|| "ANYKEYOFTHISPROJECT".parse().ok());
    let lints = match (&look.policy, acting) {
        (Some(policy), Some(key)) => lint_policy(policy, &watch_bucket(look, spec, key)),
        _ => Vec::new(),
    };
    let lints = lints.iter().map(LintReport::from).chain(find_public_acls(look));
    let survey = survey_policy(&look.scene(version));
    AccessReport {
        bucket: look.bucket.to_string(),
        project: look.owner.to_string(),
        ceph: version,
        statements: look.policy.as_ref().map(|policy| policy.statements.len()),
        keys: survey.keys.iter().map(report_key).collect(),
        lints: lints.collect(),
    }
}

/// What no policy says: whether ACLs can make objects public. Where the service offers no block, nothing
/// can be done about it.
fn find_public_acls(look: &AccessLook) -> Option<LintReport> {
    let report = |sentence: String, advice: &str| LintReport {
        id: "public-acls".to_owned(),
        wrong: false,
        statement: None,
        sentence,
        advice: advice.to_owned(),
    };
    match look.public_access.as_ref()? {
        Ok(block) => (*block != block.against_acls()).then(|| {
            report(
                "whoever may store objects can make them public by an ACL".to_owned(),
                "set the bucket's public access block against ACLs; it is set with the policies",
            )
        }),
        Err(fault) if is_not_offered(fault) => None,
        Err(fault) => Some(report(
            format!("whether ACLs can make objects public is not known: {fault}"),
            "look at the bucket's public access block with a key that may read it",
        )),
    }
}

fn report_key(key: &KeyAccess) -> KeyReport {
    let names = |calls: &[AccessCall]| calls.iter().map(|call| call.name().to_owned()).collect();
    let prefixes = key
        .prefixes
        .iter()
        .map(|below| PrefixReport { prefix: below.prefix.clone(), calls: names(&below.calls) });
    KeyReport {
        project: key.project.as_ref().map(ToString::to_string),
        key: key.key.clone(),
        bucket: names(&key.bucket),
        prefixes: prefixes.collect(),
    }
}

impl fmt::Display for AccessReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.statements {
            None => writeln!(
                f,
                "{} has no policy: every key of {} may do everything, and no one else anything",
                self.bucket, self.project
            )?,
            Some(count) => {
                let count = datalake_core::text::count_things(count as u64, "statement");
                writeln!(
                    f,
                    "{} of {}: {count}, read as Ceph {} does",
                    self.bucket, self.project, self.ceph
                )?;
            }
        }
        for key in &self.keys {
            write!(f, "{key}")?;
        }
        for lint in &self.lints {
            write!(f, "{lint}")?;
        }
        writeln!(
            f,
            "Every key of {} that the policy does not name is unbound, and so is each key in all other buckets of its project.",
            self.project
        )
    }
}

impl fmt::Display for KeyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.project, &self.key) {
            (Some(project), Some(key)) => writeln!(f, "{project}:{}", printable(key))?,
            (Some(project), None) => writeln!(f, "every other key of {project}")?,
            (None, _) => writeln!(f, "everybody without a key")?,
        }
        let words = |calls: &[String]| match calls {
            [] => "nothing".to_owned(),
            calls => calls.join(", "),
        };
        writeln!(f, "  {:<20} {}", "(bucket)", words(&self.bucket))?;
        for below in &self.prefixes {
            let prefix = match below.prefix.as_str() {
                "" => "(all other keys)".to_owned(),
                prefix => printable_key(prefix),
            };
            writeln!(f, "  {prefix:<20} {}", words(&below.calls))?;
        }
        Ok(())
    }
}

impl fmt::Display for LintReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.wrong { "wrong" } else { "warning" };
        let place =
            self.statement.map(|number| format!("statement {number}: ")).unwrap_or_default();
        let sentence = printable(&self.sentence);
        writeln!(f, "{severity}  {}: {place}{sentence}\n       {}", self.id, self.advice)
    }
}
