//! `dagster init`: assets that work, in a project of the operator's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datalake_core::fault::Fault;
use datalake_core::text::printable;
use datalake_dagster::{FileStanding, FrameEngine, FramesContext, FramesPlace};
use datalake_engine::{Files, NoCheckpoints, Owners};
use datalake_host::HostFiles;
use datalake_operations::OperationError;
use datalake_operations::project::{
    FileReport, JudgedFile, LoadedFile, LoadingState, ProjectFolder, ProjectLayout, ProjectPlan,
    ProjectWish, WantedLayout, plan_project, render_file_diffs, render_files, render_loading,
    write_project,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::Cli;
use crate::args::project::{Frames, Layout, ProjectInit};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};
use crate::site::{Site, own_name};

pub(super) const DAGSTER_INIT: DocumentKind = DocumentKind::of::<Report<'static>>("dagster-init");

/// What was written into a project.
#[derive(Serialize, JsonSchema)]
struct Report<'a> {
    /// `dg`, or `single-file`.
    layout: &'static str,
    /// The folder of the project.
    dir: &'a Path,
    /// The names of the resource of S3 and of the I/O manager.
    resources: [&'a str; 2],
    /// The name of the I/O manager of frames, or `null`.
    frames: Option<&'a str>,
    /// The files of ours in it.
    files: Vec<FileReport>,
    /// What Dagster has to be told of, and whether it is.
    loading: &'a [LoadedFile],
}

pub(super) async fn init(
    cli: &Cli,
    flags: &ProjectInit,
    printer: Printer,
) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let document = site.settings.document();
    let prefix = document.prefix.as_deref().unwrap_or_default();
    let place = FramesPlace::choose(&FramesContext {
        pickles: prefix,
        has_tables: document.tables.is_some(),
        tables: document.tables.as_ref().and_then(|tables| tables.prefix.as_deref()),
    });
    let wish = ProjectWish {
        layout: flags.layout.map(Into::into),
        project: flags.project.as_deref(),
        prefix,
        frames: flags.frames.map(|engine| (engine.into(), &place)),
    };
    let files = if flags.dry_run {
        HostFiles::open_named_if_any(&flags.dir, Arc::new(NoCheckpoints))?
    } else {
        Some(open(&flags.dir)?)
    };
    if let Some(files) = &files {
        require_own_folder(&site, files)?;
    }
    let plan = plan_in(&flags.dir, files.as_ref(), |folder| plan_project(folder, &wish))?;
    if let (false, Some(files)) = (flags.dry_run, &files) {
        write_project(&plan, files)?;
    }
    Ok(tell_made(&plan, flags, printer, &own_name(cli)))
}

/// Plans something in a folder that the operator names, where it is there.
pub(super) fn plan_in<T>(
    dir: &Path,
    files: Option<&HostFiles>,
    plan: impl FnOnce(&ProjectFolder<'_>) -> Result<T, OperationError>,
) -> Result<T, Failure> {
    let whole = match files {
        Some(files) => files.real_path(),
        None => std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()),
    };
    let folder = ProjectFolder {
        dir,
        shown: files.map(HostFiles::shown).unwrap_or_default(),
        name: &whole.file_name().unwrap_or_default().to_string_lossy(),
        files: files.map(|files| files as &dyn Files),
    };
    Ok(plan(&folder)?)
}

impl From<Layout> for WantedLayout {
    fn from(layout: Layout) -> Self {
        match layout {
            Layout::Dg => Self::Dg,
            Layout::SingleFile => Self::SingleFile,
        }
    }
}

impl From<Frames> for FrameEngine {
    fn from(frames: Frames) -> Self {
        match frames {
            Frames::Polars => Self::Polars,
            Frames::Pandas => Self::Pandas,
            Frames::Duckdb => Self::Duckdb,
        }
    }
}

/// Refuses root's hand in a folder of the service user's home that belongs to somebody else.
fn require_own_folder(site: &Site, files: &HostFiles) -> Result<(), Failure> {
    let Ok(host) = site.host_spec() else { return Ok(()) };
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

/// The folder of a project, which is made where it is missing.
pub(super) fn open(dir: &Path) -> Result<HostFiles, Failure> {
    Ok(HostFiles::make_named(dir, Arc::new(NoCheckpoints))?)
}

fn tell_made(plan: &ProjectPlan, flags: &ProjectInit, printer: Printer, name: &str) -> Exit {
    let ProjectPlan { layout, names, files: judged, loading } = plan;
    let layout = match layout {
        ProjectLayout::Dg { .. } => "dg",
        ProjectLayout::SingleFile { .. } => "single-file",
    };
    let files = judged.iter().map(|one| FileReport::of_file(one, Path::new(""), flags.dry_run));
    let resources = [names.s3(), names.io_manager()];
    let (files, frames) = (files.collect(), names.frames_io_manager());
    let report = Report { layout, dir: &flags.dir, resources, frames, files, loading };
    let mut text = render_files(judged, &flags.dir, flags.dry_run);
    let renamed: BTreeMap<_, _> = names.changed().collect();
    for (wanted, name) in renamed {
        text.push_str(&format!(
            "\n`{wanted}` is taken in this project: `{name}` is used instead.\n"
        ));
    }
    let changes = judged.iter().any(JudgedFile::is_to_write);
    if flags.dry_run {
        text.push_str(&render_file_diffs(judged));
    }
    text.push_str(&render_loading(loading));
    let is_left = loading.iter().any(|one| one.loading == LoadingState::NotNamed);
    if is_left && !changes {
        text.push_str("\nNothing to write; what is marked with `!` above is to be done by hand.\n");
    } else {
        text.push_str(&render_farewell(changes, flags, name));
    }
    printer.result(DAGSTER_INIT, report, &text);
    let is_kept = judged.iter().any(|one| one.standing == FileStanding::Edited);
    match (flags.dry_run && changes, is_kept || is_left) {
        (true, _) => Exit::Drift,
        (false, true) => Exit::Partly,
        (false, false) => Exit::Done,
    }
}

fn render_farewell(changes: bool, flags: &ProjectInit, name: &str) -> String {
    if !changes {
        return "\nNothing to do: the files are there.\n".to_owned();
    }
    let frames = flags.frames.map(|engine| format!(" --frames {}", FrameEngine::from(engine)));
    let frames = frames.unwrap_or_default();
    if flags.dry_run {
        let dir = PathBuf::from(&flags.dir);
        let dir = printable(&dir.display().to_string());
        return format!("\nNothing was changed. Next: {name} dagster init {dir}{frames}\n");
    }
    format!(
        "\nThe image needs dagster-aws, the containers the variables of the bucket.\n\
         Next: {name} dagster deps plan{frames}\n"
    )
}
