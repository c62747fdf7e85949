use datalake_core::plan::Action;
use datalake_core::secret::{Credentials, FilledBody, FingerprintKey};
use datalake_core::spec::{Spec, SpecDocument};
use datalake_engine::memory::{MemoryClock, MemoryFiles, MemoryState, MemoryVault};
use datalake_engine::{NoCheckpoints, SecretVault as _};
use serde_json::json;

use super::*;
use crate::{Advice, AdvisedCommand, HostContext};

fn spec(apps: &[&str]) -> Spec {
    let document = json!({
        "region": "fsn1",
        "bucket": "lake",
        "host": { "user": "d", "units": ["web"] },
        "modal": { "secret": "hetzner-s3", "apps": apps },
    });
    let document: SpecDocument = serde_json::from_value(document).unwrap();
    document.check().unwrap()
}

fn modal(apps: &[&str]) -> ModalSpec {
    require_modal(spec(apps).modal).unwrap()
}

fn names(apps: &[ModalObject]) -> Vec<&str> {
    apps.iter().map(|app| app.name.as_str()).collect()
}

/// What is known of a secret, in memory.
struct Ground {
    files: MemoryFiles,
    state: MemoryState,
    clock: MemoryClock,
    spec: Spec,
    modal: ModalSpec,
    keys: Credentials,
    fingerprints: FingerprintKey,
}

impl Ground {
    fn new() -> Self {
        Self {
            files: MemoryFiles::default(),
            state: MemoryState::default(),
            clock: MemoryClock::new(1_800_000_000),
            spec: spec(&[]),
            modal: modal(&[]),
            keys: Credentials::pair(
                "AKIAEXAMPLE00000001".parse().unwrap(),
                "s".repeat(40).parse().unwrap(),
            ),
            fingerprints: FingerprintKey::new([7; 32]),
        }
    }

    async fn plan(
        &self,
        goal: SecretGoal,
        vault: &MemoryVault,
    ) -> Result<datalake_core::plan::Plan, OperationError> {
        let context = HostContext {
            files: &self.files,
            state: &self.state,
            state_name: "state",
            clock: &self.clock,
            checkpoints: &NoCheckpoints,
            machine: None,
            root_name: None,
            variables: HostContext::usual_variables(),
        };
        let hand = SecretInHand {
            context: &context,
            spec: &self.spec,
            modal: &self.modal,
            keys: &self.keys,
            fingerprints: &self.fingerprints,
        };
        hand.plan(goal, vault).await
    }
}

#[test]
fn a_spec_without_modal_is_told_what_to_add() {
    let error = require_modal(None).unwrap_err();

    assert_eq!(error.kind, ErrorKind::Config);
    assert!(format!("{:?}", error.advice).contains("modal: { secret:"));
}

#[test]
fn the_first_app_of_the_spec_is_meant_or_the_usual_one() {
    assert_eq!(choose_app(&modal(&["one", "two"])).unwrap().name.as_str(), "one");
    assert_eq!(choose_app(&modal(&[])).unwrap().name.as_str(), "dagster-compute");
}

#[test]
fn apps_that_are_named_win_over_those_of_the_spec() {
    let apps = choose_apps(&modal(&["one", "two"]), &["three".to_owned()]).unwrap();
    assert_eq!(names(&apps), ["three"]);

    assert_eq!(names(&choose_apps(&modal(&["one", "two"]), &[]).unwrap()), ["one", "two"]);
}

