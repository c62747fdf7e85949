//! A service that tells sizes which make no sense.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::support::{Host, KEY};

/// What it says of a bucket with two objects whose sizes overflow together.
const OBJECTS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>acme</Name><Prefix></Prefix>
<KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>
<Contents><Key>first</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>
<ETag>&quot;0cc175b9c0f1b6a831c399e269772661&quot;</ETag><Size>5</Size></Contents>
<Contents><Key>huge</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>
<ETag>&quot;0cc175b9c0f1b6a831c399e269772661&quot;</ETag><Size>18446744073709551615</Size></Contents>
</ListBucketResult>"#;

const UPLOADS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Bucket>acme</Bucket>
<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"#;

const VERSIONING: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>"#;

/// Answers one request after the other on a connection.
fn serve(mut connection: TcpStream) {
    let mut request = Vec::new();
    let mut byte = [0];
    while connection.read(&mut byte).is_ok_and(|read| read == 1) {
        request.extend_from_slice(&byte);
        if !request.ends_with(b"\r\n\r\n") {
            continue;
        }
        let line = String::from_utf8_lossy(&request);
        let line = line.lines().next().unwrap_or_default();
        let body = match line {
            line if line.contains("uploads") => UPLOADS,
            line if line.contains("versioning") => VERSIONING,
            _ => OBJECTS,
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if connection.write_all(&[head.as_bytes(), body.as_bytes()].concat()).is_err() {
            return;
        }
        request.clear();
    }
}

#[test]
fn sizes_that_do_not_fit_end_with_69_and_name_the_object() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(|| serve(connection));
        }
    });
    let host = Host::usual();

    for words in ["ls --recursive", "du", "tree", "sync s3://acme-dagster-assets/ back"] {
        let call = host
            .bare(words)
            .env("DATALAKE_ENDPOINT", &endpoint)
            .env("DATALAKE_REGION", "fsn1")
            .env("DATALAKE_BUCKET", "acme-dagster-assets")
            .env("AWS_ACCESS_KEY_ID", KEY.id)
            .env("AWS_SECRET_ACCESS_KEY", KEY.secret);

        let ran = call.run().exits(69);

        assert!(ran.stderr.contains("the size of `huge` cannot be right"), "{}", ran.stderr);
    }
}
