//! `dagster init`: assets that work, in a project of the operator's.

mod judged;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datalake_core::{Fault, FaultKind, FileBody, Folder, HostPath, InvalidPath, Mode, Piece};
use datalake_dagster::{
    DgProject, FileStanding, Names, ProjectFile, TakenNames, dg_files, dg_frame, single_file,
};
use datalake_engine::{Files as _, NoCheckpoints, Seen};
use datalake_host::{HostFiles, Owners, WayFault};
use schemars::JsonSchema;
use serde::Serialize;

pub(super) use self::judged::{Judged, judged, write};
use crate::args::Cli;
use crate::args::project::{Layout, ProjectInit};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, FileChange, Printer, diff, printable};
use crate::site::Site;
use crate::site::{me, own_name};

pub(super) const DAGSTER_INIT: DocumentKind = DocumentKind::of::<Report<'static>>("dagster-init");

/// So many files of a project are read for names.
const MOST_FILES: usize = 20_000;
/// So much of them is read.
const MOST_BYTES: usize = 256 << 20;

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
    let files = if flags.dry_run { open_if_any(&flags.dir)? } else { Some(open(&flags.dir)?) };
    if let Some(files) = &files {
        require_own_folder(&site, files)?;
    }
    let project = layout(flags, files.as_ref())?;
    let wanted = |names: &Names| match &project {
        None => vec![single_file(names, &prefix)],
        Some((dg, is_new)) => {
            let frame = if *is_new { dg_frame(&dg.package) } else { Vec::new() };
            frame.into_iter().chain(dg_files(dg, names, &prefix)).collect()
        }
    };
    let own: Vec<_> = wanted(&Names::free(&TakenNames::default()));
    let names = Names::free(&taken(files.as_ref(), &own)?);
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

/// Refuses root's hand in a folder of the service user's home that belongs to somebody else.
fn require_own_folder(site: &Site, files: &HostFiles) -> Result<(), Failure> {
    let Ok(host) = site.settings.host() else { return Ok(()) };
    // Without a service user there is no such home.
    let Ok((account, _)) = site.host(&host) else { return Ok(()) };
    let Ok(home) = site.host.enter(&account.home) else { return Ok(()) };
    if !rustix::process::geteuid().is_root() || !files.real_path().starts_with(home.real_path()) {
        return Ok(());
    }
    let heir = Owners::read(&site.host, &host.user, &account)
        .and_then(|owners| owners.heir(files.owner()?));
    let at =
        |fault: Fault| Failure::about(format!("folder `{}`", printable(files.shown())), &fault);
    heir.map(drop).map_err(at)
}

/// The project in today's layout, and whether it is new; `None` for one file.
pub(super) fn layout(
    flags: &ProjectInit,
    files: Option<&HostFiles>,
) -> Result<Option<(DgProject, bool)>, Failure> {
    if flags.layout == Some(Layout::SingleFile) {
        return Ok(None);
    }
    let file = flags.dir.join("pyproject.toml");
    let shown = format!("`{}`", printable(&file.display().to_string()));
    let text = match files.map(|files| files.look(&below("pyproject.toml")?)).transpose() {
        Ok(Some(Seen::File { content, .. })) => {
            String::from_utf8_lossy(content.expose()).into_owned()
        }
        Ok(Some(Seen::Folder(_))) => {
            let fault = Fault::new(FaultKind::NotPlain, "it is a folder");
            return Err(Failure::about(shown, &fault));
        }
        Err(fault) if fault.kind != FaultKind::Absent => return Err(Failure::about(shown, &fault)),
        Ok(None) | Err(_) => {
            let name = named(&flags.dir, files);
            return Ok((flags.layout == Some(Layout::Dg)).then_some((name, true)));
        }
    };
    let unfit =
        |error: &dyn std::error::Error| Failure::of(Exit::Config, error).within(shown.clone());
    let src = files.map_or(Ok(false), has_src);
    let project = DgProject::read(&text, src == Ok(true)).map_err(|error| unfit(&error))?;
    match (project, src) {
        // Nobody knows the layout of what lies behind a link.
        (Some(_), Err(fault)) => {
            let src = flags.dir.join("src");
            Err(Failure::about(format!("`{}`", printable(&src.display().to_string())), &fault))
        }
        (Some(project), Ok(_)) => Ok(Some((project, false))),
        (None, _) if flags.layout.is_none() => Ok(None),
        (None, _) => Err(Failure::new(Exit::Config, format!("{shown} has no `[tool.dg.project]`"))
            .hint("--layout single-file writes one file that needs no project")
            .hint("`uvx create-dagster project NAME` makes a project in today's layout")),
    }
}

/// Whether a project has its code below `src`.
fn has_src(files: &HostFiles) -> Result<bool, Fault> {
    match files.is_file(&below("src")?) {
        Err(fault) if fault.kind == FaultKind::Absent => Ok(false),
        is_file => is_file.map(|is_file| !is_file),
    }
}

/// A path of a project.
fn below(path: &str) -> Result<HostPath, Fault> {
    let unfit = |error: InvalidPath| Fault::new(FaultKind::Refused, error.to_string());
    format!("/{path}").parse().map_err(unfit)
}

