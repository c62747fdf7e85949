//! The address of an S3 service.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use crate::text::serde_as_text;

/// The base URL of an S3 service: scheme, host and port, nothing else.
///
/// What people paste is put right: a missing scheme becomes `https`, and a bucket name in front of a
/// Hetzner host is taken off. A path is refused: what it means nobody knows. Plain `http` is only for
/// this machine's own loopback addresses.
///
/// ```
/// use datalake_core::s3::Endpoint;
///
/// let endpoint: Endpoint = "my-bucket.fsn1.your-objectstorage.com".parse()?;
/// assert_eq!(endpoint.to_string(), "https://fsn1.your-objectstorage.com");
/// # Ok::<(), datalake_core::s3::InvalidEndpoint>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    scheme: Scheme,
    host: String,
    port: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Scheme {
    Http,
    Https,
}

/// Why a text is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidEndpoint {
    /// Keys would travel in the open.
    #[error("endpoint `{0}` is plain http: only https is accepted, and http only on loopback")]
    PlainHttp(String),
    /// The scheme is neither http nor https.
    #[error("endpoint `{0}` has an unknown scheme: use https")]
    Scheme(String),
    /// The URL holds a user, a query or a fragment.
    #[error("endpoint holds a user, a query or a fragment: give only scheme, host and port")]
    Extra,
    /// The URL holds a path.
    #[error(
        "endpoint `{0}` holds a path: give only scheme, host and port, and a bucket as `bucket:`"
    )]
    Path(String),
    /// There is no usable host or port.
    #[error("endpoint `{0}` has no usable host or port")]
    Host(String),
}

const HETZNER: &str = "your-objectstorage.com";

impl Endpoint {
    pub(crate) fn hetzner(location: &str) -> Self {
        Self { scheme: Scheme::Https, host: format!("{location}.{HETZNER}"), port: None }
    }

    /// The host without port, as a name or an address.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether requests go over TLS; only this machine itself is spoken to without.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// The port, also where it is the usual one.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.is_https() { 443 } else { 80 })
    }

    /// Whether the host is a name of the DNS, below which the names of buckets can be hosts too: no
    /// address, and not this machine.
    #[must_use]
    pub fn has_name(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        let is_local = self.host == "localhost" || self.host.ends_with(".localhost");
        !is_local && bare.parse::<IpAddr>().is_err()
    }

    /// Host and port without the scheme; the port only where it is not the usual one.
    #[must_use]
    pub fn authority(&self) -> String {
        let port = self.port.filter(|port| *port != if self.is_https() { 443 } else { 80 });
        port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))
    }

    /// The Hetzner location that the host names, such as `fsn1`.
    #[must_use]
    pub fn hetzner_location(&self) -> Option<&str> {
        self.host.strip_suffix(HETZNER)?.strip_suffix('.')
    }

    /// Whether the host is this machine itself.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.contains(['@', '?', '#']) {
            return Err(InvalidEndpoint::Extra);
        }
        let (scheme, rest) = split_scheme(text)?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if !path.is_empty() || authority.contains('\\') {
            return Err(InvalidEndpoint::Path(text.to_owned()));
        }
        let no_host = || InvalidEndpoint::Host(text.to_owned());
        let (host, port) = split_port(authority).ok_or_else(no_host)?;
        let host = without_bucket(&host.to_ascii_lowercase()).to_owned();
        if !is_host(&host) {
            return Err(no_host());
        }
        if scheme == Scheme::Http && !is_loopback(&host) {
            return Err(InvalidEndpoint::PlainHttp(text.to_owned()));
        }
        Ok(Self { scheme, host, port })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}", self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

serde_as_text!(Endpoint);

fn split_scheme(text: &str) -> Result<(Scheme, &str), InvalidEndpoint> {
    match text.split_once("://") {
        None => Ok((Scheme::Https, text)),
        Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
            "https" => Ok((Scheme::Https, rest)),
            "http" => Ok((Scheme::Http, rest)),
            _ => Err(InvalidEndpoint::Scheme(text.to_owned())),
        },
    }
}

fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let host_end = authority.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match authority.get(host_end..)?.rfind(':') {
        Some(at) => (authority.get(..host_end + at)?, authority.get(host_end + at + 1..)),
        None => (authority, None),
    };
    match port {
        None => Some((host, None)),
        Some(digits) => digits.parse().ok().filter(|port| *port > 0).map(|port| (host, Some(port))),
    }
}

fn without_bucket(host: &str) -> &str {
    let Some(labels) = host.strip_suffix(HETZNER).and_then(|rest| rest.strip_suffix('.')) else {
        return host;
    };
    labels.rfind('.').and_then(|dot| host.get(dot + 1..)).unwrap_or(host)
}

fn is_host(host: &str) -> bool {
    if let Some(v6) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return v6.parse::<Ipv6Addr>().is_ok();
    }
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    host.len() <= 253 && host.split('.').all(is_label)
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), expected, "{text:?}");
    }

    #[test]
    fn what_people_paste_is_put_right() {
        check("fsn1.your-objectstorage.com", "https://fsn1.your-objectstorage.com");
        check(" https://FSN1.your-objectstorage.com/ ", "https://fsn1.your-objectstorage.com");
        check("https://b.hel1.your-objectstorage.com", "https://hel1.your-objectstorage.com");
        check("https://a.b.hel1.your-objectstorage.com", "https://hel1.your-objectstorage.com");
        check("https://s3.example.org:8443/", "https://s3.example.org:8443");
    }

    #[test]
    fn a_path_is_refused_and_not_cut() {
        for text in [
            "https://b.hel1.your-objectstorage.com/b/key",
            "https://s3.example.org:8443/x",
            "s3.example.org/x",
            "https://s3.example.org//",
            "https://s3.example.org/..",
            "https://s3.example.org\\x",
        ] {
            let error = text.parse::<Endpoint>().unwrap_err();
            assert!(matches!(error, InvalidEndpoint::Path(_)), "{text}");
        }
    }

    #[test]
    fn http_is_for_loopback_alone() {
        check("http://127.0.0.1:7480", "http://127.0.0.1:7480");
        check("http://[::1]:9000", "http://[::1]:9000");
        check("http://localhost", "http://localhost");
        for text in ["http://fsn1.your-objectstorage.com", "http://10.0.0.1:80", "http://128.0.0.1"]
        {
            let error = text.parse::<Endpoint>().unwrap_err();
            assert!(matches!(error, InvalidEndpoint::PlainHttp(_)), "{text}");
        }
    }

    #[test]
    fn only_a_name_of_the_dns_can_have_buckets_below_it() {
        let of = |text: &str| {
            let endpoint: Endpoint = text.parse().unwrap();
            (endpoint.has_name(), endpoint.authority())
        };
        assert_eq!(
            of("fsn1.your-objectstorage.com"),
            (true, "fsn1.your-objectstorage.com".to_owned())
        );
        assert_eq!(of("https://s3.example.org:8443"), (true, "s3.example.org:8443".to_owned()));
        assert_eq!(of("https://s3.example.org:443"), (true, "s3.example.org".to_owned()));
        assert_eq!(of("https://10.0.0.1:7480"), (false, "10.0.0.1:7480".to_owned()));
        assert_eq!(of("http://[::1]:9000"), (false, "[::1]:9000".to_owned()));
        for text in ["http://localhost:9000", "https://localhost", "https://s3.localhost"] {
            assert!(!of(text).0, "{text}");
        }
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for text in
            ["", "https://", "https://a b", "ftp://x", "https://u:p@x", "x?y", "x:0", "x:99999"]
        {
            assert!(text.parse::<Endpoint>().is_err(), "{text:?}");
        }
    }
}
