//! What a request names: a bucket in its host or in its path, and a key.

use http::Request;
use http::header::HOST;
use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

/// Buckets are hosts of it: `BUCKET.localhost`.
const DOMAIN: &str = ".localhost";

/// The bucket that a host is of, as in `BUCKET.localhost:8080`; `None` for a
/// host that names none.
pub(crate) fn find_host_bucket(host: &str) -> Option<&str> {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let (bucket, domain) = name.split_at_checked(name.len().checked_sub(DOMAIN.len())?)?;
    (domain.eq_ignore_ascii_case(DOMAIN) && !bucket.is_empty()).then_some(bucket)
}

/// The host of a request, as it was sent; empty without one.
pub(crate) fn read_host<B>(request: &Request<B>) -> &str {
    request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
}

/// The bucket and the key of a request; empty where it names none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RequestAddress<'a> {
    pub(crate) bucket: &'a str,
    /// As it was sent, percent-encoded.
    pub(crate) key: &'a str,
}

/// Reads the two from the host and the path of a request.
pub(crate) fn find_address<B>(request: &Request<B>) -> RequestAddress<'_> {
    let path = request.uri().path().trim_start_matches('/');
    match find_host_bucket(read_host(request)) {
        Some(bucket) => RequestAddress { bucket, key: path },
        None => {
            let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
            RequestAddress { bucket, key }
        }
    }
}

/// Tells s3s which hosts are buckets.
pub(crate) struct BucketHosts;

impl S3Host for BucketHosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let found = VirtualHost::new(host);
        Ok(match find_host_bucket(host) {
            Some(bucket) => found.with_bucket(bucket),
            None => found,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, expected: Option<&str>) {
        assert_eq!(find_host_bucket(host), expected, "{host:?}");
    }

    #[test]
    fn a_host_of_localhost_is_a_bucket() {
        check("lake.localhost:8080", Some("lake"));
        check("lake.localhost", Some("lake"));
        check("lake.of.LocalHost:1", Some("lake.of"));
        for host in [
            "localhost:8080",
            ".localhost",
            "127.0.0.1:80",
            "[::1]:80",
            "lake.example",
            "",
            "\u{e4}",
        ] {
            check(host, None);
        }
    }

    #[test]
    fn bucket_and_key_are_the_same_in_both_styles() {
        let ask = |host: &str, path: &str| {
            Request::builder().uri(path).header(HOST, host).body(()).unwrap()
        };
        let by_path = ask("127.0.0.1:80", "/lake/a/b%20c");
        let by_host = ask("lake.localhost:80", "/a/b%20c");

        assert_eq!(find_address(&by_path), find_address(&by_host));
        assert_eq!(find_address(&ask("localhost", "/")), RequestAddress { bucket: "", key: "" });
    }
}
