//! Where Hetzner's Object Storage differs from plain S3, as switches.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// What becomes of the conditions of writes in buckets that keep versions.
    pub conditional_writes: ConditionalWrites,
    /// With [`ConditionalWrites::Racing`]: the time from a write's look at the
    /// key to the write. Writes that begin within it do not see each other.
    pub race_window: Duration,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            on: BTreeSet::new(),
            bucket_delay: Duration::ZERO,
            policy_delay: Duration::ZERO,
            requests_per_second: None,
            conditional_writes: ConditionalWrites::Obeyed,
            race_window: RACE_WINDOW,
        }
    }
}

/// As long as delta-rs is measured to take from its last look at the log to its
/// commit (15 to 50 ms).
const RACE_WINDOW: Duration = Duration::from_millis(50);

impl Quirks {
    /// All that was seen at Hetzner: neither `StrictRegion` nor `TakesWrongHashes` nor
    /// `OwnerKeepsPolicy`.
    ///
    /// Conditional writes are [ignored](ConditionalWrites::Ignored) in buckets
    /// that keep versions: Hetzner lists them as not supported there.
    /// The delays are short for the sake of those who try things out, and the
    /// limit on requests (750 there) is off: a loopback client passes it at once.
    pub fn hetzner() -> Self {
        let mut on = BTreeSet::from(Quirk::ALL);
        on.remove(&Quirk::StrictRegion);
        on.remove(&Quirk::TakesWrongHashes);
        on.remove(&Quirk::OwnerKeepsPolicy);
        Self {
            on,
            bucket_delay: Duration::from_millis(300),
            policy_delay: Duration::from_secs(1),
            conditional_writes: ConditionalWrites::Ignored,
            ..Self::plain()
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

    /// Treats conditional writes in another way, with all that goes along with it.
    #[must_use]
    pub fn with_conditional_writes(mut self, way: ConditionalWrites) -> Self {
        self.conditional_writes = way;
        match way {
            ConditionalWrites::Obeyed => self
                .without(Quirk::QuotedIfMatchFails)
                .without(Quirk::LateConditionsIgnored)
                .without(Quirk::NullMarkerBlocksNew),
            ConditionalWrites::Racing => self
                .without(Quirk::QuotedIfMatchFails)
                .without(Quirk::LateConditionsIgnored)
                .with(Quirk::NullMarkerBlocksNew),
            ConditionalWrites::Ignored => self
                .with(Quirk::QuotedIfMatchFails)
                .with(Quirk::LateConditionsIgnored)
                .with(Quirk::NullMarkerBlocksNew),
        }
    }

    /// Whether the quirk is on.
    pub fn has(&self, quirk: Quirk) -> bool {
        self.on.contains(&quirk)
    }
}

/// What becomes of `If-None-Match` and `If-Match` of a `PUT` into a bucket whose
/// versioning is enabled. In every other bucket one writer wins.
///
/// Measured on Ceph's gateway 16.2.15, 18.2.7 and 20.2.4 on 2026-11-30.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConditionalWrites {
    /// Of any number of writers one wins.
    #[default]
    Obeyed,
    /// As Ceph 20: obeyed one after the other. Writers at the same time do not
    /// see each other, and several win.
    Racing,
    /// As Ceph 16 and 18: `If-None-Match` counts for nothing, and `If-Match` is
    /// 412 with any tag.
    Ignored,
}

impl ConditionalWrites {
    /// Every way, the one with the most losses first.
    pub const ALL: [Self; 3] = [Self::Ignored, Self::Racing, Self::Obeyed];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Obeyed => "obeyed",
            Self::Racing => "racing",
            Self::Ignored => "ignored",
        }
    }
}

impl fmt::Display for ConditionalWrites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is not one of the three words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a way to treat conditional writes: `ignored`, `racing` or `obeyed`")]
pub struct InvalidConditionalWrites(String);

impl FromStr for ConditionalWrites {
    type Err = InvalidConditionalWrites;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|way| way.name() == text);
        found.ok_or_else(|| InvalidConditionalWrites(text.to_owned()))
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
    /// A delete marker with the version `null`, as a deletion leaves one in a
    /// bucket with suspended versioning, counts as an object: a write with
    /// `If-None-Match: *` answers 412 until the marker itself is deleted.
    NullMarkerBlocksNew,
    /// `NotAction` in a bucket policy is kept and enforces nothing.
    NotActionEnforcesNothing,
    /// A policy never binds keys of the bucket's own project in calls about the policy, unless it was put with
    /// `x-amz-confirm-remove-self-bucket-access: true`. As Ceph 20; not in the Hetzner profile.
    OwnerKeepsPolicy,
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
    pub const ALL: [Self; 19] = [
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
        Self::NullMarkerBlocksNew,
        Self::NotActionEnforcesNothing,
        Self::OwnerKeepsPolicy,
        Self::UnknownActionIs503,
        Self::LifecycleReshaped,
        Self::LifecycleStopsWhenSuspended,
        Self::SmallParts,
        Self::TakesWrongHashes,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_read_from_its_name() {
        for way in ConditionalWrites::ALL {
            assert_eq!(way.to_string().parse(), Ok(way));
        }
        let error = "Racing".parse::<ConditionalWrites>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`Racing` is not a way to treat conditional writes: `ignored`, `racing` or `obeyed`"
        );
    }

    #[test]
    fn the_profile_is_the_gateway_that_ignores() {
        let hetzner = Quirks::hetzner();

        assert_eq!(hetzner.clone().with_conditional_writes(ConditionalWrites::Ignored), hetzner);
        assert_eq!(
            Quirks::plain().with_conditional_writes(ConditionalWrites::Obeyed),
            Quirks::plain()
        );
    }
}
