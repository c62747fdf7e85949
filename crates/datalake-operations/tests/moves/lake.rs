//! Objects deleted.

use datalake_core::s3::KeyPattern;
use datalake_operations::lake::{DeletionReach, DeletionTarget};
use datalake_operations::{ErrorKind, OperationError};

use crate::world::{FAILURES, Failure, World};

/// The ways in which a call of the service fails.
pub(crate) fn service_failures() -> impl Iterator<Item = Failure> {
    FAILURES.into_iter().filter(|failure| !matches!(failure, Failure::Machine(_)))
}

async fn world_to_delete_in() -> World {
    let world = World::keeping_versions().await;
    for _ in 0..2 {
        world.put_objects(&[("raw/a", "1"), ("raw/b", "2"), ("raw2/c", "3"), ("other", "4")]).await;
    }
    world
}

async fn delete_all(world: &World, versions: bool) -> Result<(), OperationError> {
    let lake = world.client().retrying();
    let pattern = KeyPattern::new("raw/").unwrap();
    let reach = DeletionReach { recursive: true, versions };
    let target = DeletionTarget::choose(world.bucket.clone(), pattern, reach)?;
    let found = target.count(&lake, &mut |_| ()).await?;
    let end = target.delete(&lake, &found, &mut |_| ()).await;
    end.error.map_or(Ok(()), Err)
}

#[tokio::test(start_paused = true)]
async fn whichever_call_of_a_deletion_fails_nothing_else_goes_and_the_next_one_completes_it() {
    for (versions, left) in [(false, 12), (true, 4)] {
        for failure in service_failures() {
            for call in 1.. {
                let note = format!("call {call}: {failure:?}, all versions: {versions}");
                let world = world_to_delete_in().await;
                world.fail_call(call, failure);
                let first = delete_all(&world, versions).await;
                if world.is_failure_ahead() {
                    assert_eq!(first, Ok(()), "{note}");
                    assert!(call > 3, "{note}: so few calls");
                    break;
                }
                if let Err(error) = &first {
                    assert_ne!(error.kind, ErrorKind::Bug, "{note}: {error}");
                }
                assert_eq!(world.objects_below("raw2/").await.len(), 1, "{note}");
                assert_eq!(world.objects_below("other").await.len(), 1, "{note}");

                assert_eq!(delete_all(&world, versions).await, Ok(()), "{note}");
                assert!(world.objects_below("raw/").await.is_empty(), "{note}");
                let count = world.store.version_count();
                assert!(count >= 4 && count <= left, "{note}: {count} versions are left");
            }
        }
    }
}
