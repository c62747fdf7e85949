//! Files that hand the settings over, files that hand others over, and what people leave behind.

use std::collections::BTreeMap;

use super::code_servers::{CodeServerLook, judge_application, judge_code_servers};
use super::diagnose::FindingCheck;
use super::leftovers::{judge_backups, judge_histories, judge_yaml_backups};
use super::look::{Judged, Look, Not, name_provision, warning, wrong};
use super::{Examination, FindingId};

/// What was seen of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsEvidence {
    /// Lines that keep a service from starting.
    pub dashed: Look<Vec<OldValue>>,
    /// Lines that name an env file which has to exist and does not.
    pub missing_env_files: Look<Vec<OldValue>>,
    /// Lines of systemd's own files and later drop-ins that undo what is handed over.
    pub overrides: Look<Vec<OldValue>>,
    /// Lines that the installed podman cannot read.
    pub hazards: Look<Vec<OldValue>>,
    /// Lines that win over what is handed over.
    pub old_values: Look<Vec<OldValue>>,
    /// The units of the user that run user code.
    pub code_servers: Look<Vec<CodeServerLook>>,
    /// Lines by which an application goes to a bucket or service of its own.
    pub application: Look<Vec<OldValue>>,
    /// What systemd hands to every service of the user.
    pub user_wide: Look<Vec<OldValue>>,
    /// The settings that are handed over, without the secret ones; `None` where there are none.
    pub handed_over: Look<Option<HandedOver>>,
    /// The env file's mode and owner.
    pub env_file: Look<EnvFileLook>,
    /// The settings that the spec asks for, without the secret ones.
    pub wanted: Look<BTreeMap<String, String>>,
    /// Each unit, and whether something hands it the settings.
    pub given: Look<Vec<(String, bool)>>,
    /// What a provision would change on this host, a line each.
    pub pending: Look<Vec<String>>,
    /// What stands in the way of that, a line each.
    pub in_the_way: Look<Vec<String>>,
    /// What nobody has looked at and may stand in the way as well, a sentence each.
    pub not_looked_at: Vec<String>,
    /// What stops a provision before it has a plan.
    pub refusal: Option<Refusal>,
    /// Files of shells with the numbers of the lines that hold a secret.
    pub histories: Look<Vec<(String, Vec<usize>)>>,
    /// Copies of dagster.yaml that the by-hand way has left.
    pub yaml_backups: Look<Vec<String>>,
    /// Backups that hold assets, and none of Dagster's databases.
    pub blind_backups: Look<Vec<String>>,
}

/// A line of a file that does harm. It holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldValue {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// What harm it does.
    pub harm: String,
    /// What puts it right.
    pub cure: String,
    /// Whether `provision` does.
    pub is_repaired: bool,
}

/// Why a provision makes no plan, although the service answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub cure: String,
}

/// Settings that reach the containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOver {
    /// Where they lie, for people.
    pub from: String,
    /// Whether they lie in a plain file, if in a file.
    pub is_plain: bool,
    /// Names and values, without those of secrets; or why they cannot be read.
    pub settings: Result<BTreeMap<String, String>, String>,
    /// The names of the secrets among them.
    pub secrets: Vec<String>,
}

/// Who can read a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvFileLook {
    /// Its path.
    pub path: String,
    /// Its permission bits.
    pub mode: String,
    /// Whether they are those of a file for its owner alone.
    pub is_private: bool,
    /// Whether it belongs to the service user.
    pub is_users: bool,
}

const USER: &[FindingId] = &[FindingId::HostUser];
const HANDED: &[FindingId] = &[FindingId::HostEnvFile];

/// What tells more of a difference than that there is one.
const IN_PLACE: &[FindingId] = &[
    FindingId::HostUser,
    FindingId::HostDashedEnvFile,
    FindingId::HostMissingEnvFile,
    FindingId::HostOverrides,
    FindingId::HostOldValues,
    FindingId::HostEnvFile,
    FindingId::HostEnvFileMode,
    FindingId::HostSettings,
    FindingId::HostHandover,
    FindingId::HostEnvironmentD,
];

