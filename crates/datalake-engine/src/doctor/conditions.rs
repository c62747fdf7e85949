//! Puts that ask for nothing to be there, tried out by several writers at once.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, ConditionalPuts, KeyPrefix, Versioning};
use futures::future::join_all;

use crate::objects::{
    AnyKey, Attributes, Lake, ListAsk, NewObject, Payload, Precondition, VersionEntry, VersionPages,
};
use crate::ports::VersionId;

/// Where conditional puts are tried out, and how.
#[derive(Debug, Clone, Copy)]
pub struct ConditionProbe<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// What the keys begin with.
    pub prefix: &'a KeyPrefix,
    /// A number that no other probe has in its names.
    pub random: u64,
    /// So many write one new key at once.
    pub writers: u32,
    /// So many keys are written.
    pub rounds: u32,
}

impl<'a> ConditionProbe<'a> {
    /// A probe by 8 writers in 5 rounds: where two of 8 get through now and then, that many rounds
    /// show it.
    #[must_use]
    pub fn usual(bucket: &'a BucketName, prefix: &'a KeyPrefix, random: u64) -> Self {
        Self { bucket, prefix, random, writers: 8, rounds: 5 }
    }
}

/// Objects of a probe, and how they are taken away.
struct ProbedBucket<'a> {
    probe: &'a ConditionProbe<'a>,
    lake: &'a dyn Lake,
    versioning: Option<Versioning>,
}

/// What came of one round.
struct ProbeRound {
    /// So many were told that theirs is stored.
    winners: u32,
    /// What one of them was told that was neither stored nor refused.
    unclear: Option<Fault>,
}

/// Has writers put new keys at one time, each asking for nothing to be there, and tells how many of
/// them the service lets through. `lake` is asked once. Nothing is left behind: versions and delete
/// markers are removed by their ids, also where the probe ends early.
///
/// # Errors
///
/// A [`Fault`] where the service does not answer such that it could be told, or what was put could
/// not be removed.
pub async fn probe_conditional_put(
    lake: &dyn Lake,
    probe: &ConditionProbe<'_>,
) -> Result<ConditionalPuts, Fault> {
    let versioning = match lake.versioning(probe.bucket).await {
        Ok(versioning) => Some(versioning),
        // A key that may write may still not be allowed to ask; a service may have no versions.
        Err(fault) if matches!(fault.kind, FaultKind::Denied | FaultKind::Unsupported) => None,
        Err(fault) => return Err(fault),
    };
    let probed = ProbedBucket { probe, lake, versioning };
    match probed.try_one_after_the_other().await? {
        Some(puts) => Ok(puts),
        None => probed.try_at_once().await,
    }
}

impl ProbedBucket<'_> {
    /// What is known already when one put follows another one.
    async fn try_one_after_the_other(&self) -> Result<Option<ConditionalPuts>, Fault> {
        let key = self.key("first")?;
        let outcome = match self.put(&key, 0, &Precondition::None).await {
            Err(fault) => Err(fault),
            Ok(_) => match self.put(&key, 1, &Precondition::Absent).await {
                Ok(_) => Ok(Some(ConditionalPuts::Ignored)),
                Err(fault) => match fault.kind {
                    FaultKind::Disturbed => Ok(None),
                    FaultKind::Unsupported => Ok(Some(ConditionalPuts::Unsupported)),
                    _ => Err(fault),
                },
            },
        };
        let removed = self.remove(&key).await;
        let outcome = outcome?;
        removed.map(|()| outcome)
    }

    async fn try_at_once(&self) -> Result<ConditionalPuts, Fault> {
        let (mut most, mut unclear) = (0, None);
        for round in 0..self.probe.rounds {
            let key = self.key(&round.to_string())?;
            let ended = self.try_key(&key).await;
            self.remove(&key).await?;
            most = most.max(ended.winners);
            unclear = unclear.or(ended.unclear);
        }
        match unclear {
            _ if most > 1 => Ok(ConditionalPuts::Raced(most)),
            Some(fault) => Err(fault),
            None => Ok(ConditionalPuts::Held),
        }
    }

    async fn try_key(&self, key: &AnyKey) -> ProbeRound {
        let puts = (0..self.probe.writers)
            .map(|writer| async move { self.put(key, writer, &Precondition::Absent).await });
        let mut round = ProbeRound { winners: 0, unclear: None };
        let mut refusal = None;
        for put in join_all(puts).await {
            match put {
                Ok(_) => round.winners += 1,
                // Refused, or asked to come again since another one is at it.
                Err(fault)
                    if matches!(fault.kind, FaultKind::Disturbed | FaultKind::Unavailable) =>
                {
                    refusal = Some(fault);
                }
                Err(fault) => round.unclear = Some(fault),
            }
        }
        if round.winners == 0 {
            round.unclear = round.unclear.or(refusal);
        }
        round
    }

    fn key(&self, part: &str) -> Result<AnyKey, Fault> {
        let name = format!(".datalake-probe-{:016x}-{part}", self.probe.random);
        let key = self.probe.prefix.key(&name);
        let key = key.map_err(|error| Fault::new(FaultKind::Refused, error.to_string()))?;
        Ok(AnyKey::from(&key))
    }

    async fn put(
        &self,
        key: &AnyKey,
        writer: u32,
        when: &Precondition,
    ) -> Result<Option<VersionId>, Fault> {
        let payload = Payload::of(format!("writer {writer}").into_bytes());
        let object = NewObject {
            bucket: self.probe.bucket,
            key,
            payload: &payload,
            attributes: &Attributes::NONE,
            when,
        };
        Ok(self.lake.put(&object).await?.version)
    }

    /// Removes all that was put under a key.
    async fn remove(&self, key: &AnyKey) -> Result<(), Fault> {
        let bucket = self.probe.bucket;
        if self.versioning == Some(Versioning::Never) {
            return self.lake.delete(bucket, key, None).await.map(drop);
        }
        match self.list_versions(key).await {
            Ok(versions) => {
                for version in versions {
                    self.lake.delete(bucket, key, Some(&version.version)).await?;
                }
                Ok(())
            }
            Err(fault) if fault.kind == FaultKind::Unsupported => {
                self.lake.delete(bucket, key, None).await.map(drop)
            }
            Err(fault) => Err(fault),
        }
    }

    async fn list_versions(&self, key: &AnyKey) -> Result<Vec<VersionEntry>, Fault> {
        let (mut pages, mut versions) = (
            VersionPages::new(self.lake, self.probe.bucket, ListAsk::below(key.as_str())),
            Vec::new(),
        );
        while let Some(page) = pages.next().await? {
            versions.extend(page.versions.into_iter().filter(|version| version.key == *key));
        }
        Ok(versions)
    }
}
