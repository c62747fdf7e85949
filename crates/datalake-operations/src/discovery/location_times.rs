//! How fast Hetzner's locations answer from here.

use std::time::Duration;

use datalake_core::doctor::Greeting;
use datalake_core::s3::Region;
use datalake_core::text::printable;
use datalake_engine::Network;
use futures::future::join_all;
use tokio::time::{Instant, timeout_at};

/// How long a person waits for all locations together.
const LIMIT: Duration = Duration::from_millis(1500);

/// The first answer pays for the name service; the faster one counts.
const TRIES: u32 = 2;

const LOCATIONS: [(Region, &str); 3] =
    [(Region::Fsn1, "Falkenstein"), (Region::Nbg1, "Nuremberg"), (Region::Hel1, "Helsinki")];

/// One of Hetzner's locations, and how it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocationTime {
    /// The location.
    pub region: Region,
    /// The town that it lies in.
    pub town: &'static str,
    /// The time of its fastest answer; `None` where nobody asked.
    pub answer: Option<Result<Duration, String>>,
}

impl LocationTime {
    /// Its name, its town and its time, as one line to choose from; the name is the first word.
    #[must_use]
    pub fn describe(&self) -> String {
        let Self { region, town, answer } = self;
        let place = format!("{region}  {town}");
        match answer {
            Some(Ok(time)) => format!("{place:<19}answers in {} ms", time.as_millis().max(1)),
            Some(Err(_)) => format!("{place:<19}no answer"),
            None => place,
        }
    }
}

/// Hetzner's locations, with nobody asked.
#[must_use]
pub fn list_location_times() -> Vec<LocationTime> {
    let unasked = |(region, town)| LocationTime { region, town, answer: None };
    LOCATIONS.map(unasked).into()
}

/// Asks all of Hetzner's locations at once, without a key, for at most a second and a half. The
/// fastest comes first, then those without an answer.
pub async fn measure_locations(network: &dyn Network) -> Vec<LocationTime> {
    let end = Instant::now() + LIMIT;
    let measured = list_location_times().into_iter().map(|location| async move {
        let answer = measure_answer(&location.region, network, end).await;
        LocationTime { answer: Some(answer), ..location }
    });
    let mut locations = join_all(measured).await;
    locations.sort_by_key(|location| match location.answer {
        Some(Ok(time)) => time,
        _ => Duration::MAX,
    });
    locations
}

/// Why no location can be told from another, where none of those that were asked has answered.
#[must_use]
pub fn describe_silence(locations: &[LocationTime]) -> Option<String> {
    let failure = |location: &LocationTime| location.answer.clone()?.err();
    let failures: Option<Vec<_>> = locations.iter().map(failure).collect();
    let first = failures?.into_iter().next()?;
    Some(format!("No location answers this machine ({}), so none is measured", printable(&first)))
}

async fn measure_answer(
    region: &Region,
    network: &dyn Network,
    end: Instant,
) -> Result<Duration, String> {
    let endpoint = region.endpoint().ok_or("it has no address")?;
    let mut outcome: Result<Duration, String> =
        Err(format!("no answer within {} ms", LIMIT.as_millis()));
    for _ in 0..TRIES {
        let begun = Instant::now();
        let Ok(greeting) = timeout_at(end, network.greet(&endpoint)).await else { break };
        let answer = match greeting {
            Ok(Greeting { is_s3: true, status: ..=428 | 430..=499, .. }) => Ok(begun.elapsed()),
            Ok(Greeting { is_s3: true, status, .. }) => Err(format!("status {status}")),
            Ok(Greeting { is_s3: false, .. }) => Err("another server answers in its place".into()),
            Err(fault) => Err(fault.detail),
        };
        outcome = match (outcome, answer) {
            (Ok(known), Ok(new)) => Ok(known.min(new)),
            (Ok(known), Err(_)) => Ok(known),
            (Err(_), answer) => answer,
        };
    }
    outcome
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use async_trait::async_trait;
    use datalake_core::doctor::{Proxy, TlsLook};
    use datalake_core::fault::Fault;
    use datalake_core::s3::Endpoint;
    use datalake_engine::memory::{MemoryHost, MemoryNetwork};
    use tokio::time::sleep;

    use super::*;

    /// A network that keeps each location waiting: fsn1 for ever.
    struct SlowNetwork(MemoryNetwork);

    #[async_trait]
    impl Network for SlowNetwork {
        fn proxy(&self, endpoint: &Endpoint) -> Option<Proxy> {
            self.0.proxy(endpoint)
        }

        async fn addresses(&self, endpoint: &Endpoint) -> Result<Vec<IpAddr>, Fault> {
            self.0.addresses(endpoint).await
        }

        async fn connect(&self, endpoint: &Endpoint) -> Result<(), Fault> {
            self.0.connect(endpoint).await
        }

        async fn handshake(&self, endpoint: &Endpoint) -> Result<TlsLook, Fault> {
            self.0.handshake(endpoint).await
        }

        async fn greet(&self, endpoint: &Endpoint) -> Result<Greeting, Fault> {
            let wait = match endpoint.host() {
                host if host.starts_with("hel1") => 25,
                host if host.starts_with("nbg1") => 40,
                _ => 60_000,
            };
            sleep(Duration::from_millis(wait)).await;
            self.0.greet(endpoint).await
        }
    }

    fn all_hosts(host: &MemoryHost) -> MemoryNetwork {
        let endpoints = LOCATIONS.iter().filter_map(|(region, _)| region.endpoint());
        let hosts = endpoints.map(|endpoint| (endpoint.host().to_owned(), host.clone()));
        MemoryNetwork { hosts: hosts.collect(), ..MemoryNetwork::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn the_fastest_comes_first_and_a_silent_one_keeps_nobody_waiting() {
        let network = SlowNetwork(all_hosts(&MemoryHost::default()));
        let begun = Instant::now();

        let found = measure_locations(&network).await;

        assert!(begun.elapsed() <= Duration::from_secs(2), "{:?}", begun.elapsed());
        let lines: Vec<_> = found.iter().map(LocationTime::describe).collect();
        assert!(lines[0].starts_with("hel1  Helsinki     answers in 2"), "{lines:?}");
        assert!(lines[1].starts_with("nbg1  Nuremberg    answers in 4"), "{lines:?}");
        assert_eq!(lines[2], "fsn1  Falkenstein  no answer");
        assert_eq!(describe_silence(&found), None);
    }

    #[tokio::test]
    async fn what_is_no_answer_of_s3_is_no_time() {
        let portal = MemoryHost {
            greeting: Greeting { status: 200, is_s3: false, clock_ahead: None },
            ..MemoryHost::default()
        };
        let busy = MemoryHost {
            greeting: Greeting { status: 503, is_s3: true, clock_ahead: None },
            ..MemoryHost::default()
        };
        for (network, why) in [
            (MemoryNetwork::default(), "no such name"),
            (all_hosts(&portal), "another server answers in its place"),
            (all_hosts(&busy), "status 503"),
            (all_hosts(&MemoryHost { is_open: false, ..MemoryHost::default() }), "refused"),
        ] {
            let found = measure_locations(&network).await;

            assert_eq!(found[0].region, Region::Fsn1, "{why}");
            let silence = describe_silence(&found).unwrap();
            assert!(silence.contains(why), "{silence}");
        }
        assert_eq!(describe_silence(&list_location_times()), None);
    }
}
