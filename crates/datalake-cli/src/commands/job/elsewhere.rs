//! `job run --on modal|dagster`: workers that others call.

use std::path::Path;
use std::sync::Arc;

use datalake_core::job::JobName;
use datalake_core::modal::ModalObject;
use datalake_core::spec::ModalSpec;
use datalake_dagster::{render_job_alone, render_job_asset};
use datalake_engine::NoCheckpoints;
use datalake_host::{HostFiles, TrustedUsers, judge_code_file};
use datalake_modal::{ModalJob, name_job_app, render_job};
use datalake_operations::job::{JobOffer, OfferedJob, WorkerPrograms, describe_progress};
use datalake_operations::modal::{require_client_here, require_modal};

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
        if !offer.is_open() || flags.on == JobEngine::Local {
            return Ok(self.tell_offer(flags, offer.without_file()));
        }
        let files = if flags.dry_run {
            HostFiles::open_named_if_any(&flags.dir, Arc::new(NoCheckpoints))?
        } else {
            Some(project::open(&flags.dir)?)
        };
        let modal = match flags.on {
            JobEngine::Modal => Some(self.require_modal_here()?),
            JobEngine::Local | JobEngine::Dagster => None,
        };
        let offered = offer_file(flags, offer, modal.as_ref(), files.as_ref())?;
        let (Some(files), false) = (files, flags.dry_run) else {
            return Ok(self.tell_offer(flags, offered));
        };
        let in_modal = modal.as_ref().zip(offered.find_file(&files.real_path()));
        if let Some((modal, path)) = &in_modal {
            // Modal's client runs it, as it is.
            judge_code_file(path, &TrustedUsers::of_process())?;
            self.printer.text(&offered.describe_for_modal());
            let question = format!("Run it with secret `{}`?", modal.secret);
            if !agreed(&question, flags.yes, self.remote.site.may_ask())? {
                self.printer.talk("nothing was changed");
                return Ok(Exit::Done);
            }
        }
        project::plan_in(&flags.dir, Some(&files), |folder| offered.write_file(folder))?;
        match in_modal {
            Some((modal, path)) => {
                self.run_in_modal(flags, modal, path.display().to_string()).await
            }
            None => Ok(self.tell_offer(flags, offered)),
        }
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
            "If this command ends early, Modal works on; {} job stop {} --on modal ends that",
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

    fn require_modal_here(&self) -> Result<ModalSpec, Failure> {
        let modal = require_modal(self.remote.site.settings.check_modal()?)?;
        require_client_here(&modal)?;
        Ok(modal)
    }

    fn tell_offer(&self, flags: &JobRunFlags, offered: OfferedJob) -> Exit {
        let is_over = offered.offer.price.is_over_budget;
        let (exit, rest) = match flags.on {
            _ if is_over => (Exit::OverBudget, "\nNothing was changed.\n".to_owned()),
            _ if offered.offer.left == 0 => (Exit::Done, "\nNothing is left to do.\n".to_owned()),
            _ if flags.dry_run => (Exit::Drift, "\nNothing was changed.\n".to_owned()),
            _ => {
                let exit = if offered.is_edited() { Exit::Partly } else { Exit::Done };
                let name = &self.remote.site.name;
                let next = format!("\nNext: {name} job status {}\n", flags.name);
                (exit, next)
            }
        };
        let text = format!("{}{}{rest}", offered.offer, offered.show_file());
        self.printer.result(JOB_OFFER, offered, &text);
        exit
    }
}

/// The offer with the file that its engine needs.
fn offer_file(
    flags: &JobRunFlags,
    offer: JobOffer,
    modal: Option<&ModalSpec>,
    files: Option<&HostFiles>,
) -> Result<OfferedJob, Failure> {
    let program = std::env::current_exe().map_err(|error| Failure::io(Path::new("."), &error))?;
    let (program, code) = (program.display().to_string(), name_code(&flags.code)?);
    let call = offer.call_worker(WorkerPrograms { program: &program, code: code.as_deref() });
    let Some(modal) = modal else {
        let texts = [render_job_asset(&call), render_job_alone(&call)];
        return project::plan_in(&flags.dir, files, |folder| {
            offer.with_asset([&texts[0], &texts[1]], folder, flags.dry_run)
        });
    };
    let app = name_app(&flags.name, modal)?;
    let text = render_job(&call, offer.workers, &app, &modal.secret);
    project::plan_in(&flags.dir, files, |folder| offer.with_file(&text, folder, flags.dry_run))
}

fn name_app(job: &JobName, modal: &ModalSpec) -> Result<ModalObject, Failure> {
    let app = name_job_app(job, modal.secret.environment.as_ref());
    app.map_err(|error| Failure::of(Exit::Usage, &error))
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
