//! How the files of a part stand, all together.

use schemars::JsonSchema;
use serde::Serialize;

use super::{MigrationVerdict, PartKind};

/// Counts of items and of their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileTotal {
    /// How many.
    pub items: u64,
    /// How long they are together.
    pub bytes: u64,
}

/// Files of one kind that stay where they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftOutRow {
    /// Their kind, in one word.
    pub kind: String,
    /// The first name.
    pub name: String,
    /// How many.
    pub items: u64,
    /// How long they are together, in bytes.
    pub bytes: u64,
    /// Why.
    pub why: String,
    /// The kind in words.
    #[serde(skip)]
    pub words: &'static str,
}

/// How the files of a part stand, all together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PartCounts {
    /// What they are.
    pub part: PartKind,
    /// Where from.
    pub source: String,
    /// Where to.
    pub destination: String,
    /// The bucket has them.
    pub moved: FileTotal,
    /// The bucket has nothing of their names.
    pub left: FileTotal,
    /// They have changed since they were moved.
    pub changed: FileTotal,
    /// The bucket has newer ones; they stay there.
    pub newer_there: FileTotal,
    /// They cannot be moved.
    pub failed: FileTotal,
    /// Links, pipes and the like.
    pub no_files: u64,
    /// In the bucket and not here.
    pub there_alone: FileTotal,
    /// What else is there: files of other kinds, which stay.
    pub left_out: Vec<LeftOutRow>,
}

impl FileTotal {
    /// Counts one more of this length.
    pub fn add(&mut self, bytes: u64) {
        self.items += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { items: self.items + other.items, bytes: self.bytes.saturating_add(other.bytes) }
    }
}

impl PartCounts {
    /// Nothing was seen yet of a part that goes from `source` to `destination`.
    #[must_use]
    pub fn none(part: PartKind, source: String, destination: String) -> Self {
        let none = FileTotal::default();
        Self {
            part,
            source,
            destination,
            moved: none,
            left: none,
            changed: none,
            newer_there: none,
            failed: none,
            no_files: 0,
            there_alone: none,
            left_out: Vec::new(),
        }
    }

    /// Counts a file.
    pub fn count(&mut self, verdict: MigrationVerdict, bytes: u64) {
        match verdict {
            MigrationVerdict::Moved => self.moved.add(bytes),
            MigrationVerdict::Left => self.left.add(bytes),
            MigrationVerdict::Changed => self.changed.add(bytes),
            MigrationVerdict::NewerThere => self.newer_there.add(bytes),
            MigrationVerdict::Failed => self.failed.add(bytes),
            MigrationVerdict::NoFile => self.no_files += 1,
        }
    }

    /// What is still to be moved.
    #[must_use]
    pub fn to_move(&self) -> FileTotal {
        self.left.plus(self.changed)
    }

    /// All files of this part.
    #[must_use]
    pub fn total(&self) -> FileTotal {
        let totals = [self.moved, self.left, self.changed, self.newer_there, self.failed];
        totals.into_iter().fold(FileTotal::default(), FileTotal::plus)
    }

    /// Whether nothing at all is left where it was.
    #[must_use]
    pub fn is_all_moved(&self) -> bool {
        self.total().items == self.moved.items && self.no_files == 0 && self.left_out.is_empty()
    }

    /// Whether nothing lies on either side.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total().items + self.there_alone.items == 0 && self.left_out.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use MigrationVerdict::{Changed, Failed, Left, Moved, NewerThere, NoFile};

    use super::*;

    fn counts(verdicts: &[(MigrationVerdict, u64)]) -> PartCounts {
        let mut counts = PartCounts::none(PartKind::Assets, "here".to_owned(), "there".to_owned());
        for (verdict, bytes) in verdicts {
            counts.count(*verdict, *bytes);
        }
        counts
    }

    fn row() -> LeftOutRow {
        LeftOutRow {
            kind: "parquet".to_owned(),
            name: "a".to_owned(),
            items: 1,
            bytes: 9,
            why: "no pickle".to_owned(),
            words: "a Parquet file",
        }
    }

    #[test]
    fn each_file_is_counted_once_under_its_verdict() {
        let counts = counts(&[
            (Moved, 1),
            (Left, 2),
            (Changed, 4),
            (NewerThere, 8),
            (Failed, 16),
            (NoFile, 0),
        ]);

        assert_eq!(counts.total(), FileTotal { items: 5, bytes: 31 });
        assert_eq!(counts.to_move(), FileTotal { items: 2, bytes: 6 });
        assert_eq!((counts.newer_there.bytes, counts.failed.bytes, counts.no_files), (8, 16, 1));
    }

    #[track_caller]
    fn check(counts: &PartCounts, is_all_moved: bool, is_empty: bool) {
        assert_eq!((counts.is_all_moved(), counts.is_empty()), (is_all_moved, is_empty));
    }

    #[test]
    fn a_part_is_all_moved_where_nothing_else_is_left() {
        check(&counts(&[]), true, true);
        check(&counts(&[(Moved, 1), (Moved, 1)]), true, false);
        for other in [Left, Changed, NewerThere, Failed, NoFile] {
            assert!(!counts(&[(Moved, 1), (other, 1)]).is_all_moved(), "{other:?}");
        }
        check(&PartCounts { left_out: vec![row()], ..counts(&[(Moved, 1)]) }, false, false);
    }

    #[test]
    fn what_only_the_bucket_has_keeps_a_part_from_being_empty() {
        let there_alone = FileTotal { items: 1, bytes: 1 };

        check(&PartCounts { there_alone, ..counts(&[]) }, true, false);
    }

    #[test]
    fn lengths_do_not_wrap_around() {
        let mut total = FileTotal { items: 1, bytes: u64::MAX };

        total.add(1);

        assert_eq!(total, FileTotal { items: 2, bytes: u64::MAX });
    }
}
