//! Dagster's own settings.

use super::diagnose::FindingCheck;
use super::look::{Judged, Look, Not, name_provision, warning, wrong};
use super::{Examination, FindingId};
use crate::advice::Advice;

/// What was seen of dagster.yaml.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlEvidence {
    /// Its path, for people.
    pub path: String,
    /// The traps in it.
    pub traps: Look<Vec<YamlTrap>>,
    /// Whether the spec wants compute logs in the bucket.
    pub wants_logs: bool,
    /// What copies Dagster's database, where it is one of Postgres, which no copy of its home has.
    pub dump: Option<String>,
}

/// A trap in dagster.yaml.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlTrap {
    /// What it is.
    pub kind: YamlTrapKind,
    /// What stands there, without any value of a secret.
    pub what: String,
}

/// The traps that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum YamlTrapKind {
    /// Dagster cannot read it.
    Form,
    /// A key stands twice in one mapping; the last one counts, without a word.
    DuplicateKey,
    /// `$DAGSTER_HOME` or another variable stands in a path: nobody expands it.
    UnexpandedHome,
    /// A folder that each process takes from where it stands.
    RelativeFolder,
    /// A key of the log manager that it does not know, or `env:` where it takes none.
    UnknownKey,
    /// `env:` names a variable that the containers do not get.
    MissingVariable,
    /// `region:`, which does not reach the client.
    RegionIgnored,
    /// `ServerSideEncryption`, which the service refuses.
    Encryption,
    /// `upload_interval`, which leaves `.partial` objects for good.
    Partial,
    /// `show_url_only`, whose links lead to another cloud.
    ConsoleLinks,
    /// Logs below the prefix of the assets.
    SharedPrefix,
    /// The log manager keeps logs on this machine.
    LocalLogs,
    /// The log manager writes to another bucket than the spec's.
    OtherBucket,
    /// The log manager writes to another service than the spec's.
    OtherService,
    /// A launcher of containers that does not hand the variables on.
    Launcher,
}

const READ: &[FindingId] = &[FindingId::DagsterYamlForm];

pub(super) const CHECKS: &[FindingCheck] = &[
    FindingCheck { id: FindingId::DagsterYamlForm, after: &[], judge: judge_form },
    FindingCheck {
        id: FindingId::DagsterYamlDuplicateKey,
        after: &[],
        judge: judge_duplicate_keys,
    },
    FindingCheck { id: FindingId::DagsterYamlHome, after: READ, judge: judge_paths },
    FindingCheck { id: FindingId::DagsterYamlRelative, after: READ, judge: judge_relative_folders },
    FindingCheck { id: FindingId::DagsterYamlKeys, after: READ, judge: judge_keys },
    FindingCheck { id: FindingId::DagsterYamlEnv, after: READ, judge: judge_variables },
    FindingCheck { id: FindingId::DagsterYamlRegion, after: READ, judge: judge_region },
    FindingCheck { id: FindingId::DagsterYamlEncryption, after: READ, judge: judge_encryption },
    FindingCheck { id: FindingId::DagsterYamlPartial, after: READ, judge: judge_partial_uploads },
    FindingCheck { id: FindingId::DagsterYamlConsoleLinks, after: READ, judge: judge_links },
    FindingCheck { id: FindingId::DagsterYamlPrefix, after: READ, judge: judge_prefix },
    FindingCheck { id: FindingId::DagsterYamlLocalLogs, after: READ, judge: local_logs },
    FindingCheck { id: FindingId::DagsterYamlLauncher, after: READ, judge: judge_launcher },
];

impl Default for YamlEvidence {
    fn default() -> Self {
        Self { path: String::new(), traps: Look::nobody(), wants_logs: false, dump: None }
    }
}

/// The traps of one kind, each with the file's name.
fn list_traps(kind: YamlTrapKind, seen: &Examination) -> Result<Vec<String>, Not> {
    let path = &seen.dagster_yaml.path;
    let traps = seen.dagster_yaml.traps.seen()?.iter().filter(|trap| trap.kind == kind);
    Ok(traps.map(|trap| format!("{path}: {}", trap.what)).collect())
}

fn wrong_if(
    kind: YamlTrapKind,
    seen: &Examination,
    sound: &str,
    cure: impl Into<Advice>,
) -> Judged {
    let found = list_traps(kind, seen)?;
    if found.is_empty() { Ok(sound.to_owned()) } else { Err(wrong(found, cure)) }
}

fn warning_if(
    kind: YamlTrapKind,
    seen: &Examination,
    sound: &str,
    cure: impl Into<Advice>,
) -> Judged {
    let found = list_traps(kind, seen)?;
    if found.is_empty() { Ok(sound.to_owned()) } else { Err(warning(found, cure)) }
}

