//! Drop-ins that hand an env file, or podman's secrets, to a container; podman 5.0 and later.

use datalake_core::host::{HostPath, InvalidPath};
use datalake_core::secret::PodmanSecret;

use crate::variable::is_variable;

/// The name of the drop-in's file; generators take files of one name for one another.
pub const DROP_IN_NAME: &str = "50-datalake-s3.conf";

const HEADER: &str =
    "# Written by datalake. Remove this file and run daemon-reload to undo.\n[Container]\n";

/// Why a value cannot stand in a unit file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unwritable {
    /// No name of an environment variable.
    #[error("`{0}` is not a valid name of an environment variable")]
    Name(String),
    /// systemd would read another path: it takes these for patterns and knows no quotes here.
    #[error("systemd cannot read an env file at `{path}`: it holds {what}")]
    Path {
        /// The path as given.
        path: HostPath,
        /// What is in the way.
        what: &'static str,
    },
    /// A character that generators write down differently.
    #[error("the value of `{name}` holds `{unfit}`, which unit files cannot carry safely")]
    Value {
        /// The name of the variable.
        name: String,
        /// The first such character.
        unfit: char,
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
    let mut text = HEADER.to_owned();
    for line in pass_on_lines(names)? {
        text.push_str(&line);
        text.push('\n');
    }
    text.push_str("\n[Service]\n");
    text.push_str(&env_file_line(env_file)?);
    text.push('\n');
    Ok(text)
}

/// Renders the drop-in that gives a container the variables of `secrets`, which podman keeps, and
/// those of `values`.
///
/// Without one of the secrets the service does not start.
///
/// ```
/// let key = "s3-key".parse()?;
/// let text = datalake_quadlet::secret_drop_in(&[("KEY", &key)], &[("REGION", "fsn1")])?;
/// assert!(text.ends_with("Secret=s3-key,type=env,target=KEY\nEnvironment=REGION=fsn1\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`Unwritable`] where podman would read something else.
pub fn secret_drop_in(
    secrets: &[(&str, &PodmanSecret)],
    values: &[(&str, &str)],
) -> Result<String, Unwritable> {
    let mut text = HEADER.to_owned();
    for (name, secret) in secrets {
        check_name(name)?;
        text.push_str(&format!("Secret={secret},type=env,target={name}\n"));
    }
    for (name, value) in values {
        check_name(name)?;
        text.push_str(&format!("Environment={}\n", quote_assignment(name, value)?));
    }
    Ok(text)
}

/// `NAME=value` as one word: quoted for the generator, and with `%` and `$` doubled for systemd,
/// which expands both in the command that the generator writes.
fn quote_assignment(name: &str, value: &str) -> Result<String, Unwritable> {
    if let Some(unfit) = value.chars().find(|c| !matches!(c, ' '..='~')) {
        return Err(Unwritable::Value { name: name.to_owned(), unfit });
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:=+@,^-~".contains(c);
    if value.chars().all(plain) {
        return Ok(format!("{name}={value}"));
    }
    let mut word = format!("\"{name}=");
    for c in value.chars() {
        match c {
            '"' | '\\' => word.push('\\'),
            '%' | '$' => word.push(c),
            _ => (),
        }
        word.push(c);
    }
    word.push('"');
    Ok(word)
}

fn check_name(name: &str) -> Result<(), Unwritable> {
    if is_variable(name) { Ok(()) } else { Err(Unwritable::Name(name.to_owned())) }
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
        check_name(name)?;
        Ok(format!("PodmanArgs=--env={name}"))
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
    use crate::split_words;

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

    #[track_caller]
    fn check_value(value: &str, expected: &str) {
        let secret: PodmanSecret = "s".parse().unwrap();
        let text = secret_drop_in(&[("K", &secret)], &[("A", value)]).unwrap();
        let line = text.lines().last().unwrap();
        assert_eq!(line, format!("Environment={expected}"));
        // The generator takes the quotes away, and systemd one of two.
        let [word] = &split_words(line.split_once('=').unwrap().1).unwrap()[..] else {
            panic!("not one word: {line}");
        };
        let read = word.strip_prefix("A=").unwrap().replace("%%", "%").replace("$$", "$");
        assert_eq!(read, value);
    }

    #[test]
    fn a_value_reaches_the_container_as_it_was_meant() {
        check_value("https://fsn1.example:443/a,b^c", "A=https://fsn1.example:443/a,b^c");
        check_value("", "A=");
        check_value("a b", "\"A=a b\"");
        check_value("100%h $HOME", "\"A=100%%h $$HOME\"");
        check_value("a\"b\\c'd", "\"A=a\\\"b\\\\c'd\"");
    }

    #[test]
    fn what_generators_write_down_differently_is_not_written() {
        for unfit in ['\n', '\t', '\u{7f}', 'é'] {
            let refused = secret_drop_in(&[], &[("A", &format!("x{unfit}"))]);
            assert_eq!(refused, Err(Unwritable::Value { name: "A".to_owned(), unfit }));
        }
        let secret: PodmanSecret = "s".parse().unwrap();
        let refused = secret_drop_in(&[("A=B", &secret)], &[]);
        assert_eq!(refused, Err(Unwritable::Name("A=B".to_owned())));
    }

    #[test]
    fn a_drop_in_lies_beside_its_unit() {
        let unit = "/etc/q/code@.container".parse().unwrap();

        let path = drop_in_path(&unit).unwrap();

        assert_eq!(path.as_str(), "/etc/q/code@.container.d/50-datalake-s3.conf");
    }
}
