//! Where Hetzner's Object Storage differs from plain S3, as switches.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The quirks that are on, and how long the slow ones take.
///
/// # Examples
///
/// ```
/// use datalake_sim::{Quirk, Quirks};
///
/// let quirks = Quirks::hetzner().with(Quirk::StrictRegion).without(Quirk::NoTagging);
///
/// assert!(quirks.has(Quirk::EmptyMessages));
/// assert!(!quirks.has(Quirk::NoTagging));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quirks {
    /// The switches that are on.
    pub on: BTreeSet<Quirk>,
    /// How long after its creation a bucket is missing in every other answer.
    pub bucket_delay: Duration,
    /// How long a new policy, or its removal, waits before it acts.
    pub policy_delay: Duration,
    /// The number of requests in one second above which the front end answers
    /// 429 in HTML.
    pub requests_per_second: Option<u32>,
}

impl Quirks {
    /// All that was seen at Hetzner: neither `StrictRegion` nor `TakesWrongHashes`.
    ///
    /// The delays are short for the sake of those who try things out, and the
    /// limit on requests (750 there) is off: a loopback client passes it at once.
    pub fn hetzner() -> Self {
        let mut on = BTreeSet::from(Quirk::ALL);
        on.remove(&Quirk::StrictRegion);
        on.remove(&Quirk::TakesWrongHashes);
        Self {
            on,
            bucket_delay: Duration::from_millis(300),
            policy_delay: Duration::from_secs(1),
            requests_per_second: None,
        }
    }

    /// None.
    pub fn plain() -> Self {
        Self::default()
    }

    /// Switches one quirk on.
    #[must_use]
    pub fn with(mut self, quirk: Quirk) -> Self {
        self.on.insert(quirk);
        self
    }

    /// Switches one quirk off.
    #[must_use]
    pub fn without(mut self, quirk: Quirk) -> Self {
        self.on.remove(&quirk);
        self
    }

    /// Whether the quirk is on.
    pub fn has(&self, quirk: Quirk) -> bool {
        self.on.contains(&quirk)
    }
}

/// One way in which Hetzner's Object Storage differs from plain S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quirk {
    /// Bucket and object tagging answer 501 `NotImplemented`.
    NoTagging,
    /// `x-amz-server-side-encryption` answers 501 `NotImplemented`.
    NoServerSideEncryption,
    /// `<Message>` is empty in every error but `NoSuchBucket`.
    EmptyMessages,
    /// Creating a bucket that one already owns answers 409
    /// `BucketAlreadyExists`, as for a foreign one; without the quirk it
    /// answers 200.
    OwnBucketAlreadyExists,
    /// A wrong region in the credential scope answers 400
    /// `AuthorizationHeaderMalformed`. Not in the Hetzner profile.
    StrictRegion,
    /// A `content-type` or `x-amz-*` header outside of `SignedHeaders` answers
    /// 403 `AccessDenied`.
    StrictSignedHeaders,
    /// A signed request without `x-amz-content-sha256` answers 403
    /// `AccessDenied`; without the quirk 400 `InvalidRequest`.
    UnhashedDenied,
    /// `If-Match` with a quoted `ETag` answers 412 on a write; a bare one works.
    QuotedIfMatchFails,
    /// `x-amz-checksum-*` is not verified.
    IgnoresChecksums,
    /// A body in `aws-chunked` form with a trailer answers 400
    /// `XAmzContentSHA256Mismatch`.
    RefusesTrailers,
    /// `If-None-Match` is ignored on copies, and all conditions on completing
    /// an upload.
    LateConditionsIgnored,
    /// `NotAction` in a bucket policy is kept and enforces nothing.
    NotActionEnforcesNothing,
    /// An action name that the policy parser does not know answers 503 with an
    /// empty message; without the quirk 400 `MalformedPolicy`.
    UnknownActionIs503,
    /// Lifecycle rules come back sorted by their id, an empty filter as an
    /// empty `Prefix` of the rule.
    LifecycleReshaped,
    /// Lifecycle does not run in a bucket with suspended versioning.
    LifecycleStopsWhenSuspended,
    /// Parts of an upload may have any size, not only 5 MiB and more.
    SmallParts,
    /// A body that is not the one whose SHA-256 was signed is stored. Not in the Hetzner profile.
    TakesWrongHashes,
}

impl Quirk {
    /// Every quirk.
    pub const ALL: [Self; 17] = [
        Self::NoTagging,
        Self::NoServerSideEncryption,
        Self::EmptyMessages,
        Self::OwnBucketAlreadyExists,
        Self::StrictRegion,
        Self::StrictSignedHeaders,
        Self::UnhashedDenied,
        Self::QuotedIfMatchFails,
        Self::IgnoresChecksums,
        Self::RefusesTrailers,
        Self::LateConditionsIgnored,
        Self::NotActionEnforcesNothing,
        Self::UnknownActionIs503,
        Self::LifecycleReshaped,
        Self::LifecycleStopsWhenSuspended,
        Self::SmallParts,
        Self::TakesWrongHashes,
    ];
}
