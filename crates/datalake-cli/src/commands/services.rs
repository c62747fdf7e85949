//! What is told of services while they change, and when they fail.

use datalake_core::FilledBody;
use datalake_engine::{News, Proof, ServiceName, Services};

use crate::deployment::Ground;
use crate::render::{Printer, Redactor, printable};
use crate::site::Site;

/// How much of a log is shown of services that did not settle.
const TAIL: usize = 20;

/// How much of it is read: half of it is what podman says of itself.
const READ: u32 = 80;

/// Tells what happens on the way.
pub(super) fn teller(printer: Printer) -> impl Fn(News<'_>) + Sync {
    move |news| {
        if let Some(text) = text(news) {
            printer.talk(&text);
        }
    }
}

fn text(news: News<'_>) -> Option<String> {
    Some(match news {
        News::Ordered => return None,
        News::Waiting(status) => {
            format!("waiting for {} ({}, {})", status.unit, status.active, status.sub)
        }
        News::NotOnline => "network-online.target is not active, so podman waits for up to 90 s; \
                            cure: systemctl start network-online.target"
            .to_owned(),
        News::Settled(status) => format!("{}: {} ({})", status.unit, status.active, status.sub),
        News::Proved(unit, Proof::By(client)) => {
            let client = printable(client);
            format!("{unit}: put, list, get and delete work inside, by {client}")
        }
        News::Proved(unit, Proof::NoPython) => {
            format!("{unit}: no Python inside; its environment was compared, the bucket not tried")
        }
    })
}

/// Shows the last lines of the units' logs, without the secrets that `redactor` knows.
pub(super) async fn show_tails(
    units: &[ServiceName],
    redactor: &Redactor,
    site: &Site,
    ground: &Ground,
) {
    for unit in units {
        site.printer.talk(&format!("the last lines of {unit}:"));
        match ground.systemd.log_tail(std::slice::from_ref(unit), READ).await {
            Ok(log) => tail(&log).iter().for_each(|line| {
                site.printer.talk(&format!("  {}", redactor.line(line)));
            }),
            Err(fault) => site.printer.talk(&format!("  cannot be read: {fault}")),
        }
    }
}

/// The last lines, less podman's own record of each container's life.
fn tail(log: &FilledBody) -> Vec<&[u8]> {
    let is_podmans = |line: &[u8]| {
        let text = String::from_utf8_lossy(line);
        text.contains(" podman[") && text.contains(" UTC m=+")
            || text.contains(" conmon[") && text.contains(" <nwarn>: ")
    };
    let told: Vec<_> = lines(log).filter(|line| !is_podmans(line)).collect();
    told.get(told.len().saturating_sub(TAIL)..).unwrap_or_default().to_vec()
}

/// The lines of a log that hold something.
pub(super) fn lines(log: &FilledBody) -> impl Iterator<Item = &[u8]> {
    log.expose().split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}
