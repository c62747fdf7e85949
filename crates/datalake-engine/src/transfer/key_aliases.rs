//! Objects under other names: keys that stand for keys.

use std::collections::BTreeMap;

use super::SourceObject;
use crate::AnyKey;

/// What the keys begin with that stand for others: no tool makes such keys.
const FOLDER: &str = "\0/";

/// Keys that exist for one transfer alone, each with the key of the object that it stands for. Both
/// sides of a copy know them.
#[derive(Debug, Default)]
pub struct KeyAliases(BTreeMap<AnyKey, AnyKey>);

impl KeyAliases {
    /// The prefix below which the names are found.
    #[must_use]
    pub fn folder() -> &'static str {
        FOLDER
    }

    /// Stands for these objects by their names; a name that makes no key is refused when its source
    /// is met.
    #[must_use]
    pub fn for_objects(objects: &[SourceObject]) -> Self {
        let alias = |SourceObject { name, key }: &SourceObject| {
            Some((AnyKey::try_from(format!("{FOLDER}{name}")).ok()?, key.clone()))
        };
        Self(objects.iter().filter_map(alias).collect())
    }

    /// The keys that stand for others, in their order.
    #[must_use]
    pub fn list_keys(&self) -> Vec<AnyKey> {
        self.0.keys().cloned().collect()
    }

    /// The key of the object that is meant.
    #[must_use]
    pub fn resolve_key<'k>(&'k self, key: &'k AnyKey) -> &'k AnyKey {
        self.0.get(key).unwrap_or(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> AnyKey {
        AnyKey::try_from(text).unwrap()
    }

    fn object(name: &str, text: &str) -> SourceObject {
        SourceObject { name: name.to_owned(), key: key(text) }
    }

    #[test]
    fn a_name_stands_for_its_object_and_any_other_key_for_itself() {
        let aliases = KeyAliases::for_objects(&[
            object("b.csv", "raw/2026/x.csv"),
            object("a.csv", "other/a.csv"),
        ]);

        assert_eq!(aliases.list_keys(), [key("\0/a.csv"), key("\0/b.csv")]);
        assert_eq!(aliases.resolve_key(&key("\0/b.csv")), &key("raw/2026/x.csv"));
        assert_eq!(aliases.resolve_key(&key("b.csv")), &key("b.csv"));
        assert_eq!(KeyAliases::default().resolve_key(&key("a")), &key("a"));
    }

    #[test]
    fn a_name_that_makes_no_key_has_none() {
        let objects = [object(&"x".repeat(1024), "a"), object("fits", "b")];

        assert_eq!(KeyAliases::for_objects(&objects).list_keys(), [key("\0/fits")]);
    }
}
