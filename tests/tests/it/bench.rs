//! The benchmark does what it says; how fast is for `cargo xtask bench` to tell.

use datalake_bench::{Wishes, measure_clients};
use tempfile::TempDir;

#[test]
fn the_benchmark_goes_through_all_rows() {
    let dir = TempDir::new().unwrap();
    let program = env!("CARGO_BIN_EXE_datalake-under-test");

    let table = measure_clients(Wishes::trial(program.into(), dir.path().join("work"))).unwrap();

    let lines = table.lines().filter(|line| line.starts_with("| datalake |"));
    assert_eq!(lines.count(), 11, "{table}");
}
