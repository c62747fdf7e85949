//! What a key may do, as the operator says it.

use std::fmt;
use std::str::FromStr;

use super::principal::ProjectId;
use crate::s3::{KeyPrefix, LOGS_PREFIX};
use crate::secret::AccessKeyId;

/// A key and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRole {
    /// What the operator calls it.
    pub name: RoleName,
    /// The project of the key.
    pub project: ProjectId,
    /// The key.
    pub key: AccessKeyId,
    /// What it may do.
    pub rights: RoleRights,
}

/// The name of a role: lowercase letters, digits and hyphens, at most 40.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleName(String);

/// What a key may do, word by word: none of them includes another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleRights {
    /// Read objects, old versions too.
    pub read: Vec<RightsPrefix>,
    /// Store objects, also over others.
    pub put: Vec<RightsPrefix>,
    /// Delete objects; never versions.
    pub delete: Vec<RightsPrefix>,
    /// List keys and versions.
    pub list: Vec<RightsPrefix>,
    /// List unfinished uploads, and read how the bucket is set up.
    pub settings: bool,
}

/// Where a right holds: a prefix of keys, or the whole bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RightsPrefix(String);

/// Rights with a name: the least that the work needs, as measured with dagster-aws 0.29.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RolePreset {
    /// Dagster itself: reads, stores and lists assets and the logs of steps; deletes nothing.
    Dagster,
    /// Functions in Modal: the same of assets.
    ModalWorker,
    /// A backup: stores and reads below `backups/`; deletes nothing.
    BackupWriter,
    /// A look from outside: lists everything and reads settings, but no content.
    Observer,
    /// A migration: reads and stores assets, lists everything; deletes nothing.
    Migrator,
}

/// What the spec grants a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleGrant {
    /// Rights with a name, in every bucket of the spec.
    Preset(RolePreset),
    /// Rights one by one, in the bucket of the assets.
    Listed(RoleRights),
}

/// A key and what the spec grants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecRole {
    /// What the operator calls it.
    pub name: RoleName,
    /// The project of the key.
    pub project: ProjectId,
    /// The key.
    pub key: AccessKeyId,
    /// What it may do.
    pub grant: RoleGrant,
}

impl SpecRole {
    /// What the key may do in the bucket whose assets are below this prefix.
    #[must_use]
    pub fn role_in_assets(&self, assets: &RightsPrefix) -> AccessRole {
        self.with_rights(match &self.grant {
            RoleGrant::Preset(preset) => preset.rights(assets),
            RoleGrant::Listed(rights) => rights.clone(),
        })
    }

    /// What the key may do in a bucket of tables alone: presets count there as well.
    #[must_use]
    pub fn role_in_tables(&self) -> Option<AccessRole> {
        match &self.grant {
            RoleGrant::Preset(preset) => {
                Some(self.with_rights(preset.rights(&RightsPrefix::whole_bucket())))
            }
            RoleGrant::Listed(_) => None,
        }
    }

    fn with_rights(&self, rights: RoleRights) -> AccessRole {
        AccessRole {
            name: self.name.clone(),
            project: self.project.clone(),
            key: self.key.clone(),
            rights,
        }
    }
}

/// The text names no preset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a preset: dagster, modal-worker, backup-writer, observer or migrator")]
pub struct UnknownPreset(pub String);

/// The text is no part of a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRole {
    /// A name with other characters.
    #[error(
        "`{0}` cannot be the name of a role: use lowercase letters, digits and hyphens, at most 40"
    )]
    Name(String),
    /// A prefix that a policy cannot hold.
    #[error(
        "`{0}` cannot be a prefix in a policy: it is a prefix of keys without `*`, `?`, `$` and `:`, \
         or `*` for the whole bucket"
    )]
    Prefix(String),
}

impl RolePreset {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Dagster, Self::ModalWorker, Self::BackupWriter, Self::Observer, Self::Migrator];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dagster => "dagster",
            Self::ModalWorker => "modal-worker",
            Self::BackupWriter => "backup-writer",
            Self::Observer => "observer",
            Self::Migrator => "migrator",
        }
    }

    /// The preset that somebody may have meant: one with nearly the same letters.
    #[must_use]
    pub fn find_near(text: &str) -> Option<Self> {
        let count_shared = |name: &str| {
            let mut rest: Vec<char> = name.chars().collect();
            for letter in text.chars() {
                if let Some(at) = rest.iter().position(|other| *other == letter) {
                    rest.remove(at);
                }
            }
            name.len() - rest.len()
        };
        let is_near = |preset: &Self| {
            let (name, length) = (preset.name(), text.chars().count());
            let shared = count_shared(name);
            shared + 2 >= name.len() && shared + 2 >= length
        };
        Self::ALL.into_iter().find(is_near)
    }

    /// The rights that it stands for in a bucket whose assets are below `assets`.
    #[must_use]
    pub fn rights(self, assets: &RightsPrefix) -> RoleRights {
        let logs = (!assets.is_whole()).then(|| RightsPrefix(LOGS_PREFIX.to_owned()));
        let (assets, backups) = (vec![assets.clone()], vec![RightsPrefix("backups/".to_owned())]);
        let all = vec![RightsPrefix::whole_bucket()];
        match self {
            Self::Dagster => {
                let both: Vec<_> = assets.into_iter().chain(logs).collect();
                RoleRights {
                    read: both.clone(),
                    put: both.clone(),
                    list: both,
                    ..RoleRights::default()
                }
            }
            Self::ModalWorker => RoleRights {
                read: assets.clone(),
                put: assets.clone(),
                list: assets,
                ..RoleRights::default()
            },
            Self::BackupWriter => RoleRights {
                read: backups.clone(),
                put: backups.clone(),
                list: backups,
                ..RoleRights::default()
            },
            Self::Observer => RoleRights { list: all, settings: true, ..RoleRights::default() },
            Self::Migrator => RoleRights {
                read: assets.clone(),
                put: assets,
                list: all,
                settings: true,
                ..RoleRights::default()
            },
        }
    }
}

impl RightsPrefix {
    /// The whole bucket.
    #[must_use]
    pub fn whole_bucket() -> Self {
        Self(String::new())
    }

    /// The prefix as text, with its slash; empty for the whole bucket.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the whole bucket.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.0.is_empty()
    }

    /// The pattern of the keys below it.
    #[must_use]
    pub fn key_pattern(&self) -> String {
        format!("{}*", self.0)
    }
}

impl From<&KeyPrefix> for RightsPrefix {
    fn from(prefix: &KeyPrefix) -> Self {
        match prefix.as_str() {
            "" => Self::whole_bucket(),
            text => Self(format!("{text}/")),
        }
    }
}

impl FromStr for RightsPrefix {
    type Err = InvalidRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "*" {
            return Ok(Self::whole_bucket());
        }
        let refused = || InvalidRole::Prefix(text.chars().take(80).collect());
        let prefix: KeyPrefix = text.parse().map_err(|_| refused())?;
        if prefix.as_str().is_empty() || text.contains(['*', '?', '$', ':']) {
            return Err(refused());
        }
        Ok(Self::from(&prefix))
    }
}

impl fmt::Display for RightsPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_whole() { "*" } else { &self.0 })
    }
}

impl FromStr for RolePreset {
    type Err = UnknownPreset;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|preset| preset.name() == text);
        found.ok_or_else(|| UnknownPreset(text.chars().take(40).collect()))
    }
}

impl RoleName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RoleName {
    type Err = InvalidRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=40).contains(&text.len()) && text.bytes().all(is_plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidRole::Name(text.chars().take(60).collect()))
        }
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
