//! The way to the service, and how every location answers.

use std::time::Duration;

use datalake_core::doctor::{Greeting, LocationTrial, Look, NetworkEvidence, Usual};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::Endpoint;
use futures::future::join_all;
use tokio::time::{Instant, timeout};

use super::Network;

/// A location that is asked, to tell its faults from this machine's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocationAddress {
    /// Its name.
    pub name: String,
    /// Its endpoint.
    pub endpoint: Endpoint,
    /// Whether the spec's bucket lies there.
    pub is_own: bool,
    /// How it answered in earlier examinations.
    pub usual: Option<Usual>,
}

/// How often each location is asked.
const TRIES: u32 = 3;

/// How long one try may take.
const LIMIT: Duration = Duration::from_secs(4);

/// Looks at the way to `endpoint`, and asks all `locations`.
pub async fn look_at_network(
    endpoint: &Endpoint,
    locations: &[LocationAddress],
    network: &dyn Network,
) -> NetworkEvidence {
    let trials = join_all(locations.iter().map(|location| try_location(location, network)));
    let (mut seen, trials) = tokio::join!(examine_way(endpoint, network), trials);
    seen.locations = Look::Saw(trials);
    seen
}

async fn examine_way(endpoint: &Endpoint, network: &dyn Network) -> NetworkEvidence {
    let proxy = network.proxy(endpoint);
    let mut seen = NetworkEvidence {
        endpoint: endpoint.to_string(),
        proxy: Look::Saw(proxy.clone()),
        ..NetworkEvidence::default()
    };
    match proxy {
        Some(proxy) if !proxy.is_usable => return seen,
        Some(_) => {
            let by_proxy = "the proxy does that".to_owned();
            seen.addresses = Look::NotHere(by_proxy.clone());
            seen.connection = Look::NotHere(by_proxy);
        }
        None => {
            seen.addresses = look_up_addresses(endpoint, network).await;
            if !matches!(&seen.addresses, Look::Saw(all) if !all.is_empty()) {
                return seen;
            }
            let begun = Instant::now();
            seen.connection = network.connect(endpoint).await.map(|()| count_millis(begun)).into();
            if !matches!(seen.connection, Look::Saw(_)) {
                return seen;
            }
        }
    }
    seen.tls = if endpoint.is_https() {
        network.handshake(endpoint).await.into()
    } else {
        Look::NotHere("plain http, which this machine speaks only with itself".to_owned())
    };
    seen.greeting = network.greet(endpoint).await.into();
    seen
}

async fn look_up_addresses(
    endpoint: &Endpoint,
    network: &dyn Network,
) -> Look<Vec<std::net::IpAddr>> {
    match network.addresses(endpoint).await {
        Err(fault) if fault.kind == FaultKind::Absent => Look::Saw(Vec::new()),
        answer => answer.into(),
    }
}

async fn try_location(location: &LocationAddress, network: &dyn Network) -> LocationTrial {
    let (mut times, mut fault) = (Vec::new(), None);
    for _ in 0..TRIES {
        let begun = Instant::now();
        match timeout(LIMIT, network.greet(&location.endpoint)).await {
            Ok(Ok(Greeting { status, .. })) if status < 500 && status != 429 => {
                times.push(count_millis(begun));
            }
            Ok(Ok(Greeting { status, .. })) => fault = Some(format!("status {status}")),
            Ok(Err(Fault { detail, .. })) => fault = Some(detail),
            Err(_) => fault = Some("no answer in time".to_owned()),
        }
    }
    times.sort_unstable();
    LocationTrial {
        name: location.name.clone(),
        is_own: location.is_own,
        tries: TRIES,
        failures: TRIES - u32::try_from(times.len()).unwrap_or(TRIES),
        millis: times.get(times.len() / 2).copied(),
        fault,
        usual: location.usual,
    }
}

/// The time since `begun`, in milliseconds.
pub(super) fn count_millis(begun: Instant) -> u32 {
    u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX)
}
