//! The requests of a proof, sent.

use std::collections::BTreeSet;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::policy::{NewPolicy, RoleTrials, TrialRequest, TrialVerdict};
use datalake_core::s3::BucketName;
use datalake_engine::{
    AnyKey, Attributes, Lake, ListAsk, NewObject, ObjectSource, PartNumber, Payload, Precondition,
    UploadPages, VersionId, VersionPages,
};

use super::TrialReport;

/// A key that is tried out in a bucket, beside the bucket's own.
pub(super) struct Trying<'a> {
    pub(super) bucket: &'a BucketName,
    /// The bucket's own key.
    pub(super) own: &'a dyn Lake,
    /// The key that is tried out; asked once, so that a refusal is one.
    pub(super) tried: &'a dyn Lake,
    pub(super) trials: &'a RoleTrials,
}

impl Trying<'_> {
    /// Stores what has to be there.
    pub(super) async fn store_seeds(&self) -> Result<(), Fault> {
        for seed in &self.trials.seeds {
            put_probe(self.own, self.bucket, seed).await?;
        }
        Ok(())
    }

    /// Sends each request once, but those that change the policy.
    pub(super) async fn try_round(&self) -> Vec<TrialReport> {
        let mut reports = Vec::new();
        for trial in &self.trials.trials {
            if !trial.request.changes_policy() {
                let found = judge_answer(self.send_request(&trial.request).await);
                reports.push(report_trial(&trial.request.to_string(), trial.expected, found));
            }
        }
        for shared in &self.trials.shared {
            let found = judge_answer(self.read_as(self.own, shared).await);
            let request = format!("GetObject {shared} by the bucket's own key");
            reports.push(report_trial(&request, TrialVerdict::Allowed, found));
        }
        reports
    }

    /// Whether the tried key can change the policy: it tries to store the very one that is there. One that
    /// was refused that tries to remove it.
    pub(super) async fn try_policy_changes(&self, policy: &NewPolicy) -> Vec<TrialReport> {
        let mut reports = Vec::new();
        for (request, change) in
            [(TrialRequest::StorePolicy, Some(policy)), (TrialRequest::RemovePolicy, None)]
        {
            let found = judge_answer(self.tried.set_policy(self.bucket, change).await);
            let report = report_trial(&request.to_string(), TrialVerdict::Refused, found);
            let is_held = report.holds;
            reports.push(report);
            if !is_held {
                break;
            }
        }
        reports
    }

    async fn send_request(&self, request: &TrialRequest) -> Result<(), Fault> {
        let (bucket, tried) = (self.bucket, self.tried);
        let ask = |prefix: &str| ListAsk { page_size: 2, ..ListAsk::below(prefix) };
        match request {
            TrialRequest::List(prefix) => {
                let ask = ask(prefix.as_deref().unwrap_or_default());
                tried.list(bucket, &ask, None).await.map(drop)
            }
            TrialRequest::ListVersions => {
                tried.list_versions(bucket, &ask(""), None).await.map(drop)
            }
            TrialRequest::Read(key) => self.read_as(tried, key).await,
            TrialRequest::Store(key) => put_probe(tried, bucket, key).await,
            TrialRequest::Delete(key) => {
                tried.delete(bucket, &name_key(key)?, None).await.map(drop)
            }
            TrialRequest::DeleteVersion(key) => {
                let version = VersionId("null".to_owned());
                tried.delete(bucket, &name_key(key)?, Some(&version)).await.map(drop)
            }
            TrialRequest::CopyPart { from, to } => self.copy_part(from, to).await,
            TrialRequest::ReadPolicy | TrialRequest::StorePolicy | TrialRequest::RemovePolicy => {
                tried.policy(bucket).await.map(drop)
            }
        }
    }

    async fn read_as(&self, lake: &dyn Lake, key: &str) -> Result<(), Fault> {
        lake.get(&self.find_source(key)?, None).await.map(drop)
    }

    fn find_source(&self, key: &str) -> Result<ObjectSource, Fault> {
        Ok(ObjectSource::current(self.bucket, &name_key(key)?))
    }

    /// An upload that cannot be begun tells nothing of the copy.
    async fn copy_part(&self, from: &str, to: &str) -> Result<(), Fault> {
        let (bucket, tried) = (self.bucket, self.tried);
        let begun = tried.begin_upload(bucket, &name_key(to)?, &Attributes::NONE).await;
        let upload = begun.map_err(|fault| {
            Fault::new(FaultKind::Unproved, format!("the upload cannot be begun: {fault}"))
        })?;
        let source = self.find_source(from)?;
        let copied = tried.copy_part(&upload, PartNumber::FIRST, (&source, None)).await;
        // What stays is found by the sweep.
        let _ = self.own.abort_upload(&upload).await;
        copied.map(drop)
    }

    /// Removes all probe objects, with their versions and uploads.
    pub(super) async fn sweep_objects(&self) -> Result<(), Fault> {
        for name in self.list_probes() {
            sweep_below(self.own, self.bucket, &name).await?;
        }
        Ok(())
    }

    /// What the names of all probe objects begin with, each once.
    fn list_probes(&self) -> Vec<String> {
        let named = self.trials.trials.iter().filter_map(|trial| match &trial.request {
            TrialRequest::Store(key)
            | TrialRequest::Delete(key)
            | TrialRequest::DeleteVersion(key) => Some(key.clone()),
            TrialRequest::CopyPart { to, .. } => Some(to.clone()),
            TrialRequest::List(_)
            | TrialRequest::ListVersions
            | TrialRequest::Read(_)
            | TrialRequest::ReadPolicy
            | TrialRequest::StorePolicy
            | TrialRequest::RemovePolicy => None,
        });
        let all: BTreeSet<_> = self.trials.seeds.iter().cloned().chain(named).collect();
        all.into_iter().collect()
    }
}

