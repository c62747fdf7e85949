//! Sums of folders, taken while their keys go by in order.

use datalake_core::usage::Usage;

use super::usage::{Surveyor, Thing};

/// What is told while things are counted.
#[derive(Debug, Clone, Copy)]
pub enum CountedFolder<'a> {
    /// A page more, with the sum of all so far.
    Page(&'a Usage),
    /// A folder that is complete, with all that lies in it.
    Folder(&'a str, &'a Usage),
}

/// The folders that the present key lies in, each with what has been counted in it so far.
pub(super) struct OpenFolders<'s> {
    open: Vec<(String, Usage)>,
    depth: usize,
    sink: &'s mut (dyn FnMut(CountedFolder<'_>) + Send),
}

impl<'s> OpenFolders<'s> {
    /// Folders below a prefix, `depth` of them at most inside each other.
    pub(super) fn below(
        prefix: &str,
        depth: usize,
        sink: &'s mut (dyn FnMut(CountedFolder<'_>) + Send),
    ) -> Self {
        Self { open: vec![(prefix.to_owned(), Usage::default())], depth, sink }
    }

    /// The innermost folder of a key. Those that do not hold it are complete, and told.
    pub(super) fn enter(&mut self, key: &str) -> &mut Usage {
        while self.open.len() > 1 && !self.holds(key) {
            self.leave();
        }
        while self.open.len() <= self.depth {
            let known = self.open.last().map_or(0, |(folder, _)| folder.len());
            let rest = key.get(known..).unwrap_or_default();
            let Some(slash) = rest.find('/') else { break };
            let folder = key.get(..=known + slash).unwrap_or_default();
            self.open.push((folder.to_owned(), Usage::default()));
        }
        let innermost = self.open.last_mut().expect("the first folder is never left");
        &mut innermost.1
    }

    /// Tells all folders that are still open, and gives the sum of everything.
    pub(super) fn end(mut self) -> Usage {
        while self.open.len() > 1 {
            self.leave();
        }
        self.open.pop().map(|(_, usage)| usage).unwrap_or_default()
    }

    fn holds(&self, key: &str) -> bool {
        self.open.last().is_some_and(|(folder, _)| key.starts_with(folder.as_str()))
    }

    fn leave(&mut self) {
        let Some((folder, usage)) = self.open.pop() else { return };
        (self.sink)(CountedFolder::Folder(&folder, &usage));
        if let Some((_, above)) = self.open.last_mut() {
            *above += usage;
        }
    }
}

impl Surveyor for OpenFolders<'_> {
    fn sees(&mut self, thing: &Thing<'_>) {
        thing.count_in(self.enter(thing.key));
    }

    fn page(&mut self) {
        let mut sum = Usage::default();
        for (_, usage) in &self.open {
            sum += *usage;
        }
        (self.sink)(CountedFolder::Page(&sum));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datalake_core::size::ByteSize;

    #[track_caller]
    fn check(depth: usize, keys: &[&str], expected: &[(&str, u64)], total: u64) {
        let mut told = Vec::new();
        let mut sink = |counted: CountedFolder<'_>| {
            if let CountedFolder::Folder(folder, usage) = counted {
                told.push((folder.to_owned(), usage.current.count));
            }
        };
        let mut folders = OpenFolders::below("p/", depth, &mut sink);
        for key in keys {
            folders.enter(key).current.add(ByteSize(1));
        }
        assert_eq!(folders.end().current.count, total);
        let told: Vec<_> = told.iter().map(|(folder, count)| (folder.as_str(), *count)).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn a_folder_is_told_once_with_all_below_it() {
        let keys = ["p/a", "p/b/", "p/b/x/1", "p/b/x/2", "p/b/y", "p/c", "p/d/1"];

        check(0, &keys, &[], 7);
        check(1, &keys, &[("p/b/", 4), ("p/d/", 1)], 7);
        check(2, &keys, &[("p/b/x/", 2), ("p/b/", 4), ("p/d/", 1)], 7);
        check(9, &["p//x", "p/a//"], &[("p//", 1), ("p/a//", 1), ("p/a/", 1)], 2);
        check(1, &[], &[], 0);
    }
}
