//! Which tables lie among keys that come by in their order.

use super::{LogPart, table_root};
use crate::s3::TableKind;

/// A table that a listing has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedTable {
    /// What made it.
    pub kind: TableKind,
    /// Its folder: empty, or with `/` at its end.
    pub root: String,
    /// Its newest version, as far as the names in its log tell.
    pub version: Option<u64>,
    /// How many objects lie below its folder, those of its log too.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Finds tables among keys that come by in the order of a listing; its memory grows with the depth of
/// folders alone.
///
/// ```
/// use datalake_core::tables::TableInventory;
///
/// let mut inventory = TableInventory::new();
/// let mut tables = inventory.add("sales/_delta_log/00000000000000000003.json", 90);
/// tables.extend(inventory.add("sales/part-0.parquet", 10));
/// tables.extend(inventory.finish());
///
/// assert_eq!((tables[0].root.as_str(), tables[0].version, tables[0].bytes), ("sales/", Some(3), 100));
/// ```
#[derive(Debug, Default)]
pub struct TableInventory {
    open: Vec<OpenFolder>,
    /// Objects in no table, and their bytes; those of open folders are not among them yet.
    others: OutsideCount,
}

/// Objects that no table has claimed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct OutsideCount {
    objects: u64,
    bytes: u64,
}

/// A folder that the last key lies in.
#[derive(Debug)]
struct OpenFolder {
    /// Its path: empty, or with `/` at its end.
    path: String,
    /// What kind of table it is, if it is one.
    kind: Option<TableKind>,
    version: Option<u64>,
    all: OutsideCount,
    /// What lies in it and in no table inside of it.
    outside: OutsideCount,
}

impl OutsideCount {
    fn add(&mut self, other: Self) {
        self.objects += other.objects;
        self.bytes += other.bytes;
    }
}

impl OpenFolder {
    fn new(path: &str) -> Self {
        let (all, outside) = Default::default();
        Self { path: path.to_owned(), kind: None, version: None, all, outside }
    }

    /// Takes a sign of a table. Delta's own log counts where Iceberg's metadata lie beside it, which
    /// Delta writes for other readers (`UniForm`).
    fn note_sign(&mut self, kind: TableKind, version: Option<u64>) {
        match self.kind {
            Some(known) if known < kind => {}
            Some(known) if known == kind => self.version = self.version.max(version),
            Some(_) | None => (self.kind, self.version) = (Some(kind), version),
        }
    }

    fn into_table(self) -> Option<ListedTable> {
        let Self { path: root, kind, version, all, .. } = self;
        let OutsideCount { objects, bytes } = all;
        Some(ListedTable { kind: kind?, root, version, objects, bytes })
    }
}

impl TableInventory {
    /// No key has come by yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next key and the size of its object; gives the tables that are behind it.
    pub fn add(&mut self, key: &str, size: u64) -> Vec<ListedTable> {
        let mut tables = Vec::new();
        while self.open.last().is_some_and(|folder| !key.starts_with(&folder.path)) {
            tables.extend(self.close_last());
        }
        if self.open.is_empty() {
            self.open.push(OpenFolder::new(""));
        }
        let known = self.open.last().map_or(0, |folder| folder.path.len());
        let ends = key.match_indices('/').map(|(place, _)| place + 1).filter(|end| *end > known);
        self.open.extend(ends.filter_map(|end| Some(OpenFolder::new(key.get(..end)?))));
        let one = OutsideCount { objects: 1, bytes: size };
        for folder in &mut self.open {
            folder.all.add(one);
        }
        if let Some(folder) = self.open.last_mut() {
            folder.outside.add(one);
        }
        self.note_sign(key);
        tables
    }

    /// The tables that are left, when all keys have come by.
    pub fn finish(&mut self) -> Vec<ListedTable> {
        let mut tables = Vec::new();
        while !self.open.is_empty() {
            tables.extend(self.close_last());
        }
        tables
    }

    /// How many objects lie in no table, and their bytes; whole after [`TableInventory::finish`].
    #[must_use]
    pub fn count_others(&self) -> (u64, u64) {
        (self.others.objects, self.others.bytes)
    }

    fn close_last(&mut self) -> Option<ListedTable> {
        let folder = self.open.pop()?;
        if folder.kind.is_none() {
            let above = self.open.last_mut().map_or(&mut self.others, |above| &mut above.outside);
            above.add(folder.outside);
        }
        folder.into_table()
    }

    fn note_sign(&mut self, key: &str) {
        let Some((kind, root)) = table_root(key) else { return };
        let name = key.rsplit('/').next().unwrap_or(key);
        let version = LogPart::of_name(kind, name).commit();
        if let Some(folder) = self.open.iter_mut().find(|folder| folder.path == root) {
            folder.note_sign(kind, version);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list_tables(keys: &[&str]) -> (Vec<ListedTable>, (u64, u64)) {
        let mut inventory = TableInventory::new();
        let mut tables: Vec<_> = keys.iter().flat_map(|key| inventory.add(key, 10)).collect();
        tables.extend(inventory.finish());
        (tables, inventory.count_others())
    }

    #[test]
    fn tables_and_what_lies_beside_them_are_told_apart() {
        let keys = [
            "a/x",
            "a/sales/DAY=1/part-0",
            "a/sales/_delta_log/00000000000000000000.json",
            "a/sales/_delta_log/00000000000000000001.json",
            "a/sales/part-1",
            "a/v.lance/_versions/2.manifest",
            "a/v.lance/data/1",
            "z",
        ];

        let (tables, others) = list_tables(&keys);

        let told: Vec<_> = tables
            .iter()
            .map(|table| (table.kind, table.root.as_str(), table.version, table.objects))
            .collect();
        assert_eq!(
            told,
            [
                (TableKind::Delta, "a/sales/", Some(1), 4),
                (TableKind::Lance, "a/v.lance/", Some(2), 2),
            ]
        );
        assert_eq!(others, (2, 20));
        assert_eq!(tables[0].bytes, 40);
    }

    #[test]
    fn a_whole_bucket_can_be_a_table_and_a_table_lie_in_another_one() {
        let keys = [
            "_delta_log/00000000000000000000.json",
            "inner/_delta_log/00000000000000000007.json",
            "inner/part",
            "part",
        ];

        let (tables, others) = list_tables(&keys);

        let told: Vec<_> =
            tables.iter().map(|table| (table.root.as_str(), table.objects)).collect();
        assert_eq!(told, [("inner/", 2), ("", 4)]);
        assert_eq!(others, (0, 0));
    }

    #[test]
    fn metadata_of_iceberg_in_a_delta_table_are_delta_s() {
        let keys = [
            "sales/_delta_log/00000000000000000000.json",
            "sales/_delta_log/00000000000000000001.json",
            "sales/metadata/00007-1f.metadata.json",
            "sales/part-0",
        ];

        let (tables, _) = list_tables(&keys);

        let told: Vec<_> = tables.iter().map(|table| (table.kind, table.version)).collect();
        assert_eq!(told, [(TableKind::Delta, Some(1))]);
    }

    #[test]
    fn nothing_is_no_table() {
        assert_eq!(list_tables(&[]), (vec![], (0, 0)));
        assert_eq!(list_tables(&["a/b/c", "a/b/d"]), (vec![], (2, 20)));
    }
}
