//! Names with slashes put into folders, each with the sum of what is in it.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use super::groups::is_over;
use super::{Tally, Usage};

/// What is summed up for each folder.
pub trait FolderSum: Copy + Default + AddAssign {
    /// By this the large are told from the small.
    fn measure_weight(&self) -> u64;
}

impl FolderSum for Tally {
    fn measure_weight(&self) -> u64 {
        self.billed
    }
}

impl FolderSum for Usage {
    fn measure_weight(&self) -> u64 {
        self.total().billed
    }
}

/// A folder, or a name in one: the sum of all that is in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SummedFolder<T> {
    /// Its name below the folder that it is in; a folder's ends with a slash.
    pub name: String,
    /// All that is in it.
    pub sum: T,
    /// How many names are in it; one, where it is a name itself.
    pub names: u64,
    /// What is in it, the largest first.
    pub parts: Vec<SummedFolder<T>>,
    /// How many names are in it that none of the parts has.
    pub others: u64,
    /// Those together.
    pub others_sum: T,
}

impl<T: FolderSum> SummedFolder<T> {
    /// Folds the smallest parts at any depth, until no more than `most` are left. Each sum stays.
    #[must_use]
    pub fn fold_small(mut self, most: usize) -> Self {
        let mut weights = Vec::new();
        self.list_weights(&mut weights);
        if weights.len() > most {
            weights.sort_unstable_by(|one, other| other.cmp(one));
            let least = weights.get(most).copied().unwrap_or_default();
            let larger = weights.iter().take_while(|weight| **weight > least).count();
            // Of those that weigh the same the first ones stay.
            self.fold_below(least, &mut (most - larger));
        }
        self
    }

    fn list_weights(&self, weights: &mut Vec<u64>) {
        for part in &self.parts {
            weights.push(part.sum.measure_weight());
            part.list_weights(weights);
        }
    }

    fn fold_below(&mut self, least: u64, ties: &mut usize) {
        for mut part in std::mem::take(&mut self.parts) {
            let weight = part.sum.measure_weight();
            if weight == least && *ties > 0 {
                *ties -= 1;
            } else if weight <= least {
                self.others += part.names;
                self.others_sum += part.sum;
                continue;
            }
            part.fold_below(least, ties);
            self.parts.push(part);
        }
    }
}

/// Takes names in the order of their keys, and keeps the largest folders in flat memory.
///
/// ```
/// use datalake_core::size::ByteSize;
/// use datalake_core::usage::{FolderTree, Tally};
///
/// let mut tree = FolderTree::new(1_000);
/// for name in ["raw/orders", "raw/users"] {
///     let mut tally = Tally::default();
///     tally.add(ByteSize::mb(1));
///     tree.add_name(name, &tally);
/// }
/// let all = tree.sum_up();
///
/// assert_eq!((all.names, all.sum.bytes), (2, 2_000_000));
/// assert_eq!((all.parts[0].name.as_str(), all.parts[0].parts[1].name.as_str()), ("raw/", "users"));
/// ```
#[derive(Debug, Clone)]
pub struct FolderTree<T> {
    most: usize,
    count: usize,
    root: FolderBranch<T>,
}

#[derive(Debug, Clone, Default)]
struct FolderBranch<T> {
    /// What the name itself holds, where there is such a name.
    own: Option<T>,
    parts: BTreeMap<Box<str>, FolderBranch<T>>,
    others: u64,
    others_sum: T,
}

impl<T: FolderSum> FolderTree<T> {
    /// A tree that keeps about so many folders and names.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), count: 0, root: FolderBranch::default() }
    }

    /// Adds what a name holds. A name may come several times, but not once a later one in the order
    /// of keys has come that is not in its folder.
    pub fn add_name(&mut self, name: &str, sum: &T) {
        if self.count >= self.most * 2 {
            self.give_up(name);
        }
        let mut node = &mut self.root;
        for part in name.split('/') {
            if !node.parts.contains_key(part) {
                self.count += 1;
            }
            node = node.parts.entry(part.into()).or_default();
        }
        *node.own.get_or_insert_default() += *sum;
    }

    /// The whole tree.
    #[must_use]
    pub fn sum_up(self) -> SummedFolder<T> {
        self.root.sum_up(String::new())
    }

    /// Folds the smallest names that cannot come any more, until only as many as wanted are left.
    fn give_up(&mut self, key: &str) {
        let mut weights = Vec::new();
        self.root.list_over("", key, &mut weights);
        weights.sort_unstable();
        let surplus = self.count.saturating_sub(self.most);
        let Some(limit) = weights.get(surplus.min(weights.len()).saturating_sub(1)) else { return };
        self.count -= self.root.fold_over("", key, *limit);
    }
}

impl<T: FolderSum> FolderBranch<T> {
    fn list_over(&self, path: &str, key: &str, weights: &mut Vec<u64>) {
        for (name, part) in &self.parts {
            let path = join_path(path, name);
            if part.parts.is_empty() && is_over(&path, key) {
                weights.push(part.add_up().measure_weight());
            } else {
                part.list_over(&path, key, weights);
            }
        }
    }

    /// Folds all that are over, without parts and no larger than `limit`; tells how many they were.
    fn fold_over(&mut self, path: &str, key: &str, limit: u64) -> usize {
        let mut folded = 0;
        for (name, mut part) in std::mem::take(&mut self.parts) {
            let path = join_path(path, &name);
            if part.parts.is_empty()
                && is_over(&path, key)
                && part.add_up().measure_weight() <= limit
            {
                self.others += part.others + u64::from(part.own.is_some());
                self.others_sum += part.add_up();
                folded += 1;
            } else {
                folded += part.fold_over(&path, key, limit);
                self.parts.insert(name, part);
            }
        }
        folded
    }

    /// All that it holds, where it has no parts.
    fn add_up(&self) -> T {
        let mut sum = self.own.unwrap_or_default();
        sum += self.others_sum;
        sum
    }

    fn sum_up(self, name: String) -> SummedFolder<T> {
        let is_folder = !self.parts.is_empty() || self.others > 0;
        let mut folder = SummedFolder {
            name,
            sum: self.add_up(),
            names: self.others + u64::from(self.own.is_some()),
            parts: Vec::new(),
            others: self.others,
            others_sum: self.others_sum,
        };
        if let (true, Some(own)) = (is_folder, self.own) {
            // A name that is a folder, too.
            folder.parts.push(SummedFolder { sum: own, names: 1, ..SummedFolder::default() });
        }
        for (name, part) in self.parts {
            let part = part.sum_up(name.into());
            folder.sum += part.sum;
            folder.names += part.names;
            folder.parts.push(part);
        }
        let weight = |part: &SummedFolder<T>| std::cmp::Reverse(part.sum.measure_weight());
        folder.parts.sort_by_key(weight);
        if !folder.name.is_empty() && is_folder {
            folder.name.push('/');
            return join_chain(folder);
        }
        folder
    }
}

/// A folder with nothing but one folder in it is one with it.
fn join_chain<T: FolderSum>(mut folder: SummedFolder<T>) -> SummedFolder<T> {
    let is_chain = folder.others == 0 && folder.parts.len() == 1;
    match folder.parts.pop_if(|part| is_chain && part.name.ends_with('/')) {
        Some(only) => SummedFolder { name: format!("{}{}", folder.name, only.name), ..only },
        None => folder,
    }
}

fn join_path(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

#[cfg(test)]
mod tests;
