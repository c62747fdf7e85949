//! Whether the key pair works, and whether another one could take its place.

use std::fmt;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::policy::ProjectId;
use datalake_core::rotation::{
    KeyTrouble, SeenBucket, SeenKey, find_key_troubles, find_new_key_troubles,
};
use datalake_core::s3::BucketName;
use datalake_core::secret::Credentials;
use datalake_core::text::printable;
use datalake_engine::ObjectStore;
use schemars::JsonSchema;
use serde::Serialize;

use super::KeyAgeReport;

/// A key pair, and the service as it sees it.
#[derive(Clone, Copy)]
pub struct KeySide<'a> {
    /// The pair.
    pub keys: &'a Credentials,
    /// The service, asked again where that can help.
    pub store: &'a dyn ObjectStore,
}

/// Whether the key pair works, and whether another one could take its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeyCheckReport {
    /// The spec's pair.
    pub present: CheckedKey,
    /// The pair that is to take its place; `null` where none was given.
    pub new: Option<CheckedKey>,
    /// How old the pair is that containers are given; `null` on a machine that is not the host.
    pub stored: Option<KeyAgeReport>,
    /// What is wrong, in sentences; nothing where all is well.
    pub troubles: Vec<String>,
}

/// A key as the service sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckedKey {
    /// The access key id.
    pub key: String,
    /// Its project; `null` where the service does not tell.
    pub project: Option<String>,
    /// The buckets of the spec that it may use.
    pub buckets: Vec<String>,
}

impl KeySide<'_> {
    /// Asks the service for the key's project, and whether it may use these buckets. A pair that the
    /// service does not take is not asked with again.
    pub async fn ask_service(&self, buckets: &[BucketName]) -> SeenKey {
        let key = self.keys.id.clone();
        let project = self.find_project().await;
        let mut seen = SeenKey { key, project, buckets: Vec::new() };
        if seen.project.is_ok() {
            for bucket in buckets {
                let answer = self.store.head_bucket(bucket).await;
                seen.buckets.push(SeenBucket { bucket: bucket.clone(), answer });
            }
        }
        seen
    }

    /// The project of the key, by a signed list of buckets.
    pub(super) async fn find_project(&self) -> Result<ProjectId, Fault> {
        let unknown = |detail: String| Fault::new(FaultKind::Unreadable, detail);
        let owner = self.store.reach().await?.owner;
        let owner =
            owner.ok_or_else(|| unknown("it does not tell the key's project".to_owned()))?;
        owner.parse().map_err(|_| unknown(format!("it names the owner `{}`", printable(&owner))))
    }
}

impl KeyCheckReport {
    /// What was seen, judged.
    #[must_use]
    pub fn judge_keys(
        present: &SeenKey,
        new: Option<&SeenKey>,
        stored: Option<KeyAgeReport>,
    ) -> Self {
        let mut troubles = find_key_troubles(present);
        let stored_key = stored.as_ref().and_then(|stored| stored.key.clone());
        if let Some(stored) = stored_key.filter(|stored| *stored != present.key) {
            let present = present.key.clone();
            troubles.push(KeyTrouble::OtherStored { stored, present });
        }
        troubles.extend(new.map(|new| find_new_key_troubles(present, new)).unwrap_or_default());
        Self {
            present: CheckedKey::from(present),
            new: new.map(CheckedKey::from),
            stored,
            troubles: troubles.iter().map(ToString::to_string).collect(),
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.troubles.is_empty()
    }
}

impl From<&SeenKey> for CheckedKey {
    fn from(seen: &SeenKey) -> Self {
        let used = seen.buckets.iter().filter(|it| it.answer.is_ok());
        Self {
            key: seen.key.to_string(),
            project: seen.project.as_ref().ok().map(ToString::to_string),
            buckets: used.map(|it| it.bucket.to_string()).collect(),
        }
    }
}

impl fmt::Display for KeyCheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Present key: {}", self.present)?;
        if let Some(new) = &self.new {
            write!(f, "New key:     {new}")?;
        }
        if let Some(stored) = &self.stored {
            write!(f, "Containers:  {stored}")?;
        }
        for trouble in &self.troubles {
            writeln!(f, "wrong: {}", printable(trouble))?;
        }
        if self.is_well() && self.new.is_some() {
            writeln!(f, "The new key can take the place of the present one.")?;
        }
        Ok(())
    }
}

impl fmt::Display for CheckedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let project = self.project.as_deref().unwrap_or("an unknown project");
        let buckets = match self.buckets.as_slice() {
            [] => "no bucket of the spec".to_owned(),
            buckets => buckets.join(", "),
        };
        writeln!(f, "{} of {}, may use {}", printable(&self.key), printable(project), buckets)
    }
}
