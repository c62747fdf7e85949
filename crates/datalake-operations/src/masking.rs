//! Texts without the secrets that stand in them.

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
#[must_use]
pub fn mask_secrets(text: &str) -> String {
    text.split_inclusive('\n').map(|line| mask_line(&without_password(line))).collect()
}

fn mask_line(line: &str) -> String {
    let (mut shown, mut rest) = (String::new(), line);
    while let Some(at) = rest.find('=') {
        let (name, value) = rest.split_at(at);
        let word = name.rsplit([' ', '\t', '"', '\'', '=']).next().unwrap_or_default();
        if speaks_of_a_secret(word) {
            let end = if line.ends_with('\n') { "\n" } else { "" };
            return format!("{shown}{name}={}{end}", hide_value(value));
        }
        shown.push_str(name);
        shown.push('=');
        rest = value.get(1..).unwrap_or_default();
    }
    shown + rest
}

/// Whether a variable of that name is likely to hold a secret.
pub(crate) fn speaks_of_a_secret(name: &str) -> bool {
    const TELLING: [&str; 6] = ["SECRET", "PASSWORD", "PASSWD", "TOKEN", "KEY", "CREDENTIAL"];
    // Words of Dagster's own code, which name something.
    const NAMES: [&str; 4] = ["IO_MANAGER_KEY", "INPUT_MANAGER_KEY", "ASSET_KEY", "PARTITION_KEY"];
    let upper = name.to_ascii_uppercase();
    if NAMES.iter().any(|own| upper.ends_with(own)) {
        return false;
    }
    TELLING.iter().any(|telling| upper.contains(telling))
}

/// A value of ours shows its name in angle brackets; any other is dots.
fn hide_value(value: &str) -> &str {
    let value = value.trim_start_matches('=').trim_end();
    if value.starts_with('<') && value.ends_with('>') { value } else { "…" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        assert_eq!(mask_line(line), expected);
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
        // What `dagster init` writes.
        let code = "@dg.asset(io_manager_key=\"s3_io_manager\", group_name=\"lake\")";
        check(code, code);
        check("    io_manager_key=\"io\", api_key=\"x\"", "    io_manager_key=\"io\", api_key=…");
    }
}
