//! The files of a table's log.

use crate::s3::{ETag, TableKind, TableSign, table_of_key};
use crate::time::Timestamp;

/// What a file of a table's log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogPart {
    /// It makes this version of the table, and is never changed.
    Commit(u64),
    /// All that the table is at this version.
    Checkpoint(u64),
    /// What can be told of this version besides: checksums, several commits in one.
    Summary(u64),
    /// It names the newest checkpoint or version, and is replaced by each.
    Pointer,
    /// Anything else: parts of checkpoints, leftovers of writers.
    Other,
}

/// A file of a table's log, as a listing has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// Its name in the folder of the log.
    pub name: String,
    /// What it is.
    pub part: LogPart,
    /// The length of its content, in bytes.
    pub size: u64,
    /// The tag of its content.
    pub etag: ETag,
    /// When it was stored.
    pub modified: Timestamp,
}

/// What the name of a Delta commit ends with.
const COMMIT: &str = ".json";
/// The digits of a version in the names of Delta, and of Lance since its second way of naming.
const DIGITS: usize = 20;

impl LogPart {
    /// What a file of this name is in the log of a table of this kind.
    ///
    /// Names: Delta's protocol (github.com/delta-io/delta, PROTOCOL.md, 2026-06), Lance's
    /// `ManifestNamingScheme` (version 2 counts down from the largest number, so that the newest one
    /// comes first), Iceberg's `00003-UUID.metadata.json` and `v3.metadata.json`.
    ///
    /// ```
    /// use datalake_core::s3::TableKind;
    /// use datalake_core::tables::LogPart;
    ///
    /// let part = LogPart::of_name(TableKind::Delta, "00000000000000000017.json");
    /// assert_eq!(part, LogPart::Commit(17));
    /// ```
    #[must_use]
    pub fn of_name(kind: TableKind, name: &str) -> Self {
        match kind {
            TableKind::Delta => part_of_delta(name),
            TableKind::Lance => part_of_lance(name),
            TableKind::Iceberg => part_of_iceberg(name),
        }
    }

    /// The version that it makes; `None` for what makes none.
    #[must_use]
    pub fn commit(self) -> Option<u64> {
        match self {
            Self::Commit(version) => Some(version),
            Self::Checkpoint(_) | Self::Summary(_) | Self::Pointer | Self::Other => None,
        }
    }

    /// Where it stands in the order of [`order_log`].
    fn rank(self) -> (u8, u64, u8) {
        match self {
            Self::Other => (0, 0, 0),
            Self::Checkpoint(version) => (1, version, 0),
            // Delta's names a checkpoint.
            Self::Pointer => (2, 0, 0),
            Self::Commit(version) => (3, version, 0),
            Self::Summary(version) => (3, version, 1),
        }
    }
}

/// Puts the files of a log into the order in which they are brought to another place.
///
/// A reader there sees no table, or a whole one of an older version, whenever the work ends: what
/// others refer to comes first, commits in the order of their versions.
pub fn order_log(kind: TableKind, files: &mut [LogFile]) {
    files.sort_by(|one, other| {
        let rank = |file: &LogFile| match (kind, file.part) {
            // Lance's names a version.
            (TableKind::Lance, LogPart::Pointer) => (4, 0, 0),
            (TableKind::Delta | TableKind::Lance | TableKind::Iceberg, part) => part.rank(),
        };
        rank(one).cmp(&rank(other)).then_with(|| one.name.cmp(&other.name))
    });
}

/// The folder of the table that a key of its log tells of: empty, or with `/` at its end; `None` for
/// a key that tells of none.
#[must_use]
pub fn table_root(key: &str) -> Option<(TableKind, &str)> {
    let kind = table_of_key(key)?;
    let (folder, _) = key.rsplit_once('/')?;
    Some((kind, folder.strip_suffix(kind.log_folder())?))
}

impl TableKind {
    /// The folder of the log, below the folder of a table; without a slash.
    #[must_use]
    pub fn log_folder(self) -> &'static str {
        let sign = TableSign::ALL.into_iter().find(|sign| sign.table == self);
        sign.map_or("", |sign| sign.folder)
    }
}

fn part_of_delta(name: &str) -> LogPart {
    if name == "_last_checkpoint" {
        return LogPart::Pointer;
    }
    let Some((version, rest)) = split_version(name) else { return LogPart::Other };
    match rest {
        COMMIT => LogPart::Commit(version),
        ".crc" => LogPart::Summary(version),
        rest if rest.starts_with(".checkpoint.") => LogPart::Checkpoint(version),
        // `FIRST.LAST.compacted.json`.
        rest => match rest.strip_prefix('.').and_then(split_version) {
            Some((last, ".compacted.json")) => LogPart::Summary(last),
            _ => LogPart::Other,
        },
    }
}

fn part_of_lance(name: &str) -> LogPart {
    let Some(number) = name.strip_suffix(".manifest") else {
        let is_hint = name.starts_with("latest_version_hint");
        return if is_hint { LogPart::Pointer } else { LogPart::Other };
    };
    if number == "_latest" {
        return LogPart::Pointer;
    }
    match parse_digits(number) {
        Some(left) if number.len() == DIGITS => LogPart::Commit(u64::MAX - left),
        Some(version) => LogPart::Commit(version),
        None => LogPart::Other,
    }
}

