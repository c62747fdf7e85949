//! The commands about objects, one file each.

mod cat;
mod du;
mod listed;
mod ls;
mod presign;
mod rm;
mod stat;
mod tree;
mod versions;

pub(super) use cat::cat;
pub(super) use du::{Sums, du};
pub(super) use ls::ls;
pub(super) use presign::presign;
pub(super) use rm::rm;
pub(super) use stat::stat;
pub(super) use tree::tree;
