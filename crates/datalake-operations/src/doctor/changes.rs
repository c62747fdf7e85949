//! What a provision would change, and what stands in its way.

use std::time::Duration;

use datalake_core::doctor::{Examination, Group, Look, Refusal};
use datalake_core::fault::{Fault, FaultKind, Target};
use datalake_core::plan::{Step, describe_step};
use datalake_core::spec::Spec;
use datalake_core::text::printable;
use datalake_engine::{HastyVault, NoVault, RetryingStore, SecretVault};
use datalake_quadlet::{Obstacle, ObstacleKind};

use super::{ExaminationInput, NoKeyPair};
use crate::runs::{StatusInput, StatusLook, look_at_status};
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// Calls that may be repeated, all together.
const BUDGET: u32 = 60;

/// What a look at Modal may take: all else is known within five seconds.
const PATIENCE: Duration = Duration::from_secs(4);

/// Looks at what a provision would change on this host, and what stands in its way.
pub(super) async fn examine_changes(
    input: &ExaminationInput<'_>,
    only: Option<Group>,
    seen: &mut Examination,
) {
    let changes = find_changes(input, only, seen).await;
    let settings = &mut seen.settings;
    let changes = match changes {
        Ok(changes) => changes,
        Err(NoChanges::NotHere(reason)) => {
            settings.pending = Look::NotHere(reason.clone());
            settings.in_the_way = Look::NotHere(reason);
            return;
        }
        Err(NoChanges::Unknown(fault)) => {
            settings.pending = Look::Unknown(fault.clone());
            settings.in_the_way = Look::Unknown(fault);
            return;
        }
        Err(NoChanges::Refused(refusal)) => return settings.refusal = Some(refusal),
    };
    let tables = input.spec.whole.as_ref().and_then(|spec| spec.tables.as_ref()?.own_bucket());
    // What is said of the bucket of the assets is said with the service.
    let is_told = |step: &&Step| match step.action.target() {
        Target::Path(_) | Target::Secret(_) | Target::Services | Target::Timers => true,
        Target::Bucket(bucket) => Some(&bucket) == tables,
        Target::Service
        | Target::Access(_)
        | Target::Object(..)
        | Target::Vault(_)
        | Target::App(_) => false,
    };
    // A line of a plan has columns, a sentence has none.
    let line = |step| describe_step(step).split_whitespace().collect::<Vec<_>>().join(" ");
    settings.pending = Look::Saw(changes.plan.steps.iter().filter(is_told).map(line).collect());
    // What undoes the settings is found by a look of its own.
    let needs = |it: &&Obstacle| !matches!(it.kind, ObstacleKind::Undoes { .. });
    let in_the_way = changes.obstacles.iter().filter(needs);
    settings.in_the_way = Look::Saw(in_the_way.map(|it| printable(&it.to_string())).collect());
    settings.not_looked_at = changes.not_looked_at;
}

/// Why nobody knows what a provision would change.
enum NoChanges {
    NotHere(String),
    Unknown(Fault),
    Refused(Refusal),
}

/// What a provision would change. It takes a service that answers to the key pair.
async fn find_changes(
    input: &ExaminationInput<'_>,
    only: Option<Group>,
    seen: &Examination,
) -> Result<StatusLook, NoChanges> {
    // With this group alone nobody has asked the service, nor for the pair, before.
    let may_be_served = only.is_some() || matches!(seen.key.service, Look::Saw(_));
    let nothing = || NoChanges::NotHere("it takes a service that takes the key pair".to_owned());
    let spec = match &input.spec.whole {
        Some(spec) if may_be_served => spec,
        Some(_) | None => return Err(nothing()),
    };
    match input.keys.read_pair(&spec.credentials).await {
        Ok(_) => (),
        Err(NoKeyPair::None) => return Err(nothing()),
        // There is one, and nobody could read it: that is not known.
        Err(NoKeyPair::Flaw(error) | NoKeyPair::Unread(error)) => return Err(as_unknown(&error)),
    }
    let word = |advice: &Advice| input.reporter.word(advice);
    look_at_changes(input, spec).await.map_err(|error| judge_refusal(&error, &word))
}

async fn look_at_changes(
    input: &ExaminationInput<'_>,
    spec: &Spec,
) -> Result<StatusLook, OperationError> {
    let context = input.context;
    let keys = input.keys.read_keys(spec).await?;
    let store = input.services.open(&spec.endpoint, &spec.region, &keys);
    let store =
        store.map_err(|fault| OperationError::new(ErrorKind::Config, fault.detail.clone()))?;
    let store = RetryingStore::new(store.store(), context.clock, BUDGET);
    let vault: &dyn SecretVault = input.modal.map_or(&NoVault, |modal| modal);
    let input = StatusInput {
        context,
        spec,
        keys: &keys,
        store: &store,
        vault: &HastyVault { vault, limit: PATIENCE },
    };
    look_at_status(&input).await
}

/// What only a person can put right is wrong; what a service may do better the next time is not known.
fn judge_refusal(error: &OperationError, word: &dyn Fn(&Advice) -> String) -> NoChanges {
    let is_lasting = matches!(
        error.kind,
        ErrorKind::Config | ErrorKind::Denied | ErrorKind::Mismatch | ErrorKind::Io
    );
    if !is_lasting {
        return as_unknown(error);
    }
    let cure = match error.advice.as_slice() {
        [] => word(&Advice::naming(
            "put that right: {} stops there, too",
            [AdvisedCommand::Provision],
        )),
        advice => advice.iter().map(word).collect::<Vec<_>>().join("; "),
    };
    NoChanges::Refused(Refusal { what: printable(&error.to_string()), cure })
}

fn as_unknown(error: &OperationError) -> NoChanges {
    NoChanges::Unknown(Fault::new(FaultKind::Unreadable, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(kind: ErrorKind, advice: Option<Advice>) -> (bool, String) {
        let error = OperationError::new(kind, "it is wrong");
        let error = advice.into_iter().fold(error, OperationError::advise);
        let word = |advice: &Advice| match advice {
            Advice::Text(words) | Advice::Commands(words, _) => words.clone(),
            _ => "another advice".to_owned(),
        };
        match judge_refusal(&error, &word) {
            NoChanges::Refused(refusal) => (true, refusal.cure),
            NoChanges::Unknown(fault) => (false, fault.detail),
            NoChanges::NotHere(reason) => (false, reason),
        }
    }

    #[test]
    fn what_a_person_has_to_put_right_is_refused_with_its_advice() {
        for kind in [ErrorKind::Config, ErrorKind::Denied, ErrorKind::Mismatch, ErrorKind::Io] {
            let told = judge(kind, Some(Advice::from("do this")));
            assert_eq!(told, (true, "do this".to_owned()), "{kind:?}");
        }
    }

    #[test]
    fn a_refusal_without_an_advice_names_the_run_that_stops_there() {
        let (_, cure) = judge(ErrorKind::Config, None);

        assert_eq!(cure, "put that right: {} stops there, too");
    }

    #[test]
    fn what_may_pass_is_not_known() {
        for kind in [ErrorKind::Unavailable, ErrorKind::TryAgain, ErrorKind::Absent] {
            assert_eq!(judge(kind, None), (false, "it is wrong".to_owned()), "{kind:?}");
        }
    }
}
