//! What changes in a file, without the secrets on either side.

use datalake_core::{FileBody, Piece};
use similar::TextDiff;

use super::printable;

/// A file that will change.
pub(crate) struct FileChange<'a> {
    /// Its path.
    pub path: &'a str,
    /// What it holds now; empty for a new one.
    pub old: &'a [u8],
    /// What it will hold.
    pub body: &'a FileBody,
}

/// A unified diff with three lines around each change. Values that look like secrets are hidden
/// on both sides, and secrets of ours stand there by name.
#[must_use]
pub(crate) fn diff(change: &FileChange<'_>) -> String {
    let old = masked(&String::from_utf8_lossy(change.old));
    let new = masked(&planned(change.body, change.old));
    let diff = TextDiff::from_lines(&old, &new);
    let mut text = format!("  {}\n", change.path);
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        for line in hunk.to_string().lines() {
            text.push_str(&format!("    {}\n", printable(line)));
        }
    }
    text
}

fn planned(body: &FileBody, old: &[u8]) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Secret(name) => format!("<{name}>"),
        Piece::Kept(range) => {
            String::from_utf8_lossy(old.get(range.clone()).unwrap_or_default()).into_owned()
        }
    };
    body.pieces().iter().map(piece).collect()
}

/// Hides the password in `scheme://user:password@host`.
fn without_password(line: &str) -> String {
    let (mut shown, mut rest) = (String::new(), line);
    while let Some(at) = rest.find("://") {
        let (before, url) = rest.split_at(at + "://".len());
        shown.push_str(before);
        let end = url.find(|c: char| c.is_whitespace() || "\"'".contains(c)).unwrap_or(url.len());
        let (url, after) = url.split_at(end);
        match url.rsplit_once('@').and_then(|(who, host)| Some((who.split_once(':')?.0, host))) {
            Some((user, host)) => shown.push_str(&format!("{user}:…@{host}")),
            None => shown.push_str(url),
        }
        rest = after;
    }
    shown + rest
}

/// Hides what stands behind `=` in words whose name speaks of a secret.
pub(super) fn masked(text: &str) -> String {
    text.split_inclusive('\n').map(|line| masked_line(&without_password(line))).collect()
}

fn masked_line(line: &str) -> String {
    let (mut shown, mut rest) = (String::new(), line);
    while let Some(at) = rest.find('=') {
        let (name, value) = rest.split_at(at);
        let word = name.rsplit([' ', '\t', '"', '\'', '=']).next().unwrap_or_default();
        if speaks_of_a_secret(word) {
            let end = if line.ends_with('\n') { "\n" } else { "" };
            return format!("{shown}{name}={}{end}", hidden(value));
        }
        shown.push_str(name);
        shown.push('=');
        rest = value.get(1..).unwrap_or_default();
    }
    shown + rest
}

/// Whether a variable of that name is likely to hold a secret.
pub(super) fn speaks_of_a_secret(name: &str) -> bool {
    const TELLING: [&str; 6] = ["SECRET", "PASSWORD", "PASSWD", "TOKEN", "KEY", "CREDENTIAL"];
    let upper = name.to_ascii_uppercase();
    TELLING.iter().any(|telling| upper.contains(telling))
}

/// A value of ours shows its name in angle brackets; any other is dots.
fn hidden(value: &str) -> &str {
    let value = value.trim_start_matches('=').trim_end();
    if value.starts_with('<') && value.ends_with('>') { value } else { "…" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        assert_eq!(masked_line(line), expected);
    }

    #[test]
    fn values_of_telling_names_are_hidden_with_all_that_follows() {
        check("Environment=AWS_SECRET_ACCESS_KEY=abc\n", "Environment=AWS_SECRET_ACCESS_KEY=…\n");
        check("Environment=A=1 \"PG_PASSWORD=a b\" C=2\n", "Environment=A=1 \"PG_PASSWORD=…\n");
        check("AWS_ACCESS_KEY_ID=<access key id>\n", "AWS_ACCESS_KEY_ID=<access key id>\n");
    }

    #[test]
    fn passwords_in_addresses_are_hidden() {
        let line = "Environment='PG=postgresql://me:p/w@db/x' B=http://a:1/b\n";
        let hidden = "Environment='PG=postgresql://me:…@db/x' B=http://a:1/b\n";
        assert_eq!(without_password(line), hidden);
        assert_eq!(without_password("Image=registry:5000/x"), "Image=registry:5000/x");
    }

    #[test]
    fn other_lines_stay() {
        check("Environment=DAGSTER_HOME=/opt\n", "Environment=DAGSTER_HOME=/opt\n");
        check("# no assignment", "# no assignment");
    }
}
