//! The spec's schedule turned into systemd's timers and services.

mod units;

use datalake_core::host::{FileState, HostPath, InvalidPath, Mode, Owner, UnitManager};
use datalake_core::plan::{DesiredFile, DesiredFolder, DesiredSchedule, Unwanted};
use datalake_core::schedule::{ScheduleSpec, ScheduledJob, TimerState};
use datalake_core::secret::{FileBody, FingerprintKey, Piece};

use self::units::{
    FAILED_UNIT, MARK, WANTS, render_failed_service, render_service, render_timer, render_wants,
};

/// What units of timers are made of.
#[derive(Clone, Copy)]
pub struct ScheduleInput<'a> {
    /// What runs by itself.
    pub spec: &'a ScheduleSpec,
    /// datalake itself.
    pub program: &'a HostPath,
    /// The flags that name the place: `--config FILE --state DIR`.
    pub flags: &'a [String],
    /// The folder of its records.
    pub state: &'a HostPath,
    /// Whose systemd runs the timers, and where it finds units.
    pub place: &'a TimerPlace,
    /// Whether that systemd can be asked.
    pub is_live: bool,
    /// Recognises contents.
    pub fingerprints: &'a FingerprintKey,
}

/// Whose systemd runs timers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerPlace {
    /// Who owns the units.
    pub owner: Owner,
    /// Whose systemd it is: the host's own, or the user's.
    pub manager: UnitManager,
    /// The user's home.
    pub home: HostPath,
}

impl TimerPlace {
    /// The folder in which people write units for that systemd.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] never, as long as the home is a path.
    pub fn unit_folder(&self) -> Result<HostPath, InvalidPath> {
        match self.manager {
            UnitManager::User => self.home.join(".config/systemd/user"),
            UnitManager::Host => "/etc/systemd/system".parse(),
        }
    }

    /// The folders that may have to be made, parents first.
    fn list_folders(&self) -> Result<Vec<HostPath>, InvalidPath> {
        let units = self.unit_folder()?;
        let mut folders = vec![units.join(WANTS.0)?, units.clone()];
        let mut above = units.parent();
        while let Some(folder) = above.filter(|folder| folder.as_str() != "/") {
            // A home is nobody's to make.
            if folder == self.home {
                break;
            }
            above = folder.parent();
            folders.push(folder);
        }
        folders.reverse();
        Ok(folders)
    }
}

/// Turns the schedule into exact files and timers. What it does not ask for must not be there.
///
/// # Errors
///
/// [`InvalidPath`] never, as long as the home is a path.
pub fn desire_schedule(input: &ScheduleInput<'_>) -> Result<DesiredSchedule, InvalidPath> {
    let (spec, units) = (input.spec, input.place.unit_folder()?);
    let mut files = Vec::new();
    for timer in &spec.timers {
        let (job, why) = (timer.job, format!("{}: {}", timer.calendar, timer.job.describe()));
        let service = render_service(timer, input);
        files.push(file_at(units.join(&job.service_name())?, service, &why, input));
        files.push(file_at(units.join(&job.timer_name())?, render_timer(timer), &why, input));
    }
    if let Some(words) = spec.on_failure.as_ref().filter(|_| !spec.timers.is_empty()) {
        let why = "is run when a job has failed";
        files.push(file_at(units.join(FAILED_UNIT)?, render_failed_service(words), why, input));
    }
    if !spec.timers.is_empty() {
        let why = "the timers start with the machine";
        let wants = units.join(WANTS.0)?.join(WANTS.1)?;
        files.push(file_at(wants, render_wants(&spec.timers), why, input));
    }
    let timers = ScheduledJob::ALL.map(|job| {
        let is_wanted = spec.timers.iter().any(|timer| timer.job == job);
        (job, if is_wanted { TimerState::Up } else { TimerState::Down })
    });
    let folder = |path| DesiredFolder { path, mode: Mode::PUBLIC_FOLDER, owner: input.place.owner };
    Ok(DesiredSchedule {
        folders: input.place.list_folders()?.into_iter().map(folder).collect(),
        absent: list_unwanted(&files, input.place)?,
        files,
        timers: input.is_live.then(|| timers.into_iter().collect()),
    })
}

/// Every file that a schedule may have.
///
/// # Errors
///
/// [`InvalidPath`] never, as long as the home is a path.
pub fn list_schedule_files(place: &TimerPlace) -> Result<Vec<HostPath>, InvalidPath> {
    let units = place.unit_folder()?;
    let mut paths = Vec::new();
    for job in ScheduledJob::ALL {
        paths.push(units.join(&job.service_name())?);
        paths.push(units.join(&job.timer_name())?);
    }
    paths.push(units.join(FAILED_UNIT)?);
    paths.push(units.join(WANTS.0)?.join(WANTS.1)?);
    Ok(paths)
}

/// Whether a unit is datalake's own, changed or not, by how it begins.
#[must_use]
pub fn is_own_unit(content: &[u8]) -> bool {
    content.starts_with(MARK.as_bytes())
}

/// The same without units that nobody asks for and that are not datalake's own: they stay, and their timers
/// as they are.
#[must_use]
pub fn leave_foreign_units(mut desired: DesiredSchedule, foreign: &[HostPath]) -> DesiredSchedule {
    let is_foreign = |name: &str| foreign.iter().any(|path| path.file_name() == name);
    let jobs = ScheduledJob::ALL.into_iter();
    let jobs = jobs.filter(|job| is_foreign(&job.timer_name()) || is_foreign(&job.service_name()));
    let jobs: Vec<_> = jobs.collect();
    let is_left = |path: &HostPath| {
        let of_job = |job: &ScheduledJob| {
            [job.timer_name(), job.service_name()].iter().any(|name| path.file_name() == name)
        };
        foreign.contains(path) || jobs.iter().any(of_job)
    };
    desired.absent.retain(|unwanted| !is_left(&unwanted.what));
    desired.timers =
        desired.timers.map(|timers| timers.iter().filter(|(job, _)| !jobs.contains(job)).collect());
    desired
}

fn list_unwanted(
    files: &[DesiredFile],
    place: &TimerPlace,
) -> Result<Vec<Unwanted<HostPath>>, InvalidPath> {
    let is_wanted = |path: &HostPath| files.iter().any(|file| file.path == *path);
    let paths = list_schedule_files(place)?.into_iter().filter(|path| !is_wanted(path));
    let why = "the spec does not ask for it";
    Ok(paths.map(|what| Unwanted { what, why: why.to_owned() }).collect())
}

fn file_at(path: HostPath, text: String, why: &str, input: &ScheduleInput<'_>) -> DesiredFile {
    let file = FileState {
        content: input.fingerprints.of(text.as_bytes()),
        mode: Mode::PUBLIC,
        owner: input.place.owner,
    };
    DesiredFile { path, body: FileBody::new([Piece::text(text)]), file, why: why.to_owned() }
}

#[cfg(test)]
mod tests;