fn judge_form(seen: &Examination) -> Judged {
    let path = &seen.dagster_yaml.path;
    let sound = format!("{path} can be read");
    let cure =
        "Dagster cannot start with it: put the line right, or go back to the copy from before";
    wrong_if(YamlTrapKind::Form, seen, &sound, cure)
}

fn judge_duplicate_keys(seen: &Examination) -> Judged {
    let cure = "join the two, or take one out: Dagster takes the last one, without a word";
    wrong_if(YamlTrapKind::DuplicateKey, seen, "every key appears once", cure)
}

fn judge_paths(seen: &Examination) -> Judged {
    let cure = "write the path itself, or `base_dir: { env: DAGSTER_HOME }`: a `$` is not expanded, so \
                a folder of that very name comes to be";
    wrong_if(YamlTrapKind::UnexpandedHome, seen, "no path holds a `$`", cure)
}

fn judge_relative_folders(seen: &Examination) -> Judged {
    let cure = "write the whole path: webserver and daemon may run in different folders";
    warning_if(YamlTrapKind::RelativeFolder, seen, "all folders are absolute", cure)
}

fn judge_keys(seen: &Examination) -> Judged {
    let cure = "take the key out: Dagster refuses the whole file for it. Keys of S3 come from the \
                environment, not from this block";
    wrong_if(YamlTrapKind::UnknownKey, seen, "the log manager knows all of its settings", cure)
}

fn judge_variables(seen: &Examination) -> Judged {
    let cure = name_provision(
        "hand the variable over ({} for those of S3), or write the value: \
         without it every run fails, while webserver and daemon look well",
    );
    wrong_if(YamlTrapKind::MissingVariable, seen, "all that are named are handed over", cure)
}

fn judge_region(seen: &Examination) -> Judged {
    let cure = name_provision(
        "it does not reach the client: AWS_DEFAULT_REGION does, and {} sets \
         it; see `host-region-variable`",
    );
    warning_if(YamlTrapKind::RegionIgnored, seen, "none, or AWS_DEFAULT_REGION says the same", cure)
}

fn judge_encryption(seen: &Examination) -> Judged {
    let cure = "take `ServerSideEncryption` out: the service refuses every upload with it";
    wrong_if(YamlTrapKind::Encryption, seen, "none is asked for", cure)
}

fn judge_partial_uploads(seen: &Examination) -> Judged {
    let cure = "take `upload_interval` out, and put `local_dir` on the volume that webserver and \
                daemon share: that shows lines as they come, and leaves nothing";
    warning_if(YamlTrapKind::Partial, seen, "no `upload_interval`", cure)
}

fn judge_links(seen: &Examination) -> Judged {
    let cure = "take `show_url_only` out: its links lead to the console of AWS";
    warning_if(YamlTrapKind::ConsoleLinks, seen, "no `show_url_only`", cure)
}

fn judge_prefix(seen: &Examination) -> Judged {
    let cure = "give the logs a prefix of their own, such as `compute-logs`: rules that let logs \
                expire would let assets expire, too";
    warning_if(YamlTrapKind::SharedPrefix, seen, "logs and assets have separate prefixes", cure)
}

fn local_logs(seen: &Examination) -> Judged {
    let local = list_traps(YamlTrapKind::LocalLogs, seen)?;
    let (bucket, service) = (
        list_traps(YamlTrapKind::OtherBucket, seen)?,
        list_traps(YamlTrapKind::OtherService, seen)?,
    );
    let is_ours = local.is_empty() && bucket.is_empty() && service.is_empty();
    match (is_ours, seen.dagster_yaml.wants_logs) {
        (true, _) => return Ok("the log manager is the one of the bucket".to_owned()),
        (false, false) => {
            return Ok("no logs come to the spec's bucket, and it does not ask for them".to_owned());
        }
        (false, true) => (),
    }
    if !service.is_empty() {
        return Err(wrong(
            service,
            name_provision(
                "name the spec's endpoint in the block, or take `endpoint_url` out of it; or take \
                 the block out, and {} writes its own",
            ),
        ));
    }
    if !bucket.is_empty() {
        return Err(wrong(
            bucket,
            name_provision(
                "name the spec's bucket in the block; or take the block out, and {} writes its own",
            ),
        ));
    }
    Err(wrong(
        local,
        name_provision(
            "{} puts the log manager in place; with the local one no log ever comes to \
             the bucket",
        ),
    ))
}

fn judge_launcher(seen: &Examination) -> Judged {
    let cure = "add the variables to `run_launcher.config.env_vars`: containers of runs get what is \
                listed there, and nothing else";
    warning_if(YamlTrapKind::Launcher, seen, "runs get the variables of the daemon", cure)
}
