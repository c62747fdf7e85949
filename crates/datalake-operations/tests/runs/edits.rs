//! A run that is undone after somebody has changed what it did.

use datalake_core::fault::FaultKind;
use datalake_core::host::{HostPath, Mode, Owner};
use datalake_core::receipt::{EditChoices, Receipt};
use datalake_core::secret::FilledBody;
use datalake_engine::{Files as _, NewFile, StateFolder as _};
use datalake_operations::{
    ErrorKind, HostContext, JudgedWayBack, OperationError, Quiet, carry_out_back,
    choose_run_to_undo, judge_way_back, list_edit_copies, plan_way_back, refuse_edits,
};

use crate::failing::Failing;
use crate::provision;
use crate::world::World;

const FOLDER: &str = "/var/lib/dagster/.config/containers/systemd/dagster.container.d";
const DROP_IN: &str =
    "/var/lib/dagster/.config/containers/systemd/dagster.container.d/50-datalake-s3.conf";
const ENV_FILE: &str = "/var/lib/dagster/.config/datalake/s3.env";
const OWNER: Owner = Owner { uid: 900, gid: 900 };

fn path(text: &str) -> HostPath {
    text.parse().unwrap()
}

fn write(world: &World, at: &str, text: &str, mode: Mode) {
    let content = &FilledBody::new(text.as_bytes().to_vec());
    world.files.write(&path(at), &NewFile { content, mode, owner: OWNER }).unwrap();
}

async fn judge(
    world: &World,
    ports: &Failing<'_>,
    choices: &EditChoices,
) -> Result<Option<(JudgedWayBack, Receipt)>, OperationError> {
    let context = HostContext::new(ports, ports, &world.clock);
    let ports = world.ports(ports);
    datalake_engine::recover(&ports).await.map_err(|fault| context.state_error(fault))?;
    let Some(receipt) = choose_run_to_undo(&context, None)? else { return Ok(None) };
    let plan = plan_way_back(&context, &receipt, true)?;
    Ok(Some((judge_way_back(plan, &receipt, choices, &ports).await?, receipt)))
}

async fn roll_back(
    world: &World,
    ports: &Failing<'_>,
    choices: &EditChoices,
) -> Result<(), OperationError> {
    let Some((judged, receipt)) = judge(world, ports, choices).await? else { return Ok(()) };
    if !judged.edits.is_empty() {
        return Err(refuse_edits(&receipt, &judged.edits, choices));
    }
    carry_out_back(&judged.plan, &receipt, &Quiet, &world.ports(ports)).await?;
    Ok(())
}

fn overwriting(at: &str) -> EditChoices {
    EditChoices { overwrite: [path(at)].into(), ..EditChoices::default() }
}

fn keeping(at: &str) -> EditChoices {
    EditChoices { keep: [path(at)].into(), ..EditChoices::default() }
}

async fn provisioned() -> World {
    let world = World::new();
    provision(&world, &world.sound()).await.unwrap();
    world
}

/// The single edit that stops a rollback: what is said of it, its diff, whether it can be overwritten.
async fn edit_of(world: &World) -> (String, String, bool) {
    let (judged, _) = judge(world, &world.sound(), &EditChoices::default()).await.unwrap().unwrap();
    let [edit] = judged.edits.try_into().unwrap_or_else(|_| panic!("one edit"));
    (edit.change, edit.diff, edit.may_be_overwritten)
}

#[tokio::test]
async fn an_edit_is_shown_and_stops_the_rollback() {
    let world = provisioned().await;
    let edited = world.text(DROP_IN) + "# note\n";
    write(&world, DROP_IN, &edited, Mode::PUBLIC);
    let before = world.files.everything();

    let error = roll_back(&world, &world.sound(), &EditChoices::default()).await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Mismatch);
    assert_eq!(error.advice.len(), 2);
    assert_eq!(world.files.everything(), before);
    let (change, diff, may_be_overwritten) = edit_of(&world).await;
    let changed: Vec<_> = diff.lines().filter(|line| line.starts_with("    +")).collect();
    assert_eq!(
        (change.as_str(), &changed[..], may_be_overwritten),
        ("its content", &["    +# note"][..], true)
    );
    assert!(!diff.contains("    -"), "{diff}");
}

