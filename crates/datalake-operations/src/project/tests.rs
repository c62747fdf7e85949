use datalake_core::host::{Mode, Owner};
use datalake_core::secret::FilledBody;
use datalake_engine::NewFile;
use datalake_engine::memory::MemoryFiles;

use super::*;
use crate::ErrorKind;

const WISH: ProjectWish<'static> =
    ProjectWish { layout: None, project: None, prefix: "assets", frames: None };
const OWNER: Owner = Owner { uid: 7, gid: 7 };
const PYPROJECT: &str =
    "[project]\nname = \"lake\"\n[tool.dg.project]\nroot_module = \"lake\"\n[tool.dg]\n";

fn project(files: &[(&str, &str)]) -> MemoryFiles {
    let project = MemoryFiles::default();
    for (path, text) in files {
        let path: HostPath = path.parse().unwrap();
        let mut above: Vec<_> = std::iter::successors(path.parent(), HostPath::parent).collect();
        while let Some(folder) = above.pop() {
            if project.look(&folder).is_err() {
                project.create_folder(&folder, Mode::PUBLIC_FOLDER, OWNER).unwrap();
            }
        }
        let content = FilledBody::new(text.as_bytes().to_vec());
        let new = NewFile { content: &content, mode: Mode::PUBLIC, owner: OWNER };
        project.write(&path, &new).unwrap();
    }
    project
}

fn folder(files: Option<&dyn Files>) -> ProjectFolder<'_> {
    ProjectFolder { dir: Path::new("lake"), shown: "lake", name: "lake", files }
}

fn layout_of(
    files: &MemoryFiles,
    wanted: Option<WantedLayout>,
) -> Result<ProjectLayout, OperationError> {
    find_layout(&folder(Some(files)), &ProjectWish { layout: wanted, ..ProjectWish::default() })
}

#[test]
fn a_folder_without_a_project_gets_one_file() {
    let files = project(&[]);

    let plan = plan_project(&folder(Some(&files)), &WISH).unwrap();

    assert!(matches!(plan.layout, ProjectLayout::SingleFile { .. }));
    assert_eq!(plan.files.len(), 1);
}

#[test]
fn a_folder_that_is_not_there_becomes_a_project_where_that_is_wanted() {
    let plan = plan_project(&folder(None), &ProjectWish { layout: Some(WantedLayout::Dg), ..WISH })
        .unwrap();

    assert!(matches!(plan.layout, ProjectLayout::Dg { is_new: true, .. }));
    assert!(plan.files.iter().any(|one| one.file.path == "pyproject.toml"));
}

#[test]
fn a_project_tells_its_own_layout() {
    let files = project(&[("/pyproject.toml", PYPROJECT)]);

    let layout = layout_of(&files, None).unwrap();

    assert!(matches!(layout, ProjectLayout::Dg { is_new: false, .. }));
    let single = layout_of(&files, Some(WantedLayout::SingleFile)).unwrap();
    assert!(matches!(single, ProjectLayout::SingleFile { .. }));
}

#[test]
fn another_kind_of_project_is_refused_where_todays_layout_is_wanted() {
    let files = project(&[("/pyproject.toml", "[project]\nname = \"lake\"\n")]);

    assert!(matches!(layout_of(&files, None).unwrap(), ProjectLayout::SingleFile { .. }));
    let error = layout_of(&files, Some(WantedLayout::Dg)).unwrap_err();

    assert_eq!(error.kind, ErrorKind::Config);
    assert_eq!(error.to_string(), "`lake/pyproject.toml` has no `[tool.dg.project]`");
    assert_eq!(error.advice.len(), 2);
}

#[test]
fn a_folder_in_the_place_of_pyproject_is_told() {
    let files = project(&[("/pyproject.toml/x", "")]);

    let error = layout_of(&files, None).unwrap_err();

    assert_eq!(error.messages.first().map(String::as_str), Some("`lake/pyproject.toml`"));
}

#[test]
fn names_that_the_project_uses_are_not_taken_again() {
    let names = ProjectNames::choose(&UsedNames::default(), None);
    let text = format!("resources = dict({}=1, {}=2)\n", names.s3(), names.io_manager());
    let files = project(&[("/defs/other.py", &text), ("/.venv/lib/x.py", "x = 1\n")]);

    let plan = plan_project(&folder(Some(&files)), &WISH).unwrap();

    assert!(plan.names.changed().count() > 0);
}

#[test]
fn what_was_written_is_written_once() {
    let files = project(&[]);
    let plan = plan_project(&folder(Some(&files)), &WISH).unwrap();
    write_project(&plan, &files).unwrap();
    let written = files.everything();

    let again = plan_project(&folder(Some(&files)), &WISH).unwrap();
    write_project(&again, &files).unwrap();

    assert!(again.files.iter().all(|one| !one.is_to_write()));
    assert_eq!(files.everything(), written);
}

/// What `modal init` writes beside, as far as names are concerned.
const MODAL_ASSETS: &str = "@dg.asset(deps=[\"modal_input\"], group_name=\"datalake\")\n\
                            def modal_processed(): ...\n";
/// A file of the operator's that uses what was written for it.
const USER: &str = "@dg.asset(io_manager_key=\"s3_io_manager\", deps=[\"raw_data\"])\n\
                    def mine(s3: S3Resource): return f(x, \"s3\", y=\"modal_input\")\n";

#[test]
fn no_name_changes_whatever_else_is_written_or_used_in_the_meantime() {
    let modal = ProjectFile::signed(String::new(), MODAL_ASSETS).text;
    for pyproject in [None, Some(PYPROJECT)] {
        for others in [&[][..], &[modal.as_str()], &[MODAL_ASSETS], &[&modal, USER]] {
            for is_there_before in [true, false] {
                let folder_of = pyproject.map_or("", |_| "/src/lake/defs");
                let files = project(&[("/src/lake/defs/__init__.py", "")]);
                let write = |path: &str, text: &str| {
                    let path = path.trim_start_matches('/').to_owned();
                    let file = ProjectFile { path, text: text.to_owned(), is_frame: false };
                    write_file(&file, &files).unwrap();
                };
                if let Some(text) = pyproject {
                    write("pyproject.toml", text);
                }
                let write_others = |names: std::ops::Range<usize>| {
                    for (at, text) in others.iter().enumerate().filter(|(at, _)| names.contains(at))
                    {
                        write(&format!("{folder_of}/other_{at}.py"), text);
                    }
                };
                // What uses our names comes after them.
                write_others(if is_there_before { 0..1 } else { 0..0 });
                write_project(&plan_project(&folder(Some(&files)), &WISH).unwrap(), &files)
                    .unwrap();
                write_others(0..others.len());
                let before = files.everything();

                let again = plan_project(&folder(Some(&files)), &WISH).unwrap();

                assert_eq!(again.names.changed().count(), 0, "{others:?} {is_there_before}");
                assert!(again.files.iter().all(|one| !one.is_to_write()), "{others:?}");
                assert_eq!(files.everything(), before);
            }
        }
    }
}