pub(super) const CHECKS: &[FindingCheck] = &[
    FindingCheck { id: FindingId::HostDashedEnvFile, after: USER, judge: judge_dashed_env_files },
    FindingCheck { id: FindingId::HostMissingEnvFile, after: USER, judge: missing_env_files },
    FindingCheck { id: FindingId::HostOverrides, after: USER, judge: judge_overrides },
    FindingCheck { id: FindingId::HostUnitLines, after: USER, judge: unit_lines },
    FindingCheck { id: FindingId::HostOldValues, after: USER, judge: old_values },
    FindingCheck { id: FindingId::HostCodeServers, after: USER, judge: judge_code_servers },
    FindingCheck { id: FindingId::HostApplicationSettings, after: USER, judge: judge_application },
    FindingCheck { id: FindingId::HostEnvFile, after: USER, judge: env_file },
    FindingCheck { id: FindingId::HostEnvFileMode, after: HANDED, judge: judge_env_file_mode },
    FindingCheck { id: FindingId::HostSettings, after: HANDED, judge: judge_settings },
    FindingCheck { id: FindingId::HostHandover, after: HANDED, judge: judge_handover },
    FindingCheck { id: FindingId::HostChecksumVariables, after: HANDED, judge: judge_checksums },
    FindingCheck { id: FindingId::HostRegionVariable, after: HANDED, judge: judge_region },
    FindingCheck { id: FindingId::HostEnvironmentD, after: USER, judge: user_wide },
    FindingCheck { id: FindingId::HostReaders, after: USER, judge: judge_readers },
    FindingCheck { id: FindingId::HostInStep, after: IN_PLACE, judge: in_step },
    FindingCheck { id: FindingId::HostShellHistory, after: &[], judge: judge_histories },
    FindingCheck { id: FindingId::HostYamlBackups, after: USER, judge: judge_yaml_backups },
    FindingCheck { id: FindingId::HostBackups, after: USER, judge: judge_backups },
];

impl Default for SettingsEvidence {
    fn default() -> Self {
        Self {
            dashed: Look::nobody(),
            missing_env_files: Look::nobody(),
            overrides: Look::nobody(),
            hazards: Look::nobody(),
            old_values: Look::nobody(),
            code_servers: Look::nobody(),
            application: Look::nobody(),
            user_wide: Look::nobody(),
            handed_over: Look::nobody(),
            env_file: Look::nobody(),
            wanted: Look::nobody(),
            given: Look::nobody(),
            pending: Look::nobody(),
            in_the_way: Look::nobody(),
            not_looked_at: Vec::new(),
            refusal: None,
            histories: Look::nobody(),
            yaml_backups: Look::nobody(),
            blind_backups: Look::nobody(),
        }
    }
}

pub(super) fn describe_old_values(values: &[OldValue]) -> Vec<String> {
    values.iter().map(|it| format!("{}:{}: {}", it.path, it.line, it.harm)).collect()
}

fn judge_dashed_env_files(seen: &Examination) -> Judged {
    match seen.settings.dashed.seen()?.as_slice() {
        [] => Ok("no unit and no drop-in has such a line in [Container]".to_owned()),
        found => Err(wrong(
            describe_old_values(found),
            name_provision(
                "{} takes the line out and hands the \
                 settings over in a way that works",
            ),
        )),
    }
}

fn missing_env_files(seen: &Examination) -> Judged {
    let found = seen.settings.missing_env_files.seen()?;
    let cure = match found.iter().find(|value| !value.is_repaired) {
        None if found.is_empty() => {
            return Ok("every env file that a unit requires exists".to_owned());
        }
        None => name_provision("{} takes the line out"),
        Some(value) => value.cure.as_str().into(),
    };
    Err(wrong(describe_old_values(found), cure))
}

fn judge_overrides(seen: &Examination) -> Judged {
    let found = seen.settings.overrides.seen()?;
    let Some(first) = found.first() else {
        return Ok("no drop-in or systemd service overrides the settings".to_owned());
    };
    Err(wrong(describe_old_values(found), first.cure.clone()))
}

fn unit_lines(seen: &Examination) -> Judged {
    let found = seen.settings.hazards.seen()?;
    let Some(first) = found.first() else {
        return Ok("the installed podman reads every line of the units".to_owned());
    };
    Err(wrong(describe_old_values(found), first.cure.clone()))
}

fn old_values(seen: &Examination) -> Judged {
    let found = seen.settings.old_values.seen()?;
    let Some(first) = found.iter().find(|value| value.is_repaired).or(found.first()) else {
        return Ok("no unit and no drop-in sets these variables itself".to_owned());
    };
    if first.is_repaired {
        return Err(wrong(describe_old_values(found), name_provision("{} takes those lines out")));
    }
    Err(warning(describe_old_values(found), first.cure.clone()))
}

fn user_wide(seen: &Examination) -> Judged {
    match seen.settings.user_wide.seen()?.as_slice() {
        [] => Ok("systemd passes none of these variables to all services".to_owned()),
        found => Err(wrong(
            describe_old_values(found),
            name_provision("{} takes those lines out; a daemon-reload takes it up"),
        )),
    }
}

fn env_file(seen: &Examination) -> Judged {
    let Some(handed) = seen.settings.handed_over.seen()? else {
        return Err(wrong(
            ["no settings are handed over to the containers".to_owned()],
            name_provision("{} writes them"),
        ));
    };
    match &handed.settings {
        Ok(settings) => {
            let count = settings.len() + handed.secrets.len();
            Ok(format!("{count} variables from {}", handed.from))
        }
        Err(reason) if !handed.is_plain => Err(wrong(
            [format!("{}: {reason}", handed.from)],
            name_provision(
                "move it away: datalake never writes through a link. Then {} writes a \
                 plain file in its place",
            ),
        )),
        Err(reason) => Err(wrong(
            [format!("{}: {reason}", handed.from)],
            name_provision("podman, systemd and sh read it differently: {} rewrites it"),
        )),
    }
}

