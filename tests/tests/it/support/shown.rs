//! Output with all that differs from run to run taken out of it.

use std::sync::LazyLock;

use regex::Regex;

/// What differs, and what stands for it.
static MARKS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let owner = {
        let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
        format!(r"\b{}:{}\)", user.as_raw(), group.as_raw())
    };
    let marks = [
        (r"R-\d{8}-\d{6}-[a-z0-9]{4}", "[RUN]"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[TIME]"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]"),
        (r"clock [+-]\d+ s", "clock [OFFSET]"),
        (r"clock is \d+ s", "clock is [SECONDS]"),
        (r", request [0-9A-Za-z-]+", ", request [ID]"),
        (r"process \d+", "process [PID]"),
        (r"\b[0-9a-f]{64}\b", "[FINGERPRINT]"),
        (r"/[^\s`']*/\.tmp[A-Za-z0-9]+", "[DIR]"),
        (owner.as_str(), "[OWNER])"),
    ];
    marks.map(|(pattern, mark)| (Regex::new(pattern).unwrap(), mark)).into()
});

/// The text with marks in place of run names, ports, times, owners and temporary folders.
pub(crate) fn shown(text: &str) -> String {
    let mark = |text: String, (pattern, mark): &(Regex, &str)| {
        pattern.replace_all(&text, *mark).into_owned()
    };
    MARKS.iter().fold(text.to_owned(), mark)
}