async fn sweep_below(lake: &dyn Lake, bucket: &BucketName, name: &str) -> Result<(), Fault> {
    let mut versions = VersionPages::new(lake, bucket, ListAsk::below(name));
    while let Some(page) = versions.next().await? {
        for entry in page.versions {
            lake.delete(bucket, &entry.key, Some(&entry.version)).await?;
        }
    }
    let mut uploads = UploadPages::new(lake, bucket, ListAsk::below(name));
    while let Some(page) = uploads.next().await? {
        for (upload, _) in page.uploads {
            lake.abort_upload(&upload).await?;
        }
    }
    Ok(())
}

async fn put_probe(lake: &dyn Lake, bucket: &BucketName, key: &str) -> Result<(), Fault> {
    let payload = Payload::of("datalake was here\n");
    let object = NewObject {
        bucket,
        key: &name_key(key)?,
        payload: &payload,
        attributes: &Attributes::NONE,
        when: &Precondition::None,
    };
    lake.put(&object).await.map(drop)
}

fn name_key(text: &str) -> Result<AnyKey, Fault> {
    let invalid = |_| Fault::new(FaultKind::UnfitName, text);
    AnyKey::try_from(text).map_err(invalid)
}

/// What has become of a request; any other fault tells nothing of the permission.
fn judge_answer(answer: Result<(), Fault>) -> Result<TrialVerdict, Fault> {
    match answer {
        Ok(()) => Ok(TrialVerdict::Allowed),
        Err(fault) if fault.kind == FaultKind::Denied => Ok(TrialVerdict::Refused),
        Err(fault) => Err(fault),
    }
}

fn report_trial(
    request: &str,
    expected: TrialVerdict,
    found: Result<TrialVerdict, Fault>,
) -> TrialReport {
    let holds = match &found {
        Ok(found) => expected == TrialVerdict::Either || *found == expected,
        Err(_) => false,
    };
    TrialReport {
        request: request.to_owned(),
        expected: expected.to_string(),
        found: found.map_or_else(|fault| fault.to_string(), |verdict| verdict.to_string()),
        holds,
    }
}
