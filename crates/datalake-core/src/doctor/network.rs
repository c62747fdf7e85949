//! The way to the service.

use std::net::IpAddr;

use super::diagnose::FindingCheck;
use super::look::{Judged, Look, Not, warning, wrong};
use super::{Examination, FindingId, LocationTrial};
use crate::time::Timestamp;

/// What was seen of the way to the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkEvidence {
    /// The endpoint, such as `https://fsn1.your-objectstorage.com`.
    pub endpoint: String,
    /// The proxy that the environment names for it; `None` for none.
    pub proxy: Look<Option<Proxy>>,
    /// The addresses of its name.
    pub addresses: Look<Vec<IpAddr>>,
    /// How long a connection took, in milliseconds.
    pub connection: Look<u32>,
    /// What came of the TLS handshake.
    pub tls: Look<TlsLook>,
    /// What it answers to `GET /` without a signature.
    pub greeting: Look<Greeting>,
    /// The locations that were asked, to tell this machine's faults from theirs.
    pub locations: Look<Vec<LocationTrial>>,
}

/// A proxy of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its address without user and password.
    pub address: String,
    /// Whether it is one that can be used.
    pub is_usable: bool,
}

/// What came of a TLS handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsLook {
    /// Why the certificate is not trusted, if it is not.
    pub refused: Option<String>,
    /// When the certificate runs out, where that could be read.
    pub expires: Option<Timestamp>,
}

/// What an endpoint answers to a stranger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// The status.
    pub status: u16,
    /// Whether the answer is one of an S3 service.
    pub is_s3: bool,
    /// How far its `Date` is ahead of this machine's clock, in seconds.
    pub clock_ahead: Option<i64>,
}

/// A certificate with less than this left is told.
const EXPIRES_SOON: i64 = 14 * 86_400;

/// Services refuse requests that are signed further off than this, in seconds.
const REFUSED_SKEW: u64 = 15 * 60;

/// A clock further off than this runs on.
const ODD_SKEW: u64 = 60;

pub(super) const CHECKS: &[FindingCheck] = &[
    FindingCheck { id: FindingId::NetworkProxy, after: &[], judge: judge_proxy },
    FindingCheck { id: FindingId::NetworkDns, after: &[FindingId::NetworkProxy], judge: judge_dns },
    FindingCheck { id: FindingId::NetworkTcp, after: &[FindingId::NetworkDns], judge: judge_tcp },
    FindingCheck { id: FindingId::NetworkTls, after: &[FindingId::NetworkTcp], judge: judge_tls },
    FindingCheck {
        id: FindingId::NetworkCertificate,
        after: &[FindingId::NetworkTcp],
        judge: judge_expiry,
    },
    FindingCheck {
        id: FindingId::NetworkAnswer,
        after: &[FindingId::NetworkTls],
        judge: judge_answer,
    },
    FindingCheck {
        id: FindingId::NetworkClock,
        after: &[FindingId::NetworkAnswer],
        judge: judge_clock,
    },
];

impl Default for NetworkEvidence {
    fn default() -> Self {
        Self {
            endpoint: String::new(),
            proxy: Look::nobody(),
            addresses: Look::nobody(),
            connection: Look::nobody(),
            tls: Look::nobody(),
            greeting: Look::nobody(),
            locations: Look::nobody(),
        }
    }
}

fn judge_proxy(seen: &Examination) -> Judged {
    let endpoint = &seen.network.endpoint;
    match seen.network.proxy.seen()? {
        None => Ok(format!("the environment names none for {endpoint}")),
        Some(Proxy { address, is_usable: true }) => {
            Ok(format!("{endpoint} goes through {address}"))
        }
        Some(Proxy { address, is_usable: false }) => Err(wrong(
            [format!("the environment names the proxy {address}, which is not spoken to by http")],
            "name one that is (`HTTPS_PROXY=http://HOST:PORT`), or put the endpoint's host into \
             `NO_PROXY`",
        )),
    }
}

fn judge_dns(seen: &Examination) -> Judged {
    let endpoint = &seen.network.endpoint;
    let addresses = seen.network.addresses.reached(endpoint, DNS_CURE)?;
    if addresses.is_empty() {
        return Err(wrong([format!("{} has no address", seen.network.endpoint)], DNS_CURE));
    }
    let all: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    Ok(all.join(", "))
}

const DNS_CURE: &str = "check the spelling of `region:` or `endpoint:`, then the name service: \
                        `resolvectl query HOST`, or `getent hosts HOST`";

fn judge_tcp(seen: &Examination) -> Judged {
    let cure = "see whether a firewall lets this machine out: `curl -v ENDPOINT`; if \
                `network-locations` says that it is them, wait";
    let millis = seen.network.connection.reached(&seen.network.endpoint, cure)?;
    Ok(format!("connected in {millis} ms"))
}

fn judge_tls(seen: &Examination) -> Judged {
    let cure = "install `ca-certificates`, or the certificate of your own authority; a proxy that \
                opens TLS has one of its own. There is no switch to ignore it";
    match &seen.network.tls.reached(&seen.network.endpoint, cure)?.refused {
        None => Ok("this machine trusts it".to_owned()),
        Some(reason) => Err(wrong([reason.clone()], cure)),
    }
}

fn judge_expiry(seen: &Examination) -> Judged {
    let look = seen.network.tls.seen()?;
    let Some(expires) = look.expires else {
        return Err(Not::Here("the certificate has no expiry date".to_owned()));
    };
    let left = expires.unix() - seen.now.unix();
    let days = left / 86_400;
    let cure = "it is theirs to renew; if it is your own service, renew it now";
    if left <= 0 {
        return Err(wrong([format!("it ran out on {expires}")], cure));
    }
    if left < EXPIRES_SOON {
        return Err(warning([format!("it runs out on {expires}, in {days} days")], cure));
    }
    Ok(format!("it is good until {expires}, {days} days"))
}

fn judge_answer(seen: &Examination) -> Judged {
    let cure = "is `endpoint:` the address of an S3 service? A proxy or a login page may answer \
                in its place";
    let Greeting { status, is_s3, .. } =
        seen.network.greeting.reached(&seen.network.endpoint, cure)?;
    if *is_s3 {
        return Ok(format!("an S3 service answers, status {status}"));
    }
    Err(wrong([format!("status {status}, and not in the words of an S3 service")], cure))
}

fn judge_clock(seen: &Examination) -> Judged {
    let Some(ahead) = seen.network.greeting.seen()?.clock_ahead else {
        return Err(Not::Here("the answer has no `Date`".to_owned()));
    };
    let way = if ahead < 0 { "ahead of" } else { "behind" };
    let evidence =
        format!("this machine's clock is {} s {way} the service's", ahead.unsigned_abs());
    let cure = "`timedatectl set-ntp true`, then `timedatectl status`";
    match ahead.unsigned_abs() {
        skew if skew > REFUSED_SKEW => Err(wrong([evidence], cure)),
        skew if skew > ODD_SKEW => Err(warning([evidence], cure)),
        _ => Ok(evidence),
    }
}
