//! Promises of a bucket's settings.

use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_core::s3::{BucketName, PublicAccessBlock, Versioning};

use super::{Checked, LakeSuite, Nonconformity, expect_condition, expect_done, expect_same};
use crate::{BucketLock, Cors, CorsMethod, CorsRule, LockMode, LockPeriod, Retention};

impl LakeSuite<'_> {
    pub(super) async fn check_settings(&self) -> Checked {
        expect_done("a location can be asked for", self.lake.location(self.bucket).await)?;
        self.cors_reads_back().await?;
        self.policy_reads_back().await?;
        self.public_access_reads_back().await?;
        self.locks_read_back().await
    }

    async fn cors_reads_back(&self) -> Checked {
        let (lake, bucket) = (self.lake, self.bucket);
        let strict = CorsRule {
            id: Some("strict".to_owned()),
            origins: vec!["https://example.com".to_owned()],
            methods: vec![CorsMethod::Get, CorsMethod::Put],
            headers: vec!["*".to_owned()],
            exposed: vec!["ETag".to_owned()],
            max_age: Some(3000),
        };
        let open = CorsRule {
            id: Some("open".to_owned()),
            origins: vec!["*".to_owned()],
            methods: vec![CorsMethod::Get],
            ..CorsRule::default()
        };
        let none = Cors::default();
        expect_same(
            "a new bucket has no rules",
            &expect_done("rules can be read", lake.cors(bucket).await)?,
            &none,
        )?;
        for cors in [Cors(vec![strict.clone(), open.clone()]), Cors(vec![open]), none] {
            for _ in 0..2 {
                expect_done(
                    "rules can be set again and again",
                    lake.set_cors(bucket, &cors).await,
                )?;
                let read = expect_done("rules can be read", lake.cors(bucket).await)?;
                expect_same(
                    "the rules are those set last",
                    &order_rules(&read),
                    &order_rules(&cors),
                )?;
            }
        }
        Ok(())
    }

    async fn policy_reads_back(&self) -> Checked {
        let (lake, bucket) = (self.lake, self.bucket);
        let none = expect_done("a policy can be read", lake.policy(bucket).await)?;
        expect_same("a new bucket has no policy", &none, &None)?;
        let policy = format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\
             \"Principal\":{{\"AWS\":[\"*\"]}},\"Action\":[\"s3:GetObject\"],\
             \"Resource\":[\"arn:aws:s3:::{bucket}/public/*\"]}}]}}"
        );
        let text = PolicyText::new(policy.clone());
        let new = NewPolicy { text, binds_owner: false };
        expect_done("a policy can be set", lake.set_policy(bucket, Some(&new)).await)?;
        let read = expect_done("a policy can be read", lake.policy(bucket).await)?;
        let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        let found = read.as_ref().and_then(|text| json(text.as_str()));
        expect_condition("the policy is the one set last", found == json(&policy), &read)?;
        for _ in 0..2 {
            expect_done("a policy can be removed, twice too", lake.set_policy(bucket, None).await)?;
            let read = expect_done("a policy can be read", lake.policy(bucket).await)?;
            expect_same("a removed policy is gone", &read, &None)?;
        }
        Ok(())
    }

    async fn public_access_reads_back(&self) -> Checked {
        let (lake, bucket) = (self.lake, self.bucket);
        let acls = PublicAccessBlock::default().against_acls();
        for block in [acls, acls, PublicAccessBlock::default()] {
            let set = lake.set_public_access(bucket, block).await;
            expect_done("a public access block can be set and removed", set)?;
            let read = lake.public_access(bucket).await;
            let read = expect_done("a public access block can be read", read)?;
            expect_same("the public access block is the one set last", &read, &block)?;
        }
        Ok(())
    }

    async fn locks_read_back(&self) -> Checked {
        let (lake, bucket) = (self.lake, self.bucket);
        let lock = expect_done("the lock can be read", lake.lock(bucket).await)?;
        expect_same("a plain bucket offers no locks", &lock, &BucketLock::Never)?;
        let set = lake.set_lock(bucket, None).await;
        expect_condition("a plain bucket takes no locks", set.is_err(), &set)?;

        let locked: BucketName = format!("{bucket}-locked").parse().map_err(|_| Nonconformity {
            promise: "the suite's names are names",
            found: bucket.to_string(),
        })?;
        let created = lake.create_locked_bucket(&locked).await;
        expect_done("a bucket with locks can be created", created)?;
        let versioning = expect_done("versioning can be read", lake.versioning(&locked).await)?;
        expect_same("a bucket with locks keeps versions", &versioning, &Versioning::Enabled)?;
        let day = Retention { mode: LockMode::Governance, period: LockPeriod::Days(1) };
        let year = Retention { mode: LockMode::Compliance, period: LockPeriod::Years(1) };
        for retention in [Some(day), Some(year), None] {
            expect_done("the lock can be set", lake.set_lock(&locked, retention).await)?;
            let read = expect_done("the lock can be read", lake.lock(&locked).await)?;
            expect_same("the lock is the one set last", &read, &BucketLock::Offered(retention))?;
        }
        expect_done("an empty bucket can be deleted", lake.delete_bucket(&locked).await)
    }
}

/// Rules without the order inside them, which services do not keep.
fn order_rules(cors: &Cors) -> Vec<CorsRule> {
    let sorted = |rule: &CorsRule| {
        let mut rule = rule.clone();
        rule.methods.sort_unstable();
        rule.origins.sort_unstable();
        rule.headers.sort_unstable();
        rule.exposed.sort_unstable();
        rule
    };
    cors.0.iter().map(sorted).collect()
}
