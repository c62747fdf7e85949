//! The simulator as rust-s3 sees it.

use datalake_sim::{Config, SimKey, start};
use s3::creds::Credentials;
use s3::{Bucket, Region};

use crate::lake::Lake;

pub(crate) fn bucket(lake: &Lake) -> Bucket {
    let key = SimKey::sandbox();
    let region = Region::Custom { region: "fsn1".to_owned(), endpoint: lake.sim.endpoint() };
    let credentials =
        Credentials::new(Some(&key.access_key_id), Some(&key.secret_access_key), None, None, None);
    *Bucket::new("lake", region, credentials.unwrap()).unwrap().with_path_style()
}

#[tokio::test]
async fn rust_s3_puts_lists_and_deletes() {
    let lake = Lake::hetzner().await;
    let bucket = bucket(&lake);

    bucket.put_object("a/b c+d.txt", b"hello").await.unwrap();
    let listed = bucket.list("a/".to_owned(), None).await.unwrap();
    let read = bucket.get_object("a/b c+d.txt").await.unwrap();
    bucket.delete_object("a/b c+d.txt").await.unwrap();

    assert_eq!(listed[0].contents[0].key, "a/b c+d.txt");
    assert_eq!(read.as_slice(), b"hello");
    assert!(!bucket.object_exists("a/b c+d.txt").await.unwrap());
}

#[tokio::test]
async fn rust_s3_uploads_in_parts() {
    let lake = Lake::hetzner().await;
    let bucket = bucket(&lake);
    let bytes = vec![7; 20 * 1024 * 1024];

    bucket.put_object_stream(&mut bytes.as_slice(), "big").await.unwrap();

    assert!(bucket.get_object("big").await.unwrap().as_slice() == bytes);
}

#[tokio::test]
async fn rust_s3_lists_buckets() {
    let lake = Lake::hetzner().await;
    let bucket = bucket(&lake);

    let found = Bucket::list_buckets(bucket.region.clone(), bucket.credentials().await.unwrap());

    assert_eq!(found.await.unwrap().bucket_names().collect::<Vec<_>>(), ["lake"]);
}

#[tokio::test]
async fn a_refused_body_ends_its_connection_and_says_so() {
    let lake = Lake::hetzner().await;
    let wrong = || SimKey { secret_access_key: "wrong".to_owned(), ..SimKey::sandbox() };

    let with_body = lake.put("/lake/key").body("content").key(wrong()).go().await;
    let without = lake.get("/lake/key").key(wrong()).go().await;
    let taken = lake.put("/lake/key").body("content").go().await;

    assert_eq!((with_body.status, with_body.header("connection")), (403, Some("close")));
    assert_eq!((without.status, without.header("connection")), (403, None));
    assert_eq!((taken.status, taken.header("connection")), (200, None));
}

#[tokio::test]
async fn a_client_that_trusts_the_certificate_speaks_tls() {
    let dir = tempfile::tempdir().unwrap();
    let config = || Config { tls: true, ..Config::hetzner(dir.path()) };
    let first = start(config()).await.unwrap();
    let pem = first.certificate_pem().unwrap();
    first.stop().await;
    let second = start(config()).await.unwrap();
    let certificate = reqwest::Certificate::from_pem(pem.as_bytes()).unwrap();
    let client = reqwest::Client::builder().no_proxy().add_root_certificate(certificate);

    let answer = client.build().unwrap().get(second.endpoint()).send().await.unwrap();
    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();

    assert!(second.endpoint().starts_with("https://"));
    assert_eq!(second.certificate_pem(), Some(pem));
    assert_eq!(answer.status().as_u16(), 200);
    assert!(stranger.get(second.endpoint()).send().await.is_err());
}

#[tokio::test]
async fn a_certificate_that_lies_in_the_folder_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["s3.lab.test".to_owned()]).unwrap();
    std::fs::write(dir.path().join("server.pem"), made.cert.pem()).unwrap();
    std::fs::write(dir.path().join("server.key"), made.signing_key.serialize_pem()).unwrap();

    let service = start(Config { tls: true, ..Config::hetzner(dir.path()) }).await.unwrap();
    let address = service.endpoint().trim_start_matches("https://").parse().unwrap();
    let certificate = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().no_proxy().add_root_certificate(certificate);
    let client = client.resolve("s3.lab.test", address).build().unwrap();
    let answer = client.get(format!("https://s3.lab.test:{}", address.port())).send().await;

    assert_eq!(answer.unwrap().status().as_u16(), 200);
    assert_eq!(service.certificate_pem(), Some(made.cert.pem()));
}
