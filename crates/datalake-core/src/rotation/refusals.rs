//! Refusals in what services have logged.

use crate::time::Timestamp;

/// What an S3 client writes of a key that is refused, or that the service does not know.
const REFUSALS: [&str; 4] = ["AccessDenied", "InvalidAccessKeyId", "403 Forbidden", "(403)"];

/// The lines of a journal in the form `short-iso` since that time that tell of a refusal. A line whose
/// time cannot be read goes on from the one before.
#[must_use]
pub fn count_refusals(log: &[u8], since: Timestamp) -> u64 {
    let text = String::from_utf8_lossy(log);
    let mut is_new = false;
    let mut count = 0;
    for line in text.lines() {
        if let Some(at) = read_line_time(line) {
            is_new = at >= since;
        }
        count += u64::from(is_new && REFUSALS.iter().any(|words| line.contains(words)));
    }
    count
}

/// The time that a line begins with, `2026-11-22T18:00:00+0100` or with a colon in its end.
fn read_line_time(line: &str) -> Option<Timestamp> {
    let word = line.split(' ').next()?;
    if let Ok(time) = word.parse() {
        return Some(time);
    }
    let (time, minutes) = word.split_at_checked(word.len().checked_sub(2)?)?;
    format!("{time}:{minutes}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_count_from_the_time_on() {
        let log = "\
2026-11-22T17:59:59+0000 host web[1]: An error occurred (AccessDenied) when calling PutObject
2026-11-22T19:00:00+0100 host web[1]: An error occurred (InvalidAccessKeyId) when calling GetObject
   botocore.exceptions.ClientError: An error occurred (403) when calling the HeadObject operation
2026-11-22T18:00:01+00:00 host web[1]: all is well
2026-11-22T18:00:02Z host web[1]: AccessDenied
";
        let since = "2026-11-22T18:00:00Z".parse().unwrap();

        assert_eq!(count_refusals(log.as_bytes(), since), 3);
        assert_eq!(count_refusals(b"AccessDenied\n", since), 0);
    }
}
