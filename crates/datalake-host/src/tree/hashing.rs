//! Ranges of a file that are hashed side by side.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use datalake_core::fault::Fault;
use datalake_engine::transfer::{Digests, Hashes, Hashing};
use datalake_lanes::{Lanes, Md5, Sha256};

use super::pool::Pool;
use super::reading::{fault_of_reading, length_of_range};

/// How much of each range is read and hashed at a time: all of it has to stay in the processor's
/// cache.
const STEP: usize = 32 * 1024;
/// Fewer ranges are hashed faster one after the other.
const FEWEST: usize = 4;

/// Hashes ranges of a file.
pub(super) fn hash_ranges(
    file: &File,
    pool: &Pool,
    ranges: &[Range<u64>],
    hashing: Hashing,
) -> Result<Vec<Digests>, Fault> {
    let mut buffer = pool.take(STEP * ranges.len().max(1));
    if ranges.len() < FEWEST {
        let hash = |range: &Range<u64>| hash_range(file, buffer.as_mut(), range.clone(), hashing);
        return ranges.iter().map(hash).collect();
    }
    let mut sha256 = (hashing != Hashing::Md5).then(|| Lanes::<Sha256>::new(ranges.len()));
    let mut md5 = (hashing != Hashing::Sha256).then(|| Lanes::<Md5>::new(ranges.len()));
    let mut left = ranges.to_vec();
    while left.iter().any(|range| !range.is_empty()) {
        let mut pieces = Vec::with_capacity(left.len());
        for (range, step) in left.iter_mut().zip(buffer.as_mut().chunks_mut(STEP)) {
            pieces.push(read_step(file, range, step)?);
        }
        if let Some(sha256) = &mut sha256 {
            sha256.update(&pieces);
        }
        if let Some(md5) = &mut md5 {
            md5.update(&pieces);
        }
    }
    let mut sha256 = sha256.map(Lanes::finish).unwrap_or_default().into_iter();
    let mut md5 = md5.map(Lanes::finish).unwrap_or_default().into_iter();
    Ok(ranges.iter().map(|_| Digests { sha256: sha256.next(), md5: md5.next() }).collect())
}

fn hash_range(
    file: &File,
    buffer: &mut [u8],
    mut range: Range<u64>,
    hashing: Hashing,
) -> Result<Digests, Fault> {
    let mut hashes = Hashes::begin(hashing);
    while !range.is_empty() {
        hashes.update(read_step(file, &mut range, buffer)?);
    }
    Ok(hashes.digests())
}

/// Reads as much from the beginning of a range as there is room for, and goes on behind it.
fn read_step<'b>(
    file: &File,
    range: &mut Range<u64>,
    buffer: &'b mut [u8],
) -> Result<&'b [u8], Fault> {
    let length = length_of_range(range)?.min(buffer.len());
    let step = buffer.get_mut(..length).unwrap_or_default();
    file.read_exact_at(step, range.start).map_err(|error| fault_of_reading(&error))?;
    range.start += length as u64;
    Ok(step)
}
