//! What a line of code becomes when the files of its I/O manager lie in a bucket.

use crate::code_managers::{MadeManager, ManagerFamily, NamedArgument};

/// Where things are after a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAt {
    /// The bucket of the pickles.
    pub bucket: String,
    /// What the keys of pickles begin with, without a slash at the end.
    pub prefix: String,
    /// Where frames and tables are, `s3://BUCKET/PREFIX`; `None` where the spec does not say.
    pub tables: Option<String>,
}

/// A change of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeChange {
    /// The line, from 1.
    pub line: usize,
    /// As it is, without the blanks around it.
    pub old: String,
    /// As it would be.
    pub new: String,
}

/// What would have to change where code makes this manager; `None` where nothing has to, or nobody
/// can tell.
///
/// ```
/// use datalake_dagster::{StoredAt, propose_change, read_managers};
///
/// let code = "io = PolarsParquetIOManager(base_dir=\"/data\")\n";
/// let at = StoredAt {
///     bucket: "lake".to_owned(),
///     prefix: "assets".to_owned(),
///     tables: Some("s3://lake-tables/assets".to_owned()),
/// };
/// let change = propose_change(code, &read_managers(code).managers[0], &at).unwrap();
///
/// assert_eq!(change.new, "io = PolarsParquetIOManager(base_dir=\"s3://lake-tables/assets\")");
/// ```
#[must_use]
pub fn propose_change(source: &str, made: &MadeManager, at: &StoredAt) -> Option<CodeChange> {
    let (names, wanted): (&[&str], &str) = match made.family {
        ManagerFamily::Polars => (&["base_dir"], at.tables.as_deref()?),
        ManagerFamily::UPath => (&["base_dir", "base_path"], at.tables.as_deref()?),
        ManagerFamily::Delta => (&["root_uri"], at.tables.as_deref()?),
        ManagerFamily::S3Pickles => (&["s3_prefix"], &at.prefix),
        ManagerFamily::LocalPickles | ManagerFamily::DuckDb | ManagerFamily::Other => return None,
    };
    let found = made.arguments.iter().find(|argument| names.contains(&argument.name.as_str()));
    match found {
        Some(NamedArgument { text: Some(text), line, .. }) if text != wanted => {
            change_text(source, *line, Replacement { text, wanted })
        }
        // Polars' default is Dagster's own storage, that of S3 is `dagster`.
        None if matches!(made.family, ManagerFamily::Polars | ManagerFamily::S3Pickles) => {
            add_argument(source, made, &format!("{}=\"{wanted}\"", names.first()?))
        }
        Some(_) | None => None,
    }
}

/// A text, and what stands for it.
#[derive(Clone, Copy)]
struct Replacement<'a> {
    text: &'a str,
    wanted: &'a str,
}

fn change_text(source: &str, line: usize, by: Replacement<'_>) -> Option<CodeChange> {
    let old = line_of(source, line)?;
    let quoted = ['"', '\''].into_iter().find_map(|quote| {
        let text = format!("{quote}{}{quote}", by.text);
        old.contains(&text).then_some(text)
    })?;
    // A text that another argument of the line has too would be changed with it.
    if old.matches(&quoted).count() != 1 {
        return None;
    }
    let new = old.replace(&quoted, &format!("\"{}\"", by.wanted));
    Some(CodeChange { line, old: old.to_owned(), new })
}

fn add_argument(source: &str, made: &MadeManager, argument: &str) -> Option<CodeChange> {
    let old = line_of(source, made.line)?;
    let call = format!("{}(", made.class);
    if old.matches(&call).count() != 1 {
        return None;
    }
    let place = old.find(&call)? + call.len();
    let (before, behind) = old.split_at_checked(place)?;
    // Where the arguments are on lines of their own, this one is the first behind the bracket.
    let comma = match (made.arguments.is_empty(), behind.trim().is_empty()) {
        (true, _) => "",
        (false, true) => ",",
        (false, false) => ", ",
    };
    Some(CodeChange {
        line: made.line,
        old: old.to_owned(),
        new: format!("{before}{argument}{comma}{behind}"),
    })
}

fn line_of(source: &str, line: usize) -> Option<&str> {
    source.lines().nth(line.checked_sub(1)?).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code_managers::read_managers;

    #[track_caller]
    fn check(code: &str, expected: Option<(usize, &str)>) {
        let at = StoredAt {
            bucket: "lake".to_owned(),
            prefix: "assets".to_owned(),
            tables: Some("s3://t/assets".to_owned()),
        };
        let made = read_managers(code).managers.remove(0);
        let change = propose_change(code, &made, &at);
        assert_eq!(change.as_ref().map(|one| (one.line, one.new.as_str())), expected, "{code}");
    }

    #[test]
    fn the_place_of_a_manager_is_changed_in_its_line() {
        check(
            "x = PolarsParquetIOManager(\n    base_dir='/data',\n)\n",
            Some((2, "base_dir=\"s3://t/assets\",")),
        );
        check(
            "io = MyUPathIOManager(base_path=UPath(\"/data\"))\n",
            Some((1, "io = MyUPathIOManager(base_path=UPath(\"s3://t/assets\"))")),
        );
        check(
            "io = S3PickleIOManager(s3_bucket=B, s3_prefix=\"dagster\")\n",
            Some((1, "io = S3PickleIOManager(s3_bucket=B, s3_prefix=\"assets\")")),
        );
    }

    #[test]
    fn a_default_that_leads_elsewhere_is_named() {
        check(
            "io = PolarsParquetIOManager()\n",
            Some((1, "io = PolarsParquetIOManager(base_dir=\"s3://t/assets\")")),
        );
        check(
            "io = S3PickleIOManager(s3_bucket=B)\n",
            Some((1, "io = S3PickleIOManager(s3_prefix=\"assets\", s3_bucket=B)")),
        );
        check(
            "io = S3PickleIOManager(\n    s3_bucket=B,\n)\n",
            Some((1, "io = S3PickleIOManager(s3_prefix=\"assets\",")),
        );
    }

    #[test]
    fn what_is_right_computed_or_of_another_kind_is_left() {
        check("io = PolarsParquetIOManager(base_dir=\"s3://t/assets\")\n", None);
        check("io = PolarsParquetIOManager(base_dir=BASE)\n", None);
        check("io = DuckDBPandasIOManager(database=\"/x.duckdb\")\n", None);
        check("io = FilesystemIOManager(base_dir=\"/x\")\n", None);
    }
}
