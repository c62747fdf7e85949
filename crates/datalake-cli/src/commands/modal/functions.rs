//! `modal init|deploy|rollover`: the functions, brought there by Modal's own client.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use datalake_core::fault::{FaultKind, Target};
use datalake_core::modal::ModalObject;
use datalake_core::spec::{ModalClientPlace, ModalSpec};
use datalake_core::text::printable;
use datalake_dagster::{FileStanding, ProjectFile};
use datalake_engine::SecretVault;
use datalake_host::{CommandFault, ProgramCall, follow_program};
use datalake_modal::{
    ASSET_FILE, FUNCTIONS_FILE, FunctionsPlace, asset, asset_alone, render_functions,
};
use datalake_operations::modal::{choose_app, choose_apps, require_client_here, require_modal};
use datalake_operations::project::{
    FileForms, FileReport, judge_file, plan_file, render_files, write_file,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::project;
use crate::args::Cli;
use crate::args::modal::{Deploy, ModalInit, Rollover};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::modal::{ModalPlace, variables};
use crate::named_path::{NamedKind, find_kind};
use crate::render::{DocumentKind, Printer};
use crate::site::Site;

pub(super) const MODAL_DEPLOY: DocumentKind = DocumentKind::of::<Told<'static>>("modal-deploy");
pub(super) const MODAL_INIT: DocumentKind = DocumentKind::of::<Vec<FileReport>>("modal-init");
pub(super) const MODAL_ROLLOVER: DocumentKind = DocumentKind::of::<Told<'static>>("modal-rollover");

/// What bringing functions to Modal may take: images are built there.
const DEPLOYING: Duration = Duration::from_mins(30);

/// What Modal's client was asked to do.
#[derive(Serialize, JsonSchema)]
struct Told<'a> {
    /// The commands, or their words.
    runs: &'a [String],
    /// Whether it was done; else only shown.
    done: bool,
}

pub(super) async fn init(cli: &Cli, flags: &ModalInit, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let spec = require_modal(site.settings.check_modal()?)?;
    let app = choose_app(&spec)?;
    let folder = project::open(&flags.dir)?;
    let forms = FileForms { name: ASSET_FILE, in_defs: &asset(&app), alone: &asset_alone(&app) };
    let planned = project::plan_in(&flags.dir, Some(&folder), |folder| plan_file(folder, &forms))?;
    let functions = functions_for(&site, &app, &spec)?;
    let functions = ProjectFile::signed(FUNCTIONS_FILE.to_owned(), &functions);
    let files = [judge_file(functions, Some(&folder))?, planned.file];
    for one in files.iter().filter(|one| one.is_to_write()) {
        write_file(&one.file, &folder)?;
    }
    let is_kept = files.iter().any(|one| one.standing == FileStanding::Edited);
    let reports: Vec<_> =
        files.iter().map(|one| FileReport::of_file(one, &flags.dir, false)).collect();
    let mut text = render_files(&files, &flags.dir, false);
    let file = printable(&flags.dir.join(FUNCTIONS_FILE).display().to_string());
    text.push_str(&format!("\nNext: {} deploy {file}\n", site.modal_name));
    printer.result(MODAL_INIT, reports, &text);
    Ok(if is_kept { Exit::Partly } else { Exit::Done })
}

/// The file with the functions; of the bucket it says what the spec says.
fn functions_for(site: &Site, app: &ModalObject, spec: &ModalSpec) -> Result<String, Failure> {
    // Neither bucket nor service need be named; one that is wrong is an error.
    let named = site.settings.document();
    let is_named = named.region.is_some() || named.endpoint.is_some() || named.bucket.is_some();
    let store = is_named.then(|| site.store_spec()).transpose()?;
    let store = store.as_ref();
    Ok(render_functions(&FunctionsPlace {
        app,
        secret: &spec.secret,
        requests_per_second: store.and_then(|store| store.limits.requests_per_second),
        mount: store.and_then(|store| Some((store.bucket.as_ref()?, &store.endpoint))),
    }))
}

