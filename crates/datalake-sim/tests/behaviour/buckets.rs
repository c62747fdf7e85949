use std::time::Duration;

use datalake_sim::{Config, Quirk, SimKey};

use crate::lake::{Lake, foreign_key, refused};

#[tokio::test]
async fn a_new_bucket_comes_and_goes_before_it_stays() {
    let lake = Lake::hetzner().await;
    lake.put("/young").go().await;

    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(lake.head("/young").go().await.status);
    }
    lake.settle();

    assert_eq!(seen, [404, 200, 404, 200]);
    assert_eq!(lake.head("/young").go().await.status, 200);
}

#[tokio::test]
async fn an_own_bucket_exists_already_at_hetzner_and_is_fine_elsewhere() {
    let hetzner = Lake::hetzner().await;
    let plain = Lake::plain().await;

    assert_eq!(hetzner.put("/lake").go().await.refusal(), refused(409, "BucketAlreadyExists"));
    assert_eq!(plain.put("/lake").go().await.status, 200);
}

#[tokio::test]
async fn a_foreign_bucket_exists_and_cannot_be_entered() {
    let lake = Lake::with(|config| config.keys.push(foreign_key())).await;

    let create = lake.put("/lake").key(foreign_key()).go().await;
    let head = lake.head("/lake").key(foreign_key()).go().await;
    let list = lake.get("/lake").key(foreign_key()).go().await;

    assert_eq!(create.refusal(), refused(409, "BucketAlreadyExists"));
    assert_eq!(head.status, 403);
    assert_eq!(list.refusal(), refused(403, "AccessDenied"));
}

#[tokio::test]
async fn a_key_sees_the_buckets_of_its_project() {
    let lake = Lake::with(|config| config.keys.push(foreign_key())).await;
    lake.put("/other").key(foreign_key()).go().await;

    let answer = lake.get("/").key(foreign_key()).go().await;

    assert_eq!(answer.elements("Name"), ["other"]);
    assert_eq!(answer.element("ID"), "p2000002");
}

#[tokio::test]
async fn nobody_is_called_anonymous_and_owns_nothing() {
    let lake = Lake::hetzner().await;

    let answer = lake.get("/").anonymous().go().await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.element("ID"), "anonymous");
    assert!(answer.elements("Name").is_empty());
}

#[tokio::test]
async fn a_bucket_with_anything_in_it_is_not_deleted() {
    let lake = Lake::hetzner().await;
    let upload = lake.post("/lake/big?uploads").go().await.element("UploadId");

    let with_upload = lake.delete("/lake").go().await;
    lake.delete(&format!("/lake/big?uploadId={upload}")).go().await;
    lake.put("/lake/key").body("x").go().await;
    let with_object = lake.delete("/lake").go().await;
    lake.delete("/lake/key").go().await;
    let empty = lake.delete("/lake").go().await;

    assert_eq!(with_upload.refusal(), refused(409, "BucketNotEmpty"));
    assert_eq!(with_object.refusal(), refused(409, "BucketNotEmpty"));
    assert_eq!(empty.status, 204);
    assert_eq!(lake.head("/lake").go().await.status, 404);
}

#[tokio::test]
async fn errors_look_like_those_of_ceph() {
    let lake = Lake::hetzner().await;

    let missing_key = lake.get("/lake/nothing").go().await;
    let missing_bucket = lake.get("/nowhere").go().await;

    assert!(missing_key.text().contains("<Code>NoSuchKey</Code><Message></Message>"));
    assert!(missing_key.text().contains("<BucketName>lake</BucketName>"));
    assert_eq!(missing_bucket.element("Message"), "The specified bucket does not exist");
    let id = missing_key.header("x-amz-request-id").unwrap().to_owned();
    assert!(id.starts_with("tx") && id.ends_with("-fsn1-prod1-ceph5"), "{id}");
}

#[tokio::test]
async fn tagging_is_not_implemented_at_hetzner_and_works_elsewhere() {
    let tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
    let hetzner = Lake::hetzner().await;
    let plain = Lake::plain().await;

    let refusal = hetzner.put("/lake?tagging").body(tags).go().await;
    plain.put("/lake?tagging").body(tags).go().await;

    assert_eq!(refusal.refusal(), refused(501, "NotImplemented"));
    assert_eq!(plain.get("/lake?tagging").go().await.element("Value"), "b");
}

#[tokio::test]
async fn the_location_is_the_region_and_no_other_is_taken() {
    let lake = Lake::hetzner().await;
    let elsewhere = "<CreateBucketConfiguration><LocationConstraint>mars</LocationConstraint></CreateBucketConfiguration>";

    let refusal = lake.put("/far").body(elsewhere).go().await;

    assert_eq!(refusal.refusal(), refused(400, "InvalidLocationConstraint"));
    assert!(lake.get("/lake?location").go().await.text().contains(">fsn1<"));
}

#[tokio::test]
async fn cors_rules_come_back() {
    let lake = Lake::hetzner().await;
    let rules = "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>";

    assert_eq!(
        lake.get("/lake?cors").go().await.refusal(),
        refused(404, "NoSuchCORSConfiguration")
    );
    lake.put("/lake?cors").body(rules).go().await;

    assert_eq!(lake.get("/lake?cors").go().await.element("AllowedMethod"), "GET");
    assert_eq!(lake.delete("/lake?cors").go().await.status, 204);
}

#[tokio::test]
async fn more_requests_than_the_limit_are_answered_in_html() {
    let lake = Lake::with(|config| config.quirks.requests_per_second = Some(3)).await;

    let mut last = lake.head("/lake").go().await;
    for _ in 0..4 {
        last = lake.get("/lake").go().await;
        if last.status == 429 {
            break;
        }
    }

    assert_eq!(last.status, 429);
    assert_eq!(last.body.len(), 117);
    assert_eq!(last.header("content-type"), Some("text/html"));
}

#[test]
fn a_profile_can_be_changed() {
    let config = Config::hetzner("state");

    assert_eq!(config.keys[0].project, SimKey::sandbox().project);
    assert!(config.quirks.bucket_delay > Duration::ZERO);
    assert!(!config.quirks.has(Quirk::StrictRegion));
}
