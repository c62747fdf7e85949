//! Policies that act a minute late, as Hetzner's do: proofs on simulated time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::policy::{NewPolicy, PolicyText, ProofPace};
use datalake_core::secret::Credentials;
use datalake_core::spec::{SpecDocument, StoreSpec};
use datalake_core::time::Timestamp;
use datalake_engine::{Clock, ObjectStore as _};
use datalake_operations::access::{
    AccessGoal, AccessProofReport, AccessProver, RestrictedKey, RoleStanding, plan_access,
};
use datalake_operations::lake::BucketClient;
use datalake_s3::S3Store;
use datalake_sim::Quirk;

use super::applied::name_bucket;
use crate::support::{KEY, KeyPair, OTHER_KEY, SECOND_KEY, Service};

/// Time that goes by only where somebody waits, for the service too.
struct SimulatedClock<'a> {
    service: &'a Service,
    slept: AtomicU64,
}

#[async_trait]
impl Clock for SimulatedClock<'_> {
    fn now(&self) -> Timestamp {
        let slept = self.slept.load(Ordering::Relaxed) / 1000;
        Timestamp::from_unix(1_764_000_000 + i64::try_from(slept).unwrap()).unwrap()
    }

    async fn sleep(&self, length: Duration) {
        self.service.advance_by(length);
        let length = u64::try_from(length.as_millis()).unwrap();
        self.slept.fetch_add(length, Ordering::Relaxed);
    }

    fn random(&self) -> u64 {
        7
    }
}

fn open_store(service: &Service, key: KeyPair) -> S3Store {
    let keys = Credentials::pair(key.id.parse().unwrap(), key.secret.parse().unwrap());
    let endpoint = service.endpoint().parse().unwrap();
    S3Store::new(&endpoint, &"fsn1".parse().unwrap(), &keys).unwrap()
}

/// A role of one of the two keys, and how its policy is stored.
struct StoredRole {
    key: KeyPair,
    role: serde_json::Value,
    binds_owner: bool,
    /// Seconds until it acts.
    delay: u64,
    quirks: &'static [Quirk],
}

impl StoredRole {
    /// The worker's of another project.
    fn of_worker(delay: u64) -> Self {
        let role =
            serde_json::json!({ "project": "p22", "key": OTHER_KEY.id, "as": "modal-worker" });
        Self { key: OTHER_KEY, role, binds_owner: false, delay, quirks: &[] }
    }

    /// A guard of the bucket's own project, on a gateway like Ceph 20's.
    fn of_guard(binds_owner: bool) -> Self {
        let role = serde_json::json!({
            "project": "p11", "key": SECOND_KEY.id, "read": ["raw"], "list": ["raw"],
        });
        Self { key: SECOND_KEY, role, binds_owner, delay: 50, quirks: &[Quirk::OwnerKeepsPolicy] }
    }

    fn read_spec(&self) -> StoreSpec {
        let document: SpecDocument = serde_json::from_value(serde_json::json!({
            "region": "fsn1", "bucket": "acme-dagster-assets", "access": { "role": self.role },
        }))
        .unwrap();
        document.check_store().unwrap()
    }

    fn start_service(&self) -> Service {
        Service::with(|mut config| {
            config.quirks.policy_delay = Duration::from_secs(self.delay);
            config.quirks.bucket_delay = Duration::ZERO;
            config.quirks.on.extend(self.quirks);
            config
        })
    }

    /// Stores a policy and proves it at Hetzner's pace; `change` makes of the right document the one that
    /// is stored.
    fn prove_late(&self, change: impl FnOnce(String) -> String) -> AccessProofReport {
        let (service, spec) = (self.start_service(), self.read_spec());
        let (own, tried) = (open_store(&service, KEY), open_store(&service, self.key));
        let clock = SimulatedClock { service: &service, slept: AtomicU64::new(0) };
        let client = BucketClient { store: &own, spec: &spec, clock: &clock };
        let (acting, id) = (KEY.id.parse().unwrap(), self.key.id.parse().unwrap());
        service.block_on(async {
            own.create_bucket(&name_bucket()).await.unwrap();
            let planned = plan_access(&client, &acting, AccessGoal::Spec).await.unwrap();
            let text = PolicyText::new(change(planned.report.buckets[0].document.clone()));
            let policy = NewPolicy { text, binds_owner: self.binds_owner };
            own.set_policy(&name_bucket(), Some(&policy)).await.unwrap();
            let keys = [RestrictedKey { id: &id, lake: &tried }];
            let (pace, tell) = (ProofPace::HETZNER, |_: &str| ());
            let prover = AccessProver {
                client,
                acting: &acting,
                keys: &keys,
                pace,
                tell: &tell,
                is_stopped: &|| false,
            };
            prover.prove_policies().await.unwrap()
        })
    }
}

#[test]
fn the_proof_waits_for_a_policy_that_comes_late() {
    for delay in [50, 55, 60] {
        let report = StoredRole::of_worker(delay).prove_late(|document| document);

        let bucket = &report.buckets[0];
        assert_eq!(bucket.roles[0].standing, RoleStanding::Proved, "{report}");
        assert!(bucket.seconds >= delay + 60, "green after {} s of {delay}", bucket.seconds);
    }
}

#[test]
fn a_not_action_that_enforces_nothing_is_never_green() {
    // Everything is granted, and all but reading is meant to be denied.
    let report = StoredRole::of_worker(55).prove_late(|_| {
        let resources = r#""Resource": ["arn:aws:s3:::acme-dagster-assets", "arn:aws:s3:::acme-dagster-assets/*"]"#;
        let who = format!(r#""Principal": {{"AWS": "arn:aws:iam:::user/p22:{}"}}"#, OTHER_KEY.id);
        format!(
            r#"{{"Statement": [{{"Effect": "Allow", {who}, "Action": "s3:*", {resources}}},
                {{"Effect": "Deny", {who}, "NotAction": "s3:GetObject", {resources}}}]}}"#
        )
    });

    let bucket = &report.buckets[0];
    assert_eq!(bucket.roles[0].standing, RoleStanding::Failed, "{report}");
    assert!(bucket.seconds >= 360, "given up after {} s", bucket.seconds);
}

#[test]
fn on_20_a_guard_holds_only_where_it_was_stored_with_the_header() {
    let bare = StoredRole::of_guard(false).prove_late(|document| document);
    assert_eq!(bare.buckets[0].roles[0].standing, RoleStanding::Failed, "{bare}");
    assert!(bare.to_string().contains("GetBucketPolicy: allowed, and should be refused"), "{bare}");

    let bound = StoredRole::of_guard(true).prove_late(|document| document);
    assert_eq!(bound.buckets[0].roles[0].standing, RoleStanding::Proved, "{bound}");
    assert!(bound.buckets[0].seconds >= 110, "{bound}");
}
