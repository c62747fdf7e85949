//! A tree and long files in memory.

mod long_files;
mod tree;

pub use long_files::MemoryLongFiles;
pub use tree::{MemoryNode, MemoryTree};
