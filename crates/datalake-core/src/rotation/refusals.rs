//! Refusals in what services have logged.

use crate::time::Timestamp;

/// What an S3 client writes of a key that is refused, or that the service does not know.
const REFUSALS: [&str; 4] = ["AccessDenied", "InvalidAccessKeyId", "403 Forbidden", "(403)"];

/// The refusals in the last lines of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusalCount {
    /// Lines that tell of one.
    pub lines: u64,
    /// Whether there may have been more, before the first line that was read.
    pub is_least: bool,
}

/// The lines of a journal in the form `short-iso`, or of an app's log of Modal's, since that time that tell of a refusal. A line whose
/// time cannot be read goes on from the one before. Of a log that has fewer lines than were asked for there
/// is nothing before the first.
#[must_use]
pub fn count_refusals(log: &[u8], since: Timestamp, asked: u32) -> RefusalCount {
    let text = String::from_utf8_lossy(log);
    let mut first = None;
    let mut is_new = false;
    let (mut lines, mut read) = (0, 0_u32);
    for line in text.lines() {
        read = read.saturating_add(1);
        if let Some(at) = read_line_time(line) {
            first = first.or(Some(at));
            is_new = at >= since;
        }
        lines += u64::from(is_new && REFUSALS.iter().any(|words| line.contains(words)));
    }
    RefusalCount { lines, is_least: read >= asked && first.is_some_and(|first| first > since) }
}

/// The time that a line begins with, `2026-11-22T18:00:00+0100` or with a colon in its end; Modal's client
/// writes a blank for the `T`.
fn read_line_time(line: &str) -> Option<Timestamp> {
    let mut words = line.split(' ');
    let word = words.next()?;
    let joined = words.next().map(|time| format!("{word}T{time}"));
    read_time(word).or_else(|| read_time(&joined?))
}

fn read_time(word: &str) -> Option<Timestamp> {
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

        let count = |log: &str| {
            let count = count_refusals(log.as_bytes(), since, 2);
            (count.lines, count.is_least)
        };
        assert_eq!(count(log), (3, false));
        assert_eq!(count("AccessDenied\n"), (0, false));
        let of_modal = "2026-11-22 17:00:00+00:00 (403)\n2026-11-22 19:00:00+01:00 AccessDenied\n";
        assert_eq!(count(of_modal), (1, false));
        let (_, tail) = log.split_once("all is well").unwrap();
        assert_eq!(count(tail.trim_start()), (1, false), "that is all of it");
        assert_eq!(count("2026-11-22T18:00:02Z x\n2026-11-22T18:00:03Z AccessDenied\n"), (1, true));
    }
}
