//! Trees, paths and long files in memory.

mod long_files;
mod paths;
mod peek;
mod tree;

pub use long_files::MemoryLongFiles;
pub use paths::MemoryPaths;
pub use tree::{MemoryNode, MemoryTree};
