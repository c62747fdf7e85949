//! What stands in a plan's way on a host: others that need what it takes away, and files that undo
//! what it writes.

mod needs;
mod words;

use std::collections::BTreeSet;

use datalake_core::host::{HostPath, UnitName};
use datalake_core::plan::Plan;

use crate::environment_d::set_names;
use crate::losses::Aftermath;
use crate::overrides::{find_late_overrides, find_overrides, find_own_command};
use crate::user_unit::{EnvFileText, UnitSort, UserUnit, UserUnits, applies_to, subject_of};
use crate::{
    LaterEnvFile, OverrideKind, OverrideSearch, ReaderNeed, UnitFile, covered_variables,
    started_service,
};

/// A line of a file that stands in a plan's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// The file.
    pub path: HostPath,
    /// The number of the line, from 1; `None` where the whole file is meant.
    pub line: Option<usize>,
    /// What stands there.
    pub kind: ObstacleKind,
    /// What the plan has to do with the file.
    pub standing: Planned,
}

/// What a plan has to do with a file that stands in its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Planned {
    /// It is about one of the plan's units.
    Named,
    /// It is about a container that the plan could name, too.
    Addable(String),
    /// It is about something else.
    Foreign,
}

/// Why a line stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObstacleKind {
    /// It needs what the plan takes away.
    Needs(ReaderNeed),
    /// It starts a service that needs what the plan takes away.
    Starts {
        /// The service.
        service: String,
    },
    /// It is about units that the plan does not name, too.
    Shared {
        /// These units.
        units: Vec<String>,
    },
    /// It undoes what the plan writes.
    Undoes {
        /// The service that it belongs to.
        service: String,
        /// How.
        kind: OverrideKind,
    },
    /// It loads settings of Dagster's that the plan has ask for a variable, and nothing gives it that.
    LacksVariable {
        /// The unit.
        unit: UnitName,
        /// The variable.
        variable: String,
    },
    /// It keeps systemd from starting a service at all.
    Masked {
        /// The service.
        service: String,
    },
    /// Nobody could read the file: it may need anything.
    Unread {
        /// Why.
        reason: String,
    },
}

/// The units that a plan is for.
pub struct PlannedUnits<'a> {
    /// Their names.
    pub names: &'a [UnitName],
    /// The env file that is handed over to them; `None` where podman keeps the keys.
    pub env_file: Option<&'a HostPath>,
    /// The variables that are handed over, and those that must not reach them.
    pub variables: &'a [&'a str],
    /// The name of the drop-in that hands them over; drop-ins with a later name count after it.
    /// Empty where the unit itself does.
    pub after: &'a str,
}

/// Finds what stands in the way of `plan`. Nothing does where it takes nothing away and nothing
/// undoes it.
#[must_use]
pub fn find_obstacles(
    plan: &Plan,
    planned: &PlannedUnits<'_>,
    host: &UserUnits<'_>,
) -> Vec<Obstacle> {
    let search = ObstacleSearch::of(plan, planned, host);
    let mut found = search.needs();
    found.extend(search.shared_drop_ins());
    found.extend(search.overrides().into_iter().filter(|it| !it.is_doubt()));
    found.extend(search.masks());
    found.extend(search.unread(true));
    found
}

/// Finds what may undo `plan`, for all that is known: lines that name files which were not looked
/// at, and what could not be read.
#[must_use]
pub fn find_doubts(plan: &Plan, planned: &PlannedUnits<'_>, host: &UserUnits<'_>) -> Vec<Obstacle> {
    let search = ObstacleSearch::of(plan, planned, host);
    let overrides = search.overrides().into_iter().filter(Obstacle::is_doubt);
    overrides.chain(search.unread(false)).collect()
}

/// The variables that the unit of each file gets by itself, by whichever of its files.
fn covered_by_units(host: &UserUnits<'_>, after: &Aftermath) -> Vec<BTreeSet<String>> {
    let by_file = host.files.iter().map(|unit| match after.file(&unit.path, &unit.file) {
        Some(file) => covered_variables(&file, unit.place(host.owner), &after.kept),
        None => BTreeSet::new(),
    });
    let by_file: Vec<_> = host.files.iter().zip(by_file).collect();
    let covering: Vec<_> = by_file.iter().filter(|(_, covered)| !covered.is_empty()).collect();
    let of_unit = |unit: &UserUnit| {
        let subject = unit.subject();
        let files = covering
            .iter()
            .filter(|(file, _)| file.sort == unit.sort && applies_to(&file.subject(), &subject));
        files.flat_map(|(_, covered)| covered.iter().cloned()).collect()
    };
    host.files.iter().map(of_unit).collect()
}

