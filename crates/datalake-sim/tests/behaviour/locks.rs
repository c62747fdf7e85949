use crate::lake::{Lake, refused};

/// A lake with the locked bucket `vault`.
async fn vault() -> Lake {
    let lake = Lake::hetzner().await;
    let created = lake.put("/vault").header("x-amz-bucket-object-lock-enabled", "true").go().await;
    assert_eq!(created.status, 200);
    lake.settle();
    lake
}

async fn default_retention(lake: &Lake, mode: &str) {
    let body = format!(
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>\
         <Mode>{mode}</Mode><Days>10</Days></DefaultRetention></Rule></ObjectLockConfiguration>"
    );
    assert_eq!(lake.put("/vault?object-lock").body(body).go().await.status, 200);
}

#[tokio::test]
async fn a_locked_version_stays_until_its_time_is_over() {
    let lake = vault().await;
    default_retention(&lake, "COMPLIANCE").await;
    let version = lake.put_version("/vault/key", "x").await;
    let path = format!("/vault/key?versionId={version}");

    let early = lake.delete(&path).header("x-amz-bypass-governance-retention", "true").go().await;
    let hidden = lake.delete("/vault/key").go().await;
    lake.advance_days(11);
    let afterwards = lake.delete(&path).go().await;

    assert_eq!(early.refusal(), refused(403, "AccessDenied"));
    assert_eq!((hidden.status, afterwards.status), (204, 204));
}

#[tokio::test]
async fn a_governance_lock_gives_way_to_those_who_say_so() {
    let lake = vault().await;
    default_retention(&lake, "GOVERNANCE").await;
    let version = lake.put_version("/vault/key", "x").await;
    let path = format!("/vault/key?versionId={version}");

    let silent = lake.delete(&path).go().await;
    let outspoken =
        lake.delete(&path).header("x-amz-bypass-governance-retention", "true").go().await;

    assert_eq!((silent.status, outspoken.status), (403, 204));
}

#[tokio::test]
async fn a_legal_hold_has_no_end() {
    let lake = vault().await;
    let version = lake.put_version("/vault/key", "x").await;
    let hold = |status: &str| format!("<LegalHold><Status>{status}</Status></LegalHold>");
    let delete = || lake.delete(&format!("/vault/key?versionId={version}"));

    lake.put("/vault/key?legal-hold").body(hold("ON")).go().await;
    lake.advance_days(1000);
    let kept = delete().go().await.status;
    lake.put("/vault/key?legal-hold").body(hold("OFF")).go().await;

    assert_eq!((kept, delete().go().await.status), (403, 204));
}

#[tokio::test]
async fn a_compliance_lock_is_only_made_longer() {
    let lake = vault().await;
    let retention = |year: u32| {
        format!(
            "<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>{year}-01-01T00:00:00Z</RetainUntilDate></Retention>"
        )
    };
    lake.put("/vault/key").body("x").go().await;
    let put = |year| lake.put("/vault/key?retention").body(retention(year)).go();

    let (first, longer, shorter) = (put(2200).await, put(2300).await, put(2100).await);

    assert_eq!((first.status, longer.status), (200, 200));
    assert_eq!(shorter.refusal(), refused(403, "AccessDenied"));
}

#[tokio::test]
async fn a_locked_bucket_keeps_its_versions_and_another_has_no_lock() {
    let lake = vault().await;
    let suspend = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";

    let suspended = lake.put("/vault?versioning").body(suspend).go().await;
    let unlocked = lake.get("/lake?object-lock").go().await;

    assert_eq!(suspended.refusal(), refused(409, "InvalidBucketState"));
    assert_eq!(unlocked.refusal(), refused(404, "ObjectLockConfigurationNotFoundError"));
    assert_eq!(lake.get("/vault?versioning").go().await.element("Status"), "Enabled");
}
