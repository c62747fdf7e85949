//! `dagster init`: assets that work, in a project of the operator's.

mod judged;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datalake_core::{Fault, FileBody, Piece};
use datalake_dagster::{
    DgProject, FileStanding, Names, ProjectFile, TakenNames, dg_files, dg_frame, single_file,
};
use datalake_engine::NoCheckpoints;
use datalake_host::HostFiles;
use schemars::JsonSchema;
use serde::Serialize;

pub(super) use self::judged::{Judged, judged, write};
use crate::args::Cli;
use crate::args::project::{Layout, ProjectInit};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, FileChange, Printer, diff, printable};
use crate::site::Site;
use crate::site::own_name;

pub(super) const DAGSTER_INIT: DocumentKind = DocumentKind::of::<Report<'static>>("dagster-init");

/// So many files of a project are read for names.
const MOST_FILES: usize = 20_000;
/// So large a file is no source.
const LARGEST: u64 = 1 << 20;

/// What was written into a project.
#[derive(Serialize, JsonSchema)]
struct Report<'a> {
    /// `dg`, or `single-file`.
    layout: &'static str,
    /// The folder of the project.
    dir: &'a Path,
    /// The names of the resource of S3 and of the I/O manager.
    resources: [&'a str; 2],
    /// The files of ours in it.
    files: Vec<FileReport<'a>>,
}

/// A file of ours in a project.
#[derive(Serialize, JsonSchema)]
struct FileReport<'a> {
    /// Its path below the project.
    path: &'a str,
    /// What was done with it; `kept` is one that was changed by hand and left alone.
    state: &'static str,
}

pub(super) async fn init(
    cli: &Cli,
    flags: &ProjectInit,
    printer: Printer,
) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let prefix = site.settings.document().prefix.clone().unwrap_or_default();
    if !flags.dry_run {
        fs::create_dir_all(&flags.dir).map_err(|error| Failure::io(&flags.dir, &error))?;
    }
    let project = layout(flags)?;
    let wanted = |names: &Names| match &project {
        None => vec![single_file(names, &prefix)],
        Some((dg, is_new)) => {
            let frame = if *is_new { dg_frame(&dg.package) } else { Vec::new() };
            frame.into_iter().chain(dg_files(dg, names, &prefix)).collect()
        }
    };
    let own: Vec<_> = wanted(&Names::free(&TakenNames::default()));
    let names = Names::free(&taken(&flags.dir, &own)?);
    let files = if flags.dir.exists() { Some(open(&flags.dir)?) } else { None };
    let judged = wanted(&names).into_iter().map(|file| judged(file, files.as_ref()));
    let judged: Vec<_> = judged.collect::<Result<_, _>>()?;
    if let (false, Some(files)) = (flags.dry_run, &files) {
        for one in judged.iter().filter(|one| one.is_to_write()) {
            write(&one.file, files)?;
        }
    }
    let layout = if project.is_some() { "dg" } else { "single-file" };
    Ok(finish(&judged, &names, (layout, flags), (printer, &own_name(cli))))
}

/// The project in today's layout, and whether it is new; `None` for one file.
pub(super) fn layout(flags: &ProjectInit) -> Result<Option<(DgProject, bool)>, Failure> {
    if flags.layout == Some(Layout::SingleFile) {
        return Ok(None);
    }
    let file = flags.dir.join("pyproject.toml");
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok((flags.layout == Some(Layout::Dg)).then(|| (named(&flags.dir), true)));
        }
        Err(error) => return Err(Failure::io(&file, &error)),
    };
    let unfit = |error: &dyn std::error::Error| {
        Failure::of(Exit::Config, error).within(format!("`{}`", file.display()))
    };
    let has_src = flags.dir.join("src").is_dir();
    match DgProject::read(&text, has_src).map_err(|error| unfit(&error))? {
        Some(project) => Ok(Some((project, false))),
        None if flags.layout.is_none() => Ok(None),
        None => Err(Failure::new(
            Exit::Config,
            format!("`{}` has no `[tool.dg.project]`", file.display()),
        )
        .hint("--layout single-file writes one file that needs no project")
        .hint("`uvx create-dagster project NAME` makes a project in today's layout")),
    }
}

fn named(dir: &Path) -> DgProject {
    let whole = fs::canonicalize(dir).or_else(|_| std::path::absolute(dir));
    let whole = whole.unwrap_or_else(|_| dir.to_owned());
    DgProject::new(&whole.file_name().unwrap_or_default().to_string_lossy())
}

