//! A local file goes only when the bucket has its content, now.

use std::sync::Mutex;

use bytes::Bytes;
use datalake_core::size::ByteSize;
use datalake_core::transfer::{FileFacts, FileTime};
use datalake_engine::memory::PausedClock;
use datalake_engine::transfer::{
    FreeWatch, FreeableFile, Freeing, FreeingPorts, Item, KeptFile, LocalTree as _, TransferLimits,
    TransferWatch, TreeEntry, free_files,
};

use super::support::{Bed, MIB, NOON, content, options};

#[derive(Default)]
struct Freed(Mutex<Vec<(String, Result<(), KeptFile>)>>);

impl TransferWatch for Freed {
    fn item(&self, _: &Item<'_>) {}
}

impl FreeWatch for Freed {
    fn freed(&self, file: &FreeableFile, outcome: &Result<(), KeptFile>) {
        self.0.lock().unwrap().push((file.name.clone(), outcome.clone()));
    }
}

impl Bed {
    async fn met(&self) -> Vec<FreeableFile> {
        let (mut walk, mut met) = (self.tree.walk(), Vec::new());
        while let Some(entries) = walk.next().await.unwrap() {
            met.extend(entries.into_iter().filter_map(|entry| match entry {
                TreeEntry::File(path, facts) => {
                    Some(FreeableFile { name: path.as_str().to_owned(), facts })
                }
                TreeEntry::Odd(..) => None,
            }));
        }
        met
    }

    /// What becomes of files that were met, one line each.
    async fn free(&self, files: &[FreeableFile], deep: bool) -> Vec<String> {
        let (folder, freed, clock) =
            (self.folder(&self.store), Freed::default(), PausedClock::new());
        let how = Freeing { deep, limits: TransferLimits::default() };
        let ports = FreeingPorts { tree: &self.tree, folder: &folder, clock: &clock };
        free_files(ports, files, &how, &freed).await.unwrap();
        let told = freed.0.into_inner().unwrap().into_iter().map(|(name, outcome)| match outcome {
            Ok(()) => format!("- {name}"),
            Err(why) => format!("! {name}: {why}"),
        });
        let mut told: Vec<_> = told.collect();
        told.sort_by(|one, other| one[2..].cmp(&other[2..]));
        told
    }
}

async fn moved() -> Bed {
    let bed = Bed::new().await;
    for name in ["a", "b", "c", "d"] {
        bed.tree.file(name, format!("content of {name}"), NOON - 60);
    }
    bed.tree.file("large", content(12 * MIB, 7), NOON - 60);
    bed.up(&options()).await.unwrap();
    bed
}

#[tokio::test(start_paused = true)]
async fn what_the_bucket_has_goes() {
    for deep in [false, true] {
        let bed = moved().await;

        let told = bed.free(&bed.met().await, deep).await;

        assert_eq!(told, ["- a", "- b", "- c", "- d", "- large"]);
        assert!(bed.tree.files().is_empty());
        assert_eq!(bed.objects().await.len(), 5);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_bucket_has_not_now_is_kept_and_named() {
    for deep in [false, true] {
        let bed = moved().await;
        let met = bed.met().await;
        // The same length and time, as a tool that keeps times writes it.
        bed.tree.file("a", "CONTENT of a", NOON - 60);
        bed.put("raw/b", "CONTENT of b").await;
        bed.tree.file("c", "changed since it was met", NOON);
        bed.put("raw/large", Bytes::from(vec![0; 12 * MIB])).await;

        let told = bed.free(&met, deep).await;

        assert_eq!(
            told,
            [
                "! a: the bucket has another content than the file now",
                "! b: the bucket has another content than the file now",
                "! c: the file: someone else changed it in the meantime (it was changed)",
                "- d",
                "! large: the bucket has another content than the file now",
            ]
        );
        assert_eq!(bed.tree.files().len(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_bucket_never_had_is_kept() {
    let bed = Bed::new().await;
    bed.tree.file("a", "content", NOON - 60);
    let time = FileTime::new(NOON - 60, 0).unwrap();
    let gone = FreeableFile { name: "gone".to_owned(), facts: FileFacts::new(ByteSize(1), time) };

    let told = bed.free(&[bed.met().await, vec![gone]].concat(), false).await;

    assert_eq!(told, ["! a: the bucket does not have it", "! gone: the bucket does not have it"]);
    assert!(bed.tree.files().contains_key("a"));
}
