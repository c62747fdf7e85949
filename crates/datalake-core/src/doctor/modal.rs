//! Modal.

use super::diagnose::FindingCheck;
use super::look::{Judged, Look, Not, warning, wrong};
use super::{EnvFileLook, Examination, FindingId};
use crate::advice::{Advice, AdvisedCommand};
use crate::fault::FaultKind;
use crate::modal::name_upgrade_command;
use crate::time::Timestamp;

/// The first client that can give an app new containers.
const FIRST: [u32; 3] = [1, 4, 2];

/// What was seen of Modal and of its client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModalEvidence {
    /// The client, or why there is none.
    pub client: Look<Result<ModalClientLook, String>>,
    /// The file that holds its tokens.
    pub config: Look<EnvFileLook>,
    /// Whether Modal answers, and takes the token.
    pub answer: Look<()>,
    /// The secret of the spec.
    pub secret: Look<ModalSecretLook>,
    /// When it was stored, and the run that has written the env file last.
    pub age: Look<ModalSecretAge>,
}

/// Modal's client and its login; no part of a token is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModalClientLook {
    /// Its version.
    pub version: String,
    /// The interpreter that has it.
    pub python: String,
    /// Where a whole token lies, the one that is used first.
    pub tokens: Vec<String>,
    /// The file of profiles with the names in it, where there are several and none is the active one.
    pub idle_profiles: Option<IdleProfiles>,
}

/// Several profiles of Modal's client, none of which counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdleProfiles {
    /// The file that has them.
    pub path: String,
    /// Their names.
    pub names: Vec<String>,
}

/// How a secret of Modal's stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModalSecretLook {
    /// It holds what it has to.
    InStep,
    /// It holds what an earlier run has stored.
    Earlier,
    /// A variable of what it has to hold is not there any more.
    Incomplete,
    /// Somebody else has stored it or changed it.
    Foreign,
    /// It is not there.
    Absent,
}

/// How old a secret of Modal's is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModalSecretAge {
    /// When it was stored.
    pub stored: Timestamp,
    /// The run that has written the env file last, and when it began.
    pub written: (String, Timestamp),
}

const IN_STEP: &str = "all variables that the containers here get are in it, as datalake has stored them; an \
                       edited value cannot be seen";

const CLIENT: &[FindingId] = &[FindingId::ModalClient];

const LOGIN: &[FindingId] = &[FindingId::ModalClient, FindingId::ModalToken];

const ANSWER: &[FindingId] =
    &[FindingId::ModalClient, FindingId::ModalToken, FindingId::ModalAnswer];

pub(super) const CHECKS: &[FindingCheck] = &[
    FindingCheck { id: FindingId::ModalClient, after: &[], judge: judge_client },
    FindingCheck { id: FindingId::ModalClientVersion, after: CLIENT, judge: judge_version },
    FindingCheck { id: FindingId::ModalToken, after: CLIENT, judge: judge_token },
    FindingCheck { id: FindingId::ModalTokenTwice, after: CLIENT, judge: judge_token_places },
    FindingCheck { id: FindingId::ModalConfigMode, after: &[], judge: judge_config_mode },
    FindingCheck { id: FindingId::ModalAnswer, after: LOGIN, judge: judge_answer },
    FindingCheck { id: FindingId::ModalSecret, after: ANSWER, judge: judge_secret },
    FindingCheck { id: FindingId::ModalSecretAge, after: ANSWER, judge: judge_age },
];

impl Default for ModalEvidence {
    fn default() -> Self {
        Self {
            client: Look::nobody(),
            config: Look::nobody(),
            answer: Look::nobody(),
            secret: Look::nobody(),
            age: Look::nobody(),
        }
    }
}

impl ModalEvidence {
    /// Nothing of it was asked, for this reason.
    #[must_use]
    pub fn not_asked(reason: &str) -> Self {
        Self {
            client: Look::NotHere(reason.to_owned()),
            config: Look::NotHere(reason.to_owned()),
            answer: Look::NotHere(reason.to_owned()),
            secret: Look::NotHere(reason.to_owned()),
            age: Look::NotHere(reason.to_owned()),
        }
    }
}

fn require_client(seen: &Examination) -> Result<&ModalClientLook, Not> {
    seen.modal.client.seen()?.as_ref().map_err(|why| {
        wrong(
            [why.clone()],
            "`pipx install modal`, or name its program (`modal: { client: /PATH/bin/modal }`) or the \
             unit in whose container it is (`modal: { container: UNIT }`)",
        )
    })
}

