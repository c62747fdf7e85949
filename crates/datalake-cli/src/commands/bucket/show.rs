//! `bucket show`: everything about one bucket.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::policy::PolicyText;
use datalake_core::s3::{BucketName, Lifecycle, Versioning};
use datalake_core::text::printable;
use datalake_core::usage::Usage;
use datalake_engine::{BucketSettings, CountedFolder, Lake, ObjectStore, Scope, measure_prefix};
use datalake_operations::lake::{UsageReport, at_bucket};
use schemars::JsonSchema;
use serde::Serialize;

use super::lock;
use crate::args::bucket::BucketShow;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{
    self, DocumentKind, Ticker, cors_text, lifecycle_text, lock_text, usage_words, versioning_text,
};

pub(super) const BUCKET: DocumentKind = DocumentKind::of::<Report<'static>>("bucket");

/// A bucket; what could not be read is `null`, and its reason in `unknown`.
#[derive(Serialize, JsonSchema)]
struct Report<'a> {
    /// The bucket.
    bucket: &'a BucketName,
    /// Where it is.
    location: Option<&'a str>,
    /// Whether old versions are kept.
    versioning: Option<Versioning>,
    /// The lifecycle rules by their ids.
    lifecycle: Option<&'a Lifecycle>,
    /// How many rules for browsers there are.
    cors_rules: Option<usize>,
    /// Whether and how versions are locked.
    lock: Option<lock::Report>,
    /// The bucket policy.
    policy: Option<Policy<'a>>,
    /// What it holds.
    usage: Option<UsageReport>,
    /// What could not be read, each with its reason.
    unknown: &'a [String],
    /// What this service does not offer.
    not_offered: &'a [&'static str],
}

/// A policy, or that there is none.
#[derive(Serialize, JsonSchema)]
struct Policy<'a> {
    /// The policy as it is; `null` where there is none.
    document: Option<&'a str>,
}

/// A report that is being put together.
#[derive(Default)]
struct BucketPage {
    text: String,
    unknown: Vec<String>,
    not_offered: Vec<&'static str>,
}

pub(super) async fn show(remote: &Remote, flags: &BucketShow) -> Result<Exit, Failure> {
    let bucket = &remote.client().choose_bucket(flags.named.bucket.as_ref())?;
    let lake = remote.lake();
    lake.head_bucket(bucket).await.map_err(at_bucket(bucket))?;
    let mut page = BucketPage::default();
    page.line("bucket", bucket.as_str());
    let location = page.seen("location", lake.location(bucket).await, Clone::clone);
    let versioning = page
        .seen("versioning", lake.versioning(bucket).await, |is| versioning_text(*is).to_owned());
    let lifecycle = page.seen("lifecycle", lake.lifecycle(bucket).await, lifecycle_text);
    let cors = page.seen("cors", lake.cors(bucket).await, cors_text);
    let lock = page.seen("lock", lake.lock(bucket).await, |lock| lock_text(*lock));
    let policy = page.seen("policy", lake.policy(bucket).await, |policy| {
        policy.as_ref().map_or_else(|| "no policy".to_owned(), ToString::to_string)
    });
    let usage = if flags.no_count {
        None
    } else {
        page.seen("contents", counted(remote, &lake, bucket).await, render::usage)
    };
    let report = Report {
        bucket,
        location: location.as_deref(),
        versioning,
        lifecycle: lifecycle.as_ref(),
        cors_rules: cors.map(|cors| cors.0.len()),
        lock: lock.map(lock::Report::from),
        policy: policy
            .as_ref()
            .map(|policy| Policy { document: policy.as_ref().map(PolicyText::as_str) }),
        usage: usage.as_ref().map(UsageReport::from),
        unknown: &page.unknown,
        not_offered: &page.not_offered,
    };
    remote.site.printer.result(BUCKET, report, &page.text);
    Ok(if page.unknown.is_empty() { Exit::Done } else { Exit::Partly })
}

/// Counts all that lies in a bucket.
async fn counted(remote: &Remote, lake: &dyn Lake, bucket: &BucketName) -> Result<Usage, Fault> {
    let mut ticker = Ticker::new(remote.site.printer);
    let mut tell = |counted: CountedFolder<'_>| {
        if let CountedFolder::Page(sum) = counted {
            ticker.tell(|| usage_words(sum));
        }
    };
    measure_prefix(lake, &Scope { bucket, prefix: "", depth: 0 }, &mut tell).await
}

impl BucketPage {
    /// Adds a setting, or that it is unknown: that is never the same as none.
    fn seen<T>(
        &mut self,
        name: &'static str,
        found: Result<T, Fault>,
        text: impl Fn(&T) -> String,
    ) -> Option<T> {
        match found {
            Ok(value) => {
                self.line(name, &text(&value));
                Some(value)
            }
            Err(fault) if fault.kind == FaultKind::Unsupported => {
                self.line(name, "the service does not offer this");
                self.not_offered.push(name);
                None
            }
            Err(fault) => {
                self.line(name, &format!("unknown: {fault}"));
                self.unknown.push(format!("{name}: {fault}"));
                None
            }
        }
    }

    fn line(&mut self, name: &str, value: &str) {
        let mut name = name;
        for line in value.lines() {
            self.text.push_str(format!("{name:<11} {}", printable(line)).trim_end());
            self.text.push('\n');
            name = "";
        }
        if value.is_empty() {
            self.text.push_str(&format!("{name:<11} -\n"));
        }
    }
}
