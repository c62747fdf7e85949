//! The flags as transfers take them.

use chrono::{Local, Offset as _};
use datalake_engine::transfer::TransferLimits;
use datalake_operations::transfer::{
    Care, ContentComparison, LimitChoices, TransferChoices, choose_limits,
};

use crate::args::transfer::{Carried, Down, How, Within};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;

/// What a transfer is asked to do.
///
/// # Errors
///
/// [`Failure`] for metadata that is named twice.
pub(super) fn read_choices(
    how: &How,
    down: &Down,
    carried: &Carried,
) -> Result<TransferChoices, Failure> {
    let twice = || Failure::new(Exit::Usage, "a name of --metadata is given twice");
    Ok(TransferChoices {
        include: how.include.clone(),
        exclude: how.exclude.clone(),
        dry_run: how.dry_run,
        comparison: match (how.checksum, how.size_only) {
            (true, _) => ContentComparison::Checksum,
            (false, true) => ContentComparison::SizeOnly,
            (false, false) => ContentComparison::Quick,
        },
        care: match (how.care.trust_service, how.care.check) {
            (true, _) => Care::TrustService,
            (false, true) => Care::Check,
            (false, false) => Care::Usual,
        },
        links: how.links.into(),
        overwrite: down.overwrite,
        attributes: carried.attributes().ok_or_else(twice)?,
        limits: read_limits(&how.within),
        ..TransferChoices::default()
    })
}

/// What is kept within: the spec's limits, and those of the flags.
///
/// # Errors
///
/// [`Failure`] for more connections than the spec allows.
pub(in crate::commands) fn choose_transfer_limits(
    remote: &Remote,
    within: &Within,
) -> Result<TransferLimits, Failure> {
    Ok(choose_limits(&remote.spec.limits, &read_limits(within))?)
}

pub(in crate::commands) fn read_limits(within: &Within) -> LimitChoices {
    LimitChoices {
        transfers: within.transfers,
        bandwidth: within.bwlimit.clone(),
        requests: within.max_requests,
        connections: within.connections,
        part_size: within.part_size,
        utc_offset: Local::now().offset().fix().local_minus_utc(),
    }
}
