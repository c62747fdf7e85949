//! How a migration stands, as text and as a page.

mod page;
mod parts;
mod report;

pub use self::page::render_migration_page;
pub(crate) use self::parts::describe_others;
pub use self::parts::{describe_left_out, describe_moved, render_left_out, render_parts};
pub use self::report::render_migration;