#[tokio::test]
async fn a_secret_that_is_still_there_is_no_part_of_the_diff() {
    let world = provisioned().await;
    let edited = world.text(ENV_FILE) + "A=b\n";
    write(&world, ENV_FILE, &edited, Mode::PRIVATE);

    let (_, diff, _) = edit_of(&world).await;

    assert!(diff.contains("    +A=b"), "{diff}");
    assert!(!diff.contains("    -") && !diff.contains("0123456789abcdef"), "{diff}");
}

#[tokio::test]
async fn other_kinds_of_changes_are_named() {
    let world = provisioned().await;
    write(&world, DROP_IN, &world.text(DROP_IN), Mode::PRIVATE);
    let (change, diff, may_be_overwritten) = edit_of(&world).await;
    assert!(change.contains("became (0600"), "{change}");
    assert!(diff.is_empty() && may_be_overwritten);

    let world = provisioned().await;
    write(&world, &format!("{FOLDER}/60-mine.conf"), "[Container]\n", Mode::PUBLIC);
    let (change, _, may_be_overwritten) = edit_of(&world).await;
    assert_eq!(change, "the folder holds 60-mine.conf");
    assert!(!may_be_overwritten);
    roll_back(&world, &world.sound(), &keeping(FOLDER)).await.unwrap();
    assert_eq!(world.text(&format!("{FOLDER}/60-mine.conf")), "[Container]\n");
    assert_eq!(world.text(DROP_IN), "");
}

#[tokio::test]
async fn what_somebody_has_removed_already_stops_nothing() {
    let world = World::new();
    let before = world.files.everything();
    provision(&world, &world.sound()).await.unwrap();
    world.files.remove_file(&path(DROP_IN)).unwrap();

    roll_back(&world, &world.sound(), &EditChoices::default()).await.unwrap();

    assert_eq!(world.files.everything(), before);
}

#[tokio::test]
async fn what_is_kept_stays_and_the_run_counts_as_undone() {
    let world = provisioned().await;
    let edited = world.text(DROP_IN) + "# note\n";
    write(&world, DROP_IN, &edited, Mode::PUBLIC);

    roll_back(&world, &world.sound(), &keeping(DROP_IN)).await.unwrap();

    assert_eq!((world.text(DROP_IN), world.text(ENV_FILE).as_str()), (edited, ""));
    let ports = world.sound();
    let context = HostContext::new(&ports, &ports, &world.clock);
    assert!(choose_run_to_undo(&context, None).unwrap().is_none(), "nothing is left to undo");
}

#[tokio::test]
async fn a_choice_about_another_path_is_refused() {
    let world = provisioned().await;
    for choices in [overwriting("/etc/passwd"), keeping("/etc/passwd"), overwriting(FOLDER)] {
        let ended = roll_back(&world, &world.sound(), &choices).await;
        let is_folder = choices == overwriting(FOLDER);
        assert_eq!(ended.err().map(|error| error.kind), (!is_folder).then_some(ErrorKind::Usage));
    }
}

#[tokio::test]
async fn whichever_call_fails_an_overwritten_edit_goes_back_and_its_copy_stays() {
    for call in 0.. {
        let world = World::new();
        let before = world.files.everything();
        provision(&world, &world.sound()).await.unwrap();
        let edited = world.text(DROP_IN) + "# note\n";
        write(&world, DROP_IN, &edited, Mode::PUBLIC);
        let choices = overwriting(DROP_IN);
        let (judged, _) = judge(&world, &world.sound(), &choices).await.unwrap().unwrap();
        let copies: Vec<_> = list_edit_copies(&judged.plan).map(|copy| copy.name).collect();
        assert_eq!(copies.len(), 1);

        let ports = world.failing_at(call, FaultKind::Io);
        let ended = roll_back(&world, &ports, &choices).await;
        if !ports.has_failed() {
            ended.unwrap();
            assert!(call > 10, "{call} calls");
            break;
        }
        roll_back(&world, &world.sound(), &choices).await.unwrap();
        assert_eq!(world.files.everything(), before, "call {call}");
        assert_eq!(world.state.read(&copies[0]).unwrap(), edited.as_bytes(), "call {call}");
    }
}
