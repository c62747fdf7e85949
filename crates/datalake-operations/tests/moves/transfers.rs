//! Folders made identical and moved.

use datalake_core::fault::FaultKind;
use datalake_core::transfer::SMALLEST_PART;
use datalake_engine::transfer::Deletion;
use datalake_operations::ErrorKind;
use datalake_operations::transfer::{LimitChoices, SourceFate, TransferChoices};

use crate::world::{Contents, FAILURES, Failure, World};

/// Where a transfer goes from and to.
#[derive(Debug, Clone, Copy)]
enum Way {
    Up,
    Down,
    Across,
}

const SOURCE: [(&str, &str); 4] =
    [("changed", "as it is now"), ("deep/er/one", "1"), ("deep/two", "22"), ("same", "the same")];
const BEFORE: [(&str, &str); 3] =
    [("changed", "as it was"), ("gone", "not there any more"), ("same", "the same")];

impl Way {
    /// Source and destination as a person names them.
    fn places(self) -> [&'static str; 2] {
        match self {
            Self::Up => ["/srv", "s3://acme-lake/new/"],
            Self::Down => ["s3://acme-lake/raw/", "/back"],
            Self::Across => ["s3://acme-lake/raw/", "s3://acme-lake/new/"],
        }
    }

    async fn world(self) -> World {
        let world = World::new().await;
        let below = |prefix: &str, files: &[(&str, &str)]| -> Vec<(String, String)> {
            files.iter().map(|(name, text)| (format!("{prefix}{name}"), (*text).into())).collect()
        };
        for (place, prefix, files) in
            [(self.places()[0], "raw/", &SOURCE[..]), (self.places()[1], "new/", &BEFORE[..])]
        {
            if place.starts_with('/') {
                world.write_files(place, files);
            } else {
                let objects = below(prefix, files);
                let objects: Vec<_> =
                    objects.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
                world.put_objects(&objects).await;
            }
        }
        world.put_objects(&[("others", "are not touched")]).await;
        world
    }

    /// What is at source and destination.
    async fn contents(self, world: &World) -> [Contents; 2] {
        match self {
            Self::Up => [world.files_in("/srv"), world.objects_below("new/").await],
            Self::Down => [world.objects_below("raw/").await, world.files_in("/back")],
            Self::Across => [world.objects_below("raw/").await, world.objects_below("new/").await],
        }
    }
}

fn contents(files: &[(&str, &str)]) -> Contents {
    files.iter().map(|(name, text)| ((*name).into(), (*text).to_owned().into())).collect()
}

/// Has each call fail in each way, looks with `check` at what is left, and runs it a second time.
async fn fail_each_call(
    way: Way,
    choices: &TransferChoices,
    check: impl Fn(&[Contents; 2], &str),
    ends_as: impl Fn(&[Contents; 2], &str),
) {
    let [source, dest] = way.places();
    for failure in FAILURES {
        for call in 1.. {
            let note = format!("{way:?}, call {call}: {failure:?}");
            let world = way.world().await;
            world.fail_call(call, failure);
            let first = world.transfer(source, dest, choices).await;
            if world.is_failure_ahead() {
                assert_eq!(first, Ok(vec![]), "{note}");
                assert!(call > 4, "{note}: so few calls");
                break;
            }
            if let Err(error) = &first {
                assert_ne!(error.kind, ErrorKind::Bug, "{note}: {error}");
            }
            check(&way.contents(&world).await, &note);

            let second = world.transfer(source, dest, choices).await;
            let contents = way.contents(&world).await;
            match second {
                Ok(troubles) => assert!(troubles.is_empty(), "{note}: {troubles:?}"),
                Err(error) => {
                    assert!(contents[0].is_empty(), "{note}: {error}");
                    assert_eq!(error.kind, ErrorKind::Absent, "{note}: {error}");
                }
            }
            ends_as(&contents, &note);
            let others = world.objects_below("others").await;
            assert_eq!(others.len(), 1, "{note}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whichever_call_of_a_sync_fails_nothing_is_half_and_the_next_one_completes_it() {
    let choices = TransferChoices { delete: Deletion::AtMost(10), ..TransferChoices::default() };
    let (now, before) = (contents(&SOURCE), contents(&BEFORE));
    for way in [Way::Up, Way::Down, Way::Across] {
        let check = |[source, dest]: &[Contents; 2], note: &str| {
            assert_eq!(*source, now, "{note}: the source stays");
            for (name, content) in dest {
                let is_whole = now.get(name) == Some(content) || before.get(name) == Some(content);
                assert!(is_whole, "{note}: {name}: {content:?}");
            }
            for name in now.keys().filter(|name| before.contains_key(*name)) {
                assert!(dest.contains_key(name), "{note}: {name} was there");
            }
        };
        let ends_as = |[source, dest]: &[Contents; 2], note: &str| {
            assert_eq!((source, dest), (&now, &now), "{note}");
        };
        fail_each_call(way, &choices, check, ends_as).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whichever_call_of_a_move_fails_a_good_copy_stays_and_the_next_one_completes_it() {
    let choices = TransferChoices { fate: SourceFate::Removed, ..TransferChoices::default() };
    let (now, before) = (contents(&SOURCE), contents(&BEFORE));
    for way in [Way::Up, Way::Down, Way::Across] {
        let check = |[source, dest]: &[Contents; 2], note: &str| {
            for (name, content) in &now {
                let is_somewhere =
                    source.get(name) == Some(content) || dest.get(name) == Some(content);
                assert!(is_somewhere, "{note}: {name} is lost: {source:?}, {dest:?}");
            }
            assert_eq!(
                dest.get("gone"),
                before.get("gone"),
                "{note}: a move deletes nothing there"
            );
        };
        let ends_as = |[source, dest]: &[Contents; 2], note: &str| {
            assert!(source.is_empty(), "{note}: {source:?}");
            let mut expected = now.clone();
            expected.extend(before.get("gone").map(|gone| ("gone".to_owned(), gone.clone())));
            assert_eq!(*dest, expected, "{note}");
        };
        fail_each_call(way, &choices, check, ends_as).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whichever_call_fails_while_a_file_goes_in_parts_a_good_copy_of_it_stays() {
    let limits = LimitChoices { part_size: Some(SMALLEST_PART), ..LimitChoices::default() };
    let fate = SourceFate::Removed;
    let choices = TransferChoices { fate, limits, ..TransferChoices::default() };
    let parts = usize::try_from(SMALLEST_PART.0).unwrap() + 1;
    let content = "0123456789".repeat(parts / 10 + 1);
    let expected = contents(&[("large", &content)]);
    for failure in [Failure::Call(FaultKind::Denied), Failure::Answer(FaultKind::Unreachable)] {
        for call in 1.. {
            let note = format!("call {call}: {failure:?}");
            let world = World::new().await;
            world.write_files("/srv", &[("large", &content)]);
            world.fail_call(call, failure);
            let first = world.transfer("/srv", "s3://acme-lake/new/", &choices).await;
            if world.is_failure_ahead() {
                assert_eq!(first, Ok(vec![]), "{note}");
                assert!(call > 6, "{note}: so few calls");
                break;
            }
            let [source, dest] = Way::Up.contents(&world).await;
            assert!(source == expected || dest == expected, "{note}: it is lost");

            let second = world.transfer("/srv", "s3://acme-lake/new/", &choices).await;
            assert_eq!(second, Ok(vec![]), "{note}");
            let [source, dest] = Way::Up.contents(&world).await;
            assert!(source.is_empty() && dest == expected, "{note}: it did not arrive");
        }
    }
}
