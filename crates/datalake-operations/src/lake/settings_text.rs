//! Settings of buckets as text.

use datalake_core::s3::{Lifecycle, LifecycleRule, Versioning};
use datalake_core::text::printable;
use datalake_core::time::Days;
use datalake_engine::{BucketLock, Cors, CorsMethod, CorsRule, LockMode, LockPeriod, Retention};

/// Whether old versions are kept, in a word.
#[must_use]
pub fn describe_versioning(versioning: Versioning) -> &'static str {
    match versioning {
        Versioning::Never => "off",
        Versioning::Enabled => "on",
        Versioning::Suspended => "suspended",
    }
}

/// A rule with its id, in one line.
#[must_use]
pub fn describe_rule((id, rule): (&str, &LifecycleRule)) -> String {
    let days = |what: &str, days: Option<Days>| days.map(|days| format!("{what} after {days}"));
    let parts = [
        days("objects go", rule.expire),
        days("old versions go", rule.expire_noncurrent),
        days("unfinished uploads go", rule.abort_uploads),
        rule.expire_markers.then(|| "lone delete markers go".to_owned()),
    ];
    let what: Vec<_> = parts.into_iter().flatten().collect();
    let off = if rule.enabled { "" } else { " (disabled)" };
    let below = match rule.prefix.as_str() {
        "" => String::new(),
        prefix => format!("below `{}` ", printable(prefix)),
    };
    format!("{}{off}: {below}{}", printable(id), what.join(", "))
}

/// All rules, one a line.
#[must_use]
pub fn describe_lifecycle(rules: &Lifecycle) -> String {
    if rules.is_empty() {
        return "no lifecycle rules\n".to_owned();
    }
    rules.iter().map(|rule| describe_rule(rule) + "\n").collect()
}

/// All rules for other origins, one a line.
#[must_use]
pub fn describe_cors(cors: &Cors) -> String {
    if cors.0.is_empty() {
        return "no CORS rules\n".to_owned();
    }
    cors.0.iter().map(|rule| describe_cors_rule(rule) + "\n").collect()
}

fn describe_cors_rule(rule: &CorsRule) -> String {
    let methods: Vec<_> = rule.methods.iter().copied().map(CorsMethod::as_str).collect();
    let mut text = format!("{} from {}", methods.join(", "), rule.origins.join(", "));
    if !rule.headers.is_empty() {
        text.push_str(&format!(", with headers {}", rule.headers.join(", ")));
    }
    if !rule.exposed.is_empty() {
        text.push_str(&format!(", showing {}", rule.exposed.join(", ")));
    }
    if let Some(seconds) = rule.max_age {
        text.push_str(&format!(", remembered for {seconds} s"));
    }
    printable(&text)
}

/// Whether and how versions are locked.
#[must_use]
pub fn describe_lock(lock: BucketLock) -> String {
    match lock {
        BucketLock::Never => "off for good: locks are chosen when a bucket is created".to_owned(),
        BucketLock::Offered(None) => "offered; new versions are not locked".to_owned(),
        BucketLock::Offered(Some(Retention { mode, period })) => {
            let who = match mode {
                LockMode::Governance => "undone only with a permission for it",
                LockMode::Compliance => "no one can undo it",
            };
            let length = match period {
                LockPeriod::Days(count) => format!("{count} days"),
                LockPeriod::Years(count) => format!("{count} years"),
            };
            format!("new versions are locked for {length}, {who}")
        }
    }
}

/// What a change of the rules takes away and brings, a line a rule.
#[must_use]
pub fn describe_lifecycle_change(old: &Lifecycle, new: &Lifecycle) -> String {
    let mut text = String::new();
    for (id, rule) in old.iter().filter(|(id, rule)| new.get(id) != Some(rule)) {
        text.push_str(&format!("- {}\n", describe_rule((id, rule))));
    }
    for (id, rule) in new.iter() {
        let mark = if old.get(id) == Some(rule) { " " } else { "+" };
        text.push_str(&format!("{mark} {}\n", describe_rule((id, rule))));
    }
    text
}
