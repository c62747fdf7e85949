//! What a migration would do with each file of Dagster's storage, and in which parts.

#![expect(clippy::print_stdout, reason = "an example tells what it found")]

use datalake_core::migration::{MigrationFile, PartKind, PartScene, plan_migration};
use datalake_core::size::ByteSize;
use datalake_core::transfer::{FileFacts, FileTime, ObjectFacts, PartPlan};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (old, new) = (FileTime::new(1_750_000_000, 0)?, FileTime::new(1_790_000_000, 0)?);
    let file = |name: &str, size, modified| {
        MigrationFile::plain(name, FileFacts::new(ByteSize(size), modified))
    };
    let object = ObjectFacts {
        size: ByteSize(90_000_000),
        modified: "2026-01-01T00:00:00Z".parse()?,
        etag: "\"0123456789abcdef0123456789abcdef\"".parse()?,
    };
    let there = |name: &str| (name.to_owned(), object.clone());
    let scene = PartScene {
        prefix: "assets/".to_owned(),
        files: vec![
            file("raw/users", 4_096, old),
            file("model/2025", 90_000_000, old),
            file("model/2026", 95_000_000, new),
        ],
        objects: [there("model/2025"), there("model/2026")].into(),
        ..PartScene::new(PartKind::Assets)
    };
    let keys =
        ["raw/users", "model", "report"].map(|key| key.split('/').map(str::to_owned).collect());

    let plan = plan_migration(&[scene], &keys.into());

    for item in &plan.items {
        let parts = PartPlan::new(ByteSize(item.bytes), ByteSize(16 << 20))?.count();
        let parts = if item.verdict.is_to_move() { parts } else { 0 };
        println!("{} {}, {parts} parts: {}", item.verdict.mark(), item.key, item.reason);
    }
    let total = plan.total_to_move();
    println!("{} files of {} bytes to move", total.items, total.bytes);
    for asset in &plan.assets {
        println!("{}: {} of {} files there", asset.asset, asset.moved, asset.partitions.len());
    }
    println!("no file of {}", plan.without_file.join(", "));
    Ok(())
}

#[test]
fn the_example_runs() {
    main().unwrap();
}
