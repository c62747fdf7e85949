//! What services have said last.

use datalake_core::fault::Fault;
use datalake_core::secret::FilledBody;
use datalake_engine::ServiceName;

use crate::{DagsterHost, Redactor};

/// How much of a log is told of services that did not settle.
const TAIL: usize = 20;

/// How much of it is read: half of it is what podman says of itself.
const READ: u32 = 80;

/// The last lines of a service's log, without the secrets that `redactor` knows.
///
/// # Errors
///
/// A [`Fault`] where the log cannot be read.
pub async fn read_tail(
    service: &ServiceName,
    redactor: &Redactor,
    host: &DagsterHost,
) -> Result<Vec<String>, Fault> {
    let log = host.ports.services.log_tail(std::slice::from_ref(service), READ).await?;
    Ok(last_lines(&log).into_iter().map(|line| redactor.line(line)).collect())
}

/// The last lines, less podman's own record of each container's life.
fn last_lines(log: &FilledBody) -> Vec<&[u8]> {
    let is_podmans = |line: &[u8]| {
        let text = String::from_utf8_lossy(line);
        text.contains(" podman[") && text.contains(" UTC m=+")
            || text.contains(" conmon[") && text.contains(" <nwarn>: ")
    };
    let told: Vec<_> = log_lines(log).filter(|line| !is_podmans(line)).collect();
    told.get(told.len().saturating_sub(TAIL)..).unwrap_or_default().to_vec()
}

/// The lines of a log that hold something.
pub fn log_lines(log: &FilledBody) -> impl Iterator<Item = &[u8]> {
    log.expose().split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}
