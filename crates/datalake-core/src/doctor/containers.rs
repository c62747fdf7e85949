//! What runs.

use super::diagnose::FindingCheck;
use super::host::MANAGED;
use super::look::{Judged, Look, Not, warning, wrong};
use super::{Examination, FindingId};
use crate::advice::{Advice, AdvisedCommand};

/// What was seen of services and containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainersEvidence {
    /// The services at the beginning and at the end of the examination.
    pub lives: Look<Vec<LifeLook>>,
    /// The containers, in the order of the spec's units.
    pub containers: Look<Vec<ContainerLook>>,
    /// What each unit's image lacks, for people; `None` for nothing.
    pub packages: Look<Vec<(String, Option<String>)>>,
    /// Why the bucket cannot be used from inside; `None` if it can.
    pub canary: Look<Option<String>>,
}

/// A service at two moments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifeLook {
    /// The unit.
    pub unit: String,
    /// Its state in systemd's words; `None` where systemd has made no service of the file.
    pub state: Option<String>,
    /// Whether it is up.
    pub is_up: bool,
    /// How often systemd has started it by itself.
    pub restarts: u32,
    /// Since how many seconds it does what it does.
    pub seconds: Option<i64>,
    /// Whether it began another life meanwhile.
    pub was_restarted: bool,
}

/// The environment and the log manager of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerLook {
    /// The unit.
    pub unit: String,
    /// Variables whose value is another one than what is handed over, or that are missing.
    pub differing: Look<Vec<String>>,
    /// The log manager's class, or why it does not load.
    pub log_manager: Look<Result<String, String>>,
    /// What boto3 goes by there.
    pub boto3: Look<Boto3Look>,
}

/// What boto3 goes by in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boto3Look {
    /// Its version; `None` where the container's Python has none.
    pub version: Option<String>,
    /// Variables of the first process that make it use something else than what is handed over.
    pub steering: Vec<String>,
}

/// A life shorter than this, after several restarts, is one of a loop.
const SHORT_LIFE: i64 = 60;

/// So many restarts are no accident.
const MANY: u32 = 3;

const UP: &[FindingId] = &[FindingId::ContainersUp, FindingId::ContainersSettled];

pub(super) const CHECKS: &[FindingCheck] = &[
    FindingCheck { id: FindingId::ContainersUp, after: MANAGED, judge: judge_running },
    FindingCheck { id: FindingId::ContainersSettled, after: MANAGED, judge: judge_restarts },
    FindingCheck { id: FindingId::ContainersEnvironment, after: UP, judge: judge_environment },
    FindingCheck { id: FindingId::ContainersPackages, after: MANAGED, judge: judge_packages },
    FindingCheck { id: FindingId::ContainersLogManager, after: UP, judge: log_manager },
    FindingCheck { id: FindingId::ContainersBoto3, after: UP, judge: judge_boto3 },
    FindingCheck { id: FindingId::ContainersCanary, after: UP, judge: judge_canary },
];

impl Default for ContainersEvidence {
    fn default() -> Self {
        Self {
            lives: Look::nobody(),
            containers: Look::nobody(),
            packages: Look::nobody(),
            canary: Look::nobody(),
        }
    }
}

impl ContainersEvidence {
    /// Nothing of it was asked, for this reason.
    #[must_use]
    pub fn not_asked(reason: &str) -> Self {
        Self {
            lives: Look::NotHere(reason.to_owned()),
            containers: Look::NotHere(reason.to_owned()),
            packages: Look::NotHere(reason.to_owned()),
            canary: Look::NotHere(reason.to_owned()),
        }
    }
}

impl LifeLook {
    fn is_in_a_loop(&self) -> bool {
        let is_short = self.seconds.is_some_and(|seconds| seconds < SHORT_LIFE);
        self.was_restarted || self.restarts >= MANY && (is_short || !self.is_up)
    }
}

fn judge_running(seen: &Examination) -> Judged {
    let all = seen.containers.lives.seen()?;
    let down: Vec<_> = all
        .iter()
        .filter(|life| !life.is_up && !life.is_in_a_loop())
        .map(|life| match &life.state {
            Some(state) => format!("{}: {state}", life.unit),
            None => format!("systemd has made no service of `{}.container`", life.unit),
        })
        .collect();
    if down.is_empty() {
        return Ok(format!("{} of {} are up, or on their way", all.len(), all.len()));
    }
    Err(wrong(
        down,
        Advice::naming(
            "{} starts them and shows what they say where they do not stay up",
            [AdvisedCommand::RestartServices],
        ),
    ))
}

