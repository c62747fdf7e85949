//! What is kept of a key, and what it is to be again.

use std::fmt;

use datalake_core::s3::{Lifecycle, LifecycleRule};
use datalake_core::time::{Days, Timestamp};
use datalake_core::transfer::FileTime;
use datalake_engine::{AnyKey, VersionEntry, VersionKind};
use schemars::JsonSchema;
use serde::Serialize;

use super::record::{ChangeKind, PlannedChange, SourceVersion};

/// What keys are to be again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreWish {
    /// As they were at this time; `None`: deleted ones are to be as they were last.
    pub until: Option<FileTime>,
    /// Whether old versions may have expired since.
    pub expiry: VersionExpiry,
    /// The present time.
    pub now: Timestamp,
}

/// Whether a bucket lets old versions expire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionExpiry {
    /// By these rules.
    Rules(Lifecycle),
    /// Its rules cannot be read.
    Unread,
}

/// What listings say of one key: all that is kept in memory of any number of versions.
#[derive(Debug, Clone)]
pub struct KeyHistory {
    current: VersionEntry,
    /// The one that is wanted.
    chosen: Option<VersionEntry>,
    oldest: VersionEntry,
}

/// What is to become of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyVerdict {
    /// It is as wanted.
    AsWanted,
    /// It is to be changed.
    Change(PlannedChange),
    /// What it was is not kept, or nobody can tell.
    NotKept(NotKept),
}

/// Why a key cannot be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NotKept {
    /// Only delete markers are left of it.
    OnlyMarkers,
    /// All that is kept is newer, and older versions may have expired by the bucket's rules.
    MayHaveExpired,
    /// All that is kept is newer, and whether older versions expire cannot be read.
    RulesUnread,
    /// It was stored when the bucket kept no versions, in place of what may have been there.
    BeforeVersions,
}

impl fmt::Display for NotKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OnlyMarkers => "only delete markers are kept",
            Self::MayHaveExpired => {
                "all kept versions are newer; an older one may have expired by the bucket's rules"
            }
            Self::RulesUnread => {
                "all kept versions are newer; the rules by which older ones expire cannot be read"
            }
            Self::BeforeVersions => {
                "all kept versions are newer; the oldest is from before the bucket kept versions"
            }
        })
    }
}

impl KeyHistory {
    /// Begins with the newest version or marker of a key.
    #[must_use]
    pub fn begin(newest: VersionEntry, wish: &RestoreWish) -> Self {
        let chosen = wish.takes(&newest).then(|| newest.clone());
        Self { oldest: newest.clone(), chosen, current: newest }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &AnyKey {
        &self.current.key
    }

    /// Takes the next older one.
    pub fn add(&mut self, older: VersionEntry, wish: &RestoreWish) {
        if self.chosen.is_none() && wish.takes(&older) {
            self.chosen = Some(older.clone());
        }
        self.oldest = older;
    }

    /// What is to become of the key, when all its versions were added.
    #[must_use]
    pub fn judge(&self, wish: &RestoreWish) -> KeyVerdict {
        let is_deleted = self.current.kind == VersionKind::Marker;
        match (&self.chosen, wish.until) {
            (_, None) if !is_deleted => KeyVerdict::AsWanted,
            (Some(chosen), _) => self.change_to(chosen),
            (None, None) => KeyVerdict::NotKept(NotKept::OnlyMarkers),
            (None, Some(_)) => match wish.doubt_that_it_is_new(&self.oldest) {
                Some(doubt) => KeyVerdict::NotKept(doubt),
                None if is_deleted => KeyVerdict::AsWanted,
                None => self.change(ChangeKind::Delete, None),
            },
        }
    }

    fn change_to(&self, chosen: &VersionEntry) -> KeyVerdict {
        if chosen.version == self.current.version {
            return KeyVerdict::AsWanted;
        }
        match (&self.current.kind, &chosen.kind) {
            (VersionKind::Marker, VersionKind::Marker) => KeyVerdict::AsWanted,
            (VersionKind::Content { .. }, VersionKind::Marker) => {
                self.change(ChangeKind::Delete, None)
            }
            // The same content again, be it of a run that was killed.
            (current, wanted) if current == wanted => KeyVerdict::AsWanted,
            (current, VersionKind::Content { size, etag }) => {
                let is_deleted = *current == VersionKind::Marker;
                let source = SourceVersion {
                    version: chosen.version.0.clone(),
                    size: size.0,
                    etag: etag.as_str().to_owned(),
                    stored: chosen.modified,
                };
                let kind = if is_deleted { ChangeKind::BringBack } else { ChangeKind::Replace };
                self.change(kind, Some(source))
            }
        }
    }

    fn change(&self, kind: ChangeKind, source: Option<SourceVersion>) -> KeyVerdict {
        let before = self.current.version.0.clone();
        let key = self.current.key.as_str().to_owned();
        KeyVerdict::Change(PlannedChange { key, kind, before, source })
    }
}

impl RestoreWish {
    /// Whether a version is the wanted one, where no newer one is.
    fn takes(&self, entry: &VersionEntry) -> bool {
        match self.until {
            Some(until) => entry.stored <= until,
            None => entry.kind != VersionKind::Marker,
        }
    }

    /// Why a key may have been there before the oldest version that is kept of it.
    fn doubt_that_it_is_new(&self, oldest: &VersionEntry) -> Option<NotKept> {
        let is_marker = oldest.kind == VersionKind::Marker;
        if !is_marker && oldest.version.0 == NULL {
            return Some(NotKept::BeforeVersions);
        }
        let VersionExpiry::Rules(rules) = &self.expiry else { return Some(NotKept::RulesUnread) };
        let days = rules.iter().filter_map(|(_, rule)| find_expiry(rule, oldest)).min()?;
        // A version in front of which the oldest kept one was put is old since then.
        let gone = oldest.modified.plus_seconds(i64::from(days.count()) * DAY);
        let doubt = if is_marker { NotKept::OnlyMarkers } else { NotKept::MayHaveExpired };
        (gone <= self.now).then_some(doubt)
    }
}

/// The name of the version from before versions were kept.
const NULL: &str = "null";

const DAY: i64 = 86_400;

fn find_expiry(rule: &LifecycleRule, entry: &VersionEntry) -> Option<Days> {
    let concerns = rule.enabled && entry.key.as_str().starts_with(&rule.prefix);
    rule.expire_noncurrent.filter(|_| concerns)
}
