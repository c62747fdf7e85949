//! Commits that were told "done" and are not in the table.

use std::collections::BTreeMap;

use super::LogPart;
use crate::s3::{ETag, TableKind};
use crate::time::Timestamp;

/// A version or delete marker of a file of a log, as a listing has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogVersion {
    /// The file's name in the folder of the log.
    pub name: String,
    /// The id of the version.
    pub id: String,
    /// The tag of its content; `None` for a delete marker.
    pub etag: Option<ETag>,
    /// The length of its content, in bytes.
    pub size: u64,
    /// When it was stored.
    pub stored: Timestamp,
}

/// A commit that its writer was told is there, and that another one took the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostCommit {
    /// The version of the table that it was to make.
    pub number: u64,
    /// Its file's name in the folder of the log.
    pub name: String,
    /// The id of the newest version that holds it.
    pub id: String,
    /// The ids of older versions that hold the same: its writer has sent it more than once.
    pub resent: Vec<String>,
    /// The length of its content, in bytes.
    pub size: u64,
    /// When it was stored.
    pub stored: Timestamp,
    /// When the one was stored that readers see instead.
    pub replaced: Timestamp,
}

/// What a search for lost commits in some tables has brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LostSearch {
    /// The tables that have lost some: the folder, and how many of which version.
    pub lost: Vec<(String, Vec<LostCommit>)>,
    /// So many logs were looked at to their end.
    pub tables: u64,
    /// Folders of tables whose logs were not, or not to their end.
    pub unseen: Vec<String>,
    /// Whether delete markers lie in one of the logs.
    pub has_markers: bool,
}

/// Finds the lost commits in a log: `versions` are those of its folder in the order of a listing, by
/// name, the newest of a name first.
///
/// Readers see the newest version of a commit; those before it were overwritten. What lies behind a
/// delete marker belongs to a table that was deleted there, or to a log that was tidied up. Versions
/// with the same tag are one commit: its writer has sent it twice.
#[must_use]
pub fn find_lost_commits(kind: TableKind, versions: &[LogVersion]) -> Vec<LostCommit> {
    let mut lost = Vec::<LostCommit>::new();
    for same in versions.chunk_by(|one, other| one.name == other.name) {
        let Some(LogPart::Commit(number)) =
            same.first().map(|version| LogPart::of_name(kind, &version.name))
        else {
            continue;
        };
        let mut contents = same
            .iter()
            .skip_while(|version| version.etag.is_none())
            .map_while(|version| Some((version, version.etag.as_ref()?)));
        let Some((kept, etag)) = contents.next() else { continue };
        let mut known = BTreeMap::from([(etag.as_str(), None)]);
        for (version, etag) in contents {
            if let Some(place) = known.get(etag.as_str()) {
                if let Some(commit) = place.and_then(|place: usize| lost.get_mut(place)) {
                    commit.resent.push(version.id.clone());
                }
                continue;
            }
            known.insert(etag.as_str(), Some(lost.len()));
            lost.push(LostCommit {
                number,
                name: version.name.clone(),
                id: version.id.clone(),
                resent: Vec::new(),
                size: version.size,
                stored: version.stored,
                replaced: kept.stored,
            });
        }
    }
    lost.sort_by_key(|commit| (commit.number, commit.stored));
    lost
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Versions of a log: `VERSION ID TAG SECOND`; a tag of `-` is a delete marker.
    fn versions(lines: &[&str]) -> Vec<LogVersion> {
        let version = |line: &&str| {
            let mut words = line.split(' ');
            let mut next = || words.next().unwrap();
            LogVersion {
                name: format!("{:0>20}.json", next()),
                id: next().to_owned(),
                etag: next().parse().ok().filter(|tag: &ETag| tag.as_str() != "-"),
                size: 7,
                stored: Timestamp::from_unix(next().parse().unwrap()).unwrap(),
            }
        };
        lines.iter().map(version).collect()
    }

    #[track_caller]
    fn check(lines: &[&str], expected: &[(u64, &str)]) {
        let lost = find_lost_commits(TableKind::Delta, &versions(lines));
        let found: Vec<_> = lost.iter().map(|lost| (lost.number, lost.id.as_str())).collect();
        assert_eq!(found, expected, "{lines:?}");
    }

    #[test]
    fn each_older_version_of_a_commit_is_lost() {
        check(&["0 a t0 1", "1 b t1 2"], &[]);
        check(&["0 a t0 1", "1 c t2 3", "1 b t1 2", "2 d t3 4"], &[(1, "b")]);
        check(&["1 d t3 4", "1 c t2 3", "1 b t1 2"], &[(1, "b"), (1, "c")]);
    }

    #[test]
    fn a_commit_that_was_sent_twice_is_one() {
        check(&["1 c t1 3", "1 b t1 2"], &[]);
        let lines = ["1 f t2 6", "1 e t1 5", "1 d t2 4", "1 c t1 3", "1 b t1 2", "2 g t3 7"];
        check(&lines, &[(1, "e")]);
        assert_eq!(find_lost_commits(TableKind::Delta, &versions(&lines))[0].resent, ["c", "b"]);
    }

    #[test]
    fn what_was_deleted_was_not_lost_but_what_was_lost_before_a_log_was_tidied_up_was() {
        check(&["0 c t2 9", "0 b - 5", "0 a t0 1"], &[]);
        check(&["1 d - 9", "1 c t2 3", "1 b t1 2"], &[(1, "b")]);
        check(&["1 d - 9", "1 c - 8"], &[]);
    }

    #[test]
    fn what_is_replaced_on_purpose_is_no_commit() {
        let mut all = versions(&["0 b t2 2", "0 a t1 1"]);
        for version in &mut all {
            version.name = "_last_checkpoint".to_owned();
        }
        assert_eq!(find_lost_commits(TableKind::Delta, &all), []);
    }
}
