//! What is told of services while they change, and when they fail.

use datalake_core::text::printable;
use datalake_engine::{AccessProof, ServiceNews};

use crate::render::Printer;

/// Tells what happens on the way.
pub(super) fn tell_service_news(printer: Printer) -> impl Fn(ServiceNews<'_>) + Sync {
    move |news| {
        if let Some(text) = describe_news(news) {
            printer.talk(&text);
        }
    }
}

fn describe_news(news: ServiceNews<'_>) -> Option<String> {
    Some(match news {
        ServiceNews::Ordered => return None,
        ServiceNews::Waiting(status) => {
            format!("waiting for {} ({}, {})", status.unit, status.active, status.sub)
        }
        ServiceNews::NotOnline => {
            "network-online.target is not active, so podman waits for up to 90 s; \
                            cure: systemctl start network-online.target"
                .to_owned()
        }
        ServiceNews::Settled(status) => {
            format!("{}: {} ({})", status.unit, status.active, status.sub)
        }
        ServiceNews::Proved(unit, AccessProof::By(client)) => {
            let client = printable(client);
            format!("{unit}: put, list, get and delete work inside, by {client}")
        }
        ServiceNews::Proved(unit, AccessProof::NoPython) => {
            format!("{unit}: no Python inside; its environment was compared, the bucket not tried")
        }
    })
}
