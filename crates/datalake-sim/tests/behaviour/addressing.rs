//! The bucket in the host, as in `lake.localhost`.

use datalake_sim::{Config, start};
use reqwest::{Certificate, Client};

use crate::lake::{Lake, refused};

fn host(lake: &Lake, bucket: &str) -> String {
    format!("{bucket}.localhost:{}", lake.sim.addr().port())
}

#[tokio::test]
async fn a_bucket_is_found_by_its_host() {
    let lake = Lake::hetzner().await;
    let host = host(&lake, "lake");

    let put = lake.put("/a/b%20c%2B.txt").host(&host).body("hello").go().await;
    let read = lake.get("/a/b%20c%2B.txt").host(&host).go().await;
    let listed = lake.get("/?list-type=2&prefix=a%2F").host(&host).go().await;
    let by_path = lake.get("/lake/a/b%20c%2B.txt").go().await;
    let by_name = lake.get("/lake/a/b%20c%2B.txt").host("localhost:1").go().await;

    assert_eq!((put.status, read.text().as_str()), (200, "hello"));
    assert_eq!(listed.elements("Key"), ["a/b c+.txt"]);
    assert_eq!((by_path.text().as_str(), by_name.text().as_str()), ("hello", "hello"));
    assert_eq!(lake.sim.requests()[2].host, host);
}

#[tokio::test]
async fn documents_and_uploads_go_by_the_host_too() {
    let lake = Lake::hetzner().await;
    let host = host(&lake, "lake");
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let wrong = "0".repeat(64);

    let mistaken = lake.put("/?versioning").host(&host).body(enabled).hash(&wrong).go().await;
    let switched = lake.put("/?versioning").host(&host).body(enabled).go().await;
    let seen = lake.get("/lake?versioning").go().await;
    let upload = lake.post("/key?uploads").host(&host).go().await;

    assert_eq!(mistaken.refusal(), refused(400, "XAmzContentSHA256Mismatch"));
    assert_eq!((switched.status, seen.element("Status").as_str()), (200, "Enabled"));
    assert_eq!((upload.element("Bucket"), upload.element("Key")), ("lake".into(), "key".into()));
}

#[tokio::test]
async fn errors_and_faults_name_the_bucket_of_the_host() {
    let lake = Lake::hetzner().await;
    let absent = lake.get("/key").host(&host(&lake, "absent")).go().await;
    lake.put("/lake/key").body("hello").go().await;
    lake.sim.set_faults("100% archived".parse().unwrap());

    let archived = lake.get("/key").host(&host(&lake, "lake")).go().await;

    assert_eq!(absent.refusal(), refused(404, "NoSuchBucket"));
    assert_eq!(absent.element("BucketName"), "absent");
    assert_eq!(archived.refusal(), refused(403, "InvalidObjectState"));
}

#[tokio::test]
async fn a_signature_is_good_for_the_host_that_was_signed() {
    let lake = Lake::hetzner().await;
    lake.put("/lake/key").body("hello").go().await;
    let signed = lake.get("/key").host(&host(&lake, "lake"));

    let elsewhere = signed.sent_to(&host(&lake, "other")).go().await;

    assert_eq!(elsewhere.refusal(), refused(403, "SignatureDoesNotMatch"));
}

#[tokio::test]
async fn a_bucket_is_made_and_removed_by_its_host() {
    let lake = Lake::plain().await;
    let host = host(&lake, "tables.of.mine");

    let made = lake.put("/").host(&host).go().await;
    let seen = lake.head("/tables.of.mine").go().await;
    let removed = lake.delete("/").host(&host).go().await;

    assert_eq!((made.status, seen.status, removed.status), (200, 200, 204));
}

#[tokio::test]
async fn the_authority_is_good_for_the_hosts_of_buckets_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let sim = start(Config { tls: true, ..Config::hetzner(dir.path()) }).await.unwrap();
    let pem = sim.certificate_pem().unwrap();
    let mut client = Client::builder()
        .no_proxy()
        .add_root_certificate(Certificate::from_pem(pem.as_bytes()).unwrap());
    for name in ["localhost", "lake.localhost", "a.b.localhost", "lake.example"] {
        client = client.resolve(name, sim.addr());
    }
    let client = client.build().unwrap();
    let ask = |host: &str| {
        let url = format!("https://{host}:{}/", sim.addr().port());
        client.get(url).send()
    };

    for host in ["127.0.0.1", "localhost", "lake.localhost", "a.b.localhost"] {
        assert!(ask(host).await.is_ok(), "{host}");
    }
    assert!(ask("lake.example").await.is_err());
}