pub(super) async fn deploy(cli: &Cli, flags: &Deploy, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let spec = require_modal(site.settings.check_modal()?)?;
    require_client_here(&spec)?;
    let program = match &spec.client {
        ModalClientPlace::Program(path) => path.clone(),
        ModalClientPlace::SearchPath | ModalClientPlace::Container(_) => "modal".to_owned(),
    };
    if find_kind(&flags.file) != NamedKind::File {
        let name = printable(&flags.file.display().to_string());
        let text = format!("there is no file `{name}`");
        return Err(
            Failure::new(Exit::Absent, text).hint(format!("{} init writes one", site.modal_name))
        );
    }
    let mut words = vec!["deploy".to_owned(), flags.file.display().to_string()];
    if let Some(environment) = &spec.secret.environment {
        words.extend(["--env".to_owned(), environment.to_string()]);
    }
    let shown: Vec<_> = [program.clone()].into_iter().chain(words.clone()).collect();
    let line = printable(&shown.join(" "));
    if flags.dry_run {
        let told = Told { runs: &shown, done: false };
        printer.result(MODAL_DEPLOY, told, &format!("{line}\n\nNothing was run.\n"));
        return Ok(Exit::Drift);
    }
    let place = ModalPlace::of(&site, &site.host_spec()?, Some(&spec)).await;
    // A program that is no script of Python's may deploy all the same.
    if let Err(fault) = place.client().require_usable().await
        && fault.kind == FaultKind::Unsupported
    {
        return Err(Failure::about("Modal's client", &fault));
    }
    printer.talk(&line);
    let command = ProgramCall {
        program: program.into(),
        arguments: words.into_iter().map(OsString::from).collect(),
        environment: variables().collect(),
        directory: std::env::current_dir().map_err(|error| Failure::io(Path::new("."), &error))?,
        limit: DEPLOYING,
    };
    let mut tell = |line: &[u8]| {
        printer.talk(&printable(&String::from_utf8_lossy(line)));
        true
    };
    let ended = tokio::time::timeout(DEPLOYING, follow_program(&command, &mut tell)).await;
    ended
        .map_err(|_| Failure::new(Exit::Unavailable, "it did not finish within 30 minutes"))?
        .map_err(|fault| not_deployed(&fault))?;
    printer.result(MODAL_DEPLOY, Told { runs: &shown, done: true }, "Deployed.\n");
    Ok(Exit::Done)
}

/// The client says the same of every refusal; its own words tell more.
fn not_deployed(fault: &CommandFault) -> Failure {
    let failure = Failure::of(Exit::Unavailable, fault);
    match fault {
        CommandFault::Distrusted(fault) => Failure::from(fault.clone()),
        CommandFault::NotFound(_) => failure
            .under(Exit::Config)
            .hint("install it (`pipx install modal`), or name it: `modal: { client: … }`"),
        _ => failure.hint("`datalake modal check` shows what may be wrong"),
    }
}

pub(super) async fn rollover(
    cli: &Cli,
    flags: &Rollover,
    printer: Printer,
) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let modal = require_modal(site.settings.check_modal()?)?;
    let apps = choose_apps(&modal, &flags.apps)?;
    let runs: Vec<_> = apps.iter().map(|app| format!("modal app rollover {}", app.name)).collect();
    if flags.dry_run {
        let text = format!("{}\n\nNothing was run.\n", printable(&runs.join("\n")));
        printer.result(MODAL_ROLLOVER, Told { runs: &runs, done: false }, &text);
        return Ok(Exit::Drift);
    }
    let place = ModalPlace::of(&site, &site.host_spec()?, Some(&modal)).await;
    let client = place.client();
    let mut text = String::new();
    for app in &apps {
        match client.roll_over(app).await {
            Ok(()) => text.push_str(&format!("{app}: new containers\n")),
            Err(fault) if fault.kind == FaultKind::Absent => {
                text.push_str(&format!("{app}: not deployed, so nothing of it runs\n"));
            }
            Err(fault) => {
                printer.text(&text);
                return Err(Failure::at(&Target::App(app.clone()), &fault)
                    .hint("containers of it may still hold the old values"));
            }
        }
    }
    printer.result(MODAL_ROLLOVER, Told { runs: &runs, done: true }, &text);
    Ok(Exit::Done)
}
