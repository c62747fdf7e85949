//! Each call of the service fails once: what was begun is finished by the next run, and nothing is lost.

use datalake_core::fault::{Fault, FaultKind};

use super::{DAY, run};
use crate::OperationError;
use crate::migration::scene::{NOON, OTHER, PICKLE, Scene, ToldWords, choice, default_limits};
use crate::migration::switch::recorded::prove_switch;
use crate::migration::{Migration, ProofDepth, fetch_parts, free_parts, require_switch_proof};

/// An attempt with the call of this number failing, or the one after it.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    number: u32,
    is_second: bool,
}

/// Does something again and again, with each call of the service failing once; then without.
async fn fail_each_call(
    prepare: impl AsyncFn() -> Scene,
    act: impl AsyncFn(&Scene) -> Result<(), OperationError>,
    check: impl AsyncFn(&Scene, Attempt),
) {
    for number in 1.. {
        let scene = prepare().await;
        scene.store.fail_call(number, Fault::new(FaultKind::Denied, "AccessDenied"));
        let ended = act(&scene).await;
        if scene.store.is_failure_ahead() {
            ended.unwrap();
            assert!(number > 3, "only {number} calls");
            return;
        }
        check(&scene, Attempt { number, is_second: false }).await;
        act(&scene).await.unwrap();
        check(&scene, Attempt { number, is_second: true }).await;
    }
}

async fn prepared() -> Scene {
    let scene = Scene::new().await;
    scene.storage().file("a", PICKLE, NOON - DAY);
    scene.storage().file("b", OTHER, NOON - DAY);
    scene
}

#[tokio::test(start_paused = true)]
async fn whichever_call_fails_the_next_run_moves_everything_and_nothing_local_is_lost() {
    let act = async |scene: &Scene| run(scene, &choice()).await.map(drop);
    let check = async |scene: &Scene, Attempt { number, is_second }: Attempt| {
        assert_eq!(scene.storage().files().len(), 2, "call {number}");
        for (name, content) in [("a", PICKLE), ("b", OTHER)] {
            let there = scene.content(&format!("assets/{name}")).await;
            let is_right = there.as_deref().map_or(!is_second, |there| there == content);
            assert!(is_right, "{name}, call {number}: {there:?}");
        }
    };

    fail_each_call(prepared, act, check).await;
}

#[tokio::test(start_paused = true)]
async fn whichever_call_fails_no_file_goes_that_the_bucket_has_not() {
    let prepare = async || {
        let scene = prepared().await;
        run(&scene, &choice()).await.unwrap();
        prove_switch(&scene).await;
        scene
    };
    let act = async |scene: &Scene| {
        let context = scene.context();
        let migration = Migration::find(&context, &choice()).await?;
        let limits = default_limits();
        let depth = ProofDepth { deep: true, limits: &limits };
        let proof = require_switch_proof(&migration).await?;
        free_parts(&migration, &proof, &depth, None).await.map(drop)
    };
    let check = async |scene: &Scene, Attempt { number, .. }: Attempt| {
        for (name, content) in [("a", PICKLE), ("b", OTHER)] {
            let there = scene.content(&format!("assets/{name}")).await;
            assert_eq!(there.as_deref(), Some(content), "call {number}");
        }
    };

    fail_each_call(prepare, act, check).await;
}

#[tokio::test(start_paused = true)]
async fn whichever_call_fails_on_the_way_back_each_file_is_the_old_or_the_new_one() {
    let prepare = async || {
        let scene = prepared().await;
        scene.put("assets/a", OTHER, NOON).await;
        scene
    };
    let act = async |scene: &Scene| {
        let context = scene.context();
        let migration = Migration::find(&context, &choice()).await?;
        fetch_parts(&migration, &default_limits(), &ToldWords::default()).await.map(drop)
    };
    let check = async |scene: &Scene, Attempt { number, is_second }: Attempt| {
        let files = scene.storage().files();
        assert!(files["a"] == OTHER || !is_second && files["a"] == PICKLE, "call {number}");
        assert_eq!(files["b"], OTHER, "call {number}");
    };

    fail_each_call(prepare, act, check).await;
}
