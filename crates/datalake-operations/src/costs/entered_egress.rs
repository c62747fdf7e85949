//! Egress that was entered by hand, and is to go again.

use datalake_core::price::Span;
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use datalake_engine::{EgressBy, EgressNote, UsageLog, UsagePlace};

use crate::{ErrorKind, OperationError};

/// Removes what the operator has entered at a time; `size` tells which of several. What datalake has
/// noted itself stays.
///
/// # Errors
///
/// [`OperationError`] where nothing was entered then, where several notes differ, or for a history
/// that cannot be used.
pub fn remove_entered_egress(
    log: &mut dyn UsageLog,
    place: &UsagePlace,
    at: Timestamp,
    size: Option<ByteSize>,
) -> Result<EgressNote, OperationError> {
    let of_log = |fault| OperationError::of_usage_log(&fault);
    let span = Span { from: at, until: at.plus_seconds(1) };
    let mut notes = log.egress(place, span).map_err(of_log)?;
    notes.retain(|note| note.by == EgressBy::Operator && size.is_none_or(|size| size == note.size));
    let Some(note) = notes.first() else {
        let message = format!("no egress of s3://{} was entered for {at}", place.bucket);
        return Err(OperationError::new(ErrorKind::Absent, message)
            .advise("`usage show` lists what was entered, each with its time"));
    };
    if notes.iter().any(|other| other != note) {
        let sizes: Vec<_> = notes.iter().map(|note| note.size.display().si().to_string()).collect();
        let message = format!("several amounts were entered for {at}: {}", sizes.join(", "));
        return Err(OperationError::new(ErrorKind::Usage, message)
            .advise("name the one to remove by its size, too"));
    }
    log.remove_egress(place, note).map_err(of_log)?;
    Ok(note.clone())
}

#[cfg(test)]
mod tests {
    use datalake_engine::memory::MemoryUsageLog;

    use super::*;

    fn make_place() -> UsagePlace {
        let endpoint = "https://fsn1.your-objectstorage.com".parse().unwrap();
        UsagePlace { endpoint, bucket: "acme-lake".parse().unwrap() }
    }

    fn read_time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn make_log(notes: &[(EgressBy, u64)]) -> MemoryUsageLog {
        let mut log = MemoryUsageLog::default();
        for (by, size) in notes {
            let at = read_time("2026-11-02T00:00:00Z");
            let note = EgressNote { at, size: ByteSize(*size), by: *by, note: String::new() };
            log.record_egress(&make_place(), &note).unwrap();
        }
        log
    }

    fn remove_entry(
        log: &mut MemoryUsageLog,
        time: &str,
        size: Option<u64>,
    ) -> Result<u64, OperationError> {
        let removed =
            remove_entered_egress(log, &make_place(), read_time(time), size.map(ByteSize));
        removed.map(|note| note.size.0)
    }

    #[test]
    fn what_was_entered_goes_and_what_datalake_has_noted_stays() {
        let mut log = make_log(&[(EgressBy::Datalake, 5), (EgressBy::Operator, 7)]);

        assert_eq!(remove_entry(&mut log, "2026-11-02T00:00:00Z", None).unwrap(), 7);
        let error = remove_entry(&mut log, "2026-11-02T00:00:00Z", None).unwrap_err();

        assert_eq!(error.kind, ErrorKind::Absent);
        let span = Span {
            from: read_time("2026-11-01T00:00:00Z"),
            until: read_time("2026-12-01T00:00:00Z"),
        };
        assert_eq!(log.egress(&make_place(), span).unwrap().len(), 1);
    }

    #[test]
    fn of_several_amounts_one_is_named_by_its_size() {
        let mut log = make_log(&[(EgressBy::Operator, 7), (EgressBy::Operator, 8)]);

        let error = remove_entry(&mut log, "2026-11-02T00:00:00Z", None).unwrap_err();

        assert_eq!(error.kind, ErrorKind::Usage);
        assert_eq!(remove_entry(&mut log, "2026-11-02T00:00:00Z", Some(8)).unwrap(), 8);
        assert_eq!(remove_entry(&mut log, "2026-11-02T00:00:00Z", None).unwrap(), 7);
        let other_time = remove_entry(&mut log, "2026-11-03T00:00:00Z", None).unwrap_err();
        assert_eq!(other_time.kind, ErrorKind::Absent);
    }
}