struct ObstacleSearch<'a> {
    host: &'a UserUnits<'a>,
    planned: &'a PlannedUnits<'a>,
    after: Aftermath,
    /// The services of the planned units, in their order.
    services: Vec<String>,
    /// What each file's unit gets by itself, in the order of the files.
    covered: Vec<BTreeSet<String>>,
}

impl<'a> ObstacleSearch<'a> {
    fn of(plan: &Plan, planned: &'a PlannedUnits<'a>, host: &'a UserUnits<'a>) -> Self {
        let after = Aftermath::of(plan, host);
        let services = planned.names.iter().map(|unit| host.service_of(unit)).collect();
        let covered = covered_by_units(host, &after);
        Self { host, planned, after, services, covered }
    }

    fn standing_of(&self, unit: &UserUnit) -> Planned {
        let subject = unit.subject();
        if self.is_planned(&subject, unit.sort) {
            return Planned::Named;
        }
        let name = subject.strip_suffix(".container").filter(|name| !name.ends_with('-'));
        match name.filter(|_| unit.sort == UnitSort::Quadlet) {
            Some(name) => Planned::Addable(name.to_owned()),
            None => Planned::Foreign,
        }
    }

    fn is_planned(&self, subject: &str, sort: UnitSort) -> bool {
        match sort {
            UnitSort::Quadlet => {
                let name = subject.strip_suffix(".container");
                name.is_some_and(|name| self.planned.names.iter().any(|it| it.as_str() == name))
            }
            UnitSort::Systemd => self.services.iter().any(|service| service == subject),
            UnitSort::EnvironmentD | UnitSort::System | UnitSort::Script => false,
        }
    }

    fn needs(&self) -> Vec<Obstacle> {
        if self.after.losses.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (unit, covered) in self.host.files.iter().zip(&self.covered) {
            let Some(file) = self.after.file(&unit.path, &unit.file) else { continue };
            let needs = self.readers_in(unit, &file, covered).into_iter().map(|reader| Obstacle {
                path: unit.path.clone(),
                line: Some(reader.line),
                kind: ObstacleKind::Needs(reader.need),
                standing: self.standing_of(unit),
            });
            found.extend(needs);
        }
        found.extend(self.starters(&found));
        found
    }

    /// Timers and the like of services that need something, or that lie elsewhere.
    fn starters(&self, needs: &[Obstacle]) -> Vec<Obstacle> {
        let files = self.host.files.iter().filter(|file| file.sort == UnitSort::Systemd);
        let started = files.filter_map(|unit| {
            let name = unit.path.file_name();
            let (stem, ending) = name.rsplit_once('.')?;
            let is_starter = ["timer", "path", "socket"].contains(&ending);
            let (line, service) = is_starter.then(|| started_service(&unit.file, stem))?;
            let of_service = |path: &HostPath| subject_of(path) == service;
            let mut own = self.host.files.iter().filter(|file| file.sort != UnitSort::System);
            let is_here = own.any(|file| of_service(&file.path));
            let is_unknown = !is_here && !self.is_planned(&service, UnitSort::Systemd);
            let loses = !self.after.losses.variables.is_empty();
            let needs = needs.iter().any(|need| of_service(&need.path)) || (is_unknown && loses);
            let kind = ObstacleKind::Starts { service };
            let standing = Planned::Foreign;
            needs.then(|| Obstacle { path: unit.path.clone(), line: Some(line), kind, standing })
        });
        started.collect()
    }

    /// Drop-ins that the plan changes, and that count for units which it does not name.
    fn shared_drop_ins(&self) -> Vec<Obstacle> {
        let mut found = Vec::new();
        for (path, text) in self.after.written() {
            let Some(unit) = self.host.files.iter().find(|file| file.path == *path) else {
                continue;
            };
            let subject = unit.subject();
            if unit.sort != UnitSort::Quadlet || self.is_planned(&subject, unit.sort) {
                continue;
            }
            let others = self.host.files.iter().filter(|file| {
                let is_unit = file.path.file_name() == file.subject();
                file.sort == UnitSort::Quadlet && is_unit && may_use_s3(&file.file)
            });
            let mut units: Vec<_> = others
                .map(UserUnit::subject)
                .filter(|name| applies_to(&subject, name) && !self.is_planned(name, unit.sort))
                .collect();
            units.sort();
            units.dedup();
            if !units.is_empty() {
                let line = Some(first_change(unit.file.text(), text));
                found.push(Obstacle {
                    path: path.clone(),
                    line,
                    kind: ObstacleKind::Shared { units },
                    standing: Planned::Foreign,
                });
            }
        }
        found
    }

