//! The way to the service.

use std::io::{Read, Write};
use std::net::TcpListener;

use datalake_sim::Config;

use super::{check, green, provisioned, red};
use crate::support::{Call, Host, Service};

fn at(host: &Host, endpoint: &str) -> impl Fn(&str) -> Call {
    let endpoint = endpoint.to_owned();
    move |words| host.bare(words).env("DATALAKE_ENDPOINT", &endpoint).env("DATALAKE_REGION", "fsn1")
}

#[test]
fn a_proxy_that_cannot_be_used() {
    let host = Host::usual();
    let call = at(&host, "https://s3.example.invalid");

    let said = check(
        |words| call(words).env("https_proxy", "socks5://user:canary@127.0.0.1:9"),
        "network-proxy",
        "wrong",
    );

    assert!(said.contains("socks5://127.0.0.1:9") && !said.contains("canary"), "{said}");
}

#[test]
fn a_name_without_an_address() {
    let host = Host::usual();

    check(at(&host, "https://s3.example.invalid"), "network-dns", "wrong");
    check(at(&host, "https://s3.example.invalid"), "network-tcp", "skipped");
    check(at(&host, "https://s3.example.invalid"), "network-proxy", "sound");
}

#[test]
fn nothing_listens_there() {
    let (host, service) = (Host::usual(), Service::quick());
    let endpoint = service.stop();

    let said = check(at(&host, &endpoint), "network-tcp", "wrong");
    assert!(said.contains("connection refused"), "{said}");
    let said = check(at(&host, &endpoint), "network-locations", "wrong");
    assert!(said.contains("only one address"), "{said}");
    check(at(&host, &endpoint), "network-dns", "sound");
}

#[test]
fn a_certificate_that_nobody_trusts() {
    let (host, service) = (Host::usual(), Service::with(|it| Config { tls: true, ..it }));
    let endpoint = service.endpoint();
    let call = at(&host, &endpoint);

    let said = check(&call, "network-tls", "wrong");
    assert!(said.contains("not trusted"), "{said}");
    check(&call, "network-answer", "skipped");

    let trusted = host.private_file("authority.pem", &service.certificate());
    let trusting = |words: &str| call(words).env("SSL_CERT_FILE", &trusted);
    check(trusting, "network-tls", "sound");
    let said = check(trusting, "network-certificate", "sound");
    assert!(said.contains("it is good until"), "{said}");
    check(trusting, "network-answer", "sound");
}

#[test]
fn a_web_server_in_the_place_of_s3() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let page = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>";
            let _ = stream.write_all(page.as_bytes());
        }
    });
    let host = Host::usual();

    let said = check(at(&host, &endpoint), "network-answer", "wrong");

    assert!(said.contains("a login page"), "{said}");
}

#[test]
fn a_clock_that_is_wrong() {
    let shelf = provisioned();
    green(&shelf, "network-clock");

    shelf.service.set_clock_offset(3600);
    let said = red(&shelf, "network-clock");
    assert!(said.contains("3600 s behind") && said.contains("timedatectl"), "{said}");

    shelf.service.set_clock_offset(-120);
    super::yellow(&shelf, "network-clock");
}

#[test]
fn what_is_usual_is_remembered() {
    let shelf = provisioned();
    green(&shelf, "network-locations");

    let said = green(&shelf, "network-locations");

    assert!(said.contains("0 of 3 failed; usually"), "{said}");
    let kept = std::fs::read_to_string(shelf.host.state().join("doctor/locations.jsonl")).unwrap();
    assert_eq!(kept.lines().count(), 2, "{kept}");
}

#[test]
fn without_a_spec_the_network_is_looked_at_all_the_same() {
    let host = Host::usual();

    let report = host.bare("doctor --json").run().exits(3).json("doctor");

    let of = |id: &str| {
        let checks = report["checks"].as_array().unwrap();
        checks.iter().find(|check| check["id"] == id).unwrap().clone()
    };
    assert_eq!(of("network-proxy")["outcome"], "sound");
    assert_eq!(of("key-source")["outcome"], "skipped");
    assert_eq!(of("host-units")["outcome"], "sound");
    assert_eq!(of("spec-values")["outcome"], "wrong");
    assert_eq!(of("key-source")["blocked_by"], "spec-values");
}
