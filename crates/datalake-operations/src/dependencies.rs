//! The library that fits each image's Dagster, in an image that lasts.
//!
//! What is installed in a running container is gone with it, and `pip install dagster-aws` alone
//! replaces the Dagster that it finds. So an image is built once from the one that a unit names, and
//! a drop-in names the new one; the old one and the unit file stay as they are.

mod build;
mod images;
mod missing;
mod packages;
mod plan;
mod report;
mod standing;
mod text;

pub use self::build::{BuildMaterials, BuildReporter, build_image};
pub use self::images::{BuiltImage, FoundImages, ImageQuestion, UnitImage, look_into_images};
pub use self::missing::find_missing_packages;
pub use self::plan::{DependencyPlan, WantedImage, make_recipe, plan_dependencies};
pub use self::report::{DepsReport, ImageToBuild, PackageDeps, UnitDeps};
pub use self::standing::ImageStanding;
pub use self::text::{ask_for_images, render_dependencies, render_image_changes};

#[cfg(test)]
mod tests;
