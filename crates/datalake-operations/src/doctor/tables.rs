//! Tables in the buckets of the spec, and whether their commits hold there.

use datalake_core::doctor::{Examination, Look, TablesBucket, TablesEvidence};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, FoundTables, KeyPrefix, Versioning};
use datalake_core::spec::{StoreSpec, TablesPlace};
use datalake_core::tables::LostSearch;
use datalake_engine::{
    ConditionProbe, Lake, TablePlace, find_tables, probe_conditional_put, search_lost_commits,
};

/// So many pages of versions are looked at in the logs of one bucket.
const PAGES: usize = 64;

/// Whose tables are looked at.
pub(super) struct TablesQuestion<'a> {
    pub(super) spec: &'a StoreSpec,
    /// The bucket of the assets.
    pub(super) assets: &'a BucketName,
    /// The service, asked once.
    pub(super) once: &'a dyn Lake,
    /// The service, asked again where that can help.
    pub(super) lake: &'a dyn Lake,
}

/// A bucket, and where in it is tried out.
struct LookedBucket<'a> {
    bucket: &'a BucketName,
    prefix: &'a KeyPrefix,
    is_for_tables: bool,
}

/// Looks at each bucket of the spec that there is.
pub(super) async fn examine_tables(
    question: &TablesQuestion<'_>,
    random: u64,
    seen: &mut Examination,
) {
    let TablesQuestion { spec, assets, lake, .. } = *question;
    let place = spec.tables.as_ref();
    let of_tables = place.and_then(TablesPlace::prefix);
    let mut looked = vec![LookedBucket {
        bucket: assets,
        prefix: of_tables.unwrap_or(&spec.prefix),
        is_for_tables: of_tables.is_some(),
    }];
    let root = KeyPrefix::default();
    if let Some(own) = place.and_then(TablesPlace::own_bucket) {
        match lake.head_bucket(own).await {
            Ok(()) => {
                looked.push(LookedBucket { bucket: own, prefix: &root, is_for_tables: true });
            }
            // That a bucket of the spec is not there is a finding of its own.
            Err(fault) if fault.kind == FaultKind::Absent => (),
            Err(fault) => {
                seen.tables = TablesEvidence { buckets: Look::Unknown(fault), place: None };
                return;
            }
        }
    }
    let mut buckets = Vec::new();
    for (number, bucket) in (0..).zip(&looked) {
        buckets.push(question.examine_bucket(bucket, random ^ number).await);
    }
    let place = place.map(|place| place.bucket(assets).to_string());
    seen.tables = TablesEvidence { buckets: Look::Saw(buckets), place };
}

impl TablesQuestion<'_> {
    async fn examine_bucket(&self, looked: &LookedBucket<'_>, random: u64) -> TablesBucket {
        let LookedBucket { bucket, prefix, is_for_tables } = *looked;
        let versioning = self.lake.versioning(bucket).await;
        let probe = ConditionProbe::usual(bucket, prefix, random);
        let conditional = probe_conditional_put(self.once, &probe).await;
        let found = find_tables(self.lake, bucket, "").await;
        let lost = match (&versioning, &found) {
            (Ok(versioning), Ok(found)) => self.search_lost(bucket, *versioning, found).await,
            (Err(fault), _) | (_, Err(fault)) => Err(fault.clone()),
        };
        TablesBucket {
            bucket: bucket.to_string(),
            is_for_tables,
            prefix: prefix.to_string(),
            lifecycle: self.lake.lifecycle(bucket).await.into(),
            versioning: versioning.into(),
            conditional: conditional.into(),
            found: found.into(),
            lost: lost.into(),
        }
    }

    async fn search_lost(
        &self,
        bucket: &BucketName,
        versioning: Versioning,
        found: &FoundTables,
    ) -> Result<LostSearch, Fault> {
        let places: Vec<_> = found.tables.iter().map(TablePlace::from).collect();
        if versioning == Versioning::Never {
            // Nothing that was overwritten is left to be found.
            return Ok(LostSearch { tables: places.len() as u64, ..LostSearch::default() });
        }
        search_lost_commits(self.lake, bucket, &places, PAGES).await
    }
}
