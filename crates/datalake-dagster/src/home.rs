//! Whether a folder is a home of Dagster's.

/// What tells of a home, in one folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that is there or not")]
pub struct HomeSigns {
    /// There is a `dagster.yaml`.
    pub yaml: bool,
    /// One of Dagster's databases lies where it has them.
    pub database: bool,
    /// There is a folder `storage`.
    pub storage: bool,
    /// There is a folder `history`.
    pub history: bool,
}

/// A folder that a home may be, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeCandidate {
    /// Its path.
    pub path: String,
    /// What tells of a home in it.
    pub signs: HomeSigns,
}

/// What a named folder is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HomeVerdict {
    /// A home.
    Home,
    /// A folder in this home.
    Inside(String),
    /// No home; these folders in it may be some.
    NoHome(Vec<String>),
}

impl HomeSigns {
    /// Folders of a home in which files of all names lie.
    pub const FOLDERS: [&str; 4] = ["storage", "history", "schedules", "logs"];
    /// Databases of a home, where Dagster keeps them in `SQLite`.
    pub const DATABASES: [&str; 3] =
        ["history/runs.db", "history/runs/index.db", "schedules/schedules.db"];

    /// Whether only a home has it: an asset may be called `history` or `storage`.
    #[must_use]
    pub fn is_certain(self) -> bool {
        self.yaml || self.database
    }

    /// Whether it may be one.
    #[must_use]
    pub fn is_possible(self) -> bool {
        self.is_certain() || self.storage || self.history
    }
}

/// What the folder at `named` is. `above` are the folders above it, the nearest first, and
/// `inside` those in it.
///
/// ```
/// use datalake_dagster::{HomeCandidate, HomeSigns, HomeVerdict, judge_home};
///
/// let named = HomeCandidate { path: "home/storage".into(), signs: HomeSigns::default() };
/// let home = HomeSigns { storage: true, ..HomeSigns::default() };
/// let above = [HomeCandidate { path: "home".into(), signs: home }];
///
/// assert_eq!(judge_home(&named, &above, &[]), HomeVerdict::Inside("home".into()));
/// ```
#[must_use]
pub fn judge_home(
    named: &HomeCandidate,
    above: &[HomeCandidate],
    inside: &[HomeCandidate],
) -> HomeVerdict {
    if named.signs.is_certain() {
        return HomeVerdict::Home;
    }
    let is_storage = named.path.rsplit('/').next() == Some("storage");
    let holds = |home: &&HomeCandidate| {
        let known = home.signs.is_certain() || (home.signs.is_possible() && is_storage);
        let first = strip_folder(&home.path, &named.path).and_then(|rest| rest.split('/').next());
        let may = home.signs.is_possible() && !named.signs.is_possible();
        (known || may) && first.is_some_and(|first| HomeSigns::FOLDERS.contains(&first))
    };
    if let Some(home) = above.iter().find(holds) {
        return HomeVerdict::Inside(home.path.clone());
    }
    if named.signs.is_possible() {
        return HomeVerdict::Home;
    }
    let certain = inside.iter().filter(|home| home.signs.is_certain());
    let mut found: Vec<_> = certain.map(|home| home.path.clone()).collect();
    if found.is_empty() {
        let possible = inside.iter().filter(|home| home.signs.is_possible());
        found = possible.map(|home| home.path.clone()).collect();
    }
    HomeVerdict::NoHome(found)
}

/// What stands behind a folder in a path.
fn strip_folder<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    let folder = folder.trim_end_matches('/');
    if matches!(folder, "." | "") && !path.starts_with('/') {
        return Some(path);
    }
    path.strip_prefix(folder)?.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(words: &str) -> HomeSigns {
        let has = |word: &str| words.split(' ').any(|said| said == word);
        HomeSigns {
            yaml: has("yaml"),
            database: has("database"),
            storage: has("storage"),
            history: has("history"),
        }
    }

    fn candidates(text: &[(&str, &str)]) -> Vec<HomeCandidate> {
        let one = |(path, words): &(&str, &str)| HomeCandidate {
            path: (*path).to_owned(),
            signs: signs(words),
        };
        text.iter().map(one).collect()
    }

    #[track_caller]
    fn check(named: (&str, &str), above: &[(&str, &str)], inside: &[(&str, &str)], is: &str) {
        let (above, inside) = (candidates(above), candidates(inside));
        let told = match judge_home(&candidates(&[named])[0], &above, &inside) {
            HomeVerdict::Home => "home".to_owned(),
            HomeVerdict::Inside(home) => format!("in {home}"),
            HomeVerdict::NoHome(homes) => format!("none {}", homes.join(" ")).trim_end().to_owned(),
        };
        assert_eq!(told, is, "{named:?}");
    }

    #[test]
    fn a_home_is_known_by_what_only_a_home_has() {
        for words in ["yaml", "database", "storage", "history", "yaml storage history"] {
            check(("/srv/home", words), &[("/srv", "")], &[], "home");
        }
        // A home may be called like a folder of one.
        check(("/srv/storage", "yaml storage"), &[("/srv", "storage")], &[], "home");
        check(
            ("/data/storage/dagster", "storage"),
            &[("/data/storage", ""), ("/data", "storage")],
            &[],
            "home",
        );
    }

    #[test]
    fn one_or_more_folders_too_deep_is_inside() {
        let home = [("home", "storage")];
        check(("home/storage", ""), &home, &[], "in home");
        check(
            ("home/storage/raw", ""),
            &[("home/storage", ""), ("home", "storage")],
            &[],
            "in home",
        );
        check(("home/history", ""), &[("home", "history")], &[], "in home");
        check(("home/logs", ""), &[("home", "yaml")], &[], "in home");
        check(("/h/schedules", ""), &[("/h", "database")], &[], "in /h");
        // Assets called `history` and `storage`.
        check(("home/storage", "history"), &home, &[], "in home");
        check(("home/storage", "storage"), &[("home", "yaml storage")], &[], "in home");
        check(("storage", ""), &[(".", "storage")], &[], "in .");
    }

    #[test]
    fn one_folder_too_high_names_what_is_in_it() {
        let inside = [("srv/a", ""), ("srv/home", "storage")];
        check(("srv", ""), &[(".", "")], &inside, "none srv/home");
        let two = [("srv/one", "yaml"), ("srv/two", "yaml"), ("srv/x", "storage")];
        check(("srv", ""), &[], &two, "none srv/one srv/two");
        check(("/tmp/empty", ""), &[("/tmp", "")], &[], "none");
        check(("/tmp/empty", ""), &[("/tmp", "storage")], &[], "none");
    }
}
