//! What a timer cannot do is told before one is set up.

use datalake_core::fault::FaultKind;
use datalake_core::host::{HostPath, UnitManager};
use datalake_core::schedule::{JobTimer, ScheduledJob};
use datalake_core::spec::{Ambient, CredentialSource, ModalToken};
use datalake_engine::{Pings, Ports, SeenKind, find_user_by_number};

use super::addresses::PingBook;
use super::request::ScheduleRequest;
use crate::{Advice, ErrorKind, HostContext, OperationError};

/// Refuses a schedule that could never run: nobody is there to type a key, and no shell has set a
/// variable.
///
/// # Errors
///
/// [`OperationError`] with what to write into the spec instead.
pub(super) fn require_unattended(request: &ScheduleRequest<'_>) -> Result<(), OperationError> {
    let from = match &request.credentials {
        Some(CredentialSource::File(_) | CredentialSource::Command(_)) => None,
        Some(CredentialSource::From(Ambient::Prompt)) => Some("a question at the terminal"),
        Some(CredentialSource::Fd(_)) => Some("an open descriptor"),
        Some(CredentialSource::From(Ambient::Env)) | None => Some("the environment"),
    };
    if let Some(from) = from {
        let text = format!("the key pair comes from {from}, which a timer does not have");
        return Err(OperationError::new(ErrorKind::Config, text).advise(
            "put it into a file of mode 0600 and name it: `credentials: { file: /etc/datalake/keys.env \
             }`; or name a program that prints it: `credentials: { command: [PROGRAM, …] }`",
        ));
    }
    let has_doctor = request.schedule.timers.iter().any(|it| it.job == ScheduledJob::Doctor);
    if has_doctor && request.modal_token == Some(ModalToken::Environment) {
        let text = "Modal's token comes from the environment, which a timer does not have";
        return Err(OperationError::new(ErrorKind::Config, text)
            .advise("name a file of mode 0600: `modal: { token: /etc/datalake/modal.env }`"));
    }
    if request.elsewhere.is_empty() {
        return Ok(());
    }
    let text = format!("a timer reads the spec's file alone: {}", request.elsewhere.join(", "));
    Err(OperationError::new(ErrorKind::Config, text)
        .advise("write these values into datalake.yaml, and name that with --config"))
}

/// Refuses to look at the cost by itself where there is nothing to compare it with.
///
/// # Errors
///
/// [`OperationError`] where neither the spec nor the job names a budget.
pub(super) fn require_budget(request: &ScheduleRequest<'_>) -> Result<(), OperationError> {
    let names_one = |timer: &JobTimer| {
        timer.with.iter().any(|word| word == "--budget" || word.starts_with("--budget="))
    };
    let mut timers = request.schedule.timers.iter();
    if request.has_budget
        || timers.all(|timer| timer.job != ScheduledJob::CostCheck || names_one(timer))
    {
        return Ok(());
    }
    let text = "`cost-check` has no budget to compare a month with";
    Err(OperationError::new(ErrorKind::Config, text)
        .advise("name one: `cost: { budget: 10EUR }`; or `with: [--budget, 10EUR]` for the job"))
}

/// Asks systemd about the times; a machine without `systemd-analyze` is not held back.
///
/// # Errors
///
/// [`OperationError`] for a time that will never come.
pub(super) async fn require_times(
    request: &ScheduleRequest<'_>,
    ports: &Ports<'_>,
) -> Result<(), OperationError> {
    for timer in &request.schedule.timers {
        let next = ports.timers.next_after(&timer.calendar, ports.clock.now()).await;
        let why = match next {
            Ok(None) => "this time will never come".to_owned(),
            Err(fault) if fault.kind == FaultKind::Refused => fault.detail,
            Ok(Some(_)) | Err(_) => continue,
        };
        let text = format!("`schedule.jobs`: {}: `{}`", timer.job, timer.calendar);
        return Err(OperationError::new(ErrorKind::Config, why)
            .within(text)
            .advise("`systemd-analyze calendar TIME` shows what systemd makes of it"));
    }
    Ok(())
}

/// Looks at the folder of metrics.
///
/// # Errors
///
/// [`OperationError`] where nothing can be written there.
pub(super) fn require_metrics_folder(
    context: &HostContext<'_>,
    folder: Option<&HostPath>,
) -> Result<(), OperationError> {
    let Some(folder) = folder else { return Ok(()) };
    let place = || format!("`schedule.metrics`: `{folder}`");
    let is_folder = match context.files.look_at_kind(folder) {
        Ok(standing) => standing.kind == SeenKind::Folder,
        Err(fault) if fault.kind == FaultKind::Absent => false,
        Err(fault) => return Err(OperationError::of_file(&fault).at_place(place())),
    };
    if !is_folder {
        return Err(OperationError::new(ErrorKind::Config, "there is no such folder")
            .within(place())
            .advise(
                "make it, or name the folder that node_exporter reads \
                     (`--collector.textfile.directory`)",
            ));
    }
    let inside = folder.join("datalake.prom");
    let inside = inside.map_err(|error| OperationError::of(ErrorKind::Config, &error))?;
    let writable = context.files.require_writable(&inside);
    writable.map_err(|fault| OperationError::of_file(&fault).at_place(place()))
}

/// What is worth a word before the plan.
///
/// # Errors
///
/// [`OperationError`] where the file of addresses cannot be used.
pub(super) fn list_notes(
    context: &HostContext<'_>,
    request: &ScheduleRequest<'_>,
    pings: &dyn Pings,
) -> Result<Vec<String>, OperationError> {
    let mut notes = Vec::new();
    // Below another root the file is that host's own, and nobody may read it there who is not its root.
    if let Some(file) = request.schedule.ping.as_ref().filter(|_| context.is_this_machine()) {
        let content = pings.read_addresses(file);
        let content = content
            .map_err(|fault| OperationError::of_file(&fault).at_place(format!("`{file}`")))?;
        let book =
            PingBook::parse_lines(&content).map_err(|error| error.within(format!("`{file}`")))?;
        let jobs = request.schedule.timers.iter().map(|timer| timer.job);
        let without = jobs.filter(|job| !book.has_job(*job));
        notes.extend(without.map(|job| format!("`{file}` has no address for `{job}`.")));
    }
    if request.place.manager == UnitManager::User && context.is_this_machine() {
        notes.extend(note_linger(context, request));
    }
    Ok(notes)
}

/// Without it a user's timers start nothing while the user is not logged in.
fn note_linger(context: &HostContext<'_>, request: &ScheduleRequest<'_>) -> Option<String> {
    let (name, _) = find_user_by_number(context.files, request.place.owner.uid).ok()?;
    let file: HostPath = format!("/var/lib/systemd/linger/{name}").parse().ok()?;
    match context.files.look_at_kind(&file) {
        Err(fault) if fault.kind == FaultKind::Absent => Some(format!(
            "These timers run only while `{name}` is logged in: `loginctl enable-linger {name}` changes \
             that."
        )),
        Ok(_) | Err(_) => None,
    }
}

/// What to do where a timer cannot be started.
pub(super) fn advice_for_timers() -> Advice {
    "`systemctl status 'datalake-*'` shows what systemd says".into()
}
