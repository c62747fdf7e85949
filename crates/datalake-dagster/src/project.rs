//! Assets in the bucket for a project of Dagster's: which files, where, under which names.

mod config;
mod frames;
mod job;
mod loading;
mod names;
mod own_part;

use sha2::{Digest, Sha256};

use self::own_part::{with_own_part_of, without_own_part};

pub use config::{DgProject, InvalidProject, ProjectConfig, ProjectTexts};
pub use frames::{FrameEngine, FramesContext, FramesPlace, frames_file, list_frame_sources};
pub use job::{render_job_alone, render_job_asset};
pub use loading::{FileLoading, LoadingSigns, judge_loading, judge_module, list_ways_to_load};
pub use names::{ProjectNames, TakenNames, UsedNames};

const RESOURCES: &str = include_str!("project/resources.py");
const EXAMPLE_ASSETS: &str = include_str!("project/example_assets.py");
const SINGLE_FILE: &str = include_str!("project/single_file.py");
const ASSETS: &str = include_str!("project/assets.py");
const PARTITIONED_ASSETS: &str = include_str!("project/partitioned_assets.py");
const DEFINITIONS: &str = include_str!("project/definitions.py");
const PYPROJECT: &str = include_str!("project/pyproject.toml");

/// The first line of a file of ours ends so; the digest of all that follows stands before.
const INVITATION: &str = "). Change it as you like: a changed file is left alone.\n";
const SIGNATURE: &str = "# Written by datalake (sha256:";

/// A file of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectFile {
    /// Its path below the project's folder.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Whether a text that already exists is the project's own, and stays.
    pub is_frame: bool,
}

/// How a file of the project stands to the one that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileStanding {
    /// It is not there.
    New,
    /// It is there, as wanted, or is the project's own.
    Same,
    /// It is as an earlier release or under other names has written it.
    Older,
    /// Somebody has changed it.
    Edited,
}

impl ProjectFile {
    /// How what lies there stands to this file; `None` where nothing does.
    #[must_use]
    pub fn standing(&self, present: Option<&[u8]>) -> FileStanding {
        match present {
            None => FileStanding::New,
            Some(text) if self.is_frame || text == self.text.as_bytes() => FileStanding::Same,
            Some(text) if is_as_written(text) => FileStanding::Older,
            Some(_) => FileStanding::Edited,
        }
    }

    /// A file of this text, below a line by which it is known again as long as nobody changes it.
    #[must_use]
    pub fn signed(path: String, text: &str) -> Self {
        let text = format!("{SIGNATURE}{}{INVITATION}{text}", digest_text(text));
        Self { path, text, is_frame: false }
    }

    /// The same with what is the operator's in the text that is there: what stands between the two lines
    /// that say so.
    #[must_use]
    pub fn keeping_own_part(self, present: Option<&[u8]>) -> Self {
        let present = present.and_then(|text| std::str::from_utf8(text).ok());
        let text = present.map(|present| with_own_part_of(present, &self.text));
        Self { text: text.unwrap_or(self.text), ..self }
    }

    /// Whether a text was written as a file of ours, even if somebody has changed it since.
    #[must_use]
    pub fn is_signed(text: &str) -> bool {
        text.starts_with(SIGNATURE)
    }

    fn frame(path: String, text: String) -> Self {
        Self { path, text, is_frame: true }
    }
}

/// The example in one file.
///
/// ```
/// use datalake_dagster::{ProjectNames, UsedNames, single_file};
///
/// let file = single_file(&ProjectNames::choose(&UsedNames::default(), None), "assets");
/// assert_eq!(file.path, "example_s3_assets.py");
/// assert!(file.text.contains("resources={\"s3\": s3, \"s3_io_manager\": s3_io_manager}"));
/// ```
#[must_use]
pub fn single_file(names: &ProjectNames, prefix: &str) -> ProjectFile {
    let text = fill_template(&SINGLE_FILE.replace("{{assets}}", ASSETS.trim_end()), names, prefix);
    ProjectFile::signed("example_s3_assets.py".to_owned(), &text)
}

/// The example for a project in today's layout, in a folder of its own below its `defs`.
#[must_use]
pub fn dg_files(project: &DgProject, names: &ProjectNames, prefix: &str) -> Vec<ProjectFile> {
    let file = |name: &str, text: &str| {
        ProjectFile::signed(project.own_file(name), &fill_template(text, names, prefix))
    };
    vec![
        file("resources.py", RESOURCES),
        file("example_s3_assets.py", &EXAMPLE_ASSETS.replace("{{assets}}", ASSETS.trim_end())),
        file("partitioned_assets.py", PARTITIONED_ASSETS),
    ]
}

