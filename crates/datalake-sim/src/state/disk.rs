//! The folder with the state.
//!
//! ```text
//! lock                          held while a simulator runs
//! clock.json                    how far the calendar was advanced
//! tmp/                          emptied at every start
//! buckets/NAME/bucket.json      settings
//! buckets/NAME/versions/N.json  one version or delete marker
//! buckets/NAME/uploads/ID.json  one unfinished upload
//! buckets/NAME/parts/ID.N.json  one part of an unfinished upload
//! buckets/NAME/bodies/N         bytes of one object or part
//! ```
//!
//! Every file is written below `tmp` and renamed, so a killed process leaves
//! the old state or the new one. Bytes come before the file that names them and
//! go after it; what nobody names is removed at the next start.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::{BucketMeta, SimPart, SimUpload, SimVersion, StoredContent};

/// See the module.
#[derive(Debug)]
pub(crate) struct Disk {
    root: PathBuf,
    /// The number that the next thing gets.
    next: AtomicU64,
}

impl Disk {
    /// Makes the folders that are missing and empties `tmp`.
    pub(crate) fn open(root: PathBuf) -> io::Result<Self> {
        let disk = Self { root, next: AtomicU64::new(1) };
        if disk.tmp().exists() {
            fs::remove_dir_all(disk.tmp())?;
        }
        fs::create_dir_all(disk.tmp())?;
        fs::create_dir_all(disk.buckets())?;
        Ok(disk)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A number that nothing else has.
    pub(crate) fn fresh(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Makes sure that `number` is not given out again.
    pub(super) fn saw(&self, number: u64) {
        self.next.fetch_max(number.saturating_add(1), Ordering::Relaxed);
    }

    /// A path below `tmp` that nothing else has.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.tmp().join(self.fresh().to_string())
    }

    fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(super) fn buckets(&self) -> PathBuf {
        self.root.join("buckets")
    }

    pub(super) fn bucket(&self, name: &str) -> PathBuf {
        self.buckets().join(name)
    }

    pub(crate) fn body(&self, bucket: &str, file: &str) -> PathBuf {
        self.bucket(bucket).join("bodies").join(file)
    }

    fn version(&self, bucket: &str, number: u64) -> PathBuf {
        self.bucket(bucket).join("versions").join(format!("{number}.json"))
    }

    fn upload(&self, bucket: &str, id: &str) -> PathBuf {
        self.bucket(bucket).join("uploads").join(format!("{id}.json"))
    }

    fn part(&self, bucket: &str, id: &str, number: i32) -> PathBuf {
        self.bucket(bucket).join("parts").join(format!("{id}.{number}.json"))
    }

    /// Writes `value` to `path` in one go.
    pub(crate) fn write(&self, path: &Path, value: &impl Serialize) -> io::Result<()> {
        let temporary = self.temporary();
        fs::write(&temporary, serde_json::to_vec(value)?)?;
        fs::rename(&temporary, path)
    }

    pub(crate) fn create_bucket(&self, meta: &BucketMeta) -> io::Result<()> {
        let temporary = self.temporary();
        for folder in ["versions", "uploads", "parts", "bodies"] {
            fs::create_dir_all(temporary.join(folder))?;
        }
        self.write(&temporary.join("bucket.json"), meta)?;
        fs::rename(&temporary, self.bucket(&meta.name))
    }

    pub(crate) fn remove_bucket(&self, name: &str) -> io::Result<()> {
        let temporary = self.temporary();
        fs::rename(self.bucket(name), &temporary)?;
        fs::remove_dir_all(&temporary)
    }

    pub(crate) fn write_meta(&self, meta: &BucketMeta) -> io::Result<()> {
        self.write(&self.bucket(&meta.name).join("bucket.json"), meta)
    }

    pub(crate) fn write_version(&self, bucket: &str, version: &SimVersion) -> io::Result<()> {
        self.write(&self.version(bucket, version.number), version)
    }

    pub(crate) fn remove_version(&self, bucket: &str, version: &SimVersion) -> io::Result<()> {
        remove_if_present(&self.version(bucket, version.number))?;
        version.content.as_ref().map_or(Ok(()), |content| self.remove_bodies(bucket, content))
    }

    pub(crate) fn write_upload(&self, bucket: &str, upload: &SimUpload) -> io::Result<()> {
        self.write(&self.upload(bucket, &upload.id), upload)
    }

    pub(crate) fn write_part(&self, bucket: &str, part: &SimPart) -> io::Result<()> {
        self.write(&self.part(bucket, &part.upload, part.number), part)
    }

    pub(crate) fn remove_part(&self, bucket: &str, part: &SimPart) -> io::Result<()> {
        remove_if_present(&self.part(bucket, &part.upload, part.number))
    }

    /// Forgets the upload and its parts; the bytes stay.
    pub(crate) fn forget_upload(&self, bucket: &str, upload: &SimUpload) -> io::Result<()> {
        remove_if_present(&self.upload(bucket, &upload.id))?;
        upload.parts.values().try_for_each(|part| self.remove_part(bucket, part))
    }

    fn remove_bodies(&self, bucket: &str, content: &StoredContent) -> io::Result<()> {
        for segment in &content.segments {
            self.remove_body(bucket, &segment.file)?;
        }
        Ok(())
    }

    pub(crate) fn remove_body(&self, bucket: &str, file: &str) -> io::Result<()> {
        remove_if_present(&self.body(bucket, file))
    }
}

fn remove_if_present(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
