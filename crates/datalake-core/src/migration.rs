//! What becomes of the files that Dagster keeps on its host when they go into a bucket.
//!
//! Files that were seen, objects that were seen and the assets that the instance knows go in;
//! [`plan_migration`] gives a [`MigrationPlan`]: of each file what becomes of it and why, the totals
//! of each part, and what became of each asset.
//!
//! ```
//! use datalake_core::migration::{
//!     MigrationFile, MigrationVerdict, PartKind, PartScene, plan_migration,
//! };
//! use datalake_core::size::ByteSize;
//! use datalake_core::transfer::{FileFacts, FileTime};
//!
//! let facts = FileFacts::new(ByteSize(4096), FileTime::new(1_750_000_000, 0)?);
//! let scene = PartScene {
//!     prefix: "assets/".to_owned(),
//!     files: vec![MigrationFile::plain("raw/users", facts)],
//!     ..PartScene::new(PartKind::Assets)
//! };
//!
//! let plan = plan_migration(&[scene], &Default::default());
//!
//! assert_eq!(plan.items[0].key, "assets/raw/users");
//! assert_eq!(plan.items[0].verdict, MigrationVerdict::Left);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod asset;
mod asset_report;
mod counts;
mod part_kind;
mod plan;
mod report;
mod scene;
mod verdict;

pub use self::asset::{AssetKeys, AssetName, name_asset};
pub use self::asset_report::{AssetReport, AssetReports, PartitionReport};
pub use self::counts::{FileTotal, LeftOutRow, PartCounts};
pub use self::part_kind::PartKind;
pub use self::plan::{MigrationItem, MigrationPlan, plan_migration};
pub use self::report::MigrationReport;
pub use self::scene::{FileContent, MigrationFile, PartScene};
pub use self::verdict::{MigrationReason, MigrationVerdict};
