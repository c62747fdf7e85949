use crate::lake::{Lake, refused};

#[tokio::test]
async fn old_versions_are_kept_and_read_back() {
    let lake = Lake::hetzner().await;
    lake.put("/lake/key").body("before").go().await;
    lake.versioning("Enabled").await;
    let first = lake.put_version("/lake/key", "first").await;
    let second = lake.put_version("/lake/key", "second").await;

    let old = lake.get(&format!("/lake/key?versionId={first}")).go().await;

    assert_eq!(lake.get("/lake/key").go().await.text(), "second");
    assert_eq!(old.text(), "first");
    assert_ne!(second, "null");
}

#[tokio::test]
async fn a_deletion_hides_the_key_and_can_be_undone() {
    let lake = Lake::hetzner().await;
    lake.versioning("Enabled").await;
    lake.put("/lake/key").body("x").go().await;

    let deletion = lake.delete("/lake/key").go().await;
    let marker = deletion.header("x-amz-version-id").unwrap();
    let hidden = lake.get("/lake/key").go().await;
    let marker_itself = lake.get(&format!("/lake/key?versionId={marker}")).go().await;
    lake.delete(&format!("/lake/key?versionId={marker}")).go().await;

    assert_eq!(deletion.header("x-amz-delete-marker"), Some("true"));
    assert_eq!(hidden.refusal(), refused(404, "NoSuchKey"));
    assert_eq!(hidden.header("x-amz-delete-marker"), Some("true"));
    assert_eq!(marker_itself.status, 405);
    assert_eq!(lake.get("/lake/key").go().await.text(), "x");
}

#[tokio::test]
async fn without_versioning_the_null_version_is_replaced() {
    let lake = Lake::hetzner().await;
    lake.versioning("Enabled").await;
    lake.put("/lake/key").body("kept").go().await;
    lake.versioning("Suspended").await;
    lake.put("/lake/key").body("one").go().await;
    lake.put("/lake/key").body("two").go().await;

    let versions = lake.get("/lake?versions").go().await;

    assert_eq!(versions.elements("VersionId").len(), 2);
    assert_eq!(versions.element("VersionId"), "null");
    assert_eq!(lake.get("/lake/key").go().await.text(), "two");
}

#[tokio::test]
async fn versions_are_listed_in_pages_newest_first() {
    let lake = Lake::hetzner().await;
    lake.versioning("Enabled").await;
    let mut ids = Vec::new();
    for body in ["1", "2", "3"] {
        ids.push(lake.put_version("/lake/a", body).await);
    }
    ids.reverse();
    ids.push(lake.put_version("/lake/b", "1").await);

    let (mut seen, mut marker) = (Vec::new(), String::new());
    loop {
        let page = lake.get(&format!("/lake?versions&max-keys=2{marker}")).go().await;
        seen.extend(page.elements("VersionId"));
        if page.element("IsTruncated") != "true" {
            break;
        }
        let (key, id) = (page.element("NextKeyMarker"), page.element("NextVersionIdMarker"));
        marker = format!("&key-marker={key}&version-id-marker={id}");
    }

    assert_eq!(seen, ids);
}
