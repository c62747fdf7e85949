//! Names that nothing else in a project has.
//!
//! Two definitions of one resource keep a code location from loading, even if they are equal, and so
//! do two assets of one name.

use super::FrameEngine;

/// What a project's files hold that could be a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenNames {
    words: std::collections::BTreeSet<String>,
}

/// Who uses which names in a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsedNames {
    /// Those in the operator's files.
    pub taken: TakenNames,
    /// Those in the files of ours that lie there already.
    pub own: TakenNames,
}

/// The names that the generated files use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectNames {
    chosen: Vec<ChosenName>,
}

/// A name that stands for a token of the templates.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ChosenName {
    token: &'static str,
    wanted: String,
    name: String,
}

/// The same for frames, whose names begin with the engine's.
const OF_FRAMES: [(&str, &str); 4] = [
    ("frames_io", "io_manager"),
    ("orders", "orders"),
    ("totals", "totals"),
    ("history", "history"),
];

/// Among so many names one is looked for that files of ours have already.
const MOST_KEPT: usize = 100;

/// What stands in the templates, and the name that is wanted for it.
const WANTED: [(&str, &str); 8] = [
    ("s3", "s3"),
    ("io", "s3_io_manager"),
    ("raw_data", "raw_data"),
    ("processed_data", "processed_data"),
    ("custom_s3_object", "custom_s3_object"),
    ("modal_input", "modal_input"),
    ("daily_numbers", "daily_numbers"),
    ("all_numbers", "all_numbers"),
];

impl TakenNames {
    /// Adds the names of a file, Python or YAML: keys in quotes, keys of a `dict(…)`, functions, and
    /// `resource_key: …`. A name too many does no harm.
    pub fn read(&mut self, text: &str) {
        for (at, word) in list_words(text) {
            let before = text.get(..at).unwrap_or_default();
            let after = text.get(at + word.len()..).unwrap_or_default();
            if is_key(before, after) || is_argument(before, after) || is_defined(before) {
                self.words.insert(word.to_owned());
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        self.words.contains(name)
    }
}

impl ProjectNames {
    /// The names that files of ours have already; else the wanted ones where nothing has them, and others
    /// where something has. So a second choice is the first one, whatever has come to the project since.
    #[must_use]
    pub fn choose(used: &UsedNames, frames: Option<FrameEngine>) -> Self {
        let choose = |token: &'static str, wanted: String| {
            let kept = list_candidates(&wanted).take(MOST_KEPT).find(|name| used.own.has(name));
            let free = || list_candidates(&wanted).find(|name| !used.taken.has(name));
            let name = kept.or_else(free).unwrap_or_default();
            ChosenName { token, wanted, name }
        };
        let of_pickles = WANTED.map(|(token, wanted)| choose(token, wanted.to_owned()));
        let of_frames = frames.into_iter().flat_map(|engine| {
            OF_FRAMES.map(|(token, wanted)| choose(token, format!("{engine}_{wanted}")))
        });
        Self { chosen: of_pickles.into_iter().chain(of_frames).collect() }
    }

    /// The resource key of the S3 client.
    #[must_use]
    pub fn s3(&self) -> &str {
        self.of("s3")
    }

    /// The resource key of the I/O manager.
    #[must_use]
    pub fn io_manager(&self) -> &str {
        self.of("io")
    }

    /// The resource key of the I/O manager of frames, where that is wanted.
    #[must_use]
    pub fn frames_io_manager(&self) -> Option<&str> {
        Some(self.of("frames_io")).filter(|name| !name.is_empty())
    }

    /// The names that could not be had, and those that stand for them.
    pub fn changed(&self) -> impl Iterator<Item = (&str, &str)> {
        let changed = self.chosen.iter().filter(|one| one.wanted != one.name);
        changed.map(|one| (one.wanted.as_str(), one.name.as_str()))
    }

    /// A template with the names in it.
    pub(super) fn fill(&self, template: &str) -> String {
        self.chosen.iter().fold(template.to_owned(), |text, one| {
            text.replace(&format!("{{{{{}}}}}", one.token), &one.name)
        })
    }

    fn of(&self, token: &str) -> &str {
        self.chosen.iter().find(|one| one.token == token).map_or("", |one| &one.name)
    }
}

/// A wanted name, and what may stand for it.
fn list_candidates(wanted: &str) -> impl Iterator<Item = String> {
    let other = format!("datalake_{wanted}");
    let numbered = (2..).map({
        let other = other.clone();
        move |number| format!("{other}_{number}")
    });
    [wanted.to_owned(), other].into_iter().chain(numbered)
}

/// The words of Python with their places.
fn list_words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = 0;
    std::iter::from_fn(move || {
        let tail = text.get(rest..)?;
        let from = rest + tail.find(is_part)?;
        let word = text.get(from..)?;
        let length = word.find(|c| !is_part(c)).unwrap_or(word.len());
        rest = from + length;
        Some((from, word.get(..length)?))
    })
}