fn judge_client(seen: &Examination) -> Judged {
    let client = require_client(seen)?;
    Ok(format!("{} of `{}`", client.version, client.python))
}

fn judge_version(seen: &Examination) -> Judged {
    let ModalClientLook { version, python, .. } = require_client(seen)?;
    let mut parts = version.split(['.', 'a', 'b', 'r', '+']).map(str::parse::<u32>);
    let mut part = || parts.next().and_then(Result::ok).unwrap_or_default();
    if [part(), part(), part()] >= FIRST {
        return Ok(version.clone());
    }
    Err(wrong(
        [format!("it is {version}, and 1.4.2 is the first that can give an app new containers")],
        format!("`{}`", name_upgrade_command(python)),
    ))
}

fn judge_token(seen: &Examination) -> Judged {
    let client = require_client(seen)?;
    match (client.tokens.first(), &client.idle_profiles) {
        (Some(source), _) => Ok(format!("from {source}")),
        (None, Some(IdleProfiles { path, names })) => Err(wrong(
            [format!("`{path}` has the profiles {}, and none is the active one", names.join(", "))],
            format!("`modal profile activate {}`, or set MODAL_PROFILE", name_first(names)),
        )),
        (None, None) => Err(wrong(
            ["the client has no whole token"],
            "set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET, both (`sudo -E` keeps them), or run `modal \
             setup` once as the user that runs this",
        )),
    }
}

fn name_first(names: &[String]) -> &str {
    names.first().map_or("NAME", String::as_str)
}

fn judge_token_places(seen: &Examination) -> Judged {
    match require_client(seen)?.tokens.as_slice() {
        [] | [_] => Ok("no token hides another one".to_owned()),
        [first, others @ ..] => Err(warning(
            [format!(
                "the token of {first} wins over that of {}, without a word",
                others.join(", ")
            )],
            "unset MODAL_TOKEN_ID and MODAL_TOKEN_SECRET where the profile is meant",
        )),
    }
}

fn judge_config_mode(seen: &Examination) -> Judged {
    let EnvFileLook { path, mode, is_private, .. } = seen.modal.config.seen()?;
    if *is_private {
        return Ok(format!("`{path}` has mode {mode}"));
    }
    Err(wrong(
        [format!("`{path}` has mode {mode}: others can read the token")],
        format!("`chmod 600 {path}`; Modal's client writes it as the umask says"),
    ))
}

fn judge_answer(seen: &Examination) -> Judged {
    let cure = "look at the network, HTTPS_PROXY and MODAL_SERVER_URL; https://status.modal.com";
    let refusals = [FaultKind::WrongLogin, FaultKind::NoLogin, FaultKind::Denied];
    match &seen.modal.answer {
        Look::Unknown(fault) if refusals.contains(&fault.kind) => Err(wrong(
            [fault.to_string()],
            "tokens can expire: make a new one (`modal token new`), and put it where the one in use \
             is; `modal-token` shows where that is",
        )),
        answer => {
            answer.reached("Modal", cure)?;
            Ok("Modal accepts the token".to_owned())
        }
    }
}

fn judge_secret(seen: &Examination) -> Judged {
    let so = match seen.modal.secret.seen()? {
        ModalSecretLook::InStep => return Ok(IN_STEP.to_owned()),
        ModalSecretLook::Earlier => "it holds what an earlier run has stored",
        ModalSecretLook::Incomplete => "a variable that datalake has stored there is missing",
        ModalSecretLook::Foreign => "someone else stored or changed it",
        ModalSecretLook::Absent => "it does not exist",
    };
    Err(wrong([so], name_syncing()))
}

/// The two commands that store the secret.
fn name_syncing() -> Advice {
    Advice::naming("{}, or {}", [AdvisedCommand::SyncModalSecret, AdvisedCommand::Provision])
}

fn judge_age(seen: &Examination) -> Judged {
    // The same content need not be stored again only because the env file was.
    if seen.modal.secret == Look::Saw(ModalSecretLook::InStep) {
        return Ok("its content is right, whatever its age".to_owned());
    }
    let ModalSecretAge { stored, written: (run, began) } = seen.modal.age.seen()?;
    if stored >= began {
        return Ok(format!("stored {stored}, after the env file was written"));
    }
    Err(wrong(
        [format!("stored {stored}, before {run} has written the env file ({began})")],
        name_syncing(),
    ))
}
