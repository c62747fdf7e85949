//! The drop-in that hands an env file to a container, for podman 5.0 and later.

use datalake_core::{HostPath, InvalidPath};

use crate::variable::is_variable;

/// The name of the drop-in's file; generators take files of one name for one another.
pub const DROP_IN_NAME: &str = "50-datalake-s3.conf";

/// Why a value cannot stand in a unit file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unwritable {
    /// No name of an environment variable.
    #[error("`{0}` is no name of an environment variable")]
    Name(String),
    /// systemd would read another path: it takes these for patterns and knows no quotes here.
    #[error("systemd cannot read an env file at `{path}`: it holds {what}")]
    Path {
        /// The path as given.
        path: HostPath,
        /// What is in the way.
        what: &'static str,
    },
}

/// Renders the drop-in that passes the variables `names` on from `env_file`, which may be absent.
///
/// ```
/// let text = datalake_quadlet::drop_in(&"/etc/s3.env".parse()?, &["AWS_REGION"])?;
/// assert!(text.ends_with("--env=AWS_REGION\n\n[Service]\nEnvironmentFile=-/etc/s3.env\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`Unwritable`] where systemd or podman would read something else.
pub fn drop_in(env_file: &HostPath, names: &[&str]) -> Result<String, Unwritable> {
    let mut text =
        "# Written by datalake. Remove this file and run daemon-reload to undo.\n[Container]\n"
            .to_owned();
    for line in pass_on_lines(names)? {
        text.push_str(&line);
        text.push('\n');
    }
    text.push_str("\n[Service]\n");
    text.push_str(&env_file_line(env_file)?);
    text.push('\n');
    Ok(text)
}

/// The path of the drop-in for the unit file `unit`.
///
/// # Errors
///
/// [`InvalidPath`] never, as long as `unit` has a file name.
pub fn drop_in_path(unit: &HostPath) -> Result<HostPath, InvalidPath> {
    format!("{unit}.d/{DROP_IN_NAME}").parse()
}

/// One `PodmanArgs=` line for each of `names`.
///
/// A key of its own for each, and not `Environment=NAME`, which podman below 5.6 drops silently.
pub(crate) fn pass_on_lines(names: &[&str]) -> Result<Vec<String>, Unwritable> {
    let line = |name: &&str| {
        let unfit = || Unwritable::Name((*name).to_owned());
        is_variable(name).then(|| format!("PodmanArgs=--env={name}")).ok_or_else(unfit)
    };
    names.iter().map(line).collect()
}

/// The line of `[Service]` that reads `path` if it is there.
pub(crate) fn env_file_line(path: &HostPath) -> Result<String, Unwritable> {
    let text = path.as_str();
    let what = if text.contains(['*', '?', '[', ']', '{', '}']) {
        "a character of patterns (`*?[]{}`)"
    } else if text.contains('\\') {
        "a backslash"
    } else if text.ends_with(char::is_whitespace) {
        "a blank at its end"
    } else {
        return Ok(format!("EnvironmentFile=-{}", text.replace('%', "%%")));
    };
    Err(Unwritable::Path { path: path.clone(), what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Option<&str>) {
        assert_eq!(env_file_line(&path.parse().unwrap()).ok().as_deref(), expected, "{path:?}");
    }

    #[test]
    fn systemd_reads_the_path_that_was_meant() {
        check("/etc/s3.env", Some("EnvironmentFile=-/etc/s3.env"));
        check("/etc/50% a#b;c.env", Some("EnvironmentFile=-/etc/50%% a#b;c.env"));
        for path in ["/a*b", "/a[1]", "/a{b,c}", "/a?", "/a\\x20b", "/a "] {
            check(path, None);
        }
    }

    #[test]
    fn only_names_are_passed_on() {
        let path = "/etc/s3.env".parse().unwrap();

        let refused = drop_in(&path, &["A", "B=1"]);

        assert_eq!(refused, Err(Unwritable::Name("B=1".to_owned())));
    }

    #[test]
    fn a_drop_in_lies_beside_its_unit() {
        let unit = "/etc/q/code@.container".parse().unwrap();

        let path = drop_in_path(&unit).unwrap();

        assert_eq!(path.as_str(), "/etc/q/code@.container.d/50-datalake-s3.conf");
    }
}
