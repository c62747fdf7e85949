//! `job run --on modal|dagster`: workers that others call.

use std::path::Path;
use std::sync::Arc;

use datalake_core::job::{JobName, WorkerCall};
use datalake_core::modal::ModalObject;
use datalake_core::spec::{ModalClientPlace, ModalSpec};
use datalake_dagster::{FileStanding, ProjectFile, render_job_alone, render_job_asset};
use datalake_engine::{Files, NoCheckpoints};
use datalake_host::HostFiles;
use datalake_modal::{ModalJob, name_job_app, render_job};
use datalake_operations::job::{JobOffer, OfferedJob, describe_progress};
use datalake_operations::modal::require_modal;
use datalake_operations::project::{
    FileForms, FileReport, PlannedFile, judge_file, plan_file, render_file_diffs, render_files,
    render_loading, write_file,
};

use super::super::{agreed, project};
use super::{JOB_OFFER, OpenedJobs, read_function};
use crate::args::job::{JobCodeFlags, JobEngine, JobRunFlags};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::modal::ModalPlace;
use crate::render::Ticker;

impl OpenedJobs {
    /// Shows what is left and what it costs; then an engine does it, or is told how to.
    pub(super) async fn run_elsewhere(&self, flags: &JobRunFlags) -> Result<Exit, Failure> {
        let function = read_function(&flags.code)?;
        let terms = self.choose_terms(flags.core_hour, flags.on)?;
        let service = self.borrow_service();
        let offer = service.offer_job(&flags.name, function.as_ref(), &terms).await?;
        if offer.price.is_over_budget || flags.on == JobEngine::Local {
            return Ok(self.tell_offer(flags, offer, None));
        }
        let folder = match flags.dry_run {
            true => HostFiles::open_named_if_any(&flags.dir, Arc::new(NoCheckpoints))?,
            false => Some(project::open(&flags.dir)?),
        };
        let (program, code) = (name_program()?, name_code(&flags.code)?);
        let (job, bucket) = (&offer.status.job, &offer.status.bucket);
        let call = WorkerCall { job, bucket, program: &program, code: code.as_deref() };
        let name = format!("{}.py", call.name_module());
        if flags.on == JobEngine::Dagster {
            let (in_defs, alone) = (&render_job_asset(&call), &render_job_alone(&call));
            let forms = FileForms { name: &name, in_defs, alone };
            let planned =
                project::plan_in(&flags.dir, folder.as_ref(), |folder| plan_file(folder, &forms))?;
            if let (false, true, Some(folder)) =
                (flags.dry_run, planned.file.is_to_write(), &folder)
            {
                write_file(&planned.file.file, folder)?;
            }
            return Ok(self.tell_offer(flags, offer, Some(planned)));
        }
        let modal = self.require_modal_here()?;
        let app = name_app(&flags.name, &modal)?;
        let text = render_job(&call, offer.workers, &app, &modal.secret);
        let files = folder.as_ref().map(|folder| folder as &dyn Files);
        let file = judge_file(ProjectFile::signed(name, &text), files)?;
        let planned = PlannedFile { file, loading: Vec::new() };
        let (Some(folder), false, true) = (&folder, flags.dry_run, offer.left > 0) else {
            return Ok(self.tell_offer(flags, offer, Some(planned)));
        };
        let shown = render_files([&planned.file], &flags.dir, true);
        self.printer.text(&format!(
            "{offer}Modal:   app `{app}` with the secret `{}`; `modal billing rates` has its prices\n{shown}",
            modal.secret
        ));
        if !agreed("Have Modal do it?", flags.yes, self.remote.site.may_ask())? {
            self.printer.talk("nothing was changed");
            return Ok(Exit::Done);
        }
        if planned.file.is_to_write() {
            write_file(&planned.file.file, folder)?;
        }
        let path = folder.real_path().join(&planned.file.file.path).display().to_string();
        self.run_in_modal(flags, &modal, path).await
    }

    async fn run_in_modal(
        &self,
        flags: &JobRunFlags,
        modal: &ModalSpec,
        file: String,
    ) -> Result<Exit, Failure> {
        let site = &self.remote.site;
        let place = ModalPlace::of(site, &site.host_spec()?, Some(modal)).await;
        let engine = ModalJob { client: &place.client(), file, app: name_app(&flags.name, modal)? };
        self.printer.talk(&format!(
            "Modal works on where this command ends early; `{} job stop {} --on modal` ends it",
            site.name, flags.name
        ));
        let mut ticker = Ticker::new(self.printer);
        let mut tell = |progress: &_| ticker.tell(|| describe_progress(progress));
        let run = self.borrow_service().run_elsewhere(&flags.name, &engine, &mut tell).await?;
        drop(ticker);
        Ok(self.tell_run(&run))
    }