fn named(dir: &Path, files: Option<&HostFiles>) -> DgProject {
    let whole = match files {
        Some(files) => files.real_path(),
        None => std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()),
    };
    DgProject::new(&whole.file_name().unwrap_or_default().to_string_lossy())
}

/// The names that files of the project use, but for those that are written here.
fn taken(files: Option<&HostFiles>, own: &[ProjectFile]) -> Result<TakenNames, Failure> {
    let mut taken = TakenNames::default();
    let Some(files) = files else { return Ok(taken) };
    let own: Vec<_> = own.iter().map(|file| format!("/{}", file.path)).collect();
    let at = |path: &HostPath, fault: &Fault| {
        Failure::about(format!("`{}{path}`", printable(files.shown())), fault)
    };
    let (mut left, mut read, mut bytes) = (vec!["/".to_owned()], 0, 0);
    while let Some(folder) = left.pop() {
        let Ok(folder) = folder.parse::<HostPath>() else { continue };
        let names = match files.look(&folder) {
            Ok(Seen::Folder(seen)) if is_of_project(&folder, &seen) => seen.names,
            Ok(_) => continue,
            Err(fault) if fault.kind == FaultKind::Absent => continue,
            Err(fault) => return Err(at(&folder, &fault)),
        };
        for path in names.iter().filter_map(|name| folder.join(name).ok()) {
            match files.is_file(&path) {
                Ok(false) => left.push(path.to_string()),
                Ok(true) if is_source(&path) && !own.contains(&path.to_string()) => {
                    read += 1;
                    if read > MOST_FILES || bytes > MOST_BYTES {
                        let folder = printable(files.shown());
                        let text = format!("`{folder}` has too many files to be a project");
                        return Err(
                            Failure::new(Exit::Usage, text).hint("name the project's own folder")
                        );
                    }
                    match files.look(&path) {
                        Ok(Seen::File { content, .. }) => {
                            bytes += content.expose().len();
                            taken.read(&String::from_utf8_lossy(content.expose()));
                        }
                        // So large a file is no source, and one with another name is not read.
                        Ok(Seen::Folder(_)) => (),
                        Err(fault) if is_no_source(&fault) => (),
                        Err(fault) => return Err(at(&path, &fault)),
                    }
                }
                // Links and pipes are no sources.
                Ok(true) => (),
                Err(fault) if is_no_source(&fault) => (),
                Err(fault) => return Err(at(&path, &fault)),
            }
        }
    }
    Ok(taken)
}

fn is_no_source(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::NotPlain | FaultKind::Absent | FaultKind::TooLarge)
}

/// Environments and caches hold other people's code.
fn is_of_project(path: &HostPath, folder: &Folder) -> bool {
    let name = path.file_name();
    !name.starts_with('.')
        && !["__pycache__", "node_modules", "site-packages"].contains(&name)
        && (name.is_empty() || !folder.names.contains("pyvenv.cfg"))
}

fn is_source(path: &HostPath) -> bool {
    let ending = path.file_name().rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| ["py", "yaml", "yml"].contains(&ending))
}

/// The folder of a project, which is made where it is missing.
pub(super) fn open(dir: &Path) -> Result<HostFiles, Failure> {
    if let Some(files) = open_if_any(dir)? {
        return Ok(files);
    }
    let mut missing = Vec::new();
    let mut above = dir;
    let files = loop {
        missing.push(above.file_name().unwrap_or_default().to_string_lossy().into_owned());
        above = match above.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        match open_if_any(above)? {
            Some(files) => break files,
            None if above == Path::new(".") => {
                return Err(Failure::new(Exit::Absent, "the working folder is gone"));
            }
            None => (),
        }
    };
    let mut path = String::new();
    for name in missing.iter().rev().filter(|name| !matches!(name.as_str(), "" | "." | "..")) {
        path = format!("{path}/{name}");
        let made = below(path.trim_start_matches('/')).and_then(|path| make_folder(&files, &path));
        made.map_err(|fault| Failure::about(format!("folder `{}`", dir.display()), &fault))?;
    }
    open_if_any(dir)?.ok_or_else(|| Failure::new(Exit::Absent, "the folder was removed again"))
}

/// Makes a folder for the owner of the one that it lies in.
fn make_folder(files: &HostFiles, path: &HostPath) -> Result<(), Fault> {
    let above = path.parent().map_or_else(|| below(""), Ok)?;
    let owner = match files.look(&above)? {
        Seen::Folder(seen) if rustix::process::geteuid().is_root() => seen.owner,
        Seen::Folder(_) | Seen::File { .. } => me(),
    };
    files.create_folder(path, Mode::PUBLIC_FOLDER, owner)
}

/// The folder of a project; `None` where there is none.
fn open_if_any(dir: &Path) -> Result<Option<HostFiles>, Failure> {
    match HostFiles::open_named(dir, Arc::new(NoCheckpoints)) {
        Ok(files) => Ok(Some(files)),
        Err(WayFault::At { fault, .. }) if fault.kind == FaultKind::Absent => Ok(None),
        Err(fault) => Err(fault.into()),
    }
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
