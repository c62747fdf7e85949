use std::time::Duration;

use crate::lake::{Lake, foreign_key, refused};

const OWN: &str = "arn:aws:iam:::user/p1000001:SANDBOX0000000000001";

fn statement(effect: &str, principal: &str, action: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Principal":{{"AWS":["{principal}"]}},
        {action},"Resource":["arn:aws:s3:::lake","arn:aws:s3:::lake/*"]}}]}}"#
    )
}

#[tokio::test]
async fn a_denial_acts_after_a_while_and_a_removal_too() {
    let lake = Lake::with(|config| config.quirks.policy_delay = Duration::from_mins(1)).await;
    let deny = statement("Deny", OWN, r#""Action":"s3:DeleteObject""#);
    let delete = || async { lake.delete("/lake/key").go().await.status };

    lake.put("/lake?policy").body(deny.clone()).go().await;
    let at_once = delete().await;
    lake.settle();
    let later = delete().await;
    lake.delete("/lake?policy").go().await;
    let still = delete().await;
    lake.settle();

    assert_eq!((at_once, later, still, delete().await), (204, 403, 403, 204));
}

#[tokio::test]
async fn a_policy_comes_back_byte_for_byte() {
    let lake = Lake::hetzner().await;
    let deny = statement("Deny", OWN, r#""Action":"s3:PutObject""#);

    lake.put("/lake?policy").body(deny.clone()).go().await;

    assert_eq!(lake.get("/lake?policy").go().await.text(), deny);
}

#[tokio::test]
async fn not_action_is_kept_and_enforces_nothing() {
    let lake = Lake::hetzner().await;
    let deny = statement("Deny", OWN, r#""NotAction":"s3:GetObject""#);

    let put = lake.put("/lake?policy").body(deny.clone()).go().await;
    lake.settle();

    assert_eq!(put.status, 204);
    assert_eq!(lake.get("/lake?policy").go().await.text(), deny);
    assert_eq!(lake.put("/lake/key").body("x").go().await.status, 200);
}

#[tokio::test]
async fn an_unknown_action_is_refused_with_503_and_the_old_policy_stays() {
    let lake = Lake::hetzner().await;
    let good = statement("Deny", OWN, r#""Action":"s3:DeleteObject""#);
    let bad = statement("Deny", OWN, r#""Action":["s3:DeleteObject","s3:GetObjectAttributes"]"#);
    lake.put("/lake?policy").body(good.clone()).go().await;

    let refusal = lake.put("/lake?policy").body(bad).go().await;

    assert_eq!(refusal.status, 503);
    assert_eq!(refusal.element("Message"), "");
    assert_eq!(lake.get("/lake?policy").go().await.text(), good);
}

#[tokio::test]
async fn a_foreign_key_may_what_a_policy_allows() {
    let lake = Lake::with(|config| config.keys.push(foreign_key())).await;
    let foreign = "arn:aws:iam:::user/p2000002:FOREIGN0000000000001";
    let allow = statement("Allow", foreign, r#""Action":["s3:PutObject","s3:ListBucket"]"#);
    lake.put("/lake?policy").body(allow).go().await;
    lake.put("/lake/other").body("x").go().await;
    lake.settle();

    let put = lake.put("/lake/key").body("x").key(foreign_key()).go().await;
    let head = lake.head("/lake").key(foreign_key()).go().await;
    let get = lake.get("/lake/other").key(foreign_key()).go().await;
    // An object is its writer's own.
    let own = lake.get("/lake/key").key(foreign_key()).go().await;
    let buckets = lake.get("/").key(foreign_key()).go().await;

    assert_eq!((put.status, head.status, own.status), (200, 200, 200));
    assert_eq!(get.refusal(), refused(403, "AccessDenied"));
    assert!(buckets.elements("Name").is_empty());
}

#[tokio::test]
async fn everyone_may_read_what_a_policy_or_the_object_itself_opens() {
    let lake = Lake::hetzner().await;
    lake.put("/lake/open").header("x-amz-acl", "public-read").body("x").go().await;
    lake.put("/lake/shut").body("x").go().await;
    let read = |path: &'static str| async { lake.get(path).anonymous().go().await.status };

    let by_acl = (read("/lake/open").await, read("/lake/shut").await);
    lake.put("/lake?policy").body(statement("Allow", "*", r#""Action":"s3:GetObject""#)).go().await;
    lake.settle();

    assert_eq!(by_acl, (200, 403));
    assert_eq!((read("/lake/shut").await, read("/lake").await), (200, 403));
}

#[tokio::test]
async fn a_bulk_deletion_is_judged_key_by_key() {
    let lake = Lake::hetzner().await;
    let deny =
        statement("Deny", OWN, r#""Action":"s3:DeleteObject""#).replace("lake/*", "lake/kept/*");
    lake.put("/lake?policy").body(deny).go().await;
    lake.settle();

    let body =
        "<Delete><Object><Key>kept/1</Key></Object><Object><Key>other</Key></Object></Delete>";
    let answer = lake.post("/lake?delete").body(body).go().await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.elements("Code"), ["AccessDenied"]);
    assert_eq!(answer.text().matches("<Deleted>").count(), 1);
}