fn part_of_iceberg(name: &str) -> LogPart {
    if name == "version-hint.text" {
        return LogPart::Pointer;
    }
    if !name.ends_with(".metadata.json") {
        return LogPart::Other;
    }
    let number = name.split(['-', '.']).next().unwrap_or_default();
    let number = number.strip_prefix('v').unwrap_or(number);
    parse_digits(number).map_or(LogPart::Other, LogPart::Commit)
}

/// The version that a name of Delta begins with, and what comes behind it.
fn split_version(name: &str) -> Option<(u64, &str)> {
    let (version, rest) = name.split_at_checked(DIGITS)?;
    Some((parse_digits(version)?, rest))
}

fn parse_digits(text: &str) -> Option<u64> {
    let all_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| all_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: TableKind, name: &str, expected: LogPart) {
        assert_eq!(LogPart::of_name(kind, name), expected, "{name}");
    }

    #[test]
    fn names_of_delta_tell_version_and_part() {
        let version = "00000000000000000017";
        for (rest, expected) in [
            (".json", LogPart::Commit(17)),
            (".checkpoint.parquet", LogPart::Checkpoint(17)),
            (".checkpoint.0000000001.0000000002.parquet", LogPart::Checkpoint(17)),
            (".checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json", LogPart::Checkpoint(17)),
            (".crc", LogPart::Summary(17)),
            (".00000000000000000020.compacted.json", LogPart::Summary(20)),
            (".json.tmp", LogPart::Other),
            ("", LogPart::Other),
        ] {
            check(TableKind::Delta, &format!("{version}{rest}"), expected);
        }
        check(TableKind::Delta, "_last_checkpoint", LogPart::Pointer);
        check(TableKind::Delta, "_sidecars/a.parquet", LogPart::Other);
        check(TableKind::Delta, "0000000000000000001é.json", LogPart::Other);
        check(TableKind::Delta, "17.json", LogPart::Other);
    }

    #[test]
    fn names_of_lance_count_up_or_down() {
        check(TableKind::Lance, "3.manifest", LogPart::Commit(3));
        check(TableKind::Lance, "18446744073709551612.manifest", LogPart::Commit(3));
        check(TableKind::Lance, "_latest.manifest", LogPart::Pointer);
        check(TableKind::Lance, "latest_version_hint.json", LogPart::Pointer);
        check(TableKind::Lance, "d9223372036854775809.manifest", LogPart::Other);
        check(TableKind::Lance, "x.txn", LogPart::Other);
    }

    #[test]
    fn names_of_iceberg_have_a_number() {
        check(TableKind::Iceberg, "00003-1f.metadata.json", LogPart::Commit(3));
        check(TableKind::Iceberg, "v4.metadata.json", LogPart::Commit(4));
        check(TableKind::Iceberg, "v4.gz.metadata.json", LogPart::Commit(4));
        check(TableKind::Iceberg, "version-hint.text", LogPart::Pointer);
        check(TableKind::Iceberg, "snap-1.avro", LogPart::Other);
    }

    fn ordered(kind: TableKind, names: &[&str]) -> Vec<String> {
        let file = |name: &&str| LogFile {
            name: (*name).to_owned(),
            part: LogPart::of_name(kind, name),
            size: 1,
            etag: "a".parse().unwrap(),
            modified: Timestamp::from_unix(0).unwrap(),
        };
        let mut files: Vec<_> = names.iter().map(file).collect();
        order_log(kind, &mut files);
        files.into_iter().map(|file| file.name).collect()
    }

    #[test]
    fn a_log_is_brought_so_that_readers_see_whole_versions() {
        let names = [
            "_last_checkpoint",
            "_sidecars/x.parquet",
            "00000000000000000002.json",
            "00000000000000000001.json",
            "00000000000000000001.checkpoint.parquet",
            "00000000000000000001.crc",
        ];

        let order = ordered(TableKind::Delta, &names);

        assert_eq!(
            order,
            [
                "_sidecars/x.parquet",
                "00000000000000000001.checkpoint.parquet",
                "_last_checkpoint",
                "00000000000000000001.json",
                "00000000000000000001.crc",
                "00000000000000000002.json",
            ]
        );
        let lance = ["_latest.manifest", "10.manifest", "9.manifest"];
        assert_eq!(
            ordered(TableKind::Lance, &lance),
            ["9.manifest", "10.manifest", "_latest.manifest"]
        );
    }

    #[test]
    fn a_key_of_a_log_names_the_folder_of_its_table() {
        let check = |key: &str, expected| assert_eq!(table_root(key), expected, "{key}");
        let log = "_delta_log/00000000000000000000.json";
        check(&format!("a/sales/{log}"), Some((TableKind::Delta, "a/sales/")));
        check(log, Some((TableKind::Delta, "")));
        check("v.lance/_versions/1.manifest", Some((TableKind::Lance, "v.lance/")));
        check("db/t/metadata/v1.metadata.json", Some((TableKind::Iceberg, "db/t/")));
        check("a/sales/part-0.parquet", None);
    }
}
