//! Reading the state back at start, with what a killed process left.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use serde::de::DeserializeOwned;

use super::disk::Disk;
use super::{AllBuckets, NULL_VERSION, SimBucket, SimPart, SimUpload, SimVersion};

impl AllBuckets {
    /// Reads everything below the folder of `disk`.
    pub(crate) fn load(disk: &Disk) -> io::Result<Self> {
        let mut world = Self::default();
        for entry in fs::read_dir(disk.buckets())? {
            let folder = entry?.path();
            let mut bucket = SimBucket::new(read_json(&folder.join("bucket.json"))?);
            load_uploads(disk, &folder, &mut bucket)?;
            load_versions(disk, &folder, &mut bucket)?;
            sweep_bodies(disk, &folder, &bucket)?;
            world.buckets.insert(bucket.meta.name.clone(), bucket);
        }
        Ok(world)
    }
}

fn load_uploads(disk: &Disk, folder: &Path, bucket: &mut SimBucket) -> io::Result<()> {
    for upload in read_all::<SimUpload>(&folder.join("uploads"))? {
        bucket.uploads.insert(upload.id.clone(), upload);
    }
    for part in read_all::<SimPart>(&folder.join("parts"))? {
        match bucket.uploads.get_mut(&part.upload) {
            Some(upload) => drop(upload.parts.insert(part.number, part)),
            // Its upload has ended, and the process with it.
            None => disk.remove_part(&bucket.meta.name, &part)?,
        }
    }
    Ok(())
}

fn load_versions(disk: &Disk, folder: &Path, bucket: &mut SimBucket) -> io::Result<()> {
    let mut versions = read_all::<SimVersion>(&folder.join("versions"))?;
    versions.sort_by_key(|version| version.number);
    for version in versions {
        disk.saw(version.number);
        if let Some(upload) = version.upload.as_ref().and_then(|id| bucket.uploads.remove(id)) {
            disk.forget_upload(&bucket.meta.name, &upload)?;
        }
        let list = bucket.keys.entry(version.key.clone()).or_default();
        if version.id == NULL_VERSION
            && let Some(at) = list.iter().position(|older| older.id == NULL_VERSION)
        {
            disk.remove_version(&bucket.meta.name, &list.remove(at))?;
        }
        list.push(version);
    }
    Ok(())
}

fn sweep_bodies(disk: &Disk, folder: &Path, bucket: &SimBucket) -> io::Result<()> {
    let of_versions = bucket.keys.values().flatten().filter_map(|version| version.content.as_ref());
    let of_parts = bucket.uploads.values().flat_map(|upload| upload.parts.values());
    let named: BTreeSet<&str> = of_versions
        .flat_map(|content| &content.segments)
        .chain(of_parts.filter_map(|part| part.segment.as_ref()))
        .map(|segment| segment.file.as_str())
        .collect();
    for entry in fs::read_dir(folder.join("bodies"))? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if let Ok(number) = name.parse() {
            disk.saw(number);
        }
        if !named.contains(name.as_ref()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn read_all<T: DeserializeOwned>(folder: &Path) -> io::Result<Vec<T>> {
    fs::read_dir(folder)?.map(|entry| read_json(&entry?.path())).collect()
}

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    serde_json::from_slice(&fs::read(path)?).map_err(|error| {
        io::Error::new(io::ErrorKind::InvalidData, format!("`{}`: {error}", path.display()))
    })
}