#[test]
fn without_an_app_nothing_can_be_given_new_containers() {
    let error = choose_apps(&modal(&[]), &[]).unwrap_err();
    assert_eq!(error.to_string(), "no app is named, and the spec names none");

    let error = choose_apps(&modal(&[]), &["not a name!".to_owned()]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Usage);
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_created_and_needs_no_clearing() {
    let (ground, vault) = (Ground::new(), MemoryVault::default());
    let in_step = SecretGoal::InStep { may_replace: false, is_forced: false };

    assert_eq!(ground.plan(in_step, &vault).await.unwrap().steps.len(), 1);
    assert!(ground.plan(SecretGoal::Cleared, &vault).await.unwrap().is_empty());
    assert!(ground.plan(SecretGoal::Gone, &vault).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_secret_whose_marker_nobody_knows_is_removed_only_as_a_whole() {
    let (ground, vault) = (Ground::new(), MemoryVault::default());
    let (secret, theirs) = (&ground.modal.secret, FingerprintKey::new([9; 32]).of(b"theirs"));
    let lines = FilledBody::new(b"AWS_ACCESS_KEY_ID=theirs\n".to_vec());
    vault.create(secret, &lines, theirs).await.unwrap();

    let error = ground.plan(SecretGoal::Cleared, &vault).await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Mismatch);
    let commands = error.advice.iter().flat_map(|advice| match advice {
        Advice::Commands(_, commands) => commands.clone(),
        _ => Vec::new(),
    });
    let expected = [AdvisedCommand::DeleteModalSecret, AdvisedCommand::SyncModalSecret];
    assert_eq!(commands.collect::<Vec<_>>(), expected);
    assert_eq!(ground.plan(SecretGoal::Gone, &vault).await.unwrap().steps.len(), 1);
}

#[tokio::test]
async fn a_secret_of_others_alone_needs_no_clearing() {
    let (ground, vault) = (Ground::new(), MemoryVault::default());
    vault.put_foreign(&ground.modal.secret, b"THEIRS=1\n");

    assert!(ground.plan(SecretGoal::Cleared, &vault).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_left_of_a_secret_is_told_by_its_variables() {
    let (secret, vault) = (modal(&[]).secret, MemoryVault::default());
    assert_eq!(find_left_secret(&secret, &vault).await.unwrap(), None);
    vault.put_foreign(&secret, b"THEIRS=1\nMORE=2\n");

    let left = find_left_secret(&secret, &vault).await.unwrap().unwrap();

    assert_eq!(left.variables.unwrap(), ["THEIRS", "MORE"]);
}

#[test]
fn a_goal_tells_whether_variables_of_others_may_go() {
    assert!(SecretGoal::Gone.may_replace());
    assert!(!SecretGoal::Cleared.may_replace());
    assert!(SecretGoal::InStep { may_replace: true, is_forced: false }.may_replace());
}

#[tokio::test]
async fn a_secret_that_has_lost_a_variable_is_stored_again() {
    let (ground, vault) = (Ground::new(), MemoryVault::default());
    let in_step = SecretGoal::InStep { may_replace: false, is_forced: false };
    let secret = &ground.modal.secret;
    let plan = ground.plan(in_step, &vault).await.unwrap();
    let Action::StoreVault { body, print, .. } = &plan.steps[0].action else { panic!("{plan:?}") };
    let lines = body.fill(&ground.keys, b"").unwrap();
    vault.create(secret, &lines, *print).await.unwrap();
    assert!(ground.plan(in_step, &vault).await.unwrap().is_empty());

    vault.lose_variable(secret, "AWS_REGION");

    assert_eq!(ground.plan(in_step, &vault).await.unwrap().steps.len(), 1);
}

#[tokio::test]
async fn a_secret_in_step_is_stored_again_where_that_is_forced_and_is_in_step_then() {
    let (ground, vault) = (Ground::new(), MemoryVault::default());
    let goal = |is_forced| SecretGoal::InStep { may_replace: false, is_forced };
    let plan = ground.plan(goal(false), &vault).await.unwrap();
    let Action::StoreVault { body, print, .. } = &plan.steps[0].action else { panic!("{plan:?}") };
    let lines = body.fill(&ground.keys, b"").unwrap();
    vault.create(&ground.modal.secret, &lines, *print).await.unwrap();

    assert_eq!(ground.plan(goal(true), &vault).await.unwrap().steps.len(), 1);
    assert_eq!(goal(true).forget_reach(), goal(false));
}
