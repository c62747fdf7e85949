//! What is said of what stands in a plan's way.

use std::fmt;

use super::{Obstacle, ObstacleKind, Planned};
use crate::user_unit::subject_of;
use crate::{LaterEnvFile, OverrideKind, ReaderNeed};

impl Obstacle {
    /// Whether it only may undo a plan: nobody looked at the file that it names.
    #[must_use]
    pub fn is_doubt(&self) -> bool {
        let ObstacleKind::Undoes { kind, .. } = &self.kind else { return false };
        matches!(kind, OverrideKind::EnvFile { file: LaterEnvFile::NotLookedAt, .. })
    }

    /// Whether it lies in a folder of the host's own systemd.
    fn is_of_host(&self) -> bool {
        ["/etc", "/run", "/usr/local/lib"].iter().any(|folder| {
            let rest = self.path.as_str().strip_prefix(folder);
            rest.is_some_and(|rest| rest.starts_with("/systemd/system"))
        })
    }

    /// What clears it away.
    #[must_use]
    pub fn hint(&self) -> String {
        let subject = subject_of(&self.path);
        let is_container = subject.strip_suffix(".container").is_some_and(|it| !it.ends_with('-'));
        match (&self.kind, &self.standing) {
            (ObstacleKind::Needs(_), Planned::Named) => "take the line out".to_owned(),
            (ObstacleKind::Needs(_), Planned::Addable(unit)) => format!(
                "`--unit {unit}` adds `{subject}` to the plan: it gets the settings from datalake, \
                 and lines that are still in the way are told then"
            ),
            (
                ObstacleKind::Needs(ReaderNeed::Variables { .. } | ReaderNeed::Environment { .. }),
                _,
            ) => {
                format!(
                    "give `{subject}` the variables in another way, such as an \
                     `EnvironmentFile=` of its own; if it needs none of them, say so in its \
                     [Service]: `UnsetEnvironment=NAME`"
                )
            }
            (ObstacleKind::Needs(_), _) => {
                format!("give `{subject}` what it needs in another place, or take the line out")
            }
            (ObstacleKind::Starts { service }, _) => {
                format!("see to `{service}` first, or remove what starts it")
            }
            (ObstacleKind::Shared { units }, _) => {
                let names = units.iter().map(|unit| unit.trim_end_matches(".container"));
                let flags: Vec<_> = names.map(|name| format!("--unit {name}")).collect();
                format!("`{}` adds them to the plan", flags.join(" "))
            }
            (ObstacleKind::Undoes { service, kind: OverrideKind::Service }, _) => format!(
                "move it away, so that systemd uses the `{service}` that quadlet makes; or name \
                 only other units in `host.units`"
            ),
            (ObstacleKind::Undoes { service, .. }, _) if !is_container && self.is_of_host() => {
                format!("take the line out: `systemctl edit {service}` opens such drop-ins")
            }
            (ObstacleKind::Undoes { service, .. }, _) if !is_container => format!(
                "take the line out: `systemctl --user edit {service}` as the service user opens \
                 such drop-ins"
            ),
            (ObstacleKind::Undoes { .. }, _) => "take the line out".to_owned(),
            (ObstacleKind::Masked { service }, _) if self.is_of_host() => format!(
                "`systemctl unmask {service}`, or remove the link; or name only other units in \
                 `host.units`"
            ),
            (ObstacleKind::LacksVariable { unit, .. }, _) => format!(
                "`--unit {unit}` adds it to the plan; without a list in `host.units` all such units \
                 are taken"
            ),
            (ObstacleKind::Masked { service }, _) => format!(
                "`systemctl --user unmask {service}` as the service user, or remove the link; or \
                 name only other units in `host.units`"
            ),
            (ObstacleKind::Unread { .. }, _) => {
                "put a plain file that datalake can read in its place, or remove it".to_owned()
            }
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "`{}:{line}`", self.path)?,
            None => write!(f, "`{}`", self.path)?,
        }
        match &self.kind {
            ObstacleKind::Needs(need) => write!(f, ": {need}; this plan would take that away"),
            ObstacleKind::Starts { service } => {
                write!(f, ": it starts `{service}`, which may need what this plan takes away")
            }
            ObstacleKind::Shared { units } => {
                write!(f, ": this drop-in also counts for {}, which the plan does not name", {
                    let units: Vec<_> = units.iter().map(|unit| format!("`{unit}`")).collect();
                    units.join(", ")
                })
            }
            ObstacleKind::LacksVariable { variable, .. } => write!(
                f,
                ": it loads `dagster.yaml`, which this plan has ask for `{variable}`, and nothing \
                 gives it that: every run fails there"
            ),
            ObstacleKind::Masked { service } => {
                write!(f, ": `{service}` is masked, so it cannot start")
            }
            ObstacleKind::Undoes { service, kind } => write!(f, " (`{service}`): {kind}"),
            ObstacleKind::Unread { reason } => {
                write!(f, " cannot be read, and may need what this plan changes: {reason}")
            }
        }
    }
}
