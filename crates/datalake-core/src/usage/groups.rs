//! Sums by folders of keys, the largest of any number of them.

use std::collections::HashMap;

use super::Usage;

/// Sums by groups of keys that go by in their order; the largest are kept, in flat memory.
///
/// A group is named by the key or folder that it is: its members are that key and all keys behind it
/// and a slash. It is given up for a larger one only when no member can come any more, so each
/// group that is told has all of its members in it.
///
/// ```
/// use datalake_core::size::ByteSize;
/// use datalake_core::usage::{Usage, UsageGroups};
///
/// let mut groups = UsageGroups::new(2);
/// for (group, key, size) in [("a", "a/1", 70_000), ("b", "b/1", 90_000), ("c", "c", 80_000)] {
///     let mut usage = Usage::default();
///     usage.current.add(ByteSize(size));
///     groups.add(group, key, &usage);
/// }
/// let largest = groups.largest();
///
/// let names: Vec<_> = largest.groups.iter().map(|(name, _)| name.as_str()).collect();
/// assert_eq!(names, ["b", "c"]);
/// assert_eq!((largest.others, largest.rest.current.bytes), (1, 70_000));
/// ```
#[derive(Debug, Clone, Default)]
pub struct UsageGroups {
    most: usize,
    groups: HashMap<String, Usage>,
    others: u64,
    rest: Usage,
}

/// The largest groups, and what all others hold together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LargestGroups {
    /// The groups with their names, the largest (as billed) first.
    pub groups: Vec<(String, Usage)>,
    /// How many there are besides.
    pub others: u64,
    /// What those hold.
    pub rest: Usage,
}

impl UsageGroups {
    /// Keeps so many groups.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), ..Self::default() }
    }

    /// Counts something at `key` that belongs to `group`.
    pub fn add(&mut self, group: &str, key: &str, usage: &Usage) {
        if let Some(known) = self.groups.get_mut(group) {
            *known += *usage;
            return;
        }
        if self.groups.len() >= self.most * 2 {
            self.give_up(|name| is_over(name, key));
        }
        self.groups.insert(group.to_owned(), *usage);
    }

    /// The largest groups. It is the end: after it nothing can be counted.
    #[must_use]
    pub fn largest(mut self) -> LargestGroups {
        self.give_up(|_| true);
        let mut groups: Vec<_> = self.groups.into_iter().collect();
        groups.sort_by(|one, other| largest_first((&one.0, &one.1), (&other.0, &other.1)));
        LargestGroups { groups, others: self.others, rest: self.rest }
    }

    /// Puts the smallest groups that may go to the others, until only as many as wanted are left.
    fn give_up(&mut self, may_go: impl Fn(&str) -> bool) {
        let mut all: Vec<_> = self.groups.iter().collect();
        all.sort_by(|one, other| largest_first((one.0, one.1), (other.0, other.1)));
        let small = all.into_iter().skip(self.most).map(|(name, _)| name.clone());
        let gone: Vec<_> = small.filter(|name| may_go(name)).collect();
        for name in gone {
            if let Some(usage) = self.groups.remove(&name) {
                self.others += 1;
                self.rest += usage;
            }
        }
    }
}

/// Whether no member of a group comes at this key or later.
pub(super) fn is_over(group: &str, key: &str) -> bool {
    let folder = group.strip_suffix('/').unwrap_or(group);
    // `/` comes before `0`: what is behind that is behind the whole folder.
    match key.strip_prefix(folder) {
        Some(rest) => rest.bytes().next().is_some_and(|byte| byte > b'/'),
        None => key > folder,
    }
}

fn largest_first(one: (&String, &Usage), other: (&String, &Usage)) -> std::cmp::Ordering {
    let billed = |usage: &Usage| usage.total().billed;
    billed(other.1).cmp(&billed(one.1)).then_with(|| one.0.cmp(other.0))
}

#[cfg(test)]
mod tests {
    use bytesize::ByteSize;
    use proptest::prelude::*;

    use super::*;

    fn of(size: u64) -> Usage {
        let mut usage = Usage::default();
        usage.current.add(ByteSize(size));
        usage
    }

    #[test]
    fn a_group_may_go_only_when_its_last_key_has_passed() {
        for (group, key, over) in [
            ("a", "a", false),
            ("a", "a-b", false),
            ("a", "a/x", false),
            ("a", "a0", true),
            ("a", "ab", true),
            ("a", "b", true),
            ("a/", "a/x", false),
            ("a/", "a0", true),
            ("b", "a", false),
            ("a/b", "a/c", true),
        ] {
            assert_eq!(is_over(group, key), over, "{group} {key}");
        }
    }

    proptest! {
        #[test]
        fn sums_are_whole_and_no_larger_group_is_left_out(
            mut keys in prop::collection::btree_map("[a-c](/[a-c0-]){0,2}", 1_u64..1_000_000, 1..60),
            most in 1_usize..5,
        ) {
            let mut groups = UsageGroups::new(most);
            let mut all: HashMap<&str, u64> = HashMap::new();
            let keys = std::mem::take(&mut keys);
            for (key, size) in &keys {
                let group = key.get(..3).unwrap_or(key);
                groups.add(group, key, &of(*size));
                *all.entry(group).or_default() += of(*size).total().billed;
            }
            let found = groups.largest();

            for (name, usage) in &found.groups {
                prop_assert_eq!(all[name.as_str()], usage.total().billed, "{}", name);
            }
            let told: u64 = found.groups.iter().map(|(_, usage)| usage.total().billed).sum();
            prop_assert_eq!(told + found.rest.total().billed, all.values().sum::<u64>());
            let mut sizes: Vec<u64> = all.into_values().collect();
            sizes.sort_unstable_by(|one, other| other.cmp(one));
            let expected: u64 = sizes.iter().take(most).sum();
            prop_assert_eq!(told, expected);
        }
    }
}
