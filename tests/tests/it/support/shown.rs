//! Output with all that differs from run to run taken out of it.

use regex::Regex;

/// The text with marks in place of run names, ports, times, owners and temporary folders.
pub(crate) fn shown(text: &str) -> String {
    let owner = {
        let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
        format!(r"\b{}:{}\)", user.as_raw(), group.as_raw())
    };
    let marks = [
        (r"R-\d{8}-\d{6}-[a-z0-9]{4}", "[RUN]"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[TIME]"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]"),
        (r"clock [+-]\d+ s", "clock [OFFSET]"),
        (r"clock is \d+ s", "clock is [SECONDS]"),
        (r", request [0-9A-Za-z-]+", ", request [ID]"),
        (r"process \d+", "process [PID]"),
        (r"\b[0-9a-f]{64}\b", "[FINGERPRINT]"),
        (r"/[^\s`']*/\.tmp[A-Za-z0-9]+", "[DIR]"),
        (owner.as_str(), "[OWNER])"),
    ];
    marks.into_iter().fold(text.to_owned(), |text, (pattern, mark)| {
        Regex::new(pattern).unwrap().replace_all(&text, mark).into_owned()
    })
}
