//! Dagster's own settings.

use super::diagnose::Check;
use super::look::{Judged, Look, warning, wrong};
use super::{Examination, FindingId};

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
    /// A launcher of containers that does not hand the variables on.
    Launcher,
}

const READ: &[FindingId] = &[FindingId::DagsterYamlForm];

pub(super) const CHECKS: &[Check] = &[
    Check { id: FindingId::DagsterYamlForm, after: &[], judge: form },
    Check { id: FindingId::DagsterYamlDuplicateKey, after: &[], judge: duplicate },
    Check { id: FindingId::DagsterYamlHome, after: READ, judge: home },
    Check { id: FindingId::DagsterYamlRelative, after: READ, judge: relative },
    Check { id: FindingId::DagsterYamlKeys, after: READ, judge: keys },
    Check { id: FindingId::DagsterYamlEnv, after: READ, judge: variables },
    Check { id: FindingId::DagsterYamlRegion, after: READ, judge: region },
    Check { id: FindingId::DagsterYamlEncryption, after: READ, judge: encryption },
    Check { id: FindingId::DagsterYamlPartial, after: READ, judge: partial },
    Check { id: FindingId::DagsterYamlConsoleLinks, after: READ, judge: links },
    Check { id: FindingId::DagsterYamlPrefix, after: READ, judge: prefix },
    Check { id: FindingId::DagsterYamlLocalLogs, after: READ, judge: local_logs },
    Check { id: FindingId::DagsterYamlLauncher, after: READ, judge: launcher },
];

impl Default for YamlEvidence {
    fn default() -> Self {
        Self { path: String::new(), traps: Look::nobody(), wants_logs: false, dump: None }
    }
}

/// The traps of one kind, each with the file's name.
fn of(kind: YamlTrapKind, seen: &Examination) -> Result<Vec<String>, super::look::Not> {
    let path = &seen.dagster_yaml.path;
    let traps = seen.dagster_yaml.traps.seen()?.iter().filter(|trap| trap.kind == kind);
    Ok(traps.map(|trap| format!("{path}: {}", trap.what)).collect())
}

fn wrong_if(kind: YamlTrapKind, seen: &Examination, (sound, cure): (&str, &str)) -> Judged {
    let found = of(kind, seen)?;
    if found.is_empty() { Ok(sound.to_owned()) } else { Err(wrong(found, cure)) }
}

fn warning_if(kind: YamlTrapKind, seen: &Examination, (sound, cure): (&str, &str)) -> Judged {
    let found = of(kind, seen)?;
    if found.is_empty() { Ok(sound.to_owned()) } else { Err(warning(found, cure)) }
}

fn form(seen: &Examination) -> Judged {
    let path = &seen.dagster_yaml.path;
    let sound = format!("{path} can be read");
    let cure =
        "Dagster cannot start with it: put the line right, or go back to the copy from before";
    wrong_if(YamlTrapKind::Form, seen, (&sound, cure))
}

fn duplicate(seen: &Examination) -> Judged {
    let cure = "join the two, or take one out: Dagster takes the last one, without a word";
    wrong_if(YamlTrapKind::DuplicateKey, seen, ("each key stands once", cure))
}

fn home(seen: &Examination) -> Judged {
    let cure = "write the path itself, or `base_dir: { env: DAGSTER_HOME }`: nobody expands a `$`, so \
                a folder of that very name comes to be";
    wrong_if(YamlTrapKind::UnexpandedHome, seen, ("no path holds a `$`", cure))
}

fn relative(seen: &Examination) -> Judged {
    let cure = "write the whole path: webserver and daemon may stand in different folders";
    warning_if(YamlTrapKind::RelativeFolder, seen, ("all folders are absolute", cure))
}

fn keys(seen: &Examination) -> Judged {
    let cure = "take the key out: Dagster refuses the whole file for it. Keys of S3 come from the \
                environment, not from this block";
    wrong_if(YamlTrapKind::UnknownKey, seen, ("the log manager knows all of its settings", cure))
}

fn variables(seen: &Examination) -> Judged {
    let cure = "hand the variable over (`datalake provision` for those of S3), or write the value: \
                without it every run fails, while webserver and daemon look well";
    wrong_if(YamlTrapKind::MissingVariable, seen, ("all that are named are handed over", cure))
}

fn region(seen: &Examination) -> Judged {
    let cure = "it does not reach the client: AWS_DEFAULT_REGION does, and `datalake provision` sets \
                it; see `host-region-variable`";
    warning_if(
        YamlTrapKind::RegionIgnored,
        seen,
        ("none, or AWS_DEFAULT_REGION says the same", cure),
    )
}

fn encryption(seen: &Examination) -> Judged {
    let cure = "take `ServerSideEncryption` out: the service refuses every upload with it";
    wrong_if(YamlTrapKind::Encryption, seen, ("none is asked for", cure))
}

fn partial(seen: &Examination) -> Judged {
    let cure = "take `upload_interval` out, and put `local_dir` on the volume that webserver and \
                daemon share: that shows lines as they come, and leaves nothing";
    warning_if(YamlTrapKind::Partial, seen, ("no `upload_interval`", cure))
}

fn links(seen: &Examination) -> Judged {
    let cure = "take `show_url_only` out: its links lead to the console of AWS";
    warning_if(YamlTrapKind::ConsoleLinks, seen, ("no `show_url_only`", cure))
}

fn prefix(seen: &Examination) -> Judged {
    let cure = "give the logs a prefix of their own, such as `compute-logs`: rules that let logs \
                expire would let assets expire, too";
    warning_if(YamlTrapKind::SharedPrefix, seen, ("logs and assets lie apart", cure))
}

fn local_logs(seen: &Examination) -> Judged {
    let (local, other) = (of(YamlTrapKind::LocalLogs, seen)?, of(YamlTrapKind::OtherBucket, seen)?);
    match (local.is_empty() && other.is_empty(), seen.dagster_yaml.wants_logs) {
        (true, _) => return Ok("the log manager is the one of the bucket".to_owned()),
        (false, false) => {
            return Ok("no logs come to the spec's bucket, and it does not ask for them".to_owned());
        }
        (false, true) => (),
    }
    if !other.is_empty() {
        return Err(wrong(
            other,
            "name the spec's bucket in the block; or take the block out, and `datalake provision` \
             writes its own",
        ));
    }
    Err(wrong(
        local,
        "`datalake provision` puts the log manager in place; with the local one no log ever comes to \
         the bucket",
    ))
}

fn launcher(seen: &Examination) -> Judged {
    let cure = "add the variables to `run_launcher.config.env_vars`: containers of runs get what is \
                listed there, and nothing else";
    warning_if(YamlTrapKind::Launcher, seen, ("runs get the variables of the daemon", cure))
}
