//! A Dagster's local storage.

use std::io;
use std::path::Path;

use crate::named_path::put_file;

/// Where a usual host keeps it.
const HOME: &str = "var/lib/dagster/dagster_home";

/// The number 42 as Python's pickle, protocol 4.
const PICKLE: &[u8] = b"\x80\x04K*.";

/// Pickles of assets with and without partitions, one of them large, and what is not to be moved.
pub(super) fn fill_storage(host: &Path) -> io::Result<()> {
    let home = host.join(HOME);
    let storage = home.join("storage");
    put_file(&home.join("history/runs.db"), "a database stays where it is\n")?;
    put_file(&storage.join("users"), PICKLE)?;
    for day in 1..=28 {
        for hour in 0..10 {
            put_file(&storage.join(format!("daily/2026-10-{day:02}-{hour:02}:00")), PICKLE)?;
        }
    }
    put_file(&storage.join("model"), large_pickle())
}

/// A pickle of 24 MiB of bytes that do not compress: BINBYTES with a length of four bytes.
fn large_pickle() -> Vec<u8> {
    const LENGTH: u32 = 24 << 20;
    let mut pickle = b"\x80\x04B".to_vec();
    pickle.extend(LENGTH.to_le_bytes());
    let mut word = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..LENGTH / 8 {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        pickle.extend(word.to_le_bytes());
    }
    pickle.push(b'.');
    pickle
}