/// What a new project in today's layout needs besides, with the packages of an engine whose frames it keeps.
#[must_use]
pub fn dg_frame(package: &str, frames: Option<FrameEngine>) -> Vec<ProjectFile> {
    let module = format!("src/{package}");
    let packages = frames.into_iter().flat_map(FrameEngine::packages);
    let packages: String = packages.map(|(name, bound)| format!(", \"{name}>={bound}\"")).collect();
    let pyproject = PYPROJECT.replace("{{package}}", package).replace("{{packages}}", &packages);
    vec![
        ProjectFile::frame("pyproject.toml".to_owned(), pyproject),
        ProjectFile::frame(format!("{module}/__init__.py"), String::new()),
        ProjectFile::frame(format!("{module}/definitions.py"), DEFINITIONS.to_owned()),
        ProjectFile::frame(format!("{module}/defs/__init__.py"), String::new()),
    ]
}

fn fill_template(template: &str, names: &ProjectNames, prefix: &str) -> String {
    // A leading slash would become part of the keys.
    let prefix = serde_json::Value::from(prefix.trim_matches('/')).to_string();
    names.fill(&template.replace("{{prefix}}", &prefix))
}

fn is_as_written(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let rest = text.strip_prefix(SIGNATURE).and_then(|rest| rest.split_once(INVITATION));
    rest.is_some_and(|(signed, rest)| signed == digest_text(rest))
}

/// What a text is known by again, whatever the operator's part says.
fn digest_text(text: &str) -> String {
    Sha256::digest(without_own_part(text))
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> ProjectNames {
        ProjectNames::choose(&UsedNames::default(), None)
    }

    fn all(names: &ProjectNames) -> Vec<ProjectFile> {
        let project = DgProject::new("lake-x");
        let mut files = dg_files(&project, names, "assets");
        files.push(single_file(names, "assets"));
        files.extend(dg_frame("lake", Some(FrameEngine::Pandas)));
        files
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        for file in all(&names()) {
            assert!(!file.text.contains("{{") && !file.text.contains("}}"), "{}", file.text);
        }
    }

    #[test]
    fn no_file_reads_a_variable_when_it_is_imported() {
        for file in all(&names()) {
            assert!(!file.text.contains("os.getenv") && !file.text.contains("os.environ"));
        }
    }

    #[test]
    fn a_taken_name_is_left_to_its_owner_everywhere() {
        let mut used = UsedNames::default();
        used.taken.read("resources={'s3' : x, \"s3_io_manager\": y}\ndef raw_data(): ...\n");

        for file in all(&ProjectNames::choose(&used, None)) {
            let text = &file.text;
            assert!(!text.contains("\"s3\":") && !text.contains("\"s3_io_manager\""), "{text}");
            assert!(!text.contains("def raw_data") && !text.contains("(raw_data"), "{text}");
        }
    }

    #[test]
    fn an_edit_by_hand_is_told_from_an_older_text() {
        let file = single_file(&names(), "assets");
        let standing = |text: &str| file.standing(Some(text.as_bytes()));

        assert_eq!(file.standing(None), FileStanding::New);
        assert_eq!(standing(&file.text), FileStanding::Same);
        assert_eq!(standing(&single_file(&names(), "other").text), FileStanding::Older);
        assert_eq!(standing(&(file.text.clone() + "# mine\n")), FileStanding::Edited);
        assert_eq!(standing("print()\n"), FileStanding::Edited);
        assert_eq!(
            dg_frame("lake", Some(FrameEngine::Pandas))[0].standing(Some(b"[project]")),
            FileStanding::Same
        );
    }

    #[test]
    fn what_is_the_operators_stays_and_leaves_the_file_ours() {
        let marked = |code: &str, own: &str| {
            let text = format!("{code}# ---- Yours: begin ----\n{own}# ---- Yours: end ----\n");
            ProjectFile::signed("a.py".to_owned(), &text)
        };
        let written = marked("x = 1\n", "def f(): ...\n").text;
        let present = written.replace("def f(): ...", "def f(): return 7");
        let check = |wanted: ProjectFile, standing| {
            let wanted = wanted.keeping_own_part(Some(present.as_bytes()));
            assert!(wanted.text.contains("return 7"), "{}", wanted.text);
            assert_eq!(wanted.standing(Some(present.as_bytes())), standing);
        };

        check(marked("x = 1\n", "def f(): ...\n"), FileStanding::Same);
        check(marked("x = 2\n", "def f(): ...\n"), FileStanding::Older);
        let edited = present.replace("x = 1", "x = 3");
        let wanted = marked("x = 1\n", "def f(): ...\n");
        assert_eq!(wanted.standing(Some(edited.as_bytes())), FileStanding::Edited);
    }

    #[test]
    fn a_prefix_is_a_text_of_python_without_outer_slashes() {
        let text = single_file(&names(), "/a\"b/").text;

        assert!(text.contains(r#"s3_prefix="a\"b")"#), "{text}");
    }
}