/// `"name":` or `'name' :`, or a text that may be a name; not what `deps=[…]` only refers to.
fn is_key(before: &str, after: &str) -> bool {
    let list = before.rsplit_once('[').filter(|(_, inside)| !inside.contains(']'));
    let lister = list.map(|(lister, _)| lister.trim_end().trim_end_matches('=').trim_end());
    if lister.is_some_and(|lister| lister.ends_with("deps")) {
        return false;
    }
    ["\"", "'"].iter().any(|quote| {
        let rest = after.strip_prefix(quote).map(str::trim_start);
        before.ends_with(quote) && rest.is_some_and(|rest| rest.starts_with([':', ',', ']', ')']))
    })
}

/// `dict(name=…)`, or another argument of that name.
fn is_argument(before: &str, after: &str) -> bool {
    let before = before.trim_end();
    let after = after.trim_start();
    before.ends_with(['(', ',']) && after.starts_with('=') && !after.starts_with("==")
}

/// `def name`, `resource_key: name`
fn is_defined(before: &str) -> bool {
    let before = before.trim_end_matches(' ').trim_end_matches(['"', '\'']).trim_end_matches(' ');
    before.ends_with("def") || before.ends_with("resource_key:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: &str, expected: bool) {
        let mut taken = TakenNames::default();
        taken.read(text);
        assert_eq!(taken.has(name), expected, "{text} {name}");
    }

    #[test]
    fn a_name_is_taken_where_it_is_given_and_not_where_it_is_used() {
        check("resources={\"s3\": x}", "s3", true);
        check("resources = {'s3' :x}", "s3", true);
        check("resources=dict(s3=x, other=y)", "other", true);
        check("@dg.asset(\n    name=\"raw_data\",\n)", "raw_data", true);
        check("def raw_data():", "raw_data", true);
        check("attributes:\n  resource_key: s3\n", "s3", true);
        check("from dagster_aws.s3 import S3Resource", "s3", false);
        check("s3.get_client()", "s3", false);
        check("def f(s3: S3Resource): return s3", "s3", false);
        check("if (s3 == None): ...", "s3", false);
        check("@dg.asset(deps=[\"other\", \"s3\"])", "s3", false);
        check("deps = ['s3']", "s3", false);
        check("deps=[x], name=\"s3\",", "s3", true);
        check("", "s3", false);
    }

    #[test]
    fn a_free_name_is_found_even_where_many_are_taken() {
        let mut used = UsedNames::default();
        used.taken.read("{'s3': 1, 'datalake_s3': 2, 'datalake_s3_2': 3}");

        let names = ProjectNames::choose(&used, None);

        assert_eq!((names.s3(), names.io_manager()), ("datalake_s3_3", "s3_io_manager"));
        assert_eq!(names.changed().collect::<Vec<_>>(), [("s3", "datalake_s3_3")]);
    }

    #[test]
    fn names_that_our_files_have_stay_whatever_comes_to_the_project() {
        let mut used = UsedNames::default();
        used.own.read("resources={\"datalake_s3\": s3}\ndef raw_data(): ...\n");
        used.taken.read("@asset(io_manager_key=\"s3_io_manager\")\ndef raw_data(): ...\n");

        let names = ProjectNames::choose(&used, None);

        assert_eq!(names.s3(), "datalake_s3");
        assert_eq!(names.of("raw_data"), "raw_data");
        assert_eq!(names.io_manager(), "datalake_s3_io_manager");
    }
}
