//! Object lock settings as XML.

use datalake_engine::{BucketLock, LockMode, LockPeriod, Retention};

use crate::documents::UnknownDocument;
use crate::xml::{Element, parse_document};

/// Why an answer is no object lock setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnknownLock {
    /// It is another document.
    #[error(transparent)]
    Document(#[from] UnknownDocument),
    /// It holds something that [`BucketLock`] has no place for.
    #[error("the object lock setting holds something unknown")]
    Setting,
}

/// Reads the answer to `GetObjectLockConfiguration`.
pub(crate) fn read_lock(document: &[u8]) -> Result<BucketLock, UnknownLock> {
    let root = parse_document(document).map_err(UnknownDocument::from)?;
    if root.name != "ObjectLockConfiguration" {
        return Err(UnknownDocument::Other("ObjectLockConfiguration").into());
    }
    match root.child_text("ObjectLockEnabled") {
        Some("Enabled") => (),
        None if root.children.is_empty() => return Ok(BucketLock::Never),
        _ => return Err(UnknownLock::Setting),
    }
    let retention = root.child("Rule").map(|rule| {
        let retention = rule.child("DefaultRetention").ok_or(UnknownLock::Setting)?;
        read_retention(retention).ok_or(UnknownLock::Setting)
    });
    Ok(BucketLock::Offered(retention.transpose()?))
}

fn read_retention(element: &Element) -> Option<Retention> {
    let mode = match element.child_text("Mode")? {
        "GOVERNANCE" => LockMode::Governance,
        "COMPLIANCE" => LockMode::Compliance,
        _ => return None,
    };
    let number = |name| element.child_text(name).and_then(|text| text.parse::<u32>().ok());
    // Ceph writes the unit that was not set as 0.
    let days = number("Days").filter(|count| *count > 0);
    let years = number("Years").filter(|count| *count > 0);
    let period = match (days, years) {
        (Some(days), None) => LockPeriod::Days(days),
        (None, Some(years)) => LockPeriod::Years(years),
        _ => return None,
    };
    Some(Retention { mode, period })
}

/// Writes the body of `PutObjectLockConfiguration`.
pub(crate) fn write_lock(retention: Option<Retention>) -> String {
    let rule = retention.map_or(String::new(), |Retention { mode, period }| {
        let mode = match mode {
            LockMode::Governance => "GOVERNANCE",
            LockMode::Compliance => "COMPLIANCE",
        };
        let period = match period {
            LockPeriod::Days(count) => format!("<Days>{count}</Days>"),
            LockPeriod::Years(count) => format!("<Years>{count}</Years>"),
        };
        let retention = format!("<Mode>{mode}</Mode>{period}");
        format!("<Rule><DefaultRetention>{retention}</DefaultRetention></Rule>")
    });
    format!(
        "<ObjectLockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}</ObjectLockConfiguration>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_read_back_as_written() {
        for retention in [
            None,
            Some(Retention { mode: LockMode::Governance, period: LockPeriod::Days(30) }),
            Some(Retention { mode: LockMode::Compliance, period: LockPeriod::Years(1) }),
        ] {
            let read = read_lock(write_lock(retention).as_bytes());
            assert_eq!(read, Ok(BucketLock::Offered(retention)));
        }
    }

    #[test]
    fn what_is_unknown_is_not_taken_for_no_lock() {
        assert_eq!(read_lock(b"<ObjectLockConfiguration/>"), Ok(BucketLock::Never));
        for inside in [
            "<ObjectLockEnabled>Perhaps</ObjectLockEnabled>",
            "<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule/>",
            "<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>\
             <Mode>GOVERNANCE</Mode></DefaultRetention></Rule>",
        ] {
            let document = format!("<ObjectLockConfiguration>{inside}</ObjectLockConfiguration>");
            assert_eq!(read_lock(document.as_bytes()), Err(UnknownLock::Setting), "{inside}");
        }
    }
}
