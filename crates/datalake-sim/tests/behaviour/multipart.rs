use crate::lake::{Lake, refused};

async fn upload(lake: &Lake) -> String {
    lake.post("/lake/big?uploads").go().await.element("UploadId")
}

async fn part(lake: &Lake, upload: &str, number: u32, body: &str) -> String {
    let path = format!("/lake/big?partNumber={number}&uploadId={upload}");
    let answer = lake.put(&path).body(body).go().await;
    answer.header("etag").unwrap().to_owned()
}

fn list(parts: &[(u32, &str)]) -> String {
    let parts = parts.iter().map(|(number, etag)| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    });
    format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts.collect::<String>())
}

#[tokio::test]
async fn parts_become_one_object() {
    let lake = Lake::hetzner().await;
    let upload = upload(&lake).await;
    let one = part(&lake, &upload, 1, "hello ").await;
    let three = part(&lake, &upload, 3, "world").await;

    let end = format!("/lake/big?uploadId={upload}");
    let answer = lake.post(&end).body(list(&[(1, &one), (3, &three)])).go().await;

    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("-2"));
    assert_eq!(lake.get("/lake/big").go().await.text(), "hello world");
    let across = lake.get("/lake/big").header("range", "bytes=4-7").go().await;
    assert_eq!(across.text(), "o wo");
}

#[tokio::test]
async fn parts_must_be_there_and_in_order() {
    let lake = Lake::hetzner().await;
    let upload = upload(&lake).await;
    let one = part(&lake, &upload, 1, "a").await;
    let two = part(&lake, &upload, 2, "b").await;
    let end = format!("/lake/big?uploadId={upload}");

    let disorder = lake.post(&end).body(list(&[(2, &two), (1, &one)])).go().await;
    let mistaken = lake.post(&end).body(list(&[(1, &two)])).go().await;
    let unknown = lake.post("/lake/big?uploadId=none").body(list(&[(1, &one)])).go().await;

    assert_eq!(disorder.refusal(), refused(400, "InvalidPartOrder"));
    assert_eq!(mistaken.refusal(), refused(400, "InvalidPart"));
    assert_eq!(unknown.refusal(), refused(404, "NoSuchUpload"));
}

#[tokio::test]
async fn small_parts_are_taken_at_hetzner_only() {
    let plain = Lake::plain().await;
    let upload = upload(&plain).await;
    let one = part(&plain, &upload, 1, "a").await;
    let two = part(&plain, &upload, 2, "b").await;

    let end = format!("/lake/big?uploadId={upload}");
    let answer = plain.post(&end).body(list(&[(1, &one), (2, &two)])).go().await;

    assert_eq!(answer.refusal(), refused(400, "EntityTooSmall"));
}

#[tokio::test]
async fn unfinished_uploads_and_their_parts_are_listed_until_they_end() {
    let lake = Lake::hetzner().await;
    let upload = upload(&lake).await;
    part(&lake, &upload, 2, "bb").await;
    part(&lake, &upload, 1, "a").await;

    let uploads = lake.get("/lake?uploads").go().await;
    let parts = lake.get(&format!("/lake/big?uploadId={upload}&max-parts=1")).go().await;
    let abort = lake.delete(&format!("/lake/big?uploadId={upload}")).go().await;

    assert_eq!(uploads.elements("UploadId"), [upload]);
    assert_eq!(parts.elements("PartNumber"), ["1"]);
    assert_eq!(parts.element("NextPartNumberMarker"), "1");
    assert_eq!(parts.element("IsTruncated"), "true");
    assert_eq!(abort.status, 204);
    assert!(lake.get("/lake?uploads").go().await.elements("UploadId").is_empty());
    assert_eq!(std::fs::read_dir(lake.dir.path().join("buckets/lake/bodies")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_part_can_be_copied_from_an_object() {
    let lake = Lake::hetzner().await;
    lake.put("/lake/from").body("0123456789").go().await;
    let upload = upload(&lake).await;

    let copy = lake
        .put(&format!("/lake/big?partNumber=1&uploadId={upload}"))
        .header("x-amz-copy-source", "lake/from")
        .header("x-amz-copy-source-range", "bytes=2-5")
        .go()
        .await;
    let etag = copy.element("ETag");
    let end = format!("/lake/big?uploadId={upload}");
    let answer = lake.post(&end).body(list(&[(1, &etag)])).go().await;

    assert_eq!(answer.status, 200, "{} {}", copy.text(), answer.text());
    assert_eq!(lake.get("/lake/big").go().await.text(), "2345");
}