    fn overrides(&self) -> Vec<Obstacle> {
        let look = |path: &HostPath| self.later(path);
        let search = OverrideSearch {
            env_file: self.planned.env_file,
            names: self.planned.variables,
            look: &look,
        };
        let mut found = Vec::new();
        for (unit, service) in self.planned.names.iter().zip(&self.services) {
            for file in self.host.files_for(UnitSort::Systemd, service) {
                let is_whole = file.path.file_name() == service;
                let place = file.place(self.host.owner);
                let undoes = if is_whole {
                    vec![find_own_command(&file.file)]
                } else {
                    find_overrides(&file.file, place, &search)
                };
                found.extend(undoes.into_iter().map(|it| (file, service, it)));
            }
            let subject = format!("{unit}.container");
            for file in self.host.files_for(UnitSort::Quadlet, &subject) {
                // Drop-ins count in the order of their names, whatever folder they lie in.
                let is_drop_in = file.path.file_name() != file.subject();
                if is_drop_in && file.path.file_name() > self.planned.after {
                    let Some(after) = self.after.file(&file.path, &file.file) else { continue };
                    let place = file.place(self.host.owner);
                    let undoes = find_late_overrides(&after, place, &search);
                    found.extend(undoes.into_iter().map(|it| (file, service, it)));
                }
            }
        }
        let obstacle = |(file, service, it): (&UserUnit, &String, crate::Override)| Obstacle {
            path: file.path.clone(),
            line: Some(it.line),
            kind: ObstacleKind::Undoes { service: service.clone(), kind: it.kind },
            standing: Planned::Named,
        };
        let mut told = BTreeSet::new();
        let mut all: Vec<_> = found.into_iter().map(obstacle).collect();
        all.retain(|it| told.insert((it.path.clone(), it.line)));
        all
    }

    fn later(&self, path: &HostPath) -> LaterEnvFile {
        match self.host.env_files.get(path) {
            Some(EnvFileText::Text(text)) => {
                let names = set_names(text).into_iter();
                let ours = names.filter(|name| self.planned.variables.contains(&name.as_str()));
                LaterEnvFile::Sets(ours.collect())
            }
            Some(EnvFileText::Missing) => LaterEnvFile::Missing,
            Some(EnvFileText::NotLookedAt) => LaterEnvFile::NotLookedAt,
            Some(EnvFileText::Unknown) | None => LaterEnvFile::Unknown,
        }
    }

    /// Planned services that systemd does not start at all.
    fn masks(&self) -> Vec<Obstacle> {
        let masked = self.host.masked.iter().filter_map(|path| {
            let service = self.services.iter().find(|service| path.file_name() == *service)?;
            let kind = ObstacleKind::Masked { service: service.clone() };
            Some(Obstacle { path: path.clone(), line: None, kind, standing: Planned::Named })
        });
        masked.collect()
    }

    /// What nobody could read may need anything, and may undo anything. Whether it stops the plan: it
    /// does where the plan takes something away, and where it belongs to one of its services.
    fn unread(&self, stops: bool) -> Vec<Obstacle> {
        let takes_away = !self.after.losses.is_empty();
        let is_of_service = |path: &HostPath| {
            let folder = path.file_name().strip_suffix(".d").map(str::to_owned);
            let subjects = [Some(subject_of(path)), folder];
            let folders = ["/systemd/user", "/systemd/system"];
            let is_systemd = folders.iter().any(|folder| path.as_str().contains(folder));
            let mut subjects = subjects.into_iter().flatten();
            is_systemd && subjects.any(|it| self.services.iter().any(|name| applies_to(&it, name)))
        };
        let unread = self.host.unread.iter();
        let unread = unread.filter(|(path, _)| stops == (takes_away || is_of_service(path)));
        let obstacle = |(path, reason): &(HostPath, String)| Obstacle {
            path: path.clone(),
            line: None,
            kind: ObstacleKind::Unread { reason: reason.clone() },
            standing: Planned::Foreign,
        };
        unread.map(obstacle).collect()
    }
}

/// Whether a container may have a use for S3 settings: databases and caches have none.
fn may_use_s3(unit: &UnitFile) -> bool {
    const WITHOUT: [&str; 7] =
        ["postgres", "postgresql", "mysql", "mariadb", "redis", "valkey", "memcached"];
    let image = unit.last("Container", "Image").unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    let name = name.split([':', '@']).next().unwrap_or_default();
    !WITHOUT.contains(&name)
}

/// The number of the first line that differs.
fn first_change(before: &str, after: &str) -> usize {
    let mut after = after.lines();
    1 + before.lines().take_while(|line| after.next() == Some(line)).count()
}

#[cfg(test)]
mod tests;