fn judge_env_file_mode(seen: &Examination) -> Judged {
    let EnvFileLook { path, mode, is_private, is_users } = seen.settings.env_file.seen()?;
    let mut evidence = Vec::new();
    if !is_private {
        evidence.push(format!("`{path}` has mode {mode}: others can read the secret in it"));
    }
    if !is_users {
        evidence.push(format!(
            "`{path}` does not belong to {}: systemd passes over it without a word",
            seen.host.user
        ));
    }
    if evidence.is_empty() {
        return Ok(format!("{mode}, only for {}", seen.host.user));
    }
    Err(wrong(
        evidence,
        name_provision("{} sets both right; change the key if others could read it"),
    ))
}

/// The readable settings that are handed over.
fn find_handed_over(seen: &Examination) -> Result<&BTreeMap<String, String>, Not> {
    let nothing = || Not::Here("no settings are handed over".to_owned());
    let handed = seen.settings.handed_over.seen()?.as_ref().ok_or_else(nothing)?;
    handed.settings.as_ref().map_err(|_| nothing())
}

fn judge_settings(seen: &Examination) -> Judged {
    let (wanted, handed) = (seen.settings.wanted.seen()?, find_handed_over(seen)?);
    let differing: Vec<_> = wanted
        .iter()
        .filter_map(|(name, wanted)| match handed.get(name) {
            Some(value) if value == wanted => None,
            Some(value) => Some(format!("{name} is `{value}`, and `{wanted}` by the spec")),
            None => Some(format!("{name} is missing")),
        })
        .collect();
    if differing.is_empty() {
        return Ok(format!("all {} are", wanted.len()));
    }
    Err(wrong(differing, name_provision("{} writes them as the spec says")))
}

fn judge_handover(seen: &Examination) -> Judged {
    let given = seen.settings.given.seen()?;
    let without = given.iter().filter(|(_, is_given)| !is_given);
    let without: Vec<_> =
        without.map(|(unit, _)| format!("nothing hands the settings over to `{unit}`")).collect();
    if without.is_empty() {
        return Ok(format!("all {} units are given them", given.len()));
    }
    Err(wrong(without, name_provision("{} puts the drop-ins in place")))
}

fn judge_checksums(seen: &Examination) -> Judged {
    const NAMES: [&str; 2] =
        ["AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION"];
    let handed = find_handed_over(seen)?;
    let is_set = |name: &str| {
        handed.get(name).is_some_and(|value| value.eq_ignore_ascii_case("when_required"))
    };
    let missing: Vec<_> = NAMES
        .into_iter()
        .filter(|name| !is_set(name))
        .map(|name| format!("{name} is not `when_required`"))
        .collect();
    if missing.is_empty() {
        return Ok("both settings are `when_required`".to_owned());
    }
    Err(wrong(
        missing,
        name_provision(
            "boto3 from 1.36 on cannot upload, or stores `aws-chunked` content: {} sets \
             both",
        ),
    ))
}

fn judge_region(seen: &Examination) -> Judged {
    let handed = find_handed_over(seen)?;
    match handed.get("AWS_DEFAULT_REGION") {
        Some(region) => Ok(format!("AWS_DEFAULT_REGION is `{region}`")),
        None => Err(wrong(
            [
                "AWS_DEFAULT_REGION is missing: boto3 reads neither AWS_REGION nor the log manager's \
              `region:`",
            ],
            name_provision("{} sets it"),
        )),
    }
}

fn judge_readers(seen: &Examination) -> Judged {
    if seen.settings.refusal.is_some() {
        return Err(Not::After(FindingId::HostInStep));
    }
    match (seen.settings.in_the_way.seen()?.as_slice(), seen.settings.not_looked_at.as_slice()) {
        ([], []) => Ok("nothing prevents a provision".to_owned()),
        ([], unread) => Err(Not::LookedAt(unread.to_vec())),
        (found, _) => Err(wrong(
            found.to_vec(),
            name_provision(
                "{} stops because of it, and shows what clears each line away: \
                 `--unit NAME` adds a container unit to the plan",
            ),
        )),
    }
}

fn in_step(seen: &Examination) -> Judged {
    if let Some(Refusal { what, cure }) = &seen.settings.refusal {
        return Err(wrong([format!("a provision stops before it has a plan: {what}")], cure));
    }
    match seen.settings.pending.seen()?.as_slice() {
        [] => Ok("the host matches the spec".to_owned()),
        pending => Err(wrong(
            pending.to_vec(),
            name_provision(
                "{} shows the differences and asks; if the files have the right key, \
                 give that one",
            ),
        )),
    }
}