/// The names that files of the project use, but for those that are written here.
fn taken(dir: &Path, own: &[ProjectFile]) -> Result<TakenNames, Failure> {
    let own: Vec<_> = own.iter().map(|file| dir.join(&file.path)).collect();
    let (mut taken, mut left, mut read) = (TakenNames::default(), vec![dir.to_owned()], 0);
    while let Some(folder) = left.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Failure::io(&folder, &error)),
        };
        for entry in entries {
            let entry = entry.map_err(|error| Failure::io(&folder, &error))?;
            let kind = entry.file_type().map_err(|error| Failure::io(&entry.path(), &error))?;
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if kind.is_dir() && is_of_project(&path, &name) {
                left.push(path);
            } else if kind.is_file() && is_source(&path) && !own.contains(&path) {
                read += 1;
                if read > MOST_FILES {
                    let text = format!("`{}` has too many files to be a project", dir.display());
                    return Err(
                        Failure::new(Exit::Usage, text).hint("name the project's own folder")
                    );
                }
                let bytes = fs::read(&path).map_err(|error| Failure::io(&path, &error))?;
                taken.read(&String::from_utf8_lossy(&bytes));
            }
        }
    }
    Ok(taken)
}

/// Environments and caches hold other people's code.
fn is_of_project(path: &Path, name: &str) -> bool {
    !name.starts_with('.')
        && !["__pycache__", "node_modules", "site-packages"].contains(&name)
        && !path.join("pyvenv.cfg").exists()
}

fn is_source(path: &Path) -> bool {
    let is_text = path.extension().is_some_and(|end| end == "py" || end == "yaml" || end == "yml");
    is_text && fs::metadata(path).is_ok_and(|data| data.len() <= LARGEST)
}

pub(super) fn open(dir: &Path) -> Result<HostFiles, Failure> {
    let named = |fault: Fault| Failure::about(format!("folder `{}`", dir.display()), &fault);
    HostFiles::open(dir, Arc::new(NoCheckpoints)).map_err(named)
}

fn finish(
    judged: &[Judged],
    names: &Names,
    (layout, flags): (&'static str, &ProjectInit),
    (printer, name): (Printer, &str),
) -> Exit {
    let state = |one: &Judged| one.state(flags.dry_run);
    let files = judged.iter().map(|one| FileReport { path: &one.file.path, state: state(one).1 });
    let resources = [names.s3(), names.io_manager()];
    let report = Report { layout, dir: &flags.dir, resources, files: files.collect() };
    let mut text = String::new();
    for one in judged {
        let (sign, _) = state(one);
        let path = printable(&flags.dir.join(&one.file.path).display().to_string());
        let note = match one.standing {
            FileStanding::Edited => "  (changed by hand: left alone)",
            _ => "",
        };
        text.push_str(&format!("{sign} {path}{note}\n"));
    }
    let renamed: BTreeMap<_, _> = names.changed().collect();
    for (wanted, name) in renamed {
        text.push_str(&format!("\n`{wanted}` is taken in this project: `{name}` stands for it.\n"));
    }
    let changes = judged.iter().any(Judged::is_to_write);
    if flags.dry_run {
        text.push_str(&diffs(judged));
    }
    text.push_str(&farewell(changes, flags, name));
    printer.result(DAGSTER_INIT, report, &text);
    let is_kept = judged.iter().any(|one| one.standing == FileStanding::Edited);
    match (flags.dry_run && changes, is_kept) {
        (true, _) => Exit::Drift,
        (false, true) => Exit::Partly,
        (false, false) => Exit::Done,
    }
}

fn diffs(judged: &[Judged]) -> String {
    let mut text = "\nFiles:\n".to_owned();
    for one in judged.iter().filter(|one| one.is_to_write()) {
        let body = FileBody::new([Piece::text(&one.file.text)]);
        text.push_str(&diff(&FileChange { path: &one.file.path, old: &one.old, body: &body }));
    }
    text
}

fn farewell(changes: bool, flags: &ProjectInit, name: &str) -> String {
    if !changes {
        return "\nNothing to do: the files are there.\n".to_owned();
    }
    if flags.dry_run {
        let dir = PathBuf::from(&flags.dir);
        let dir = printable(&dir.display().to_string());
        return format!("\nNothing was changed. Next: {name} dagster init {dir}\n");
    }
    format!(
        "\nThe image needs dagster-aws, the containers the variables of the bucket.\n\
         Next: {name} dagster deps plan\n"
    )
}
