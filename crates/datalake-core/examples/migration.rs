//! What a migration would do with each file of Dagster's storage, and in which parts.

#![expect(clippy::print_stdout, reason = "an example tells what it found")]

use datalake_core::{
    ByteSize, Comparison, FileFacts, FileTime, KeyPrefix, ObjectFacts, PartPlan, Side, Verdict,
    judge,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let prefix: KeyPrefix = "assets".parse()?;
    let (old, new) = (FileTime::new(1_750_000_000, 0)?, FileTime::new(1_790_000_000, 0)?);
    let file = |size, modified| Side::File(FileFacts { size: ByteSize(size), modified });
    let object = ObjectFacts {
        size: ByteSize(90_000_000),
        modified: "2026-01-01T00:00:00Z".parse()?,
        etag: "\"0123456789abcdef0123456789abcdef\"".parse()?,
    };
    let there = Side::Object(object);
    for (name, here, there) in [
        ("raw/users", file(4_096, old), None),
        ("model", file(90_000_000, old), Some(&there)),
        ("model", file(95_000_000, new), Some(&there)),
    ] {
        let verdict = judge(&here, there, None, Comparison::KeepNewer);
        let parts = PartPlan::new(here.size(), ByteSize(16 << 20))?.count();
        let parts = if matches!(verdict, Verdict::Skip(_)) { 0 } else { parts };
        println!("{}  {verdict:?}, {parts} parts", prefix.key(name)?);
    }
    Ok(())
}

#[test]
fn the_example_runs() {
    main().unwrap();
}
