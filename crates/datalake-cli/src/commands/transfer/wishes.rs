//! The flags as the engine takes them.

use chrono::{Local, Offset as _};
use datalake_core::{Comparison, Filter, InvalidPattern};
use datalake_engine::transfer::{Deletion, Limits, Options};

use crate::args::transfer::{How, Within};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;

/// Connections that are left to others at this address.
const SPARE: u32 = 16;

/// Files under way at once: as many as make 750 requests a second of answers that take 80 ms.
const TRANSFERS: usize = 64;

/// How a transfer is done.
///
/// # Errors
///
/// [`Failure`] for a pattern that is none, and more connections than the spec allows.
pub(super) fn options(remote: &Remote, how: &How, delete: Deletion) -> Result<Options, Failure> {
    let filter = Filter::including(&how.include, &how.exclude);
    let filter = filter.map_err(|error: InvalidPattern| Failure::of(Exit::Usage, &error))?;
    let comparison = match (how.checksum, how.size_only) {
        (true, _) => Comparison::Checksum,
        (false, true) => Comparison::SizeOnly,
        (false, false) => Comparison::Quick,
    };
    Ok(Options {
        comparison,
        filter,
        delete,
        dry_run: how.dry_run,
        limits: limits(remote, &how.within)?,
        ..Options::default()
    })
}

/// What is kept within: the spec's limits, and those of the flags.
///
/// # Errors
///
/// [`Failure`] for more connections than the spec allows.
pub(in crate::commands) fn limits(remote: &Remote, within: &Within) -> Result<Limits, Failure> {
    let (spec, usual) = (&remote.spec.limits, Limits::default());
    let allowed = spec.connections;
    let connections = match within.connections {
        Some(number) if number > allowed => {
            let message = format!("{number} connections are more than the spec allows: {allowed}");
            return Err(Failure::new(Exit::Usage, message).hint("see `limits.connections`"));
        }
        Some(number) => number,
        None => allowed.saturating_sub(SPARE.min(allowed / 16)).max(1),
    };
    Ok(Limits {
        items: within.transfers.map_or(TRANSFERS, usize::from),
        connections: usize::try_from(connections).unwrap_or(usize::MAX),
        requests_per_second: spec.requests_per_second,
        requests: within.max_requests,
        bandwidth: within.bwlimit.clone().or_else(|| spec.bandwidth.clone()),
        utc_offset: Local::now().offset().fix().local_minus_utc(),
        part_size: within.part_size.unwrap_or(usual.part_size),
        ..usual
    })
}
