//! `datalake migrate`.

mod back;
mod backup;
mod free;
mod killed;
mod kinds;
mod masked;
mod moved;
mod objects;
mod pause;
mod places;
mod report;
mod tabular;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use datalake_engine::{Attributes, NewObject, ObjectSource, Objects as _, Payload, Precondition};
use serde_json::Value;

use crate::support::{Call, Ran, Shelf};

/// The id of a run.
const RUN: &str = "0e1f6c4e-9d1b-4f6c-8a53-0c9d8f5a7b21";

/// Assets of all kinds of partitions, as Dagster 1.13 names their files.
const ASSETS: [&str; 15] = [
    "plain",
    "raw/orders",
    "raw/by_day/2026-01-01",
    "raw/by_day/2026-01-02",
    "by_hour/2026-01-01-05:00",
    "by_static/us/east",
    "by_static/a b",
    "by_static/x.y",
    "by_static/\u{fc}",
    "by_multi/2026-01-02/eu",
    "by_multi/2026-01-02/us",
    "by_dyn/f/1.csv",
    "by_dyn/%2Fx",
    "multi_one",
    "multi_two",
];

/// A bucket and a home of Dagster on this machine.
struct Lake {
    shelf: Shelf,
}

impl Lake {
    fn new() -> Self {
        let lake = Self { shelf: Shelf::empty() };
        fs::create_dir_all(lake.storage()).unwrap();
        lake
    }

    /// The same with every kind of asset in it.
    fn with_assets() -> Self {
        let lake = Self::new();
        for asset in ASSETS {
            lake.pickle(asset, asset);
        }
        lake
    }

    fn home(&self) -> PathBuf {
        self.shelf.host.work().join("home")
    }

    fn storage(&self) -> PathBuf {
        self.home().join("storage")
    }

    /// Writes a pickle below the storage.
    #[track_caller]
    fn pickle(&self, name: &str, text: &str) {
        self.file(name, &pickle(text));
    }

    #[track_caller]
    fn file(&self, name: &str, content: &[u8]) {
        write(&self.storage().join(name), content);
    }

    /// `datalake migrate WORDS…` on that home.
    fn call(&self, words: &str) -> Call {
        self.shelf.call(&format!("migrate {words}")).arg("--home").arg(self.home())
    }

    #[track_caller]
    fn run(&self, words: &str, code: i32) -> Ran {
        self.call(words).run().exits(code)
    }

    /// A whole migration past Dagster, which is not there.
    #[track_caller]
    fn migrate(&self, code: i32) -> Value {
        let ran = self.run("run --yes --while-running --json", code);
        last(&ran, "migration")
    }

    /// `migrate check` with what a real Dagster has printed of a switch that is right.
    #[track_caller]
    fn prove(&self) -> Ran {
        let work = self.shelf.host.work();
        let bucket = self.shelf.store().1.to_string();
        let python =
            record_dagster(&work, &bucket, &format!("{:?}", self.shelf.service.endpoint()));
        let place = format!("--python {} {RECORDED_CODE}", python.display());
        self.run(&format!("check {place}"), 0)
    }

    /// Stores an object as Dagster's S3 I/O manager does: it tells nothing of a file.
    #[track_caller]
    fn made_there(&self, key: &str, text: &str) {
        let (store, bucket) = self.shelf.store();
        let object = NewObject {
            bucket,
            key: &key.try_into().unwrap(),
            payload: &Payload::of(pickle(text)),
            attributes: &Attributes::NONE,
            when: &Precondition::None,
        };
        self.shelf.service.block_on(store.put(&object)).unwrap();
    }

    /// The pickles below a prefix of the bucket, by their names there.
    #[track_caller]
    fn objects(&self, prefix: &str) -> BTreeMap<String, Vec<u8>> {
        let keys = self.shelf.keys().into_iter();
        let below = keys.filter_map(|key| Some((key.strip_prefix(prefix)?.to_owned(), key)));
        below.map(|(name, key)| (name, self.object(&key))).collect()
    }

    #[track_caller]
    fn object(&self, key: &str) -> Vec<u8> {
        use futures::StreamExt as _;
        let (store, bucket) = self.shelf.store();
        self.shelf.service.block_on(async {
            let key = key.try_into().unwrap();
            let source = ObjectSource::current(bucket, &key);
            let mut content = store.get(&source, None).await.unwrap().content;
            let mut whole = Vec::new();
            while let Some(chunk) = content.next().await {
                whole.extend_from_slice(&chunk.unwrap());
            }
            whole
        })
    }
}

/// The last document of a kind.
#[track_caller]
fn last(ran: &Ran, kind: &str) -> Value {
    let mut rows = ran.rows();
    rows.retain(|row| row["kind"] == kind);
    rows.pop().unwrap_or_else(|| panic!("no {kind}: {}", ran.all()))["data"].clone()
}

/// What Python's `pickle.dumps(text, 4)` makes of a short text.
pub(crate) fn pickle(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    let frame = u64::from(length) + 4;
    let mut bytes = vec![0x80, 4, 0x95];
    bytes.extend_from_slice(&frame.to_le_bytes());
    bytes.extend_from_slice(&[0x8c, length]);
    bytes.extend_from_slice(text.as_bytes());
    bytes.extend_from_slice(&[0x94, b'.']);
    bytes
}

/// Writes a file and the folders above it.
#[track_caller]
fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Where code would be: a folder of its own, since root has all of it judged.
pub(crate) const RECORDED_CODE: &str = "--python-file code/defs.py --working-directory code";

/// A program that prints what Dagster 1.13.27 has printed of files that it reads from a bucket: all that
/// it is asked for. The real one is asked by the lane `dagster`.
pub(crate) fn record_dagster(folder: &Path, bucket: &str, endpoint: &str) -> PathBuf {
    let manager = format!(
        r#"{{"declared":"dagster_aws.s3.io_manager.S3PickleIOManager","class":"dagster_aws.s3.io_manager.PickledObjectS3IOManager","kind":"s3","bucket":"{bucket}","prefix":"assets","endpoint":{endpoint},"failed":null}}"#
    );
    fs::create_dir_all(folder.join("code")).unwrap();
    let source = folder.canonicalize().unwrap().join("code/defs.py");
    fs::write(&source, "").unwrap();
    let source = source.display();
    let script = format!(
        r#"#!/bin/sh
PATH=/usr/bin:/bin
count=$(grep -o '",[0-9][0-9]*,[a-z]*\]' | wc -l)
hash=$(sha256sum '{source}') hash=${{hash%% *}}
echo '{{"answers":[{{"python":"3.11.7","dagster":"1.13.27","managers":[{manager}],"assets":[{{"key":["all"],"manager":0,"bases":[["assets/",[[0,'$count']]]]}}],"loads":{{"right":[[0,'$count']]}},"files":[["{source}","'$hash'"]]}}]}}'
"#
    );
    let path = folder.join("recorded-python");
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    path
}
