//! Carrying out lifecycle rules when the calendar moves.

use std::io;
use std::time::Duration;

use s3s::S3Result;
use s3s::dto::{ExpirationStatus, LifecycleRule};

use crate::clock::Moment;
use crate::quirks::Quirk;
use crate::sim::Sim;
use crate::state::{NewVersion, SimBucket, VersionLock, VersioningState};

const DAY: Duration = Duration::from_hours(24);

/// How many steps one jump takes at most.
const MOST_STEPS: u32 = 4000;

impl Sim {
    /// Moves the calendar on, day by day, and carries out the rules each day.
    ///
    /// # Errors
    ///
    /// The disk failed; the calendar stands where it came to.
    pub(crate) fn advance(&self, duration: Duration) -> io::Result<()> {
        let step = DAY.max(duration / MOST_STEPS);
        let mut left = duration;
        while !left.is_zero() {
            let next = left.min(step);
            left -= next;
            self.clock.advance(next);
            self.disk.write(&self.disk.root().join("clock.json"), &self.clock.ahead())?;
            self.run_lifecycle().map_err(io::Error::other)?;
        }
        Ok(())
    }

    fn run_lifecycle(&self) -> S3Result<()> {
        let now = self.now();
        let mut world = self.world();
        for bucket in world.buckets.values_mut() {
            let stopped = bucket.meta.versioning == VersioningState::Suspended
                && self.has(Quirk::LifecycleStopsWhenSuspended);
            if stopped {
                continue;
            }
            for rule in bucket.meta.lifecycle.clone().unwrap_or_default() {
                if rule.status.as_str() == ExpirationStatus::ENABLED
                    && !asks_more_than_prefix(&rule)
                {
                    self.carry_out(&rule, bucket, now)?;
                }
            }
        }
        Ok(())
    }

    fn carry_out(&self, rule: &LifecycleRule, bucket: &mut SimBucket, now: Moment) -> S3Result<()> {
        for (key, number) in find_superseded(rule, bucket, now) {
            bucket.remove(&self.disk, &key, number)?;
        }
        for (key, number) in lone_markers(rule, bucket) {
            bucket.remove(&self.disk, &key, number)?;
        }
        for (key, number) in find_expired(rule, bucket, now) {
            if bucket.meta.versioning == VersioningState::Never {
                bucket.remove(&self.disk, &key, number)?;
            } else {
                let marker =
                    NewVersion { key, content: None, lock: VersionLock::default(), upload: None };
                bucket.add(&self.disk, now, marker)?;
            }
        }
        for id in forgotten_uploads(rule, bucket, now) {
            bucket.abort(&self.disk, &id)?;
        }
        Ok(())
    }
}

/// Whether a rule is about tags or sizes. No such rule was ever seen to act at Hetzner, so none does
/// here: acting on its prefix alone would delete what it means to keep.
fn asks_more_than_prefix(rule: &LifecycleRule) -> bool {
    let Some(filter) = &rule.filter else { return false };
    let by_size =
        filter.object_size_greater_than.is_some() || filter.object_size_less_than.is_some();
    let by_more = filter.and.as_ref().is_some_and(|and| {
        and.tags.as_ref().is_some_and(|tags| !tags.is_empty())
            || and.object_size_greater_than.is_some()
            || and.object_size_less_than.is_some()
    });
    filter.tag.is_some() || by_size || by_more
}

/// The beginning of the keys that a rule is about.
fn read_prefix(rule: &LifecycleRule) -> &str {
    let filter = rule.filter.as_ref();
    let filter_prefix = filter.and_then(|filter| {
        filter.prefix.as_deref().or_else(|| filter.and.as_ref()?.prefix.as_deref())
    });
    rule.prefix.as_deref().or(filter_prefix).unwrap_or_default()
}

/// A key and the number of one of its versions.
type Found = Vec<(String, u64)>;

/// Current versions whose time has come.
fn find_expired(rule: &LifecycleRule, bucket: &SimBucket, now: Moment) -> Found {
    let Some(expiration) = &rule.expiration else { return Vec::new() };
    let by_date = expiration.date.clone().is_some_and(|date| Moment::from(date) <= now);
    let in_prefix = bucket.keys.iter().filter(|(key, _)| key.starts_with(read_prefix(rule)));
    in_prefix
        .filter_map(|(key, versions)| {
            let version = versions.last().filter(|version| version.content.is_some())?;
            let by_age =
                expiration.days.is_some_and(|days| version.modified.after_days(days) <= now);
            let kept =
                bucket.meta.versioning == VersioningState::Never && version.is_locked(now, false);
            ((by_age || by_date) && !kept).then(|| (key.clone(), version.number))
        })
        .collect()
}

/// Older versions that were replaced long enough ago.
fn find_superseded(rule: &LifecycleRule, bucket: &SimBucket, now: Moment) -> Found {
    let limit = rule.noncurrent_version_expiration.as_ref().and_then(|rule| rule.noncurrent_days);
    let Some(days) = limit else { return Vec::new() };
    let mut found = Vec::new();
    for (key, versions) in bucket.keys.iter().filter(|(key, _)| key.starts_with(read_prefix(rule)))
    {
        for (version, successor) in versions.iter().zip(versions.iter().skip(1)) {
            let due = successor.modified.after_days(days) <= now;
            if due && !version.is_locked(now, false) {
                found.push((key.clone(), version.number));
            }
        }
    }
    found
}

/// Delete markers with nothing below them.
fn lone_markers(rule: &LifecycleRule, bucket: &SimBucket) -> Found {
    let wanted = rule.expiration.as_ref().and_then(|rule| rule.expired_object_delete_marker);
    if wanted != Some(true) {
        return Vec::new();
    }
    let in_prefix = bucket.keys.iter().filter(|(key, _)| key.starts_with(read_prefix(rule)));
    in_prefix
        .filter_map(|(key, versions)| match versions.as_slice() {
            [only] if only.content.is_none() => Some((key.clone(), only.number)),
            _ => None,
        })
        .collect()
}

fn forgotten_uploads(rule: &LifecycleRule, bucket: &SimBucket, now: Moment) -> Vec<String> {
    let limit =
        rule.abort_incomplete_multipart_upload.as_ref().and_then(|rule| rule.days_after_initiation);
    let Some(days) = limit else { return Vec::new() };
    let uploads =
        bucket.uploads.values().filter(|upload| upload.key.starts_with(read_prefix(rule)));
    uploads
        .filter(|upload| upload.initiated.after_days(days) <= now)
        .map(|upload| upload.id.clone())
        .collect()
}