    /// Has Modal end what runs; what there is to say of it.
    pub(super) async fn end_in_modal(&self, name: &JobName) -> Result<&'static str, Failure> {
        let (site, modal) = (&self.remote.site, self.require_modal_here()?);
        let place = ModalPlace::of(site, &site.host_spec()?, Some(&modal)).await;
        let (client, file) = (place.client(), String::new());
        let engine = ModalJob { client: &client, file, app: name_app(name, &modal)? };
        let was_there = self.borrow_service().end_elsewhere(name, &engine).await?;
        Ok(if was_there {
            "What ran in Modal has ended.\n"
        } else {
            "Nothing of it is in Modal.\n"
        })
    }

    /// What the spec says of Modal, whose client is on this host.
    fn require_modal_here(&self) -> Result<ModalSpec, Failure> {
        let modal = require_modal(self.remote.site.settings.check_modal()?)?;
        match &modal.client {
            ModalClientPlace::Container(unit) => {
                let text = format!(
                    "Modal's client is in the container of `{unit}`, and the job's file here"
                );
                Err(Failure::new(Exit::Config, text)
                    .hint("run it on a machine with a client: `modal: { client: … }`"))
            }
            _ => Ok(modal),
        }
    }

    fn tell_offer(
        &self,
        flags: &JobRunFlags,
        offer: JobOffer,
        planned: Option<PlannedFile>,
    ) -> Exit {
        let (dir, name, dry_run) = (&flags.dir, &self.remote.site.name, flags.dry_run);
        let mut text = offer.to_string();
        let exit = match &planned {
            _ if offer.price.is_over_budget => Exit::OverBudget,
            _ if offer.left == 0 => Exit::Done,
            _ if dry_run => Exit::Drift,
            Some(planned) if planned.file.standing == FileStanding::Edited => Exit::Partly,
            _ => Exit::Done,
        };
        let is_asset = flags.on == JobEngine::Dagster && exit != Exit::OverBudget;
        let (file, loading) = match planned {
            Some(PlannedFile { file, loading }) => {
                text += &render_files([&file], dir, dry_run);
                text += &if dry_run {
                    render_file_diffs(std::slice::from_ref(&file))
                } else {
                    String::new()
                };
                text += &if is_asset { render_loading(&loading) } else { String::new() };
                (Some(FileReport::of_file(&file, dir, dry_run)), loading)
            }
            None => (None, Vec::new()),
        };
        if dry_run || exit == Exit::OverBudget {
            text += "\nNothing was changed.\n";
        } else if is_asset {
            let module =
                Path::new(file.as_ref().map_or(Path::new(""), |file| &file.path)).display();
            text += &format!(
                "\nThe image needs `datalake`, the containers the variables of the bucket.\n\
                 Next: materialize all partitions in Dagster, or with its daemon running:\n  \
                 dagster job backfill -f {module} --all --noprompt\n\
                 {name} job status {} tells how far it is\n",
                flags.name
            );
        }
        self.printer.result(JOB_OFFER, OfferedJob { offer, file, loading }, &text);
        exit
    }
}

fn name_app(job: &JobName, modal: &ModalSpec) -> Result<ModalObject, Failure> {
    let app = name_job_app(job, modal.secret.environment.as_ref());
    app.map_err(|error| Failure::of(Exit::Usage, &error))
}

/// This program, as workers call it.
fn name_program() -> Result<String, Failure> {
    let program = std::env::current_exe();
    program
        .map(|path| path.display().to_string())
        .map_err(|error| Failure::io(Path::new("."), &error))
}

/// The file with the operator's function, by its whole path.
fn name_code(flags: &JobCodeFlags) -> Result<Option<String>, Failure> {
    let Some(code) = &flags.code else { return Ok(None) };
    if code == Path::new("-") {
        return Err(Failure::new(Exit::Usage, "standard input reaches no worker elsewhere")
            .hint("name the file: --code FILE"));
    }
    let whole = std::path::absolute(code).map_err(|error| Failure::io(code, &error))?;
    Ok(Some(whole.display().to_string()))
}