fn judge_restarts(seen: &Examination) -> Judged {
    let all = seen.containers.lives.seen()?;
    let looping: Vec<_> = all
        .iter()
        .filter(|life| life.is_in_a_loop())
        .map(|life| format!("{} exits and is restarted: {} times so far", life.unit, life.restarts))
        .collect();
    if looping.is_empty() {
        return Ok("no service restarted during this check".to_owned());
    }
    Err(wrong(
        looping,
        Advice::naming(
            "{} shows why; a successful restart proves nothing",
            [AdvisedCommand::DagsterLogs],
        ),
    ))
}

fn judge_environment(seen: &Examination) -> Judged {
    let all = seen.containers.containers.seen()?;
    let mut evidence = Vec::new();
    for container in all {
        let differing = container.differing.seen()?;
        if !differing.is_empty() {
            evidence.push(format!("{}: {}", container.unit, differing.join(", ")));
        }
    }
    if evidence.is_empty() {
        return Ok("the first process of each has the settings".to_owned());
    }
    Err(wrong(
        evidence,
        Advice::naming(
            "{}: a container gets its environment when it starts. If that does not help, an old \
             value wins: `host-old-values`",
            [AdvisedCommand::RestartServices],
        ),
    ))
}

fn judge_packages(seen: &Examination) -> Judged {
    let all = seen.containers.packages.seen()?;
    let lacking: Vec<_> = all
        .iter()
        .filter_map(|(unit, lacks)| Some(format!("{unit}: {}", lacks.as_deref()?)))
        .collect();
    if lacking.is_empty() {
        return Ok("each image has the library that fits its Dagster".to_owned());
    }
    Err(wrong(
        lacking,
        Advice::naming(
            "{} builds an image that has it. What pip installs in a running container replaces \
             Dagster, and is gone at the next start",
            [AdvisedCommand::ApplyDependencies],
        ),
    ))
}

fn log_manager(seen: &Examination) -> Judged {
    let mut classes = Vec::new();
    for container in seen.containers.containers.seen()? {
        match container.log_manager.seen()? {
            Ok(class) => classes.push(format!("{}: {class}", container.unit)),
            Err(reason) => {
                return Err(wrong(
                    [format!("{}: {reason}", container.unit)],
                    "every run fails with it, while webserver and daemon look well: see the checks \
                     of dagster-yaml, and `containers-packages`",
                ));
            }
        }
    }
    Ok(classes.join(", "))
}

fn judge_boto3(seen: &Examination) -> Judged {
    let (mut sound, mut steered, mut lacking, mut reason) = (vec![], vec![], vec![], None);
    for container in seen.containers.containers.seen()? {
        let unit = &container.unit;
        let Boto3Look { version, steering } = match container.boto3.seen() {
            Ok(look) => look,
            Err(Not::Here(why)) => {
                reason = Some(why);
                continue;
            }
            Err(other) => return Err(other),
        };
        steered.extend(steering.iter().map(|name| {
            format!("{unit}: `{name}` makes boto3 use something else than what is handed over")
        }));
        match version {
            Some(version) => sound.push(format!("{unit}: boto3 {version}")),
            None => lacking.push(format!(
                "{unit}: its image has no boto3, so nothing here proves what boto3 would do with \
                 its variables"
            )),
        }
    }
    if !steered.is_empty() {
        return Err(wrong(
            steered,
            "take the variable out of the unit, the env file or the image (`ENV`) that sets it",
        ));
    }
    if !lacking.is_empty() {
        return Err(warning(
            lacking,
            Advice::naming("{} builds an image that has it", [AdvisedCommand::ApplyDependencies]),
        ));
    }
    match (sound.is_empty(), reason) {
        (true, Some(reason)) => Err(Not::Here(reason)),
        _ => Ok(sound.join(", ")),
    }
}

fn judge_canary(seen: &Examination) -> Judged {
    match seen.containers.canary.seen()? {
        None => Ok("every container can store, list, read and delete an object".to_owned()),
        Some(reason) => Err(wrong(
            [reason.clone()],
            "compare with `store-probe`: if that is sound, it is the container's way or its \
             settings; `containers-environment` shows which",
        )),
    }
}
